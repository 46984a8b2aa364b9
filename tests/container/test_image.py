"""What is in the image, and what is not."""

import json
import re
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.container.podman import Container, podman

MB = 10**6
BEYOND_ITS_BASE_MB = 60
NEEDLESS = {"sh", "bash", "dash", "busybox", "pip", "pip3", "apt", "apt-get", "dpkg", "perl", "curl", "wget"}


def facts(image: str) -> Any:
    return json.loads(podman("image", "inspect", image))[0]


def root(container: Container) -> Path:
    return Path(f"/proc/{container.pid()}/root")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_it_is_small(image: str) -> None:
    grown = facts(image)["Size"] - facts("localhost/runtime:3.13")["Size"]
    print(f"\n{grown / MB:.1f} MB beyond the base of {facts('localhost/runtime:3.13')['Size'] / MB:.1f}")  # noqa: T201
    assert grown <= BEYOND_ITS_BASE_MB * MB


def test_a_second_build_gives_the_same_image(image: str) -> None:
    assert facts(image)["Id"] == facts(f"{image}-again")["Id"]


def test_it_starts_the_service_as_a_user_of_its_own(image: str) -> None:
    config = facts(image)["Config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["python3", "-m", "service"]
    assert not config.get("Cmd")


def test_it_needs_no_shell_and_no_tools(container: Container) -> None:
    folders = ("usr/bin", "usr/sbin", "usr/local/bin")
    there = {path.name for folder in folders for path in (root(container) / folder).glob("*")}
    assert "python3" in there
    assert not there & NEEDLESS


def test_it_holds_the_packages_of_its_lock_and_no_others(container: Container) -> None:
    locked = re.findall(r"^(\S+)==(\S+)", (ROOT / "requirements" / "image.txt").read_text(), re.MULTILINE)
    found = (root(container) / "opt" / "transfer-advisor" / "lib").glob("*.dist-info")
    installed = [path.name.removesuffix(".dist-info").rsplit("-", 1) for path in found]
    assert {(plain(name), version) for name, version in installed} == set(locked)


def test_nothing_of_the_build_machine_is_in_it(container: Container) -> None:
    """Neither where packages came from, nor its certificates, nor its network."""
    etc = root(container) / "etc"
    assert not (etc / "pip.conf").exists()
    assert not (etc / "apt").exists()
    assert not (etc / "ssl" / "certs" / "ca-certificates.crt").exists()
