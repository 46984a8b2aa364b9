"""RFC 9457 problem details."""

from typing import Self

from service.contract.base import Response


class ProblemFault(Response, frozen=True):
    """One thing wrong with a request, as it is found. `pointer` is a JSON pointer into the body, or a parameter."""

    pointer: str
    message: str
    allowed: list[str]
    nearest: str | None


class ProblemError(Response, frozen=True):
    """One thing wrong with a request, as it is told: what is wrong, and which words would be right.

    `pointer` is a JSON pointer into the body; `parameter` names a part of the query, or the `path`. One of them is
    `null`.
    """

    pointer: str | None
    parameter: str | None
    message: str
    allowed: list[str]
    nearest: str | None

    @classmethod
    def of(cls, fault: ProblemFault) -> Self:
        """The fault, told by where it is."""
        in_body = not fault.pointer or fault.pointer.startswith("/")
        where = (fault.pointer, None) if in_body else (None, fault.pointer)
        return cls(*where, fault.message, fault.allowed, fault.nearest)


class Problem(Response, frozen=True):
    """Why a request was not answered."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemError]
