"""Memory for weights, gradients and optimizer state. Activations are not estimated: they depend on batch and input."""

from msgspec import Struct

from service.contract.words import Optimizer, Strategy
from service.knowledge.index import Knowledge
from service.knowledge.model import ConstantRow, ModelRow

GIB = 2**30


class Need(Struct, frozen=True):
    """Static memory of one way to train one model. `open_share` counts under partial tuning: the share that trains."""

    know: Knowledge
    model: ModelRow
    strategy: Strategy
    optimizer: Optimizer
    open_share: float

    @property
    def gib(self) -> float:
        """Weights, gradients and optimizer state in GiB."""
        trained = self.trained_share
        per_trained, per_frozen = self.rows
        return self.model.params * (trained * per_trained.value + self.frozen_share * per_frozen.value) / GIB

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
        """Bytes for a trained parameter and for a frozen one: two, or half a one in a quantised base."""
        frozen = "quantised" if self.strategy is Strategy.PARAMETER_EFFICIENT else "frozen"
        constants = self.know.constants
        return constants[f"bytes-per-trained-parameter-{self.optimizer}"], constants[f"bytes-per-{frozen}-parameter"]

    @property
    def formula(self) -> str:
        """How `gib` comes about."""
        per_trained, per_frozen = self.rows
        return (
            f"{self.model.params} x ({self.trained_share:.3g} x {per_trained.value:g} + "
            f"{self.frozen_share:.3g} x {per_frozen.value:g}) bytes / 2^30 = {self.gib:.4g} GiB"
        )
