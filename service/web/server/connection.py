"""One connection: HTTP/1.1 as uvicorn and httptools read it, with limits, and without offers to speak anything else.

A request that offers another protocol (`Upgrade: h2c`, as stock Java clients do with every POST) is answered as if it
had not (RFC 9110, 7.8). The parser cannot be told so: it takes the body for the other protocol's bytes. Its head is
therefore read once more without the offer, and then the bytes that follow.
"""

import re
from asyncio import AbstractEventLoop
from collections import deque
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.server import ServerState

from service.web.problems import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    HEAD_TIMEOUT,
    HEAD_TOO_LARGE,
    METHOD_UNKNOWN,
    UNAVAILABLE,
    Kind,
    sent_problem,
)
from service.web.server.patience import Configuration, Patience

VERSIONS = ("1.0", "1.1")

REQUEST_LINE = re.compile(rb"^[A-Z-]+ \S+ HTTP/1\.[01]\r?$", re.MULTILINE)
"""A whole request line: where its method is not known, what came was HTTP all the same."""

MOST_PIPELINED = 8
"""Requests that may wait on one connection for the answer before theirs."""

OVERHEAD = 3
"""Bytes of a message over those of the longest body: lengths and extensions of chunks, trailers."""

LINGER_SECONDS = 1.0
"""After a refusal: how long the client may go on sending. Closed at once, it might never see the answer."""

MOST_DISCARDED = 1 << 20

NO_HEAD: Any = deque[Any](maxlen=0)
"""In the place of the list that the parser adds headers to, while no head is read: it holds nothing. So trailers are
dropped, which would otherwise reach the application after it has read the headers."""


class Refused(Exception):
    """Raised within a callback of the parser, to make it stop."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind.name)
        self.kind = kind


class Connection(Patience):
    """Reads requests, bounded in size, time and number, and refuses with problems what is not one."""

    def __init__(
        self,
        config: Configuration,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.headers = NO_HEAD
        self.running: RequestResponseCycle | None = None
        self.received = 0  # bytes of the message under way, without those of the read in which it began
        self.refused = False

    def data_received(self, data: bytes) -> None:
        """Parses what came, in pieces no longer than a head may be."""
        if self.refused:
            self._discard(data)
            return
        self._unset_keepalive_if_required()
        most = self.settings.max_head_bytes
        if len(data) <= most:
            self._read(data)
        else:
            for start in range(0, len(data), most):
                if not self.refused:
                    self._read(data[start : start + most])
        if not self.refused:
            self._watch()

    def _read(self, data: bytes) -> None:
        self.received += len(data)
        if self.headers is not NO_HEAD:
            if self.received > self.settings.max_head_bytes:
                self.refuse(HEAD_TOO_LARGE)
                return
        elif self.received > self.settings.max_head_bytes + OVERHEAD * self.settings.max_body_bytes:
            self.refuse(BODY_TOO_LARGE)
            return
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._pass_over_offer(data[offer.args[0] :])
        except httptools.HttpParserCallbackError as error:
            self.refuse(error.__context__.kind if isinstance(error.__context__, Refused) else BAD_REQUEST)
        except httptools.HttpParserInvalidMethodError:
            self.refuse(METHOD_UNKNOWN if REQUEST_LINE.search(data) else BAD_REQUEST)
        except httptools.HttpParserError:
            self.refuse(BAD_REQUEST)

    def _pass_over_offer(self, rest: bytes) -> None:
        """Parses the head once more without its offer, then what follows it."""
        version = self.scope["http_version"].encode()
        lines = [self.scope["method"].encode() + b" " + self.url + b" HTTP/" + version]
        lines += [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._parse(b"\r\n".join([*lines, b"", rest]))

    def _should_upgrade(self) -> bool:
        """Yes, to make the base class start nothing for a head that comes a second time."""
        return True

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        super().on_message_begin()
        self.received = 0

    def on_headers_complete(self) -> None:
        """The head is there. Raises Refused where it is too long, of another version, a tunnel, without its one
        host, or one too many.
        """
        if self.received and self._head_bytes() > self.settings.max_head_bytes:
            raise Refused(HEAD_TOO_LARGE)
        version = self.parser.get_http_version()
        if self.parser.get_method() == b"CONNECT" or version not in VERSIONS or not self._names_host(version):
            raise Refused(BAD_REQUEST)
        if len(self.pipeline) >= MOST_PIPELINED:
            raise Refused(UNAVAILABLE)
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            self.headers = NO_HEAD
            self.stop_head_timer()

    def on_message_complete(self) -> None:
        """The request is there, body and all."""
        super().on_message_complete()
        if self.headers is NO_HEAD:
            self.cycle.more_body = False
            self.body_since = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def _unanswered(self) -> RequestResponseCycle | None:
        """The newest request, while its answer is not complete."""
        cycle: Any = self.cycle
        return None if cycle is None or cycle.response_complete else cycle

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _names_host(self, version: str) -> bool:
        """Whether there is one `Host`, which HTTP/1.0 may leave out (RFC 9112, 3.2)."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        return hosts == 1 or (hosts == 0 and version == "1.0")

    def _watch(self) -> None:
        """Starts a timer where the client is waited for: for a head, or for the rest of a body already answered."""
        if self.headers is not NO_HEAD:
            self.start_head_timer()
            return
        cycle = self._unanswered()
        if cycle is None:
            self.start_head_timer()
        elif cycle.more_body and self.body_since is None:
            self.body_since = self.loop.time()

    def head_is_late(self) -> None:
        """Says so where a head has begun; else there is nobody to say it to."""
        if self.headers is NO_HEAD:
            self.close()
        else:
            self.refuse(HEAD_TIMEOUT)

    def is_one_too_many(self) -> None:
        """Every other connection is being answered."""
        self.connections.discard(self)  # pyright: ignore[reportUnknownMemberType] -- a set of all protocols of uvicorn
        self.refuse(UNAVAILABLE)

    def refuse(self, kind: Kind) -> None:
        """Answers with a problem and ends the connection. Requests that came whole are answered before that."""
        self.refused = True
        self.stop_head_timer()
        cycle = self._unanswered()
        if cycle is not None and cycle.more_body and self.pipeline:
            self.pipeline.popleft()
            cycle = self.pipeline[0][0] if self.pipeline else self.running
        if cycle is None:
            self._send_last(kind)
        elif not cycle.more_body:
            cycle.keep_alive = False
            self.flow.pause_reading()
        else:
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.abort()
            else:
                self._send_last(kind)

    def _send_last(self, kind: Kind) -> None:
        """Writes a problem, and lets the client send on for a moment."""
        answer = sent_problem(kind)
        fields = [*self.server_state.default_headers, *answer.fields]
        if (b"connection", b"close") not in fields:
            fields.append((b"connection", b"close"))
        lines = [name + b": " + value + b"\r\n" for name, value in fields]
        self.transport.write(b"".join([STATUS_LINE[answer.status], *lines, b"\r\n", answer.content]))
        self.transport.write_eof()
        self.received = 0
        self.flow.resume_reading()
        self.head_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _discard(self, data: bytes) -> None:
        self.received += len(data)
        if self.received > MOST_DISCARDED and self.head_timer is not None:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the request under way, and forgets those that wait."""
        super().connection_lost(exc)
        self.pipeline.clear()
        if self.running is not None:
            self.running.disconnected = True
            self.running.message_event.set()

    def shutdown(self) -> None:
        """Ends as soon as what has begun is over: a head has its timer, the first one of a connection, too, and so has
        half a body.
        """
        if self.refused or self.headers is not NO_HEAD or self.running is None:
            return
        super().shutdown()
        if self.transport.is_closing():
            self.close()
