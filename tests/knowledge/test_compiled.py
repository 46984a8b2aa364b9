"""The compiled knowledge is what the sources say, and none where it is out of date."""

from pathlib import Path

import msgspec
import pytest

from service.contract.words import Task
from service.knowledge.build import build, read_tables
from service.knowledge.catalogue.models import Models
from service.knowledge.compiled import FILE, BrokenTable, Compiled, encode, find
from service.knowledge.identity import source_hash
from service.knowledge.index import Knowledge
from service.knowledge.rows import Tables, put_back

HASH = source_hash()
BUILT = build()


def full() -> Tables:
    """The tables as written, with every judged model among the curated ones."""
    tables = read_tables()
    return msgspec.structs.replace(tables, models=Models(tables).judged())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "compiled.msgpack"
    path.write_bytes(encode(HASH, BUILT))
    return path


def test_the_file_that_the_service_uses_is_the_one_that_the_sources_make() -> None:
    if find(HASH) is None:
        pytest.skip("no file of these sources is used: `python -m service.knowledge.build` writes it")
    assert FILE.read_bytes() == encode(HASH, BUILT)


def test_two_builds_give_the_same_bytes(file: Path) -> None:
    assert encode(HASH, build()) == file.read_bytes()


def test_what_is_read_is_what_was_built(file: Path) -> None:
    read = find(HASH, file)
    assert read is not None
    assert put_back(read.tables, read.catalogue) == put_back(BUILT.tables, BUILT.catalogue) == full()
    assert read.cells == BUILT.cells
    one, other = Knowledge(read, HASH), Knowledge(BUILT, HASH)
    for task in Task:
        for domain in (None, *(row.id for row in one.tables.domains if one.shares_modality(one.tasks[task], row))):
            for model in (row.model for row in one.tables.cells if row.task is task):
                assert one.merits.marks(task, domain)[model] == other.merits.marks(task, domain)[model]


def test_a_file_of_other_sources_is_none(file: Path) -> None:
    assert find("0" * 64, file) is None


def test_no_file_is_none(tmp_path: Path) -> None:
    assert find(HASH, tmp_path / "compiled.msgpack") is None


@pytest.mark.parametrize("content", [b"", b"\x93", msgspec.msgpack.encode(BUILT)[:-1]])
def test_a_file_that_breaks_off_is_said(file: Path, content: bytes) -> None:
    file.write_bytes(HASH.encode() + content)
    with pytest.raises(BrokenTable, match=r"compiled\.msgpack"):
        find(HASH, file)


def test_it_is_compact() -> None:
    """A catalogue twenty times as large must still be carried: no fact stands in it twice."""
    plain = Compiled(BUILT.tables, BUILT.catalogue, (), {})
    assert len(encode(HASH, BUILT)) < 2 * len(encode(HASH, plain))
