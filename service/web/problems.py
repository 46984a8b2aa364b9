"""Every way not to answer, as RFC 9457 problem details: what there is, and how an exception becomes one."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException, NotFoundException
from litestar.types import Scope
from msgspec import Struct

from service.contract.base import Response
from service.contract.problem import Problem, ProblemError, ProblemFault
from service.core.rules.refusal import Refusal
from service.observe import log
from service.web.known_paths import KnownPaths
from service.web.responses import DATA_ONLY, NOT_KEPT, Field, JsonResponse, Ready, Sent

PROBLEM_JSON = "application/problem+json"


class Kind(Struct, frozen=True):
    """One kind of problem. `meaning` says when it happens, and what the caller can do."""

    name: str
    status: int
    title: str
    meaning: str

    @property
    def type(self) -> str:
        """The URI reference that identifies the kind, and under which its meaning is served."""
        return f"/problems/{self.name}"

    def page(self) -> "ProblemKind":
        """The page under that reference."""
        return ProblemKind.from_row(self)


class ProblemKind(Response, frozen=True):
    """What a problem's `type` means."""

    type: str
    status: int
    title: str
    meaning: str


BAD_REQUEST = Kind(
    "bad-request",
    400,
    "The request is not valid HTTP for this service",
    "It is no HTTP/1.1 or HTTP/1.0, the Host header is not a host name, or the connection closed before the whole body "
    "was sent.",
)
MALFORMED_BODY = Kind(
    "malformed-body",
    400,
    "The body is not JSON",
    "The body is empty, is not UTF-8, is not JSON as RFC 8259 defines it (NaN and Infinity are not), "
    "or nests too deeply. Send one JSON object.",
)
INVALID_BODY = Kind(
    "invalid-body",
    400,
    "The body does not fit the schema",
    "Each entry of `errors` points at one value and says what would be right. The schema is in /openapi.json.",
)
INVALID_QUERY = Kind(
    "invalid-query",
    400,
    "The query does not fit the schema",
    "Each entry of `errors` names one query parameter and says what would be right.",
)
NOT_FOUND = Kind(
    "not-found",
    404,
    "There is nothing at this path",
    "The path is none of this service's, or ends in an id that it does not know; `errors` holds the nearest one.",
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed",
    405,
    "The method is not allowed here",
    "The Allow header lists the methods that are.",
)
METHOD_UNKNOWN = Kind(
    "method-unknown",
    501,
    "The method is not known",
    "The request line begins with no method of HTTP. OPTIONS lists the methods of a path.",
)
NOT_ACCEPTABLE = Kind(
    "not-acceptable",
    406,
    "The answer's media type is not accepted",
    "The Accept header excludes the only media type that this path answers with. Leave it out, or add that type.",
)
BODY_TIMEOUT = Kind(
    "body-timeout",
    408,
    "The body did not arrive in time",
    "Send the whole body within the time that the operator has set.",
)
HEAD_TIMEOUT = Kind(
    "head-timeout",
    408,
    "The request's head did not arrive in time",
    "Send the request line and all headers within the time that the operator has set.",
)
BODY_TOO_LARGE = Kind(
    "body-too-large",
    413,
    "The body is too large",
    "The body is longer than the operator allows. No job needs that many bytes.",
)
PRECONDITION_FAILED = Kind(
    "precondition-failed",
    412,
    "The answer has another entity tag",
    "The If-Match header names an entity tag that the answer has not: `detail` and the ETag header say which it has. "
    "That of an answer to a job is the hash of the ruleset; of any other page it changes with ruleset or content. "
    "Compare the advice of both before you take the new one, or ask a service that still has the old.",
)
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    415,
    "The body's media type is not supported",
    "Send JSON in UTF-8, with the header `Content-Type: application/json`.",
)
HEAD_TOO_LARGE = Kind(
    "head-too-large",
    431,
    "The request's head is too large",
    "The request line and the headers are together longer than the operator allows.",
)
REFUSED = Kind(
    "refused",
    422,
    "The request cannot be answered",
    "The request fits the schema but contradicts itself, or names something unknown. `errors` says what would "
    "be right.",
)
INTERNAL_ERROR = Kind(
    "internal-error",
    500,
    "The service failed",
    "This is a fault of the service, not of the request. The log holds its place, and nothing of the request.",
)
UNAVAILABLE = Kind(
    "unavailable",
    503,
    "The service cannot answer this request now",
    "As much is under way as the operator allows, or the service is stopping, or the answer took more time or memory "
    "than one answer may. Ask again after the seconds that the Retry-After header names, then less often.",
)

KINDS = (
    BAD_REQUEST,
    MALFORMED_BODY,
    INVALID_BODY,
    INVALID_QUERY,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    BODY_TIMEOUT,
    HEAD_TIMEOUT,
    PRECONDITION_FAILED,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    REFUSED,
    HEAD_TOO_LARGE,
    INTERNAL_ERROR,
    METHOD_UNKNOWN,
    UNAVAILABLE,
)

TOLD = {
    UNAVAILABLE.name: ((b"retry-after", b"1"),),
    UNSUPPORTED_MEDIA_TYPE.name: ((b"accept-post", b"application/json"), (b"accept-encoding", b"identity")),
}
"""What a kind of problem tells in headers."""


class NotAnswered(Exception):
    """Raised in the web layer for a request that gets a problem. `close` ends the connection after it."""

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        faults: list[ProblemFault] | None = None,
        *,
        headers: tuple[Field, ...] = (),
        close: bool = False,
    ) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.detail = detail
        self.faults = faults or []
        self.headers = (*headers, (b"connection", b"close")) if close else headers


def problem(kind: Kind, detail: str = "", faults: list[ProblemFault] | None = None) -> Problem:
    """The problem document of one kind. Without a detail of its own it carries the kind's meaning."""
    return Problem(
        kind.type, kind.title, kind.status, detail or kind.meaning, [ProblemError.of(fault) for fault in faults or ()]
    )


def handlers(
    paths: Iterable[str], respelled: Callable[[Scope], JsonResponse | None]
) -> dict[int | type[Exception], Any]:
    """What answers each exception. `paths` are all paths of the service, to tell the nearest one from.

    `respelled` finds the page whose path is written in another case.
    """
    known = KnownPaths(paths)

    def not_found(request: Request[Any, Any, Any], error: NotFoundException) -> JsonResponse:
        try:
            page = respelled(request.scope)
        except NotAnswered as refusal:
            return _not_answered(request, refusal)
        return page or Ready(sent_problem(NOT_FOUND, faults=[known.nearest(request.scope["path"])]))

    return {
        NotAnswered: _not_answered,
        Refusal: _refusal,
        NotFoundException: not_found,
        HTTPException: _http,
        Exception: _crash,
    }


def sent_problem(
    kind: Kind, detail: str = "", faults: list[ProblemFault] | None = None, headers: tuple[Field, ...] = ()
) -> Sent:
    """A problem as bytes."""
    body = msgspec.json.encode(problem(kind, detail, faults))
    return Sent(kind.status, PROBLEM_JSON, body, (DATA_ONLY, NOT_KEPT, *TOLD.get(kind.name, ()), *headers))


def sent_refusal(error: NotAnswered) -> Sent:
    """The problem that an exception of the web layer stands for."""
    return sent_problem(error.kind, error.detail, error.faults, error.headers)


def sent_crash(error: Exception) -> Sent:
    """The problem that a fault of the service is to its caller. The log gets the place."""
    log().error("failed", exc_info=error)
    return sent_problem(INTERNAL_ERROR)


def _not_answered(request: Request[Any, Any, Any], error: NotAnswered) -> JsonResponse:
    return Ready(sent_refusal(error))


def _refusal(request: Request[Any, Any, Any], error: Refusal) -> JsonResponse:
    return Ready(sent_problem(REFUSED, faults=error.faults))


def _http(request: Request[Any, Any, Any], error: HTTPException) -> JsonResponse:
    """What the framework itself refuses. Its own words are not passed on: they may quote the request."""
    if error.status_code == METHOD_NOT_ALLOWED.status:
        allow = (error.headers or {})["allow"].encode()
        return Ready(sent_problem(METHOD_NOT_ALLOWED, headers=((b"allow", allow),)))
    if error.status_code == BAD_REQUEST.status:
        return Ready(sent_problem(BAD_REQUEST))
    return _crash(request, error)


def _crash(request: Request[Any, Any, Any], error: Exception) -> JsonResponse:
    return Ready(sent_crash(error))
