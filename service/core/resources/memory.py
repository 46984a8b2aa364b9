"""What a run needs of the memory of one device, term by term."""

from functools import cached_property
from itertools import pairwise

import msgspec
from msgspec import Struct

from service.contract.words import ComputeKind, MemoryPart, Optimizer, Precision, Sharding, Strategy
from service.core.job.machine import Machine
from service.core.resources.footprint import Footprint
from service.knowledge.index import Knowledge
from service.knowledge.rows import ConstantRow

GIB = 2**30

FROZEN_BACKBONE = (Strategy.ZERO_SHOT, Strategy.FEATURE_EXTRACTION, Strategy.PARAMETER_EFFICIENT)
"""Strategies that leave every pretrained weight of the backbone as it is."""


STATE_AS = {Optimizer.ADAMW_FUSED: Optimizer.ADAMW, Optimizer.PAGED_ADAMW_8BIT: Optimizer.ADAMW_8BIT}
"""The optimizer whose state is as large."""

WHOLE = {Sharding.SHARDED: 0, Sharding.ZERO_2: 1, Sharding.ZERO_1: 2}
"""How many of weights, gradients and optimizer state each device holds whole; all three where nothing is shared."""


class Term(Struct, frozen=True):
    """One part of the memory of one device in GiB, and how it comes about."""

    part: MemoryPart
    low: float
    expected: float
    high: float
    formula: str


class Wished(Struct, frozen=True):
    """How the caller wants the run set up; None: as memory decides."""

    checkpointing: bool | None = None
    sharding: Sharding | None = None


class Trained(Struct, frozen=True):
    """Bytes on one device of the weight, the gradient and the optimizer state of a parameter that trains."""

    weight: float
    gradient: float
    state: float

    @property
    def whole(self) -> float:
        """All three."""
        return self.weight + self.gradient + self.state


class Need(Struct, frozen=True, dict=True):
    """The memory that a run takes, as it is set up.

    `held` are the pretrained parameters, `opened` those of them that train; `head` and `adapter` are new and train.
    `first` is the lowest block that a gradient reaches; the number of blocks where none does. `blocks_in_bits`: of
    the frozen parameters those that can be held in 4 bits: of linear layers, in transformers whose tokens all
    attend to each other. `beyond_bits` stand beside them in the same blocks, and cannot. `per_device` examples are
    seen at a time, 1 where nothing trains. `new_head`: there is one, though nobody may know its size, and `head` be 0.
    `referred`: the loss asks a frozen copy of the model too, which is the base below an adapter, and else held beside.
    """

    know: Knowledge
    footprint: Footprint
    kind: ComputeKind
    optimizer: Optimizer
    precision: Precision
    held: int
    opened: int
    head: int
    adapter: int
    first: int
    blocks_in_bits: int
    trains: bool
    beyond_bits: int
    per_device: int = 1
    devices: int = 1
    sharding: Sharding = Sharding.NONE
    checkpointing: bool = False
    quantised: bool = False
    new_head: bool = False
    referred: bool = False
    wished: Wished = Wished()

    def set_up(self, quantised: bool, sharding: Sharding, checkpointing: bool, per_device: int = 1) -> "Need":
        """The same run, set up otherwise."""
        return msgspec.structs.replace(
            self, quantised=quantised, sharding=sharding, checkpointing=checkpointing, per_device=per_device
        )

    @cached_property
    def rows(self) -> tuple[ConstantRow, ConstantRow]:
        """Bytes for a trained parameter and for a frozen one."""
        width = "-fp32" if self.precision is Precision.FP32 else ""
        constants, state = self.know.constants, STATE_AS.get(self.optimizer, self.optimizer)
        return constants[f"bytes-per-trained-parameter-{state}{width}"], constants[f"bytes-per-frozen-parameter{width}"]

    @property
    def shards(self) -> tuple[int, int, int]:
        """Over how many devices weights, gradients and optimizer state are spread."""
        whole, over = WHOLE.get(self.sharding, 3), self.devices
        return (1 if whole > 0 else over, 1 if whole > 1 else over, 1 if whole > 2 else over)

    @cached_property
    def of_trained(self) -> Trained:
        """What a parameter that trains takes of one device.

        In mixed precision a weight is held in 16 and in 32 bits; ZeRO shares the latter with the optimizer's state.
        """
        weight, gradient = (4.0, 4.0) if self.precision is Precision.FP32 else (6.0, 4.0)
        if self.precision is not Precision.FP32 and self.sharding in (Sharding.ZERO_1, Sharding.ZERO_2):
            weight = 2.0
        state = self.rows[0].value - weight - gradient
        weights, gradients, states = self.shards
        return Trained(weight / weights, gradient / gradients, state / states)

    @property
    def trained(self) -> int:
        """How many parameters train."""
        return self.opened + self.head + self.adapter

    @cached_property
    def frozen(self) -> tuple[int, int]:
        """How many parameters are frozen, in the precision of the run and in 4 bits."""
        frozen = self.held - self.opened
        in_bits = min(frozen, self.blocks_in_bits) if self.quantised else 0
        beside = self.held if self.referred and self.trains and not self.adapter else 0
        return frozen - in_bits + beside, in_bits

    @property
    def quantisable(self) -> bool:
        """Whether any of it can be held in 4 bits, which needs a GPU."""
        return self.blocks_in_bits > 0 and self.kind is not ComputeKind.CPU

    @property
    def share_in_bits(self) -> float:
        """Of the frozen blocks what is held in 4 bits."""
        return self.blocks_in_bits / (self.blocks_in_bits + self.beyond_bits) if self.quantised else 0.0

    @cached_property
    def frozen_bytes(self) -> float:
        """What the frozen parameters take of all devices together where they are shared."""
        (plain, in_bits), bits = self.frozen, self.know.number("bytes-per-quantised-parameter")
        return plain * self.rows[1].value + in_bits * bits

    @cached_property
    def gib(self) -> float:
        """Weights, gradients and optimizer state of all devices together where they are shared, in GiB."""
        return (self.trained * self.rows[0].value + self.frozen_bytes) / GIB

    @cached_property
    def held_bytes(self) -> float:
        """Weights, gradients and optimizer state on one device."""
        return self.trained * self.of_trained.whole + self.frozen_bytes / self.shards[0]

    @cached_property
    def gathered(self) -> float:
        """Bytes of the two blocks that a device has whole at a time, where weights are shared: this one and the next.

        They are gathered as they are held.
        """
        if self.shards[0] == 1:
            return 0.0
        largest = max(here - above for here, above in pairwise(self.footprint.params_from))
        plain, bits = self.rows[1].value, self.know.number("bytes-per-quantised-parameter")
        return 2 * largest * (plain + (bits - plain) * self.share_in_bits)

    @cached_property
    def kept(self) -> float:
        """Bytes kept of one example for the backward pass."""
        if not self.trains:
            return 0.0
        adapted = self.adapter > 0 and not self.opened
        heads = self.head or self.new_head or not self.first or self.opened > self.footprint.params_from[self.first]
        read = self.footprint.above if heads else 0.0
        return read + self.footprint.kept(self.first, adapted=adapted, checkpointing=self.checkpointing)

    @cached_property
    def per_example(self) -> float:
        """Bytes that one more example in a device's batch takes, overhead included."""
        return (self.kept + self._logits + self._working) * (1 + self.know.number("allocator-share"))

    @cached_property
    def standing(self) -> float:
        """Bytes that are taken whatever the batch."""
        static = (self.held_bytes + self.gathered) * (1 + self.know.number("allocator-share-static"))
        return static + self._context * GIB

    @property
    def peak_gib(self) -> float:
        """The expected peak of one device, as its driver shows it."""
        return (self.standing + self.per_device * self.per_example) / GIB

    @property
    def allocated_gib(self) -> float:
        """The expected peak of what tensors take, as PyTorch counts what is allocated."""
        grown = self.per_device * (self.kept + self._logits + self._working)
        return (self.held_bytes + self.gathered + grown) / GIB

    @property
    def reserved_gib(self) -> float:
        """The same with what the allocator keeps back: all but the context of the driver."""
        return self.peak_gib - self._context

    @property
    def formula(self) -> str:
        """How `gib` comes about."""
        trained, frozen = self.rows
        plain, in_bits = self.frozen
        parts = [f"{self.trained} trained x {trained.value:g}", f"{plain} frozen x {frozen.value:g}"]
        if in_bits:
            parts.append(f"{in_bits} in 4 bits x {self.know.number('bytes-per-quantised-parameter'):g}")
        return f"({' + '.join(parts)}) bytes / 2^30 = {self.gib:.4g} GiB"

    @property
    def terms(self) -> list[Term]:
        """Every part, the largest uncertainty in the activations."""
        one, number, (plain, in_bits) = self.of_trained, self.know.number, self.frozen
        kept, logits, working = (self.per_device * part for part in (self.kept, self._logits, self._working))
        overhead = (
            (kept + logits + working) * number("allocator-share")
            + (self.held_bytes + self.gathered) * number("allocator-share-static")
            + self._context * GIB
        )
        how = "kept of each block, with those between computed anew" if self.checkpointing else "kept of each block"
        examples = f"{self.per_device} examples"
        bits, over = number("bytes-per-quantised-parameter"), _over(self.shards[0])
        whole = f" + {self.gathered:.4g} bytes of gathered weights" if self.gathered else ""
        return [
            _exact(
                MemoryPart.WEIGHTS,
                self.opened * one.weight + self.frozen_bytes / self.shards[0],
                f"{self.opened} trained x {one.weight:.4g}, {plain} frozen x {self.rows[1].value:g}{over}, "
                f"{in_bits} in 4 bits x {bits:g}{over} bytes",
            ),
            _exact(MemoryPart.GRADIENTS, self.opened * one.gradient, f"{self.opened} x {one.gradient:.4g} bytes"),
            self._state(self.opened * one.state, f"{self.opened} x {one.state:.4g} bytes"),
            _exact(MemoryPart.ADAPTERS, self.adapter * one.whole, f"{self.adapter} x {one.whole:.4g} bytes"),
            _exact(MemoryPart.HEAD, self.head * one.whole, f"{self.head} x {one.whole:.4g} bytes"),
            _between(MemoryPart.ACTIVATIONS, kept, self.footprint.spread, f"{examples} x {self.kept:.4g} bytes {how}"),
            _between(MemoryPart.LOGITS, logits, 1.3, f"{examples} x {self._logits:.4g} bytes of scores"),
            _between(
                MemoryPart.BUFFERS,
                working + self.gathered,
                2.0,
                f"{examples} x {self._working:.4g} bytes of the block at work{whole}",
            ),
            _between(
                MemoryPart.OVERHEAD, overhead, 1.5, "context of the driver, kernels, and what the allocator keeps"
            ),
        ]

    def _state(self, size: float, formula: str) -> Term:
        """The optimizer's state; in pages it leaves the device where there is no room."""
        paged = self.optimizer is Optimizer.PAGED_ADAMW_8BIT
        return Term(MemoryPart.OPTIMIZER, 0.0 if paged else size / GIB, size / GIB, size / GIB, formula)

    @property
    def _logits(self) -> float:
        return self.footprint.logits if self.trains else 0.0

    @cached_property
    def _working(self) -> float:
        """Bytes of one example in the block at work: gradients of what it keeps, or, without gradients, its outputs."""
        share = self.know.number(
            "working-share"
            if self.trains and self.first < len(self.footprint.stored_from) - 1
            else "working-share-forward"
        )
        return share * self.footprint.largest_from[0]

    @property
    def _context(self) -> float:
        return self.know.number("context-cpu" if self.kind is ComputeKind.CPU else "context-gpu")


def _over(devices: int) -> str:
    return f" / {devices} devices" if devices > 1 else ""


def _exact(part: MemoryPart, size: float, formula: str) -> Term:
    return Term(part, size / GIB, size / GIB, size / GIB, formula)


def _between(part: MemoryPart, size: float, spread: float, formula: str) -> Term:
    return Term(part, size / spread / GIB, size / GIB, size * spread / GIB, formula)


def usable_gib(machine: Machine, know: Knowledge) -> float:
    """What a run may take of one device: the rest is what the driver keeps back and what nobody can foresee."""
    return machine.memory_gib * know.number("memory-usable-share")
