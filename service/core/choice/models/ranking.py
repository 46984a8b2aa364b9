"""Ranks the catalogue's models for one job, and presents the first of them."""

from msgspec import Struct

from service.contract.recommend import ModelOption
from service.contract.words import (
    Grade,
)
from service.core.catalogue.matrix import COMMERCIAL, allowed_models, told_score
from service.core.choice.input_limits import takes
from service.core.choice.models.candidate import STANDING, Candidate, Look, Point
from service.core.choice.models.points import FIT
from service.core.job.case import JobCase
from service.core.job.dataset_size import Data
from service.core.rules.rule import Rule, Trace
from service.knowledge.rows import ModelRow
from service.knowledge.standings.merits import nearest_size

SHOWN = 10


class RankedModel(Struct, frozen=True):
    """A candidate with its score, and what was added to its standing."""

    candidate: Candidate
    score: float
    points: list[tuple[Rule[JobCase, Look], Point]]


def rank_models(job: JobCase) -> list[RankedModel]:
    """All allowed models that take the data, best first; ties go to the smaller one, then to the name."""
    merits, task = job.know.merits, job.task.id
    marks = merits.marks(task, job.domain.id if job.domain else None, job.data.examples)
    looks = list(FIT.all(job))
    allowed = allowed_models(job.know, task, job.constraints)
    ranked = [
        _score(Candidate(job, model, merits.cells[model.id, task], marks[model.id]), looks)
        for model in allowed
        if takes(job.know, model, job.request.dataset)
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.candidate.model.params, one.candidate.model.id))


def ranks_by(data: Data) -> tuple[object, ...]:
    """All of the data that the ranking turns on: equal values, equal rankings."""
    if data.few:
        return data.examples, data.per_class
    many = data.examples >= data.know.number("backbone-least-pictures")
    return data.served_by_pairs, many, nearest_size(data.examples)


def present_models(ranked: list[RankedModel], start: ModelRow | None, trace: Trace) -> list[ModelOption]:
    """The first models of the ranking, and the one that the plan starts from wherever it ranks."""
    options: list[ModelOption] = []
    shown = [(rank, one) for rank, one in enumerate(ranked, 1) if rank <= SHOWN or one.candidate.model is start]
    for index, (rank, one) in enumerate(shown):
        model, cell, similarity = one.candidate.model, one.candidate.cell, one.candidate.similarity
        points = [*STANDING.all(one.candidate), *one.points]
        for rule, point in points:
            trace.add(f"/models/{index}", rule, f"{point.points:+.3g}", point.rows)
        options.append(
            ModelOption.from_row(
                model,
                rank=rank,
                model=model.id,
                commercial_use=COMMERCIAL[model.commercial_use],
                matrix_score=told_score(one.candidate.job.know, cell),
                judged=not one.candidate.by_results,
                results=one.candidate.mark.results,
                results_on_domain=one.candidate.mark.on_domain,
                benchmarks=list(one.candidate.mark.benchmarks),
                similarity=similarity.similarity if similarity else None,
                score=round(one.score, 3),
                reason="; ".join(point.reason for _, point in points if point.reason),
                grade=Grade.A if one.candidate.by_results else Grade.D,
            )
        )
    return options


def _score(candidate: Candidate, looks: list[tuple[Rule[JobCase, Look], Look]]) -> RankedModel:
    points = [(rule, point) for rule, look in looks if (point := look(candidate)) is not None]
    return RankedModel(candidate, sum((point.points for _, point in points), candidate.standing), points)
