"""Writes what trainers were seen to do into `service/knowledge/tables/runs.json`, as products of cells."""

import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import service.knowledge
from service.contract.words import CurveShape, Method, Precision, Trainer
from service.dialects.runs import RunCell
from tests.dialects.cells import digest

FILE = Path(service.knowledge.__path__[0]) / "tables" / "runs.json"
AXES = ("methods", "shapes", "precisions", "phases", "devices")
"""The members of a product, in the order of a cell's."""

ORDERS: tuple[list[Any], ...] = ([*Method], [*CurveShape], [*Precision], [1, 2, 3], ["one-device", "several-devices"])

PACKAGES = {
    Trainer.PYTORCH: ("torch",),
    Trainer.TIMM: ("timm", "torch"),
    Trainer.TRANSFORMERS: ("transformers", "accelerate", "peft", "torch"),
    Trainer.SENTENCE_TRANSFORMERS: ("sentence-transformers", "transformers", "accelerate", "peft", "torch"),
    Trainer.KERAS: ("keras", "torch"),
    Trainer.LIGHTNING: ("lightning", "finetuning-scheduler", "torch"),
    Trainer.OPTAX: ("optax", "jax"),
}
"""What runs each trainer's export."""


def write(
    trainer: Trainer, cells: Iterable[RunCell] | None = None, schedules: Iterable[CurveShape] | None = None
) -> None:
    """Replaces what is recorded of a trainer: its cells, or the shapes of schedules alone; the other stays."""
    rows = {row["trainer"]: row for row in json.loads(FILE.read_text())}
    row = rows.setdefault(trainer, {"trainer": trainer, "packages": [], "told": "", "schedules": [], "cells": []})
    row["packages"] = [f"{name} {version(name).partition('+')[0]}" for name in PACKAGES[trainer]]
    if schedules is not None:
        row["schedules"] = sorted(set(schedules), key=list(CurveShape).index)
    if cells is not None:
        seen = set(cells)
        row["told"] = digest(trainer, seen)
        row["cells"] = [dict(zip(AXES, product, strict=True)) for product in products(seen)]
    FILE.write_text(written([rows[each] for each in Trainer if each in rows]))


def products(cells: Iterable[RunCell]) -> list[list[list[Any]]]:
    """Disjoint products of just these cells: along each axis in turn, those that differ in it alone become one."""
    found = [tuple((value,) for value in cell) for cell in cells]
    for axis in (3, 4, 2, 1, 0):
        joined: dict[Any, set[Any]] = {}
        for each in found:
            joined.setdefault((each[:axis], each[axis + 1 :]), set()).update(each[axis])
        found = [
            (*before, tuple(sorted(values, key=ORDERS[axis].index)), *after)
            for (before, after), values in joined.items()
        ]
    return sorted(([list(values) for values in each] for each in found), key=json.dumps)


def written(rows: list[dict[str, Any]]) -> str:
    """JSON with a line for each product of cells."""
    blocks: list[str] = []
    for row in rows:
        head = ", ".join(f"{json.dumps(name)}: {json.dumps(row[name])}" for name in row if name != "cells")
        cells = ",\n  ".join(json.dumps(cell) for cell in row["cells"])
        blocks.append(f'{{{head},\n "cells": [\n  {cells}]}}')
    return "[\n" + ",\n".join(blocks) + "\n]\n"
