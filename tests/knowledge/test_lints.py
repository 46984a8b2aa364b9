"""The shipped tables are clean, and every lint finds what it is for."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from service.contract.words import Family
from service.knowledge.build import read_tables
from service.knowledge.lints.check import LINTS, check
from service.knowledge.rows import CellRow, Tables

TABLES = read_tables()


def with_first(table: str, **changes: Any) -> Tables:
    """The tables with the first row of one of them changed."""
    first, *rest = getattr(TABLES, table)
    return msgspec.structs.replace(TABLES, **{table: (msgspec.structs.replace(first, **changes), *rest)})


def without_first(table: str) -> Tables:
    return msgspec.structs.replace(TABLES, **{table: getattr(TABLES, table)[1:]})


def with_first_twice(table: str) -> Tables:
    rows = getattr(TABLES, table)
    return msgspec.structs.replace(TABLES, **{table: (rows[0], *rows)})


class Speed(msgspec.Struct):
    """A row with a number whose unit nobody knows."""

    speed: float


def without(model: str) -> tuple[CellRow, ...]:
    """The cells without those of one model."""
    return tuple(row for row in TABLES.cells if row.model != model)


BROKEN: dict[str, Callable[[], Tables]] = {
    "ids_are_unique": lambda: with_first_twice("devices"),
    "sources_are_complete": lambda: with_first("sources", where="arXiv: unknown"),
    "sources_resolve": lambda: with_first("cells", sources=("nowhere-1999",)),
    "sources_are_used": lambda: msgspec.structs.replace(
        TABLES,
        sources=(*TABLES.sources, msgspec.structs.replace(TABLES.sources[0], id="unread-2020")),
    ),
    "claims_are_graded": lambda: with_first("cells", grade=""),
    "numbers_have_units": lambda: msgspec.structs.replace(TABLES, devices=(Speed(speed=1.5),)),
    "judgement_is_graded_d": lambda: with_first("constants", sources=("judgement",), grade="A"),
    "topics_resolve": lambda: with_first("notices", topic="no-such-page"),
    "vocabularies_are_covered": lambda: without_first("domains"),
    "families_are_covered": lambda: without_first("footprints"),
    "shapes_are_covered": lambda: without_first("shapes"),
    "bands_meet": lambda: with_first("bands", examples_to=150),
    "preferences_are_complete": lambda: without_first("preferences"),
    "orders_are_complete": lambda: with_first("orders", order=TABLES.orders[0].order[1:]),
    "experiments_are_comparisons": lambda: with_first("experiments", unit="furlongs"),
    "freezing_is_monotone": lambda: with_first("freeze_shares", frozen_share=0.0),
    "rates_are_ordered": lambda: with_first("rates", backbone=1.0),
    "rates_do_not_overlap": lambda: with_first_twice("rates"),
    "rates_cover_policies": lambda: with_first("rates", families=(Family.TABULAR,)),
    "rates_have_lengths": lambda: msgspec.structs.replace(TABLES, lengths=()),
    "similarities_are_complete": lambda: without_first("similarities"),
    "cells_resolve": lambda: with_first("cells", model="no-such-model"),
    "judged_cells_are_graded_d": lambda: with_first("cells", grade="A"),
    "results_are_whole": lambda: with_first_twice("results"),
    "results_resolve": lambda: with_first("results", models=("resnet51", *TABLES.results[0].models[1:])),
    "results_are_used": lambda: with_first_twice("rankings"),
    "facts_have_sources": lambda: with_first("models", licence_source="nowhere-1999"),
    "models_are_reachable": lambda: msgspec.structs.replace(TABLES, cells=without(TABLES.models[0].id)),
    "blocks_add_up": lambda: with_first("blocks", params=1),
    "spellings_are_unique": lambda: with_first("models", aliases=(TABLES.models[1].id,)),
    "closed_words": lambda: with_first("models", head_kind="round"),
    "checkpoints_are_whole": lambda: with_first("checkpoints", year=None),
    "checkpoints_can_be_counted": lambda: with_first("checkpoints", config={}),
    "checkpoints_cite_sources": lambda: with_first("checkpoints", config_source="nowhere-1999"),
    "totals_agree": lambda: with_first("checkpoints", total_params=TABLES.checkpoints[0].total_params + 1),
    "builds_add_up": lambda: with_first("builds", params=1),
    "names_are_unique": lambda: with_first("checkpoints", aliases=(TABLES.checkpoints[1].id,)),
    "computed_models_can_be_trained": lambda: with_first("architectures", modalities=("audio",)),
}


def test_shipped_tables_are_clean() -> None:
    assert check(TABLES) == []


def test_every_lint_has_a_table_that_breaks_it() -> None:
    assert set(BROKEN) == {lint.__name__ for lint in LINTS}


@pytest.mark.parametrize("lint", LINTS, ids=lambda lint: lint.__name__)
def test_lint_finds_its_fault(lint: Callable[[Tables], Any]) -> None:
    assert list(lint(BROKEN[lint.__name__]()))


@pytest.mark.parametrize(
    ("table", "changes", "finding"),
    [
        ("sources", {"authors": "  "}, "has no authors"),
        ("sources", {"title": ""}, "has no title"),
        ("sources", {"year": 1066}, "nothing was published"),
        ("sources", {"where": "doi:somewhere"}, "followed by no number"),
        ("results", {"scores": ()}, "models but 0 scores"),
        ("results", {"models": ("resnet50", "resnet50"), "scores": (1.0, 2.0)}, "stands twice"),
        ("results", {"compared_count": 2}, "2 models were compared"),
        ("results", {"grade": "D"}, "graded A, not D"),
        ("results", {"models": ("densenet121",), "scores": (1.0,)}, "no model of the catalogue"),
        ("results", {"domain": "music"}, "cannot read music"),
        ("results", {"task": "translation"}, "no ranking uses results of translation"),
        ("outsiders", {"id": "resnet50"}, "is of the catalogue"),
        ("outsiders", {"id": "nobody"}, "ties nothing together"),
        ("models", {"forward_of": ""}, "a cost needs what it is of"),
        ("models", {"commercial_use": "no", "restriction": ""}, "without a word why"),
        ("models", {"frameworks": ()}, "runs in no framework"),
        ("checkpoints", {"like": "resnet50"}, "needs one of an architecture"),
        ("checkpoints", {"architecture": None, "config": {}, "like": TABLES.checkpoints[0].id}, "is like itself"),
        ("checkpoints", {"parent": "nobody"}, "unknown model nobody"),
        ("checkpoints", {"total_source": None}, "a total, its source and what it counts more stand together"),
        (
            "checkpoints",
            {"total_params": 0, "total_source": None, "extra_params": 1},
            "what it counts more stand together",
        ),
        ("checkpoints", {"config_source": "judgement"}, "where its configuration can be read"),
        ("checkpoints", {"aliases": ("resnet50",)}, "is a checkpoint and a curated model"),
        ("tags", {"build": "resnet49"}, "unknown build resnet49"),
    ],
)
def test_fact_without_its_support_is_found(table: str, changes: dict[str, Any], finding: str) -> None:
    assert [found for found in check(with_first(table, **changes)) if finding in found]
