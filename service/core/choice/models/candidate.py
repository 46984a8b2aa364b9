"""A model that may be started from, and where its standing comes from: published results, or judgement."""

from collections.abc import Callable

from msgspec import Struct

from service.contract.words import (
    Grade,
    Policy,
)
from service.core.job.case import JobCase
from service.core.rules.example_requests import freeze, job
from service.core.rules.rule import Topic
from service.knowledge.rows import CellRow, Claim, ModelRow, SimilarityRow
from service.knowledge.standings.merits import Cell, Mark, listed


class Candidate(Struct, frozen=True):
    """A model that can do the task and that no constraint forbids."""

    job: JobCase
    model: ModelRow
    cell: Cell
    mark: Mark

    @property
    def similarity(self) -> SimilarityRow | None:
        """How alike its pretraining data and the target data are; None where no domain is known."""
        job = self.job
        return job.know.similarities.get((job.domain.id, self.model.corpus)) if job.domain else None

    @property
    def standing(self) -> float:
        """The score that it starts from."""
        return self.mark.mark if self.by_results else self.mark.judged

    @property
    def by_results(self) -> bool:
        """Whether published results decide: there are enough, and the policy follows them."""
        return not self.cell.judged and self.job.policy is Policy.EVIDENCE

    @property
    def judgement(self) -> CellRow:
        """What the maintainers say of the model for the task."""
        return self.job.know.cells[self.cell.model, self.cell.task]


class Point(Struct, frozen=True):
    """What one rule adds to a candidate's score, with a reason in a few words (empty: not worth saying)."""

    points: float
    reason: str
    rows: tuple[Claim, ...] = ()


Look = Callable[[Candidate], Point | None]
"""What a rule that may concern some models of a job says of each."""


STANDING: Topic[Candidate, Point] = Topic("model-choice")
"""Where a candidate's standing comes from: told of those that are shown."""


@STANDING.rule(
    "model-published-results",
    "A model starts from its published results: standings among the models compared with it, of which those on the "
    "target's own domain count four times, those on far domains nothing, and those on sets of another size as the "
    "smaller is to the mean of both; before them count ImageNet accuracy and size, the year, and how alike the "
    "pretraining data are.",
    grade=Grade.A,
    sources=(
        "sfda",
        "emms-2023",
        "maeb",
        "model-recycling",
        "kornblith-2019",
        "seed-calculator",
        "seed-complete-guide",
        "seed-explainer",
    ),
    seeds=("R-002", "R-016", "R-026", "R-053", "C-12"),
    fires=(
        job().decides("1: +5.44"),
        job(domain="environmental-sound", task="audio-classification").decides("1: +6.77"),
    ),
    silent=(freeze(depth=12), job(task="summarization"), job(policy="guides")),
    dissent=("Two studies of the same networks may order them differently: SFDA's and LogME's tables agree by half.",),
)
def published_results(candidate: Candidate) -> Point | None:
    cell, mark = candidate.cell, candidate.mark
    if not candidate.by_results:
        return None
    count = f"{mark.results} results" if mark.results != 1 else "1 result"
    parts = [f"{count} on {listed(mark.benchmarks)}" if mark.benchmarks else "no result on such data"]
    if mark.on_domain:
        parts.append(f"{mark.on_domain} of this domain")
    if mark.far:
        parts.append(f"{mark.far} on far domains do not count")
    judged_score = candidate.judgement.score
    if cell.score != judged_score:
        parts.append(f"judged {judged_score} without them")
    return Point(candidate.standing, ", ".join(parts), candidate.job.know.results_of(cell))


@STANDING.rule(
    "model-judged",
    "A model with too few published results, and every model under the policy `guides`, starts from the maintainers' "
    "judgement of it, 1 to 5, and gains or loses with the likeness of its pretraining data to the target, beside the "
    "task's other models.",
    sources=("judgement", "seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("R-002", "R-016", "R-026", "R-053", "C-12"),
    fires=(
        job(task="summarization").decides("1: +5"),
        job(domain="legal-text", task="text-classification").decides("2: +5.48"),
        job(policy="guides").decides("1: +5"),
    ),
    silent=(freeze(depth=12), job(domain="retail-series", task="time-series-forecasting")),
)
def judged(candidate: Candidate) -> Point | None:
    row, near = candidate.judgement, candidate.similarity
    if candidate.by_results:
        return None
    alike = f"; pretraining data {near.similarity:g} of 10 alike" if near else ""
    reason = f"{row.reason.rstrip('.')} (judged){alike}"
    return Point(candidate.standing, reason, (row, near) if near else (row,))
