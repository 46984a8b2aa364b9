"""`POST /lr-schedule`: which learning rate for which block at which step."""

from typing import Any

from service.contract.base import Response
from service.contract.explain import Answer
from service.contract.summary import PlanSummary
from service.contract.words import (
    Attention,
    BlockState,
    CurveShape,
    DecayKind,
    Loss,
    Method,
    Optimizer,
    Precision,
    Sharding,
    Strategy,
    Trainer,
    WarmupKind,
)


class ScheduleGroup(Response, frozen=True):
    """Parameters that share a rate. `relative` is the peak rate divided by the highest."""

    name: str
    pattern: str | None
    state: BlockState
    peak_rate: float
    relative: float
    weight_decay: float


class ScheduleRates(Response, frozen=True):
    """The four numbers of a learning-rate estimate: frozen, top of the backbone, head, and warm-up steps."""

    frozen: float
    backbone_top: float
    head: float
    warmup_steps: int


class ScheduleBatchScaling(Response, frozen=True):
    """How the reference rate was carried to this batch size."""

    rule: str
    reference_batch: int
    batch_size: int
    factor: float


class ScheduleSweepRange(Response, frozen=True):
    """Rates at which a published sweep lost less than one point on average against the best of each of its cells.

    Of the rates that it tried, from `tried_low` to `tried_high`; where an end of both is the same, what lies beyond was
    not tried. The rates are those of the sweep's own `batch_size` and model. A cell is one dataset with one method or
    network.
    """

    low: float
    high: float
    tried_low: float
    tried_high: float
    batch_size: int
    cells: int
    sources: list[str]


class CurveSegment(Response, frozen=True):
    """A piece of the curve, from `start` to `end` in steps; `formula` gives the factor at step s, for
    start <= s < end; `factor_end` holds at the end.
    """

    kind: str
    start: int
    end: int
    factor_start: float
    factor_end: float
    formula: str


class CurvePoint(Response, frozen=True):
    """The factor of the peak rate at one step, and the rates there: of the three states, and of every group."""

    step: int
    factor: float
    frozen: float
    backbone_top: float
    head: float
    groups: list[float]


class ScheduleCurve(Response, frozen=True):
    """The curve with every option resolved, so that the factor at each step follows from these fields alone."""

    shape: CurveShape
    total_steps: int
    warmup_kind: WarmupKind
    warmup_steps: int
    start_ratio: float
    end_ratio: float
    hold_steps: int
    cycles: float
    cycle_growth: float
    cycle_decay: float
    power: float
    every: int
    milestones: list[int]
    gamma: float
    decay: DecayKind
    timescale: int


class TrainingPhase(Response, frozen=True):
    """One training phase with its own optimizer and schedule; `segments` are its curve in closed form.

    `backbone_rate` and `head_rate` are peak rates. In the last phase, and wherever the backbone trains, blocks have the
    peak rates of the schedule's groups. `patience` is in evaluations without gain.
    """

    index: int
    name: str
    train_blocks: list[int]
    epochs: float
    steps: int
    warmup_steps: int
    backbone_rate: float
    head_rate: float
    segments: list[CurveSegment]
    curve: ScheduleCurve
    patience: int
    stop: str


class ScheduleExport(Response, frozen=True):
    """The schedule in one trainer's words.

    `arguments` are that trainer's own field names; `text` is what to write in its language; `losses` says what the
    trainer cannot express. `exact`: the trainer was run with this shape, and had these rates. Where the curve itself is
    lost, `exact` is false and `arguments` are empty.
    """

    dialect: Trainer
    exact: bool
    arguments: dict[str, Any]
    text: str
    losses: list[str]


class LrSchedule(Response, frozen=True):
    """Groups with peak rates, and one curve of factors that multiplies them all.

    Within a recommendation this is the last phase; the phases before it come on top. `milestones` are the steps at
    which segments meet, both ends included. `area` is the integral of the factor over the run, in steps. `no_decay`
    says which parameters of every group take no weight decay. `sweep` are peak rates to try around the advice (of the
    backbone, or of the head where the backbone is not trained). `sweep_range` is what a published sweep found for
    the same family and method, `null` where there is none. `runs` is how often to train with different seeds.
    """

    optimizer: Optimizer
    strategy: Strategy
    rates: ScheduleRates
    groups: list[ScheduleGroup]
    no_decay: list[str]
    layer_decay: float
    batch_scaling: ScheduleBatchScaling
    epochs: float | None
    steps_per_epoch: int | None
    drop_last: bool
    total_steps: int
    warmup_steps: int
    shape: CurveShape
    curve: ScheduleCurve
    segments: list[CurveSegment]
    milestones: list[int]
    area: float
    points: list[CurvePoint]
    sweep: list[float]
    sweep_range: ScheduleSweepRange | None
    runs: int
    exports: list[ScheduleExport]


class TrainingSetup(Response, frozen=True):
    """The run as it is set up: what memory, notices and exports rest on.

    `method` is `null` where only the depth to freeze was decided. `loss` is `null` where the task's own code has its
    loss, or nothing is trained. `quantised_bits`: the frozen base is held in so many; `null`: in the precision's own.
    `devices` are those that share a step, each with `per_device_batch` examples at a time, `accumulation` times: the
    product is the schedule's batch. `checkpointing`: blocks are computed anew in the backward pass instead of kept.
    `sharding`: how the devices share the model. All five are `null` where nothing is trained. `attention` is `null` in
    models whose attention is not reckoned, such as convolutional networks.
    """

    method: Method | None
    loss: Loss | None
    precision: Precision
    quantised_bits: int | None
    devices: int | None
    per_device_batch: int | None
    accumulation: int | None
    checkpointing: bool | None
    sharding: Sharding | None
    attention: Attention | None


class LrScheduleAnswer(Answer, frozen=True):
    """The schedule and why it is so. `lr_schedule` is `null` where nothing is trained."""

    summary: PlanSummary
    setup: TrainingSetup
    lr_schedule: LrSchedule | None
