"""A schedule in the words of each trainer: pure functions of the curve and its groups; no trainer is imported.

Export.exact means: the trainer, run with these arguments, gives every group factor(step) x peak rate at every step
used, within 1e-9 where it computes in double precision and 1e-6 of the peak in single precision.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from service.contract.schedule import Curve, Export, RateGroup
from service.contract.words import Dialect, Optimizer
from service.dialects.schedules import keras, optax, pytorch, timm, transformers
from service.dialects.schedules.wording import optimizer_losses

Exporter = Callable[[Curve, list[RateGroup], Optimizer], Export]

EXPORTERS: Mapping[Dialect, Exporter] = MappingProxyType(
    {
        Dialect.PYTORCH: pytorch.export,
        Dialect.TRANSFORMERS: transformers.export,
        Dialect.TIMM: timm.export,
        Dialect.KERAS: keras.export,
        Dialect.OPTAX: optax.export,
    }
)


def export(dialect: Dialect, curve: Curve, groups: list[RateGroup], optimizer: Optimizer) -> Export:
    """The schedule as that trainer takes it. Raises ValueError where no group is trained."""
    exported = EXPORTERS[dialect](curve, groups, optimizer)
    losses = [*exported.losses, *optimizer_losses(optimizer, groups)]
    return msgspec.structs.replace(exported, losses=losses)
