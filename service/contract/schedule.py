"""`POST /lr-schedule`: which learning rate for which block at which step."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from service.contract.base import Examples, Name, Rate, Request, Response, Similarity
from service.contract.explain import Answer
from service.contract.job import BatchSize, Epochs
from service.contract.words import Family, Optimizer, Shape, State, Strategy

Steps = Annotated[int, Meta(ge=1, le=10_000_000, description="Optimizer steps in the whole run.")]
Points = Annotated[int, Meta(ge=2, le=10_000, description="How many points of the curve to answer at most.")]


class LrScheduleRequest(Request, frozen=True):
    """A model or its family, how it is trained, and how long: `examples` with `epochs`, or `total_steps`."""

    model: Name | UnsetType = UNSET
    family: Family | UnsetType = UNSET
    strategy: Strategy | UnsetType = UNSET
    optimizer: Optimizer | UnsetType = UNSET
    batch_size: BatchSize | UnsetType = UNSET
    examples: Examples | UnsetType = UNSET
    epochs: Epochs | UnsetType = UNSET
    total_steps: Steps | UnsetType = UNSET
    shape: Shape | UnsetType = UNSET
    similarity: Similarity | UnsetType = UNSET
    peak_rate: Rate | UnsetType = UNSET
    points: Points | UnsetType = UNSET


class RateGroup(Response, frozen=True):
    """Parameters that share a rate. `relative` is the peak rate divided by the highest."""

    name: str
    pattern: str | None
    state: State
    peak_rate: float
    relative: float
    weight_decay: float


class Rates(Response, frozen=True):
    """The four numbers of a learning-rate estimate: frozen, middle (top of the trunk), head, and warm-up steps."""

    frozen: float
    middle: float
    head: float
    warmup_steps: int


class BatchScaling(Response, frozen=True):
    """How the reference rate was carried to this batch size."""

    rule: str
    reference_batch: int
    batch_size: int
    factor: float


class Segment(Response, frozen=True):
    """A piece of the curve, from `start` to `end` in steps; `formula` gives the factor at step s within it."""

    kind: str
    start: int
    end: int
    factor_start: float
    factor_end: float
    formula: str


class Point(Response, frozen=True):
    """The factor of the peak rate at one step, and the rates of the three states there."""

    step: int
    factor: float
    frozen: float
    middle: float
    head: float


class LrSchedule(Response, frozen=True):
    """Groups with peak rates, and one curve of factors that multiplies them all.

    Within a recommendation this is the last phase; the phases before it come on top.
    """

    optimizer: Optimizer
    strategy: Strategy
    rates: Rates
    groups: list[RateGroup]
    layer_decay: float
    batch_scaling: BatchScaling
    epochs: float | None
    steps_per_epoch: int | None
    total_steps: int
    warmup_steps: int
    shape: Shape
    segments: list[Segment]
    points: list[Point]


class LrScheduleAnswer(Answer, frozen=True):
    """The schedule and why it is so. `lr_schedule` is `null` where nothing is trained."""

    lr_schedule: LrSchedule | None
