"""Stopping loses nothing: what has begun is answered, and a balancer has time to look elsewhere.

`make restart-test` restarts twenty times under load with the default settings; here it is done twice, in a hurry.
"""

import asyncio
import itertools
import json
import os
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.balancer import Balancer
from tests.conftest import Process
from tests.wire import JOB, answers, one_answer, post, received

RESTARTS = int(os.environ.get("RESTARTS", "2"))
LONG = "RESTARTS" in os.environ
REQUESTS = 100_000 if LONG else 300
CLIENTS = 8
LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = post(
    body=b'{"source":{"family":"text-encoder"},"fixed":{"total_steps":100000},"schedule":{"points":400}}',
    path="/lr-schedule",
)
LOAD = [LIVE, b"GET /rules HTTP/1.1\r\nHost: x\r\n\r\n", LIVE, post(), LIVE, LIVE, LIVE, post(), LIVE, LARGE]


def events(process: Process) -> list[str]:
    return [json.loads(line)["event"] for line in process.printed().splitlines()]


def wait_for_draining(port: int) -> None:
    """The signal takes a moment to arrive."""
    for _ in range(500):
        if httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False).status_code == 503:
            return
        time.sleep(0.01)
    raise AssertionError("it does not drain")


def test_every_answer_from_the_signal_on_asks_to_close(tmp_path: Path) -> None:
    with Process(tmp_path, drain_seconds="3") as process, ExitStack() as stack:
        port = process.port()
        connections = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 20)) for _ in range(4)]
        for connection in connections:
            connection.sendall(LIVE)
            assert "connection" not in one_answer(connection).headers
        process.process.terminate()
        wait_for_draining(port)
        for connection in connections:
            connection.sendall(LIVE)
            (answer,) = answers(b"".join(received(connection)))
            assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert process.process.wait(20) == 0


def test_what_has_begun_is_answered(tmp_path: Path) -> None:
    whole = post()
    with Process(tmp_path, drain_seconds="0", body_timeout_seconds="2") as process:
        port = process.port()
        with ExitStack() as stack:
            half_head, half_body, idle = (
                stack.enter_context(socket.create_connection(("127.0.0.1", port), 20)) for _ in range(3)
            )
            half_head.sendall(whole[:30])
            half_body.sendall(whole[:-10])
            idle.sendall(LIVE)
            assert one_answer(idle).status == 200
            process.process.terminate()
            assert idle.recv(65536) == b""
            half_head.sendall(whole[30:])
            (answer,) = answers(b"".join(received(half_head)))
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            (answer,) = answers(b"".join(received(half_body)))
            assert (answer.status, json.loads(answer.body)["type"]) == (408, "/problems/body-timeout")
        assert process.process.wait(20) == 0
        assert events(process) == ["started", "stopped"]


def test_a_body_that_comes_in_time_is_answered(tmp_path: Path) -> None:
    with Process(tmp_path, drain_seconds="0") as process:
        with socket.create_connection(("127.0.0.1", process.port()), 20) as connection:
            connection.sendall(post()[:-10])
            time.sleep(0.2)
            process.process.terminate()
            time.sleep(0.2)
            connection.sendall(JOB[-10:])
            (answer,) = answers(b"".join(received(connection)))
            assert answer.status == 200
        assert process.process.wait(20) == 0
        assert events(process) == ["started", "stopped"]


def test_what_takes_longer_than_the_shutdown_is_cut_with_503(tmp_path: Path) -> None:
    body = b'{"source":{"family":"text-encoder"},"fixed":{"total_steps":1000000},"schedule":{"points":49000}}'
    with Process(tmp_path, shutdown_seconds="1", max_waiting="100") as process, ExitStack() as stack:
        port = process.port()
        connections = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 20)) for _ in range(40)]
        for connection in connections:
            connection.sendall(post(body=body, path="/lr-schedule"))
        time.sleep(0.2)
        process.process.terminate()
        statuses = [answers(b"".join(received(connection)))[0].status for connection in connections]
        assert set(statuses) <= {200, 503}
        assert process.process.wait(20) == 0
        assert events(process) == ["started", "stopped"]


def test_who_has_just_connected_is_answered(tmp_path: Path) -> None:
    """They come while the service sleeps over the end of its draining, so that nobody has taken their connections."""
    with Process(tmp_path, drain_seconds="1") as process, ExitStack() as stack:
        port = process.port()
        process.process.terminate()
        wait_for_draining(port)
        process.process.send_signal(signal.SIGSTOP)
        waiting = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 20)) for _ in range(20)]
        for connection in waiting:
            connection.sendall(LIVE)
        time.sleep(2)
        process.process.send_signal(signal.SIGCONT)
        assert [answers(b"".join(received(connection)))[0].status for connection in waiting] == [200] * 20
        assert process.process.wait(20) == 0


def test_a_connection_that_has_not_asked_yet_may_still_ask(tmp_path: Path) -> None:
    """Its request may be on the way: closed now, it would be lost."""
    with Process(tmp_path, drain_seconds="0") as process:
        with socket.create_connection(("127.0.0.1", process.port()), 20) as connection:
            time.sleep(0.2)
            process.process.terminate()
            time.sleep(0.5)
            connection.sendall(LIVE)
            (answer,) = answers(b"".join(received(connection)))
            assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert process.process.wait(20) == 0


def test_a_second_signal_ends_the_draining(tmp_path: Path) -> None:
    for second in (signal.SIGTERM, signal.SIGINT):
        with Process(tmp_path, drain_seconds="500") as process:
            port = process.port()
            process.process.terminate()
            wait_for_draining(port)
            process.process.send_signal(second)
            assert process.process.wait(20) == 0
            assert events(process) == ["started", "stopped"]


def test_a_rolling_restart_loses_nothing(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(RESTARTS + 2)]
    for folder in folders:
        folder.mkdir()
    settings = {"drain_seconds": "8.0"} if LONG else {"drain_seconds": "1.5"}
    statuses = asyncio.run(restart([Process(folder, **settings) for folder in folders[:2]], folders[2:], settings))
    assert statuses.keys() == {200}
    assert statuses[200] >= REQUESTS


async def restart(services: list[Process], folders: list[Path], settings: dict[str, str]) -> dict[int, int]:
    """Replaces the services one after the other while clients ask, and counts the statuses."""
    balancer = Balancer(probe_seconds=1.0 if LONG else 0.2)
    watchers = [asyncio.create_task(balancer.watch(service.port())) for service in services]
    statuses: dict[int, int] = {}
    done = asyncio.Event()

    async def ask(first: int) -> None:
        for request in itertools.islice(itertools.cycle(LOAD), first, None):
            if done.is_set() and balancer.sent >= REQUESTS:
                return
            status = await balancer.send(request)
            statuses[status] = statuses.get(status, 0) + 1

    try:
        while len(balancer.ready) < 2:
            await asyncio.sleep(0.05)
        clients = [asyncio.create_task(ask(number)) for number in range(CLIENTS)]
        for folder in folders:
            old = services.pop(0)
            old.process.terminate()
            assert await asyncio.to_thread(old.process.wait, 60) == 0
            assert events(old) == ["started", "stopped"]
            services.append(Process(folder, **settings))
            watchers.append(asyncio.create_task(balancer.watch(await asyncio.to_thread(services[-1].port))))
            while len(balancer.ready) < 2:
                await asyncio.sleep(0.05)
        done.set()
        await asyncio.gather(*clients)
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        await balancer.close()
        for service in services:
            service.process.kill()
            service.process.wait()
    return statuses
