"""Decodes, checks and weighs the tables. `python -m service.knowledge.build` writes what comes out into one file."""

from importlib.resources import files

import msgspec
from msgspec import structs

from service.knowledge.catalogue.models import Models
from service.knowledge.compiled import FILE, BrokenTable, Compiled, encode
from service.knowledge.identity import source_hash
from service.knowledge.lints.check import check
from service.knowledge.rows import Tables, set_aside
from service.knowledge.standings.weighing import weigh

GENERATED = ("activations", "builds", "recipes", "runs", "tags")
"""Tables that `make catalogue` and, for the runs, `make test-real` write, as JSON."""


def build() -> Compiled:
    """The knowledge from its sources. Raises BrokenTable with every finding, so that one run shows all to mend."""
    tables = read_tables()
    findings = check(tables)
    if findings:
        raise BrokenTable("\n".join(findings))
    return compile_tables(tables)


def compile_tables(tables: Tables) -> Compiled:
    """These tables with all ranked models among the curated ones, and what follows from them."""
    tables = structs.replace(tables, models=Models(tables).judged())
    constants = {row.id: row.value for row in tables.constants}
    at_start, catalogue = set_aside(tables)
    return Compiled(at_start, memoryview(catalogue), *weigh(tables, constants.__getitem__))


def read_tables() -> Tables:
    """The tables, decoded. Raises BrokenTable for the first that cannot be."""
    folder = files("service.knowledge") / "tables"
    decoded: dict[str, object] = {}
    for field in msgspec.structs.fields(Tables):
        name = f"{field.name}.{'json' if field.name in GENERATED else 'toml'}"
        content = (folder / name).read_bytes()
        try:
            decoded[field.name] = (_generated if field.name in GENERATED else _rows)(content, field.type)
        except msgspec.DecodeError as error:
            raise BrokenTable(f"{name}: {error}") from None
    return Tables(**decoded)  # pyright: ignore[reportArgumentType] -- each field decoded as its own type


def _rows(content: bytes, rows_type: object) -> object:
    """A table file holds `[[row]]` entries and nothing else."""
    wrapped = msgspec.toml.decode(content, type=dict[str, object])
    if set(wrapped) - {"row"}:
        raise msgspec.ValidationError("only [[row]] entries are allowed")
    return msgspec.convert(wrapped.get("row", []), type=rows_type)


def _generated(content: bytes, rows_type: object) -> object:
    """A generated file is one array of rows."""
    return msgspec.json.decode(content, type=rows_type)


def main() -> None:
    """Writes the file. A service that starts meanwhile never sees half of it."""
    draft = FILE.with_suffix(".draft")
    draft.write_bytes(encode(source_hash(), build()))
    draft.replace(FILE)


if __name__ == "__main__":
    main()
