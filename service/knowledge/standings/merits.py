"""What published results say of the catalogue's models: a cell for each model and task, a mark for each target."""

from collections.abc import Callable, Mapping, Sequence
from math import floor

from msgspec import Struct

from service.contract.words import Domain, Grade, Task
from service.knowledge.rows import CellRow, Prior, RankingRow, ResultRow, Tables
from service.knowledge.standings.agreement import agreements
from service.knowledge.standings.placing import (
    Entrant,
    Placed,
    Result,
    Similarities,
    Target,
    before_results,
    domain_factors,
    likeness,
    linked_set,
    place,
    quality,
    spread_of,
)
from service.knowledge.standings.results import ANCHOR, anchors, entrants_of, results_of, weights_of

LOWEST, HIGHEST = 1, 5


class Cell(Struct, frozen=True):
    """How well a model serves a task.

    A computed score is in standard deviations of quality among the task's computed models, around the mean of what
    these models were judged: results tell the order and the distances of models, not the level of them all, and so
    computed and judged cells of a task can be compared. `agreement` is the mean tau-b of the benchmarks that hold the
    model, where they share enough models. `rows` are its results; a judged cell may have some, but too few to compute
    from. `known_frozen`: the score is computed, and the use that it speaks of is frozen.
    """

    model: str
    task: Task
    score: int
    mark: float
    judged: bool
    known_frozen: bool
    results: int
    benchmarks: tuple[str, ...]
    agreement: float | None
    reason: str
    grade: Grade
    sources: tuple[str, ...]
    row: CellRow
    rows: tuple[ResultRow, ...]


class Mark(Struct, frozen=True):
    """How well a model serves a target, on the matrix's scale but neither rounded nor limited.

    `judged` is what it would be without results.
    `results` count for it and stand in `benchmarks`; `on_domain` of them are on the target's own domain. `far` more are
    on domains too far to count.
    """

    mark: float
    judged: float
    results: int
    on_domain: int
    far: int
    benchmarks: tuple[str, ...]


class _Scale(Struct, frozen=True):
    """What is known of a task's models, and the scale of its computed cells: `level` is their mean judgement."""

    known: Mapping[str, float]
    placed: Mapping[str, Sequence[Placed]]
    base: Mapping[str, float]
    middle: float
    spread: float
    level: float


class Merits:
    """Cells of the matrix and marks for targets, computed once."""

    def __init__(self, tables: Tables, number: Callable[[str], float]) -> None:
        self._tables = tables
        self._number = number
        self._alike = Similarities({(row.domain, row.corpus): row.similarity for row in tables.similarities})
        self._weights = weights_of(number)
        self.cells: dict[tuple[str, Task], Cell] = {}
        self._marks: dict[tuple[Task, Domain | None], dict[str, Mark]] = {}
        rankings = {row.task: row for row in tables.rankings}
        for task in tables.tasks:
            self._weigh(
                task.id,
                rankings.get(task.id),
                [row.id for row in tables.domains if row.modality in task.modalities],
            )

    def mark(self, model: str, task: Task, domain: Domain | None) -> Mark:
        """How well a model that can do the task serves the target."""
        return self._marks[task, domain][model]

    def _weigh(self, task: Task, ranking: RankingRow | None, domains: Sequence[Domain]) -> None:
        judged = {row.model: row for row in self._tables.cells if row.task is task}
        rows = [row for row in self._tables.results if ranking and row.task is ranking.results_of]
        of_model = {model: tuple(row for row in rows if model in row.models) for model in judged}
        entrants = [one for one in entrants_of(self._tables, rows, ranking) if one.id in judged or one.top1]
        scale = self._scale(ranking, entrants, judged, of_model, results_of(rows))
        inside = [one for one in entrants if one.id in judged]
        for domain in (None, *domains):
            near = likeness(inside, domain, self._alike)
            factors = domain_factors({row.domain for row in rows}, domain, self._alike, self._weights)
            self._marks[task, domain] = {
                model: self._mark(row, of_model[model], domain, factors, self._weights.similarity * near[model], scale)
                for model, row in judged.items()
            }
        taus = agreements(results_of(rows), int(self._number("agreement-models-least")))
        order = sorted(scale.base, key=lambda name: -scale.base[name]) if scale else []
        for model, row in judged.items():
            self.cells[model, task] = _cell(
                row,
                of_model[model],
                self._marks[task, None][model].mark,
                f"{order.index(model) + 1} of {len(order)}" if model in order else None,
                _agreement(model, taus),
                frozen=ranking is not None and ranking.frozen,
            )

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
        factors: Mapping[Domain | None, float],
        push: float,
        scale: _Scale | None,
    ) -> Mark:
        mark = judged = row.score + push
        if scale is not None and row.model in scale.base:
            value = quality(scale.known[row.model] + push, scale.placed.get(row.model, ()), factors, self._weights)
            mark = scale.level + (value - scale.middle) / scale.spread
        near = [one for one in rows if factors.get(one.domain, 1.0) > 0 or one.dataset == ANCHOR]
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
    rows: tuple[ResultRow, ...],
    mark: float,
    place_of: str | None,
    agreement: float | None,
    *,
    frozen: bool,
) -> Cell:
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
        row=row,
        rows=rows,
    )


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
