"""What there is to train on, what the plan must respect, and which choices are made already."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from service.contract.base import DeviceName, Positive, Request
from service.contract.words import Attention, ComputeKind, Framework, Method, Optimizer, Precision, Sharding, Strategy

MOST_STEPS = 10_000_000
"""Optimizer steps of the longest run."""

BatchSize = Annotated[int, Meta(ge=1, le=10_000_000, description="Examples per optimizer step, over all devices.")]
DeviceBatch = Annotated[int, Meta(ge=1, le=10_000_000, description="Examples that one device sees at a time.")]
Epochs = Annotated[float, Meta(gt=0, le=10_000, description="Passes over the labelled data in the last phase.")]
FixedRate = Annotated[
    float,
    Meta(
        gt=0,
        le=100,
        description="Peak rate of the backbone, or of the head where no backbone trains; the head keeps its ratio.",
    ),
]
Step = Annotated[int, Meta(ge=0, le=MOST_STEPS, description="An optimizer step, counted from 0.")]
Steps = Annotated[int, Meta(ge=1, le=MOST_STEPS, description="Optimizer steps of the last phase.")]


class JobCompute(Request, frozen=True):
    """What there is to train on: a `kind`, or a device with its count and memory.

    `hours` is the time there is for the whole run: a plan that takes longer is shortened or left out. With
    `price_per_hour` the run's cost is told, in whatever currency it is in. `cores` are those of a CPU.
    """

    kind: Annotated[ComputeKind, Meta(description="What there is, in one word.")] | UnsetType = UNSET
    device: DeviceName | UnsetType = UNSET
    count: Annotated[int, Meta(ge=1, le=100_000, description="Number of devices.")] | UnsetType = UNSET
    memory_gib: Annotated[float, Meta(gt=0, le=100_000, description="Memory of one device, in GiB.")] | UnsetType = (
        UNSET
    )
    cores: Annotated[int, Meta(ge=1, le=4096, description="Cores of the CPU.")] | UnsetType = UNSET
    hours: Annotated[float, Meta(gt=0, le=1_000_000, description="Time there is, in hours.")] | UnsetType = UNSET
    price_per_hour: (
        Annotated[float, Meta(ge=0, le=1_000_000, description="Price of one device for an hour.")] | UnsetType
    ) = UNSET


class JobConstraints(Request, frozen=True):
    """What the plan must respect. `robust_to_shift`: the model must hold up on data unlike its training data."""

    commercial_use: Annotated[bool, Meta(description="The weights must be usable commercially.")] = False
    max_params: Annotated[Positive, Meta(description="Most parameters that the model may have.")] | UnsetType = UNSET
    keep_source_ability: Annotated[bool, Meta(description="What the model can do already must not be lost.")] = False
    robust_to_shift: Annotated[bool, Meta(description="It must hold up on data unlike the training data.")] = False
    framework: Annotated[Framework, Meta(description="What the trainer is written in.")] = Framework.ANY


class JobFixed(Request, frozen=True):
    """Choices already made. They are honoured, or refused aloud.

    `strategy` and `method` take the words of a verdict. The batch of one optimizer step is `batch_size`, or
    `per_device_batch_size` times `accumulation` times the devices of `compute`. `total_steps` stands instead of
    `epochs`. `precision` is what the run computes in. `checkpointing` and `sharding` are decided by memory where they
    are left out; `attention` is then fused.
    """

    strategy: Annotated[Strategy, Meta(description="How much of the model is trained.")] | UnsetType = UNSET
    method: Annotated[Method, Meta(description="How the strategy is carried out.")] | UnsetType = UNSET
    optimizer: Annotated[Optimizer, Meta(description="What turns gradients into steps.")] | UnsetType = UNSET
    batch_size: BatchSize | UnsetType = UNSET
    per_device_batch_size: DeviceBatch | UnsetType = UNSET
    accumulation: (
        Annotated[int, Meta(ge=1, le=100_000, description="Batches whose gradients make one optimizer step.")]
        | UnsetType
    ) = UNSET
    epochs: Epochs | UnsetType = UNSET
    total_steps: Steps | UnsetType = UNSET
    peak_rate: FixedRate | UnsetType = UNSET
    precision: Annotated[Precision, Meta(description="In which numbers the run computes.")] | UnsetType = UNSET
    checkpointing: (
        Annotated[bool, Meta(description="Blocks are computed anew in the backward pass (gradient checkpointing).")]
        | UnsetType
    ) = UNSET
    sharding: Annotated[Sharding, Meta(description="How several devices share the model.")] | UnsetType = UNSET
    attention: Annotated[Attention, Meta(description="How attention runs.")] | UnsetType = UNSET
