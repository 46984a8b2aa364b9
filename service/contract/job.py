"""The parts of a job that several questions share."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from service.contract.base import Examples, Name, Positive, Request, Score
from service.contract.words import ComputeKind, Distinction, Domain, Framework, Optimizer, SizeWord, Strategy, Task

Epochs = Annotated[float, Meta(gt=0, le=10_000)]
BatchSize = Annotated[int, Meta(ge=1, le=10_000_000, description="Examples per optimizer step, over all devices.")]


FixedRate = Annotated[
    float,
    Meta(
        gt=0,
        le=100,
        description="Peak rate of the backbone, or of the head where no backbone trains; the head keeps its ratio.",
    ),
]


class JobDataset(Request, frozen=True):
    """The labelled data: `examples`, or a `size` word (tiny, small, medium, large, huge), not both."""

    examples: Examples | UnsetType = UNSET
    size: SizeWord | UnsetType = UNSET
    classes: Annotated[int, Meta(ge=1, le=10**9)] | UnsetType = UNSET
    unlabelled: Annotated[int, Meta(ge=0, le=10**12)] | UnsetType = UNSET


class JobSource(Request, frozen=True):
    """Where to start from: a pretrained model, or the task and domain of an earlier one."""

    model: Name | UnsetType = UNSET
    task: Task | UnsetType = UNSET
    domain: Domain | UnsetType = UNSET


class JobTarget(Request, frozen=True):
    """What the model must do, on which kind of data, and what tells the classes apart."""

    task: Task
    domain: Domain | UnsetType = UNSET
    distinction: Distinction | UnsetType = UNSET


class JobCompute(Request, frozen=True):
    """What there is to train on: a `kind`, or a device with its count, memory and hours."""

    kind: ComputeKind | UnsetType = UNSET
    device: Name | UnsetType = UNSET
    count: Annotated[int, Meta(ge=1, le=100_000)] | UnsetType = UNSET
    memory_gib: Annotated[float, Meta(gt=0, le=100_000, description="Memory of one device.")] | UnsetType = UNSET
    hours: Annotated[float, Meta(gt=0, le=1_000_000)] | UnsetType = UNSET


class JobConstraints(Request, frozen=True):
    """What the plan must respect. `robust_to_shift`: the model must hold up on data unlike its training data."""

    commercial_use: bool = False
    max_params: Positive | UnsetType = UNSET
    keep_source_ability: bool = False
    robust_to_shift: bool = False
    framework: Framework = Framework.ANY


class JobFixed(Request, frozen=True):
    """Choices already made. They are honoured, or refused aloud."""

    strategy: Strategy | UnsetType = UNSET
    optimizer: Optimizer | UnsetType = UNSET
    batch_size: BatchSize | UnsetType = UNSET
    epochs: Epochs | UnsetType = UNSET
    peak_rate: FixedRate | UnsetType = UNSET


class JobMeasurements(Request, frozen=True):
    """Scores that the caller has measured on the target, all in one metric where higher is better."""

    zero_shot: Score | UnsetType = UNSET
    linear_probe: Score | UnsetType = UNSET
    full_fine_tuning: Score | UnsetType = UNSET
    from_scratch: Score | UnsetType = UNSET
