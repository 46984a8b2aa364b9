"""Weighs published results: every cell of the matrix and every mark for a target, from the tables alone."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import floor

import msgspec
from msgspec import Struct

from service.contract.words import Domain, Grade, Task
from service.knowledge.rows import CellRow, Prior, RankingRow, ResultRow, Tables
from service.knowledge.standings.agreement import agreements
from service.knowledge.standings.merits import SIZES, Cell, Mark, listed, target_key
from service.knowledge.standings.placing import (
    Entrant,
    Factors,
    Placed,
    Result,
    Similarities,
    Target,
    before_results,
    factors_of,
    likeness,
    linked_set,
    place,
    quality,
    spread_of,
)
from service.knowledge.standings.results import ANCHOR, anchors, entrants_of, results_of, weights_of

LOWEST, HIGHEST = 1, 5


class _Scale(Struct, frozen=True):
    """What is known of a task's models, and the scale of its computed cells: `level` is their mean judgement."""

    known: Mapping[str, float]
    placed: Mapping[str, Sequence[Placed]]
    base: Mapping[str, float]
    middle: float
    spread: float
    level: float


def weigh(tables: Tables, number: Callable[[str], float]) -> tuple[tuple[Cell, ...], dict[Task, dict[str, memoryview]]]:
    """The cells, and by task and target the encoded marks of the models that can do the task."""
    scales = _Scales(tables, number)
    rankings = {row.task: row for row in tables.rankings}
    cells: list[Cell] = []
    marks: dict[Task, dict[str, memoryview]] = {}
    for task in tables.tasks:
        domains = [row.id for row in tables.domains if row.modality in task.modalities]
        found, targets = scales.weigh(task.id, rankings.get(task.id), domains)
        cells += found
        marks[task.id] = {domain: memoryview(msgspec.msgpack.encode(held)) for domain, held in targets.items()}
    return tuple(cells), marks


class _Scales:
    """The tables and the numbers by which each task is weighed."""

    def __init__(self, tables: Tables, number: Callable[[str], float]) -> None:
        self._tables = tables
        self._number = number
        self._alike = Similarities({(row.domain, row.corpus): row.similarity for row in tables.similarities})
        self._weights = weights_of(number)

    def weigh(
        self, task: Task, ranking: RankingRow | None, domains: Sequence[Domain]
    ) -> tuple[list[Cell], dict[str, dict[str, Mark]]]:
        """The task's cells, and by target the marks of its models."""
        judged = {row.model: row for row in self._tables.cells if row.task is task}
        places = {i: row for i, row in enumerate(self._tables.results) if ranking and row.task is ranking.results_of}
        rows = list(places.values())
        of_model = {model: tuple(row for row in rows if model in row.models) for model in judged}
        entrants = [one for one in entrants_of(self._tables, rows, ranking) if one.id in judged or one.top1]
        scale = self._scale(ranking, entrants, judged, of_model, results_of(rows))
        inside = [one for one in entrants if one.id in judged]
        marks: dict[str, dict[str, Mark]] = {}
        sizes = SIZES if ranking and any(row.examples for row in rows) else SIZES[:1]
        for domain, size in product((None, *domains), sizes):
            near = likeness(inside, domain, self._alike)
            target = Target(frozen=False, prior=Prior.NONE, domain=domain, examples=size)
            factors = factors_of([(row.domain, row.examples) for row in rows], target, self._alike, self._weights)
            marks[target_key(domain, size)] = {
                model: self._mark(row, of_model[model], domain, factors, self._weights.similarity * near[model], scale)
                for model, row in judged.items()
            }
        taus = agreements(results_of(rows), int(self._number("agreement-models-least")))
        order = sorted(scale.base, key=lambda name: -scale.base[name]) if scale else []
        cells = [
            _cell(
                row,
                {i: one for i, one in places.items() if model in one.models},
                marks[target_key(None, 0)][model].mark,
                f"{order.index(model) + 1} of {len(order)}" if model in order else None,
                _agreement(model, taus),
                frozen=ranking is not None and ranking.frozen,
            )
            for model, row in judged.items()
        ]
        return cells, marks

    def _scale(
        self,
        ranking: RankingRow | None,
        entrants: Sequence[Entrant],
        judged: Mapping[str, CellRow],
        of_model: Mapping[str, Sequence[ResultRow]],
        results: Sequence[Result],
    ) -> _Scale | None:
        """The scale of the task's computed models; None where there are too few."""
        if ranking is None:
            return None
        known = before_results(entrants, ranking.prior, self._weights)
        placed = place(results, known, Target(ranking.frozen, ranking.prior), self._weights)
        linked = known.keys() if ranking.prior is Prior.TOP1 else linked_set(results)
        computed = [model for model in judged if model in linked and self._suffices(of_model[model], ranking)]
        if len(computed) < self._number("cell-models-least"):
            return None
        base = {name: quality(known[name], placed.get(name, ()), {}, self._weights) for name in computed}
        return _Scale(
            known=known,
            placed=placed,
            base=base,
            middle=sum(base.values()) / len(base),
            spread=spread_of(list(base.values())) or 1.0,
            level=sum(judged[name].score for name in base) / len(base),
        )

    def _mark(
        self,
        row: CellRow,
        rows: Sequence[ResultRow],
        domain: Domain | None,
        factors: Factors,
        push: float,
        scale: _Scale | None,
    ) -> Mark:
        mark = judged = row.score + push
        if scale is not None and row.model in scale.base:
            value = quality(scale.known[row.model] + push, scale.placed.get(row.model, ()), factors, self._weights)
            mark = scale.level + (value - scale.middle) / scale.spread
        near = [one for one in rows if factors.get((one.domain, one.examples), 1.0) > 0 or one.dataset == ANCHOR]
        return Mark(
            mark,
            judged,
            results=len(near),
            on_domain=sum(domain is not None and one.domain is domain for one in near),
            far=len(rows) - len(near),
            benchmarks=tuple(dict.fromkeys(one.benchmark for one in near)),
        )

    def _suffices(self, rows: Sequence[ResultRow], ranking: RankingRow) -> bool:
        """Whether the results are enough to compute a cell from."""
        return (
            len(rows) >= self._number("cell-results-least")
            or len({row.benchmark for row in rows}) >= self._number("cell-benchmarks-least")
            or (ranking.prior_suffices and any(anchors(row, ranking) for row in rows))
        )


def _agreement(model: str, taus: Mapping[tuple[str, str], tuple[float, frozenset[str]]]) -> float | None:
    held = [tau for tau, shared in taus.values() if model in shared]
    return round(sum(held) / len(held), 2) if held else None


def _cell(
    row: CellRow,
    places: Mapping[int, ResultRow],
    mark: float,
    place_of: str | None,
    agreement: float | None,
    *,
    frozen: bool,
) -> Cell:
    rows = places.values()
    benchmarks = tuple(dict.fromkeys(one.benchmark for one in rows))
    score, reason, sources = row.score, row.reason, row.sources
    if place_of is not None:
        score = min(HIGHEST, max(LOWEST, floor(mark + 0.5)))
        results = f"{len(rows)} results" if len(rows) > 1 else "1 result"
        reason = f"{results} on {listed(benchmarks)} put it at place {place_of} models."
        if score != row.score:
            reason += f" Judged without them: {row.score}. {row.reason}"
        sources = tuple(dict.fromkeys(source for one in rows for source in one.sources))
    return Cell(
        model=row.model,
        task=row.task,
        score=score,
        mark=mark,
        judged=place_of is None,
        known_frozen=frozen and place_of is not None,
        results=len(rows),
        benchmarks=benchmarks,
        agreement=agreement,
        reason=reason,
        grade=Grade.D if place_of is None else Grade.A,
        sources=sources,
        rows=tuple(places),
    )
