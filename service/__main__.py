"""The one way to start the service: `python -m service`. Settings come from the environment; `--help` lists them."""

import gc

gc.disable()  # what a start loads stays for good: until it serves there is nothing to collect

import asyncio
import os
import signal
import socket
import sys
from types import FrameType

import uvicorn
from litestar import Litestar

import service
from service.app import create_app
from service.knowledge.loader import BrokenTable, load
from service.observe import log, take_over
from service.settings import BadSetting, Settings, describe, read


class Server(uvicorn.Server):
    """The ASGI server, which on SIGTERM first says that it is not ready and answers on for the time of draining."""

    def __init__(self, config: uvicorn.Config, app: Litestar, drain_seconds: float) -> None:
        super().__init__(config)
        self.app = app
        self.drain_seconds = drain_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Logs the address once it answers."""
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)
        host, port = (sockets or self.servers[0].sockets)[0].getsockname()[:2]
        ruleset = load().ruleset.version
        log().info("started", host=host, port=port, version=service.__version__, ruleset=ruleset)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Logs the end."""
        await super().shutdown(sockets)
        log().info("stopped")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drains on the first SIGTERM; any other signal ends at once."""
        if sig != signal.SIGTERM or self.app.state.draining or not self.drain_seconds:
            super().handle_exit(sig, frame)
            return
        self.app.state.draining = True
        self.config.encoded_headers.append((b"connection", b"close"))
        self.loop.call_soon_threadsafe(self.loop.call_later, self.drain_seconds, super().handle_exit, sig, frame)


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
    except (BadSetting, BrokenTable, FileNotFoundError) as error:
        sys.exit(f"transfer-advisor cannot start: {error}")
    try:
        listener = _listen(settings)
    except OSError as error:
        sys.exit(f"transfer-advisor cannot listen on {settings.host} port {settings.port}: {error.strerror}.")
    _serve(settings, app, listener)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=2048)


def _serve(settings: Settings, app: Litestar, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    take_over()
    gc.freeze()  # what was loaded lives as long as the process; no collection need look at it again
    gc.enable()
    Server(config, app, settings.drain_seconds).run(sockets=[listener])


def _end(number: int, frame: FrameType | None) -> None:
    """The server raises the signal that stopped it once more. To be told to stop is no failure."""
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
