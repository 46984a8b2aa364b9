"""The order in which published comparisons place the strategies, for a model that need not be in the catalogue."""

from functools import cached_property
from itertools import chain

from msgspec import Struct

from service.contract.words import (
    STRATEGY_OF,
    DatasetBand,
    Distinction,
    Family,
    LabelsPerExample,
    Method,
    Objective,
    Strategy,
    Task,
)
from service.core.job.case import JobCase
from service.core.job.dataset_size import Size
from service.core.job.similarity import is_near, is_very_different
from service.core.rules.example_requests import RESNET, job
from service.core.rules.rule import Rule, Topic
from service.knowledge.rows import Claim, ConstantRow, OrderRow, TaskRow

USUAL_METHOD: dict[Strategy, Method] = {STRATEGY_OF[method]: method for method in reversed(STRATEGY_OF)}
"""How a strategy is carried out where nothing asks for another way."""

TRAIN_NOTHING = (Method.NEAREST_NEIGHBOURS, Method.CLASS_MEANS)
"""Ways to use frozen features that compare with the labelled examples and train nothing."""

PICTURES_AND_TEXTS = (Task.IMAGE_CLASSIFICATION, Task.TEXT_CLASSIFICATION)
"""Tasks of which comparisons by labels per class were published."""


class Setting(Size, frozen=True, dict=True, kw_only=True):
    """What published comparisons are asked about.

    `plain`: all blocks are of one size, as in a plain
    transformer. `adapters`: layers are known that adapters can be put beside. `zero_shot`: the model does the task
    untrained. `robust`: it must hold up on data unlike its training data. `paired`: a label is of two texts.
    `several_labels`: of one example. `keep_source_ability`: what it can do must stay.
    """

    task: TaskRow
    family: Family
    objective: Objective
    params: int
    similarity: float
    distinction: Distinction
    plain: bool
    adapters: bool
    zero_shot: bool
    robust: bool
    paired: bool = False
    several_labels: bool = False
    keep_source_ability: bool
    unlabelled: int

    @property
    def must_be_tuned(self) -> bool:
        """Whether the features come from reconstruction or segmentation, which do not serve frozen."""
        return self.objective is Objective.MASKED_RECONSTRUCTION or self.family is Family.SEGMENTER

    @cached_property
    def thin_and_near(self) -> bool:
        """Whether classes have few labels each in a domain like the pretraining data's."""
        return self.thin_classes and self.near

    @property
    def massive_and_unlike(self) -> bool:
        """Whether training from scratch is a rival, of which no comparison here tells."""
        massive = self.examples >= self.know.bands[DatasetBand.MASSIVE].examples_from
        return massive and is_very_different(self.know, self.similarity)

    @cached_property
    def near(self) -> bool:
        """Whether the target's domain is so like the pretraining data that frozen features serve it."""
        return is_near(self.know, self.similarity)

    @property
    def labels_texts(self) -> bool:
        """Whether a text encoder gives texts their labels."""
        return self.task.id is Task.TEXT_CLASSIFICATION and self.family is Family.TEXT_ENCODER

    @property
    def labels_pictures(self) -> bool:
        """Whether pictures get labels, not on scratch's ground."""
        return self.task.id is Task.IMAGE_CLASSIFICATION and not self.massive_and_unlike

    @cached_property
    def is_compared(self) -> bool:
        """Whether comparisons of probe and tuning reach this far down.

        Near the pretraining data by the smallest set that was compared; far from it by examples per class.
        """
        if not self.labels_pictures:
            return False
        enough = self.per_class is not None and self.per_class >= self.know.number("class-means-per-class")
        return self.examples >= self.know.number("evidence-least-examples") or (enough and not self.near)

    @property
    def adapter_limit(self) -> ConstantRow | None:
        """Where adapters lead on plain vision transformers: the number of examples below which they do."""
        constants = self.know.constants
        if self.objective is not Objective.SUPERVISED or self.family is not Family.VISION_TRANSFORMER:
            return None
        if not self.plain or not self.adapters or self.params < constants["adapter-least-params"].value:
            return None
        fine = self.distinction is Distinction.FINE
        limit = constants["adapter-most-fine-examples" if fine else "adapter-most-examples"]
        return limit if self.is_compared and self.examples < limit.value else None


def setting_of(
    job: JobCase,
    *,
    family: Family,
    objective: Objective,
    params: int,
    similarity: float,
    plain: bool,
    adapters: bool,
    zero_shot: bool,
) -> Setting:
    """The setting of a job with a model, be it the one to start from or one that is ranked."""
    return Setting(
        know=job.know,
        task=job.task,
        family=family,
        objective=objective,
        params=params,
        examples=job.data.examples,
        per_class=job.data.per_class,
        rarest=job.data.rarest,
        similarity=similarity,
        distinction=job.distinction,
        plain=plain,
        adapters=adapters,
        zero_shot=zero_shot,
        robust=job.constraints.robust_to_shift,
        paired=job.request.dataset.texts_per_example == 2,
        several_labels=job.labels is LabelsPerExample.SEVERAL,
        keep_source_ability=job.constraints.keep_source_ability,
        unlabelled=job.data.unlabelled,
    )


def trains(strategy: Strategy | None, method: Method | None) -> bool:
    """Whether anything is trained; a strategy that is not known yet trains something."""
    return strategy is not Strategy.ZERO_SHOT and method not in TRAIN_NOTHING


class Comparison(Struct, frozen=True):
    """The order of the first rule that fits, and the rows behind it. `order` None: the guides' order stands."""

    order: OrderRow | None
    formula: str
    rows: tuple[Claim, ...] = ()


FEW_LABELS: Topic[Setting, Comparison] = Topic("strategy-few-labels")
PICTURES: Topic[Setting, Comparison] = Topic("strategy-pictures")
LANGUAGE: Topic[Setting, Comparison] = Topic("strategy-language")
SOUND: Topic[Setting, Comparison] = Topic("strategy-sound")
DENSE: Topic[Setting, Comparison] = Topic("strategy-dense")
IN_CONTEXT: Topic[Setting, Comparison] = Topic("strategy-in-context")
UNMEASURED: Topic[Setting, Comparison] = Topic("strategy-unmeasured")

TOPICS = (FEW_LABELS, PICTURES, LANGUAGE, SOUND, DENSE, IN_CONTEXT, UNMEASURED)
"""In order of precedence; the last always has something to say."""


def consult(setting: Setting) -> tuple[Rule[Setting, Comparison], Comparison]:
    """What published comparisons say: the first rule that fits decides."""
    return next(chain.from_iterable(topic.all(setting) for topic in TOPICS))


def found(setting: Setting, order: str, formula: str, *rows: Claim) -> Comparison:
    """An order of the table, the numbers that led to it, and the rows they are of."""
    row = setting.know.orders[order]
    return Comparison(row, formula, (row, *rows))


@UNMEASURED.rule(
    "evidence-none",
    "Where no published comparison of strategies reaches, the guides' order stands.",
    seeds=("R-031",),
    fires=(
        job(100).decides(
            "feature-extraction: no comparison for image-classification with 100 examples: the guides' order"
        ),
        job(100, task="image-feature-extraction").decides(
            "zero-shot: no comparison for image-feature-extraction with 100 examples: the guides' order"
        ),
    ),
    silent=(job(5000, source=RESNET), job(100, policy="guides")),
)
def none(setting: Setting) -> Comparison:
    return Comparison(None, f"no comparison for {setting.task.id} with {setting.examples} examples: the guides' order")
