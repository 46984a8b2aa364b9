"""What a request costs, route by route, and that replicas share the load without costing more.

Processor time is counted, not the clock: it tells the requests that one core answers in a second, whoever else is busy.
"""

import time
from contextlib import ExitStack
from pathlib import Path

from tests.container.podman import hardened
from tests.container.traffic import client, every_route
from tests.gateway.gateways import ADVISORS, advisor, gateway, start
from tests.gateway.load import Load, trusting

REQUESTS = 300
SECONDS = 10


def test_what_each_route_costs(image: str) -> None:
    with hardened(image) as container:
        container.start()
        container.wait_until_ready()
        with container.network(), client() as asking:
            for ask in every_route():
                before = container.processor_seconds()
                for _ in range(REQUESTS):
                    assert asking.request(*ask[:2], content=ask.body).status_code == 200
                cost = (container.processor_seconds() - before) / REQUESTS
                print(f"| `{ask.method} {ask.path}` | {len(ask.body or b'')} | {1000 * cost:.2f} | {1 / cost:.0f} |")  # noqa: T201


def test_replicas_share_the_load(image: str, tmp_path: Path) -> None:
    costs: dict[int, float] = {}
    for count in (1, 2, 4):
        names = tuple(ADVISORS)[:count]
        folder = tmp_path / str(count)
        folder.mkdir()
        with ExitStack() as stack:
            running = [stack.enter_context(advisor(image, name)) for name in names]
            for name, container in zip(names, running, strict=True):
                start(container, name)
            stack.enter_context(gateway("haproxy.cfg", folder, names))
            load = stack.enter_context(Load(trusting(folder)))
            before = sum(container.processor_seconds() for container in running)
            begun, sent = time.monotonic(), load.sent()
            time.sleep(SECONDS)
            used = sum(container.processor_seconds() for container in running) - before
            answered, elapsed = load.sent() - sent, time.monotonic() - begun
            assert load.failures == []
        costs[count] = used / answered
        print(f"| {count} | {answered / elapsed:.0f} | {used / elapsed:.2f} | {1000 * costs[count]:.2f} |")  # noqa: T201
    assert max(costs.values()) < 1.5 * min(costs.values())
