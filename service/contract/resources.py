"""`POST /resources`: what a plan takes of the machine."""

from service.contract.base import Response
from service.contract.explain import Answer
from service.contract.schedule import TrainingSetup
from service.contract.summary import PlanSummary
from service.contract.words import MemoryPart


class MemoryTerm(Response, frozen=True):
    """One part of the peak of one device, in GiB: the least, the expected and the most it may be, and its formula."""

    part: MemoryPart
    low_gib: float
    expected_gib: float
    high_gib: float
    formula: str


class FittingChange(Response, frozen=True):
    """A change of the setup that makes the run fit, or takes less: the peak of a device then, and what it costs.

    `time_factor`: the run takes so many times as long; `null` where that is not known.
    """

    change: str
    peak_gib: float
    fits: bool
    time_factor: float | None
    price: str


class PhaseTime(Response, frozen=True):
    """One training phase: its optimizer steps, and the expected seconds of each."""

    name: str
    steps: int
    seconds_per_step: float


class RunTime(Response, frozen=True):
    """How long one run takes: the hours of all its phases, the least, the expected and the most.

    `hours` are the steps of each phase times their seconds. `seconds_per_step` is of the last phase. `energy_kwh` is
    the most that the devices draw in the expected hours, `cost` their price; `null` where nothing tells them.
    """

    seconds_per_step: float
    steps: int
    hours_low: float
    hours: float
    hours_high: float
    energy_kwh: float | None
    cost: float | None
    phases: list[PhaseTime]
    assumptions: list[str]


class PlanResources(Response, frozen=True):
    """What the run takes of each device, in GiB, as its driver shows it, at the longest example.

    The terms sum to `peak_gib`, their lows and highs to `peak_low_gib` and `peak_high_gib`. `usable_memory_gib` is what
    may be used of a device's `device_memory_gib`; `fits`: the expected peak is within it. `allocated_gib` and
    `reserved_gib` are the parts of it that PyTorch counts so: tensors, and what its allocator keeps beside them.
    `static_memory_gib` are
    weights, gradients and optimizer state, of all devices together where they share them; `available_memory_gib` is
    the memory of all devices. `sequence_length` and `image_size` are those of the longest example, `null` where the
    model has none. `changes` are first those that fit, each cheapest first. `time` is `null` where it does not follow:
    `assumptions` then say why.
    """

    static_memory_gib: float
    available_memory_gib: float
    device_memory_gib: float
    usable_memory_gib: float
    peak_low_gib: float
    peak_gib: float
    peak_high_gib: float
    allocated_gib: float
    reserved_gib: float
    fits: bool
    sequence_length: int | None
    image_size: int | None
    terms: list[MemoryTerm]
    assumptions: list[str]
    changes: list[FittingChange]
    time: RunTime | None


class ResourcesAnswer(Answer, frozen=True):
    """The run as it is set up, and what it takes of the machine."""

    summary: PlanSummary
    setup: TrainingSetup
    resources: PlanResources
