"""A gateway lets in whom it should, refuses what is too long or slow, and loses nothing while instances restart."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPException
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.container.podman import Container
from tests.container.traffic import Ask
from tests.gateway.gateways import PAIR, PORT, advisor, gateway, start
from tests.gateway.load import PREFIX, Load, connect, requests, send, send_once, trusting

RESTARTS = 20
REQUESTS = 100_000
LIMIT = 4 * 1024**2
HEAD = f"POST {PREFIX}/recommend HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"


@pytest.fixture
def advisors(image: str) -> Iterator[dict[str, Container]]:
    """Two instances, ready."""
    running = {name: advisor(image, name) for name in PAIR}
    for name, container in running.items():
        start(container, name)
    yield running
    for container in running.values():
        container.remove()


@pytest.fixture(params=["haproxy.cfg", "nginx.conf", "envoy.yaml"])
def folder(request: pytest.FixtureRequest, advisors: dict[str, Container], tmp_path: Path) -> Iterator[Path]:
    """Each gateway in turn, before the instances."""
    with gateway(request.param, tmp_path) as folder:
        yield folder


def raw(context: ssl.SSLContext, *parts: bytes) -> bytes:
    """Sends bytes as they are, the next part only where no answer comes first; gives the beginning of the answer."""
    with (
        socket.create_connection(("127.0.0.1", PORT)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        for part, seconds in zip(parts, [0.5] * (len(parts) - 1) + [40], strict=True):
            connection.settimeout(seconds)
            connection.sendall(part)
            with suppress(TimeoutError):
                return connection.recv(65536)
    return b""


def test_what_a_gateway_is_for(folder: Path) -> None:
    context = trusting(folder)
    with closing(connect(context)) as known:
        for ask in requests():
            assert send(known, ask)[0] == 200, ask.path
        assert send(known, Ask("GET", "/nowhere"))[0] == 404
        known.request("GET", "/tasks")
        assert known.getresponse().status == 404, "only under the prefix"

    for certificate in ("stranger", None):
        with pytest.raises((OSError, HTTPException, AssertionError)):
            assert send_once(trusting(folder, certificate), Ask("GET", "/tasks"))[0] == 200

    small = requests()[0]
    long = raw(context, HEAD.encode() + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1), b" " * (LIMIT + 1))
    assert b" 413 " in long.splitlines()[0]
    chunk = b"%x\r\n%s\r\n" % (2**16, b" " * 2**16)
    chunked = raw(context, HEAD.encode() + b"Transfer-Encoding: chunked\r\n\r\n", chunk * (LIMIT // 2**16 + 1))
    assert b" 413 " in chunked.splitlines()[0]

    offer = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AAMAAABkAAQAAP__"}
    assert send_once(context, small, offer) == send_once(context, small)
    printed = (folder / "printed").read_text()
    assert "recommend" not in printed
    assert not [path for path in folder.iterdir() if "temp" in path.name]


def test_a_slow_sender_is_not_waited_for(folder: Path) -> None:
    """Two gateways say so; nginx, which reads the whole body before it asks anybody, ends the connection."""
    answer = raw(trusting(folder), HEAD.encode() + b"Content-Length: 99\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408 ") or (answer == b"" and (folder / "nginx.conf").exists())


@pytest.mark.parametrize("kind", ["haproxy.cfg", "nginx.conf"])
def test_restarts_lose_nothing(kind: str, image: str, advisors: dict[str, Container], tmp_path: Path) -> None:
    with gateway(kind, tmp_path) as folder, Load(trusting(folder)) as load:
        for name in islice(cycle(PAIR), RESTARTS):
            time.sleep(2)
            assert advisors[name].stop() == 0
            advisors[name].remove()
            advisors[name] = advisor(image, name)
            start(advisors[name], name)
        while load.sent() < REQUESTS:
            time.sleep(0.1)
    print(f"\n{kind}: {RESTARTS} restarts, {load.sent()} requests, {len(load.failures)} failed {load.failures[:9]}")  # noqa: T201
    assert load.failures == []
