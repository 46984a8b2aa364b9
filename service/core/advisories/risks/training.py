"""Risks of the run itself: too few data, a rate too high, statistics that drift, luck."""

from service.contract.words import Grade, Likelihood, Loss, NormKind, Objective, Strategy
from service.core.advisories.outcome import Outcome
from service.core.advisories.risks.risk import RISKS, RiskJudgement
from service.core.rules.example_requests import CLIP, FULL, IMAGES, RESNET, VIT, job
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Example


@RISKS.rule(
    "risk-overfitting",
    "Few labels and many open parameters overfit.",
    grade=Grade.C,
    sources=("seed-complete-guide", "seed-explainer"),
    seeds=("R-014", "R-044", "R-062", "R-129"),
    fires=(
        job(500, fixed=FULL).decides("overfitting likely: 500 labels under full-fine-tuning"),
        job(300, similarity=2).decides("overfitting possible: 300 labels under feature-extraction"),
        job(100, fixed={"strategy": "from-scratch"}).decides("overfitting likely: 100 labels under from-scratch"),
    ),
    silent=(job(500_000),),
)
def overfitting(outcome: Outcome) -> RiskJudgement | None:
    if not outcome.case.job.data.few or outcome.strategy is Strategy.ZERO_SHOT:
        return None
    deep = outcome.tunes_backbone or outcome.strategy is Strategy.FROM_SCRATCH
    return RiskJudgement(
        "overfitting",
        Likelihood.LIKELY if deep else Likelihood.POSSIBLE,
        f"{outcome.case.job.data.examples} labels under {outcome.strategy}",
    )


@RISKS.rule(
    "risk-rate-too-high",
    "A fixed rate above the published range endangers pretrained features.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide"),
    seeds=("R-070", "R-106", "R-139"),
    fires=(
        job(50_000, source=VIT, fixed={"peak_rate": 1e-2}).decides(
            "learning-rate-too-high likely: the fixed rate of 0.01 is above the published range"
        ),
    ),
    silent=(job(50_000, source=VIT, fixed={"peak_rate": 3e-5}), job()),
)
def rate_too_high(outcome: Outcome) -> RiskJudgement | None:
    fixed, rates = known(outcome.request.fixed.peak_rate), outcome.rates
    if fixed is None or rates is None or fixed <= (rates.backbone_high or rates.head_high):
        return None
    return RiskJudgement(
        "learning-rate-too-high", Likelihood.LIKELY, f"the fixed rate of {fixed:g} is above the published range"
    )


@RISKS.rule(
    "risk-rate-too-high-for-two-towers",
    "Towers pretrained on pairs of pictures and texts lose what they know at rates that a supervised backbone bears.",
    grade=Grade.B,
    sources=("model-soups", "clip-rates"),
    fires=(
        job(
            272,
            task="zero-shot-image-classification",
            source=CLIP,
            fixed={"peak_rate": 5e-5, "strategy": "full-fine-tuning"},
        ).decides("learning-rate-too-high likely: the fixed rate of 5e-05 is above 3.5e-05"),
    ),
    silent=(
        job(
            272,
            task="zero-shot-image-classification",
            source=CLIP,
            fixed={"peak_rate": 1e-5, "strategy": "full-fine-tuning"},
        ),
        job(50_000, source=VIT, fixed={"peak_rate": 5e-5, "strategy": "full-fine-tuning"}),
        job(),
    ),
)
def rate_too_high_for_towers(outcome: Outcome) -> RiskJudgement | None:
    fixed, most = known(outcome.request.fixed.peak_rate), outcome.know.number("two-towers-rate-most")
    paired = outcome.case.model.objective is Objective.CONTRASTIVE_IMAGE_TEXT
    if fixed is None or fixed <= most or not paired or not outcome.tunes_backbone:
        return None
    return RiskJudgement(
        "learning-rate-too-high", Likelihood.POSSIBLE, f"the fixed rate of {fixed:g} is above {most:g}"
    )


@RISKS.rule(
    "risk-batch-norm-drift",
    "Frozen batch-norm layers left in training mode drift.",
    grade=Grade.B,
    sources=("keras-transfer-guide", "torchvision"),
    seeds=("C-18",),
    fires=(
        job(source=RESNET, policy="guides").decides(
            "frozen-batch-norm-drift likely: the model has batch norm and frozen blocks"
        ),
    ),
    silent=(job(source=VIT), job(900), job(source=RESNET)),
)
def batch_norm_drift(outcome: Outcome) -> RiskJudgement | None:
    frozen = outcome.strategy in (Strategy.FEATURE_EXTRACTION, Strategy.PARTIAL)
    if outcome.case.model.norm is not NormKind.BATCH or not frozen:
        return None
    return RiskJudgement("frozen-batch-norm-drift", Likelihood.LIKELY, "the model has batch norm and frozen blocks")


@RISKS.rule(
    "risk-seed-variance",
    "On small sets, runs that differ only in their seed differ by several points.",
    grade=Grade.A,
    sources=("mosbach-2021", "model-recycling"),
    fires=(job(500).decides("seed-variance likely: 500 labels are few"),),
    silent=(job(50_000),),
)
def seed_variance(outcome: Outcome) -> RiskJudgement | None:
    data = outcome.case.job.data
    if not data.few_for_one_seed or outcome.strategy is Strategy.ZERO_SHOT:
        return None
    return RiskJudgement("seed-variance", Likelihood.LIKELY, f"{data.examples} labels are few")


@RISKS.rule(
    "risk-miscalibration",
    "Under shift accuracy may hold while confidences become meaningless.",
    grade=Grade.C,
    sources=("seed-explainer",),
    seeds=("R-102",),
    fires=(
        job(similarity=3).decides(
            "miscalibration likely: thresholds set on source-like data lose their meaning under shift"
        ),
    ),
    silent=(job(similarity=8), job(task="summarization", similarity=3)),
)
def miscalibration(outcome: Outcome) -> RiskJudgement | None:
    if not outcome.case.job.task.has_classes or outcome.case.alike:
        return None
    likelihood = Likelihood.LIKELY if outcome.case.unlike else Likelihood.POSSIBLE
    return RiskJudgement(
        "miscalibration", likelihood, "thresholds set on source-like data lose their meaning under shift"
    )


@RISKS.rule(
    "risk-class-imbalance",
    "Many classes on few labels leave some classes with next to none, and so does a rare class.",
    sources=("judgement", "seed-explainer"),
    seeds=("R-080",),
    fires=(
        job(1500, classes=100).decides("class-imbalance likely: 15 examples per class on average"),
        job(100, classes=5, similarity=8, source=RESNET).decides(
            "class-imbalance possible: 20 examples per class on average"
        ),
    ),
    silent=(job(5000, classes=2), job()),
)
def class_imbalance(outcome: Outcome) -> RiskJudgement | None:
    data, number = outcome.case.job.data, outcome.know.number
    count = data.fewest
    if count is None or count >= number("imbalance-per-class"):
        return None
    likelihood = Likelihood.LIKELY if count < number("per-class-thin") else Likelihood.POSSIBLE
    told = f"{count:.3g} examples per class on average" if data.rarest is None else f"{count} of the rarest class"
    return RiskJudgement("class-imbalance", likelihood, told)


@RISKS.rule(
    "risk-class-imbalance-measured",
    "A class much rarer than the mean class is given up by a loss that counts all examples alike.",
    sources=("judgement", "seed-explainer"),
    fires=(
        Example(
            "/recommend", {"target": IMAGES, "dataset": {"examples": 9000, "classes": 3, "rarest_class": 300}}
        ).decides("class-imbalance likely: 300 examples of the rarest class, 3000 of the mean one"),
    ),
    silent=(
        Example("/recommend", {"target": IMAGES, "dataset": {"examples": 9000, "classes": 3, "rarest_class": 3000}}),
    ),
)
def class_imbalance_measured(outcome: Outcome) -> RiskJudgement | None:
    if outcome.setup.loss not in (Loss.WEIGHTED_CROSS_ENTROPY, Loss.WEIGHTED_BINARY_CROSS_ENTROPY):
        return None
    data = outcome.case.job.data
    because = f"{data.rarest} examples of the rarest class, {data.per_class:.4g} of the mean one"
    return RiskJudgement("class-imbalance", Likelihood.LIKELY, because)
