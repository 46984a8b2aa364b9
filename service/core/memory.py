"""Memory for weights, gradients and optimizer state. Activations are not estimated: they depend on batch and input."""

from msgspec import Struct

from service.contract.words import Optimizer, Strategy
from service.knowledge.index import Knowledge
from service.knowledge.model import ConstantRow, ModelRow

GIB = 2**30


class Need(Struct, frozen=True):
    """Static memory in GiB, how it was computed, and the rows behind it."""

    gib: float
    formula: str
    rows: tuple[ConstantRow, ...]


def static_memory(
    know: Knowledge, model: ModelRow, strategy: Strategy, optimizer: Optimizer, open_share: float
) -> Need:
    """Static memory of training `model`, with `open_share` (0 to 1) of its parameters trainable under partial tuning.

    Trainable parameters take mixed-precision weights, gradients and optimizer state; frozen ones take two bytes, or
    half a byte in a parameter-efficient run on a quantised base.
    """
    per_trained = know.constants[f"bytes-per-trained-parameter-{optimizer}"]
    per_frozen = know.constants[
        "bytes-per-quantised-parameter" if strategy is Strategy.PARAMETER_EFFICIENT else "bytes-per-frozen-parameter"
    ]
    trained_share = {
        Strategy.FULL: 1.0,
        Strategy.FROM_SCRATCH: 1.0,
        Strategy.PARTIAL: open_share,
        Strategy.PARAMETER_EFFICIENT: know.number("adapter-share"),
    }.get(strategy, 0.0)
    frozen_share = 1.0 if strategy is Strategy.PARAMETER_EFFICIENT else 1.0 - trained_share
    total = model.params * (trained_share * per_trained.value + frozen_share * per_frozen.value)
    formula = (
        f"{model.params} x ({trained_share:.3g} x {per_trained.value:g} + {frozen_share:.3g} x {per_frozen.value:g}) "
        f"bytes / 2^30"
    )
    return Need(total / GIB, formula, (per_trained, per_frozen))
