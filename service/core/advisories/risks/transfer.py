"""Risks of what was pretrained: transfer that harms, what is forgotten, and data unlike those of the run."""

from service.contract.words import Grade, Likelihood, Objective, Strategy
from service.core.advisories.outcome import Outcome
from service.core.advisories.risks.risk import RISKS, RiskJudgement
from service.core.rules.example_requests import CLIP, FULL, PROBED, RESNET, job


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
    silent=(job(similarity=8), job(5_000_000, similarity=1), job(similarity=2, fixed={"strategy": "from-scratch"})),
)
def negative_transfer(outcome: Outcome) -> RiskJudgement | None:
    if not outcome.case.unlike or outcome.strategy is Strategy.FROM_SCRATCH:
        return None
    likelihood = Likelihood.LIKELY if outcome.case.very_different else Likelihood.POSSIBLE
    return RiskJudgement("negative-transfer", likelihood, f"the similarity of {outcome.case.similarity:g} is low")


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
    "risk-domain-shift",
    "Shrinking overlap between training and deployment data is the main way in which transfer fails.",
    grade=Grade.C,
    sources=("seed-explainer", "seed-complete-guide"),
    seeds=("R-013", "R-020", "R-103"),
    fires=(
        job(domain="retail-products").decides("domain-shift possible: retail-products varies much in deployment"),
        job(similarity=2).decides("domain-shift likely: the data are unlike the pretraining data"),
        job(domain="food", similarity=2).decides("domain-shift likely: the data are unlike the pretraining data"),
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
        job(50_000, source=CLIP, fixed=FULL).decides("robustness-lost possible: all of an image-text model moves"),
        job(50_000, source=CLIP, fixed={"strategy": "full-fine-tuning", "peak_rate": 4e-5}).decides(
            "robustness-lost likely: all of an image-text model moves, at 4e-05"
        ),
    ),
    silent=(
        job(50_000, source=CLIP, fixed=PROBED),
        job(50_000, source=RESNET, fixed=FULL),
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
    "risk-shortcut-cues",
    "Narrow sources and fine distinctions invite reading the background instead of the object.",
    grade=Grade.C,
    sources=("seed-explainer",),
    seeds=("R-111",),
    fires=(
        job(domain="wildlife").decides("shortcut-cues possible: in wildlife background and label often go together"),
    ),
    silent=(job(domain="food"), job()),
)
def shortcut_cues(outcome: Outcome) -> RiskJudgement | None:
    domain = outcome.case.job.domain
    if domain is None or not domain.invites_shortcuts:
        return None
    return RiskJudgement("shortcut-cues", Likelihood.POSSIBLE, f"in {domain.id} background and label often go together")
