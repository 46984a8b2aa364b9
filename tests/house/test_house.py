"""How the house is laid out: who imports whom, who may print."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

LAYERS = ["contract", "knowledge", "core", "dialects", "texts", "web", "app"]
ROOMS = [
    "rules",
    "catalogue",
    "job",
    "architecture",
    "resources",
    "choice",
    "schedule",
    "freezing",
    "advisories",
    "answers",
]
"""The rooms of the core, from the ground up: a room knows those below it."""

BESIDE = {"settings", "observe", "__main__", "__init__"}
MODULES = sorted((ROOT / "service").rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def layer(path: Path) -> str:
    return path.relative_to(ROOT / "service").parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_two_classes_have_one_name() -> None:
    trees = (ast.parse(path.read_text()) for path in MODULES)
    names = Counter(node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef))
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_point_one_way(path: Path) -> None:
    here = layer(path)
    assert here in LAYERS or here in BESIDE
    if here not in LAYERS:
        return
    allowed = set(LAYERS[: LAYERS.index(here) + 1])
    if here in {"web", "app"}:
        allowed |= {"settings", "observe"}
    inside = {module.split(".")[1] for module in imports(path) if module.startswith("service.")}
    assert inside <= allowed | {"__version__"}


@pytest.mark.parametrize("path", [path for path in MODULES if layer(path) == "core"], ids=name)
def test_a_room_knows_only_rooms_below_it(path: Path) -> None:
    here = path.relative_to(ROOT / "service" / "core").parts
    if len(here) == 1:
        return
    used = {module.split(".")[2] for module in imports(path) if module.startswith("service.core.")}
    assert used - {"rulebook"} <= set(ROOMS[: ROOMS.index(here[0]) + 1])


def test_every_room_has_its_place() -> None:
    folders = (ROOT / "service" / "core").iterdir()
    assert {path.name for path in folders if (path / "__init__.py").exists()} == set(ROOMS)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_only_the_web_knows_the_framework(path: Path) -> None:
    outside = {module.split(".")[0] for module in imports(path)}
    if layer(path) not in {"web", "app", "__main__"}:
        assert not outside & {"litestar", "uvicorn", "asyncio", "socket"}
    if layer(path) != "observe":
        assert not outside & {"logging", "structlog", "warnings", "traceback"}


@pytest.mark.parametrize("path", [path for path in MODULES if layer(path) == "core"], ids=name)
def test_a_job_is_refused_by_a_rule(path: Path) -> None:
    """A Refusal names the rule, whose examples show it; the catalogue answers queries, which no rule speaks of."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    refused = [len(call.args) for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Refusal"]
    assert path.parent.name == "catalogue" or 1 not in refused


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nobody_prints(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert "print" not in {call.id for call in calls if isinstance(call, ast.Name)}


@pytest.mark.parametrize("path", [path for path in MODULES if layer(path) in LAYERS[:5]], ids=name)
def test_the_engine_has_no_clock_chance_or_surroundings(path: Path) -> None:
    outside = {module.split(".")[0] for module in imports(path)}
    assert not outside & {"time", "datetime", "random", "secrets", "uuid", "os", "sys", "subprocess", "urllib", "http"}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_log_call_holds_no_text_made_up_on_the_spot(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Call)
        ):
            inner = node.func.value.func
            if isinstance(inner, ast.Name) and inner.id == "log":
                assert isinstance(node.args[0], ast.Constant)


def kept_for_good(tree: ast.AST) -> Iterator[str]:
    """The functions whose results are cached as long as the process lives, by whatever they are called with.

    A cache that is made in a method lives as long as its object; `cached_property` has no key.
    """
    caching = {"cache", "lru_cache"}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                named = decorator.func if isinstance(decorator, ast.Call) else decorator
                if (named.id if isinstance(named, ast.Name) else getattr(named, "attr", "")) in caching:
                    yield node.name
        elif isinstance(node, ast.Module | ast.ClassDef):
            for part in node.body:
                value = part.value if isinstance(part, ast.Assign | ast.AnnAssign) else None
                if isinstance(value, ast.Call) and getattr(value.func, "id", "") in caching:
                    yield ast.unparse(part)
        elif isinstance(node, ast.Global):
            yield f"global {', '.join(node.names)}"


@pytest.mark.parametrize("path", [path for path in MODULES if layer(path) in {"core", "dialects", "texts"}], ids=name)
def test_nothing_of_a_request_is_kept(path: Path) -> None:
    """What a function of the engine is called with may be the caller's words, so no result is kept by it."""
    assert list(kept_for_good(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("@cache\ndef f(a): ...", 1),
        ("@lru_cache(maxsize=9)\ndef f(a): ...", 1),
        ("@functools.lru_cache\ndef f(a): ...", 1),
        ("class A:\n @functools.cache\n def f(self, a): ...", 1),
        ("g = cache(f)", 1),
        ("def f():\n global g", 1),
        ("class A:\n def __init__(self): self.f = cache(self._f)", 0),
        ("class A:\n @cached_property\n def f(self): ...", 0),
    ],
)
def test_a_cache_would_be_found(code: str, found: int) -> None:
    assert len(list(kept_for_good(ast.parse(code)))) == found


def test_the_engine_comes_alone() -> None:
    script = "import sys, service.core.engine; print(sorted({'litestar', 'uvicorn', 'structlog'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
