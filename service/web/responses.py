"""Answers as bytes: the headers that every answer carries, and no work on the way that need not be."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

EVERYWHERE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
DATA_ONLY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
NOT_KEPT = (b"cache-control", b"no-store")

_encode = msgspec.json.Encoder().encode


class Sent(ASGIResponse):
    """A status, headers and a body, sent as they are. To a HEAD request the body is only counted."""

    __slots__ = ("content", "fields", "status")

    def __init__(self, status: int, media_type: str, body: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        self.status = status
        self.content = body
        self.fields = [
            (b"content-type", media_type.encode()),
            (b"content-length", str(len(body)).encode()),
            *EVERYWHERE,
            *headers,
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the answer."""
        start: HTTPResponseStartEvent = {"type": "http.response.start", "status": self.status, "headers": self.fields}
        body = b"" if scope["type"] == "http" and scope["method"] == "HEAD" else self.content
        end: HTTPResponseBodyEvent = {"type": "http.response.body", "body": body, "more_body": False}
        await send(start)
        await send(end)


class Answer(Response[Any]):
    """What a handler returns, as JSON that nobody may keep."""

    def __init__(
        self,
        content: object,
        *,
        status_code: int = 200,
        media_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> None:
        self.content = content
        self.status_code = status_code
        self.media_type = media_type
        self.extra = tuple((name.encode(), value.encode()) for name, value in (headers or {}).items())

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **_: Any) -> ASGIResponse:
        """The bytes, ready to be sent."""
        status, media_type = self.status_code or 200, self.media_type or "application/json"
        return Sent(status, media_type, _encode(self.content), (DATA_ONLY, NOT_KEPT, *self.extra))
