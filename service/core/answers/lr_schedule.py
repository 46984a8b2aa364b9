"""Answers `/lr-schedule`: the part of the plan that says which rate holds for which block at which step."""

from service.contract.job import Job
from service.contract.problem import ProblemFault
from service.contract.schedule import LrScheduleAnswer
from service.core.advisories.notices.notice import notify
from service.core.advisories.outcome import Outcome
from service.core.answers.decision import decide
from service.core.answers.summary import summarise
from service.core.answers.timing import timed_phases
from service.core.rules.example_requests import schedule
from service.core.rules.refusal import Refusal, late_refusal
from service.core.rules.rule import Trace
from service.knowledge.index import Knowledge

UNRATED = late_refusal(
    "refuse-strategy-without-rate",
    "A schedule is refused where no rate is published for the family and strategy.",
    fires=(schedule(family="tabular", strategy="from-scratch", total_steps=100).decides("/fixed/strategy"),),
    silent=(schedule(family="cnn", total_steps=100), schedule(depth=12, total_steps=100)),
)


def lr_schedule(request: Job, know: Knowledge, explain: bool) -> LrScheduleAnswer:
    """Which rate for which block at which step. Raises Refusal as `freeze_plan` does."""
    trace = Trace(explain, LrScheduleAnswer.__struct_fields__)
    outcome = decide(request, know, "/lr-schedule", trace).outcome
    if outcome.scheduled is None and not outcome.idle:
        raise Refusal([_unrated(outcome)], UNRATED)
    return LrScheduleAnswer(
        ruleset=know.ruleset,
        resolved=outcome.inputs.resolved,
        notices=notify(outcome, trace),
        trace=trace.entries,
        summary=summarise(outcome, timed_phases(outcome, trace), trace),
        setup=outcome.setup,
        lr_schedule=outcome.schedule,
    )


def _unrated(outcome: Outcome) -> ProblemFault:
    """Why there is no schedule although something is trained."""
    model = outcome.case.model
    message = f"No published rate is known for the family {model.family} with {outcome.strategy}."
    allowed = sorted(str(one) for one in outcome.know.trainable[model.family])
    return ProblemFault("/fixed/strategy", message, allowed, None)
