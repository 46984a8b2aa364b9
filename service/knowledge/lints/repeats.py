"""Finds keys that stand more than once."""

from collections import Counter
from collections.abc import Iterator


def repeated(name: str, keys: Iterator[object]) -> Iterator[str]:
    """A finding for each key that stands more than once in the table of this name."""
    yield from (f"{name}: {key} stands {count} times" for key, count in Counter(keys).items() if count > 1)
