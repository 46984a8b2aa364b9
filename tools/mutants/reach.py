"""Which functions of the core each test runs, and in which order the tests of a function are asked.

A place is `path:name` of a function, which later edits elsewhere leave as it is.
"""

import inspect
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from cProfile import Profile
from itertools import chain, zip_longest
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import pytest

from tools.mutants.sites import Site

ROOT = Path(__file__).parents[2]
CORE = str(ROOT / "service" / "core")


class Reach(NamedTuple):
    """What one test takes, in seconds of the processor, and the places that it runs."""

    seconds: float
    runs: frozenset[str]


class Noting:
    """A plugin of pytest that notes the reach of every test. Raises AssertionError where one fails as things are."""

    def __init__(self) -> None:
        self.found: dict[str, Reach] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Notes what a test runs, its fixtures too."""
        profile, start = Profile(builtins=False), time.process_time()
        profile.enable()
        try:
            return (yield)
        finally:
            profile.disable()
            codes = (entry.code for entry in profile.getstats())
            runs = frozenset(place(code) for code in codes if isinstance(code, CodeType) and of_core(code))
            self.found[item.nodeid] = Reach(time.process_time() - start, runs)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that fails before anything is changed judges nothing."""
        if report.failed:
            raise AssertionError(f"{report.nodeid} fails as things are\n{report.longreprtext}")


def of_core(code: CodeType) -> bool:
    """Whether a function is the core's."""
    return code.co_filename.startswith(CORE)


def place(code: CodeType) -> str:
    """Where a function stands."""
    return f"{Path(code.co_filename).relative_to(ROOT)}:{code.co_qualname}"


def tests_of(site: Site, source: bytes, reach: dict[str, Reach]) -> list[str]:
    """The tests that run the function a site is in; any of its module for the module's own lines; all for a table's.

    The functions of tests take turns with one case each, so that unlike tests are asked early; of one function's cases
    those that run the fewest functions come first.
    """
    places = _around(site, source)
    cases: dict[str, list[str]] = defaultdict(list)
    for name, one in sorted(reach.items(), key=lambda named: (len(named[1].runs), named[0])):
        if not places or one.runs & places:
            cases[name.partition("[")[0]].append(name)
    turns = zip_longest(*sorted(cases.values(), key=lambda names: reach[names[0]].seconds))
    return [name for name in chain.from_iterable(turns) if name is not None]


def _around(site: Site, source: bytes) -> set[str]:
    if not site.path.endswith(".py"):
        return set()
    line, functions = site.line(source), list(_functions(compile(source, ROOT / site.path, "exec")))
    holding = [code for code in functions if any(at == line for *_, at in code.co_lines())]
    return {place(holding[-1])} if holding else {place(code) for code in functions}


def _functions(code: CodeType) -> Iterator[CodeType]:
    """The functions within a module's code, the outer before the inner; bodies of classes are the module's own."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_flags & inspect.CO_NEWLOCALS:
                yield inner
            yield from _functions(inner)
