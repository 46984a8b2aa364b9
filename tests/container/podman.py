"""A container as a platform team would run it: hardened in every way that the runtime offers."""

import ctypes
import json
import os
import re
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

from service.settings import Settings
from tests.conftest import ROOT

PORT = 8000
STOP_SECONDS = int(Settings().drain_seconds + Settings().shutdown_seconds) + 5
TICKS = os.sysconf("SC_CLK_TCK")
STATE = ROOT / ".image"
"""Where the runtime may leave what it likes to leave in the folder that it is started from."""

NETWORK_NAMESPACE = 0x40000000
HARDENED = (
    "--pull=never",
    "--read-only",
    "--read-only-tmpfs=false",
    "--mount=type=tmpfs,dst=/dev/shm,ro=true,tmpfs-size=4k",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=256m",
    "--memory-swap=256m",
    "--pids-limit=64",
    "--cpus=1",
)

_libc = ctypes.CDLL(None, use_errno=True)


def podman(*arguments: str) -> str:
    """What podman prints. Raises CalledProcessError, with its words on stderr, where it fails."""
    command = ["podman", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=STATE).stdout.strip()


class Container:
    """One container. Leaving the `with` removes it."""

    def __init__(self, name: str) -> None:
        self.id = name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Ends it at once, if it runs, and forgets it."""
        podman("rm", "--force", "--time", "0", self.id)

    def prepare(self) -> None:
        """Makes the process, which waits; what it does from its first instruction on can then be traced."""
        podman("init", self.id)

    def start(self) -> None:
        """Lets the process run."""
        podman("start", self.id)

    def stop(self) -> int:
        """SIGTERM, and SIGKILL where the service takes longer than its settings say; gives the exit code."""
        podman("stop", "--time", str(STOP_SECONDS), self.id)
        return self.inspect()["State"]["ExitCode"]

    def inspect(self) -> Any:
        """All that podman knows of it."""
        return json.loads(podman("inspect", self.id))[0]

    def logs(self) -> str:
        """What the service has written to stdout and stderr, as the runtime has kept it."""
        done = subprocess.run(
            ["podman", "logs", self.id],  # noqa: S607
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.stdout

    def pid(self) -> int:
        """The process as the host numbers it."""
        return int(self.inspect()["State"]["Pid"])

    def process(self, file: str) -> str:
        """A file of the process under /proc."""
        return Path(f"/proc/{self.pid()}/{file}").read_text()

    def processor_seconds(self) -> float:
        """User and system time of all its processes since they began."""
        statistics = [Path(f"/proc/{process}/stat").read_text() for process in _family(self.pid())]
        fields = [text.rpartition(")")[2].split() for text in statistics]
        return sum(int(used) for process in fields for used in process[11:13]) / TICKS

    @contextmanager
    def network(self) -> Generator[None]:
        """Within, this thread's sockets live in the container's network, which nothing else reaches."""
        with Path("/proc/thread-self/ns/net").open() as home, Path(f"/proc/{self.pid()}/ns/net").open() as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def wait_until_ready(self) -> None:
        """Returns when /health/ready says so. Raises AssertionError after half a minute."""
        with self.network():
            for _ in range(3000):
                if _is_ready():
                    return
                time.sleep(0.01)
        raise AssertionError(self.logs())

    def memory(self) -> int:
        """Bytes of memory that all its processes hold, what they share counted once."""
        return 1024 * sum(int(_proportional(process)) for process in _family(self.pid()))


def hardened(image: str, *options: str, network: str = "none") -> Container:
    """A container of the image, made but not started."""
    return Container(podman("create", *HARDENED, f"--network={network}", *options, image))


def _is_ready() -> bool:
    connection = HTTPConnection("127.0.0.1", PORT, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, NETWORK_NAMESPACE):
        raise OSError(ctypes.get_errno(), "setns")


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


def _proportional(pid: int) -> str:
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found, os.strerror(0)
    return found[1]
