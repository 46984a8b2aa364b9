"""A text before it is plain text or Markdown: a title, paragraphs, and facts under headings."""

import re

from msgspec import Struct

WIDTH = 100
"""Characters of a line of plain text. A longer word stands alone."""

SPECIAL = re.compile(r"[\\`*<\[|]|(?<!\w)_|_(?!\w)|^[#>+-]")
"""What Markdown would take for its own."""


class Fact(Struct, frozen=True):
    """One line: what it is, and what is said of it. A fact without a label goes on with the one before.

    `more` is what a page says instead, where it has room for more; a fact without `text` stands on pages only.
    """

    label: str
    text: str
    more: str = ""


class Section(Struct, frozen=True):
    """Facts and paragraphs under a heading; without a heading it belongs to the title."""

    heading: str = ""
    facts: tuple[Fact, ...] = ()
    paragraphs: tuple[str, ...] = ()


class Text(Struct, frozen=True):
    """A whole text."""

    title: str
    sections: tuple[Section, ...]


def plain(text: Text) -> str:
    """The text for a terminal: labels in one column, lines wrapped."""
    labels = [len(fact.label) for section in text.sections for fact in section.facts if fact.text]
    indent = max(labels, default=0) + 2
    parts = [_wrapped(text.title)]
    for section in text.sections:
        told = [fact for fact in section.facts if fact.text]
        lines = [section.heading.upper()] if section.heading and (told or section.paragraphs) else []
        lines += [_wrapped(_line(fact.text), f"{fact.label:<{indent}}", " " * indent) for fact in told]
        parts += ["\n".join(lines)] if lines else []
        parts += [_wrapped(paragraph) for paragraph in section.paragraphs]
    return "\n\n".join(parts) + "\n"


def markdown(text: Text) -> str:
    """The text as Markdown (CommonMark): facts are list items."""
    parts = [f"# {_escaped(text.title)}"]
    for section in text.sections:
        parts += [f"## {_escaped(section.heading)}"] if section.heading else []
        parts += ["\n".join(_item(fact) for fact in section.facts)] if section.facts else []
        parts += [_escaped(paragraph) for paragraph in section.paragraphs]
    return "\n\n".join(parts) + "\n"


def _item(fact: Fact) -> str:
    words = _escaped(fact.more or fact.text)
    return f"- **{_escaped(fact.label)}:** {words}" if fact.label else f"  - {words}"


def _escaped(words: str) -> str:
    return SPECIAL.sub(lambda found: f"\\{found[0]}", _line(words))


def _line(words: str) -> str:
    """The words on one line. Names of parameters may hold anything: what a terminal would obey is shown instead."""
    return " ".join("".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in _spaced(words)).split())


def _spaced(words: str) -> str:
    return words.replace("\n", " ").replace("\t", " ")


def _wrapped(words: str, first: str = "", others: str = "") -> str:
    """The words in lines of WIDTH at most, broken at spaces."""
    lines: list[str] = []
    line = first
    for word in _line(words).split(" "):
        if len(line) + len(word) > WIDTH and line.strip() and line != first:
            lines.append(line.rstrip())
            line = others
        line += f"{word} "
    return "\n".join([*lines, line.rstrip()])


def number(value: float) -> str:
    """A number to its last digit; thousands of an integer are set apart by commas."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return repr(value)


def counted(value: float, unit: str) -> str:
    """A number with its unit, which ends in s unless there is one."""
    return f"{number(value)} {unit if value == 1 else unit + 's'}"
