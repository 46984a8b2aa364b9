"""Cold start and memory at rest, as ratios to a bare ASGI app on the same server: `make bench-start`.

Processes are started one after another, in turn, so that all of them meet the same noise. Each is measured from its
start until `/health/live` answers: wall time, CPU time, resident memory. Bytecode is written beforehand, as in the
container image, into a temporary folder. Needs Linux, and of packages what the service itself needs.
"""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.grown import grow
from service.knowledge.build import compile_tables, read_tables
from service.knowledge.compiled import encode
from service.knowledge.identity import source_hash

ROUNDS = 9
ROOT = Path(__file__).parent.parent
BARE = """
import sys, uvicorn
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="none", access_log=False, log_config=None)
"""
LITESTAR = """
import sys, uvicorn
from litestar import Litestar, get
@get("/health/live", sync_to_thread=False)
def live() -> dict[str, str]: return {}
app = Litestar([live], openapi_config=None, logging_config=None)
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="none", access_log=False, log_config=None)
"""
GROWN = """
import sys
from functools import partial
from pathlib import Path
from service.__main__ import main
from service.knowledge import compiled, loader
loader.find = partial(compiled.find, file=Path(sys.argv[1]))
main([])
"""
TIMES = 20


class Start(NamedTuple):
    """One start: seconds of wall clock and of CPU until the first answer, and resident MiB after it."""

    wall: float
    cpu: float
    resident: float


def commands(port: int, folder: Path) -> dict[str, list[str]]:
    """What is compared; the first is the unit."""
    grown = folder / "grown.msgpack"
    grown.write_bytes(encode(source_hash(), compile_tables(grow(read_tables(), TIMES))))
    return {
        "bare app": ["-c", BARE, str(port)],
        "litestar, one route": ["-c", LITESTAR, str(port)],
        "this service": ["-m", "service"],
        f"this service, {TIMES} times the catalogue": ["-c", GROWN, str(grown)],
    }


def measure(command: list[str], environment: Mapping[str, str], port: int) -> Start:
    """Starts the process, asks until it answers, and ends it."""
    begin = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 -- its own commands
        [sys.executable, *command],
        cwd=ROOT,
        env={**environment, "TRANSFER_ADVISOR_PORT": str(port), "TRANSFER_ADVISOR_DRAIN_SECONDS": "0"},
        stdout=subprocess.DEVNULL,
    )
    while not answers(port):
        if process.poll() is not None:
            sys.exit(f"{command} ended with {process.returncode}")
        time.sleep(0.002)
    wall = time.perf_counter() - begin
    resident = resident_mib(process.pid)
    process.kill()
    _, process.returncode, used = os.wait4(process.pid, 0)
    return Start(wall, used.ru_utime + used.ru_stime, resident)


def answers(port: int) -> bool:
    """Whether `/health/live` is answered yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.HTTPStatus.OK
    except ConnectionError:
        return False
    finally:
        connection.close()


def resident_mib(pid: int) -> float:
    """Pages that the process holds in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def main() -> None:
    """Prints the table of docs/performance.md."""
    port = free_port()
    starts: dict[str, list[Start]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        compared = commands(port, Path(folder))
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        for command in compared.values():
            measure(command, environment, port)
        for _ in range(ROUNDS):
            for name, command in compared.items():
                starts[name].append(measure(command, environment, port))
    unit = next(iter(starts.values()))
    print("| start | wall | CPU | resident |\n| --- | --- | --- | --- |")  # noqa: T201
    for name, found in starts.items():
        ratios = [
            statistics.median(mine[i] / theirs[i] for mine, theirs in zip(found, unit, strict=True)) for i in range(3)
        ]
        print(f"| {name} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |")  # noqa: T201


if __name__ == "__main__":
    main()
