"""Nothing of a request is ever printed: marked words go in everywhere, and come out nowhere but in the answer."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT, Process

CANARY = "canary7f3a91"
JOB = {"target": {"task": "image-classification"}, "dataset": {"examples": 4711234567}}
NUMBER = "4711234567"
JSON = {"content-type": "application/json", "user-agent": CANARY, "x-canary": CANARY, "cookie": f"a={CANARY}"}


def send_everything(port: int) -> Iterator[int]:
    """Good, bad and broken requests, each with the mark wherever it can stand. Gives the statuses."""
    bodies = [
        json.dumps(JOB),
        json.dumps({**JOB, "source": {"model": CANARY}}),
        json.dumps({**JOB, CANARY: 1}),
        json.dumps({**JOB, "similarity": CANARY}),
        json.dumps(
            {
                "dataset": {"examples": 5},
                "source": {"parameters": [{"name": f"{CANARY}.{i}", "shape": [2, 2]} for i in "ab"]},
            }
        ),
        json.dumps({"dataset": {"examples": 5}, "source": {"safetensors": {CANARY: {"dtype": "F32", "shape": [-1]}}}}),
        json.dumps(
            {
                "dataset": {"examples": 5},
                "source": {"safetensors": {f"{CANARY}.{i}": {"dtype": "F32", "shape": [2, 2]} for i in "ab"}},
            }
        ),
        f'{{"{CANARY}": ',
        f'{{"{CANARY}": "\xff"}}'.encode("latin-1"),
        CANARY * 400_000,
        json.dumps({**JOB, CANARY: 1}).ljust(20_000),
        json.dumps(JOB).ljust(20_000),
    ]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, headers=JSON) as client:
        for path in ("/recommend", "/freeze-plan", "/lr-schedule"):
            for body in bodies:
                yield client.post(path, content=body).status_code
                yield client.post(f"{path}?explain={CANARY}", content=body).status_code
        for path in (
            "/matrix?model=",
            "/matrix?task=",
            "/matrix?",
            "/rules/",
            "/guide/",
            "/",
            "/docs/",
            "/health/",
            "/models/",
            "/models/a/",
            "/models?family=",
        ):
            yield client.get(path + CANARY).status_code
        yield client.get("/rules", headers={"accept": CANARY, "if-none-match": CANARY}).status_code
        yield client.get("/rules", headers={"host": f"{CANARY} {CANARY}"}).status_code
        yield client.request("DELETE", f"/rules?{CANARY}").status_code
        yield client.post("/recommend", content=json.dumps(JOB), headers={"content-type": CANARY}).status_code


def send_garbage(port: int) -> None:
    """What is not HTTP, and what ends in the middle."""
    head = (
        f"POST /recommend?{CANARY} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    )
    for raw in (f"{CANARY}\r\n\r\n", f"GET /{CANARY} HTTP/9.9\r\n\r\n", f'{head}Content-Length: 99\r\n\r\n{{"{CANARY}'):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(raw.encode())


def events(process: Process) -> list[dict[str, object]]:
    return [json.loads(line) for line in process.output.read_text().splitlines()]


def test_a_service_that_works_prints_nothing_of_a_request(tmp_path: Path) -> None:
    with Process(tmp_path, body_timeout_seconds="1") as process:
        port = process.port()
        statuses = list(send_everything(port))
        send_garbage(port)
        assert process.stop() == 0
        assert 500 not in statuses
        assert {200, 400, 404, 405, 406, 413, 415, 422} <= set(statuses)
        assert [event["event"] for event in events(process)] == ["started", "stopped"]
        assert process.errors.read_text() == ""
        assert CANARY not in process.printed()
        assert NUMBER not in process.printed()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["errors", "output"]


def test_a_service_that_crashes_prints_where_and_nothing_of_a_request(tmp_path: Path) -> None:
    with Process(tmp_path, str(ROOT / "tests" / "privacy" / "crashing_service.py")) as process:
        port = process.port()
        statuses = list(send_everything(port))
        send_garbage(port)
        assert process.stop() == 0
        assert statuses.count(500) >= 3
        failures = [event for event in events(process) if event["event"] == "failed"]
        assert len(failures) == statuses.count(500)
        for failure in failures:
            assert set(failure) == {"event", "level", "timestamp", "error", "frames"}
            assert failure["error"] == "RuntimeError"
            assert failure["frames"]
        assert process.errors.read_text() == ""
        assert CANARY not in process.printed()
        assert NUMBER not in process.printed()


def test_a_log_that_keeps_the_words_of_exceptions_would_be_found(tmp_path: Path) -> None:
    with Process(tmp_path, str(ROOT / "tests" / "privacy" / "crashing_service.py"), "--leak") as process:
        assert 500 in list(send_everything(process.port()))
        assert process.stop() == 0
        assert CANARY in process.printed()
        assert NUMBER in process.printed()


@pytest.mark.parametrize("route", ["/recommend", "/matrix"])
def test_the_answer_to_a_crash_says_nothing_of_it(tmp_path: Path, route: str) -> None:
    with Process(tmp_path, str(ROOT / "tests" / "privacy" / "crashing_service.py")) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{process.port()}", trust_env=False) as client:
            method = "GET" if route == "/matrix" else "POST"
            answer = client.request(method, route, content=json.dumps(JOB), headers=JSON)
        assert process.stop() == 0
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/internal-error"
        assert "RuntimeError" not in answer.text
        assert CANARY not in answer.text
