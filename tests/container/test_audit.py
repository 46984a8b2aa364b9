"""The image keeps nothing; and the audit that says so finds every leak in an image that leaks."""

from pathlib import Path

from tests.container.audit import audit

LAX = ("--read-only=false", "--security-opt=seccomp=unconfined")
"""Lets the control write files, and set up the ring that the profile would refuse it."""

LEAKS = {
    "openat",
    "write",
    "memfd_create",
    "connect",
    "execve",
    "io_uring_setup",
    "mq_open",
    "log",
    "canary",
    "writable",
    "disk",
}


def test_the_image_keeps_nothing(image: str, tmp_path: Path) -> None:
    assert audit(image, tmp_path) == []


def test_the_audit_finds_every_leak_of_a_leaky_image(leaky_image: str, tmp_path: Path) -> None:
    kinds = {finding.partition(":")[0] for finding in audit(leaky_image, tmp_path, *LAX)}
    assert kinds >= LEAKS
