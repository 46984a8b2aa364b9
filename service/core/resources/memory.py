"""Memory for weights, gradients and optimizer state. Activations are not estimated: they depend on batch and input."""

import msgspec
from msgspec import Struct

from service.contract.words import ComputeKind, Optimizer, Precision, Strategy
from service.core.job.machine import Machine
from service.knowledge.index import Knowledge
from service.knowledge.rows import ConstantRow

GIB = 2**30


FROZEN_BACKBONE = (Strategy.ZERO_SHOT, Strategy.FEATURE_EXTRACTION, Strategy.PARAMETER_EFFICIENT)
"""Strategies that leave every pretrained weight of the backbone as it is."""


class Need(Struct, frozen=True):
    """Static memory of one way to use a model of `params` pretrained parameters and a new head of `head` more.

    `open_share` counts under partial tuning: the share of the parameters that trains. `trained`: how many parameters
    train, where a plan has counted them. `quantised`: what is frozen is held in 4 bits.
    """

    know: Knowledge
    params: int
    strategy: Strategy
    optimizer: Optimizer
    open_share: float
    head: int = 0
    precision: Precision = Precision.BF16_MIXED
    trained: int | None = None
    quantised: bool = False

    @property
    def gib(self) -> float:
        """Weights, gradients and optimizer state in GiB."""
        per_trained, per_frozen = self.rows
        return (self.trained_params * per_trained.value + self.frozen_params * per_frozen.value) / GIB

    @property
    def trained_params(self) -> float:
        """Parameters that have gradients and optimizer state, those of an adapter included."""
        if self.trained is not None:
            return self.trained
        match self.strategy:
            case Strategy.FULL | Strategy.FROM_SCRATCH:
                return self.params + self.head
            case Strategy.PARTIAL:
                return self.params * self.open_share + self.head
            case Strategy.PARAMETER_EFFICIENT:
                return self.params * self.know.number("adapter-share") + self.head
            case Strategy.FEATURE_EXTRACTION:
                return self.head
            case _:
                return 0.0

    @property
    def frozen_params(self) -> float:
        """Parameters that are held without gradients: under an adapter, the whole base."""
        if self.strategy is Strategy.PARAMETER_EFFICIENT:
            return self.params
        return max(0.0, self.params + self.head - self.trained_params)

    @property
    def rows(self) -> tuple[ConstantRow, ConstantRow]:
        """Bytes for a trained parameter and for a frozen one."""
        return _bytes_per_parameter(self.know, self.optimizer, self.precision, self.quantised)

    @property
    def formula(self) -> str:
        """How `gib` comes about."""
        per_trained, per_frozen = self.rows
        trained, frozen = round(self.trained_params), round(self.frozen_params)
        return (
            f"({trained} trained x {per_trained.value:g} + {frozen} frozen x {per_frozen.value:g}) bytes / 2^30 = "
            f"{self.gib:.4g} GiB"
        )


def usable_gib(machine: Machine, know: Knowledge) -> float:
    """What static memory may take of all devices: the rest is kept for buffers and activations."""
    return machine.total_gib * know.number("memory-usable-share")


def need_on(
    machine: Machine,
    know: Knowledge,
    params: int,
    strategy: Strategy,
    optimizer: Optimizer,
    open_share: float,
    *,
    head: int = 0,
    precision: Precision = Precision.BF16_MIXED,
) -> Need:
    """The need on this machine; see `fitted`."""
    return fitted(Need(know, params, strategy, optimizer, open_share, head, precision), machine)


def fitted(need: Need, machine: Machine) -> Need:
    """The need on this machine: as it is where that fits, else with a 4-bit base where the base stays untouched.

    Quantised bases need a GPU.
    """
    may_shrink = need.strategy in FROZEN_BACKBONE and machine.kind is not ComputeKind.CPU
    if not may_shrink or need.gib <= usable_gib(machine, need.know):
        return need
    return msgspec.structs.replace(need, quantised=True)


def largest_open_share(
    know: Knowledge, params: int, head: int, optimizer: Optimizer, precision: Precision, gib: float
) -> float:
    """The largest share of the parameters (0 to 1) that may train within the memory beside a new head."""
    per_trained, per_frozen = _bytes_per_parameter(know, optimizer, precision, quantised=False)
    left = gib * GIB - head * per_trained.value
    share = (left / max(1, params) - per_frozen.value) / (per_trained.value - per_frozen.value)
    return min(1.0, max(0.0, share))


def _bytes_per_parameter(
    know: Knowledge, optimizer: Optimizer, precision: Precision, quantised: bool
) -> tuple[ConstantRow, ConstantRow]:
    width = "-fp32" if precision is Precision.FP32 else ""
    frozen = "bytes-per-quantised-parameter" if quantised else f"bytes-per-frozen-parameter{width}"
    return know.constants[f"bytes-per-trained-parameter-{optimizer}{width}"], know.constants[frozen]
