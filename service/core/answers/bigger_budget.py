"""What more memory or hours would change: asked of the whole decision, so that it comes when it is asked for."""

import math

import msgspec

from service.contract.job import Job
from service.contract.recommend import BiggerBudget
from service.core.answers.decision import Decision, decide
from service.core.choice.beginning import Unbound
from service.core.choice.feasibility import barring
from service.core.resources.memory import usable_gib
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import UNTOLD, Trace

MOST_ASKED = 4
"""Budgets that are tried: the least that the strategy takes, then what the plans that were made of it lacked."""


def bigger_budget(request: Job, decision: Decision, trace: Trace) -> BiggerBudget | None:
    """What would be done with more memory or hours; without a number where none was found to lead there."""
    first = short = decision.unbound
    if first is None:
        return None
    asked, found = request, False
    for _ in range(MOST_ASKED):
        if short is None or short.strategy is not first.strategy:
            break
        asked = _with_more(asked, short)
        again = decide(asked, first.case.know, "/recommend", UNTOLD)
        found = (again.outcome.strategy, again.outcome.case.model.name) == (first.strategy, first.case.model.name)
        short = None if found else again.unbound
    gib = _raised(asked.compute.memory_gib, request.compute.memory_gib)
    hours = _raised(asked.compute.hours, request.compute.hours)
    needs = [
        f"{more:g} {unit}, there are {there:g}" if found else f"more than {there:g} {unit}"
        for more, there, unit in (
            (gib, first.case.job.machine.memory_gib, "GiB a device"),
            (hours, known(request.compute.hours), "h"),
        )
        if more is not None
    ]
    for more, rule in ((gib, "memory-exceeded"), (hours, "hours-exceeded")):
        if more is not None:
            trace.add("/verdict/bigger_budget", barring(rule), " and ".join(needs))
    row = first.case.model.row
    return BiggerBudget(
        strategy=first.strategy,
        model=row.id if row else None,
        needs=" and ".join(needs),
        memory_gib=gib if found else None,
        hours=hours if found else None,
    )


def _with_more(request: Job, short: Unbound) -> Job:
    """The job with the memory and the hours that a plan was short of."""
    compute, machine = request.compute, short.case.job.machine
    if short.gib is not None:
        share = usable_gib(machine, short.case.know) / machine.memory_gib
        compute = msgspec.structs.replace(compute, memory_gib=_upwards(short.gib / share))
    if short.hours is not None:
        compute = msgspec.structs.replace(compute, hours=_upwards(short.hours))
    return msgspec.structs.replace(request, compute=compute)


def _raised(asked: float | msgspec.UnsetType, there: float | msgspec.UnsetType) -> float | None:
    return None if asked == there else known(asked)


def _upwards(value: float) -> float:
    """To three digits, and no less."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 2)
    return float(f"{math.ceil(round(value / unit, 6)) * unit:.3g}")
