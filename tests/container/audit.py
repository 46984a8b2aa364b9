"""The audit: a container runs hardened and traced, is asked everything with marked words, and is searched for them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from tests.container import oracle
from tests.container.podman import PORT, Container, hardened
from tests.privacy.test_canaries import CANARY, NUMBER, send_everything, send_garbage

USER = 65532
QUEUES = "./dev/mqueue"
"""Holds message queues, in the memory of the kernel, for as long as the container runs. To open one is a finding."""

LINES = {
    "started": {"event", "level", "timestamp", "host", "port", "version", "ruleset"},
    "stopped": {"event", "level", "timestamp"},
}
"""The whole of what a service that works says, and the keys of each line."""


def audit(image: str, folder: Path, *options: str) -> list[str]:
    """Runs the image once and gives its faults, each as a kind, a colon and the evidence. An empty list is a pass."""
    record = folder / "strace"
    with hardened(image, *options) as container:
        container.prepare()
        pid = container.pid()
        written = _bytes_written(pid)
        with oracle.traced(pid, record):
            container.start()
            container.wait_until_ready()
            with container.network():
                statuses = list(send_everything(PORT))
                send_garbage(PORT)
            writable = list(_writable_places(pid))
            written = _bytes_written(pid) - written
            code = container.stop()
        logs = container.logs()
        found = oracle.findings(record)
        found += [f"writable: {place}" for place in writable]
        found += [f"disk: {written} bytes"] if written else []
        found += [f"exit: {code}"] if code else []
        found += [f"status: {status}" for status in statuses if status >= 500]
        found += list(_wrong_lines(logs))
        found += [f"canary: in {place}" for place in _places_with_canaries(container, logs)]
    return found


def _wrong_lines(logs: str) -> Iterator[str]:
    for line in logs.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            yield f"log: {line}"
            continue
        if set(event) != LINES.get(event.get("event")):
            yield f"log: {line}"


def _places_with_canaries(container: Container, logs: str) -> Iterator[str]:
    """Everything that outlives the process: the log and what the container added to its file system."""
    marks = (CANARY.encode(), NUMBER.encode())
    if any(mark in logs.encode() for mark in marks):
        yield "the log"
    upper = Path(container.inspect()["GraphDriver"]["Data"]["UpperDir"])
    for path in upper.rglob("*"):
        if path.is_file() and not path.is_symlink() and any(mark in path.read_bytes() for mark in marks):
            yield str(path.relative_to(upper))


def _writable_places(pid: int) -> Iterator[str]:
    """The folders in which the service's user could make a file. The kernel's own, /proc and /sys, hold none."""
    root = os.open(f"/proc/{pid}/root", os.O_RDONLY)
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(USER)
    os.seteuid(USER)
    try:
        for folder, inner, _, place in os.fwalk(dir_fd=root):
            if folder == ".":
                inner[:] = [name for name in inner if name not in {"proc", "sys"}]
            if folder != QUEUES and os.access(".", os.W_OK, dir_fd=place, effective_ids=True):
                yield folder
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
        os.close(root)


def _bytes_written(pid: int) -> int:
    """What the process has had written to a disk."""
    counts = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(counts["write_bytes"])
