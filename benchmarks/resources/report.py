"""How far the estimates are from what was measured, in one table a source."""

import csv
import math
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct

from benchmarks.resources.cases import as_run, run_of, spans
from service.core.resources.memory import Need
from service.knowledge.index import Knowledge

HERE = Path(__file__).parent
CARRIED = HERE / "language_models.csv"
DENSE = HERE / "dense.csv"
RESIDUALS = HERE / "vision_residuals.csv"
EVIDENCE = "memory_vision_timm_a100.csv"
FACTORS = tuple(1 + step / 50 for step in range(-10, 21))
"""What the activations are multiplied by, when the factor is fitted on the other families."""


class Residual(Struct, frozen=True):
    """One run: the estimate over the measured figure, and what the bounds did.

    `fixed` is what does not grow with the batch, `grown` what does, in the measured unit.
    """

    group: str
    ratio: float
    held: bool
    width: float
    fixed: float = 0.0
    grown: float = 0.0
    measured: float = 0.0


class Row(Struct, frozen=True):
    """The residuals of one group: medians, and shares within bounds."""

    group: str
    runs: int
    bias: float
    error: float
    within_15: float
    within_35: float
    held: float
    width: float
    left_out: float | None = None


def summed(group: str, found: list[Residual], left_out: float | None = None) -> Row:
    """The group's row."""
    errors = [abs(one.ratio - 1) for one in found]

    def share(told: Iterable[bool]) -> float:
        return round(sum(told) / len(found), 3)

    return Row(
        group=group,
        runs=len(found),
        bias=round(median(one.ratio for one in found) - 1, 3),
        error=round(median(errors), 3),
        within_15=share(error <= 0.15 for error in errors),
        within_35=share(error <= 0.35 for error in errors),
        held=share(one.held for one in found),
        width=round(median(one.width for one in found), 2),
        left_out=left_out,
    )


def language_models(know: Knowledge) -> list[Row]:
    """LoRA on one card, by source and by what was read."""
    groups: dict[str, list[Residual]] = defaultdict(list)
    with CARRIED.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            told = {
                "dataset": {"sequence_length": int(row["tokens"])},
                "schedule": {"adapter": {"rank": int(row["rank"])}},
            }
            need = run_of(know, row["model"], "parameter-efficient", **told)
            need = as_run(
                need,
                int(row["batch"]),
                quantised=row["quantised"] == "yes",
                checkpointing=row["checkpointing"] == "yes",
            )
            group = f"{row['source']}, {row['read']}"
            groups[group].append(residual(group, spans(need, row["read"]), float(row["gib"])))
    return [summed(group, found) for group, found in groups.items()]


def dense(know: Knowledge) -> list[Row]:
    """Detectors and segmenters of the zoos whose architecture was counted, by source and model."""
    groups: dict[str, list[Residual]] = defaultdict(list)
    with DENSE.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            model, height, width = know.models[row["model"]], int(row["height"]), int(row["width"])
            counted = know.stored_by(model)
            side = width if counted and counted.px == width else round(math.sqrt(height * width))
            asked = {"image_size": side, "classes": int(row["classes"])}
            task = "image-segmentation" if row["source"].startswith("mmseg") else "object-detection"
            told = {"target": {"task": task}, "dataset": asked, "fixed": {"precision": row["precision"]}}
            need = as_run(run_of(know, model.id, "full-fine-tuning", **told), int(row["batch"]), sgd=True)
            need = msgspec.structs.replace(need, first=int(row["frozen"]))
            group = f"{row['source']}, {model.id.partition('_Weights')[0]}"
            groups[group].append(residual(group, spans(need, "allocated"), float(row["gb"])))
    every = [one for ones in groups.values() for one in ones]
    return [summed("all", every), *(summed(group, ones) for group, ones in sorted(groups.items()))]


def vision(know: Knowledge) -> list[Row]:
    """Full tuning of timm's models, by family: judged anew where EVIDENCE names the folder, else as kept."""
    folder = os.environ.get("EVIDENCE")
    if folder is None:
        with RESIDUALS.open(encoding="utf-8", newline="") as opened:
            return [_kept(row) for row in csv.DictReader(opened)]
    found: dict[str, list[Residual]] = defaultdict(list)
    with (Path(folder) / EVIDENCE).open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            model = know.find_model(row["model"])
            if row["status"] != "ok" or model is None or know.stored_by(model) is None:
                continue
            told = {
                "dataset": {"image_size": int(row["img_size"]), "classes": 1000},
                "fixed": {"precision": "fp32"},
            }
            need = as_run(run_of(know, model.id, "full-fine-tuning", **told), int(row["batch"]), sgd=True)
            found[row["family"]].append(_split(row["family"], need, float(row["memory_mib"]) / 1024))
    every = [one for ones in found.values() for one in ones]
    rows = [summed("all", every, _without_own_family(found))]
    rows += [summed(family, ones) for family, ones in sorted(found.items())]
    with RESIDUALS.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(Row.__struct_fields__)
        writer.writerows([getattr(row, name) for name in Row.__struct_fields__] for row in rows)
    return rows


def residual(group: str, span: tuple[float, float, float], measured: float) -> Residual:
    """One run's."""
    low, expected, high = span
    return Residual(group, expected / measured, low <= measured <= high, high / low, measured=measured)


def _split(group: str, need: Need, measured: float) -> Residual:
    one = residual(group, spans(need, "driver"), measured)
    fixed = need.standing / 2**30
    return Residual(one.group, one.ratio, one.held, one.width, fixed, need.peak_gib - fixed, measured)


def _without_own_family(found: dict[str, list[Residual]]) -> float:
    """The median error where the factor of the activations is fitted on all other families."""
    errors: list[float] = []
    for family, own in found.items():
        others = [one for name, ones in found.items() if name != family for one in ones]
        best = min(FACTORS, key=lambda factor, others=others: median(_error(one, factor) for one in others))
        errors += [_error(one, best) for one in own]
    return round(median(errors), 3)


def _error(one: Residual, factor: float) -> float:
    return abs((one.fixed + factor * one.grown) / one.measured - 1)


def _kept(row: dict[str, str]) -> Row:
    numbers = {name: float(row[name]) for name in ("bias", "error", "within_15", "within_35", "held", "width")}
    left_out = float(row["left_out"]) if row["left_out"] else None
    return Row(group=row["group"], runs=int(row["runs"]), left_out=left_out, **numbers)
