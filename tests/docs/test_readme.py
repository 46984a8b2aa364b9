"""What the README shows is what the service does."""

import json
import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest

from service.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "deploy" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
COMMANDS = [
    shlex.split(block.removeprefix("$ ")) for block in re.findall(r"```console\n(\$ curl.*?)```", README, re.DOTALL)
]

ASKED = [command for command in COMMANDS if "-d" in command]


def send(client: httpx.Client, command: list[str]) -> Any:
    """Sends what a curl line of the README sends."""
    return sent(client, command, {"content-type": "application/json"}).json()


def sent(client: httpx.Client, command: list[str], headers: dict[str, str]) -> httpx.Response:
    """The answer to a curl line, asked with these headers."""
    path = httpx.URL(next(word for word in command if word.startswith("http://"))).path
    if "-d" not in command:
        answer = client.get(path, headers=headers)
    else:
        body = command[command.index("-d") + 1]
        body = (ROOT / body[1:]).read_text() if body.startswith("@") else body
        answer = client.post(path, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def headers_of(command: list[str]) -> dict[str, str]:
    """The headers that a curl line names."""
    named = [command[place + 1] for place, word in enumerate(command) if word == "-H"]
    return dict(header.split(": ", 1) for header in named)


def assert_holds(shown: Any, answered: Any, pointer: str = "") -> None:
    """Every part shown is in the answer, whole."""
    if isinstance(shown, dict):
        for key, value in shown.items():  # pyright: ignore[reportUnknownVariableType]
            assert_holds(value, answered[key], f"{pointer}/{key}")
    else:
        assert shown == answered, pointer


@pytest.mark.parametrize("command", ASKED, ids=range(len(ASKED)))
def test_curl_line_is_answered(client: httpx.Client, command: list[str]) -> None:
    assert send(client, command)["lr_schedule"]["total_steps"]


def test_the_answers_to_read_are_read(client: httpx.Client) -> None:
    read = [command for command in COMMANDS if "accept: text/plain" in command]
    texts = [sent(client, command, headers_of(command)) for command in read]
    assert len(texts) == 2
    assert all(text.headers["content-type"] == "text/plain; charset=utf-8" for text in texts)
    shown = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    rules = re.compile(r"^Rules.*\n", re.MULTILINE)
    assert shown == [rules.sub("", texts[0].text)]


def test_every_question_is_shown() -> None:
    shown = {httpx.URL(word).path for command in ASKED for word in command if word.startswith("http://")}
    assert shown == {"/recommend", "/freeze-plan", "/lr-schedule"}


def test_the_lines_for_a_model_make_a_body(client: httpx.Client) -> None:
    """With the names and shapes of a small network in the place of a PyTorch module's."""
    parameters = [
        ("stem.weight", (8, 3)),
        ("layers.0.weight", (8, 8)),
        ("layers.1.weight", (8, 8)),
        ("head.weight", (2, 8)),
    ]
    tensors = [(name, SimpleNamespace(shape=shape)) for name, shape in parameters]
    names: dict[str, Any] = {"model": SimpleNamespace(named_parameters=lambda: tensors)}
    exec(re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0], names)  # noqa: S102 -- our own README
    answer = client.post("/freeze-plan", json=names["body"])
    assert answer.status_code == 200, answer.text
    assert [block["params"] for block in answer.json()["freeze_plan"]["blocks"]] == [24, 64, 64, 16]


def test_shown_answer_is_the_real_one(client: httpx.Client) -> None:
    shown = json.loads(re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0])
    assert_holds(shown, send(client, COMMANDS[0]))


def test_every_setting_is_in_the_table() -> None:
    for field in msgspec.structs.fields(Settings):
        assert f"| `{PREFIX}{field.name.upper()}` | `{field.default}` |" in README


def test_every_route_is_named() -> None:
    document = json.loads((ROOT / "openapi" / "openapi.json").read_text())
    for path in document["paths"]:
        assert path in README, path


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/operations.md", "docs/performance.md"])
def test_every_make_target_is_there(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / name).read_text(), re.MULTILINE)
    listed = [word for line in re.findall(r"^\.PHONY: (.*)", makefile, re.MULTILINE) for word in line.split()]
    assert named
    assert {*named, *listed} <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert link.startswith("http") or (page.parent / link).exists(), link
    folders = "service|docs|openapi|requirements|benchmarks|tests|tools|deploy"
    for path in re.findall(rf"`((?:{folders})/[^` …*:{{]*)`", page.read_text()):
        assert (ROOT / path).exists(), path


def test_every_file_that_contributing_names_is_there() -> None:
    """A file that stands in the page without its folder; `config.json` is the hub's."""
    named = set(re.findall(r"`(\w+\.(?:py|toml|json))`", (ROOT / "CONTRIBUTING.md").read_text()))
    folders = ("service", "tests", "openapi", "benchmarks")
    there = {path.name for folder in folders for path in (ROOT / folder).rglob("*.*")}
    there |= {path.name for path in ROOT.iterdir()}
    assert named - there <= {"config.json"}


def test_every_module_that_contributing_runs_is_there() -> None:
    for module in re.findall(r"python -m ([\w.]+)", (ROOT / "CONTRIBUTING.md").read_text()):
        assert find_spec(module), module
