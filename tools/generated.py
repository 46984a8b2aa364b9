"""Every file that is made from code and tables: `make generated` writes them all, and a test compares them."""

import sys
from itertools import zip_longest
from pathlib import Path

from benchmarks.advice.page import PAGE, dated
from benchmarks.advice.report import judge
from service.knowledge.index import Knowledge
from service.knowledge.loader import load
from service.web.document.build import build, render
from service.web.pages import OPENAPI
from tools.confirmed_counts import DECISIONS, decisions_document
from tools.docs import DOCS, coverage_document, rules_document
from tools.readme import README, readme_document

ROOT = Path(__file__).parent.parent


def generated(know: Knowledge) -> dict[Path, bytes]:
    """Each file as it should be."""
    as_json, as_yaml = render(build(know))
    return {
        OPENAPI / "openapi.json": as_json,
        OPENAPI / "openapi.yaml": as_yaml,
        DOCS / "rules.md": rules_document(know).encode(),
        DOCS / "seed-coverage.md": coverage_document(know).encode(),
        DECISIONS: decisions_document().encode(),
        README: readme_document(know).encode(),
        PAGE: dated(judge(know), know.ruleset).encode(),
    }


def difference(path: Path, content: bytes) -> str | None:
    """Where the file first differs from what it should be, and what to do; None where it does not differ."""
    old = path.read_bytes() if path.exists() else b""
    if old == content:
        return None
    pairs = enumerate(zip_longest(old.splitlines(), content.splitlines()), 1)
    line = next((number for number, (one, other) in pairs if one != other), 1)
    return f"{path.relative_to(ROOT)} differs from line {line} on: run `make generated`"


def main() -> None:
    """Writes the files that differ, and names them."""
    for path, content in generated(load()).items():
        if difference(path, content):
            path.unlink(missing_ok=True)  # a running service has mapped the old one
            path.write_bytes(content)
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
