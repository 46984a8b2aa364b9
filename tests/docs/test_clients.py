"""What docs/clients.md shows is what works."""

import json
import re
import shlex
import subprocess

import pytest

from tests.clients.makers import MAKERS
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "clients.md").read_text()
CURL = re.search(r"```console\n\$ (.*?)\n```", TEXT)
OPTIONS = re.findall(r"\| `[^`]*?(?:generate|-o schema|openapi-ts)([^`]*)` \|", TEXT)


def curl(port: int, body: str) -> subprocess.CompletedProcess[str]:
    assert CURL is not None
    *words, _ = shlex.split(CURL[1].replace("127.0.0.1:8000", f"127.0.0.1:{port}"))
    return subprocess.run([*words, body], capture_output=True, text=True, check=False)


def test_the_curl_line_is_answered(port: int) -> None:
    assert CURL is not None
    answered = curl(port, shlex.split(CURL[1])[-1])
    assert answered.returncode == 0
    assert json.loads(answered.stdout)["verdict"]["strategy"]


def test_the_curl_line_fails_with_the_problem(port: int) -> None:
    refused = curl(port, "{}")
    assert refused.returncode == 22
    assert json.loads(refused.stdout)["type"] == "/problems/refused"


def test_every_client_has_its_command() -> None:
    assert len(OPTIONS) == len(MAKERS)


@pytest.mark.parametrize("name", MAKERS)
def test_a_command_has_the_options_that_the_client_is_made_with(name: str) -> None:
    made = {part for command in MAKERS[name].generate for part in command if part.startswith("--additional-properties")}
    assert made <= {word for options in OPTIONS for word in options.split()}
