"""The server, and how it stops without losing a request.

SIGTERM starts draining: `/health/ready` says so, every answer from then on asks its client to close the connection, and
requests are answered for as long as `drain_seconds`. Then no more connections are made, those that are made are taken,
the listener closes, and what has begun is answered. Another signal, or an interrupt, ends the draining at once; an
interrupt after that drops what is under way.
"""

import asyncio
import signal
import socket
from types import FrameType
from typing import cast

import uvicorn
from litestar import Litestar

import service
from service.knowledge.loader import load
from service.observe import log
from service.web.server.connection import Connection
from service.web.server.listener import LAST_SECONDS, take_no_more
from service.web.server.patience import Configuration
from service.web.server.workshop import Workshop

CLOSE = (b"connection", b"close")


class Server(uvicorn.Server):
    """The ASGI server."""

    def __init__(self, config: Configuration, app: Litestar) -> None:
        super().__init__(config)
        self.settings = config.settings
        self.app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Logs the address once it answers."""
        self.loop = asyncio.get_running_loop()
        self.listeners = sockets or []
        await super().startup(sockets)
        host, port = (sockets or self.servers[0].sockets)[0].getsockname()[:2]
        ruleset = load().ruleset.version
        log().info("started", host=host, port=port, version=service.__version__, ruleset=ruleset)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drains on the first SIGTERM; any other signal ends at once."""
        first = not self.app.state.draining
        self.app.state.draining = True
        if first:
            # requests under way hold this very list; the other is what a new one is made from every second
            self.server_state.default_headers.append(CLOSE)
            self.config.encoded_headers.append(CLOSE)
        if first and sig == signal.SIGTERM and self.settings.drain_seconds:
            self.loop.call_soon_threadsafe(self.loop.call_later, self.settings.drain_seconds, self._take_no_more, sig)
        else:
            super().handle_exit(sig, frame)

    def _take_no_more(self, sig: int) -> None:
        for listener in self.listeners:
            take_no_more(listener)
        self.loop.call_later(LAST_SECONDS, super().handle_exit, sig, None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Waits for what is under way, ends in time what is not done by then, and logs the end."""
        end = self.loop.call_later(self.settings.shutdown_seconds, self._cut)
        await super().shutdown(sockets)
        end.cancel()
        workshop: Workshop = self.app.state.workshop
        workshop.close()
        log().info("stopped")

    def _cut(self) -> None:
        """Large requests that still wait are answered with 503; who has still to send or to read something is cut."""
        self.app.state.workshop.close()
        for connection in cast("list[Connection]", list(self.server_state.connections)):
            if connection.waiting_since() is not None:
                connection.transport.abort()
