"""The gateways of deploy/gateway, as they are shipped but for addresses and the place of the certificates."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

from tests.conftest import ROOT
from tests.container.podman import Container, hardened
from tests.gateway.certificates import make

PORT = 18443
ADVISORS = {f"advisor-{number}": 18100 + number for number in range(1, 5)}
PAIR = ("advisor-1", "advisor-2")
"""The instances that the configurations name."""

COMMANDS = {
    "haproxy.cfg": ("haproxy", "-W", "-f"),
    "nginx.conf": ("nginx", "-g", "daemon off;", "-c"),
    "envoy.yaml": (os.environ.get("ENVOY", "envoy"), "--log-level", "off", "--base-id", "7", "-c"),
}
DRAIN_SECONDS = 6
"""Longer than nginx keeps an idle connection to an instance, and twelve times the interval at which the others look."""


def advisor(image: str, name: str) -> Container:
    """One instance behind the gateway, made, not started. It is hardened but for the network, which is the test's."""
    settings = {"HOST": "127.0.0.1", "PORT": ADVISORS[name], "DRAIN_SECONDS": DRAIN_SECONDS}
    options = [f"--env=TRANSFER_ADVISOR_{setting}={value}" for setting, value in settings.items()]
    return hardened(image, *options, network="host")


def start(container: Container, name: str) -> None:
    """Starts an instance and returns once it is ready."""
    container.start()
    for _ in range(1000):
        if _is_ready(ADVISORS[name]):
            return
        time.sleep(0.02)
    raise AssertionError(container.logs())


@contextmanager
def gateway(kind: str, folder: Path, names: tuple[str, ...] = PAIR) -> Generator[Path]:
    """The gateway, running. Gives the folder, which holds the certificates and what the gateway prints in `printed`.

    HAProxy can be put before other instances than the pair.
    """
    make(folder)
    shipped = (ROOT / "deploy" / "gateway" / kind).read_text()
    if names != PAIR:
        shipped = re.sub(r"    server .*\n", "", shipped)
        shipped += "".join(f"    server {name} {name}:8000\n" for name in names)
    configuration = folder / kind
    configuration.write_text(_moved(shipped, folder))
    with (folder / "printed").open("wb") as printed:
        process = subprocess.Popen([*COMMANDS[kind], str(configuration)], stdout=printed, stderr=printed)
    try:
        _wait_for(PORT)
        assert process.poll() is None, (folder / "printed").read_text()
        time.sleep(2)  # until it has looked at its backends
        yield folder
    finally:
        process.terminate()
        process.wait(30)


def _moved(configuration: str, folder: Path) -> str:
    """The configuration with this test's addresses and folder."""
    moved = configuration.replace("/etc/gateway/", f"{folder}/").replace("/run/nginx.pid", f"{folder}/pid")
    moved = re.sub(r"(bind :|listen |port_value: )8443", rf"\g<1>{PORT}", moved).replace("0.0.0.0", "127.0.0.1")  # noqa: S104
    for name, port in ADVISORS.items():
        moved = moved.replace(f"{name}:8000", f"127.0.0.1:{port}")
        moved = moved.replace(f"address: {name}, port_value: 8000", f"address: 127.0.0.1, port_value: {port}")
    return moved


def _wait_for(port: int) -> None:
    """Until somebody listens there."""
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
