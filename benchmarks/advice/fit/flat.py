"""One rate for the sweeps of a row: the middle, by ratio, of the rates that lose least over them."""

import math
from collections.abc import Sequence

import msgspec

from benchmarks.advice.fit import adapters
from benchmarks.advice.fit.replaced import row_of
from benchmarks.advice.sweeps import lost_points
from benchmarks.advice.tables import Sweep
from service.core.schedule.batch_scaling import batch_factor
from service.knowledge.index import Knowledge
from service.knowledge.rows import RateRow

CANDIDATES = [10 ** (-5 + step / 16) for step in range(73)]
"""Rates that a fit may choose, at the batch of the sweeps."""

ROWS = {
    "rate-vision-transformer-lora-adam-measured": ("ViT LoRA, AdamW", "ViT other adapters, AdamW"),
    "rate-vision-head-adam-measured": ("ViT head, AdamW",),
    "rate-cnn-tuning-sgd-measured": ("CNN full, SGD",),
    "rate-unit-head-adam-measured": ("head on unit features, AdamW",),
}
"""Rows whose rate is fitted, and on which sweeps."""


def row_for(group: str) -> str:
    """The row that is fitted on this group of sweeps; empty where none is."""
    if group == adapters.GROUP:
        return adapters.ROW
    return next((row for row, groups in ROWS.items() if group in groups), "")


def fit(know: Knowledge, name: str, sweeps: Sequence[Sweep]) -> RateRow:
    """The row with the rate that these sweeps give it, at the row's own batch.

    An adapter whose alpha is above what leaves the rate free takes less, as the engine has it.
    """
    row, free = row_of(know, name), know.number("lora-alpha-free")
    lost = [sum(lost_points(one, rate * min(1.0, free / (one.rank or free))) for one in sweeps) for rate in CANDIDATES]
    factor = batch_factor(row.optimizers[0], sweeps[0].batch_size, row.reference_batch)
    best = _middle_of_best(lost) / factor
    if row.backbone == 0:
        return msgspec.structs.replace(row, head=best)
    return msgspec.structs.replace(row, backbone=best, backbone_high=max(best, row.backbone_high))


def _middle_of_best(lost: Sequence[float]) -> float:
    """The middle, by ratio, of the run of candidates that lose least; the first such run where there are several."""
    least = min(lost) + 1e-9
    first = next(index for index, points in enumerate(lost) if points <= least)
    last = first
    while last + 1 < len(lost) and lost[last + 1] <= least:
        last += 1
    return math.sqrt(CANDIDATES[first] * CANDIDATES[last])
