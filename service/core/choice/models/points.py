"""What speaks for and against the catalogue's models on one job, beside their standing.

A rule looks at the job once; only where it may concern some model is each model held against what it answers.
"""

from service.contract.words import (
    STRATEGY_OF,
    ComputeKind,
    Family,
    Grade,
    Modality,
    Objective,
    Policy,
    Strategy,
    Task,
)
from service.core.catalogue.heads import OWNERS, can_zero_shot
from service.core.catalogue.sizes import is_large
from service.core.choice.comparisons import consult, setting_of
from service.core.choice.models.candidate import Candidate, Look, Point
from service.core.job.case import JobCase
from service.core.rules.example_requests import LLAMA, MINILM, job
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Example, Topic

FROZEN = (Strategy.ZERO_SHOT, Strategy.FEATURE_EXTRACTION)
"""Strategies that use features as they are."""

SERVE_FROZEN = (
    Objective.CONTRASTIVE_IMAGE_TEXT,
    Objective.CONTRASTIVE_AUDIO_TEXT,
    Objective.CONTRASTIVE_TEXT,
    Objective.SELF_DISTILLATION,
)
"""Objectives whose features serve frozen."""

MUST_BE_TUNED = (Objective.MASKED_RECONSTRUCTION, Objective.REPLACED_TOKEN)
"""Objectives whose features serve only tuned."""


FIT: Topic[JobCase, Look] = Topic("model-choice")
"""What is added to it."""


@FIT.rule(
    "model-slow-on-cpu",
    "Without a GPU a model above 100 million parameters loses a point, one of twice as many two.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide"),
    seeds=("R-125",),
    fires=(job(task="automatic-speech-recognition", compute={"kind": "cpu"}).decides("6: -2"),),
    silent=(job(task="automatic-speech-recognition"),),
)
def slow_on_cpu(job: JobCase) -> Look | None:
    if job.machine.kind is not ComputeKind.CPU:
        return None
    most, amount = job.know.number("cpu-parameters"), job.know.number("model-cpu-penalty")

    def look(candidate: Candidate) -> Point | None:
        params = candidate.model.params
        times = (params > most) + (params > 2 * most)
        return Point(-amount * times, "slow without a GPU") if times else None

    return look


@FIT.rule(
    "model-features-for-few-labels",
    "With few labels, and without a GPU, features that serve frozen (contrastive, self-distilled) gain and "
    "reconstruction features lose, where the model would be used frozen and no results of frozen use say so already.",
    grade=Grade.A,
    sources=("mae-2022", "dinov2-2023", "doerrich-2024"),
    seeds=("R-117", "R-118", "C-22"),
    fires=(
        job(300, classes=20, similarity=8).decides("1: +0.5"),
        job(2000, task="text-classification", classes=4, compute={"kind": "cpu"}).decides("3: +0.5"),
    ),
    silent=(
        job(50_000),
        job(500, task="text-classification", classes=2, constraints={"max_params": 150_000_000}),
    ),
    dissent=("On very small sets a user report found EfficientNetV2 ahead of DINOv2.",),
)
def features_for_few_labels(job: JobCase) -> Look | None:
    without_gpu = job.machine.kind is ComputeKind.CPU and job.policy is Policy.EVIDENCE
    if not job.data.few and not without_gpu:
        return None
    amount, slow = job.know.number("model-objective-weight"), job.know.number("cpu-parameters")
    points = {
        **dict.fromkeys(SERVE_FROZEN, Point(amount, "its features serve frozen")),
        **dict.fromkeys(MUST_BE_TUNED, Point(-2 * amount, "its features must be tuned")),
        Objective.MASKED_LANGUAGE: Point(-amount, "its features serve better tuned"),
    }

    def look(candidate: Candidate) -> Point | None:
        told = candidate.cell.known_frozen and candidate.by_results
        point = points.get(candidate.model.objective)
        frozen = without_gpu and candidate.model.params > slow
        return None if told or point is None or not (frozen or (job.data.few and not _is_tuned(candidate))) else point

    return look


@FIT.rule(
    "model-own-detector",
    "Below ten thousand pictures a model that already finds boxes or masks gains three points over a backbone that "
    "needs a new detector or decoder: from a backbone, a thousand pictures came to 9.9 points of AP.",
    grade=Grade.C,
    sources=("he-2019", "roboflow-100", "judgement"),
    fires=(job(500, task="object-detection").decides("1: +3"), job(500, task="image-segmentation").decides("1: +3")),
    silent=(job(50_000, task="object-detection"), job(500), job(500, task="object-detection", policy="guides")),
)
def own_detector(job: JobCase) -> Look | None:
    owner = OWNERS.get(job.task.id)
    most, bonus = job.know.constants["backbone-least-pictures"], job.know.constants["model-own-bonus"]
    if owner is None or job.policy is Policy.GUIDES or job.data.examples >= most.value:
        return None
    gain = Point(bonus.value, f"a {owner} already, where a backbone needs a new one", (most, bonus))
    return lambda candidate: gain if candidate.model.family is owner else None


@FIT.rule(
    "model-sentence-encoder",
    "With so few texts per class that they are compared or paired, a sentence encoder gains two points.",
    grade=Grade.B,
    sources=("setfit", "judgement"),
    fires=(
        job(20, task="text-classification", classes=10).decides("1: +2"),
        job(16, task="text-classification", classes=2).decides("1: +2"),
        job(100, task="text-classification", source=MINILM).decides("1: +2"),
    ),
    silent=(
        job(5000, task="text-classification", classes=8),
        job(16, task="text-classification", classes=2, policy="guides"),
        job(100),
    ),
)
def sentence_encoder(job: JobCase) -> Look | None:
    single = job.request.dataset.texts_per_example != 2
    fits = single and job.task.id is Task.TEXT_CLASSIFICATION and job.policy is Policy.EVIDENCE
    uncounted = job.data.per_class is None and job.data.tiny
    if not fits or not (job.data.served_by_pairs or uncounted):
        return None
    limit, bonus = job.know.constants["contrastive-per-class"], job.know.constants["model-sentence-bonus"]
    gain = Point(bonus.value, "a sentence encoder serves few texts per class", (limit, bonus))

    def look(candidate: Candidate) -> Point | None:
        model = candidate.model
        return gain if model.family is Family.TEXT_ENCODER and model.objective is Objective.CONTRASTIVE_TEXT else None

    return look


@FIT.rule(
    "model-of-other-channels",
    "A model whose first layer must be rebuilt for the input's channels loses two points: images have three unless "
    "more is said.",
    fires=(
        job(domain="satellite-multispectral").decides("4: -2"),
        Example(
            "/recommend",
            {
                "target": {"task": "image-segmentation", "domain": "satellite-multispectral"},
                "dataset": {"examples": 5000, "channels": 13},
            },
        ).decides("2: -2"),
    ),
    silent=(job(task="object-detection"), job(task="text-classification")),
)
def of_other_channels(job: JobCase) -> Look | None:
    if Modality.IMAGE not in job.task.modalities:
        return None
    told, usual = job.channels or (job.domain and job.domain.other_channels), int(job.know.number("image-channels"))
    rebuilt = Point(-job.know.number("model-stem-penalty"), "its first layer must be rebuilt for these channels")

    def look(candidate: Candidate) -> Point | None:
        own = candidate.model.channels
        return rebuilt if (job.rebuilds_stem(own) if told else own != usual) else None

    return look


@FIT.rule(
    "model-licence-unclear",
    "Where commercial use is asked for, weights with an unclear licence lose a point.",
    seeds=("R-127",),
    fires=(job(task="zero-shot-image-classification", constraints={"commercial_use": True}).decides("3: -1"),),
    silent=(job(),),
)
def licence_unclear(job: JobCase) -> Look | None:
    if not job.constraints.commercial_use:
        return None
    unclear = Point(-job.know.number("model-licence-penalty"), "its licence for commercial use is unclear")
    return lambda candidate: unclear if candidate.model.commercial_use == "unclear" else None


@FIT.rule(
    "model-large-decoder-for-labels",
    "For labelling tasks a language model above a billion parameters loses a point against an encoder: it "
    "costs more and gains little.",
    grade=Grade.C,
    sources=("seed-calculator", "judgement"),
    seeds=("R-119", "R-121"),
    fires=(job(task="text-classification", source=LLAMA).decides("41: -1"),),
    silent=(job(task="text-generation"), job(task="text-classification", source={"model": "roberta-base"})),
)
def large_decoder_for_labels(job: JobCase) -> Look | None:
    if job.task.track == "generation":
        return None
    know, dear = job.know, Point(-job.know.number("model-decoder-penalty"), "a decoder is dear for labelling")

    def look(candidate: Candidate) -> Point | None:
        model = candidate.model
        return dear if model.family is Family.DECODER_LM and is_large(know, model.params) else None

    return look


@FIT.rule(
    "model-beyond-its-training",
    "A model loses a point for each doubling from the texts that it was made for to the longest: positions that are "
    "computed run on, untrained.",
    fires=(job(task="token-classification", dataset={"examples": 5000, "sequence_length": 4096}).decides("4: -3"),),
    silent=(job(task="token-classification", dataset={"examples": 5000, "sequence_length": 512}), job()),
)
def beyond_its_training(job: JobCase) -> Look | None:
    tokens, amount = known(job.request.dataset.sequence_length), job.know.constants["model-length-penalty"]
    if tokens is None:
        return None

    def look(candidate: Candidate) -> Point | None:
        longest = candidate.model.longest
        if longest is None or tokens <= longest:
            return None
        return Point(-amount.value * ((tokens - 1) // longest).bit_length(), f"made for {longest} tokens", (amount,))

    return look


@FIT.rule(
    "model-of-larger-images",
    "A vision transformer loses a point for each halving from the images that it was made for to those that it sees: "
    "few patches are left of them, at places that it did not learn.",
    fires=(
        job(dataset={"examples": 50_000, "classes": 10, "image_size": 32}).decides("9: -2"),
        job(dataset={"examples": 50_000, "classes": 10, "image_size": 112}).decides("6: -1"),
    ),
    silent=(job(dataset={"examples": 50_000, "classes": 10, "image_size": 448}), job()),
)
def of_larger_images(job: JobCase) -> Look | None:
    px, amount = known(job.request.dataset.image_size), job.know.constants["model-image-penalty"]
    if px is None:
        return None

    def look(candidate: Candidate) -> Point | None:
        made = candidate.model.image_px
        if candidate.model.family is not Family.VISION_TRANSFORMER or made is None or made < 2 * px:
            return None
        return Point(-amount.value * ((made // px).bit_length() - 1), f"made for images of {made} px", (amount,))

    return look


def _is_tuned(candidate: Candidate) -> bool:
    """Whether published comparisons say that the model would be trained below its head, on this job."""
    job, model, alike = candidate.job, candidate.model, candidate.similarity
    if job.policy is Policy.GUIDES:
        return False
    given = known(job.request.similarity)
    usual = alike.similarity if alike else job.know.number("similarity-assumed")
    setting = setting_of(
        job,
        family=model.family,
        objective=model.objective,
        params=model.params,
        similarity=usual if given is None else given,
        plain=job.know.is_plain(model.id),
        adapters=bool(model.lora_targets),
        zero_shot=can_zero_shot(model, job.task.id),
    )
    order = consult(setting)[1].order
    return order is not None and STRATEGY_OF[order.order[0]] not in FROZEN
