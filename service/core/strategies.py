"""Ranks the six strategies for one job."""

from msgspec import Struct

from service.contract.recommend import StrategyOption
from service.contract.words import Strategy
from service.core.feasibility import Blocked
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

Bars = list[tuple[Rule[Case, Blocked], Blocked]]
"""What bars strategies for this model and machine, whatever the data: the findings of FEASIBILITY."""


def rank_strategies(case: Case, bars: Bars, trace: Trace) -> list[StrategyOption]:
    """All six strategies, feasible ones first, each with its reasons for and against."""
    order = _order(case, bars)
    place = {standing.strategy: index for index, standing in enumerate(order)}
    for rule, blocked in bars:
        for strategy, reason in blocked.reasons.items():
            order[place[strategy]].why_not.append(reason)
            trace.add(f"/strategies/{place[strategy]}/feasible", rule, reason, blocked.rows)
    return [_present(case, standing, place[standing.strategy], trace) for standing in order]


def first_strategy(case: Case, bars: Bars) -> Strategy:
    """The strategy that ranks first, without the reasons."""
    return _order(case, bars)[0].strategy


def _order(case: Case, bars: Bars) -> list[Standing]:
    """Feasible strategies by score, then those that only lack memory, the smallest first, then the rest."""
    standings = {strategy: Standing(strategy, 0.0, [], [], True, []) for strategy in Strategy}
    for rule, ballot in VOTES.all(case):
        for vote in ballot.votes:
            standing = standings[vote.strategy]
            standing.score += vote.points
            (standing.why if vote.favours else standing.why_not).append(vote.reason)
            standing.votes.append((rule, vote, ballot))
    impossible: set[Strategy] = set()
    needs: dict[Strategy, float] = {}
    for _, blocked in bars:
        for strategy in blocked.reasons:
            standings[strategy].feasible = False
        needs.update(blocked.needs)
        if not blocked.only_memory:
            impossible.update(blocked.reasons)

    def place(one: Standing) -> tuple[bool, bool, float, int]:
        merit = -one.score if one.feasible else needs.get(one.strategy, 0.0)
        return not one.feasible, one.strategy in impossible, merit, case.know.strategies[one.strategy].capacity

    return sorted(standings.values(), key=place)


def _present(case: Case, standing: Standing, place: int, trace: Trace) -> StrategyOption:
    row = case.know.strategies[standing.strategy]
    for rule, vote, ballot in standing.votes:
        trace.add(f"/strategies/{place}/score", rule, f"{vote.points:+g}: {vote.reason}", ballot.rows)
    return StrategyOption(
        strategy=standing.strategy,
        rank=place + 1,
        score=max(0, round(standing.score)) if standing.feasible else 0,
        feasible=standing.feasible,
        why=[row.strength, *standing.why],
        why_not=[row.weakness, *standing.why_not],
        risk=row.risk,
        effort=row.effort,
    )
