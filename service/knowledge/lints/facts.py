"""Lints of single facts: that each has a source one can find, a grade, a unit, and a use."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from service.contract.words import Grade, Objective
from service.knowledge.rows import Claim, Tables

FINDABLE = {
    "doi:": re.compile(r"doi:10\.\d{4,9}/\S+"),
    "arXiv:": re.compile(r"arXiv:\d{4}\.\d{4,5}\b"),
}
"""What a `where` that starts so must look like; any other names a repository, a report, or a page and its owner."""

UNITS = frozenset(
    {"params", "gflops", "gib", "px", "examples", "epochs", "steps", "share", "ratio", "year", "count", "classes"}
    | {"runs", "tokens", "bytes", "channels", "tflops", "gbs", "watts"}
)
"""Words that, within a field's name, say what its number counts."""

UNITLESS = frozenset(
    {"score", "similarity", "order", "first", "capacity", "pushes", "power", "gamma", "cycles", "width", "value"}
    | {"decay", "low", "high", "weight_decay", "batch_size", "reference_batch"}
    | {"margin", "mean", "spread"}
    | {"backbone", "backbone_low", "backbone_high", "head", "head_low", "head_high"}
    | {"lora_width", "beyond_linear", "rank"}
    | {
        "harmful",
        "rank_exponent",
        "size_exponent",
        "point_low",
        "point_high",
        "point_batch",
        "point_cells",
        "tried_low",
        "tried_high",
    }
)
"""Numbers without a unit: marks, positions, factors, learning rates; `value` and `margin` have theirs beside them."""


def sources_are_complete(tables: Tables) -> Iterator[str]:
    """A source has authors, a year, a title, and a place where it can be found."""
    for row in tables.sources:
        for name in ("authors", "title", "where"):
            if not getattr(row, name).strip():
                yield f"{row.id} has no {name}"
        if not 1990 <= row.year <= 2030:
            yield f"{row.id}: nothing was published in {row.year}"
        for start, form in FINDABLE.items():
            if start in row.where and not form.search(row.where):
                yield f"{row.id}: {start} is followed by no number"


def claims_are_graded(tables: Tables) -> Iterator[str]:
    """No claim, and so no cell, is without a grade."""
    for name, row in _rows(tables):
        if isinstance(row, Claim) and row.grade not in set(Grade):
            yield f"{name}: a claim has no grade: {row}"


def numbers_have_units(tables: Tables) -> Iterator[str]:
    """The name of a number says its unit, unless it has none."""
    bare: set[str] = set()
    for name, row in _rows(tables):
        for field in row.__struct_fields__:
            number = isinstance(getattr(row, field), int | float) and not isinstance(getattr(row, field), bool)
            if number and field not in UNITLESS and not UNITS & set(field.split("_")):
                bare.add(f"{name}: the number {field} names no unit")
    yield from sorted(bare)


def facts_have_sources(tables: Tables) -> Iterator[str]:
    """Each fact of a model is carried by one of the model's own sources; a cost says of what."""
    for row in tables.models:
        for carrier in (row.params_source, row.pretraining_source, row.licence_source, row.forward_source):
            if carrier is not None and carrier not in row.sources:
                yield f"{row.id}: {carrier} carries a fact but is not among its sources"
        if not (row.forward_gflops is None) == (row.forward_of == "") == (row.forward_source is None):
            yield f"{row.id}: a cost needs what it is of, and a source"
        if (row.commercial_use != "yes") and not row.restriction:
            yield f"{row.id}: commercial use is {row.commercial_use} without a word why"


def models_are_reachable(tables: Tables) -> Iterator[str]:
    """A recommendation can name the model: it serves a task, and it can be trained or needs no training."""
    serving = {row.model for row in tables.cells}
    trainable = {family for row in tables.rates for family in row.families}
    for row in tables.models:
        if row.id not in serving:
            yield f"{row.id} serves no task"
        if row.family not in trainable and row.objective is not Objective.PRIOR_FITTING:
            yield f"{row.id}: no rate is known for a {row.family}"
        if not row.frameworks:
            yield f"{row.id} runs in no framework"


def _rows(tables: Tables) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(Tables):
        yield from ((field.name, row) for row in getattr(tables, field.name))
