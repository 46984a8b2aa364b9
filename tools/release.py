"""Cuts the release: `python -m tools.release 2026-12-01` dates it in both changelogs and keeps its document.

The document of the release, without its texts, is what `tools.breaks` compares every later one with.
"""

import json
import re
from argparse import ArgumentParser
from datetime import date
from typing import Any

import service
from service.web.pages import OPENAPI
from tools.breaks import RELEASED, without_texts

PENDING = re.compile(rf"^## {re.escape(service.__version__)}\n\nNot released yet[^\n]*\n", re.MULTILINE)
"""How a changelog begins the part of a version that is not released."""

CHANGELOGS = (OPENAPI.parent / "CHANGELOG.md", OPENAPI / "CHANGELOG.md")


def dated(text: str, day: date) -> str:
    """A changelog with the version released on this day. Raises ValueError where it does not await that."""
    if not PENDING.search(text):
        raise ValueError(f"No part of the changelog says that {service.__version__} is not released yet.")
    return PENDING.sub(f"## {service.__version__} ({day})\n", text)


def kept(document: dict[str, Any]) -> dict[str, Any]:
    """A document as it is kept: its version, and all but its texts and examples."""
    about = {name: document["info"][name] for name in ("title", "version")}
    return {"openapi": document["openapi"], "info": about, **without_texts(document)}


def main(arguments: list[str] | None = None) -> None:
    """Writes both changelogs and the kept document, or nothing. Raises SystemExit where there is nothing to release."""
    asked = ArgumentParser("python -m tools.release", description="Cuts the release.")
    asked.add_argument("day", type=date.fromisoformat, help="the day of the release, as 2026-12-01")
    day = asked.parse_args(arguments).day
    try:
        texts = [dated(path.read_text(), day) for path in CHANGELOGS]
    except ValueError as fault:
        asked.error(str(fault))
    document = kept(json.loads((OPENAPI / "openapi.json").read_bytes()))
    for path, text in zip(CHANGELOGS, texts, strict=True):
        path.write_text(text)
    RELEASED.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
