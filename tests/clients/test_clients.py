"""A generated client compiles, reads every answer to the last bit, gets typed problems, outlives the next release."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.fronts import TOMORROW, Front
from tests.clients.makers import ANNOTATIONS, DOCUMENT, MAKERS, PROGRAMS, Ask, asks, program, told
from tests.conftest import ROOT, Process

FAST = ("python-attrs", "typescript-fetch", "go", "java")
"""One client of each language, for CI."""

CHOSEN = FAST if os.environ.get("CLIENTS_FAST") else tuple(MAKERS)
PROBLEMS = {
    "400": "malformed-body",
    "404": "not-found",
    "412": "precondition-failed",
    "415": "unsupported-media-type",
    "422": "refused",
    "503": "unavailable",
}
EXAMPLES = ROOT / "openapi" / "examples"


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples of the document, one that is refused (and counts beyond 32 bits), one that is too large for now."""
    folder = tmp_path_factory.mktemp("jobs")
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    layers = [{"name": f"encoder.layers.{i}.attention.out_proj.weight", "shape": [768, 768]} for i in range(20_000)]
    job = {"target": {"task": "image-classification"}, "dataset": {"examples": 100}}
    many = {**job, "dataset": {"examples": 3_000_000_000}}
    (folder / "refused.json").write_text(json.dumps({**many, "source": {"model": "resnet5O"}}))
    (folder / "large.json").write_text(json.dumps({**job, "source": {"parameters": layers}}))
    return folder


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The live service behind its front."""
    with (
        Process(tmp_path_factory.mktemp("plain")) as plain,
        Process(tmp_path_factory.mktemp("crowded"), max_held_bytes=str(2**20)) as crowded,
    ):
        front = Front(plain.port(), crowded.port())
        yield f"http://127.0.0.1:{front.server_port}"
        front.shutdown()
        front.server_close()


@pytest.fixture(scope="module", params=CHOSEN)
def read(request: pytest.FixtureRequest, live: str, jobs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a client read, a file for each operation: the client is generated, compiled and run."""
    maker, folder = MAKERS[request.param], tmp_path_factory.mktemp(request.param)
    tools, out = Path(os.environ["CLIENTS"]).resolve(), folder / "read"
    node = tools / "node" / "node_modules"
    words = {"python": f"{tools}/bin/python", "node": f"{node}/.bin", "document": str(DOCUMENT)}
    words["jar"] = generator(tools)
    out.mkdir()
    if maker.program.endswith(".ts"):
        (folder / "node_modules").symlink_to(node)
        (folder / "package.json").write_text('{"type": "module"}')
        for settings in ("tsconfig.json", "hey.config.js"):
            shutil.copy(PROGRAMS / settings, folder)
    suffix = Path(maker.program).suffix
    (folder / (maker.program if suffix in (".go", ".java") else f"round_trips{suffix}")).write_text(program(maker))
    for command in (*maker.generate, *maker.compile):
        said = told(command, folder, **words)
        assert "warning" not in said.lower() or command in maker.generate, said
    told([*maker.run, live, str(jobs), str(out)], folder, **words)
    return out


def generator(tools: Path) -> str:
    """The jar of openapi-generator, which its Python package carries."""
    return str(next(tools.glob("lib/*/site-packages/openapi_generator_cli/*.jar")))


def raw(live: str, ask: Ask) -> object:
    """The answer itself."""
    path = ask.path if not ask.item else f"{ask.path.rpartition('{')[0]}{ask.item}"
    body = (EXAMPLES / f"{ask.job}.json").read_bytes() if ask.job else None
    headers = {"content-type": "application/json"} if ask.job else {}
    with httpx.Client(base_url=f"{live}/plain", timeout=60, trust_env=False) as client:
        answer = client.request(ask.method, path, content=body, headers=headers)
    return answer.text if ask.text else answer.json()


def known(value: Any) -> Any:
    """A value without what is null: to a client that is the same as not given."""
    if isinstance(value, dict):
        return {name: known(part) for name, part in value.items() if part is not None}  # pyright: ignore[reportUnknownVariableType] -- JSON
    if isinstance(value, list):
        return [known(part) for part in value]  # pyright: ignore[reportUnknownVariableType] -- JSON
    return value


def test_every_answer_is_read_whole_and_to_the_last_bit(read: Path, live: str) -> None:
    for ask in asks():
        assert known(json.loads((read / f"{ask.id}.json").read_text())) == known(raw(live, ask)), ask.id


def test_every_problem_has_its_type(read: Path) -> None:
    told = json.loads((read / "errors.json").read_text())
    assert {status: (problem["status"], problem["type"]) for status, problem in told.items()} == {
        status: (int(status), f"/problems/{name}") for status, name in PROBLEMS.items()
    }
    (error,) = told["422"]["errors"]
    assert (error["pointer"], error["nearest"]) == ("/source/model", "resnet50")


def test_an_answer_of_a_later_release_is_read_too(read: Path) -> None:
    grown = json.loads((read / "grown.json").read_text())
    assert grown["verdict"]["method"] == TOMORROW
    assert grown["setup"]["precision"] == "fp8-mixed"


ON_JAVA = ["java", "-cp", "built:{jar}:" + ANNOTATIONS]
SHOWN = {
    "python-attrs": ("python", "manual.py", ["{python}", "manual.py"]),
    "typescript-fetch": ("ts", "manual.ts", ["node", "built/manual.js"]),
    "go": ("go", "manual/main.go", ["go", "run", "./manual"]),
    "java": ("java", "Ask.java", [*ON_JAVA, "Ask.java"]),
}
"""The languages that docs/clients.md shows lines in: their mark there, the file that they go to, and what runs it."""


def test_the_lines_of_the_manual_ask_again_and_are_answered(read: Path, live: str) -> None:
    """The front turns the first request away with 503."""
    name = next((name for name in SHOWN if read.parent.name.startswith(name)), None)
    if name is None:
        return
    mark, file, run = SHOWN[name]
    tools = Path(os.environ["CLIENTS"]).resolve()
    (block,) = re.findall(rf"```{mark}\n(.*?)```", (ROOT / "docs" / "clients.md").read_text(), re.DOTALL)
    written = read.parent / file
    written.parent.mkdir(exist_ok=True)
    written.write_text(block.replace("http://127.0.0.1:8000", f"{live}/busy"))
    if mark == "ts":
        told([f"{tools}/node/node_modules/.bin/tsc", "--project", "."], read.parent)
    asked = {"target": {"task": "text-classification"}, "dataset": {"size": "small"}}
    summary = httpx.post(f"{live}/plain/recommend", json=asked, trust_env=False, timeout=60).json()["verdict"][
        "summary"
    ]
    assert told(run, read.parent, python=f"{tools}/bin/python", jar=generator(tools)).strip() == summary
