"""Edges come from the data: a number of the tables that moves by half takes the shown edge with it."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pytest

from service.core.engine import recommend
from service.knowledge.index import Knowledge
from service.knowledge.loader import compiled, load
from service.knowledge.rows import BandRow
from tests.ask import job
from tests.conftest import ROOT
from tests.core.test_thresholds import held_against

ROWS: list[dict[str, Any]] = [
    row
    for row in tomllib.loads((ROOT / "tests" / "core" / "thresholds.toml").read_text())["threshold"]
    if row["rule"].startswith("evidence-") and row["field"] in ("dataset.examples", "similarity")
]
"""Numbers that decide what strategy comes first, each with a job that is held against it."""

VIT = {"target": {"task": "image-classification"}, "source": {"model": "vit_base_patch16_224"}, "policy": "guides"}
LEVELS = {"similarity-very-different": 2_000_000, "similarity-medium": 5000, "similarity-high": 5000}
"""Numbers between the levels of similarity, with a number of examples at which they count."""

FACTORS = pytest.mark.parametrize("factor", [0.55, 1.4])
"""By half, as near as no other number stands there."""


def altered(**rows: Iterable[Any]) -> Knowledge:
    """The knowledge with some tables changed."""
    found, digest = compiled()
    tables = msgspec.structs.replace(found.tables, **{name: tuple(table) for name, table in rows.items()})
    return Knowledge(msgspec.structs.replace(found, tables=tables), digest)


def moved(constant: str, factor: float) -> Knowledge:
    """The knowledge with one number changed."""
    return altered(
        constants=(
            msgspec.structs.replace(row, value=round(row.value * factor, 6)) if row.id == constant else row
            for row in load().tables.constants
        )
    )


def edges(body: Mapping[str, Any], know: Knowledge, field: str) -> set[float]:
    """The edges that the answer shows of one field."""
    answer = recommend(job(body), know, explain=False)
    return {round(one.edge, 6) for one in answer.boundaries if one.input == f"/{field.replace('.', '/')}"}


@FACTORS
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['constant']}-{row['rule']}")
def test_the_shown_edge_moves_with_its_number(row: dict[str, Any], factor: float) -> None:
    edge = round(load().number(row["constant"]) * factor * row.get("times", 1), 6)
    at, beyond = held_against(row, edge).body, edge
    if row["sides"][1] is row["sides"][0] and row["field"] == "dataset.examples":
        beyond += 1
    assert beyond in edges(at, moved(row["constant"], factor), row["field"])
    assert beyond not in edges(at, load(), row["field"])


@FACTORS
@pytest.mark.parametrize("level", LEVELS)
def test_the_edge_between_levels_of_similarity_moves(level: str, factor: float) -> None:
    edge = round(load().number(level) * factor, 6)
    at = {**VIT, "similarity": edge, "dataset": {"examples": LEVELS[level]}}
    assert edge in edges(at, moved(level, factor), "similarity")
    assert edge not in edges(at, load(), "similarity")


@FACTORS
@pytest.mark.parametrize("band", [row for row in load().tables.bands if row.examples_to], ids=lambda band: band.id)
def test_the_edge_between_sizes_moves(band: BandRow, factor: float) -> None:
    edge = round(band.examples_to * factor)
    rows = [
        msgspec.structs.replace(row, examples_to=edge)
        if row is band
        else msgspec.structs.replace(row, examples_from=edge)
        if row.examples_from == band.examples_to
        else row
        for row in load().tables.bands
    ]
    at = {**VIT, "similarity": 6, "dataset": {"examples": edge}}
    assert edge in edges(at, altered(bands=rows), "dataset.examples")
    assert edge not in edges(at, load(), "dataset.examples")
