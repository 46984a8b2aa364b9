"""`GET /explore`: one page that asks the API and nothing else, sent whole, so that it works under any path prefix."""

from base64 import b64encode
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from service.contract.words import ComputeKind, Policy, Strategy, Trainer

PARTS = ("dom", "formula", "form", "charts", "answer", "matrix", "main")
STYLES = ("uplot.css", "explore/style.css")
SCRIPTS = ("uplot.js", *(f"explore/{name}.js" for name in PARTS))
"""In the order in which they stand in the page, as one module."""

WORDS: tuple[type[StrEnum], ...] = (ComputeKind, Policy, Strategy, Trainer)
"""What some of its lists are filled with. Tasks, domains and models come from the API."""

POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def explore_page(folder: Path) -> tuple[bytes, bytes]:
    """The page, and the policy that lets this script and this style run, and no other."""
    style, script = ("\n".join(_read(folder, name) for name in names) for names in (STYLES, SCRIPTS))
    page = _read(folder, "explore/page.html").replace("{{style}}", style).replace("{{script}}", script)
    for words in WORDS:
        options = "".join(f'<option value="{word}">{word}</option>' for word in words)
        page = page.replace(f"{{{{{words.__name__}}}}}", options)
    return page.encode(), POLICY.format(script=_source(script), style=_source(style)).encode()


def _read(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    """The text as a source of a policy: by its hash."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
