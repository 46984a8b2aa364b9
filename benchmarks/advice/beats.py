"""Our choice against every trivial policy, group by group: the mean difference, and how sure it is."""

import random
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from benchmarks.advice.groups import Cell, Group, name

DRAWS = 2000
"""Bootstrap samples."""
LEAST_UNITS = 5
"""Units without which no interval is told: fewer are drawn too much alike."""


class Duel(Struct, frozen=True):
    """What our choice loses more than one policy (below 0: less), a mean over units of the mean over their cells.

    `low` and `high`: the paired bootstrap's 95 % interval; None where there are too few units.
    """

    policy: str
    theirs: float
    ours: float
    low: float | None
    high: float | None

    @property
    def difference(self) -> float:
        """Ours less theirs, on the cells in which both were measured."""
        return self.ours - self.theirs

    @property
    def lost(self) -> bool:
        """Whether the policy is better beyond doubt."""
        return self.low is not None and self.low > 1e-9

    @property
    def won(self) -> bool:
        """Whether our choice is better beyond doubt."""
        return self.high is not None and self.high < -1e-9


class Outcome(Struct, frozen=True):
    """How a group came out: against every policy, the best of them first.

    `perfect`: the duel of the best policy with whoever had always chosen what was measured best.
    """

    group: Group
    cells: int
    units: int
    ours: float
    duels: list[Duel]
    perfect: Duel

    @property
    def best(self) -> Duel:
        """The duel with the best trivial policy."""
        return self.duels[0]

    @property
    def can_be_won(self) -> bool:
        """Whether the best trivial policy loses anything, so that something could beat it."""
        return self.best.theirs > 1e-9


def fight(group: Group, cells: Sequence[Cell]) -> Outcome:
    """The outcome of one group. Policies that no cell measured are left out."""
    units = {one.unit for one in cells}
    duels = [
        _duel(policy, both)
        for policy in map(name, group.policies)
        if (both := [one for one in cells if policy in one.policies])
    ]
    ours = _mean(_by_unit((one.unit, one.ours) for one in cells))
    duels.sort(key=lambda duel: -duel.difference)
    best = duels[0].policy
    perfect = _duel(best, [Cell(one.unit, 0.0, one.policies) for one in cells if best in one.policies])
    return Outcome(group, len(cells), len(units), ours, duels, perfect)


def _duel(policy: str, cells: Sequence[Cell]) -> Duel:
    gaps = _by_unit((one.unit, one.ours - one.policies[policy]) for one in cells)
    theirs, ours = (_mean(_by_unit((one.unit, lost(one)) for one in cells)) for lost in _losses(policy))
    if len(gaps) < LEAST_UNITS:
        return Duel(policy, theirs, ours, None, None)
    draw = random.Random(0)  # noqa: S311 -- the same interval every time
    means = sorted(_mean(draw.choices(gaps, k=len(gaps))) for _ in range(DRAWS))
    edge = DRAWS // 40
    return Duel(policy, theirs, ours, means[edge], means[-edge - 1])


def _losses(policy: str) -> tuple[Callable[[Cell], float], Callable[[Cell], float]]:
    return lambda one: one.policies[policy], lambda one: one.ours


def _by_unit(values: Iterable[tuple[str, float]]) -> list[float]:
    """The mean of each unit."""
    found: dict[str, list[float]] = {}
    for unit, value in values:
        found.setdefault(unit, []).append(value)
    return list(map(_mean, found.values()))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
