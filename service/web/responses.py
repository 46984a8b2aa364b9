"""Answers as bytes: the headers that every answer carries, and no work on the way that need not be."""

import asyncio
from collections.abc import Mapping
from typing import Any, Self

import msgspec
from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

JSON = "application/json"

EVERYWHERE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
DATA_ONLY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
NOT_KEPT = (b"cache-control", b"no-store")

Field = tuple[bytes, bytes]

PIECE = 65536
"""Bytes of a long answer that are sent at a time: more than a client has read are never waiting in the connection."""

_encode = msgspec.json.Encoder().encode


class Sent(ASGIResponse):
    """A status, headers and a body, sent as they are. To a HEAD request the body is only counted."""

    __slots__ = ("content", "fields", "status")

    def __init__(self, status: int, media_type: str, body: bytes, headers: tuple[Field, ...]) -> None:
        self.status = status
        self.content = body
        self.fields = [
            (b"content-type", media_type.encode()),
            (b"content-length", str(len(body)).encode()),
            *EVERYWHERE,
            *headers,
        ]

    @classmethod
    def made(cls, status: int, fields: list[Field], content: bytes) -> Self:
        """An answer whose headers are already complete."""
        sent = cls.__new__(cls)
        sent.status, sent.fields, sent.content = status, fields, content
        return sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the answer, a long one in pieces: each waits until the client has read those before it."""
        start: HTTPResponseStartEvent = {"type": "http.response.start", "status": self.status, "headers": self.fields}
        await send(start)
        body = b"" if scope["type"] == "http" and scope["method"] == "HEAD" else self.content
        sent = 0
        while len(body) - sent > PIECE:
            await send({"type": "http.response.body", "body": body[sent : sent + PIECE], "more_body": True})
            await asyncio.sleep(0)
            sent += PIECE
        end: HTTPResponseBodyEvent = {
            "type": "http.response.body",
            "body": body[sent:] if sent else body,
            "more_body": False,
        }
        await send(end)


class JsonResponse(Response[Any]):
    """What a handler returns, as JSON that nobody may keep."""

    def __init__(
        self,
        content: object,
        *,
        status_code: int = 200,
        media_type: str = JSON,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> None:
        self.content = content
        self.status_code = status_code
        self.media_type = media_type
        self.extra = tuple((name.encode(), value.encode()) for name, value in (headers or {}).items())

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **_: Any) -> ASGIResponse:
        """The bytes, ready to be sent."""
        status, media_type = self.status_code or 200, self.media_type or JSON
        return Sent(status, media_type, _encode(self.content), (DATA_ONLY, NOT_KEPT, *self.extra))


class Ready(JsonResponse):
    """What is already bytes, where the framework wants a response."""

    def __init__(self, sent: Sent) -> None:
        super().__init__(sent)

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **_: Any) -> ASGIResponse:
        """The bytes, as they are."""
        return self.content
