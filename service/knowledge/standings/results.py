"""The rows of the tables as the arithmetic of standings takes them."""

from collections.abc import Callable, Sequence

from service.knowledge.rows import Prior, RankingRow, ResultRow, Tables
from service.knowledge.standings.placing import Entrant, Result, Weights

ANCHOR = "imagenet-1k"
"""The dataset whose figures are the prior of image models."""


def weights_of(number: Callable[[str], float]) -> Weights:
    """The numbers of the rule, from the rows of `constants.toml`."""
    return Weights(
        prior=number("result-prior-weight"),
        same_domain=number("result-same-domain-weight"),
        other_use=number("result-other-use-weight"),
        far_similarity=number("result-far-similarity"),
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
            examples=row.examples,
        )
        for row in rows
    ]


def entrants_of(tables: Tables, rows: Sequence[ResultRow], ranking: RankingRow | None) -> list[Entrant]:
    """The catalogue's models and the outsiders, each with its accuracy on ImageNet for this use of the backbone.

    Used frozen, a model is known by its frozen figure where it has one, else by its tuned one; used tuned, by the mean
    of both, because what frozen features hold says more of other datasets than ImageNet after tuning.
    """
    found: dict[str, dict[bool, float]] = {}
    for row in rows:
        if ranking is not None and anchors(row, ranking):
            for model, score in zip(row.models, row.scores, strict=True):
                found.setdefault(model, {})[row.frozen] = score
    frozen_use = ranking is not None and ranking.frozen

    def top1(model: str) -> float | None:
        figures = found.get(model)
        if not figures:
            return None
        return figures[True] if frozen_use and True in figures else sum(figures.values()) / len(figures)

    return [Entrant(row.id, row.corpus, row.params, row.year, top1(row.id)) for row in tables.models] + [
        Entrant(row.id, params=row.params, top1=top1(row.id)) for row in tables.outsiders
    ]


def anchors(row: ResultRow, ranking: RankingRow) -> bool:
    """Whether the row holds the very figures that the prior is made of."""
    return ranking.prior is Prior.TOP1 and row.dataset == ANCHOR
