"""The manifests and the compose file start the image, and what they restrict is in force."""

import os
import re
import subprocess
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.container.podman import Container, podman
from tests.container.traffic import client

MIB = 1024**2
COMPOSE = ROOT / "deploy" / "compose.yaml"
COMPOSE_PORT = "18103"


def assert_restricted(container: Container) -> None:
    """Read back from the kernel and from the runtime."""
    status = dict(re.findall(r"^(\w+):\t(.*)$", container.process("status"), re.MULTILINE))
    assert {status["Uid"].split()[1], status["Gid"].split()[1]} == {"65532"}
    assert {status["CapEff"], status["CapBnd"]} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    facts: Any = container.inspect()["HostConfig"]
    assert facts["ReadonlyRootfs"]
    assert facts["Memory"] == 256 * MIB
    assert facts["CpuQuota"] / facts["CpuPeriod"] == 1 or facts["NanoCpus"] == 10**9


def test_the_deployment_starts(tmp_path: Path) -> None:
    rendered = (ROOT / ".image" / "local.yaml").read_text().split("\n---\n")
    deployment = next(part for part in rendered if "kind: Deployment" in part)
    (tmp_path / "deployment.yaml").write_text(deployment)
    podman("play", "kube", str(tmp_path / "deployment.yaml"))
    try:
        container = Container(podman("ps", "--quiet", "--filter", "name=transfer-advisor-pod-0-transfer-advisor"))
        container.wait_until_ready()
        with container.network(), client() as asking:
            assert asking.get("/tasks").status_code == 200
        assert_restricted(container)
    finally:
        podman("play", "kube", "--down", str(tmp_path / "deployment.yaml"))


def test_compose_starts_it(image: str) -> None:
    environment = {**os.environ, "IMAGE": image, "PORT": COMPOSE_PORT}
    command = [os.environ["COMPOSE"], "-f", str(COMPOSE)]
    subprocess.run([*command, "up", "--detach", "--no-build"], env=environment, check=True, capture_output=True)
    try:
        container = Container(podman("ps", "--quiet", "--filter", "label=com.docker.compose.service=transfer-advisor"))
        container.wait_until_ready()
        connection = HTTPConnection("127.0.0.1", int(COMPOSE_PORT), timeout=10)
        connection.request("GET", "/tasks")
        assert connection.getresponse().status == 200
        connection.close()
        assert_restricted(container)
    finally:
        subprocess.run([*command, "down", "--timeout", "40"], env=environment, check=True, capture_output=True)
