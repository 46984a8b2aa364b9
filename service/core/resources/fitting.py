"""The setup that fits a machine with the fewest changes."""

from collections.abc import Iterator
from itertools import product

from service.contract.words import Sharding, Strategy
from service.core.job.machine import Machine
from service.core.resources.memory import FROZEN_BACKBONE, GIB, Need, usable_gib


def fits(need: Need, machine: Machine) -> bool:
    """Whether the whole peak is within what may be used of each device."""
    return need.peak_gib <= usable_gib(machine, need.know)


def fitted(need: Need, machine: Machine, strategy: Strategy, share: int, fixed: bool) -> Need | None:
    """The first setup that fits, with as many of a device's `share` of a batch at a time as go; None where none does.

    `fixed`: the caller has said how many examples a device sees at a time.
    """
    room = usable_gib(machine, need.know) * GIB
    for setup in setups(need, strategy):
        most = int((room - setup.standing) // setup.per_example) if setup.per_example else share
        if most >= (share if fixed else 1) and setup.standing <= room:
            return setup.set_up(setup.quantised, setup.sharding, setup.checkpointing, _divisor(share, most))
    return None


def setups(need: Need, strategy: Strategy) -> Iterator[Need]:
    """Every way to set the run up, with the change that costs least first.

    4 bits come last: they cost accuracy and need a GPU; computing anew costs a third of the time, sharding traffic.
    """
    untouched = strategy in FROZEN_BACKBONE and need.quantisable
    for quantised, sharding, checkpointing in product((False, True)[: 1 + untouched], _shardings(need), _anew(need)):
        yield need.set_up(quantised, sharding, checkpointing)


def _shardings(need: Need) -> tuple[Sharding, ...]:
    """The ways for devices to share: the given one, where there are several."""
    if need.devices == 1:
        return (Sharding.NONE,)
    return (need.wished.sharding,) if need.wished.sharding else (Sharding.REPLICATED, Sharding.SHARDED)


def _anew(need: Need) -> tuple[bool, ...]:
    """Whether blocks may be computed anew: as given, else where the family's can and a gradient passes any."""
    if need.trains and need.wished.checkpointing is not None:
        return (need.wished.checkpointing,)
    passes = need.trains and need.first < len(need.footprint.stored_from) - 1
    return (False, True) if passes and need.footprint.row.checkpoints else (False,)


def divisors(share: int) -> list[int]:
    """Every number that divides it, the largest first."""
    small = [n for n in range(1, int(share**0.5) + 1) if share % n == 0]
    return sorted({*small, *(share // n for n in small)}, reverse=True)


def _divisor(share: int, most: int) -> int:
    """The largest number up to `most` that divides the share."""
    return share if most >= share else next(n for n in divisors(share) if n <= most)
