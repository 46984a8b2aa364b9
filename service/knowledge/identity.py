"""Which rules answer: a version for people, and a hash of all that can change an answer."""

import os
from hashlib import sha256
from pathlib import Path

import service

RULESET_VERSION = "2026.11.3"
"""Raised when the advice changes, once between two releases; CHANGELOG.md names it."""

PACKAGE = Path(service.__file__).parent
ANSWERING = ("contract", "core", "dialects", "knowledge")
SOURCES = (".py", ".toml", ".json")


def source_hash(package: Path = PACKAGE) -> str:
    """SHA-256 over path and bytes of every module and table that answers, in order of path."""
    walked = (where for folder in ANSWERING for where in os.walk(package / folder))
    found = (f"{place}/{name}" for place, _, names in walked for name in names if name.endswith(SOURCES))
    digest = sha256()
    for path in sorted(found):
        content = Path(path).read_bytes()
        name = path.removeprefix(f"{package}/")
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
