"""A small balancer, as a gateway would be: it keeps connections, asks for readiness, and repeats nothing."""

import asyncio
from collections import defaultdict
from itertools import chain

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

READY = b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Lost(Exception):
    """A request that got no whole answer."""


class Balancer:
    """Sends each request to the next service that was ready when last asked."""

    def __init__(self, probe_seconds: float) -> None:
        self.probe_seconds = probe_seconds
        self.ready: list[int] = []
        self.idle: dict[int, list[Connection]] = defaultdict(list)
        self.sent = 0

    async def watch(self, port: int) -> None:
        """Asks a service for its readiness until it is not ready any more."""
        while await self._is_ready(port):
            if port not in self.ready:
                self.ready.append(port)
            await asyncio.sleep(self.probe_seconds)
        self.ready.remove(port)
        for _, writer in self.idle.pop(port, []):
            writer.close()

    async def _is_ready(self, port: int) -> bool:
        try:
            status, _ = await _exchange(await asyncio.open_connection("127.0.0.1", port), READY)
        except (OSError, Lost):
            return False
        return status == 200

    async def send(self, request: bytes) -> int:
        """The status of the answer. Raises Lost where there is none."""
        self.sent += 1
        port = self.ready[self.sent % len(self.ready)]
        connection = self.idle[port].pop() if self.idle[port] else await asyncio.open_connection("127.0.0.1", port)
        status, keeps = await _exchange(connection, request)
        if keeps and port in self.ready:
            self.idle[port].append(connection)
        else:
            connection[1].close()
        return status

    async def close(self) -> None:
        """Closes what is kept."""
        for _, writer in chain.from_iterable(self.idle.values()):
            writer.close()
            await writer.wait_closed()


async def _exchange(connection: Connection, request: bytes) -> tuple[int, bool]:
    """Status of the answer, and whether the connection may be used again."""
    reader, writer = connection
    try:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
    except (OSError, asyncio.IncompleteReadError) as error:
        writer.close()
        raise Lost(request[:60]) from error
    except asyncio.CancelledError:
        writer.close()
        raise
    keeps = b"connection: close" not in head
    if not keeps:
        writer.close()
    return int(head.split(b" ")[1]), keeps
