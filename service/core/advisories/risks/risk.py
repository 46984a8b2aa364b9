"""How likely each risk is for this request. The rules are in the modules beside this."""

from msgspec import Struct

from service.contract.recommend import PlanRisk
from service.contract.words import Likelihood
from service.core.advisories.outcome import Outcome
from service.core.rules.rule import Topic, Trace

SEVERITY = tuple(Likelihood)


class RiskJudgement(Struct, frozen=True):
    """A risk by its id, how likely it is here, and why."""

    risk: str
    likelihood: Likelihood
    because: str


UNFOUNDED = RiskJudgement("", Likelihood.UNLIKELY, "nothing in the request points to it")
"""The judgement of a risk that no rule speaks of."""

RISKS: Topic[Outcome, RiskJudgement] = Topic("risks", gathered=True)


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
