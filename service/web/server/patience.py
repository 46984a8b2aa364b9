"""A connection never waits for its client without a timer, and there are never more of them than allowed."""

from asyncio import AbstractEventLoop, BaseTransport, TimerHandle, Transport
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from service.settings import Settings


class Configuration(uvicorn.Config):
    """What the server is started with, and the settings beside it: the server hands this to every connection."""

    def __init__(self, app: Any, settings: Settings, **options: Any) -> None:
        super().__init__(app, **options)
        self.settings = settings


class Patience(HttpToolsProtocol):
    """The timers of a connection.

    A head must be there in time after its first byte, or after the connection was made. What was answered must be
    read in time. How long a body may take is the application's matter.
    """

    def __init__(
        self,
        config: Configuration,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.settings = config.settings
        self.head_timer: TimerHandle | None = None
        self.write_timer: TimerHandle | None = None
        self.body_since: float | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Starts the first timer, and makes room where there is none left."""
        super().connection_made(cast("Transport", transport))
        self.start_head_timer()
        if len(self.connections) > self.settings.max_connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops all timers: they would keep everything else alive."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self.stop_head_timer()
        self._stop_write_timer()

    def start_head_timer(self) -> None:
        """Starts it, unless it runs: further bytes of a head win no time."""
        if self.head_timer is None:
            self.head_timer = self.loop.call_later(self.settings.head_timeout_seconds, self._head_is_late)

    def stop_head_timer(self) -> None:
        """The head is there."""
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

    def pause_writing(self) -> None:
        """The client does not read as fast as is written."""
        super().pause_writing()
        self._start_write_timer()

    def resume_writing(self) -> None:
        """The client has read on."""
        super().resume_writing()
        self._stop_write_timer()

    def on_response_complete(self) -> None:
        """An answer that ends the connection must still be read in time."""
        super().on_response_complete()
        if self.transport.is_closing():
            self.close()

    def timeout_keep_alive_handler(self) -> None:
        """No further request came."""
        self.close()

    def close(self) -> None:
        """Ends the connection once everything written is read. The transport alone would wait for ever."""
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._start_write_timer()

    def waiting_since(self) -> float | None:
        """Since when this connection waits for its client, as the loop counts time. None: the client waits."""
        for timer, seconds in (
            (self.write_timer, self.settings.write_timeout_seconds),
            (self.head_timer, self.settings.head_timeout_seconds),
            (self.timeout_keep_alive_task, self.settings.keep_alive_seconds),
        ):
            if timer is not None:
                return timer.when() - seconds
        return self.body_since

    def head_is_late(self) -> None:
        """What to do about it."""
        self.close()

    def is_one_too_many(self) -> None:
        """What to do about it."""
        self.close()

    def _head_is_late(self) -> None:
        self.head_timer = None
        self.head_is_late()

    def _make_room(self) -> None:
        """Ends the connection that has waited longest for its client; where none waits, this one.

        To refuse the newest would serve whoever connects most often.
        """
        others = cast("set[Patience]", self.connections) - {self}
        waiting = [(since, id(other), other) for other in others if (since := other.waiting_since()) is not None]
        if waiting:
            _, _, longest = min(waiting)
            self.connections.discard(longest)
            longest.transport.abort()
        else:
            self.is_one_too_many()

    def _start_write_timer(self) -> None:
        if self.write_timer is None:
            self.write_timer = self.loop.call_later(self.settings.write_timeout_seconds, self.transport.abort)

    def _stop_write_timer(self) -> None:
        if self.write_timer is not None:
            self.write_timer.cancel()
            self.write_timer = None
