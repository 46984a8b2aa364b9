"""Answers `/freeze-plan`: the part of the plan that says what to freeze, and how to train the rest."""

from service.contract.freeze import FreezePlanAnswer
from service.contract.job import Job
from service.core.advisories.notices.notice import notify
from service.core.answers.decision import decide
from service.core.rules.trace import Trace
from service.core.schedule.phase_schedules import time_phases, total_of
from service.knowledge.index import Knowledge


def freeze_plan(request: Job, know: Knowledge, explain: bool) -> FreezePlanAnswer:
    """Which blocks to freeze. Raises Refusal for a job that contradicts itself or names something unknown."""
    trace = Trace(explain, FreezePlanAnswer.__struct_fields__)
    outcome = decide(request, know, "/freeze-plan", trace).outcome
    plan, scheduled = outcome.freeze_plan, outcome.scheduled
    phases = time_phases(scheduled, plan, trace) if scheduled else []
    return FreezePlanAnswer(
        ruleset=know.ruleset,
        resolved=outcome.inputs.resolved,
        notices=notify(outcome, trace),
        trace=trace.entries,
        setup=outcome.setup,
        freeze_plan=plan,
        lr_schedule=outcome.schedule,
        phases=phases,
        training_total=total_of(phases, trace),
        exports=[],
    )
