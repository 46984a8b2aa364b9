"""Reads the tables once, checks them, and gives them an identity."""

import gc
import hashlib
from functools import cache
from importlib.resources import files

import msgspec

from service.knowledge.index import Knowledge
from service.knowledge.lints.check import check
from service.knowledge.rows import Tables


class BrokenTable(Exception):
    """A table cannot be read, or contradicts another. Raised at start, never on a request."""


@cache
def load() -> Knowledge:
    """All knowledge, decoded, linted and indexed.

    Raises BrokenTable with every finding, so that one run shows all there is to mend.
    """
    tables, digest = read()
    findings = check(tables)
    if findings:
        raise BrokenTable("\n".join(findings))
    knowledge = Knowledge(tables, digest)
    gc.freeze()  # the tables stay for good: a collection in the middle of an answer need not go through them
    return knowledge


def read() -> tuple[Tables, str]:
    """The decoded tables and the SHA-256 of their bytes in order of file name."""
    folder = files("service.knowledge") / "tables"
    digest = hashlib.sha256()
    decoded: dict[str, object] = {}
    for field in sorted(msgspec.structs.fields(Tables), key=lambda field: field.name):
        content = (folder / f"{field.name}.toml").read_bytes()
        digest.update(content)
        try:
            decoded[field.name] = _rows(content, field.type)
        except msgspec.DecodeError as error:
            raise BrokenTable(f"{field.name}.toml: {error}") from None
    return Tables(**decoded), digest.hexdigest()  # pyright: ignore[reportArgumentType] -- each field decoded as its own type


def _rows(content: bytes, rows_type: object) -> object:
    """A table file holds `[[row]]` entries and nothing else."""
    wrapped = msgspec.toml.decode(content, type=dict[str, object])
    if set(wrapped) - {"row"}:
        raise msgspec.ValidationError("only [[row]] entries are allowed")
    return msgspec.convert(wrapped.get("row", []), type=rows_type)
