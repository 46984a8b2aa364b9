"""The rate of LoRA on language models: at 8B and rank 16, and how it falls with size and rises with rank."""

import math
from collections.abc import Iterator, Sequence
from itertools import product

import msgspec

from benchmarks.advice.fit.replaced import row_of
from benchmarks.advice.sweeps import lost_on_the_whole
from benchmarks.advice.tables import Sweep
from service.core.schedule.batch_scaling import batch_factor
from service.knowledge.index import Knowledge
from service.knowledge.rows import RateRow

GROUP = "LoRA on language models"
ROW = "rate-decoder-lm-lora-adam-measured"
RATES = [round(1e-4 * step, 6) for step in (2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8)]
SIZES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
RANKS = (0.0, 0.05, 0.1, 0.15, 0.2)


def fit(know: Knowledge, sweeps: Sequence[Sweep]) -> RateRow:
    """The row with the rate, at batch 32, and both exponents that lose least over these sweeps, model by model."""
    row = row_of(know, ROW)
    models = {one.dataset for one in sweeps}
    best = min(_candidates(), key=lambda three: sum(_lost(row, sweeps, model, *three) for model in models))
    factor = batch_factor(row.optimizers[0], sweeps[0].batch_size, row.reference_batch)
    rate, size, rank = best
    return msgspec.structs.replace(row, backbone=rate / factor, size_exponent=size, rank_exponent=rank)


def _candidates() -> Iterator[tuple[float, float, float]]:
    return product(RATES, SIZES, RANKS)


def _lost(row: RateRow, sweeps: Sequence[Sweep], model: str, rate: float, size: float, rank: float) -> float:
    """The mean loss over the ranks of one model."""
    mine = [one for one in sweeps if one.dataset == model]
    lost = 0.0
    for one in mine:
        here = rate * (row.reference_params / one.params) ** size * ((one.rank or 16) / 16) ** rank
        lost += lost_on_the_whole(one, here)
    return lost / len(mine) if math.isfinite(lost) else math.inf
