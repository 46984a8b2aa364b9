"""Makes a seeded sample of small wrong changes to the core, one at a time, and says which ones no test notices.

It works on copies of the tree. First the examples of the rules judge a change; where they pass it, the tests that run
the changed function, those of its room first. Tests that compare our own output byte for byte are not among them.
"""

import argparse
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import CodeType
from typing import NamedTuple

from tools.mutants.sites import Site, sample

ROOT = Path(__file__).parents[2]
COPIED = ("service", "tests", "tools", "benchmarks", "openapi", "docs", "README.md", "CHANGELOG.md", "pyproject.toml")
EXAMPLES = ("-m", "tools.examples", "--check")
SUITE = (
    "tests/cases",
    "tests/seeds",
    "tests/core",
    "tests/reports",
    "tests/dialects",
    "tests/laws",
    "tests/texts",
    "tests/resources",
    "tests/hostile",
    "tests/architectures",
)
"""Tests that ask the engine in process. Those of the wire start a service, and judge the same answers."""

LEAST_SECONDS, TIMES = 120, 10
"""A run that takes longer than this, and than so many times its usual time, counts as noticed: it is endless."""


class Reach(NamedTuple):
    """What one test takes, and the functions of the core that it runs, as `path:line`."""

    seconds: float
    runs: frozenset[str]

    def share(self, room: str) -> float:
        """How many of the functions that it runs are in a folder, as a share."""
        return sum(place.startswith(room) for place in self.runs) / len(self.runs)


def copied(into: Path) -> Path:
    """A copy of the tree that may be changed."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, into / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, into / name)
    return into


def reached(tree: Path) -> dict[str, Reach]:
    """Every test of the suite with what it runs. Raises CalledProcessError where the suite fails as it is."""
    told = tree / "reach.json"
    tests = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "tools.mutants.reach", *SUITE]
    subprocess.run(  # noqa: S603 -- our own tests
        [*tests, "--deselect=tests/core/test_rules.py"], cwd=tree, env=surroundings(tree, REACH=str(told)), check=True
    )
    found = json.loads(told.read_text())
    return {name: Reach(one["seconds"], frozenset(one["runs"])) for name, one in found.items()}


def tests_of(site: Site, source: bytes, reach: dict[str, Reach], budget: float) -> list[str]:
    """The tests that run the function a site is in, or any of its module for the module's own lines.

    First those of whose functions most are in the site's room, the quickest of them first; as many as take `budget`
    seconds together, as timed on the unchanged tree: the rest have no say.
    """
    line, functions = site.line(source), _functions(compile(source, site.path, "exec"))
    holding = [code for code in functions if any(at == line for *_, at in code.co_lines())]
    places = {f"{site.path}:{code.co_firstlineno}" for code in holding}
    wanted = (
        [name for name, one in reach.items() if one.runs & places]
        if places
        else [name for name, one in reach.items() if any(place.startswith(f"{site.path}:") for place in one.runs)]
    )
    room = site.path.rpartition("/")[0]
    ranked = sorted(wanted, key=lambda name: (-round(reach[name].share(room), 1), reach[name].seconds, name))
    taken: list[str] = []
    for name in ranked:
        if reach[name].seconds <= budget:
            taken.append(name)
            budget -= reach[name].seconds
    return taken


def _functions(code: CodeType) -> Iterator[CodeType]:
    """The functions within a module's code, at any depth; bodies of classes are the module's own."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_flags & inspect.CO_NEWLOCALS:
                yield inner
            yield from _functions(inner)


def surroundings(tree: Path, **more: str) -> dict[str, str]:
    """The environment of a run in a copy."""
    return {**os.environ, "PYTHONPATH": str(tree), "HYPOTHESIS_STORAGE_DIRECTORY": str(tree / ".hypothesis"), **more}


def passes(tree: Path, tests: tuple[str, ...], seconds: float, **more: str) -> bool:
    """Whether all tests pass; the first that fails ends the run."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own tests
            [sys.executable, "-B", *tests],
            cwd=tree,
            env=surroundings(tree, **more),
            capture_output=True,
            timeout=max(LEAST_SECONDS, TIMES * seconds),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def verdict(tree: Path, site: Site, reach: dict[str, Reach], budget: float) -> str:
    """Who notices a change: `examples` or `suite`; else `survived`."""
    path, chosen = tree / site.path, tree / "chosen.txt"
    source = path.read_bytes()
    path.write_bytes(site.applied(source))
    try:
        if not passes(tree, EXAMPLES, 0):
            return "examples"
        if reach and (names := tests_of(site, source, reach, budget)):
            chosen.write_text("\n".join(names))
            files = sorted({name.partition("::")[0] for name in names})
            suite = ("-m", "pytest", "-x", "-q", "-p", "tools.mutants.chosen", *files)
            if not passes(tree, suite, sum(reach[name].seconds for name in names), CHOSEN=str(chosen)):
                return "suite"
        return "survived"
    finally:
        path.write_bytes(source)


def main(size: int, seed: int, workers: int, budget: float, examples_only: bool) -> None:
    """Judges the sample, prints a line for each change, and the shares at the end."""
    drawn = sample(ROOT, size, seed)
    sources = {site.path: (ROOT / site.path).read_bytes() for site in drawn}
    trees: SimpleQueue[Path] = SimpleQueue()
    counts = {"examples": 0, "suite": 0, "survived": 0}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        copies = [copied(Path(folder) / str(worker)) for worker in range(workers)]
        reach = {} if examples_only else reached(copies[0])
        for tree in copies:
            trees.put(tree)

        def judged(site: Site) -> str:
            tree = trees.get()
            try:
                return verdict(tree, site, reach, budget)
            finally:
                trees.put(tree)

        for site, found in zip(drawn, pool.map(judged, drawn), strict=True):
            counts[found] += 1
            source = sources[site.path]
            print(f"{found:9} {site.path}:{site.line(source)} {site.change(source)}", flush=True)  # noqa: T201
    print(", ".join(f"{name} {count}" for name, count in counts.items()), f"of {len(drawn)}")  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, default=30.0, help="seconds of tests for each change")
    parser.add_argument("--examples-only", action="store_true")
    given = parser.parse_args()
    main(given.size, given.seed, given.workers, given.budget, given.examples_only)
