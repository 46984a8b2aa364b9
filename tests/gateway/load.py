"""Clients that never ask twice: every answer that fails to come, or differs from what it should be, is counted."""

import gzip
import ssl
from contextlib import closing
from hashlib import sha256
from http.client import HTTPException, HTTPSConnection
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Self

from tests.container.traffic import JSON, Ask, every_route
from tests.gateway.gateways import PORT

PREFIX = "/transfer-advisor"
CLIENTS = 16
LONGEST_ANSWER = 2**15
"""Of the answers under load: so many requests are wanted that the long lists would take the time of all others."""


def trusting(folder: Path, certificate: str | None = "client") -> ssl.SSLContext:
    """What a client knows: the authority, and its own certificate if it has one."""
    context = ssl.create_default_context(cafile=str(folder / "clients.pem"))
    if certificate:
        context.load_cert_chain(folder / f"{certificate}.pem")
    return context


def connect(context: ssl.SSLContext) -> HTTPSConnection:
    """A connection to the gateway, opened with the first request."""
    return HTTPSConnection("127.0.0.1", PORT, timeout=40, context=context)


def send(connection: HTTPSConnection, ask: Ask, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body, unpacked. The connection stays open where the gateway leaves it so."""
    connection.request(ask.method, PREFIX + ask.path, body=ask.body, headers={**JSON, **(headers or {})})
    answer = connection.getresponse()
    body = answer.read()
    return answer.status, gzip.decompress(body) if answer.headers["content-encoding"] == "gzip" else body


def send_once(context: ssl.SSLContext, ask: Ask, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """The same over a connection that is not kept."""
    with closing(connect(context)) as connection:
        return send(connection, ask, headers)


def requests() -> list[Ask]:
    """Each operation but the health, which speaks of one instance, with one of its examples; one with a large body."""
    once = {ask.path: ask for ask in every_route() if not ask.path.startswith("/health/")}
    large = Ask("POST", "/recommend", (once["/recommend"].body or b"") + b" " * 200_000)
    return [*once.values(), large]


class Load:
    """Many clients, each with a connection of its own, asking everything in turn until told to stop."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        with closing(connect(context)) as connection:
            answers = {ask: send(connection, ask) for ask in requests()}
        self.asks = [ask for ask, (_, body) in answers.items() if len(body) <= LONGEST_ANSWER]
        self.expected = [_digest(*answers[ask]) for ask in self.asks]
        self.sent_by = [0] * CLIENTS
        self.failures: list[str] = []
        self.over = Event()
        self.threads = [Thread(target=self._ask, args=(number,)) for number in range(CLIENTS)]

    def sent(self) -> int:
        """How many requests have come back, well or ill."""
        return sum(self.sent_by)

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _ask(self, number: int) -> None:
        connection = connect(self.context)
        for turn in count(number):
            if self.over.is_set():
                break
            place = turn % len(self.asks)
            coding = "gzip" if turn % 10 == 0 else "identity"
            try:
                answer = send(connection, self.asks[place], {"accept-encoding": coding})
                if _digest(*answer) != self.expected[place]:
                    self.failures.append(f"{self.asks[place].path}: {answer[0]} and {len(answer[1])} bytes")
            except (OSError, HTTPException) as error:
                self.failures.append(f"{self.asks[place].path}: {error!r}")
                connection.close()
            self.sent_by[number] += 1
        connection.close()


def _digest(status: int, body: bytes) -> tuple[int, bytes]:
    return status, sha256(body).digest()
