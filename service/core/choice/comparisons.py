"""The order in which published comparisons place the strategies, for a model that need not be in the catalogue."""

from functools import cached_property

from msgspec import Struct

from service.contract.words import (
    STRATEGY_OF,
    DatasetBand,
    Distinction,
    Family,
    Method,
    Objective,
    Strategy,
    Task,
)
from service.core.rules.rule import Topic
from service.knowledge.index import Knowledge
from service.knowledge.rows import Claim, OrderRow, TaskRow

USUAL_METHOD: dict[Strategy, Method] = {STRATEGY_OF[method]: method for method in reversed(STRATEGY_OF)}
"""How a strategy is carried out where nothing asks for another way."""


class Setting(Struct, frozen=True, dict=True):
    """What published comparisons are asked about.

    `per_class` None: no classes, or not known how many. `plain`: all blocks are of one size, as in a plain
    transformer. `adapters`: layers are known that adapters can be put beside. `zero_shot`: the model does the task
    untrained. `robust`: it must hold up on data unlike its training data. `paired`: a label is of two texts.
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
    paired: bool = False

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
        massive = self.examples >= self.know.bands[DatasetBand.MASSIVE].examples_from
        return massive and self.similarity <= number("similarity-very-different")

    @cached_property
    def is_compared(self) -> bool:
        """Whether comparisons of probe and tuning reach this far: image labels, not too few, not scratch's ground."""
        if self.task.id is not Task.IMAGE_CLASSIFICATION or self.massive_and_unlike:
            return False
        return self.examples >= self.know.number("evidence-least-examples")


class Comparison(Struct, frozen=True):
    """The order of the first rule that fits, and the rows behind it. `order` None: the guides' order stands."""

    order: OrderRow | None
    formula: str
    rows: tuple[Claim, ...] = ()


EVIDENCE: Topic[Setting, Comparison] = Topic("strategy-evidence")
