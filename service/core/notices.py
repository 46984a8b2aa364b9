"""What the caller should know beside the plan, each with a stable code. The rules are in `notices_of_*`."""

from msgspec import Struct

from service.contract.explain import Notice
from service.contract.words import Origin
from service.core.inputs import Inputs
from service.core.outcome import Outcome
from service.core.rule import Topic
from service.core.trace import Trace
from service.knowledge.index import Knowledge


class Warned(Struct, frozen=True):
    """A notice by its code, the input or value it speaks of, and the numbers behind it."""

    code: str
    pointer: str
    formula: str


NOTICES: Topic[Outcome, Warned] = Topic("notices")


def notify(outcome: Outcome, trace: Trace) -> list[Notice]:
    """All notices that apply, in the order of the rules."""
    notices: list[Notice] = []
    for rule, finding in NOTICES.all(outcome):
        trace.add(f"/notices/{len(notices)}", rule, finding.formula)
        notices.append(make_notice(outcome.know, finding.code, finding.pointer))
    return notices


def assumed_similarity_notice(know: Knowledge, inputs: Inputs) -> list[Notice]:
    """The notice of `/freeze-plan` and `/lr-schedule` for a similarity that nobody gave."""
    resolved = inputs.resolved.get("/similarity")
    if resolved is None or resolved.origin is not Origin.ASSUMED:
        return []
    return [make_notice(know, "similarity-assumed", "/similarity")]


def make_notice(know: Knowledge, code: str, pointer: str) -> Notice:
    """A notice with the words of its row."""
    row = know.notices[code]
    return Notice(code=row.code, severity=row.severity, message=row.message, pointer=pointer, topic=row.topic)
