"""These tests need root, podman and the image: `make container-test` sets IMAGE; elsewhere they are not collected."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.podman import Container, hardened, podman

collect_ignore_glob = [] if "IMAGE" in os.environ else ["test_*.py"]


@pytest.fixture(scope="session")
def image() -> str:
    """The name of the image under test."""
    return os.environ["IMAGE"]


@pytest.fixture(scope="session")
def leaky_image(image: str) -> str:
    """The same image with a service that leaks in every way that the audit looks for."""
    name = f"{image}-leaky"
    podman(
        "build",
        "--quiet",
        "--pull-never",
        "--build-arg",
        f"IMAGE={image}",
        "-t",
        name,
        str(Path(__file__).parent / "leaky"),
    )
    return name


@pytest.fixture
def container(image: str) -> Iterator[Container]:
    """The image, running hardened and ready."""
    with hardened(image) as container:
        container.start()
        container.wait_until_ready()
        yield container
