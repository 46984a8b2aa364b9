"""What the caller should know beside the plan, each with a stable code. The rules are in the modules beside this."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from service.contract.explain import AnswerNotice
from service.contract.job import Job
from service.core.advisories.outcome import Outcome
from service.core.rules.rule import Rule, Topic, Trace
from service.core.schedule.plan import SchedulePlan
from service.knowledge.index import Knowledge
from service.knowledge.rows import Claim


class Remark(Struct, frozen=True):
    """A notice by its code, the input or value it speaks of, and the numbers behind it.

    `rows` are what the other side rests on: they stand in the trace as dissent. `told` is added to the message; it
    holds words of the rules and tables, never of the caller.
    """

    code: str
    pointer: str
    formula: str
    rows: tuple[Claim, ...] = ()
    told: str = ""


JOB_NOTICES: Topic[Outcome, Remark] = Topic("job-notices", gathered=True)
"""Of any job."""

NOTICES: Topic[Outcome, Remark] = Topic("notices", gathered=True)
"""Of jobs for which a strategy was decided."""

FREEZE_NOTICES: Topic[Outcome, Remark] = Topic("freeze-notices")
"""Of jobs with a freeze plan."""

SCHEDULE_NOTICES: Topic[SchedulePlan, Remark] = Topic("schedule-notices")
"""Of schedules."""

WITHOUT_EFFECT: Topic[Outcome, list[Remark]] = Topic("without-effect", gathered=True)
"""Of what was given and changes nothing; one rule may speak of several fields."""


def notify(outcome: Outcome, trace: Trace) -> list[AnswerNotice]:
    """All notices of a job, in the order of their table, but for those that speak of parts that are not answered."""
    found: list[tuple[Rule[Any, Any], Remark]] = list(JOB_NOTICES.all(outcome))
    if outcome.case.job.decides:
        found += NOTICES.all(outcome)
    if outcome.plan is not None:
        found += FREEZE_NOTICES.all(outcome)
    if outcome.scheduled is not None:
        found += SCHEDULE_NOTICES.all(outcome.scheduled)
    found += [(rule, remark) for rule, remarks in WITHOUT_EFFECT.all(outcome) for remark in remarks]
    answered = (one for one in found if _part(one[1].pointer) in REQUESTED or trace.answers(one[1].pointer))
    return _write(outcome.know, answered, trace)


def make_notice(know: Knowledge, code: str, pointer: str, told: str = "") -> AnswerNotice:
    """A notice with the words of its row, and what is told beside them."""
    row = know.notices[code]
    return AnswerNotice.from_row(row, message=f"{row.message} {told}" if told else row.message, pointer=pointer)


REQUESTED = frozenset(Job.__struct_fields__)
"""The parts of a job, which every answer may speak of."""


def _part(pointer: str) -> str:
    return pointer.split("/", 2)[1]


def _write(know: Knowledge, findings: Iterable[tuple[Rule[Any, Any], Remark]], trace: Trace) -> list[AnswerNotice]:
    place = {code: index for index, code in enumerate(know.notices)}
    notices: list[AnswerNotice] = []
    for rule, finding in sorted(findings, key=lambda one: place[one[1].code]):
        dissent = tuple(f"{', '.join(row.sources)}: {getattr(row, 'claim', '')}" for row in finding.rows)
        trace.add(f"/notices/{len(notices)}", rule, finding.formula, dissent=dissent)
        notices.append(make_notice(know, finding.code, finding.pointer, finding.told))
    return notices
