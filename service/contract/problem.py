"""RFC 9457 problem details."""

from service.contract.base import Response


class ProblemFault(Response, frozen=True):
    """One thing wrong with a request. `pointer` is a JSON pointer into the body, or names a parameter."""

    pointer: str
    message: str
    allowed: list[str]
    nearest: str | None


class Problem(Response, frozen=True):
    """Why a request was not answered."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemFault]
