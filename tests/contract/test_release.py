"""A release is cut by one command: it dates both changelogs, and keeps the document that later ones face."""

from datetime import date

import pytest

import service
from tests.contract.test_document import DOCUMENT
from tools.breaks import breaks, owed
from tools.release import dated, kept, main

VERSION = service.__version__


def test_what_is_not_released_gets_its_day() -> None:
    text = f"# Changes\n\n## {VERSION}\n\nNot released yet: a break is allowed.\n\n- New.\n\n## 0.0.1 (2026-01-01)\n"
    told = dated(text, date(2026, 12, 1))
    assert told == f"# Changes\n\n## {VERSION} (2026-12-01)\n\n- New.\n\n## 0.0.1 (2026-01-01)\n"
    with pytest.raises(ValueError, match="not released yet"):
        dated(told, date(2026, 12, 2))


@pytest.mark.parametrize(("arguments", "fault"), [([], "required: day"), (["soon"], "invalid fromisoformat value")])
def test_a_release_without_a_day_is_a_line_of_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str], fault: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    told = capsys.readouterr().err
    assert told.startswith("usage: python -m tools.release [-h] day\n")
    assert fault in told


def test_the_kept_document_owes_nothing_to_itself_and_is_broken_by_what_it_lacks() -> None:
    old = kept(DOCUMENT)
    assert breaks(old, DOCUMENT) == []
    assert owed(old, DOCUMENT) == ""
    assert "Advice may change" not in str(old)
    less = {**DOCUMENT, "paths": {path: one for path, one in DOCUMENT["paths"].items() if path != "/matrix"}}
    assert "GET /matrix is gone." in owed(old, less)
