"""What a request is told beside its answer: its own marks, and whether a page from elsewhere may read it.

Marks are echoed, so that a caller can find an answer again in its own traces. Nothing of them is kept.
"""

import re

from litestar.types import HTTPScope, Message, Send

from service.web.responses import EVERYWHERE, Field, Sent

MARKS = {
    b"traceparent": re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"),
    b"x-request-id": re.compile(rb"[0-9A-Za-z._:/+=@-]{1,128}"),
}
"""Headers that are echoed, each where it has the form that it should have (W3C Trace Context for the first)."""

ANY_ORIGIN = "*"
NO_ORIGIN = "none"
EXPOSED = (b"access-control-expose-headers", b"etag, retry-after, traceparent, x-request-id")
PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD, POST"),
    (b"access-control-allow-headers", b"content-type, if-match, if-none-match, traceparent, x-request-id"),
    (b"access-control-max-age", b"600"),
)


class Manners:
    """Knows whose pages may read an answer: the origins of the setting, all of them, or none."""

    def __init__(self, origins: str) -> None:
        self.origins = frozenset(() if origins == NO_ORIGIN else origins.encode().split())
        self.any = origins == ANY_ORIGIN

    def fields(self, scope: HTTPScope) -> list[Field]:
        """What every answer to this request carries besides its own headers."""
        found: dict[bytes, bytes] = {}
        origin = b""
        for name, value in scope["headers"]:
            if name in MARKS and MARKS[name].fullmatch(value):
                found.setdefault(name, value)
            elif name == b"origin":
                origin = value
        return [*found.items(), *self._admission(origin)]

    def preflight(self, scope: HTTPScope) -> Sent | None:
        """The answer to a browser that asks whether it may ask; None for any other request, and where none may."""
        asks = any(name == b"access-control-request-method" for name, _ in scope["headers"])
        if scope["method"] != "OPTIONS" or not asks or not self.origins:
            return None
        answer = Sent(204, "", b"", ())
        answer.fields = [*PREFLIGHT, *EVERYWHERE]
        return answer

    def _admission(self, origin: bytes) -> list[Field]:
        if not self.origins:
            return []
        if self.any:
            return [(b"access-control-allow-origin", b"*"), EXPOSED] if origin else []
        varied = (b"vary", b"origin")
        return [(b"access-control-allow-origin", origin), EXPOSED, varied] if origin in self.origins else [varied]


def beside(send: Send, fields: list[Field]) -> Send:
    """Sends what it is given, with these headers besides."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *fields]
        await send(message)

    return sent
