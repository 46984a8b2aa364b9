"""What the service offers, operation by operation, in words for the OpenAPI document."""

from collections.abc import Callable, Collection

from msgspec import Struct

from service.contract.explain import Answer
from service.contract.freeze import FreezePlanAnswer
from service.contract.job import Job
from service.contract.library import (
    RuleList,
    RuleView,
    ServiceHealth,
    ServiceReadiness,
    SourceList,
    TopicList,
    TopicView,
)
from service.contract.matrix import Matrix
from service.contract.models import ModelList, ModelView
from service.contract.recommend import Recommendation
from service.contract.resources import ResourcesAnswer
from service.contract.schedule import LrScheduleAnswer
from service.contract.vocabulary import DomainList, TaskList
from service.core import engine
from service.dialects import exports
from service.knowledge.index import Knowledge
from service.texts.rendering import PLAIN
from service.web.csv_table import CSV
from service.web.pages import JSON, ServiceIndex
from service.web.problems import (
    BAD_REQUEST,
    BODY_TIMEOUT,
    BODY_TOO_LARGE,
    HEAD_TOO_LARGE,
    INTERNAL_ERROR,
    INVALID_BODY,
    INVALID_QUERY,
    MALFORMED_BODY,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    PRECONDITION_FAILED,
    REFUSED,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    Kind,
    ProblemKind,
)
from service.web.request.query import EXPLAIN, MATRIX, MODELS, Parameter

TAGS = {
    "advice": "The questions. The same request under the same ruleset gives the same bytes.",
    "knowledge": "What the answers rest on. It changes with the ruleset only; use the entity tags.",
    "service": "The service itself.",
}

QUESTION = (
    MALFORMED_BODY,
    INVALID_BODY,
    INVALID_QUERY,
    BAD_REQUEST,
    NOT_ACCEPTABLE,
    BODY_TIMEOUT,
    PRECONDITION_FAILED,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    REFUSED,
    HEAD_TOO_LARGE,
    INTERNAL_ERROR,
    UNAVAILABLE,
)
FILTER = (INVALID_QUERY, BAD_REQUEST, NOT_ACCEPTABLE, REFUSED, HEAD_TOO_LARGE, INTERNAL_ERROR, UNAVAILABLE)
LOOK_UP = (NOT_ACCEPTABLE, HEAD_TOO_LARGE, INTERNAL_ERROR)


class Operation(Struct, frozen=True, kw_only=True):
    """One operation.

    `ask` answers a question about a job, and `ask_parts` the same where leaving parts out saves work; `item` describes
    the last part of the path where that is an id. `media_types` are those of a good answer. The document names the
    first, the description the others: where an operation has several, a generated client knows what to do with none.
    """

    method: str = "get"
    path: str
    id: str
    tag: str
    summary: str
    description: str
    answer: type
    ask: Callable[[Job, Knowledge, bool], Answer] | None = None
    ask_parts: Callable[[Job, Knowledge, bool, Collection[str]], Answer] | None = None
    examples: tuple[str, ...] = ()
    query: tuple[Parameter, ...] = ()
    item: str = ""
    kept: bool = True
    media_types: tuple[str, ...] = (JSON,)
    problems: tuple[Kind, ...] = LOOK_UP


OPERATIONS = (
    Operation(
        method="post",
        path="/recommend",
        id="recommend",
        tag="advice",
        summary="Get the whole plan for a transfer-learning job.",
        description="Takes a job with its target task and the size of its dataset. Answers with a verdict, ranked "
        "strategies and models, the decision path and its edges, the freeze plan, the learning-rate schedule, phases, "
        "memory, risks and a checklist. What the request leaves out is derived or assumed, and `resolved` says so; "
        "what it gives is honoured, or refused with 422.",
        ask=exports.recommend,
        ask_parts=exports.recommend,
        answer=Recommendation,
        examples=("recommend-minimal", "recommend-full"),
        query=EXPLAIN,
        kept=False,
        problems=QUESTION,
    ),
    Operation(
        method="post",
        path="/freeze-plan",
        id="planFreezing",
        tag="advice",
        summary="Get the blocks of a model to freeze.",
        description="Takes the same job as /recommend and answers with the same plan. Without a target it needs the "
        "size of the dataset and a model: an id of the catalogue, the names and shapes of its parameters, the header "
        "or index of its weights file, or a depth. Answers with every block from stem to head, a pattern that matches "
        "its parameters and no others, its state and exact counts; the phases with their rates; and code that fails "
        "where the plan was not applied. `dialects` asks for the plan in trainers' own words.",
        ask=exports.freeze_plan,
        answer=FreezePlanAnswer,
        examples=(
            "freeze-plan-by-model",
            "freeze-plan-by-parameters",
            "freeze-plan-by-header",
            "freeze-plan-for-trainers",
            "freeze-plan-by-depth",
        ),
        query=EXPLAIN,
        kept=False,
        problems=QUESTION,
    ),
    Operation(
        method="post",
        path="/lr-schedule",
        id="planLrSchedule",
        tag="advice",
        summary="Get the learning rate for each group of parameters at each step.",
        description="Takes the same job as /recommend and answers with the same schedule. Without a target it needs a "
        "model or a family, and a length. Answers with groups and their peak rates, warm-up and total steps, and the "
        "curve both as closed formulas and as points. `dialects` asks for the same schedule in trainers' own words. "
        "With `Accept: text/csv` it answers as /lr-schedule.csv does.",
        ask=exports.lr_schedule,
        answer=LrScheduleAnswer,
        examples=("lr-schedule-by-model", "lr-schedule-for-trainers"),
        media_types=(JSON, CSV),
        query=EXPLAIN,
        kept=False,
        problems=QUESTION,
    ),
    Operation(
        method="post",
        path="/lr-schedule.csv",
        id="tabulateLrSchedule",
        tag="advice",
        summary="Get the learning rate for each group at each step, as a table.",
        description="Takes the same job as /lr-schedule and answers with the points of the same schedule as CSV: a "
        "header, a row for each step, and a column for each group. `schedule.points` and `schedule.steps` say which "
        "steps. Who names `text/plain` gets the same table under that name: some clients read no other text.",
        ask=exports.lr_schedule,
        answer=str,
        examples=("lr-schedule-by-model",),
        media_types=(CSV, PLAIN),
        kept=False,
        problems=QUESTION,
    ),
    Operation(
        method="post",
        path="/resources",
        id="planResources",
        tag="advice",
        summary="Get what the run takes of the machine.",
        description="Takes the same job as /recommend and answers with the same setup and memory. Without a target it "
        "needs what /freeze-plan needs. Answers with the peak of one device, term by term, low, expected and high; "
        "whether it fits; the examples that a device sees at a time; and what would take less, the cheapest change "
        "first.",
        ask=engine.resources,
        answer=ResourcesAnswer,
        examples=("resources-by-model",),
        query=EXPLAIN,
        kept=False,
        problems=QUESTION,
    ),
    Operation(
        path="/matrix",
        id="getMatrix",
        tag="knowledge",
        summary="See how well each pretrained model serves each task.",
        description="A cell for each pair of a model and a task: 1 to 5, or `null` where the model cannot serve. "
        "Parameters that may be repeated hold alternatives; different parameters must all hold.",
        answer=Matrix,
        query=MATRIX,
        problems=FILTER,
    ),
    Operation(
        path="/models",
        id="listModels",
        tag="knowledge",
        summary="List the pretrained models.",
        description="What each model is, what it learned from, how large it is and on which terms it may be used. "
        "Parameters that may be repeated hold alternatives; different parameters must all hold.",
        answer=ModelList,
        query=MODELS,
        problems=FILTER,
    ),
    Operation(
        path="/models/{id}",
        id="getModel",
        tag="knowledge",
        summary="Read everything about one model.",
        description="The model with its blocks, its scores for tasks, and its sources with the facts that each of them "
        "carries.",
        answer=ModelView,
        item="Id, checkpoint or alias of a model, in upper or lower case. A slash may be written as it is or as %2F.",
        problems=(NOT_FOUND, *LOOK_UP),
    ),
    Operation(
        path="/tasks",
        id="listTasks",
        tag="knowledge",
        summary="List the target tasks.",
        description="Each task's usual head and metric, what one label is, and what `examples` count.",
        answer=TaskList,
    ),
    Operation(
        path="/domains",
        id="listDomains",
        tag="knowledge",
        summary="List the domains and how alike they are to pretraining data.",
        description="Each domain's similarity, 0 to 10, to every family of pretraining data of its modality, with a "
        "reason; and what those families are.",
        answer=DomainList,
    ),
    Operation(
        path="/rules",
        id="listRules",
        tag="knowledge",
        summary="List the rules.",
        description="Every rule of the engine with its claim, sources, grade, and requests in which it does and does "
        "not fire.",
        answer=RuleList,
    ),
    Operation(
        path="/rules/{id}",
        id="getRule",
        tag="knowledge",
        summary="Read one rule.",
        description="The rule that a `trace` entry or a decision step names.",
        answer=RuleView,
        item="Id of a rule.",
        problems=(NOT_FOUND, *LOOK_UP),
    ),
    Operation(
        path="/sources",
        id="listSources",
        tag="knowledge",
        summary="List the sources.",
        description="Where the claims come from: papers, libraries, guides, and the maintainers' own judgement.",
        answer=SourceList,
    ),
    Operation(
        path="/guide",
        id="listTopics",
        tag="knowledge",
        summary="List the pages of the guide.",
        description="The pages in reading order, without their text.",
        answer=TopicList,
    ),
    Operation(
        path="/guide/{topic}",
        id="getTopic",
        tag="knowledge",
        summary="Read one page of the guide.",
        description="The page that a notice, a risk or a step of the ladder names.",
        answer=TopicView,
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
    ),
    Operation(
        path="/health/live",
        id="getLiveness",
        tag="service",
        summary="Ask whether the service lives.",
        description="200 as long as the process answers at all.",
        answer=ServiceHealth,
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
