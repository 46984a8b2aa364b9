"""Starting and stopping `python -m service`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

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
    assert done.returncode == 1
    assert (
        done.stderr
        == "transfer-advisor cannot start: TRANSFER_ADVISOR_PORT cannot be used: Expected `int`, got `str`.\n"
    )


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
            time.sleep(1.3)
            draining = client.get("/health/ready")
            assert (draining.status_code, draining.json()) == (503, {"status": "draining"})
            assert draining.headers["connection"] == "close"
            assert client.get("/rules").status_code == 200
        assert process.process.wait(20) == 0
