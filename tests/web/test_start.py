"""Starting and stopping `python -m service`."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT, Process


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **{f"TRANSFER_ADVISOR_{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "service", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_says_where_it_listens_and_when_it_ends(tmp_path: Path) -> None:
    with Process(tmp_path) as process:
        process.port()
        assert process.stop() == 0
        started, stopped = [json.loads(line) for line in process.output.read_text().splitlines()]
        assert started["event"] == "started"
        assert set(started) == {"event", "level", "timestamp", "host", "port", "version", "ruleset"}
        assert stopped["event"] == "stopped"
        assert process.errors.read_text() == ""


def test_an_interrupt_is_no_failure(tmp_path: Path) -> None:
    with Process(tmp_path) as process:
        process.port()
        process.process.send_signal(signal.SIGINT)
        assert process.process.wait(20) == 0
        assert process.errors.read_text() == ""


def test_a_taken_port_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert done.stderr.startswith("transfer-advisor cannot listen on 127.0.0.1 port ")
    assert done.stderr.count("\n") == 1
    assert "in use" in done.stderr


def test_a_host_that_is_none_is_said_in_a_sentence() -> None:
    done = run(HOST="no-such-host.invalid")
    assert done.returncode == 1
    assert done.stderr.startswith("transfer-advisor cannot listen on no-such-host.invalid port 8000: ")


def test_a_bad_setting_is_said_in_a_sentence() -> None:
    done = run(PORT="eight")
    assert done.returncode == 78
    assert (
        done.stderr
        == "transfer-advisor cannot start: TRANSFER_ADVISOR_PORT cannot be used: Expected `int`, got `str`.\n"
    )


TABLES = "service/knowledge/tables"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (f"{TABLES}/models.toml", "not UTF-8"),
        (f"{TABLES}/models.toml", "empty"),
        (f"{TABLES}/rates.toml", "a folder"),
        ("openapi/openapi.json", "empty"),
        ("openapi/openapi.json", "missing"),
        ("openapi/openapi.yaml", "not UTF-8"),
        ("service/web/static/index.html", "a circle"),
    ],
)
def test_a_broken_file_is_said_on_one_line(tmp_path: Path, name: str, fault: str) -> None:
    for folder in ("service", "openapi"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    broken = tmp_path / name
    broken.unlink()
    match fault:
        case "not UTF-8":
            broken.write_bytes(b"\xff\xfe")
        case "empty":
            broken.write_bytes(b"\n")
        case "a folder":
            broken.mkdir()
        case "a circle":
            broken.symlink_to(broken)
        case _:
            pass
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "TRANSFER_ADVISOR_PORT": "0"}
    command = [sys.executable, "-m", "service"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.startswith("transfer-advisor cannot start: ")
    assert done.stderr.count("\n") == 1


def test_a_host_that_cannot_be_a_name_is_a_bad_setting() -> None:
    done = run(HOST="ä..b")
    assert done.returncode == 78
    assert done.stderr == "transfer-advisor cannot start: TRANSFER_ADVISOR_HOST is not a host name.\n"


def test_help_lists_the_settings() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "TRANSFER_ADVISOR_MAX_BODY_BYTES (integer, default 4194304)" in done.stdout
    assert run("serve").returncode == 1


def test_it_drains_before_it_ends(tmp_path: Path) -> None:
    with Process(tmp_path, drain_seconds="2.5") as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{process.port()}", trust_env=False) as client:
            assert client.get("/health/ready").status_code == 200
            process.process.terminate()
            asked = (client.get("/health/ready") for _ in range(10_000))
            draining = next(answer for answer in asked if answer.status_code != 200)
            assert (draining.status_code, draining.json()["status"]) == (503, "draining")
            assert draining.headers["connection"] == "close"
            assert client.get("/rules").status_code == 200
        assert process.process.wait(20) == 0
