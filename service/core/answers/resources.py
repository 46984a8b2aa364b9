"""Answers `/resources`: what the plan takes of the machine."""

from collections.abc import Sequence

import msgspec

from service.contract.job import Job
from service.contract.resources import PlanResources, ResourcesAnswer
from service.contract.schedule import TrainingPhase
from service.core.advisories.notices.notice import notify
from service.core.advisories.outcome import Outcome
from service.core.answers.decision import decide
from service.core.answers.summary import summarise
from service.core.answers.timing import time_case, timed_phases
from service.core.choice.feasibility import FEASIBILITY, TRAINED
from service.core.resources.device_speed import speed_of
from service.core.resources.fitting import fitted
from service.core.resources.memory import Need
from service.core.resources.plan_memory import MemoryCase, tell_resources
from service.core.resources.run_time import tell_time
from service.core.rules.rule import Trace
from service.knowledge.index import Knowledge


def resources(request: Job, know: Knowledge, explain: bool) -> ResourcesAnswer:
    """What the run takes of each device. Raises Refusal as `freeze_plan` does."""
    trace = Trace(explain, ResourcesAnswer.__struct_fields__)
    outcome = decide(request, know, "/resources", trace).outcome
    phases = timed_phases(outcome, trace)
    return ResourcesAnswer(
        ruleset=know.ruleset,
        resolved=outcome.inputs.resolved,
        notices=notify(outcome, trace),
        trace=trace.entries,
        summary=summarise(outcome, phases, trace),
        setup=outcome.setup,
        resources=resources_of(outcome, phases, trace),
    )


def resources_of(outcome: Outcome, phases: Sequence[TrainingPhase], trace: Trace) -> PlanResources:
    """What the plan takes, beside what lighter strategies that are feasible would take."""
    case, need = outcome.case, outcome.need
    needs = {one.strategy: case.need(one.strategy) for one in outcome.options if one.feasible}
    lighter = [
        (strategy, other) for strategy, other in needs.items() if other.trains and strategy is not outcome.strategy
    ]
    others = tuple(sorted(lighter, key=lambda one: -one[1].peak_gib))
    machine, per_device = case.job.machine, need.per_device * (outcome.setup.accumulation or 1)
    speed = speed_of(machine, case.model.family, need.precision, case.know)
    memory = MemoryCase(machine, outcome.strategy, need, others, per_device, speed, _instead(outcome))
    told = tell_resources(memory, trace)
    time, why = tell_time(time_case(outcome, phases), trace)
    if time is not None:
        return msgspec.structs.replace(told, time=time)
    return msgspec.structs.replace(told, assumptions=[*told.assumptions, f"Time is not told: {why}."])


def _instead(outcome: Outcome) -> tuple[str, Need] | None:
    """A model that has room where the given one has none, with the least that it takes to train it."""
    other = outcome.instead
    if other is None:
        return None
    barred = {strategy for _, bar in FEASIBILITY.all(other) for strategy in bar.reasons}
    open_to = [one for one in other.know.strategies if one not in barred and one in TRAINED]
    needs = [fitted(other.least_need(one), other.job.machine, one, 1, fixed=False) for one in open_to]
    least = min((need for need in needs if need is not None), key=lambda need: need.peak_gib, default=None)
    return (other.model.name, least) if least else None
