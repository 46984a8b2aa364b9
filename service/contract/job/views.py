"""What the schedule and the freeze plan are told."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from service.contract.base import Name, Rate, Request, take_empty_as_left_out
from service.contract.job.run import MOST_STEPS, BatchSize, Step
from service.contract.job.source import TensorName
from service.contract.words import CurveShape, DecayKind, NormKind, Optimizer, Strategy, TargetShift, WarmupKind

MOST_VALUES = 100_000
"""Rates that one answer may hold: points times groups."""

LayerDecay = Annotated[float, Meta(ge=0.01, le=1, description="Factor between the rates of neighbouring blocks.")]
Points = Annotated[int, Meta(ge=2, le=100_000, description="How many points of the curve to answer at most.")]
TiedNames = Annotated[
    list[TensorName], Meta(min_length=2, max_length=100, description="Names of parameters that share one tensor.")
]


class JobShapeOptions(Request, frozen=True):
    """What a shape can be told; a shape refuses options that it does not have.

    `cycles`: cosine-with-restarts, a whole number of them; cosine, as whole waves: 0.5 falls once to the end.
    `cycle_growth`: each cycle's length by that of the one before; `cycle_decay`: its peak likewise; both for at most
    100 cycles. `power`: polynomial. `every` (steps) or `milestones` (steps of the run, ascending), and `gamma`: step;
    `gamma`: exponential, as the factor at the last step. `timescale` (steps): inverse-square-root, the warm-up's
    length unless given. `hold_share`: the share of all steps at the peak in warmup-stable-decay and tri-stage.
    `decay`: how warmup-stable-decay falls. `end_ratio`: the factor that the curve falls to. `start_ratio`: the factor
    that the warm-up starts from, and that a constant one holds.
    """

    cycles: Annotated[float, Meta(gt=0, le=10_000, description="Cycles of the cosine.")] | UnsetType = UNSET
    cycle_growth: (
        Annotated[float, Meta(ge=0.1, le=10, description="Length of a cycle by that of the one before.")] | UnsetType
    ) = UNSET
    cycle_decay: (
        Annotated[float, Meta(gt=0, le=1, description="Peak of a cycle by that of the one before.")] | UnsetType
    ) = UNSET
    milestones: (
        Annotated[list[Step], Meta(max_length=100, description="Steps at which the rate falls.")] | UnsetType
    ) = UNSET
    timescale: (
        Annotated[int, Meta(ge=1, le=MOST_STEPS, description="Steps of the inverse square root's scale.")] | UnsetType
    ) = UNSET
    decay: Annotated[DecayKind, Meta(description="How the last phase falls.")] | UnsetType = UNSET
    power: Annotated[float, Meta(ge=0.01, le=10, description="Exponent of the polynomial.")] | UnsetType = UNSET
    every: Annotated[int, Meta(ge=1, le=MOST_STEPS, description="Steps between two falls.")] | UnsetType = UNSET
    gamma: Annotated[float, Meta(gt=0, le=1, description="Factor of one fall, or at the last step.")] | UnsetType = (
        UNSET
    )
    hold_share: Annotated[float, Meta(ge=0, le=1, description="Share of all steps at the peak.")] | UnsetType = UNSET
    end_ratio: Annotated[float, Meta(ge=0, le=1, description="Share of the peak at the end.")] | UnsetType = UNSET
    start_ratio: (
        Annotated[float, Meta(ge=0, le=1, description="Share of the peak at the start of the warm-up.")] | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        """An empty list means that it is not given."""
        take_empty_as_left_out(self, "milestones")


class JobAdapter(Request, frozen=True):
    """A LoRA adapter that the rate must suit."""

    rank: Annotated[int, Meta(ge=1, le=65_536, description="Rank of the update.")]
    alpha: (
        Annotated[float, Meta(ge=0.001, le=1_000_000, description="Scale of the update; it is divided by the rank.")]
        | UnsetType
    ) = UNSET


class JobKnownRate(Request, frozen=True):
    """A peak rate that worked elsewhere, with what differed there. What is left out was as it is here."""

    rate: Rate
    model: Annotated[Name, Meta(description="The model that it worked for.")] | UnsetType = UNSET
    strategy: Annotated[Strategy, Meta(description="How much of that model was trained.")] | UnsetType = UNSET
    optimizer: Annotated[Optimizer, Meta(description="What turned gradients into steps.")] | UnsetType = UNSET
    batch_size: BatchSize | UnsetType = UNSET


class JobSchedule(Request, frozen=True):
    """How the rate is to run. `steps` asks for the rates at these steps instead of evenly spaced `points`.

    `drop_last`: a pass leaves out its last incomplete batch.
    `unit_features`: the head is trained on features scaled to length one, which want a higher rate.
    """

    shape: Annotated[CurveShape, Meta(description="How the rate falls after warm-up.")] | UnsetType = UNSET
    options: Annotated[JobShapeOptions, Meta(description="What the shape is told.")] = JobShapeOptions()
    warmup_kind: Annotated[WarmupKind, Meta(description="How the rate rises.")] | UnsetType = UNSET
    warmup_steps: Annotated[Step, Meta(description="Optimizer steps until the peak.")] | UnsetType = UNSET
    layer_decay: LayerDecay | UnsetType = UNSET
    adapter: Annotated[JobAdapter, Meta(description="The LoRA adapter that the rate must suit.")] | UnsetType = UNSET
    unit_features: Annotated[bool, Meta(description="Whether a head is trained on features of length one.")] = False
    known_rate: Annotated[JobKnownRate, Meta(description="A rate that worked elsewhere.")] | UnsetType = UNSET
    drop_last: Annotated[bool, Meta(description="A pass leaves out its last incomplete batch.")] = False
    points: Points | UnsetType = UNSET
    steps: (
        Annotated[list[Step], Meta(max_length=20_000, description="The steps to answer, counted from 0.")] | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        """An empty list means that it is not given."""
        take_empty_as_left_out(self, "steps")


class JobFreezing(Request, frozen=True):
    """What is known for the freeze plan: how the model normalises, how the target differs, which tensors are one.

    `tied` lists names of `source.parameters` that share one tensor: it is counted once.
    """

    norm: Annotated[NormKind, Meta(description="How the model normalises.")] | UnsetType = UNSET
    shift: Annotated[TargetShift, Meta(description="How the target differs from the source.")] | UnsetType = UNSET
    tied: (
        Annotated[list[TiedNames], Meta(max_length=1000, description="Groups of parameters that are one tensor.")]
        | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        """An empty list means that it is not given."""
        take_empty_as_left_out(self, "tied")
