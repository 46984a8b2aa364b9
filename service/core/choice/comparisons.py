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
from service.core.job.dataset_size import Size
from service.core.job.similarity import is_near, is_very_different
from service.core.rules.rule import Topic
from service.knowledge.rows import Claim, OrderRow, TaskRow

USUAL_METHOD: dict[Strategy, Method] = {STRATEGY_OF[method]: method for method in reversed(STRATEGY_OF)}
"""How a strategy is carried out where nothing asks for another way."""


class Setting(Size, frozen=True, dict=True, kw_only=True):
    """What published comparisons are asked about.

    `plain`: all blocks are of one size, as in a plain
    transformer. `adapters`: layers are known that adapters can be put beside. `zero_shot`: the model does the task
    untrained. `robust`: it must hold up on data unlike its training data. `paired`: a label is of two texts.
    `several_labels`: of one example.
    """

    task: TaskRow
    family: Family
    objective: Objective
    params: int
    similarity: float
    distinction: Distinction = Distinction.COARSE
    plain: bool = True
    adapters: bool = True
    zero_shot: bool = False
    robust: bool = False
    paired: bool = False
    several_labels: bool = False

    @property
    def must_be_tuned(self) -> bool:
        """Whether the features come from reconstruction or segmentation, which do not serve frozen."""
        return self.objective is Objective.MASKED_RECONSTRUCTION or self.family is Family.SEGMENTER

    @cached_property
    def thin_and_near(self) -> bool:
        """Whether classes have few labels each in a domain like the pretraining data's."""
        return self.thin_classes and is_near(self.know, self.similarity)

    @property
    def massive_and_unlike(self) -> bool:
        """Whether training from scratch is a rival, of which no comparison here tells."""
        massive = self.examples >= self.know.bands[DatasetBand.MASSIVE].examples_from
        return massive and is_very_different(self.know, self.similarity)

    @cached_property
    def is_compared(self) -> bool:
        """Whether comparisons of probe and tuning reach this far: image labels, not too few, not scratch's ground."""
        if self.task.id is not Task.IMAGE_CLASSIFICATION or self.massive_and_unlike:
            return False
        return self.examples >= self.know.number("evidence-least-examples")


def trains(strategy: Strategy | None, method: Method | None) -> bool:
    """Whether anything is trained; a strategy that is not known yet trains something."""
    return strategy is not Strategy.ZERO_SHOT and method is not Method.NEAREST_NEIGHBOURS


class Comparison(Struct, frozen=True):
    """The order of the first rule that fits, and the rows behind it. `order` None: the guides' order stands."""

    order: OrderRow | None
    formula: str
    rows: tuple[Claim, ...] = ()


EVIDENCE: Topic[Setting, Comparison] = Topic("strategy-evidence")
