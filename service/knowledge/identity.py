"""Which rules answer: a version for people, and a hash of all that can change an answer."""

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
    found = (path for folder in ANSWERING for path in (package / folder).rglob("*") if path.suffix in SOURCES)
    digest = sha256()
    for name, path in sorted((path.relative_to(package).as_posix(), path) for path in found):
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
