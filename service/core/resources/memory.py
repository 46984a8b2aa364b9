"""What a run needs of the memory of one device, term by term."""

from functools import cached_property

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


class Term(Struct, frozen=True):
    """One part of the memory of one device in GiB, and how it comes about."""

    part: MemoryPart
    low: float
    expected: float
    high: float
    formula: str


class Need(Struct, frozen=True, dict=True):
    """The memory that a run takes, as it is set up.

    `held` are the pretrained parameters, `opened` those of them that train; `head` and `adapter` are new and train.
    `first` is the lowest block that a gradient reaches; the number of blocks where none does. `blocks_in_bits`: of
    the frozen parameters those that may be held in 4 bits: the layers, not the vocabulary. `per_device` examples are
    seen at a time, 1 where nothing trains.
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
    per_device: int = 1
    devices: int = 1
    sharding: Sharding = Sharding.NONE
    checkpointing: bool = False
    quantised: bool = False

    def set_up(self, quantised: bool, sharding: Sharding, checkpointing: bool, per_device: int = 1) -> "Need":
        """The same run, set up otherwise."""
        return msgspec.structs.replace(
            self, quantised=quantised, sharding=sharding, checkpointing=checkpointing, per_device=per_device
        )

    @cached_property
    def gib(self) -> float:
        """Weights, gradients and optimizer state of all devices together where they are shared, in GiB."""
        trained, frozen = self.rows
        held = self.held - self.opened
        in_bits = min(held, self.blocks_in_bits) if self.quantised else 0
        bits = self.know.number("bytes-per-quantised-parameter")
        trains = self.opened + self.head + self.adapter
        return (trains * trained.value + (held - in_bits) * frozen.value + in_bits * bits) / GIB

    @cached_property
    def rows(self) -> tuple[ConstantRow, ConstantRow]:
        """Bytes for a trained parameter and for a frozen one."""
        width = "-fp32" if self.precision is Precision.FP32 else ""
        constants = self.know.constants
        return constants[f"bytes-per-trained-parameter-{self.optimizer}{width}"], constants[
            f"bytes-per-frozen-parameter{width}"
        ]

    @property
    def shards(self) -> int:
        """Over how many devices weights, gradients and optimizer state are spread."""
        return self.devices if self.sharding is Sharding.SHARDED else 1

    @cached_property
    def kept(self) -> float:
        """Bytes kept of one example for the backward pass."""
        if not self.trains:
            return 0.0
        adapted = self.adapter > 0 and not self.opened
        read = self.footprint.above if self.head or not self.first else 0.0
        return read + self.footprint.kept(self.first, adapted=adapted, checkpointing=self.checkpointing)

    @cached_property
    def per_example(self) -> float:
        """Bytes that one more example in a device's batch takes, overhead included."""
        logits = self.footprint.logits if self.trains else 0.0
        return (self.kept + logits + self._working) * (1 + self.know.number("allocator-share"))

    @cached_property
    def standing(self) -> float:
        """Bytes that are taken whatever the batch."""
        return self.gib * GIB / self.shards * (1 + self.know.number("allocator-share-static")) + self._context * GIB

    @property
    def peak_gib(self) -> float:
        """The expected peak of one device, as its driver shows it."""
        return (self.standing + self.per_device * self.per_example) / GIB

    @property
    def allocated_gib(self) -> float:
        """The expected peak of what tensors take, as PyTorch counts what is allocated."""
        logits = self.footprint.logits if self.trains else 0.0
        return self.gib / self.shards + self.per_device * (self.kept + logits + self._working) / GIB

    @property
    def reserved_gib(self) -> float:
        """The same with what the allocator keeps back: all but the context of the driver."""
        return self.peak_gib - self._context

    @property
    def formula(self) -> str:
        """How `gib` comes about."""
        trained, frozen = self.rows
        held = self.held - self.opened
        in_bits = min(held, self.blocks_in_bits) if self.quantised else 0
        parts = [f"{self.opened + self.head + self.adapter} trained x {trained.value:g}"]
        parts.append(f"{held - in_bits} frozen x {frozen.value:g}")
        if in_bits:
            parts.append(f"{in_bits} in 4 bits x {self.know.number('bytes-per-quantised-parameter'):g}")
        return f"({' + '.join(parts)}) bytes / 2^30 = {self.gib:.4g} GiB"

    @property
    def terms(self) -> list[Term]:
        """Every part, the largest uncertainty in the activations."""
        trained, frozen = self.rows
        wide = self.precision is Precision.FP32
        weight, gradient = (4, 4) if wide else (6, 4)
        state = trained.value - weight - gradient
        held = self.held - self.opened
        in_bits = min(held, self.blocks_in_bits) if self.quantised else 0
        bits = self.know.number("bytes-per-quantised-parameter")
        weights = self.opened * weight + (held - in_bits) * frozen.value + in_bits * bits
        over = f" / {self.shards} devices" if self.shards > 1 else ""
        spread, footprint = self.footprint.spread, self.footprint
        kept = self.per_device * self.kept
        logits = self.per_device * footprint.logits if self.trains else 0.0
        working = self.per_device * self._working
        overhead = (
            (kept + logits + working) * self.know.number("allocator-share")
            + self.gib * GIB / self.shards * self.know.number("allocator-share-static")
            + self._context * GIB
        )
        how = "kept of each block, with those between computed anew" if self.checkpointing else "kept of each block"
        examples = f"{self.per_device} examples"
        return [
            self._exact(
                MemoryPart.WEIGHTS,
                weights,
                f"{self.opened} trained x {weight}, {held - in_bits} frozen x "
                f"{frozen.value:g}, {in_bits} in 4 bits x {bits:g} bytes{over}",
            ),
            self._exact(MemoryPart.GRADIENTS, self.opened * gradient, f"{self.opened} x {gradient} bytes{over}"),
            self._exact(MemoryPart.OPTIMIZER, self.opened * state, f"{self.opened} x {state:g} bytes{over}"),
            self._exact(
                MemoryPart.ADAPTERS, self.adapter * trained.value, f"{self.adapter} x {trained.value:g} bytes{over}"
            ),
            self._exact(MemoryPart.HEAD, self.head * trained.value, f"{self.head} x {trained.value:g} bytes{over}"),
            _between(MemoryPart.ACTIVATIONS, kept, spread, f"{examples} x {self.kept:.4g} bytes {how}"),
            _between(MemoryPart.LOGITS, logits, 1.3, f"{examples} x {footprint.logits:.4g} bytes of scores"),
            _between(MemoryPart.BUFFERS, working, 2.0, f"{examples} x {self._working:.4g} bytes of the block at work"),
            _between(
                MemoryPart.OVERHEAD, overhead, 1.5, "context of the driver, kernels, and what the allocator keeps"
            ),
        ]

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

    def _overhead(self, size: float, formula: str) -> Term:
        """What the context takes is known within a gibibyte; half of what the allocator keeps is a guess."""
        number, context = self.know.number, self._context
        low, high = (
            (context, context)
            if self.kind is ComputeKind.CPU
            else (number("context-gpu-low"), number("context-gpu-high"))
        )
        kept = size / GIB - context
        return Term(MemoryPart.OVERHEAD, low + kept / 2, size / GIB, high + kept * 2, formula)

    def _exact(self, part: MemoryPart, size: float, formula: str) -> Term:
        gib = size / self.shards / GIB
        return Term(part, gib, gib, gib, formula)


def _between(part: MemoryPart, size: float, spread: float, formula: str) -> Term:
    return Term(part, size / spread / GIB, size / GIB, size * spread / GIB, formula)


def usable_gib(machine: Machine, know: Knowledge) -> float:
    """What a run may take of one device: the rest is what the driver keeps back and what nobody can foresee."""
    return machine.memory_gib * know.number("memory-usable-share")
