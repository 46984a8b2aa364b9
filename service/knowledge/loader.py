"""Loads the knowledge once: from the compiled file where it is that of the sources at hand, else from the sources."""

from functools import cache

from service.knowledge.compiled import BrokenTable, Compiled, find
from service.knowledge.identity import source_hash
from service.knowledge.index import Knowledge

__all__ = ["BrokenTable", "compiled", "load"]


@cache
def load() -> Knowledge:
    """All knowledge, indexed. Raises BrokenTable."""
    return Knowledge(*compiled())


def compiled() -> tuple[Compiled, str]:
    """The compiled knowledge and the hash of its sources. Building costs about the rest of a start again."""
    digest = source_hash()
    found = find(digest)
    if found is None:
        from service.knowledge.build import build  # noqa: PLC0415 -- lints and weighing are not needed with a file

        found = build()
    return found, digest
