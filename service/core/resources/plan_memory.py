"""The memory of a whole plan, and what would change it."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from service.contract.resources import FittingChange, MemoryTerm, PlanResources
from service.contract.words import ComputeKind, Grade, Optimizer, Precision, Sharding, Strategy
from service.core.job.machine import Machine
from service.core.resources.device_speed import DeviceSpeed
from service.core.resources.fitting import fits
from service.core.resources.memory import FROZEN_BACKBONE, Need, usable_gib
from service.core.resources.operations import work_of
from service.core.rules.example_requests import freeze, job
from service.core.rules.rule import Finding, Topic, Trace

SHARED = {
    Sharding.REPLICATED: "Each of {} devices holds the whole model (DDP).",
    Sharding.ZERO_1: "Optimizer state is sharded over {} devices (ZeRO-1).",
    Sharding.ZERO_2: "Gradients and optimizer state are sharded over {} devices (ZeRO-2).",
    Sharding.SHARDED: "Weights, gradients and optimizer state are sharded over {} devices (FSDP, ZeRO-3).",
}
SPREAD = "The weights are spread over {} devices."


SMALLER_BATCH = "The same steps, of more passes: slower where one example leaves the device idle."
EIGHT_BITS = "No quality: its paper saw none lost in any of its tasks. It needs bitsandbytes."
TWICE_FORWARD = "The forward pass is run twice; nothing else changes."
EXCHANGED = "Devices exchange weights in each pass."
FOUR_BITS = "Little or no accuracy (QLoRA's paper lost none), and time to unpack the weights in each pass."
DEEPER = "Less of the network adapts: on data unlike the pretraining that costs accuracy. Steps are shorter."
ANOTHER_STRATEGY = "Another strategy: see its place in the ranking."
OF_ANOTHER_MODEL = len(Strategy) + 3
"""Its place among the changes, behind all strategies."""

ANOTHER_MODEL = "Another model: the first in the ranking for the task that this machine can train."


class MemoryCase(Struct, frozen=True):
    """A plan to be held in memory, as it is set up. `others`: the needs of lighter strategies, heaviest first.

    `instead`: another model with its need, where this one has no room. `per_device`: examples of a
    step that one device sees. `speed` None: nothing tells how fast it is.
    """

    machine: Machine
    strategy: Strategy
    need: Need
    others: tuple[tuple[Strategy, Need], ...]
    per_device: int
    speed: DeviceSpeed | None
    instead: tuple[str, Need] | None

    def slower(self, other: Need) -> float | None:
        """How many times as long a step takes with another need; None where that does not follow."""
        work, changed = work_of(self.need), work_of(other)
        if self.speed is None or work is None or changed is None:
            return None
        now = self.speed.seconds(work, self.need.per_device, max(1, self.per_device // self.need.per_device))
        then = self.speed.seconds(changed, other.per_device, max(1, self.per_device // other.per_device))
        return round(then / now, 2)


RESOURCES: Topic[MemoryCase, Finding[Need]] = Topic("resources")


@RESOURCES.rule(
    "peak-memory",
    "The peak of a device: 18 bytes for a parameter trained with AdamW in mixed precision, 16 in 32 bits, 2 or 4 for a "
    "frozen one, half a byte in 4 bits; what the blocks above the lowest trained one keep of each example; the scores "
    "of a vocabulary; the block at work; the driver's context and what the allocator keeps back.",
    grade=Grade.C,
    sources=("hf-memory-anatomy", "llama-factory", "counted"),
    seeds=("R-079", "R-123", "C-18"),
    fires=(
        job().decides(
            "0.166: (294912 trained x 18 + 86348544 frozen x 2) bytes / 2^30 = 0.1658 GiB; at 16 x 3.321e+08 ",
            "bytes beside it 6.427 GiB",
        ),
    ),
    silent=(freeze(depth=12),),
    dissent=(
        "Adapters save gradients and optimizer state, not activations; on convolutions they were seen to double them.",
    ),
)
def memory_of_plan(case: MemoryCase) -> Finding[Need]:
    need = case.need
    formula = f"{need.formula}; at {need.per_device} x {need.per_example:.4g} bytes beside it {need.peak_gib:.4g} GiB"
    return Finding(need, formula, (*need.rows, need.footprint.row, need.know.constants["memory-usable-share"]))


def tell_resources(case: MemoryCase, trace: Trace) -> PlanResources:
    """What the plan needs of each device, and whether that is there."""
    rule, found = RESOURCES.first(case)
    trace.decided("/resources", rule, found)
    need, size = found.value, found.value.footprint.size
    terms = need.terms
    return PlanResources(
        static_memory_gib=_told(need.gib),
        available_memory_gib=case.machine.total_gib,
        device_memory_gib=case.machine.memory_gib,
        usable_memory_gib=_told(usable_gib(case.machine, need.know)),
        peak_low_gib=_told(sum(term.low for term in terms)),
        peak_gib=_told(need.peak_gib),
        peak_high_gib=_told(sum(term.high for term in terms)),
        allocated_gib=_told(need.allocated_gib),
        reserved_gib=_told(need.reserved_gib),
        fits=fits(need, case.machine),
        sequence_length=size.tokens or None,
        image_size=size.image_px or None,
        terms=[
            MemoryTerm(term.part, _told(term.low), _told(term.expected), _told(term.high), term.formula)
            for term in terms
        ],
        assumptions=_assumptions(need),
        changes=_changes(case),
        time=None,
    )


def _told(gib: float) -> float:
    return round(gib, 3)


def _assumptions(need: Need) -> list[str]:
    """What the numbers stand for, in words."""
    rest = "in 32 bits" if need.precision is Precision.FP32 else "in mixed precision"
    size = need.footprint.size
    longest = f"{size.tokens} tokens" if size.tokens else f"{size.image_px} x {size.image_px} pixels"
    kept = (
        f"Activations were counted on the architecture at {longest}."
        if need.footprint.counted
        else f"Activations follow from the layers of the blocks, at {longest}, within a factor of "
        f"{need.footprint.spread:g}."
    )
    told = [
        f"The frozen base in 4 bits, the rest {rest}."
        if need.quantised
        else f"Weights, gradients and optimizer state {rest}.",
        kept,
        "Attention stores its scores."
        if need.footprint.eager
        else "Attention is fused, as PyTorch runs it by itself; eager, texts and images of many tokens take more.",
    ]
    if need.optimizer is Optimizer.PAGED_ADAMW_8BIT:
        told.append("The optimizer's state may leave the device for the host where there is no room: then steps wait.")
    if need.referred and need.trains:
        told.append("The loss asks a frozen copy too: the base below an adapter, else one held beside the model.")
    if need.checkpointing:
        told.append("Blocks are computed anew in the backward pass (gradient checkpointing).")
    if need.sharding in SHARED:
        idle = need.sharding is Sharding.SHARDED and not need.trains
        told.append((SPREAD if idle else SHARED[need.sharding]).format(need.devices))
    return told


def _changes(case: MemoryCase) -> list[FittingChange]:
    """What takes less than the run as it is set up: first what fits, then what costs the least quality, then time."""
    found = [
        (place, FittingChange(change, _told(need.peak_gib), fits(need, case.machine), case.slower(need), price))
        for place, change, need, price in _ways(case)
        if need.peak_gib < case.need.peak_gib or place == OF_ANOTHER_MODEL
    ]
    found.sort(key=lambda one: (not one[1].fits, one[0], one[1].time_factor or 1.0))
    return [change for _, change in found]


def _ways(case: MemoryCase) -> Iterator[tuple[int, str, Need, str]]:
    """How much quality it costs, in places of an order, the change, the need with it, and its price in words."""
    need, machine = case.need, case.machine
    if not need.trains:
        yield from _others(case)
        return
    quantised, sharding, checkpointing, per_device = need.quantised, need.sharding, need.checkpointing, need.per_device
    on_gpu = machine.kind is not ComputeKind.CPU
    if per_device > 1:
        yield 0, "one example at a time, accumulated", need.set_up(quantised, sharding, checkpointing, 1), SMALLER_BATCH
    if on_gpu and need.optimizer in (Optimizer.ADAMW, Optimizer.ADAMW_FUSED):
        yield 0, "adamw-8bit", msgspec.structs.replace(need, optimizer=Optimizer.ADAMW_8BIT), EIGHT_BITS
    if need.footprint.row.checkpoints and not checkpointing:
        yield 0, "gradient checkpointing", need.set_up(quantised, sharding, True, per_device), TWICE_FORWARD
    if need.devices > 1 and sharding is not Sharding.SHARDED:
        change = need.set_up(quantised, Sharding.SHARDED, checkpointing, per_device)
        yield 0, "sharding (FSDP, ZeRO-3)", change, EXCHANGED
    if case.strategy in FROZEN_BACKBONE and need.quantisable and not quantised:
        yield 1, "the frozen base in 4 bits", need.set_up(True, sharding, checkpointing, per_device), FOUR_BITS
    if deeper := _deeper(need):
        yield 2, "the lower half of what trains frozen", deeper, DEEPER
    yield from _others(case)


def _deeper(need: Need) -> Need | None:
    """The same run with the lower half of its trained blocks frozen too; None where fewer than two train."""
    above = need.footprint.params_from
    half = (need.first + len(above)) // 2
    if not need.opened or half >= len(above) - 1:
        return None
    return msgspec.structs.replace(need, first=half, opened=need.opened - (above[need.first] - above[half]))


def _others(case: MemoryCase) -> Iterator[tuple[int, str, Need, str]]:
    """Lighter strategies, adapters also on a base in 4 bits, and a model that has room."""
    need = case.need
    for place, (strategy, other) in enumerate(case.others, start=3):
        name, quantised = f"{strategy}", need.quantised and strategy in FROZEN_BACKBONE
        plain = other.set_up(quantised, need.sharding, need.checkpointing, need.per_device)
        yield place, name, plain, ANOTHER_STRATEGY
        if strategy is Strategy.PARAMETER_EFFICIENT and other.quantisable and not need.quantised:
            in_bits = plain.set_up(True, need.sharding, need.checkpointing, need.per_device)
            yield place, f"{name} on a base in 4 bits (QLoRA)", in_bits, f"{ANOTHER_STRATEGY} {FOUR_BITS}"
    if case.instead:
        yield OF_ANOTHER_MODEL, f"the model {case.instead[0]}", case.instead[1], ANOTHER_MODEL
