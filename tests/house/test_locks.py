"""What is installed where: the image's lock is the service's, without the packages that it never imports."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from tests.conftest import ROOT

REQUIREMENTS = ROOT / "requirements"
HTTP_CLIENTS = {"httpx", "httpcore", "requests", "aiohttp", "urllib3"}
BORROWED = {"pip", "setuptools"}
"""In every environment, and in no lock."""

ASK = """
import asyncio, sys
sys.modules.update(dict.fromkeys(sys.argv[1:]))  # an import of one of these fails
import uvloop, httptools, uvicorn.protocols.http.httptools_impl
import service.__main__
from service.app import create_app
from service.settings import Settings

async def ask(path):
    sent = []
    async def receive(): return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message): sent.append(message)
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    await create_app(Settings())({**scope, "headers": []}, receive, send)
    return sent[0]["status"]

print(asyncio.run(ask("/health/ready")), asyncio.run(ask("/matrix")))
"""


def pins(lock: str) -> dict[str, str]:
    """Each package of a lock, with its version and hashes as they stand there."""
    text = re.sub(r"^\s*#.*\n", "", (REQUIREMENTS / lock).read_text(), flags=re.MULTILINE)
    entries = re.findall(r"^(\S+)==((?:.*\\\n)*.*)$", text, re.MULTILINE)
    return {name: re.sub(r"[\s\\]+", " ", pin).strip() for name, pin in entries}


def test_the_image_has_the_versions_and_hashes_of_the_service() -> None:
    whole, image = pins("runtime.txt"), pins("image.txt")
    assert image
    assert image.items() <= whole.items()
    assert all("--hash=sha256:" in pin for pin in image.values())


def test_the_image_has_no_http_client() -> None:
    assert not HTTP_CLIENTS & set(pins("image.txt"))


def test_the_service_needs_no_package_that_the_image_lacks() -> None:
    there = {re.sub(r"[-_.]+", "-", name).lower() for name in pins("image.txt")} | BORROWED
    lacking = [
        module
        for module, owners in packages_distributions().items()
        if module.isidentifier() and not there & {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners}
    ]
    assert {"httpx", "faker", "rich"} <= set(lacking)
    done = subprocess.run(
        [sys.executable, "-c", ASK, *lacking], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    )
    assert done.stdout.split() == ["200", "200"]
