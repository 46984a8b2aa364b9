"""Large requests are answered by another process: the same bytes, within limits, and nobody else waits for them."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.knowledge.loader import load
from service.web.questions import LARGE_ANSWER, LARGE_BODY, Asked, answer, answer_small
from service.web.responses import JSON
from tests.conftest import Process
from tests.wire import answers, post, received

SMALL = b'{"target":{"task":"image-classification"},"dataset":{"examples":10}}'
LARGE = b'{"source":{"family":"text-encoder"},"fixed":{"total_steps":1000000},"schedule":{"points":40000}}'
JUST_LARGE = LARGE.replace(b"40000", b"%d" % (LARGE_ANSWER + 1))
MODEL = {
    "source": {"parameters": [{"name": f"layers.{number}.weight", "shape": [8, 8]} for number in range(400)]},
    "dataset": {"examples": 3000},
}
REQUESTS = {
    "many points": ("/lr-schedule", JUST_LARGE),
    "many blocks": ("/freeze-plan", b'{"source":{"depth":1000},"dataset":{"examples":3000}}'),
    "many parameters": ("/freeze-plan", json.dumps(MODEL).encode()),
    "a long body": ("/recommend", SMALL.ljust(LARGE_BODY + 1)),
    "a refusal": ("/lr-schedule", JUST_LARGE.replace(b'"family":"text-encoder"', b'"model":"no-such-model"')),
    "a fault": ("/lr-schedule", JUST_LARGE.replace(b'"family"', b'"famly"').ljust(LARGE_BODY + 1)),
    "no JSON": ("/recommend", b"[" * (LARGE_BODY + 1)),
}


def ask(port: int, path: str, body: bytes) -> httpx.Response:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
        return client.post(path, content=body, headers={"content-type": JSON})


def assert_unavailable(given: httpx.Response) -> None:
    assert given.status_code == 503
    assert given.headers["content-type"] == "application/problem+json"
    assert given.headers["retry-after"] == "1"
    assert given.json()["type"] == "/problems/unavailable"


@pytest.fixture
def service(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Process]:
    """A service with the settings that a test names."""
    settings: dict[str, str] = request.param
    with Process(tmp_path, **settings) as process:
        process.port()
        yield process
        assert process.stop() == 0
        assert [json.loads(line)["event"] for line in process.printed().splitlines()] == ["started", "stopped"]


@pytest.mark.parametrize(("path", "body"), REQUESTS.values(), ids=REQUESTS)
def test_another_process_answers_with_the_same_bytes(client: httpx.Client, path: str, body: bytes) -> None:
    here = answer(Asked(path, True, JSON, body), load())
    there = client.post(path, content=body, headers={"content-type": JSON})
    assert (there.status_code, there.content) == (here.status, here.content)
    for name, value in here.fields:
        assert there.headers[name.decode()] == value.decode()


@pytest.mark.parametrize("name", set(REQUESTS) - {"a refusal"})
def test_these_are_large(name: str) -> None:
    path, body = REQUESTS[name]
    assert answer_small(Asked(path, True, JSON, body), load()) is None


def test_a_usual_request_is_small() -> None:
    assert answer_small(Asked("/recommend", True, JSON, SMALL), load()) is not None
    fifty = b'{"source":{"model":"bert-base-uncased"},"fixed":{"total_steps":1000},"schedule":{"points":50}}'
    assert answer_small(Asked("/lr-schedule", True, JSON, fifty), load()) is not None


@pytest.mark.parametrize("service", [{"max_waiting": "1"}], indirect=True)
def test_beyond_the_queue_there_is_503(service: Process) -> None:
    """All of them are there before the first can be answered."""
    large = post(body=LARGE, path="/lr-schedule", close=True)
    with ExitStack() as stack:
        asked = [stack.enter_context(socket.create_connection(("127.0.0.1", service.port()), 60)) for _ in range(24)]
        for number, connection in enumerate(asked):
            connection.sendall(large if number % 2 else post(close=True))
        given = [answers(b"".join(received(connection)))[0] for connection in asked]
    assert {one.status for one in given[::2]} == {200}
    assert {one.status for one in given[1::2]} == {200, 503}
    refused = [one for one in given if one.status == 503]
    assert {json.loads(one.body)["type"] for one in refused} == {"/problems/unavailable"}
    assert {one.headers["retry-after"] for one in refused} == {"1"}


@pytest.mark.parametrize("service", [{"max_answer_memory_bytes": "8388608"}], indirect=True)
def test_an_answer_that_takes_too_much_memory_is_cut_off(service: Process) -> None:
    port = service.port()
    for _ in range(2):
        assert_unavailable(ask(port, "/lr-schedule", LARGE))
        assert ask(port, "/lr-schedule", JUST_LARGE).status_code == 200, "another worker takes over"


@pytest.mark.parametrize("service", [{"answer_timeout_seconds": "0.000001"}], indirect=True)
def test_an_answer_that_takes_too_long_is_cut_off(service: Process) -> None:
    """A time that no machine is fast enough for."""
    port = service.port()
    for _ in range(2):
        assert_unavailable(ask(port, "/lr-schedule", LARGE))
        assert ask(port, "/recommend", SMALL).status_code == 200


@pytest.mark.parametrize("service", [{}], indirect=True)
def test_without_its_foreman_the_service_stops_to_be_started_anew(service: Process) -> None:
    children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text().split()
    (foreman,) = map(int, children)
    os.kill(foreman, signal.SIGKILL)
    assert_unavailable(ask(service.port(), "/lr-schedule", JUST_LARGE))
    assert service.process.wait(20) == 0


def test_the_processes_beside_the_service_end_with_it(tmp_path: Path) -> None:
    with Process(tmp_path) as process:
        assert ask(process.port(), "/lr-schedule", JUST_LARGE).status_code == 200
        family = descendants(process.process.pid)
        assert len(family) == 2
        process.process.kill()
        process.process.wait(20)
        for _ in range(200):
            if not any(is_alive(pid) for pid in family):
                return
            time.sleep(0.05)
    raise AssertionError("a process is left behind")


def descendants(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [below for child in children for below in descendants(child)]


def is_alive(pid: int) -> bool:
    """Whether it still runs; one that nobody has asked after yet does not."""
    try:
        state: Any = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
