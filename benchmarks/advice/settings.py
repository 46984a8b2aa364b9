"""Settings of published tables, and the order that the engine gives them."""

from msgspec import Struct

from service.contract.words import (
    STRATEGY_OF,
    Corpus,
    Distinction,
    Domain,
    Family,
    Method,
    Objective,
    Policy,
    Strategy,
    Task,
)
from service.core.choice.comparisons import USUAL_METHOD, Setting, consult
from service.core.job.dataset_size import BANDS, Size
from service.core.job.similarity import level_of
from service.knowledge.index import Knowledge


class StrategyOrder(Struct, frozen=True):
    """All six strategies, best first, how each is carried out, and the rule that says so."""

    order: tuple[Strategy, ...]
    methods: tuple[Method, ...]
    rule: str


def place_strategies(setting: Setting, policy: Policy = Policy.EVIDENCE) -> StrategyOrder:
    """The order of the strategies before memory, budget, wishes and measurements are looked at.

    Where no comparison decides, and under the policy `guides`, it is the guides' for the size and similarity.
    """
    rule, found = consult(setting)
    if policy is Policy.EVIDENCE and found.order is not None:
        return StrategyOrder(tuple(STRATEGY_OF[method] for method in found.order.order), found.order.order, rule.id)
    know = setting.know
    _, band = BANDS.first(Size(know, setting.examples, setting.per_class))
    order = know.preferences[setting.task.track, band.value, level_of(know, setting.similarity)].order
    return StrategyOrder(order, tuple(USUAL_METHOD[strategy] for strategy in order), "strategy-by-size-and-similarity")


def cell(
    know: Knowledge,
    *,
    family: Family,
    objective: Objective,
    params: int,
    examples: int,
    classes: int | None,
    domain: Domain | None = None,
    corpus: Corpus = Corpus.IMAGENET,
    similarity: float | None = None,
    task: Task = Task.IMAGE_CLASSIFICATION,
    distinction: Distinction | None = None,
    plain: bool = True,
    adapters: bool = True,
    zero_shot: bool = False,
    robust: bool = False,
    keep_source_ability: bool = False,
    unlabelled: int = 0,
) -> Setting:
    """The setting of one cell of a published table.

    Similarity is read from the table for domain and corpus where it is not given, the distinction is the domain's
    where it is not.
    """
    if similarity is None:
        row = know.similarities.get((domain, corpus)) if domain else None
        similarity = row.similarity if row else know.number("similarity-assumed")
    return Setting(
        know=know,
        task=know.tasks[task],
        family=family,
        objective=objective,
        params=params,
        examples=examples,
        per_class=examples / classes if classes else None,
        similarity=similarity,
        distinction=distinction or (know.domains[domain].distinction if domain else Distinction.COARSE),
        plain=plain,
        adapters=adapters,
        zero_shot=zero_shot,
        robust=robust,
        keep_source_ability=keep_source_ability,
        unlabelled=unlabelled,
    )
