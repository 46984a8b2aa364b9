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
from service.core.resources.device_speed import speed_of
from service.core.resources.plan_memory import MemoryCase, tell_resources
from service.core.resources.run_time import tell_time
from service.core.rules.trace import Trace
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
    told = tell_resources(MemoryCase(machine, outcome.strategy, need, others, per_device, speed), trace)
    time, why = tell_time(time_case(outcome, phases), trace)
    if time is not None:
        return msgspec.structs.replace(told, time=time)
    return msgspec.structs.replace(told, assumptions=[*told.assumptions, f"Time is not told: {why}."])
