"""The knowledge as it is shipped: one file, written at build, from which the service starts fast.

The file opens with the hash of the sources that it was made from. Whoever reads it says which sources are meant, and
gets nothing where these are others: a file that is out of date is as good as none.
"""

from mmap import ACCESS_READ, MADV_DONTNEED, mmap
from pathlib import Path

import msgspec
from msgspec import Struct

from service.contract.words import Task
from service.knowledge.rows import Tables
from service.knowledge.standings.merits import Cell

FILE = Path(__file__).parent / "compiled.msgpack"


class BrokenTable(Exception):
    """A table cannot be read, or contradicts another. Raised at start, never on a request."""


class Compiled(Struct, frozen=True):
    """The decoded and linted tables, and what follows from them alone: cells, and encoded marks by task and domain.

    The catalogue and the marks are most of it. Read from the file they stay there until a model or target is asked for.
    """

    tables: Tables
    catalogue: memoryview
    cells: tuple[Cell, ...]
    marks: dict[Task, dict[str, memoryview]]


def find(digest: str, file: Path = FILE) -> Compiled | None:
    """What the file holds, if it was made from the sources of this hash. Raises BrokenTable where it cannot be read."""
    if not file.exists():
        return None
    head = digest.encode()
    with file.open("rb") as opened:
        if opened.read(len(head)) != head:
            return None
        content = mmap(opened.fileno(), 0, access=ACCESS_READ)
    try:
        found = msgspec.msgpack.decode(memoryview(content)[len(head) :], type=Compiled)
    except msgspec.DecodeError as error:
        raise BrokenTable(f"{file.name}: {error}") from None
    content.madvise(MADV_DONTNEED)  # what was decoded need not stay in memory twice
    return found


def encode(digest: str, compiled: Compiled) -> bytes:
    """The bytes of the file."""
    return digest.encode() + msgspec.msgpack.encode(compiled)
