"""A process that sees one file otherwise than it stands on the disk, and the tests that are run in it."""

import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

import pytest

LEAST_SECONDS, TIMES = 60, 10
"""A run is endless that takes longer than this, and than so many times its usual time, on the processor."""
MOST_MEMORY = 6 * 2**30
QUIET = ("-x", "-s", "-p", "no:terminal", "-p", "no:faulthandler", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""Up to the first failure, without a word; libraries that were imported before the fork are none of its matter."""


class Chosen:
    """A plugin of pytest that runs the named tests, in that order, and keeps the name of one that fails."""

    def __init__(self, names: Sequence[str]) -> None:
        self.turns = {name: turn for turn, name in enumerate(names)}
        self.failed = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keeps the tests that are named."""
        items[:] = sorted(
            (item for item in items if item.nodeid in self.turns), key=lambda item: self.turns[item.nodeid]
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps the first that fails."""
        if report.failed:
            self.failed = self.failed or report.nodeid


def run(files: Sequence[str], plugin: object) -> int:
    """Runs the tests of some files up to the first failure, saying nothing. The exit status of pytest."""
    return pytest.main([*QUIET, *files], plugins=[plugin])


def see(path: Path, content: bytes) -> None:
    """From now on this process sees a file with other content: a module that is imported, or a table that is read."""
    get_code, read_bytes = SourceFileLoader.get_code, Path.read_bytes

    def code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        return compile(content, path, "exec") if self.path == str(path) else get_code(self, fullname)

    SourceFileLoader.get_code = code
    Path.read_bytes = lambda self: content if self == path else read_bytes(self)


def examples_notice(path: Path, content: bytes, module: str) -> str:
    """The rule whose example fails first where a file has other content; empty where none does."""

    def judged() -> str:
        see(path, content)
        return next(importlib.import_module("tools.examples").broken(module), "")

    return apart(judged, LEAST_SECONDS)


def tests_notice(path: Path, content: bytes, tests: Sequence[str], seconds: float) -> str:
    """The test that fails first where a file has other content, in a process of its own; empty where none does."""

    def judged() -> str:
        see(path, content)
        plugin = Chosen(tests)
        status = run(sorted({name.partition("::")[0] for name in tests}), plugin)
        return plugin.failed or ("collection" if status else "")

    return apart(judged, max(LEAST_SECONDS, TIMES * seconds))


def apart(work: Callable[[], str], seconds: float) -> str:
    """What a forked process says; `endless` where it is ended for its time."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        said = "broken"
        with suppress(BaseException):
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            said = work()
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = told.read()
    _, status = os.waitpid(child, 0)
    return "endless" if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGXCPU) else said
