"""Makes a seeded sample of small wrong changes to the core, one at a time, and says which ones no test notices.

It works on copies of the tree. First the examples of the rules judge a change; where they pass it, the edges of
thresholds.toml; where they do, the suite without the tests that compare our own output byte for byte.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tools.mutants.sites import Site, sample

ROOT = Path(__file__).parents[2]
COPIED = ("service", "tests", "tools", "benchmarks", "openapi", "docs", "README.md", "CHANGELOG.md", "pyproject.toml")
EXAMPLES = ("-m", "tools.examples", "--check")
THRESHOLDS = ("-m", "pytest", "-x", "-q", "tests/core/test_thresholds.py")
SUITE = (
    "-m",
    "pytest",
    "-x",
    "-q",
    "tests/cases",
    "tests/seeds",
    "tests/core",
    "tests/reports",
    "tests/dialects",
    "tests/knowledge",
    "tests/laws",
    "--deselect=tests/core/test_rules.py",
)
LONGEST_SECONDS = 900
"""After this a run counts as noticed: the change made it endless."""


def copied(into: Path) -> Path:
    """A copy of the tree that may be changed."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, into / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, into / name)
    return into


def passes(tree: Path, tests: tuple[str, ...]) -> bool:
    """Whether all tests pass; the first that fails ends the run."""
    command = [sys.executable, "-B", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "HYPOTHESIS_STORAGE_DIRECTORY": str(tree / ".hypothesis")}
    try:
        done = subprocess.run(  # noqa: S603 -- our own tests
            command, cwd=tree, env=environment, capture_output=True, timeout=LONGEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def verdict(tree: Path, site: Site, stages: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """The name of the first stage that notices a change, or `survived`."""
    path = tree / site.path
    source = path.read_bytes()
    path.write_bytes(site.applied(source))
    try:
        return next((name for name, tests in stages if not passes(tree, tests)), "survived")
    finally:
        path.write_bytes(source)


def main(size: int, seed: int, workers: int, examples_only: bool) -> None:
    """Judges the sample, prints a line for each change, and the shares at the end."""
    stages = (("examples", EXAMPLES), ("edges", THRESHOLDS), ("suite", SUITE))[: 2 if examples_only else 3]
    drawn = sample(ROOT, size, seed)
    sources = {site.path: (ROOT / site.path).read_bytes() for site in drawn}
    trees: SimpleQueue[Path] = SimpleQueue()
    counts = {"examples": 0, "edges": 0, "suite": 0, "survived": 0}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        for worker in range(workers):
            trees.put(copied(Path(folder) / str(worker)))

        def judged(site: Site) -> str:
            tree = trees.get()
            try:
                return verdict(tree, site, stages)
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
    parser.add_argument("--examples-only", action="store_true")
    given = parser.parse_args()
    main(given.size, given.seed, given.workers, given.examples_only)
