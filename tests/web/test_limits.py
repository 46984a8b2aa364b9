"""Slow, greedy and broken clients: each meets a limit, and the others are served."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Process
from tests.wire import JOB, LAST, Answer, answers, chunked, post, received, talk

LONG_SCHEDULE = b'{"source":{"family":"text-encoder"},"fixed":{"total_steps":1000000},"schedule":{"points":40000}}'


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a service whose limits are soon met."""
    settings = {
        "max_connections": "8",
        "max_head_bytes": "2048",
        "head_timeout_seconds": "0.6",
        "write_timeout_seconds": "0.6",
        "body_timeout_seconds": "5",
        "max_body_bytes": "150000",
        "keep_alive_seconds": "20",
    }
    with Process(tmp_path_factory.mktemp("tight"), **settings) as process:
        yield process.port()
        assert process.stop() == 0
        assert len(process.printed().splitlines()) == 2, "nothing failed"


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def problem(came: bytes, status: int, name: str) -> Answer:
    """The last answer, which must be this problem."""
    answer = answers(came)[-1]
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"
    document: dict[str, Any] = json.loads(answer.body)
    assert (document["type"], document["status"]) == (f"/problems/{name}", status)
    return answer


def is_served(port: int) -> bool:
    """Whether another client gets its answer meanwhile."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
        return client.post("/recommend", content=JOB, headers={"content-type": "application/json"}).status_code == 200


def test_a_head_at_the_limit_is_read(tight: int) -> None:
    first, _ = answers(talk(tight, post(f"X-Long: {'a' * 1800}") + LAST))
    assert first.status == 200


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_a_longer_head_is_refused(tight: int, pieces: int) -> None:
    whole = post(f"X-Long: {'a' * 3000}")
    size = len(whole) // pieces + 1
    with connect(tight) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(whole), size):
            connection.sendall(whole[at : at + size])
            time.sleep(0.02)
        problem(b"".join(received(connection)), 431, "head-too-large")


@pytest.mark.parametrize("line", [b"X: ", b"", b"X"], ids=["value", "first line", "name"])
def test_a_head_without_end_is_refused(tight: int, line: bytes) -> None:
    start = b"GET /" if not line else b"GET / HTTP/1.1\r\nHost: x\r\n" + line
    problem(talk(tight, start, b"a" * 200_000), 431, "head-too-large")
    assert is_served(tight)


def test_many_short_headers_are_refused(tight: int) -> None:
    problem(talk(tight, b"GET / HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n" * 20_000), 431, "head-too-large")


def test_trailers_are_dropped_and_have_a_limit(tight: int) -> None:
    body = chunked(JOB).removesuffix(b"\r\n")
    head = post("Transfer-Encoding: chunked", body=b"")
    first, last = answers(talk(tight, head + body + b"Content-Type: text/html\r\n\r\n" + LAST))
    assert (first.status, last.status) == (200, 200)
    came = talk(tight, head, body, b"A: b\r\n" * 200_000)
    problem(came, 413, "body-too-large")


def test_extensions_of_chunks_have_a_limit(tight: int) -> None:
    head = post("Transfer-Encoding: chunked", body=b"")
    problem(talk(tight, head, b"1;" + b"a" * 600_000), 413, "body-too-large")


def test_a_head_that_does_not_come_is_not_waited_for(tight: int) -> None:
    assert talk(tight) == b"", "there is nobody to answer"
    problem(talk(tight, b"GET / HTTP/1.1\r\nHo"), 408, "head-timeout")
    assert talk(tight, b"\r\n\r\n") == b""


def test_dripping_wins_no_time(tight: int) -> None:
    """A byte now and then does not start the wait anew."""
    with connect(tight) as connection:
        came = b""
        connection.settimeout(0.1)
        for byte in b"GET / HTTP/1.1\r\nA: " + b"a" * 100:
            try:
                connection.sendall(bytes([byte]))
                came += connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if came:
                break
        connection.settimeout(20)
        came += b"".join(received(connection))
    problem(came, 408, "head-timeout")


def test_a_second_head_is_not_waited_for_either(tight: int) -> None:
    first, second = answers(talk(tight, post() + b"GET / HT"))
    assert (first.status, second.status) == (200, 408)


def test_who_waits_longest_makes_room(tight: int) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(connect(tight)) for _ in range(8)]
        assert is_served(tight)
        newest = stack.enter_context(connect(tight))
        newest.sendall(LAST)
        assert answers(b"".join(received(newest)))[0].status == 200
        assert idle[0].recv(1) == b""


def test_an_answer_that_nobody_reads_is_given_up(tight: int) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in range(5)]
        for lazy in clients:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.connect(("127.0.0.1", tight))
            lazy.sendall(post(body=LONG_SCHEDULE, path="/lr-schedule"))
        assert is_served(tight)
        time.sleep(2)
        for _ in range(7):
            stack.enter_context(connect(tight))
        assert is_served(tight)
        clients[0].settimeout(20)
        came = 0
        try:
            while part := clients[0].recv(1 << 20):
                came += len(part)
        except ConnectionResetError:
            pass
        assert came < 5_000_000


def test_who_reads_slowly_gets_all_of_it(tight: int) -> None:
    """Every answer is longer than what is sent at a time."""
    with connect(tight) as connection:
        connection.sendall(post(body=LONG_SCHEDULE, path="/lr-schedule", close=True))
        came = bytearray()
        while part := connection.recv(60_000):
            came += part
            time.sleep(0.001)
    (answer,) = answers(bytes(came))
    assert answer.status == 200
    assert len(json.loads(answer.body)["lr_schedule"]["points"]) == 40_000
    assert int(answer.headers["content-length"]) == len(answer.body) > 5_000_000


def test_requests_wait_for_their_turn_but_not_many(tight: int) -> None:
    came = answers(talk(tight, post() * 5 + LAST))
    assert [answer.status for answer in came] == [200] * 6
    came = answers(talk(tight, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n" * 60))
    assert [answer.status for answer in came] == [200] * 9


def test_a_good_request_is_answered_before_garbage_is_refused(tight: int) -> None:
    (answer,) = answers(talk(tight, post() + b"garbage\r\n\r\n"))
    assert answer.status == 200
    first, second = answers(talk(tight, post() + post() + b"\x00\x01\x02"))
    assert (first.status, second.status) == (200, 200)


def test_garbage_within_a_body_is_refused(tight: int) -> None:
    head = post("Transfer-Encoding: chunked", body=b"")
    problem(talk(tight, head + b"zz\r\n"), 400, "bad-request")
    (first,) = answers(talk(tight, post() + head + b"zz\r\n"))
    assert first.status == 200


def test_bodies_held_at_once_are_bounded(tmp_path: Path) -> None:
    """Half a body a client: whoever comes when all room is taken is told so."""
    settings = {"max_held_bytes": "1300000", "max_body_bytes": "600000", "body_timeout_seconds": "20"}
    with Process(tmp_path, **settings) as process, ExitStack() as stack:
        port = process.port()
        for _ in range(2):
            connection = stack.enter_context(connect(port))
            connection.sendall(post("Content-Length: 600000", body=b"").replace(b"Content-Length: 0\r\n", b""))
            connection.sendall(b" " * 500_000)
        assert is_served(port)
        answer = problem_of_large(port)
        assert answer.headers["retry-after"] == "1"
        stack.close()
        assert answers(talk(port, post(body=JOB.ljust(550_000), close=True)))[0].status == 200, "room is given back"


def problem_of_large(port: int) -> Answer:
    """What a third body of that size meets, once the first two have arrived."""
    for _ in range(200):
        (answer,) = answers(talk(port, post(body=JOB.ljust(550_000), close=True)))
        if answer.status != 200:
            assert json.loads(answer.body)["type"] == "/problems/unavailable"
            return answer
    raise AssertionError("there is always room")
