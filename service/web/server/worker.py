"""What happens in the processes beside the service: one forks, the others answer."""

import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from msgspec import Struct

LENGTH_BYTES = 4
"""Bytes of the length that stands before everything sent."""

NICENESS = 5
"""Where there is one core only, the service itself goes first."""


class Limits(Struct, frozen=True):
    """What one answer may take."""

    seconds: float
    memory_bytes: int


def lead(line: socket.socket, answer: Callable[[bytes], bytes], limits: Limits) -> NoReturn:
    """Forks a worker for each socket that comes over the line, until the service closes it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they mean the service; this process ends with it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.nice(NICENESS)
    while True:
        message, sockets, _, _ = socket.recv_fds(line, 1, 1)
        if not message:
            os._exit(0)
        if os.fork() == 0:
            line.close()
            _work(socket.socket(fileno=sockets[0]), answer, limits)
        os.close(sockets[0])


def _work(line: socket.socket, answer: Callable[[bytes], bytes], limits: Limits) -> NoReturn:
    """Answers one question after the other until the service closes the line.

    The kernel ends the process where an answer takes too long, and so does the process itself where one takes too
    much memory: much of that memory would stay with it.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _limit_memory(limits.memory_bytes)
    with suppress(OSError, MemoryError):  # the service has gone, or the answer takes too much
        while question := _receive(line):
            signal.setitimer(signal.ITIMER_REAL, limits.seconds)
            made = answer(question)
            signal.setitimer(signal.ITIMER_REAL, 0)
            line.sendall(len(made).to_bytes(LENGTH_BYTES))
            line.sendall(made)
            del question, made  # nothing is kept while waiting
    sys.stdout.flush()
    os._exit(0)


def _receive(line: socket.socket) -> bytes:
    """The next question; empty at the end."""
    length = int.from_bytes(_read(line, LENGTH_BYTES))
    return _read(line, length)


def _read(line: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = line.recv(min(length - len(received), 1 << 20))
        if not part:
            return b""
        received += part
    return bytes(received)


def _limit_memory(extra_bytes: int) -> None:
    """Limits the address space to what there is and so much more. Where the kernel does not tell, there is no limit."""
    statistics = Path("/proc/self/statm")
    if statistics.exists():
        held = int(statistics.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + extra_bytes, held + extra_bytes))
