"""Plans for models of libraries that the service was not built for, as `tools/foreign_models.py` recorded them.

A record holds names, shapes and the order in which the modules first ran, with buffers, batch norms and the head.
"""

import json
import lzma
import re
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from service.contract.freeze import FreezeBlock, FreezePlan
from service.contract.words import BlockKind, LayoutCertainty
from service.core.rules.refusal import Refusal
from tests.ask import frozen

FILE = Path(__file__).parent / "foreign.json.xz"

BARS = {
    "mended": {"order": 0.98, "head": 0.98},
    "held out": {"order": 0.98, "head": 0.98},
    "asked": {"order": 0.9, "head": 0.95},
    "drawn": {"order": 0.82, "head": 0.93},
    "untouched": {"order": 0.83, "head": 0.95},
    "fresh": {"order": 0.93, "head": 0.98},
}
"""Shares of models: of those by which the rules were mended, of those held out meanwhile, of those asked later, of
more that were drawn to mend by, and of two groups that were measured once when all was mended."""

TOLD_APART = {
    "diffusers Tiny": "what its last layer gives is read by its first one",
    "torch_geometric PNA": "what its last layer gives is read by its first one",
}
"""Models whose list and file differ without a warning, and why."""

REFUSED = 2
"""Models, at most, whose list is refused."""


FILES = {"order": 0.72, "head": 0.9}
"""Shares of the models whose blocks are in order, and whose head is found, by a weights file, sorted by name."""

FILES_REFUSED = 0.15
"""Share of models, at most, whose weights file is refused: it does not tell the order."""


class Found(NamedTuple):
    """What a plan made of a model. `head`: whether all of it is in the head, None where it has none."""

    name: str
    group: str
    sure: bool
    in_order: bool
    head: bool | None
    rests: bool
    covers: bool


def runs_in_order(plan: FreezePlan, owners: dict[str, int], ran: list[str]) -> bool:
    """Whether no block starts to run before one that is listed earlier; within each tower where towers take turns."""
    starts: dict[int, int] = {}
    for index, name in enumerate(ran):
        starts.setdefault(owners[name], index)
    numbered = [block.tower for block in plan.blocks if block.kind is BlockKind.BLOCK]
    turns = [tower for tower, _ in groupby(numbered)]
    towers = set(numbered) if len(turns) > len(set(turns)) else {None}

    def of_tower(block: FreezeBlock, tower: str | None) -> bool:
        return len(towers) == 1 or (block.tower == tower and block.kind is BlockKind.BLOCK)

    ordered = [[starts[b.index] for b in plan.blocks if b.index in starts and of_tower(b, tower)] for tower in towers]
    return all(first <= second for one in ordered for first, second in pairwise(one))


def listed(record: dict[str, Any]) -> dict[str, Any]:
    """The model as a list of parameters."""
    return {"parameters": [{"name": name, "shape": shape} for name, shape in record["parameters"]]}


def filed(record: dict[str, Any]) -> dict[str, Any]:
    """The model as the header of a weights file, which is sorted and holds buffers too."""
    tensors = [*([name, "F32", shape] for name, shape in record["parameters"]), *record["buffers"]]
    return {"safetensors": {name: {"dtype": dtype, "shape": shape} for name, dtype, shape in sorted(tensors)}}


def look(record: dict[str, Any], source: dict[str, Any]) -> Found | None:
    """The plan of a record against what was recorded; None where it is refused."""
    names = [name for name, _ in record["parameters"]]
    try:
        plan = frozen(**source, dataset={"examples": 5000})
    except Refusal:
        return None
    patterns = [re.compile(block.pattern or "(?!)") for block in plan.blocks]
    held = {name: [index for index, pattern in enumerate(patterns) if pattern.search(name)] for name in names}
    owners = {name: found[0] for name, found in held.items() if found}
    heads = {name for name in names if any(f"{name}.".startswith(f"{head}.") for head in record["head"])}
    named = {name for name, index in owners.items() if plan.blocks[index].kind is BlockKind.HEAD}
    return Found(
        name=f"{record['library']} {record['model']}",
        group=record["group"],
        sure=plan.layout.certainty is LayoutCertainty.STRUCTURE,
        in_order=runs_in_order(plan, owners, [names[index] for index in record["order"]]),
        head=heads <= named if heads else None,
        rests=plan.norm.frozen_statistics or not record["batch_norm"],
        covers=all(len(found) == 1 for found in held.values()),
    )


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return json.loads(lzma.decompress(FILE.read_bytes()))


@pytest.fixture(scope="module")
def found(records: list[dict[str, Any]]) -> list[Found]:
    return [one for record in records if (one := look(record, listed(record)))]


@pytest.fixture(scope="module")
def from_files(records: list[dict[str, Any]]) -> list[Found]:
    return [one for record in records if (one := look(record, filed(record)))]


def test_sixty_models_of_twenty_libraries_and_more_are_recorded(records: list[dict[str, Any]]) -> None:
    assert len(records) >= 60
    assert len({record["library"] for record in records}) >= 20


def test_nearly_every_list_has_a_plan_that_covers_it(records: list[dict[str, Any]], found: list[Found]) -> None:
    assert len(found) >= len(records) - REFUSED
    assert [one.name for one in found if not one.covers] == []


def test_statistics_of_every_batch_norm_rest(found: list[Found]) -> None:
    assert [one.name for one in found if not one.rests] == []


@pytest.mark.parametrize("group", BARS)
def test_blocks_are_in_the_order_in_which_they_run(found: list[Found], group: str) -> None:
    some = [one for one in found if one.group == group]
    wrong = [one.name for one in some if not one.in_order]
    assert len(wrong) <= (1 - BARS[group]["order"]) * len(some), wrong


@pytest.mark.parametrize("group", BARS)
def test_the_head_is_found(found: list[Found], group: str) -> None:
    some = [one for one in found if one.group == group and one.head is not None]
    wrong = [one.name for one in some if not one.head]
    assert len(wrong) <= (1 - BARS[group]["head"]) * len(some), wrong


def test_a_wrong_order_has_a_warning(found: list[Found], from_files: list[Found]) -> None:
    assert [one.name for one in (*found, *from_files) if one.sure and not one.in_order] == []


def test_most_files_have_a_plan_that_covers_them(records: list[dict[str, Any]], from_files: list[Found]) -> None:
    assert len(from_files) >= (1 - FILES_REFUSED) * len(records)
    assert [one.name for one in from_files if not (one.covers and one.rests)] == []


def test_files_are_put_in_order_by_roles_and_widths(from_files: list[Found]) -> None:
    heads = [one.head for one in from_files if one.head is not None]
    assert sum(one.in_order for one in from_files) >= FILES["order"] * len(from_files)
    assert sum(heads) >= FILES["head"] * len(heads)


def test_a_list_and_a_file_agree_or_the_file_warns(records: list[dict[str, Any]]) -> None:
    """In the order of their blocks and in the head; for the recorded models and those of the catalogue."""
    known: dict[str, Any] = json.loads(lzma.decompress((FILE.parent / "catalogued.json.xz").read_bytes()))
    catalogued: list[dict[str, Any]] = [
        {"library": "", "model": model, "parameters": shapes, "buffers": []} for model, shapes in known.items()
    ]
    unlike = [f"{record['library']} {record['model']}" for record in (*records, *catalogued) if differ(record)]
    assert set(unlike) == TOLD_APART.keys()


def differ(record: dict[str, Any]) -> bool:
    """Whether the plan by list and the plan by file name other blocks or another head, and the file says nothing."""
    try:
        plans = [frozen(**source, dataset={"examples": 5000}) for source in (listed(record), filed(record))]
    except Refusal:
        return False
    blocks, heads = (
        [[part(block, record) for block in plan.blocks if block.kind is kind] for plan in plans]
        for kind in (BlockKind.BLOCK, BlockKind.HEAD)
    )
    unlike = heads[0] != heads[1] or blocks[0] != blocks[1]
    return unlike and plans[1].layout.certainty is LayoutCertainty.STRUCTURE


def part(block: FreezeBlock, record: dict[str, Any]) -> str | frozenset[str]:
    """A block by its name, a head by its parameters."""
    names = [name for name, _ in record["parameters"] if re.search(block.pattern or "(?!)", name)]
    return frozenset(names) if block.kind is BlockKind.HEAD else block.name
