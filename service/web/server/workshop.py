"""Large requests are answered by another process, one after the other, so that nobody waits for them but their callers.

A thread would not do: it shares the interpreter's lock, which a long call into C does not let go. The process is
forked before the event loop and any thread starts. What is forked first (the foreman) only forks: a worker for the
first request, and another wherever one was lost. A worker is lost where an answer takes more time or memory than the
settings allow.

Everything goes through socket pairs, the length first; all of these processes end when the service does.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable

import msgspec

from service.settings import Settings
from service.web.problems import UNAVAILABLE, NotAnswered
from service.web.questions import Asked, Made
from service.web.responses import Sent
from service.web.server.worker import LENGTH_BYTES, Limits, lead

CUT_OFF = "This answer takes more time or memory than one answer may. Ask for fewer points or parameters."
BUSY = "As many large requests are waiting as the operator allows. Ask again a little later."
STOPPING = "The service is stopping. Ask again: another one answers."


class Workshop:
    """The queue of the large requests, and the worker that answers them."""

    def __init__(self, settings: Settings) -> None:
        self.most_waiting = settings.max_waiting
        self.limits = Limits(settings.answer_timeout_seconds, settings.max_answer_memory_bytes)
        self.waiting = 0
        self.turn = asyncio.Lock()
        self.foreman: socket.socket | None = None
        self.worker: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.closed = False

    def open(self, answer: Callable[[bytes], bytes]) -> None:
        """Forks the foreman. To be called once, before the event loop starts."""
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            ours.close()
            lead(theirs, answer, self.limits)
        theirs.close()
        self.foreman = ours

    @property
    def is_open(self) -> bool:
        """Whether there is anybody to ask."""
        return self.foreman is not None

    async def ask(self, asked: Asked) -> Sent:
        """The answer of a worker. Raises NotAnswered where too many wait, or where it took too much."""
        if self.waiting > self.most_waiting:
            raise NotAnswered(UNAVAILABLE, BUSY)
        self.waiting += 1
        try:
            async with self.turn:
                content = await self._hand_over(msgspec.msgpack.encode(asked))
        finally:
            self.waiting -= 1
        made = msgspec.msgpack.decode(content, type=Made)
        return Sent.made(made.status, made.fields, made.content)

    def close(self) -> None:
        """Answers whoever still waits with 503, and lets go of the worker."""
        self.closed = True
        self._dismiss()

    async def _hand_over(self, question: bytes) -> bytes:
        if self.closed:
            raise NotAnswered(UNAVAILABLE, STOPPING)
        try:
            if self.worker is None or self.worker[0].at_eof():
                self.worker = await self._hire()
            reader, writer = self.worker
            writer.write(len(question).to_bytes(LENGTH_BYTES))
            writer.write(question)
            await writer.drain()
            length = int.from_bytes(await reader.readexactly(LENGTH_BYTES))
            return await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            self._dismiss()
            raise NotAnswered(UNAVAILABLE, STOPPING if self.closed else CUT_OFF) from None
        except BaseException:
            self._dismiss()  # whoever comes next must not read the rest of this answer
            raise

    async def _hire(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new worker. Where there is no foreman any more, the service stops: it is started anew from outside."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self.foreman, [b"\0"], [theirs.fileno()])  # pyright: ignore[reportArgumentType] -- open
            except OSError:
                ours.close()
                signal.raise_signal(signal.SIGTERM)
                raise
        return await asyncio.open_unix_connection(sock=ours)

    def _dismiss(self) -> None:
        if self.worker is not None:
            self.worker[1].transport.abort()
            self.worker = None
