"""The cells of a group: what our choice lost in each, and what the trivial policies lost."""

from collections.abc import Callable

from benchmarks.advice import arms, ranking, rates, strategy, tables
from benchmarks.advice.groups import Cell, Group, name
from service.knowledge.index import Knowledge

Judge = Callable[[Knowledge, Group], list[Cell]]


def of_strategy(know: Knowledge, group: Group) -> list[Cell]:
    """Ways to use a model, of the studies that the group names."""
    choose = strategy.engine(know)
    return [
        Cell(
            one.dataset if group.unit == "dataset" else one.model,
            strategy.lost_points(one, choose(one)),
            {way: strategy.lost_points(one, way) for way in map(name, group.policies) if getattr(one, way) is not None},
        )
        for one in tables.strategies()
        if one.study in group.studies
    ]


def of_ranking(know: Knowledge, group: Group) -> list[Cell]:
    """The model that is ranked first, by the study's other datasets and by one thing alone."""
    mine = ranking.groups(tables.standings(), tables.judged_models())[group.id]
    ours = ranking.engine(know, mine, ranking.others(mine))
    alone = {"top-1": ranking.by_top1(mine), "size": ranking.by_size(mine), "mean": ranking.by_mean(mine)}
    return [
        Cell(
            dataset,
            ranking.lost_points(mine, dataset, ours),
            {policy: ranking.lost_points(mine, dataset, alone[policy]) for policy in map(name, group.policies)},
        )
        for dataset in mine.behind
    ]


def of_rates(know: Knowledge, group: Group) -> list[Cell]:
    """The rate that is advised, and flat ones."""
    return rates.cells(know, group)


JUDGES: dict[str, Judge] = {
    "strategy": of_strategy,
    "few-labels": arms.of_arms,
    "depth": arms.of_arms,
    "tracks": arms.of_arms,
    "ranking": of_ranking,
    "rate": of_rates,
}
"""Who judges which groups. The cells of a group without one are still to be read."""
