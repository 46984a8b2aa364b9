"""Risks of giving the model to others."""

from service.contract.words import Grade, Likelihood, Strategy
from service.core.advisories.outcome import Outcome
from service.core.advisories.risks.risk import RISKS, RiskJudgement
from service.core.rules.example_requests import MAE, RESNET, job


@RISKS.rule(
    "risk-licence",
    "Weights whose licence restricts use are a risk of their own.",
    sources=("judgement", "seed-explainer"),
    seeds=("R-127",),
    fires=(job(source=MAE).decides("licence likely: vit_base_patch16_224.mae is under CC-BY-NC-4.0"),),
    silent=(job(source=RESNET),),
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
