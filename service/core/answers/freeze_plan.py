"""Answers `/freeze-plan`: the part of the plan that says what to freeze, and how to train the rest."""

from service.contract.freeze import FreezePlanAnswer
from service.contract.job import Job
from service.core.advisories.notices.notice import notify
from service.core.answers.decision import decide
from service.core.answers.summary import summarise
from service.core.answers.timing import timed_phases
from service.core.rules.rule import Trace
from service.knowledge.index import Knowledge


def freeze_plan(request: Job, know: Knowledge, explain: bool) -> FreezePlanAnswer:
    """Which blocks to freeze. Raises Refusal for a job that contradicts itself or names something unknown."""
    trace = Trace(explain, FreezePlanAnswer.__struct_fields__)
    outcome = decide(request, know, "/freeze-plan", trace).outcome
    phases = timed_phases(outcome, trace)
    return FreezePlanAnswer(
        ruleset=know.ruleset,
        resolved=outcome.inputs.resolved,
        notices=notify(outcome, trace),
        trace=trace.entries,
        summary=summarise(outcome, phases, trace),
        setup=outcome.setup,
        freeze_plan=outcome.freeze_plan,
        lr_schedule=outcome.schedule,
        phases=phases,
        exports=[],
    )
