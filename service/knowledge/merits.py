"""What published results say of the catalogue's models: a cell for each model and task, a mark for each target."""

from collections.abc import Callable, Mapping, Sequence
from math import floor

from msgspec import Struct

from service.contract.words import Domain, Grade, Task
from service.knowledge.model import CellRow, Prior, RankingRow, ResultRow, Tables
from service.knowledge.standing import (
    Entrant,
    Placed,
    Result,
    Similarities,
    Target,
    Weights,
    agreements,
    before_results,
    domain_factors,
    likeness,
    linked_set,
    place,
    quality,
    spread_of,
)

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

    `results` count for it and stand in `benchmarks`; `on_domain` of them are on the target's own domain. `far` more are
    on domains too far to count.
    """

    mark: float
    results: int
    on_domain: int
    far: int
    benchmarks: tuple[str, ...]


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
        entrants = entrants_of(self._tables, rows, ranking)
        inside = [one for one in entrants if one.id in judged]
        known: Mapping[str, float] = {}
        placed: Mapping[str, list[Placed]] = {}
        computed: list[str] = []
        taus: Mapping[tuple[str, str], tuple[float, frozenset[str]]] = {}
        if ranking is not None:
            results = results_of(rows)
            target = Target(ranking.frozen, ranking.prior)
            known = before_results(
                [one for one in entrants if one.id in judged or one.top1], ranking.prior, self._weights
            )
            placed = place(results, known, target, self._weights)
            linked = known.keys() if ranking.prior is Prior.TOP1 else linked_set(results)
            computed = [model for model in judged if model in linked and self._suffices(of_model[model], ranking)]
            taus = agreements(results, int(self._number("agreement-models-least")))
        if len(computed) < self._number("cell-models-least"):
            computed = []
        base = {name: quality(known[name], placed.get(name, ()), {}, self._weights) for name in computed}
        middle, spread = (sum(base.values()) / len(base), spread_of(list(base.values()))) if base else (0.0, 1.0)
        level = sum(judged[name].score for name in base) / max(1, len(base))

        def scaled(value: float) -> float:
            return level + (value - middle) / (spread or 1.0)

        def counts(row: ResultRow, factors: Mapping[Domain | None, float]) -> bool:
            """A figure of the prior counts on every domain."""
            return factors.get(row.domain, 1.0) > 0 or (ranking is not None and anchors(row, ranking))

        for domain in (None, *domains):
            near = likeness(inside, domain, self._alike)
            factors = domain_factors({row.domain for row in rows}, domain, self._alike, self._weights)
            marks = self._marks[task, domain] = {}
            for model, row in judged.items():
                push = self._weights.similarity * near[model]
                value = row.score + push
                if model in base:
                    value = scaled(quality(known[model] + push, placed.get(model, ()), factors, self._weights))
                near_rows = [one for one in of_model[model] if counts(one, factors)]
                marks[model] = Mark(
                    value,
                    results=len(near_rows),
                    on_domain=sum(domain is not None and one.domain is domain for one in near_rows),
                    far=len(of_model[model]) - len(near_rows),
                    benchmarks=tuple(dict.fromkeys(one.benchmark for one in near_rows)),
                )
        order = sorted(base, key=lambda name: -base[name])
        for model, row in judged.items():
            place_of = order.index(model) + 1 if model in base else None
            self.cells[model, task] = _cell(
                row,
                of_model[model],
                self._marks[task, None][model].mark,
                place_of,
                len(order),
                _agreement(model, taus),
                frozen=ranking is not None and ranking.frozen,
            )

    def _suffices(self, rows: Sequence[ResultRow], ranking: RankingRow) -> bool:
        """Whether the results are enough to compute a cell from."""
        return (
            len(rows) >= self._number("cell-results-least")
            or len({row.benchmark for row in rows}) >= self._number("cell-benchmarks-least")
            or (ranking.prior_suffices and any(anchors(row, ranking) for row in rows))
        )


def weights_of(number: Callable[[str], float]) -> Weights:
    """The numbers of the rule, from the rows of `constants.toml`."""
    return Weights(
        prior=number("result-prior-weight"),
        same_domain=number("result-same-domain-weight"),
        other_use=number("result-other-use-weight"),
        far_notches=number("result-far-similarity"),
        size=number("result-size-weight"),
        similarity=number("result-similarity-weight"),
        stretch_least=number("result-stretch-least"),
        stretch_most=number("result-stretch-most"),
        stretch_few=number("result-stretch-few"),
        stretch_models=number("agreement-models-least"),
    )


def results_of(rows: Sequence[ResultRow]) -> list[Result]:
    """The rows as comparisons of standings: z-scores among all models that the source compares, more is better."""
    return [
        Result(
            row.benchmark,
            row.dataset,
            row.frozen,
            row.domain,
            {
                model: (score - row.mean) / row.spread * (1 if row.higher_is_better else -1)
                for model, score in zip(row.models, row.scores, strict=True)
            },
            anchors=row.dataset == ANCHOR,
        )
        for row in rows
    ]


def entrants_of(tables: Tables, rows: Sequence[ResultRow], ranking: RankingRow | None) -> list[Entrant]:
    """The catalogue's models and the outsiders, each with its accuracy on ImageNet for this use of the trunk.

    The other use's figure stands in where this use's is not known.
    """
    found: dict[str, dict[bool, float]] = {}
    for row in rows:
        if ranking is not None and anchors(row, ranking):
            for model, score in zip(row.models, row.scores, strict=True):
                found.setdefault(model, {})[row.frozen] = score
    use = ranking is not None and ranking.frozen

    def top1(model: str) -> float | None:
        figures = found.get(model, {})
        return figures.get(use, figures.get(not use))

    return [Entrant(row.id, row.corpus, row.params, row.year, top1(row.id)) for row in tables.models] + [
        Entrant(row.id, params=row.params, top1=top1(row.id)) for row in tables.outsiders
    ]


def anchors(row: ResultRow, ranking: RankingRow) -> bool:
    """Whether the row holds the very figures that the prior is made of."""
    return ranking.prior is Prior.TOP1 and row.dataset == ANCHOR


ANCHOR = "imagenet-1k"


def _agreement(model: str, taus: Mapping[tuple[str, str], tuple[float, frozenset[str]]]) -> float | None:
    held = [tau for tau, shared in taus.values() if model in shared]
    return round(sum(held) / len(held), 2) if held else None


def _cell(
    row: CellRow,
    rows: tuple[ResultRow, ...],
    mark: float,
    place_of: int | None,
    count: int,
    agreement: float | None,
    *,
    frozen: bool,
) -> Cell:
    benchmarks = tuple(dict.fromkeys(one.benchmark for one in rows))
    judged = place_of is None
    score = row.score
    reason = row.reason
    sources = row.sources
    if not judged:
        score = min(HIGHEST, max(LOWEST, floor(mark + 0.5)))
        reason = f"{len(rows)} results on {listed(benchmarks)} place it {place_of} of {count} models."
        if score != row.score:
            reason += f" Judged without them: {row.score}. {row.reason}"
        sources = tuple(dict.fromkeys(source for one in rows for source in one.sources))
    return Cell(
        model=row.model,
        task=row.task,
        score=score,
        mark=mark,
        judged=judged,
        known_frozen=frozen and not judged,
        results=len(rows),
        benchmarks=benchmarks,
        agreement=agreement,
        reason=reason,
        grade=Grade.D if judged else Grade.A,
        sources=sources,
        row=row,
        rows=rows,
    )


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
