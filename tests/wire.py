"""HTTP as bytes on a socket, for what no client would send."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from http.client import HTTPResponse
from io import BytesIO
from typing import cast

JOB = b'{"target":{"task":"image-classification"},"dataset":{"examples":10}}'


class Answer:
    """One answer: its status, headers in lower case, and body."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class _Bytes:
    """Received bytes in the place of a socket, for the parser of the standard library."""

    def __init__(self, received: bytes) -> None:
        self.stream = BytesIO(received)

    def makefile(self, *_: object) -> BytesIO:
        return self.stream


class _Stream(BytesIO):
    def close(self) -> None:
        """The parser closes what it has read to the end; the next answer is read from it, too."""


def talk(port: int, *parts: bytes, quiet: float = 20) -> bytes:
    """Sends bytes as they are, and gives what comes back until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=quiet) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                connection.sendall(part)
        return b"".join(received(connection))


def received(connection: socket.socket) -> Iterable[bytes]:
    """What comes until the other side closes."""
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            yield part


def one_answer(connection: socket.socket) -> Answer:
    """The next answer on a connection that stays open."""
    came = b""
    while b"\r\n\r\n" not in came:
        came += connection.recv(1)
    length = int(came.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while length:
        part = connection.recv(length)
        assert part, "the connection was closed within an answer"
        came += part
        length -= len(part)
    return answers(came)[0]


def answers(came: bytes) -> list[Answer]:
    """The answers in what came. Fails where something is left over that is none."""
    bytes_left = _Bytes(b"")
    bytes_left.stream = _Stream(came)
    found: list[Answer] = []
    while bytes_left.stream.tell() < len(came):
        answer = HTTPResponse(cast("socket.socket", bytes_left))
        answer.begin()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        found.append(Answer(answer.status, headers, answer.read()))
    return found


def post(*headers: str, body: bytes = JOB, path: str = "/recommend", close: bool = False) -> bytes:
    """The bytes of a POST with these headers beside those that it needs."""
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *headers]
    if not any(line.lower().startswith("transfer-encoding") for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    if close:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(*parts: bytes) -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


LAST = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
"""A request after which the service closes the connection."""
