"""Makes small wrong changes to the core, one at a time, and says which ones no test notices.

The changes are a seeded sample, or those that a person wrote down. First the examples of the rules judge a change;
where they pass it, the tests that run the changed function. Tests that compare our own output byte for byte are not
among them.
"""

import argparse
import importlib
import json
import multiprocessing
import os
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

import hypothesis

from tools.mutants.changed import examples_notice, run, tests_notice
from tools.mutants.reach import ROOT, Noting, Reach, tests_of
from tools.mutants.sites import Site, by_hand, sample

SUITE = (
    "tests/cases/**/test_*.py",
    "tests/seeds/**/test_*.py",
    "tests/core/**/test_*.py",
    "tests/reports/**/test_*.py",
    "tests/dialects/**/test_*.py",
    "tests/laws/**/test_*.py",
    "tests/texts/**/test_*.py",
    "tests/resources/**/test_*.py",
    "tests/hostile/**/test_*.py",
    "tests/architectures/**/test_*.py",
)
"""Tests that ask the engine in process. Those of the wire start a service, and judge the same answers."""
LEFT_OUT = ("tests/core/test_rules.py", "tests/dialects/test_recorded.py", "tests/laws/test_bigger_budget.py")
"""The examples, which have judged before, and tests of minutes."""
FEWER = {"DRAWN_REQUESTS": "40"}
"""What laws over drawn requests are told, so that they have a say within seconds."""


for library in ("httpx", "msgspec"):
    importlib.import_module(library)  # once, for all the processes that are forked


def noted(files: list[str]) -> dict[str, Reach]:
    """The reach of every test of some files."""
    plugin = Noting()
    if run(files, plugin):
        raise AssertionError("the suite fails as it is")
    return plugin.found


def reached(workers: int, kept: Path | None) -> dict[str, Reach]:
    """The reach of every test, as kept from another run or noted anew, file by file."""
    found: dict[str, Reach] = {}
    if kept and kept.exists():
        found = {
            name: Reach(seconds, frozenset(runs)) for name, (seconds, runs) in json.loads(kept.read_text()).items()
        }
    known = {name.partition("::")[0] for name in found}
    files = [str(path.relative_to(ROOT)) for part in SUITE for path in sorted(ROOT.glob(part))]
    asked = [[file] for file in files if file not in LEFT_OUT and file not in known]
    with multiprocessing.get_context("fork").Pool(workers, maxtasksperchild=1) as pool:
        for part in pool.imap_unordered(noted, asked):
            found |= part
            if kept:
                kept.write_text(json.dumps({name: (one.seconds, sorted(one.runs)) for name, one in found.items()}))
    return found


def verdict(site: Site, reach: dict[str, Reach], budget: float) -> tuple[str, str]:
    """Who notices a change, `examples`, `suite` or nobody (`survived`), and by which rule or test."""
    path = ROOT / site.path
    source = path.read_bytes()
    if by := examples_notice(path, site.applied(source), site.path.removesuffix(".py").replace("/", ".")):
        return "examples", by
    tests = tests_of(site, source, reach)
    asked = within(budget, tests, reach)
    seconds = sum(reach[name].seconds for name in asked)
    while asked and (by := tests_notice(path, site.applied(source), asked, seconds)):
        if by not in asked or not tests_notice(path, source, [by], seconds):
            return "suite", by
        asked.remove(by)  # it fails as things are
    return "survived", f"{len(asked)} of {len(tests)} tests that run it"


def within(budget: float, tests: list[str], reach: dict[str, Reach]) -> list[str]:
    """As many of the tests, in their order, as take so many seconds together."""
    taken: list[str] = []
    for name in tests:
        if reach[name].seconds <= budget:
            taken.append(name)
            budget -= reach[name].seconds
    return taken


def main() -> None:
    """Judges the changes, prints a line for each, and the shares at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--by-hand", action="store_true", help="the changes of by_hand.toml instead of a sample")
    parser.add_argument("--at", nargs="*", help="only the changes that are told with one of these words")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, default=20.0, help="seconds of tests for each change")
    parser.add_argument("--examples-only", action="store_true")
    parser.add_argument("--reach", type=Path, help="a file that keeps which tests run what")
    given = parser.parse_args()
    drawn = by_hand(ROOT) if given.by_hand else sample(ROOT, given.size, given.seed)
    drawn = [
        site
        for site in drawn
        if not given.at or any(at in site.told((ROOT / site.path).read_bytes()) for at in given.at)
    ]
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HYPOTHESIS_STORAGE_DIRECTORY": folder, **FEWER}
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("mutants", phases=phases, database=None, deadline=None)
        hypothesis.settings.load_profile("mutants")
        unchanged = ROOT / "service" / "core" / "rulebook.py"
        if by := examples_notice(unchanged, unchanged.read_bytes(), ""):
            raise AssertionError(f"the examples fail as they are, or the judge errs: {by}")
        reach = {} if given.examples_only else reached(given.workers, given.reach)
        judged = partial(verdict, reach=reach, budget=given.budget)
        with multiprocessing.get_context("fork").Pool(given.workers) as pool:
            for site, (who, by) in zip(drawn, pool.imap(judged, drawn), strict=True):
                counts[who] += 1
                print(f"{who:9} {site.told((ROOT / site.path).read_bytes())} ({by})", flush=True)  # noqa: T201
    print(", ".join(f"{name} {count}" for name, count in counts.items()), f"of {len(drawn)}")  # noqa: T201


if __name__ == "__main__":
    main()
