"""Memory for weights, gradients and optimizer state. Activations are not estimated: they depend on batch and input."""

from msgspec import Struct

from service.contract.words import ComputeKind, Optimizer, Strategy
from service.core.job.machine import Machine
from service.knowledge.index import Knowledge
from service.knowledge.rows import ConstantRow

GIB = 2**30


FROZEN_BACKBONE = (Strategy.ZERO_SHOT, Strategy.FEATURE_EXTRACTION, Strategy.PARAMETER_EFFICIENT)
"""Strategies that leave every pretrained weight of the backbone as it is."""


class Need(Struct, frozen=True):
    """Static memory of one way to use a model of `params` parameters.

    `open_share` counts under partial tuning: the share of the parameters that trains. `quantised`: what is frozen is
    held in 4 bits instead of 16.
    """

    know: Knowledge
    params: int
    strategy: Strategy
    optimizer: Optimizer
    open_share: float
    quantised: bool = False

    @property
    def gib(self) -> float:
        """Weights, gradients and optimizer state in GiB."""
        trained = self.trained_share
        per_trained, per_frozen = self.rows
        return self.params * (trained * per_trained.value + self.frozen_share * per_frozen.value) / GIB

    @property
    def trained_share(self) -> float:
        """Share of the parameters that have gradients and optimizer state."""
        match self.strategy:
            case Strategy.FULL | Strategy.FROM_SCRATCH:
                return 1.0
            case Strategy.PARTIAL:
                return self.open_share
            case Strategy.PARAMETER_EFFICIENT:
                return self.know.number("adapter-share")
            case _:
                return 0.0

    @property
    def frozen_share(self) -> float:
        """Share of the parameters that are held without gradients: under an adapter, all of them."""
        return 1.0 if self.strategy is Strategy.PARAMETER_EFFICIENT else 1.0 - self.trained_share

    @property
    def rows(self) -> tuple[ConstantRow, ConstantRow]:
        """Bytes for a trained parameter and for a frozen one."""
        return _bytes_per_parameter(self.know, self.optimizer, self.quantised)

    @property
    def formula(self) -> str:
        """How `gib` comes about."""
        per_trained, per_frozen = self.rows
        return (
            f"{self.params} x ({self.trained_share:.3g} x {per_trained.value:g} + "
            f"{self.frozen_share:.3g} x {per_frozen.value:g}) bytes / 2^30 = {self.gib:.4g} GiB"
        )


def need_on(
    machine: Machine, know: Knowledge, params: int, strategy: Strategy, optimizer: Optimizer, open_share: float
) -> Need:
    """The need on this machine: in 16 bits where that fits, else with a 4-bit base where the base stays untouched.

    Quantised bases need a GPU.
    """
    need = Need(know, params, strategy, optimizer, open_share)
    if need.gib <= machine.total_gib or strategy not in FROZEN_BACKBONE or machine.kind is ComputeKind.CPU:
        return need
    return Need(know, params, strategy, optimizer, open_share, quantised=True)


def largest_open_share(know: Knowledge, params: int, optimizer: Optimizer, total_gib: float) -> float:
    """The largest share of the parameters (0 to 1) that may train within the memory, the rest being frozen."""
    per_trained, per_frozen = _bytes_per_parameter(know, optimizer, quantised=False)
    share = (total_gib * GIB / max(1, params) - per_frozen.value) / (per_trained.value - per_frozen.value)
    return min(1.0, max(0.0, share))


def _bytes_per_parameter(know: Knowledge, optimizer: Optimizer, quantised: bool) -> tuple[ConstantRow, ConstantRow]:
    frozen = know.constants["bytes-per-quantised-parameter" if quantised else "bytes-per-frozen-parameter"]
    return know.constants[f"bytes-per-trained-parameter-{optimizer}"], frozen
