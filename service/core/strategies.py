"""Ranks the six strategies for one job."""

from msgspec import Struct

from service.contract.recommend import StrategyOption
from service.contract.words import Strategy
from service.core.feasibility import FEASIBILITY
from service.core.job import Case
from service.core.rule import Rule, Topic
from service.core.trace import Trace
from service.knowledge.model import Claim


class Vote(Struct, frozen=True):
    """Points for one strategy (negative: against it). `favours` says on which side the reason is listed."""

    strategy: Strategy
    points: float
    reason: str
    favours: bool


class Ballot(Struct, frozen=True):
    """All votes of one rule, and the rows that they rest on."""

    votes: list[Vote]
    rows: tuple[Claim, ...] = ()


class Standing(Struct):
    """One strategy while it is being ranked."""

    strategy: Strategy
    score: float
    why: list[str]
    why_not: list[str]
    feasible: bool
    votes: list[tuple[Rule[Case, Ballot], Vote, Ballot]]


VOTES: Topic[Case, Ballot] = Topic("strategy")


def rank_strategies(case: Case, trace: Trace) -> list[StrategyOption]:
    """All six strategies, feasible ones first, each with its reasons for and against."""
    standings = {strategy: _start(case, strategy) for strategy in Strategy}
    for rule, ballot in VOTES.all(case):
        for vote in ballot.votes:
            standing = standings[vote.strategy]
            standing.score += vote.points
            (standing.why if vote.favours else standing.why_not).append(vote.reason)
            standing.votes.append((rule, vote, ballot))
    blocks = list(FEASIBILITY.all(case))
    for _, blocked in blocks:
        for strategy, reason in blocked.reasons.items():
            standings[strategy].feasible = False
            standings[strategy].why_not.append(reason)
    order = sorted(
        standings.values(),
        key=lambda one: (not one.feasible, -one.score, case.know.strategies[one.strategy].capacity),
    )
    place = {standing.strategy: index for index, standing in enumerate(order)}
    for rule, blocked in blocks:
        for strategy, reason in blocked.reasons.items():
            trace.add(f"/strategies/{place[strategy]}/feasible", rule, reason, blocked.rows)
    return [_present(case, standing, place[standing.strategy], trace) for standing in order]


def _start(case: Case, strategy: Strategy) -> Standing:
    row = case.know.strategies[strategy]
    return Standing(strategy, 0.0, [row.strength], [row.weakness], True, [])


def _present(case: Case, standing: Standing, place: int, trace: Trace) -> StrategyOption:
    row = case.know.strategies[standing.strategy]
    for rule, vote, ballot in standing.votes:
        trace.add(f"/strategies/{place}/score", rule, f"{vote.points:+g}: {vote.reason}", ballot.rows)
    return StrategyOption(
        strategy=standing.strategy,
        rank=place + 1,
        score=max(0, round(standing.score)) if standing.feasible else 0,
        feasible=standing.feasible,
        why=standing.why,
        why_not=standing.why_not,
        risk=row.risk,
        effort=row.effort,
    )
