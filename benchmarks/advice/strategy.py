"""Strategy: points lost by the engine's choice against the best that a study measured."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from benchmarks.advice.settings import cell, place_strategies
from benchmarks.advice.tables import StrategyCell
from service.contract.words import Method, Policy
from service.knowledge.index import Knowledge

COLUMN: dict[Method, tuple[str, ...]] = {
    Method.LINEAR_PROBE: ("probe",),
    Method.FULL: ("full",),
    Method.PARTIAL: ("full",),
    Method.PROBE_THEN_FINE_TUNE: ("probe_then_full", "full"),
    Method.ADAPTERS: ("adapters",),
}
"""Where a method's score stands. Training a part counts as tuning: no study here measured it."""

Choice = Callable[[StrategyCell], str]


class Loss(Struct, frozen=True):
    """How a way to choose fares on some cells. `right`: cells in which nothing measured was better."""

    cells: int
    right: int
    points: float


def engine(know: Knowledge, policy: Policy = Policy.EVIDENCE) -> Choice:
    """The first of the engine's strategies that the study measured. Nothing of the cell's own score is known to it."""

    def choose(one: StrategyCell) -> str:
        for method in place_strategies(_setting(know, one), policy).methods:
            for column in COLUMN.get(method, ()):
                if getattr(one, column) is not None:
                    return column
        return "full"

    return choose


def always(column: str) -> Choice:
    """The same way everywhere."""
    return lambda _: column


def judge(cells: Iterable[StrategyCell], choose: Choice) -> Loss:
    """How many cells were chosen right, and the mean number of points lost."""
    lost = [lost_points(one, choose(one)) for one in cells]
    return Loss(len(lost), sum(points == 0 for points in lost), sum(lost) / len(lost))


def ceiling(cells: Sequence[StrategyCell]) -> Choice:
    """For each model the best number of examples below which to probe, chosen with every score in view."""
    edges = [0, *(one.examples + 1 for one in cells)]
    best: dict[str, int] = {}
    for model in {one.model for one in cells}:
        mine = [one for one in cells if one.model == model]
        lost = {
            edge: sum(lost_points(one, "probe" if one.examples < edge else "full") for one in mine) for edge in edges
        }
        best[model] = min(lost, key=lambda edge: (lost[edge], edge))
    return lambda one: "probe" if one.examples < best[one.model] else "full"


def lost_points(one: StrategyCell, column: str) -> float:
    """The points between the best measured way and this one."""
    scores = [score for score in (one.full, one.probe, one.adapters, one.probe_then_full) if score is not None]
    chosen: float | None = getattr(one, column)
    if chosen is None:
        raise ValueError(f"{one.study}, {one.dataset}: {column} was not measured")
    return max(scores) - chosen


def misses(cells: Iterable[StrategyCell], choose: Choice) -> list[tuple[float, StrategyCell]]:
    """The cells chosen wrongly, the dearest first."""
    lost = [(lost_points(one, choose(one)), one) for one in cells]
    return sorted((pair for pair in lost if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].dataset, pair[1].model))


def first_is_unmeasured(know: Knowledge, one: StrategyCell) -> bool:
    """Whether the engine's first advice is a way that the study did not measure."""
    first = place_strategies(_setting(know, one)).methods[0]
    return all(getattr(one, column) is None for column in COLUMN.get(first, ()))


def _setting(know: Knowledge, one: StrategyCell) -> Any:
    return cell(
        know,
        family=one.family,
        objective=one.objective,
        params=one.params,
        examples=one.examples,
        classes=one.classes,
        domain=one.domain,
        distinction=one.distinction,
        plain=one.plain,
        adapters=one.plain,
        robust=one.robust_to_shift,
    )
