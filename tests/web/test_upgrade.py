"""A request that offers another protocol is answered as if it had not (RFC 9110, 7.8): whole, once, as HTTP/1.1."""

import socket

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.web.server.connection import Connection
from tests.wire import JOB, LAST, answers, chunked, post, received, talk

H2C = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")
WEBSOCKET = (
    "Connection: keep-alive, Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
CHUNKED = "Transfer-Encoding: chunked"
SMUGGLED = b"GET /rules HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="session")
def plain(port: int) -> bytes:
    """The answer without an offer."""
    (answer,) = answers(talk(port, post(close=True)))
    assert answer.status == 200
    return answer.body


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
def test_the_body_comes_with_the_head(port: int, plain: bytes, offer: tuple[str, ...]) -> None:
    first, last = answers(talk(port, post(*offer) + LAST))
    assert (first.status, first.body) == (200, plain)
    assert (last.status, last.body) == (200, b'{"status":"alive"}')


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
@pytest.mark.parametrize("cut", [1, 30, -len(JOB) - 2, -len(JOB), -len(JOB) + 1, -1])
def test_the_body_comes_apart(port: int, plain: bytes, offer: tuple[str, ...], cut: int) -> None:
    whole = post(*offer)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(whole[:cut])
        connection.sendall(b"")
        connection.sendall(whole[cut:])
        connection.sendall(LAST)
        first, last = answers(b"".join(received(connection)))
    assert (first.status, first.body) == (200, plain)
    assert last.status == 200


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
def test_the_body_comes_byte_by_byte(port: int, plain: bytes, offer: tuple[str, ...]) -> None:
    whole = post(*offer) + LAST
    first, last = answers(talk(port, *(whole[at : at + 1] for at in range(len(whole)))))
    assert (first.status, first.body) == (200, plain)
    assert last.status == 200


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
def test_the_body_comes_in_chunks(port: int, plain: bytes, offer: tuple[str, ...]) -> None:
    body = chunked(JOB[:10], JOB[10:])
    for parts in ([post(*offer, CHUNKED, body=body)], [post(*offer, CHUNKED, body=b""), body[:5], body[5:]]):
        first, last = answers(talk(port, *parts, LAST))
        assert (first.status, first.body) == (200, plain)
        assert last.status == 200


def test_a_body_is_never_a_request(port: int) -> None:
    """What the body says would be a request of its own, had the parser given up at the head."""
    for offer in (H2C, WEBSOCKET):
        first, last = answers(talk(port, post(*offer, body=SMUGGLED) + LAST))
        assert (first.status, last.status) == (400, 200)


def test_offers_come_one_after_the_other(port: int, plain: bytes) -> None:
    came = answers(talk(port, post(*H2C) + post(*WEBSOCKET) + post() + post(*H2C) + LAST))
    assert [answer.body for answer in came] == [plain, plain, plain, plain, b'{"status":"alive"}']


def test_an_offer_of_a_get_is_passed_over(port: int) -> None:
    head = "\r\n".join(["GET /rules HTTP/1.1", "Host: x", *WEBSOCKET, "", ""]).encode()
    first, last = answers(talk(port, head + LAST))
    assert (first.status, last.status) == (200, 200)
    assert "upgrade" not in first.headers


def test_an_offer_of_an_older_client_is_passed_over(port: int, plain: bytes) -> None:
    (answer,) = answers(talk(port, post(*H2C).replace(b"HTTP/1.1", b"HTTP/1.0", 1)))
    assert answer.body == plain


def test_an_offer_may_ask_to_go_on(port: int, plain: bytes) -> None:
    head = post(*H2C, "Expect: 100-continue").removesuffix(JOB)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(JOB + LAST)
        first, last = answers(b"".join(received(connection)))
    assert (first.body, last.status) == (plain, 200)


def test_a_tunnel_is_refused(port: int) -> None:
    for target in (b"x:443", b"/recommend"):
        (answer,) = answers(talk(port, b"CONNECT " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED))
        assert answer.status == 400


def test_the_server_still_has_what_the_connection_leans_on() -> None:
    """Names of the server without a promise to stay: where one is gone, no offer would be noticed at all."""
    assert issubclass(Connection, HttpToolsProtocol)
    for name in ("_should_upgrade", "_unset_keepalive_if_required", "_start_asgi_task", "on_response_complete"):
        assert callable(vars(HttpToolsProtocol)[name])
    made = HttpToolsProtocol.__init__.__code__.co_names
    assert {"cycle", "pipeline", "flow", "headers", "timeout_keep_alive_task", "connections", "parser"} <= set(made)
    cycle = RequestResponseCycle.__init__.__code__.co_names
    assert {"disconnected", "message_event", "more_body", "keep_alive", "response_started"} <= set(cycle)
