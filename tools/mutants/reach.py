"""Which functions of the core each test runs, and for how long: a plugin of pytest.

`-p tools.mutants.reach` writes them as JSON to the file that REACH names: {test: {"seconds": s, "runs": [place, ...]}},
where a place is `path:line` of a function's first line. What the core remembers is forgotten before every test, so that
no test lives on what another has asked.
"""

import functools
import gc
import json
import os
import sys
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CORE = f"{ROOT / 'service' / 'core'}{os.sep}"

reached: dict[str, set[CodeType]] = defaultdict(set)
seconds: dict[str, float] = defaultdict(float)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Notes every call into the core while a test, with its fixtures, runs."""
    for remembered in _memories():
        remembered.cache_clear()
    codes = reached[item.nodeid]

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            codes.add(frame.f_code)

    sys.setprofile(note)
    try:
        return (yield)
    finally:
        sys.setprofile(None)
        reached[item.nodeid] = {code for code in codes if code.co_filename.startswith(CORE)}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Adds up what a test takes, fixtures included."""
    seconds[report.nodeid] += report.duration


def pytest_sessionfinish() -> None:
    """Writes all that was noted."""
    found = {
        test: {"seconds": round(seconds[test], 4), "runs": sorted({_place(code) for code in codes})}
        for test, codes in reached.items()
    }
    Path(os.environ["REACH"]).write_text(json.dumps(found))


def _place(code: CodeType) -> str:
    return f"{Path(code.co_filename).relative_to(ROOT)}:{code.co_firstlineno}"


@functools.cache
def _memories() -> list[Any]:
    """What the core remembers between calls."""
    remembering = type(_memories)
    kept: list[Any] = [each for each in gc.get_objects() if isinstance(each, remembering)]
    return [each for each in kept if str(each.__module__).startswith("service.core")]
