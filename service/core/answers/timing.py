"""The phases of a run with their lengths, and the run as it is timed."""

import math
from collections.abc import Sequence

import msgspec

from service.contract.schedule import TrainingPhase
from service.contract.words import BlockKind
from service.core.advisories.outcome import Outcome
from service.core.resources.memory import Need
from service.core.resources.run_time import TIME, Stretch, TimeCase
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import UNTOLD, Trace
from service.core.schedule.case import TimeLimit
from service.core.schedule.phase_schedules import time_phases


def timed_phases(outcome: Outcome, trace: Trace) -> list[TrainingPhase]:
    """The plan's phases with their lengths and rates; none where plan or schedule is missing."""
    scheduled, plan = outcome.scheduled, outcome.plan
    return time_phases(scheduled, plan, trace) if scheduled and plan else []


def hours_of(outcome: Outcome) -> float | None:
    """How long the run is expected to take; None where nobody asks for a limit, or that does not follow."""
    if known(outcome.request.compute.hours) is None:
        return None
    told = TIME.first(time_case(outcome, timed_phases(outcome, UNTOLD)))[1].value
    return told.hours if told else None


def time_limit(outcome: Outcome) -> TimeLimit | None:
    """How often a run that takes longer than there are hours may pass over the data; None where it is not shortened.

    A length that the caller has fixed is kept, and so is one pass, or what is usual where that is less.
    """
    hours, needed, fixed = known(outcome.request.compute.hours), hours_of(outcome), outcome.request.fixed
    case = outcome.scheduled.case if outcome.scheduled else None
    if case is None or case.epochs is None or hours is None or needed is None or needed <= hours:
        return None
    if known(fixed.epochs) is not None or known(fixed.total_steps) is not None:
        return None
    before = case.limit or TimeLimit(hours, needed, case.epochs, case.epochs)
    epochs = max(min(1.0, before.wanted), math.floor(before.epochs * hours / needed * 100) / 100)
    return TimeLimit(hours, before.needed, before.wanted, epochs) if epochs < before.epochs else None


def time_case(outcome: Outcome, phases: Sequence[TrainingPhase]) -> TimeCase:
    """The run to be timed: its phases, or the one schedule where nothing tells how the model is built."""
    schedule, case = outcome.schedule, outcome.case
    stretches = [Stretch(one.name, one.steps, _need_in(outcome, one)) for one in phases]
    if schedule is not None and not stretches:
        stretches = [Stretch("all", schedule.total_steps, outcome.need)]
    return TimeCase(
        machine=case.job.machine,
        family=case.model.family,
        stretches=tuple(stretches),
        accumulation=outcome.setup.accumulation or 1,
        price=known(outcome.request.compute.price_per_hour),
        runs=schedule.runs if schedule else 1,
    )


def _need_in(outcome: Outcome, phase: TrainingPhase) -> Need:
    """The need of a phase: of the last that of the plan, of those before it less, as fewer blocks train."""
    plan, need = outcome.freeze_plan, outcome.need
    if phase.index == len(plan.phases) - 1:
        return need
    layers = [block for block in plan.blocks if block.kind is not BlockKind.HEAD]
    opened = [place for place, block in enumerate(layers) if block.index in phase.train_blocks]
    first = max(need.first, opened[0] if opened else len(layers))
    return msgspec.structs.replace(need, first=first, opened=need.footprint.params_from[first])
