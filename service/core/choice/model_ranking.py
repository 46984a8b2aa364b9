"""Ranks the catalogue's models for one job."""

from msgspec import UNSET, Struct

from service.contract.recommend import ModelOption
from service.contract.words import (
    ComputeKind,
    Corpus,
    Family,
    Grade,
    Objective,
    Optimizer,
    Policy,
    Strategy,
    Task,
)
from service.core.catalogue.matrix import COMMERCIAL, allowed_models
from service.core.catalogue.model_size import is_large
from service.core.job.case import JobCase
from service.core.resources.memory import Need, need_on
from service.core.rules.example_requests import freeze, job
from service.core.rules.rule import Rule, Topic
from service.core.rules.trace import Trace
from service.knowledge.rows import CellRow, Claim, ModelRow, SimilarityRow
from service.knowledge.standings.merits import Cell, Mark, listed

SHOWN = 10


class Candidate(Struct, frozen=True):
    """A model that can do the task and that no constraint forbids."""

    job: JobCase
    model: ModelRow
    cell: Cell
    mark: Mark
    similarity: SimilarityRow | None

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


class RankedModel(Struct, frozen=True):
    """A candidate with its score and everything that went into it."""

    candidate: Candidate
    score: float
    points: list[tuple[Rule[Candidate, Point], Point]]


FIT: Topic[Candidate, Point] = Topic("model-choice")


@FIT.rule(
    "model-published-results",
    "A model starts from its published results: standings among the models compared with it, of which those on the "
    "target's own domain count four times and those on far domains nothing; before them count ImageNet accuracy and "
    "size, the year, and how alike the pretraining data are.",
    grade=Grade.A,
    sources=(
        "sfda",
        "emms-2023",
        "maeb",
        "model-recycling",
        "seed-calculator",
        "seed-complete-guide",
        "seed-explainer",
    ),
    seeds=("R-002", "R-016", "R-026", "R-053", "C-12"),
    fires=(job(), job(domain="environmental-sound", task="audio-classification")),
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
    return Point(mark.mark, ", ".join(parts), candidate.job.know.results_of(cell))


@FIT.rule(
    "model-judged",
    "A model with too few published results, and every model under the policy `guides`, starts from the maintainers' "
    "judgement of it, 1 to 5, and gains or loses with the likeness of its pretraining data to the target, beside the "
    "task's other models.",
    grade=Grade.D,
    sources=("judgement", "seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("R-002", "R-016", "R-026", "R-053", "C-12"),
    fires=(job(task="summarization"), job(domain="legal-text", task="text-classification"), job(policy="guides")),
    silent=(freeze(depth=12), job(domain="retail-series", task="time-series-forecasting")),
)
def judged(candidate: Candidate) -> Point | None:
    row, near = candidate.judgement, candidate.similarity
    if candidate.by_results:
        return None
    alike = f"; pretraining data {near.similarity:g} of 10 alike" if near else ""
    reason = f"{row.reason.rstrip('.')} (judged){alike}"
    return Point(candidate.mark.judged, reason, (row, near) if near else (row,))


@FIT.rule(
    "model-does-not-fit",
    "A model whose full fine-tuning exceeds the memory loses half a point, unless it is large and adapters fit in 16 "
    "bits; one that does not fit even frozen loses five.",
    grade=Grade.C,
    sources=("seed-calculator", "hf-memory-anatomy"),
    seeds=("R-125", "R-017", "R-123"),
    fires=(job(task="text-generation", compute={"memory_gib": 8}),),
    silent=(job(task="tabular-classification"),),
)
def does_not_fit(candidate: Candidate) -> Point | None:
    know, model, total = candidate.job.know, candidate.model, candidate.job.machine.total_gib
    if Need(know, model.params, Strategy.FULL, Optimizer.ADAMW, 1.0).gib <= total:
        return None
    machine = candidate.job.machine
    if need_on(machine, know, model.params, Strategy.PARAMETER_EFFICIENT, Optimizer.ADAMW, 0.0).gib <= total:
        adapters = Need(know, model.params, Strategy.PARAMETER_EFFICIENT, Optimizer.ADAMW, 0.0).gib <= total
        if adapters and model.lora_targets and is_large(know, model.params):
            return None
        return Point(-know.number("model-tight-penalty"), "full fine-tuning does not fit the memory")
    return Point(-know.number("model-misfit-penalty"), "does not fit the memory")


@FIT.rule(
    "model-slow-on-cpu",
    "Without a GPU a model above 100 million parameters loses a point.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide"),
    seeds=("R-125",),
    fires=(job(task="automatic-speech-recognition", compute={"kind": "cpu"}),),
    silent=(job(task="automatic-speech-recognition"),),
)
def slow_on_cpu(candidate: Candidate) -> Point | None:
    know = candidate.job.know
    if candidate.job.machine.kind is not ComputeKind.CPU or candidate.model.params <= know.number("cpu-parameters"):
        return None
    return Point(-know.number("model-cpu-penalty"), "slow without a GPU")


@FIT.rule(
    "model-features-for-few-labels",
    "With few labels, features that serve frozen (contrastive, self-distilled) gain and reconstruction features lose, "
    "unless results of frozen use already say so.",
    grade=Grade.A,
    sources=("mae-2022", "dinov2-2023", "doerrich-2024"),
    seeds=("R-117", "R-118", "C-22"),
    fires=(job(300),),
    silent=(job(50_000),),
    dissent=("On very small sets a user report found EfficientNetV2 ahead of DINOv2.",),
)
def features_for_few_labels(candidate: Candidate) -> Point | None:
    if not candidate.job.data.few or (candidate.cell.known_frozen and candidate.by_results):
        return None
    amount = candidate.job.know.number("model-objective-weight")
    match candidate.model.objective:
        case (
            Objective.CONTRASTIVE_IMAGE_TEXT
            | Objective.CONTRASTIVE_AUDIO_TEXT
            | Objective.CONTRASTIVE_TEXT
            | Objective.SELF_DISTILLATION
        ):
            return Point(amount, "its features serve frozen")
        case Objective.MASKED_RECONSTRUCTION | Objective.REPLACED_TOKEN:
            return Point(-2 * amount, "its features must be tuned")
        case Objective.MASKED_LANGUAGE:
            return Point(-amount, "its features serve better tuned")
        case _:
            return None


@FIT.rule(
    "model-sentence-encoder",
    "With so few texts per class that they are compared or paired, a sentence encoder gains two points.",
    grade=Grade.B,
    sources=("setfit", "judgement"),
    fires=(job(20, task="text-classification", classes=10), job(16, task="text-classification", classes=2)),
    silent=(
        job(5000, task="text-classification", classes=8),
        job(16, task="text-classification", classes=2, policy="guides"),
    ),
)
def sentence_encoder(candidate: Candidate) -> Point | None:
    job = candidate.job
    limit, bonus = job.know.constants["contrastive-per-class"], job.know.constants["model-sentence-bonus"]
    single = job.request.dataset.texts_per_example != 2
    fits = single and job.task.id is Task.TEXT_CLASSIFICATION and job.policy is Policy.EVIDENCE
    encoder = candidate.model.family is Family.TEXT_ENCODER and candidate.model.objective is Objective.CONTRASTIVE_TEXT
    if not fits or not encoder or not job.data.served_by_pairs:
        return None
    return Point(bonus.value, "a sentence encoder serves few texts per class", (limit, bonus))


@FIT.rule(
    "model-licence-unclear",
    "Where commercial use is asked for, weights with an unclear licence lose a point.",
    seeds=("R-127",),
    fires=(job(task="zero-shot-image-classification", constraints={"commercial_use": True}),),
    silent=(job(),),
)
def licence_unclear(candidate: Candidate) -> Point | None:
    if not candidate.job.constraints.commercial_use or candidate.model.commercial_use != "unclear":
        return None
    return Point(-candidate.job.know.number("model-licence-penalty"), "its licence for commercial use is unclear")


@FIT.rule(
    "model-large-decoder-for-labels",
    "For labelling tasks a language model above a billion parameters loses a point against an encoder: it "
    "costs more and gains little.",
    grade=Grade.C,
    sources=("seed-calculator", "judgement"),
    seeds=("R-119", "R-121"),
    fires=(job(task="text-classification", source={"model": "meta-llama/Llama-3.1-8B"}),),
    silent=(job(task="text-generation"), job(task="text-classification", source={"model": "roberta-base"})),
)
def large_decoder_for_labels(candidate: Candidate) -> Point | None:
    know = candidate.job.know
    large = is_large(know, candidate.model.params)
    if candidate.model.family is not Family.DECODER_LM or not large or candidate.job.task.track == "generation":
        return None
    return Point(-know.number("model-decoder-penalty"), "a decoder is dear for labelling")


def matches_source(job: JobCase, corpus: Corpus | None) -> bool:
    """Whether a model that learned from this corpus learned from data like the described source's."""
    if job.source.domain is UNSET or corpus is None:
        return False
    row = job.know.similarities.get((job.source.domain, corpus))
    return row is not None and row.similarity >= job.know.number("similarity-same-source")


def rank_models(job: JobCase) -> list[RankedModel]:
    """All allowed models, best first; ties go to the smaller one, then to the name."""
    ranked = [_score(job, model) for model in allowed_models(job.know, job.task.id, job.constraints)]
    return sorted(ranked, key=lambda one: (-one.score, one.candidate.model.params, one.candidate.model.id))


def present_models(ranked: list[RankedModel], start: ModelRow | None, trace: Trace) -> list[ModelOption]:
    """The first models of the ranking, and the one that the plan starts from wherever it ranks."""
    options: list[ModelOption] = []
    shown = [(rank, one) for rank, one in enumerate(ranked, 1) if rank <= SHOWN or one.candidate.model is start]
    for index, (rank, one) in enumerate(shown):
        model, cell, similarity = one.candidate.model, one.candidate.cell, one.candidate.similarity
        for rule, point in one.points:
            trace.add(f"/models/{index}", rule, f"{point.points:+.3g}", point.rows)
        options.append(
            ModelOption.from_row(
                model,
                rank=rank,
                model=model.id,
                commercial_use=COMMERCIAL[model.commercial_use],
                matrix_score=cell.score,
                judged=not one.candidate.by_results,
                results=one.candidate.mark.results,
                results_on_domain=one.candidate.mark.on_domain,
                benchmarks=list(one.candidate.mark.benchmarks),
                similarity=similarity.similarity if similarity else None,
                score=round(one.score, 3),
                reason="; ".join(point.reason for _, point in one.points if point.reason),
                grade=Grade.A if one.candidate.by_results else Grade.D,
            )
        )
    return options


def _score(job: JobCase, model: ModelRow) -> RankedModel:
    similarity = job.know.similarities.get((job.domain.id, model.corpus)) if job.domain else None
    merits, task = job.know.merits, job.task.id
    mark = merits.mark(model.id, task, job.domain.id if job.domain else None)
    candidate = Candidate(job, model, merits.cells[model.id, task], mark, similarity)
    points = list(FIT.all(candidate))
    return RankedModel(candidate, sum(point.points for _, point in points), points)
