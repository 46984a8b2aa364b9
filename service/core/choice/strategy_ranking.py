"""Ranks the six strategies for one job."""

from typing import Any

from msgspec import Struct

from service.contract.recommend import StrategyOption
from service.contract.words import STRATEGY_OF, ComputeKind, Method, Policy, Strategy
from service.core.choice.case import Case
from service.core.choice.comparisons import USUAL_METHOD
from service.core.choice.feasibility import Bar
from service.core.rules.rule import Rule, Topic, Trace
from service.knowledge.rows import Claim

ORDINALS = ("first", "second", "third", "fourth", "fifth", "last")


class Vote(Struct, frozen=True):
    """Points for one strategy (negative: against it). `favours` says on which side the reason is listed."""

    strategy: Strategy
    points: float
    reason: str
    favours: bool


class Ballot(Struct, frozen=True):
    """All votes of one rule, and the rows that they rest on."""

    votes: list[Vote]
    rows: tuple[Claim, ...]


class Standing(Struct):
    """One strategy while it is being ranked."""

    strategy: Strategy
    score: float
    why: list[str]
    why_not: list[str]
    feasible: bool
    votes: list[tuple[Rule[Any, Any], Vote, tuple[Claim, ...]]]


class Rival(Struct, frozen=True):
    """What the other policy puts first of what is feasible, and why."""

    policy: Policy
    strategy: Strategy
    reason: str
    rows: tuple[Claim, ...]


VOTES: Topic[Case, Ballot] = Topic("strategy")
"""What the guides say for and against each strategy, from size, similarity, model and task."""

DEMANDS: Topic[Case, Ballot] = Topic("strategy-demands")
"""What machine, wishes and measurements say, whatever the policy."""

Bars = list[tuple[Rule[Case, Bar], Bar]]
"""What bars strategies for this model and machine, whatever the data: the findings of FEASIBILITY."""

Prior = tuple[Rule[Any, Any], list[Vote], tuple[Claim, ...]]
"""The votes of one rule before machine, wishes and measurements are looked at."""


def rank_strategies(case: Case, bars: Bars, trace: Trace) -> list[StrategyOption]:
    """All six strategies, feasible ones first, each with its reasons for and against."""
    order = _order(case, bars)
    place = {standing.strategy: index for index, standing in enumerate(order)}
    for rule, blocked in bars:
        for strategy, reason in blocked.reasons.items():
            order[place[strategy]].why_not.append(reason)
            trace.add(f"/strategies/{place[strategy]}/feasible", rule, reason, blocked.rows)
    rule, found = case.consulted
    if rule is not None and found.order is None:
        trace.add("/strategies", rule, found.formula, found.rows)
    methods = methods_of(case)
    return [_present(case, standing, place[standing.strategy], methods, trace) for standing in order]


def first_strategy(case: Case, bars: Bars) -> Strategy:
    """The strategy that ranks first, without the reasons."""
    return _order(case, bars)[0].strategy


def find_rival(case: Case, bars: Bars, first: Strategy) -> Rival | None:
    """The first feasible strategy of the other policy, where it is not the one given; None where they agree."""
    other = Policy.GUIDES if case.job.policy is Policy.EVIDENCE else Policy.EVIDENCE
    under = case.under(other)
    if other is Policy.GUIDES and case.consulted[1].order is None:
        return None
    best = _order(under, bars)[0]
    if best.strategy is first or not best.feasible:
        return None
    _, vote, rows = max(best.votes, key=lambda one: one[1].points)
    return Rival(other, best.strategy, vote.reason, rows)


def methods_of(case: Case) -> dict[Strategy, Method]:
    """How each strategy is carried out here."""
    methods = dict(USUAL_METHOD)
    _, found = case.consulted
    if found.order is not None:
        methods.update({STRATEGY_OF[method]: method for method in found.order.order})
    tunes = methods[Strategy.FULL] is Method.FULL
    if case.job.constraints.robust_to_shift and tunes and case.gets_new_head:
        methods[Strategy.FULL] = Method.PROBE_THEN_FINE_TUNE
    return methods


def outlook(case: Case) -> tuple[object, ...]:
    """All of the data that the ranking of one model on one machine turns on: equal outlooks, equal rankings."""
    _, found = case.consulted
    slow = case.job.machine.kind is ComputeKind.CPU and not case.tunes_overnight
    if found.order is not None:
        return slow, found.order.order
    data = case.job.data
    return slow, data.band, case.level, case.very_different, data.few_shot and case.works_untrained


def _priors(case: Case) -> list[Prior]:
    """The votes of the published order, or of the guides where there is none."""
    rule, found = case.consulted
    if rule is None or found.order is None:
        return [(rule, ballot.votes, ballot.rows) for rule, ballot in VOTES.all(case)]
    step, count = case.know.number("vote-place"), len(found.order.order)
    votes: list[Vote] = []
    for place, method in enumerate(found.order.order):
        reason = found.order.claim if place == 0 else f"{ORDINALS[place]} of six in published comparisons"
        votes.append(Vote(STRATEGY_OF[method], step * (count - place), reason, place < count / 2))
    return [(rule, votes, found.rows)]


def _order(case: Case, bars: Bars) -> list[Standing]:
    """Feasible strategies by score, then those that only lack hours, or else memory, the least first, then the rest."""
    standings = {strategy: Standing(strategy, 0.0, [], [], True, []) for strategy in Strategy}
    demands: list[Prior] = [(rule, ballot.votes, ballot.rows) for rule, ballot in DEMANDS.all(case)]
    for rule, votes, rows in _priors(case) + demands:
        for vote in votes:
            standing = standings[vote.strategy]
            standing.score += vote.points
            (standing.why if vote.favours else standing.why_not).append(vote.reason)
            standing.votes.append((rule, vote, rows))
    impossible: set[Strategy] = set()
    needs: dict[Strategy, float] = {}
    late: dict[Strategy, float] = {}
    for _, blocked in bars:
        for strategy in blocked.reasons:
            standings[strategy].feasible = False
        needs.update(blocked.needs)
        late.update(blocked.hours)
        if not blocked.only_memory:
            impossible.update(blocked.reasons)

    def place(one: Standing) -> tuple[bool, bool, bool, float, int]:
        large = one.strategy in needs
        merit = -one.score if one.feasible else (needs if large else late).get(one.strategy, 0.0)
        return not one.feasible, one.strategy in impossible, large, merit, case.know.strategies[one.strategy].capacity

    return sorted(standings.values(), key=place)


def _present(
    case: Case, standing: Standing, place: int, methods: dict[Strategy, Method], trace: Trace
) -> StrategyOption:
    row, order = case.know.strategies[standing.strategy], case.consulted[1].order
    also = order.also if order else ()
    for rule, vote, rows in standing.votes:
        trace.add(f"/strategies/{place}/score", rule, f"{vote.points:+g}: {vote.reason}", rows)
    return StrategyOption(
        strategy=standing.strategy,
        method=methods[standing.strategy],
        also=[method for method in also if STRATEGY_OF[method] is standing.strategy],
        rank=place + 1,
        score=max(1, round(standing.score)) if standing.feasible else 0,
        feasible=standing.feasible,
        why=[row.strength, *standing.why],
        why_not=[row.weakness, *standing.why_not],
        risk=row.risk,
        effort=row.effort,
    )
