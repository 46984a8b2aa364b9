"""The ruleset's hash moves with everything that can change an answer, and with nothing else."""

import re
import shutil
from pathlib import Path

import httpx
import pytest

from service.knowledge.identity import PACKAGE, RULESET_VERSION, source_hash
from tests.conftest import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package, where it may be changed."""
    return Path(shutil.copytree(PACKAGE, tmp_path / "service", ignore=shutil.ignore_patterns("__pycache__")))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_copy_has_the_same_hash(copy: Path) -> None:
    assert source_hash(copy) == source_hash()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("core/freezing/depth.py", "return", "return "),
        ("knowledge/tables/rates.toml", "1e-5", "2e-5"),
        ("knowledge/standings/placing.py", "SETTLED = 1e-6", "SETTLED = 1e-5"),
        ("contract/words/subject.py", "IMAGE", "IMAGES"),
        ("dialects/axolotl.py", "return", "return "),
    ],
)
def test_a_changed_rule_table_or_export_moves_it(copy: Path, file: str, old: str, new: str) -> None:
    change(copy / file, old, new)
    assert source_hash(copy) != source_hash()


def test_a_renamed_module_and_a_new_rule_move_it(copy: Path) -> None:
    (copy / "core" / "freezing" / "depth.py").rename(copy / "core" / "freezing" / "how_deep.py")
    renamed = source_hash(copy)
    (copy / "core" / "freezing" / "another.py").write_text("")
    assert len({source_hash(), renamed, source_hash(copy)}) == 3


def test_the_server_around_the_rules_does_not_move_it(copy: Path) -> None:
    (copy / "web" / "handlers.py").write_text("")
    (copy / "settings.py").unlink()
    (copy / "knowledge" / "compiled.msgpack").write_bytes(b"")
    assert source_hash(copy) == source_hash()


def test_answers_and_entity_tags_carry_it(client: httpx.Client) -> None:
    matrix = client.get("/matrix", params={"task": "translation"})
    assert matrix.json()["ruleset"] == {"version": RULESET_VERSION, "hash": source_hash()}


def test_the_version_is_past_that_of_the_last_release() -> None:
    """The changelog names the version of each release, the coming one first."""
    versions = re.findall(r"Ruleset (\d+)\.(\d+)\.(\d+)", (ROOT / "CHANGELOG.md").read_text())
    coming, released = (tuple(map(int, version)) for version in versions[:2])
    assert ".".join(versions[0]) == RULESET_VERSION
    assert coming > released
