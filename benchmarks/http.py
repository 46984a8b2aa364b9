"""What HTTP costs above the engine, and whether the service answers while it is busy: `make bench-http`.

Two servers, both uvicorn with uvloop and httptools: the service; and a twin, a bare ASGI app that calls the same engine
and codec, or answers fixed bytes. They are asked in turn over one connection each, and the CPU time of the server
process per request is compared. Where there are two cores, servers and load have one each. Needs Linux.
"""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path

import service
from tests.balancer import Connection, exchange
from tests.conftest import ROOT, Process
from tests.wire import post

TWIN = """
import sys, uvicorn
from service.knowledge.loader import load
from service.web.questions import Asked, answer_small
know = load()
FIXED = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] != "/recommend":
        await send({"type": "http.response.start", "status": 200, "headers": FIXED})
        await send({"type": "http.response.body", "body": b" " * 4096})
        return
    body = (await receive())["body"]
    sent = answer_small(Asked("/recommend", True, "application/json", body), know)
    await send({"type": "http.response.start", "status": 200, "headers": sent.fields})
    await send({"type": "http.response.body", "body": sent.content})
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="none", access_log=False, log_config=None)
"""
ROUNDS = 7
POSTS, GETS = 100, 1000
SECONDS = 8
SMALL = post()
LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
RULES = b"GET /rules HTTP/1.1\r\nHost: x\r\n\r\n"
FIXED = b"GET /fixed HTTP/1.1\r\nHost: x\r\n\r\n"
NAMES = ",".join(f'{{"name":"model.layers.{i // 9}.mlp.p{i % 9}.weight","shape":[64,64]}}' for i in range(8000))
LARGE = post(
    body=f'{{"source":{{"parameters":[{NAMES}]}},"dataset":{{"examples":3000}}}}'.encode(), path="/freeze-plan"
)


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has had."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


async def cost(pid: int, port: int, request: bytes, times: int) -> float:
    """CPU seconds of the server for one request."""
    connection = await asyncio.open_connection("127.0.0.1", port)
    await exchange(connection, request)
    before = cpu(pid)
    for _ in range(times):
        await exchange(connection, request)
    after = cpu(pid)
    connection[1].close()
    return (after - before) / times


async def compare(servers: dict[str, tuple[int, int]]) -> dict[str, float]:
    """Medians of interleaved rounds."""
    cases = {
        "service, POST": ("service", SMALL, POSTS),
        "twin, POST": ("twin", SMALL, POSTS),
        "twin, 4 kB fixed": ("twin", FIXED, GETS),
        "service, ready-made GET": ("service", LIVE, GETS),
    }
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (server, request, times) in cases.items():
            found[name].append(await cost(*servers[server], request, times))
    return {name: statistics.median(costs) for name, costs in found.items()}


async def busy(port: int, load: bytes) -> tuple[list[float], Counter[int]]:
    """Seconds that /health/live takes while 20 clients repeat a request, and the statuses that a small job gets."""
    stop = asyncio.Event()
    waits: list[float] = []
    statuses: Counter[int] = Counter()

    async def repeat(request: bytes, pause: float, note: Callable[[float, int], None]) -> None:
        connection: Connection = await asyncio.open_connection("127.0.0.1", port)
        while not stop.is_set():
            begin = time.perf_counter()
            status, _ = await exchange(connection, request)
            note(time.perf_counter() - begin, status)
            await asyncio.sleep(0.2 if status == 503 else pause)
        connection[1].close()

    def ignore(wait: float, status: int) -> None:
        pass

    def count(wait: float, status: int) -> None:
        statuses[status] += 1

    def keep(wait: float, status: int) -> None:
        waits.append(wait)

    tasks: list[Coroutine[None, None, None]] = [repeat(load, 0, ignore) for _ in range(20)]
    tasks += [repeat(LIVE, 0.01, keep), repeat(SMALL, 0.01, count)]
    running = asyncio.gather(*tasks)
    await asyncio.sleep(SECONDS)
    stop.set()
    await running
    return waits, statuses


def p99(waits: list[float]) -> float:
    """In milliseconds."""
    return sorted(waits)[int(len(waits) * 0.99)] * 1000


async def report(servers: dict[str, tuple[int, int]]) -> None:
    """Prints both tables."""
    costs = await compare(servers)
    unit = costs["twin, 4 kB fixed"]
    for name, seconds in costs.items():
        print(f"{name:28}{seconds / unit:8.2f} of a raw 4 kB answer")  # noqa: T201
    tax = (costs["service, POST"] - costs["twin, POST"]) / unit
    print(f"{'HTTP tax of a POST':28}{tax:8.2f} (aim: at most 1.0)")  # noqa: T201
    print(f"{'ready-made GET':28}{unit / costs['service, ready-made GET']:8.2f} of fixed bytes (aim: at least 0.6)")  # noqa: T201
    _, port = servers["service"]
    for name, load in (("20 clients ask fixed bytes", RULES), ("20 clients repeat a large request", LARGE)):
        waits, statuses = await busy(port, load)
        print(f"/health/live p99 {p99(waits):6.1f} ms, small jobs {dict(statuses)}: {name}")  # noqa: T201


def wait_for(port: int) -> None:
    """Waits until something listens there."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return


def main() -> None:
    """Starts the servers, and shares the cores out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, Process(Path(folder)) as process:
        twin = subprocess.Popen([sys.executable, "-c", TWIN, str(port)], cwd=ROOT)  # noqa: S603 -- its own code
        try:
            servers = {"service": (process.process.pid, process.port()), "twin": (twin.pid, port)}
            wait_for(port)
            cores = sorted(os.sched_getaffinity(0))
            if len(cores) > 1:
                for pid in (process.process.pid, twin.pid):
                    os.sched_setaffinity(pid, {cores[0]})
                os.sched_setaffinity(0, {cores[1]})
            print(f"transfer-advisor {service.__version__}, {ROUNDS} rounds")  # noqa: T201
            asyncio.run(report(servers))
        finally:
            twin.terminate()
            twin.wait()


if __name__ == "__main__":
    main()
