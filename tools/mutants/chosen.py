"""Runs the tests that a file names, one a line, in that order: a plugin of pytest, `-p tools.mutants.chosen`."""

import os
from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the tests that the file at CHOSEN names."""
    order = {name: turn for turn, name in enumerate(Path(os.environ["CHOSEN"]).read_text().splitlines())}
    items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])
