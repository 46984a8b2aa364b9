"""The order in which published comparisons place the strategies, for a model that need not be in the catalogue."""

from functools import cached_property

from msgspec import Struct

from service.contract.words import (
    STRATEGY_OF,
    Band,
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
from service.core.bands import BANDS, Size
from service.core.rule import Topic
from service.core.similarity import level_of
from service.knowledge.index import Knowledge
from service.knowledge.model import Claim, OrderRow, TaskRow

USUAL_METHOD: dict[Strategy, Method] = {STRATEGY_OF[method]: method for method in reversed(STRATEGY_OF)}
"""How a strategy is carried out where nothing asks for another way."""


class Setting(Struct, frozen=True, dict=True):
    """What published comparisons are asked about.

    `per_class` None: no classes, or not known how many. `plain`: all blocks are of one size, as in a plain
    transformer. `adapters`: layers are known that adapters can be put beside. `zero_shot`: the model does the task
    untrained. `robust`: it must hold up on data unlike its training data.
    """

    know: Knowledge
    task: TaskRow
    family: Family
    objective: Objective
    params: int
    examples: int
    per_class: float | None
    similarity: float
    distinction: Distinction = Distinction.COARSE
    plain: bool = True
    adapters: bool = True
    zero_shot: bool = False
    robust: bool = False

    @property
    def must_be_tuned(self) -> bool:
        """Whether the features come from reconstruction or segmentation, which do not serve frozen."""
        return self.objective is Objective.MASKED_RECONSTRUCTION or self.family is Family.SEGMENTER

    @cached_property
    def thin_and_near(self) -> bool:
        """Whether classes have few labels each in a domain like the pretraining data's."""
        number = self.know.number
        thin = self.per_class is not None and self.per_class < number("per-class-thin")
        return thin and self.similarity >= number("probe-similarity")

    @property
    def massive_and_unlike(self) -> bool:
        """Whether training from scratch is a rival, of which no comparison here tells."""
        number = self.know.number
        massive = self.examples >= self.know.bands[Band.MASSIVE].examples_from
        return massive and self.similarity <= number("similarity-very-different")

    @cached_property
    def is_compared(self) -> bool:
        """Whether comparisons of probe and tuning reach this far: image labels, not too few, not scratch's ground."""
        if self.task.id is not Task.IMAGE_CLASSIFICATION or self.massive_and_unlike:
            return False
        return self.examples >= self.know.number("evidence-least-examples")


class Found(Struct, frozen=True):
    """The order of the first rule that fits, and the rows behind it. `order` None: the guides' order stands."""

    order: OrderRow | None
    formula: str
    rows: tuple[Claim, ...] = ()


class Placed(Struct, frozen=True):
    """All six strategies, best first, how each is carried out, and the rule that says so."""

    order: tuple[Strategy, ...]
    methods: tuple[Method, ...]
    rule: str


EVIDENCE: Topic[Setting, Found] = Topic("strategy-evidence")


def place_strategies(setting: Setting, policy: Policy = Policy.EVIDENCE) -> Placed:
    """The order of the strategies before memory, budget, wishes and measurements are looked at.

    Where no comparison decides, and under the policy `guides`, it is the guides' for the size and similarity.
    """
    rule, found = EVIDENCE.first(setting)
    if policy is Policy.EVIDENCE and found.order is not None:
        return Placed(tuple(STRATEGY_OF[method] for method in found.order.order), found.order.order, rule.id)
    know = setting.know
    _, band = BANDS.first(Size(know, setting.examples, setting.per_class))
    order = know.preferences[setting.task.track, band.value, level_of(know, setting.similarity)].order
    return Placed(order, tuple(USUAL_METHOD[strategy] for strategy in order), "strategy-by-size-and-similarity")


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
    )
