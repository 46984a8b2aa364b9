"""What can be read: the knowledge that answers rest on, and the service itself."""

from functools import partial

import msgspec

import service
from service.contract.library import (
    RuleList,
    RuleView,
    ServiceHealth,
    ServiceIndex,
    ServiceReadiness,
    SourceList,
    TopicList,
    TopicView,
)
from service.contract.matrix import Matrix
from service.contract.models import ModelList, ModelView
from service.contract.vocabulary import DomainList, TaskList
from service.core import engine
from service.core.rulebook import RULES
from service.knowledge.index import Knowledge
from service.web.operations.operation import LOOK_UP, Operation
from service.web.problems import (
    BAD_REQUEST,
    INVALID_QUERY,
    KINDS,
    NOT_FOUND,
    REFUSED,
    UNAVAILABLE,
    ProblemKind,
)
from service.web.request.query import MATRIX, MODELS

FILTER = (INVALID_QUERY, BAD_REQUEST, REFUSED, UNAVAILABLE, *LOOK_UP)


def index(knowledge: Knowledge) -> ServiceIndex:
    """Where to go from here."""
    names = ("explore", "docs", "guide", "rules", "sources", "models", "tasks", "domains", "matrix")
    links = {"openapi": "./openapi.json", **{name: f"./{name}" for name in names}}
    return ServiceIndex("transfer-advisor", service.__version__, knowledge.ruleset, links)


READING = (
    Operation(
        path="/matrix",
        id="getMatrix",
        summary="See how well each pretrained model serves each task.",
        description="A cell for each pair of a model and a task: 1 to 5, or `null` where the model cannot serve. "
        "Parameters that may be repeated hold alternatives; different parameters must all hold.",
        answer=Matrix,
        search=lambda given, know: engine.matrix(msgspec.convert(given, engine.MatrixFilter), know),
        query=MATRIX,
        problems=FILTER,
    ),
    Operation(
        path="/models",
        id="listModels",
        summary="List the pretrained models.",
        description="What each model is, what it learned from, how large it is and on which terms it may be used. "
        "Parameters that may be repeated hold alternatives; different parameters must all hold.",
        answer=ModelList,
        search=lambda given, know: engine.model_list(msgspec.convert(given, engine.CatalogueFilter), know),
        query=MODELS,
        problems=FILTER,
    ),
    Operation(
        path="/models/{id}",
        id="getModel",
        summary="Read everything about one model.",
        description="The model with its blocks, its scores for tasks, and its sources with the facts that each of them "
        "carries.",
        answer=ModelView,
        pages=lambda know: {row.id: partial(engine.model_view, row, know) for row in know.tables.models},
        item="Id, checkpoint or alias of a model, in upper or lower case. A slash may be written as it is or as %2F.",
        problems=(NOT_FOUND, *LOOK_UP),
    ),
    Operation(
        path="/tasks",
        id="listTasks",
        summary="List the target tasks.",
        description="Each task's usual head and metric, what one label is, and what `examples` count.",
        answer=TaskList,
        page=engine.task_list,
    ),
    Operation(
        path="/domains",
        id="listDomains",
        summary="List the domains and how alike they are to pretraining data.",
        description="Each domain's similarity, 0 to 10, to every family of pretraining data of its modality, with a "
        "reason; and what those families are.",
        answer=DomainList,
        page=engine.domain_list,
    ),
    Operation(
        path="/rules",
        id="listRules",
        summary="List the rules.",
        description="Every rule of the engine with its claim, sources, grade, and requests in which it does and does "
        "not fire.",
        answer=RuleList,
        page=engine.rule_list,
    ),
    Operation(
        path="/rules/{id}",
        id="getRule",
        summary="Read one rule.",
        description="The rule that a `trace` entry or a decision step names.",
        answer=RuleView,
        pages=lambda _: {rule: partial(engine.rule_view, rule) for rule in sorted(RULES)},
        item="Id of a rule.",
        problems=(NOT_FOUND, *LOOK_UP),
    ),
    Operation(
        path="/sources",
        id="listSources",
        summary="List the sources.",
        description="Where the claims come from: papers, libraries, guides, and the maintainers' own judgement.",
        answer=SourceList,
        page=engine.source_list,
    ),
    Operation(
        path="/guide",
        id="listTopics",
        summary="List the pages of the guide.",
        description="The pages in reading order, without their text.",
        answer=TopicList,
        page=engine.topic_list,
    ),
    Operation(
        path="/guide/{topic}",
        id="getTopic",
        summary="Read one page of the guide.",
        description="The page that a notice, a risk or a step of the ladder names.",
        answer=TopicView,
        pages=lambda know: {topic: partial(engine.topic_view, topic, know) for topic in know.topics},
        item="Id of a page, as `GET /guide` lists them.",
        problems=(NOT_FOUND, *LOOK_UP),
    ),
    Operation(
        path="/problems/{name}",
        id="getProblem",
        tag="service",
        summary="Read what a problem's type means.",
        description="Every problem's `type` is the path of such a page.",
        answer=ProblemKind,
        pages=lambda _: {kind.name: kind.page for kind in KINDS},
        item="Name of a kind of problem.",
        problems=(NOT_FOUND, *LOOK_UP),
    ),
    Operation(
        path="/",
        id="getIndex",
        tag="service",
        summary="Find out what this is.",
        description="The service's version, its ruleset, and where to go from here.",
        answer=ServiceIndex,
        page=index,
    ),
    Operation(
        path="/health/live",
        id="getLiveness",
        tag="service",
        summary="Ask whether the service lives.",
        description="200 as long as the process answers at all.",
        answer=ServiceHealth,
        page=lambda _: ServiceHealth("alive"),
        kept=False,
    ),
    Operation(
        path="/health/ready",
        id="getReadiness",
        tag="service",
        summary="Ask whether the service takes requests.",
        description="503 once the service was told to stop; requests are still answered while it drains.",
        answer=ServiceReadiness,
        kept=False,
    ),
)
