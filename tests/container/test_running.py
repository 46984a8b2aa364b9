"""What the image does while it runs, hardened: starts soon, answers everything, ends when told, stays small."""

import time
from statistics import median

from service.settings import Settings
from tests.container.podman import Container, hardened
from tests.container.traffic import client, every_route, hostile, mixed

MIB = 1024**2
READY_SECONDS = 2
MEMORY_MIB = 128
REQUESTS = 50_000
SAMPLES = 50
ANSWERED_OR_REFUSED = {200, 400, 404, 413, 414, 422, 431, 503}


def test_it_is_ready_soon(image: str) -> None:
    """By the clock, as whoever waits for it sees it."""
    with hardened(image) as container:
        container.prepare()
        begin = time.monotonic()
        container.start()
        container.wait_until_ready()
        waited = time.monotonic() - begin
    print(f"\nready after {waited:.2f} s")  # noqa: T201 -- what was measured
    assert waited <= READY_SECONDS


def test_the_hardening_is_in_force(container: Container) -> None:
    status = dict(line.split(":\t", 1) for line in container.process("status").splitlines() if ":\t" in line)
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {"65532"}
    assert [line.split(":")[0].strip() for line in container.process("net/dev").splitlines()[2:]] == ["lo"]
    limits = container.inspect()["HostConfig"]
    assert (limits["Memory"], limits["PidsLimit"], limits["NanoCpus"]) == (256 * MIB, 64, 10**9)


def test_every_route_answers(container: Container) -> None:
    with container.network(), client() as asking:
        statuses = {
            f"{ask.method} {ask.path}": asking.request(*ask[:2], content=ask.body).status_code for ask in every_route()
        }
    assert set(statuses.values()) == {200}, statuses


def test_it_says_who_answers(container: Container) -> None:
    labels = container.inspect()["Config"]["Labels"]
    with container.network(), client() as asking:
        told = asking.get("/health/ready").json()
    assert told["version"] == labels["org.opencontainers.image.version"]
    assert told["ruleset"] == {
        "version": labels["transfer-advisor.ruleset.version"],
        "hash": labels["transfer-advisor.ruleset.hash"],
    }


def test_it_ends_when_told(container: Container) -> None:
    """Within the time that its settings give it, with code 0."""
    settings = Settings()
    begin = time.monotonic()
    assert container.stop() == 0
    assert time.monotonic() - begin < settings.drain_seconds + settings.shutdown_seconds


def test_memory_is_small_and_flat(container: Container) -> None:
    """What many requests leave behind shows as growth between the second and the last tenth of them."""
    held: list[int] = []
    with container.network(), client() as asking:
        for number, ask in enumerate(mixed(REQUESTS), 1):
            assert asking.request(*ask[:2], content=ask.body).status_code == 200
            if number % (REQUESTS // SAMPLES) == 0:
                held.append(container.memory())
    early, late = median(held[SAMPLES // 10 : SAMPLES // 5]), median(held[-SAMPLES // 10 :])
    print(f"\n{REQUESTS} requests: {early / MIB:.1f} MiB early, {late / MIB:.1f} late, {max(held) / MIB:.1f} at most")  # noqa: T201
    assert max(held) < MEMORY_MIB * MIB
    assert late < early * 1.05


def test_hostile_requests_do_not_end_it(container: Container) -> None:
    """Nor take more than the container's memory: the kernel would have killed it."""
    with container.network(), client() as asking:
        for ask in hostile():
            status = asking.request(*ask[:2], content=ask.body).status_code
            assert status in ANSWERED_OR_REFUSED, ask.path[:40]
        assert asking.get("/tasks").status_code == 200
    assert not container.inspect()["State"]["OOMKilled"]
    print(f"\nafter hostile requests: {container.memory() / MIB:.1f} MiB")  # noqa: T201
