"""What stands beside every plan: the resolved inputs, the trace, the notices, the identity of the rules."""

from service.contract.base import Response, Scalar
from service.contract.words import Grade, InputOrigin, Severity


class Ruleset(Response, frozen=True):
    """Which rules answered. The same request under the same hash gives the same bytes."""

    version: str
    hash: str


class ResolvedInput(Response, frozen=True):
    """One input as it was understood."""

    value: Scalar
    origin: InputOrigin
    because: str


class AnswerTraceEntry(Response, frozen=True):
    """Why one decided value is what it is. `pointer` covers the value and all that lies below it."""

    pointer: str
    rule: str
    formula: str
    sources: list[str]
    grade: Grade
    dissent: list[str]


class AnswerNotice(Response, frozen=True):
    """Something that the caller should know, with a stable code. `topic` names a page of the guide."""

    code: str
    severity: Severity
    message: str
    pointer: str
    topic: str


class Answer(Response, frozen=True):
    """What every answer of the engine carries."""

    ruleset: Ruleset
    resolved: dict[str, ResolvedInput]
    notices: list[AnswerNotice]
    trace: list[AnswerTraceEntry]
