"""How likely each risk is for this request."""

from msgspec import Struct

from service.contract.recommend import PlanRisk
from service.contract.words import Grade, Likelihood, Loss, NormKind, Objective, Strategy
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import CLIP, RESNET, VIT, job
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Example, Topic
from service.core.rules.trace import Trace

SEVERITY = tuple(Likelihood)
IMAGES = {"task": "image-classification"}


class RiskJudgement(Struct, frozen=True):
    """A risk by its id, how likely it is here, and why."""

    risk: str
    likelihood: Likelihood
    because: str


UNFOUNDED = RiskJudgement("", Likelihood.UNLIKELY, "nothing in the request points to it")
"""The judgement of a risk that no rule speaks of."""

RISKS: Topic[Outcome, RiskJudgement] = Topic("risks")


@RISKS.rule(
    "risk-negative-transfer-measured",
    "Negative transfer is likely where scratch does better than full tuning, and observed where it also beats a probe.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer", "seed-complete-guide"),
    seeds=("R-105", "R-110", "R-113", "C-07"),
    fires=(
        job(measurements={"from_scratch": 0.8, "full_fine_tuning": 0.7}).decides(
            "negative-transfer likely: scratch scores 0.8, full tuning 0.7"
        ),
    ),
    silent=(job(measurements={"from_scratch": 0.6, "full_fine_tuning": 0.7}),),
)
def negative_transfer_measured(outcome: Outcome) -> RiskJudgement | None:
    scores = outcome.case.job.scores
    if not scores.scratch_beats_tuned:
        return None
    likelihood = Likelihood.OBSERVED if scores.scratch_beats_probe else Likelihood.LIKELY
    probe = "" if scores.probe is None else f", a probe {scores.probe:g}"
    because = f"scratch scores {scores.scratch:g}, full tuning {scores.tuned:g}{probe}"
    return RiskJudgement("negative-transfer", likelihood, because)


@RISKS.rule(
    "risk-negative-transfer",
    "Negative transfer is rare with established checkpoints, and likely where source and target are very different.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("R-106", "R-107", "R-109", "C-11"),
    fires=(job(similarity=2).decides("negative-transfer likely: the similarity of 2 is low"),),
    silent=(job(similarity=8),),
)
def negative_transfer(outcome: Outcome) -> RiskJudgement | None:
    if not outcome.case.unlike or outcome.strategy is Strategy.FROM_SCRATCH:
        return None
    likelihood = Likelihood.LIKELY if outcome.case.very_different else Likelihood.POSSIBLE
    return RiskJudgement("negative-transfer", likelihood, f"the similarity of {outcome.case.similarity:g} is low")


@RISKS.rule(
    "risk-overfitting",
    "Few labels and many open parameters overfit.",
    grade=Grade.C,
    sources=("seed-complete-guide", "seed-explainer"),
    seeds=("R-014", "R-044", "R-062", "R-129"),
    fires=(
        job(500, fixed={"strategy": "full-fine-tuning"}).decides(
            "overfitting likely: 500 labels under full-fine-tuning"
        ),
        job(300, similarity=2).decides("overfitting possible: 300 labels under feature-extraction"),
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
    "risk-forgetting",
    "Training the backbone overwrites source knowledge, above all where that knowledge is wanted.",
    grade=Grade.C,
    sources=("seed-explainer", "peft-bench"),
    seeds=("R-044", "R-093"),
    fires=(
        job(50_000, source=RESNET).decides("catastrophic-forgetting possible: full-fine-tuning changes the backbone"),
    ),
    silent=(job(300, similarity=8),),
)
def forgetting(outcome: Outcome) -> RiskJudgement | None:
    wanted = outcome.request.constraints.keep_source_ability is True
    if not outcome.tunes_backbone:
        because = f"{outcome.strategy} leaves the pretrained weights as they are"
        return RiskJudgement("catastrophic-forgetting", Likelihood.UNLIKELY, because) if wanted else None
    return RiskJudgement(
        "catastrophic-forgetting",
        Likelihood.LIKELY if wanted else Likelihood.POSSIBLE,
        f"{outcome.strategy} changes the backbone" + (" and the source ability must be kept" if wanted else ""),
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
    silent=(job(50_000, source=VIT, fixed={"peak_rate": 3e-5}),),
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
    "risk-domain-shift",
    "Shrinking overlap between training and deployment data is the main way in which transfer fails.",
    grade=Grade.C,
    sources=("seed-explainer", "seed-complete-guide"),
    seeds=("R-013", "R-020", "R-103"),
    fires=(
        job(domain="retail-products").decides("domain-shift possible: retail-products varies much in deployment"),
        job(similarity=2).decides("domain-shift likely: the data are unlike the pretraining data"),
    ),
    silent=(job(similarity=8),),
)
def domain_shift(outcome: Outcome) -> RiskJudgement | None:
    domain = outcome.case.job.domain
    prone = domain is not None and domain.shifts_in_deployment
    if not prone and not outcome.case.unlike:
        return None
    because = (
        f"{domain.id} varies much in deployment" if prone and domain else "the data are unlike the pretraining data"
    )
    return RiskJudgement("domain-shift", Likelihood.LIKELY if outcome.case.unlike else Likelihood.POSSIBLE, because)


@RISKS.rule(
    "risk-robustness-lost",
    "Tuning all of an image-text model gains on its own pictures and can cost ten points on others: beyond a rate of "
    "2e-5 every run of CLIP ended below its probe there.",
    grade=Grade.A,
    sources=("model-soups", "clip-rates"),
    fires=(
        job(50_000, source=CLIP, fixed={"strategy": "full-fine-tuning"}).decides(
            "robustness-lost possible: all of an image-text model moves"
        ),
        job(50_000, source=CLIP, fixed={"strategy": "full-fine-tuning", "peak_rate": 4e-5}).decides(
            "robustness-lost likely: all of an image-text model moves, at 4e-05"
        ),
    ),
    silent=(
        job(50_000, source=CLIP, fixed={"strategy": "feature-extraction"}),
        job(50_000, source=RESNET, fixed={"strategy": "full-fine-tuning"}),
    ),
)
def robustness_lost(outcome: Outcome) -> RiskJudgement | None:
    planned = outcome.scheduled
    paired = outcome.case.model.objective is Objective.CONTRASTIVE_IMAGE_TEXT
    if not paired or planned is None or planned.schedule is None or outcome.strategy is not Strategy.FULL:
        return None
    rate, moves = planned.schedule.rates.backbone_top, "all of an image-text model moves"
    if rate > planned.case.rates.backbone_high:
        return RiskJudgement("robustness-lost", Likelihood.LIKELY, f"{moves}, at {rate:g}")
    return RiskJudgement("robustness-lost", Likelihood.POSSIBLE, moves)


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
    "risk-batch-norm-drift",
    "Frozen batch-norm layers left in training mode drift.",
    grade=Grade.B,
    sources=("keras-transfer-guide", "torchvision"),
    seeds=("C-18",),
    fires=(
        job(source={"model": "resnet50"}, policy="guides").decides(
            "frozen-batch-norm-drift likely: the model has batch norm and frozen blocks"
        ),
    ),
    silent=(job(source=VIT),),
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
    "risk-shortcut-cues",
    "Narrow sources and fine distinctions invite reading the background instead of the object.",
    grade=Grade.C,
    sources=("seed-explainer",),
    seeds=("R-111",),
    fires=(
        job(domain="wildlife").decides("shortcut-cues possible: in wildlife background and label often go together"),
    ),
    silent=(job(domain="food"),),
)
def shortcut_cues(outcome: Outcome) -> RiskJudgement | None:
    domain = outcome.case.job.domain
    if domain is None or not domain.invites_shortcuts:
        return None
    return RiskJudgement("shortcut-cues", Likelihood.POSSIBLE, f"in {domain.id} background and label often go together")


@RISKS.rule(
    "risk-licence",
    "Weights whose licence restricts use are a risk of their own.",
    grade=Grade.D,
    sources=("judgement", "seed-explainer"),
    seeds=("R-127",),
    fires=(
        job(source={"model": "vit_base_patch16_224.mae"}).decides(
            "licence likely: vit_base_patch16_224.mae is under CC-BY-NC-4.0"
        ),
    ),
    silent=(job(source={"model": "resnet50"}),),
)
def licence(outcome: Outcome) -> RiskJudgement | None:
    row = outcome.case.model.row
    if row is None or not outcome.case.model.restricted:
        return None
    likelihood = Likelihood.POSSIBLE if row.commercial_use == "yes" else Likelihood.LIKELY
    return RiskJudgement("licence", likelihood, f"{row.id} is under {row.licence}")


@RISKS.rule(
    "risk-unsafe-behaviour",
    "Domain data can teach a language model harmful patterns without anybody meaning it.",
    grade=Grade.C,
    sources=("seed-explainer",),
    seeds=("R-134",),
    fires=(
        job(task="text-generation").decides("unsafe-behaviour possible: a tuned generator may lose its safeguards"),
    ),
    silent=(job(),),
)
def unsafe_behaviour(outcome: Outcome) -> RiskJudgement | None:
    if outcome.case.job.task.track != "generation" or outcome.strategy is Strategy.ZERO_SHOT:
        return None
    return RiskJudgement("unsafe-behaviour", Likelihood.POSSIBLE, "a tuned generator may lose its safeguards")


@RISKS.rule(
    "risk-class-imbalance",
    "Many classes on few labels leave some classes with next to none, and so does a rare class.",
    grade=Grade.D,
    sources=("judgement", "seed-explainer"),
    seeds=("R-080",),
    fires=(job(1500, classes=100).decides("class-imbalance likely: 15 examples per class on average"),),
    silent=(job(5000, classes=2),),
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


def judge_risks(outcome: Outcome, trace: Trace) -> list[PlanRisk]:
    """Every risk of the table, the most likely first."""
    judged = list(RISKS.all(outcome))
    risks: list[PlanRisk] = []
    for row in outcome.know.tables.risks:
        mine = [finding for _, finding in judged if finding.risk == row.id]
        worst = max(mine, key=lambda one: SEVERITY.index(one.likelihood), default=UNFOUNDED)
        risks.append(PlanRisk.from_row(row, likelihood=worst.likelihood, because=worst.because))
    risks.sort(key=lambda risk: -SEVERITY.index(risk.likelihood))
    place = {risk.id: index for index, risk in enumerate(risks)}
    for rule, finding in judged:
        trace.add(f"/risks/{place[finding.risk]}/likelihood", rule, finding.because)
    return risks
