"""Ranking of models: agreement with the measured order, and points lost by the model that is ranked first."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from benchmarks.advice.tables import Judged, Standing
from service.contract.words import Task
from service.knowledge.index import Knowledge
from service.knowledge.standings.agreement import tau_b
from service.knowledge.standings.placing import Entrant, Result, Similarities, Target, rank, z_scores
from service.knowledge.standings.results import weights_of

SAME_MODELS = {"CNNs, a second study": "CNNs"}
"""Groups whose models are known under another group's name."""

Scores = Mapping[str, float]
Choice = Callable[[str], Scores]
"""The worth of each model for one dataset of the group."""


class Group(Struct, frozen=True):
    """Models that one study compared on the same datasets. `behind`: points behind the best, by dataset and model."""

    name: str
    task: Task
    frozen: bool
    models: tuple[Judged, ...]
    behind: dict[str, dict[str, float]]
    results: dict[str, Result]


class Agreement(Struct, frozen=True):
    """Mean of Kendall's tau-b over datasets, mean points lost, and the dataset with the least tau.

    An order that does not differ from model to model has a tau of 0 and loses what a blind choice loses on average.
    """

    tau: float
    points: float
    worst: tuple[str, float]


def groups(rows: Sequence[Standing], models: Sequence[Judged]) -> dict[str, Group]:
    """The groups by name."""
    found: dict[str, Group] = {}
    for name in dict.fromkeys(row.group for row in rows):
        mine = [row for row in rows if row.group == name]
        behind: dict[str, dict[str, float]] = {}
        for row in mine:
            behind.setdefault(row.dataset, {})[row.model] = row.behind
        places = {row.dataset: (row.domain, row.examples) for row in mine}
        results = {
            dataset: Result(
                name,
                dataset,
                mine[0].frozen,
                places[dataset][0],
                z_scores({model: -lost for model, lost in scores.items()}),
                examples=places[dataset][1],
            )
            for dataset, scores in behind.items()
        }
        held = {row.model for row in mine}
        known = tuple(model for model in models if model.group == SAME_MODELS.get(name, name) and model.model in held)
        found[name] = Group(name, mine[0].task, mine[0].frozen, known, behind, results)
    return found


def engine(know: Knowledge, group: Group, results: Callable[[str], Sequence[Result]]) -> Choice:
    """The engine's ranking, which knows the results given for a dataset and nothing else of the study."""
    alike = Similarities({(row.domain, row.corpus): row.similarity for row in know.tables.similarities})
    weights = weights_of(know.number)
    prior = next(row.prior for row in know.tables.rankings if row.task is group.task)
    entrants = [
        Entrant(one.model, one.corpus, round(one.params_millions * 1e6), one.year, _known_top1(one))
        for one in group.models
    ]

    def choose(dataset: str) -> Scores:
        judged = group.results[dataset]
        target = Target(group.frozen, prior, judged.domain, judged.examples)
        return rank(entrants, results(dataset), target, alike, weights)

    return choose


def others(*known: Group) -> Callable[[str], Sequence[Result]]:
    """The results of these groups on every dataset but the judged one."""
    return lambda judged: [result for group in known for dataset, result in group.results.items() if dataset != judged]


def nothing(judged: str) -> Sequence[Result]:
    """No result at all: what the model's facts say alone."""
    return ()


def by_top1(group: Group) -> Choice:
    """By accuracy on ImageNet as it is usually quoted: with a frozen backbone for models pretrained without labels."""
    return lambda _: {one.model: one.top1_percent or 0.0 for one in group.models}


def by_size(group: Group) -> Choice:
    """The larger, the better."""
    return lambda _: {one.model: one.params_millions for one in group.models}


def by_mean(group: Group) -> Choice:
    """By the mean standing on the other datasets, whatever their domains."""

    def choose(dataset: str) -> Scores:
        rows = [result.standings for other, result in group.results.items() if other != dataset]
        held = {one.model: [row[one.model] for row in rows if one.model in row] for one in group.models}
        return {name: sum(values) / len(values) for name, values in held.items()}

    return choose


def always(model: str, group: Group) -> Choice:
    """One model everywhere."""
    return lambda _: {one.model: float(one.model == model) for one in group.models}


def judge(group: Group, choose: Choice) -> Agreement:
    """The agreement over all datasets of the group."""
    taus: dict[str, float] = {}
    for dataset, behind in group.behind.items():
        scores = {model: score for model, score in choose(dataset).items() if model in behind}
        tau = tau_b(scores, {model: -points for model, points in behind.items()})
        taus[dataset] = tau or 0.0
    lost = [lost_points(group, dataset, choose) for dataset in group.behind]
    worst = min(taus, key=lambda dataset: taus[dataset])
    return Agreement(sum(taus.values()) / len(taus), sum(lost) / len(lost), (worst, taus[worst]))


def lost_points(group: Group, dataset: str, choose: Choice) -> float:
    """Points by which the model ranked first is behind; of several first, on average."""
    behind = group.behind[dataset]
    scores = {model: score for model, score in choose(dataset).items() if model in behind}
    best = max(scores.values())
    first = [behind[model] for model, score in scores.items() if score == best]
    return sum(first) / len(first)


def _known_top1(one: Judged) -> float | None:
    """As the engine has it for models that are tuned: the mean of the tuned and the frozen figure."""
    figures = [figure for figure in (one.top1_percent, one.top1_tuned_percent) if figure is not None]
    return sum(figures) / len(figures) if figures else None
