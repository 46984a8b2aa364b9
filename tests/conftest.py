"""The service as its callers meet it: a process that answers on a loopback port."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

ROOT = Path(__file__).parent.parent


class Process:
    """`python -m service` on a free port, with everything that it prints kept aside."""

    def __init__(self, folder: Path, *command: str, **settings: str) -> None:
        self.output = folder / "output"
        self.errors = folder / "errors"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRANSFER_ADVISOR_")}
        environment |= {"TRANSFER_ADVISOR_PORT": "0", "TRANSFER_ADVISOR_DRAIN_SECONDS": "0", "PYTHONPATH": str(ROOT)}
        environment |= {f"TRANSFER_ADVISOR_{name.upper()}": value for name, value in settings.items()}
        with self.output.open("wb") as output, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, *(command or ("-m", "service"))],
                cwd=folder,
                env=environment,
                stdout=output,
                stderr=errors,
            )

    def port(self) -> int:
        """Waits for the started event."""
        for _ in range(3000):
            line, end, _ = self.output.read_text().partition("\n")
            if end:
                return json.loads(line)["port"]
            try:
                self.process.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(self.errors.read_text())
        raise AssertionError("the service did not start")

    def stop(self) -> int:
        """Asks it to end, and gives its exit code."""
        self.process.terminate()
        return self.process.wait(20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """A test that fails leaves no process behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def printed(self) -> str:
        """All that it has written to stdout and stderr."""
        return self.output.read_text() + self.errors.read_text()


@pytest.fixture(scope="session")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a service with settings that tests can reach: a small body limit and a short wait."""
    with Process(tmp_path_factory.mktemp("service"), max_body_bytes="150000", body_timeout_seconds="0.5") as process:
        yield process.port()
        assert process.stop() == 0, process.printed()


@pytest.fixture(scope="session")
def client(port: int) -> Iterator[httpx.Client]:
    """A plain HTTP client of that service."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
        yield client
