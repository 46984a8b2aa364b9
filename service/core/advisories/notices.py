"""What the caller should know beside the plan, each with a stable code. The rules are in `notices_of_*`."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from service.contract.explain import AnswerNotice
from service.contract.freeze import FreezePlan, FreezePlanRequest
from service.contract.schedule import LrSchedule
from service.contract.words import InputOrigin, NormKind
from service.core.advisories.outcome import Outcome
from service.core.freezing.case import FreezeCase
from service.core.rules.resolved_inputs import Inputs
from service.core.rules.rule import Rule, Topic
from service.core.rules.trace import Trace
from service.core.schedule.case import ScheduleCase
from service.knowledge.index import Knowledge
from service.knowledge.rows import Claim, RateRow


class Warned(Struct, frozen=True):
    """A notice by its code, the input or value it speaks of, and the numbers behind it.

    `rows` are what the other side rests on: they stand in the trace as dissent. `told` is added to the message; it
    holds words of the rules and tables, never of the caller.
    """

    code: str
    pointer: str
    formula: str
    rows: tuple[Claim, ...] = ()
    told: str = ""


class Scheduled(Struct, frozen=True):
    """A schedule with what it was made from. `norm` is None where it is not known."""

    know: Knowledge
    case: ScheduleCase
    schedule: LrSchedule | None
    rates: RateRow | None
    norm: NormKind | None
    devices: int = 1

    @property
    def per_device(self) -> float:
        """Examples that one device sees at a time."""
        given = self.case.wishes.per_device
        if given is not None or self.schedule is None:
            return float(given or 0)
        return self.schedule.batch_scaling.batch_size / self.devices

    def batch_pointer(self) -> str:
        """Where the request gave its batch size."""
        name = "batch_size" if self.case.wishes.per_device is None else "per_device_batch_size"
        return f"{self.case.prefix}/{name}"


class FreezeAsked(Struct, frozen=True):
    """A freeze plan that was asked for alone, with its request and its schedule."""

    request: FreezePlanRequest
    case: FreezeCase
    plan: FreezePlan
    schedule: LrSchedule | None
    inputs: Inputs


NOTICES: Topic[Outcome, Warned] = Topic("notices", gathered=True)
FREEZE_NOTICES: Topic[FreezeAsked, Warned] = Topic("freeze-notices")
SCHEDULE_NOTICES: Topic[Scheduled, Warned] = Topic("schedule-notices")


def notify(outcome: Outcome, scheduled: Scheduled, trace: Trace) -> list[AnswerNotice]:
    """All notices of a recommendation, in the order of the rules."""
    return _write(outcome.know, [*NOTICES.all(outcome), *SCHEDULE_NOTICES.all(scheduled)], trace)


def notify_schedule(scheduled: Scheduled, inputs: Inputs, trace: Trace) -> list[AnswerNotice]:
    """All notices of a schedule that was asked for alone."""
    notices = _write(scheduled.know, SCHEDULE_NOTICES.all(scheduled), trace)
    return notices + assumed_similarity_notice(scheduled.know, inputs)


def notify_freezing(asked: FreezeAsked, inputs: Inputs, trace: Trace) -> list[AnswerNotice]:
    """All notices of a freeze plan that was asked for alone."""
    know = asked.case.know
    return _write(know, FREEZE_NOTICES.all(asked), trace) + assumed_similarity_notice(know, inputs)


def assumed_similarity_notice(know: Knowledge, inputs: Inputs) -> list[AnswerNotice]:
    """The notice of `/freeze-plan` and `/lr-schedule` for a similarity that nobody gave."""
    if inputs.resolved["/similarity"].origin is not InputOrigin.ASSUMED:
        return []
    return [make_notice(know, "similarity-assumed", "/similarity")]


def make_notice(know: Knowledge, code: str, pointer: str, told: str = "") -> AnswerNotice:
    """A notice with the words of its row, and what is told beside them."""
    row = know.notices[code]
    message = f"{row.message} {told}" if told else row.message
    return AnswerNotice(code=row.code, severity=row.severity, message=message, pointer=pointer, topic=row.topic)


def _write(know: Knowledge, findings: Iterable[tuple[Rule[Any, Warned], Warned]], trace: Trace) -> list[AnswerNotice]:
    """The notices in the order of their table."""
    place = {code: index for index, code in enumerate(know.notices)}
    notices: list[AnswerNotice] = []
    for rule, finding in sorted(findings, key=lambda one: place[one[1].code]):
        dissent = tuple(f"{', '.join(row.sources)}: {getattr(row, 'claim', '')}" for row in finding.rows)
        trace.add(f"/notices/{len(notices)}", rule, finding.formula, dissent=dissent)
        notices.append(make_notice(know, finding.code, finding.pointer, finding.told))
    return notices
