"""The one way to start the service: `python -m service`. Settings come from the environment; `--help` lists them."""

import gc

gc.disable()  # what a start loads stays for good: until it serves there is nothing to collect

import os
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

from litestar import Litestar

from service.app import create_app
from service.knowledge.loader import BrokenTable
from service.observe import take_over
from service.settings import BadSetting, Settings, describe, read
from service.web.pages import BrokenFile
from service.web.server.compression import compressed
from service.web.server.connection import Connection
from service.web.server.patience import Configuration
from service.web.server.stopping import Server

BROKEN = 78
"""The exit code where a setting, a table or a file is broken: starting again would not help (EX_CONFIG)."""


def main(arguments: list[str]) -> None:
    """Starts, serves and returns when told to stop."""
    if arguments == ["--help"]:
        sys.stdout.write(f"Settings, from the environment:\n{describe()}\n")
        return
    if arguments:
        sys.exit("transfer-advisor takes no arguments but --help.")
    try:
        settings = read(os.environ)
        app = create_app(settings)
    except (BadSetting, BrokenTable, BrokenFile, OSError, UnicodeDecodeError) as error:
        _give_up(f"transfer-advisor cannot start: {error}")
    gc.freeze()  # what was loaded lives as long as the process; no collection need look at it again
    gc.set_threshold(20_000)  # a long body is as many objects without a circle: to search it over and over took longest
    gc.enable()
    app.state.open_workshop()  # before the listener is there: whoever else holds that would keep it open
    try:
        listener = _listen(settings)
    except (TypeError, UnicodeError):  # Python raises the one or the other for a name that cannot be encoded
        _give_up("transfer-advisor cannot start: TRANSFER_ADVISOR_HOST is not a host name.")
    except OSError as error:
        sys.exit(f"transfer-advisor cannot listen on {settings.host} port {settings.port}: {error.strerror}.")
    _serve(settings, app, listener)


def _give_up(reason: str) -> NoReturn:
    """Says on one line why the service cannot start."""
    sys.stderr.write(" ".join(reason.split()) + "\n")
    sys.exit(BROKEN)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=2048)


def _serve(settings: Settings, app: Litestar, listener: socket.socket) -> None:
    packing = settings.gzip_from_bytes
    config = Configuration(
        compressed(app, packing) if packing else app,  # pyright: ignore[reportArgumentType] -- two names for one protocol
        settings,
        loop="uvloop",
        http=Connection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds + 2,
    )
    os.environ["UV_USE_IO_URING"] = "0"  # an audit of system calls would not see what is read and written through it
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    take_over()
    Server(config, app).run(sockets=[listener])


def _end(number: int, frame: FrameType | None) -> None:
    """The server raises the signal that stopped it once more. To be told to stop is no failure."""
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
