"""Notices about what the advice rests on: where comparisons, guides and single experiments disagree."""

from service.contract.schedule import TrainingSetup
from service.contract.words import Grade, Method, Objective, Policy, Task
from service.core.advisories.notices.notice import NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.catalogue.heads import LEAST_TOGETHER
from service.core.choice.precedents import net_lead
from service.core.rules.example_requests import BERT, BGE, DINO, FULL, LLAMA, MINILM, RESNET, job


@NOTICES.rule(
    "notice-guides-differ",
    "Where the answer follows published comparisons against the guides, it says what the guides advise and why.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("C-01", "R-031"),
    fires=(
        job(5000, similarity=6, source=RESNET).decides(
            "guides-differ: full-fine-tuning here, partial-fine-tuning there"
        ),
    ),
    silent=(job(50_000, similarity=5, source=RESNET), job(5000, similarity=6, source=RESNET, policy="guides")),
)
def guides_differ(outcome: Outcome) -> Remark | None:
    return _differ(outcome, "guides-differ", Policy.GUIDES)


@NOTICES.rule(
    "notice-evidence-differs",
    "Where the answer follows the guides because it was asked to, it says what published comparisons advise and why.",
    grade=Grade.A,
    sources=("doerrich-2024", "salman-2020"),
    fires=(
        job(5000, similarity=6, source=RESNET, policy="guides").decides(
            "evidence-differs: partial-fine-tuning here, full-fine-tuning there"
        ),
    ),
    silent=(job(50_000, similarity=5, source=RESNET, policy="guides"), job(5000, similarity=6, source=RESNET)),
)
def evidence_differs(outcome: Outcome) -> Remark | None:
    return _differ(outcome, "evidence-differs", Policy.EVIDENCE)


@NOTICES.rule(
    "notice-precedents-disagree",
    "Where the nearest published experiments, weighed by lead and nearness, order the strategies against the verdict, "
    "the answer says so.",
    fires=(
        job(
            1500,
            domain="retinal-images",
            source=DINO,
            fixed=FULL,
        ).decides("precedents-disagree: leads for this order less leads against it: -29.4"),
    ),
    silent=(job(1500, domain="retinal-images", source=DINO),),
)
def precedents_disagree(outcome: Outcome) -> Remark | None:
    if outcome.precedents is None:
        return None
    weight = net_lead(outcome.know, outcome.precedents, outcome.options, outcome.strategy)
    least = outcome.know.number("precedents-least-weight")
    if weight > -least:
        return None
    return Remark("precedents-disagree", "/precedents", f"leads for this order less leads against it: {weight:.3g}")


@NOTICES.rule(
    "notice-no-precedents",
    "Where no published experiment is near the job, the answer says that none is known here.",
    fires=(
        job(task="tabular-classification").decides("no-precedents: none near for tabular-classification"),
        job(task="token-classification").decides("no-precedents: none near for token-classification"),
    ),
    silent=(job(),),
)
def no_precedents(outcome: Outcome) -> Remark | None:
    if outcome.precedents is None or outcome.precedents:
        return None
    return Remark("no-precedents", "/precedents", f"none near for {outcome.case.job.task.id}")


@NOTICES.rule(
    "notice-sentence-encoder",
    "Contrastive few-shot tuning was measured on sentence encoders: with another start, take one of those.",
    grade=Grade.A,
    sources=("setfit",),
    fires=(
        job(64, task="text-classification", classes=8, source=BERT).decides(
            "start-from-sentence-encoder: pretrained by masked-language-modelling"
        ),
    ),
    silent=(
        job(64, task="text-classification", classes=8, source={"model": "sentence-transformers/all-mpnet-base-v2"}),
        job(5000, task="text-classification", classes=8, source=BERT),
    ),
)
def sentence_encoder(outcome: Outcome) -> Remark | None:
    pairs = outcome.option(outcome.strategy).method is Method.CONTRASTIVE_FEW_SHOT
    if not pairs or outcome.case.model.objective is Objective.CONTRASTIVE_TEXT:
        return None
    return Remark("start-from-sentence-encoder", "/source/model", f"pretrained by {outcome.case.model.objective}")


@NOTICES.rule(
    "notice-in-batch-negatives",
    "An embedder tuned on pairs takes the other texts of a batch for wrong answers: none may stand there twice.",
    grade=Grade.C,
    sources=("in-batch-negatives", "sentence-transformers"),
    fires=(job(25_000, task="sentence-similarity", source=BGE).decides("in-batch-negatives: 25000 pairs"),),
    silent=(job(5000, task="text-classification", classes=8),),
)
def in_batch_negatives(outcome: Outcome) -> Remark | None:
    if outcome.case.job.task.id is not Task.SENTENCE_SIMILARITY:
        return None
    return Remark("in-batch-negatives", "/target/task", f"{outcome.case.job.data.examples} pairs")


@NOTICES.rule(
    "notice-negatives-in-parts",
    "What is accumulated, or shared by devices, is held against the other examples of its own part alone.",
    grade=Grade.B,
    sources=("sentence-transformers",),
    fires=(
        job(
            25_000,
            task="sentence-similarity",
            source={"model": "BAAI/bge-large-en-v1.5"},
            fixed={"per_device_batch_size": 4, "accumulation": 8, "strategy": "full-fine-tuning"},
        ).decides("negatives-in-parts: 4 at a time, 8 parts to a step"),
        job(
            50_000,
            task="sentence-similarity",
            source=BGE,
            compute={"device": "RTX 3090", "count": 8},
            fixed={"batch_size": 32},
        ).decides("negatives-in-parts: 4 at a time, 8 parts to a step"),
    ),
    silent=(job(25_000, task="sentence-similarity", source=BGE), job()),
)
def negatives_in_parts(outcome: Outcome) -> Remark | None:
    setup, planned = outcome.setup, outcome.scheduled
    if not outcome.case.together or planned is None or (setup.per_device_batch or 0) < LEAST_TOGETHER:
        return None
    shared = (setup.devices or 1) > 1 and planned.case.per_device < planned.case.length.batch_size
    told = _parts(setup)
    return Remark("negatives-in-parts", "/setup/per_device_batch", told) if shared or setup.accumulation != 1 else None


@NOTICES.rule(
    "notice-no-negatives",
    "An example that is alone on its device is held against nothing: the loss is 0, and nothing is learned.",
    grade=Grade.B,
    sources=("sentence-transformers",),
    fires=(
        job(
            50_000,
            task="sentence-similarity",
            source=BGE,
            fixed={"per_device_batch_size": 1, "accumulation": 32},
        ).decides("no-negatives: 1 at a time, 32 parts to a step"),
    ),
    silent=(
        job(25_000, task="sentence-similarity", source=BGE),
        job(500, task="sentence-similarity"),
        job(task="text-generation"),
    ),
)
def no_negatives(outcome: Outcome) -> Remark | None:
    alone = outcome.case.together and 0 < (outcome.setup.per_device_batch or 0) < LEAST_TOGETHER
    return Remark("no-negatives", "/setup/per_device_batch", _parts(outcome.setup)) if alone else None


@NOTICES.rule(
    "notice-pairs-beyond-measured",
    "Pairs of texts were compared with plain tuning on few classes, with few labels each: beyond that it is said.",
    grade=Grade.A,
    sources=("setfit",),
    fires=(
        job(1208, task="text-classification", classes=151).decides(
            "pairs-beyond-measured: 151 classes of 8; measured up to 6 of 64"
        ),
        job(160, task="text-classification", classes=2).decides(
            "pairs-beyond-measured: 2 classes of 80; measured up to 6 of 64"
        ),
    ),
    silent=(job(64, task="text-classification", classes=4), job(5000, task="text-classification", classes=8)),
)
def pairs_beyond_measured(outcome: Outcome) -> Remark | None:
    data, number = outcome.case.job.data, outcome.know.number
    if outcome.method is not Method.CONTRASTIVE_FEW_SHOT or data.classes is None or data.per_class is None:
        return None
    classes, labels = number("pairs-measured-classes"), number("pairs-measured-per-class")
    if data.classes <= classes and data.per_class <= labels:
        return None
    formula = f"{data.classes} classes of {data.per_class:.3g}; measured up to {classes:g} of {labels:g}"
    return Remark("pairs-beyond-measured", "/verdict/method", formula)


@NOTICES.rule(
    "notice-fit-the-probe",
    "A probe of a sentence encoder on few texts is better fitted by a solver than trained by steps.",
    grade=Grade.A,
    sources=("own-few-labels",),
    fires=(job(100, task="text-classification", source=MINILM).decides("fit-the-probe: 100 texts <= 1000"),),
    silent=(
        job(100, source=RESNET),
        job(5000, task="text-classification", classes=8),
        job(64, task="text-classification", classes=8),
    ),
    dissent=("At 200 texts and above the two differ by less than a point.",),
)
def fit_the_probe(outcome: Outcome) -> Remark | None:
    few = outcome.know.number("language-tuned-least-examples")
    data = outcome.case.job.data
    texts = outcome.case.job.task.id is Task.TEXT_CLASSIFICATION
    sentences = outcome.case.model.objective is Objective.CONTRASTIVE_TEXT
    if outcome.method is not Method.LINEAR_PROBE or not texts or not sentences or data.examples > few:
        return None
    return Remark("fit-the-probe", "/verdict/method", f"{data.examples} texts <= {few:g}")


@NOTICES.rule(
    "notice-pilot-does-not-rank",
    "Where a generator is tuned on many examples, it is said that a pilot on few does not order the models.",
    grade=Grade.A,
    sources=("lin-2024",),
    fires=(
        job(50_000, task="text-generation", source=LLAMA).decides("pilot-does-not-rank: 50000 examples to tune on"),
    ),
    silent=(job(500, task="text-generation", source=LLAMA), job(50_000)),
    dissent=("Models of 2019 to 2023 with up to seven billion parameters, and loss, not accuracy.",),
)
def pilot_does_not_rank(outcome: Outcome) -> Remark | None:
    job = outcome.case.job
    if job.task.track != "generation" or not job.data.many:
        return None
    return Remark("pilot-does-not-rank", "/models", f"{job.data.examples} examples to tune on")


def _parts(setup: TrainingSetup) -> str:
    """What is held against each other, and how many such parts a step has."""
    parts = (setup.accumulation or 1) * (setup.devices or 1)
    return f"{setup.per_device_batch} at a time, {parts} parts to a step"


def _differ(outcome: Outcome, code: str, policy: Policy) -> Remark | None:
    rival = outcome.rival
    if rival is None or rival.policy is not policy:
        return None
    told = f"They advise {rival.strategy}: {rival.reason}"
    first = outcome.options[0].strategy
    return Remark(code, "/strategies/0/strategy", f"{first} here, {rival.strategy} there", rival.rows, told)
