"""The rate of a row, and how it falls with size: the middle, by ratio, of the rates that lose least over its sweeps."""

import math
from collections.abc import Sequence

import msgspec

from benchmarks.advice.fit import adapters
from benchmarks.advice.fit.replaced import row_of
from benchmarks.advice.sweeps import lost_on_the_whole
from benchmarks.advice.tables import Sweep
from service.core.schedule.batch_scaling import batch_factor
from service.knowledge.index import Knowledge
from service.knowledge.rows import RateRow

CANDIDATES = [10 ** (-5 + step / 16) for step in range(73)]
"""Rates that a fit may choose, at the batch of the sweeps, from the lowest to the highest that was tried."""
SIZES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
"""Powers by which a rate may fall with size, where the sweeps hold models of several sizes."""

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
    """The row with the rate that these sweeps give it, at the row's own batch, and with its power of size.

    An adapter whose alpha is above what leaves the rate free takes less, as the engine has it.
    """
    row, free = row_of(know, name), know.number("lora-alpha-free")
    tried = [rate for one in sweeps for rate in one.lost]
    rates = [rate for rate in CANDIDATES if min(tried) <= rate <= max(tried)]
    several = len({one.params for one in sweeps}) > 1 and row.reference_params

    def lost(rate: float, size: float) -> float:
        return sum(
            lost_on_the_whole(one, rate * _share(row, one, size) * min(1.0, free / (one.rank or free)))
            for one in sweeps
        )

    by_size = {size: [lost(rate, size) for rate in rates] for size in (SIZES if several else (row.size_exponent,))}
    size = min(by_size, key=lambda one: min(by_size[one]))
    factor = batch_factor(row.optimizers[0], sweeps[0].batch_size, row.reference_batch)
    best = _middle_of_best(rates, by_size[size]) / factor
    if row.backbone == 0:
        return msgspec.structs.replace(row, head=best)
    return msgspec.structs.replace(row, backbone=best, backbone_high=max(best, row.backbone_high), size_exponent=size)


def _share(row: RateRow, one: Sweep, size: float) -> float:
    return float((row.reference_params / one.params) ** size) if size else 1.0


def _middle_of_best(rates: Sequence[float], lost: Sequence[float]) -> float:
    """The middle, by ratio, of the run of rates that lose least; the first such run where there are several."""
    least = min(lost) + 1e-9
    first = next(index for index, points in enumerate(lost) if points <= least)
    last = first
    while last + 1 < len(lost) and lost[last + 1] <= least:
        last += 1
    return math.sqrt(rates[first] * rates[last])
