"""What a model keeps of one example for its backward pass, block by block, and how much it computes."""

import math
import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from msgspec import Struct

from service.contract.words import BlockKind, Family, NormKind, Precision
from service.knowledge.index import Block, Knowledge
from service.knowledge.rows import ActivationRow, FootprintRow, ModelRow

PATCH = re.compile(r"patch(\d+)")
GROUPED = re.compile(r"regnet[xyv]_|resnest|tresnet|convmixer|dm_nfnet")
"""Networks of grouped convolutions, wide depthwise ones or norms of their own, for which kernels are slow."""
USUAL_PATCH = 16
"""Pixels a side of a patch where the name of a vision transformer does not tell."""
USUAL_DEPTH = 12
"""Blocks of a model of which nothing but its size is known."""
DECIMAL = 1_000_000


class ExampleSize(Struct, frozen=True):
    """How large the longest example is: tokens of a text or sound, or pixels a side of an image; 0 for the other."""

    tokens: int
    image_px: int


class Footprint(Struct, frozen=True):
    """Of one example in the run's precision, in bytes; a tuple holds for each block what it and those above it take.

    `stored_from` ends with a 0 for no block. `largest_from` is of the one block that keeps most. `boundary` is what
    lies between two blocks. `logits` are the scores of a vocabulary with their gradients, `scoring` the operations that
    make them. `slower`: what blocks move takes so many times as long. `operations_from` are those of the forward pass,
    None where they do not follow. `counted`: the architecture was run and counted, so that only the precision is
    reckoned.
    """

    row: FootprintRow
    size: ExampleSize
    params_from: tuple[int, ...]
    stored_from: tuple[float, ...]
    largest_from: tuple[float, ...]
    boundary: float
    logits: float
    scoring: float
    slower: float
    operations_from: tuple[float, ...] | None
    counted: bool
    counted_spread: float

    @property
    def spread(self) -> float:
        """The true figure is within so many times more or less."""
        return self.counted_spread if self.counted else self.row.spread

    def checkpointed(self, first: int) -> float:
        """What is kept where blocks from `first` on are computed anew: what lies between them, and the largest."""
        blocks = len(self.stored_from) - 1 - first
        return min(self.stored_from[first], blocks * self.boundary + self.largest_from[first])


def example_size(
    know: Knowledge, family: Family, model: ModelRow | None, tokens: int | None, px: int | None
) -> ExampleSize:
    """The size as given, else the model's own, else the family's."""
    row = know.footprints[family]
    longest, side = (model.longest, model.image_px) if model else (None, None)
    usual = min(row.tokens, longest or row.tokens)
    return ExampleSize(
        tokens=(tokens or usual) if row.tokens else 0,
        image_px=(px or side or row.image_px) if row.image_px else 0,
    )


def footprint(
    know: Knowledge,
    family: Family,
    model: ModelRow | None,
    blocks: Sequence[Block],
    params: int,
    norm: NormKind | None,
    size: ExampleSize,
    precision: Precision,
    *,
    generates: bool,
) -> Footprint:
    """The footprint of the blocks below the head: as counted where the architecture was run, else by the family's law.

    `generates`: each token is scored against the whole vocabulary.
    """
    row = know.footprints[family]
    held = [block.params or 0 for block in blocks] if any(block.params for block in blocks) else _even(params, blocks)
    layers = [kind is BlockKind.BLOCK for kind in (block.kind for block in blocks)] or [True] * len(held)
    width = model.width if model else _width(held, layers)
    tokens = size.tokens or (_patches(model, size.image_px) if row.bytes_of_width else 0)
    counted = know.stored_by(model) if model else None
    stored = _counted(know, counted, len(held), size, norm, precision)
    was_counted = stored is not None
    if stored is None:
        stored = _reckoned(_law(know, row, norm), held, layers, width, tokens, size, norm, precision, know)
    operations = _operations(counted, len(held), size) or (
        _matrix_operations(held, layers, tokens, width) if tokens else None
    )
    vocabulary = max((p // max(1, width) for p, layer in zip(held, layers, strict=True) if not layer), default=0)
    wide = precision is Precision.FP32
    return Footprint(
        row=row,
        size=size,
        params_from=tuple(map(int, _from(held))),
        stored_from=_from(stored),
        largest_from=tuple(reversed(tuple(accumulate(reversed([*stored, 0.0]), max)))),
        boundary=4.0 * tokens * width,
        logits=know.number("logit-bytes-fp32" if wide else "logit-bytes") * tokens * vocabulary if generates else 0.0,
        scoring=2.0 * tokens * vocabulary * width if generates else 0.0,
        slower=know.number("grouped-slower") if model and GROUPED.match(model.id) else 1.0,
        operations_from=_from(operations) if operations else None,
        counted=was_counted,
        counted_spread=know.number("counted-spread"),
    )


def _law(know: Knowledge, row: FootprintRow, norm: NormKind | None) -> FootprintRow:
    """The row that tells what a block keeps: decoders with layer norms have no gates, and keep what encoders keep."""
    plain = row.family is Family.DECODER_LM and norm is NormKind.LAYER
    return know.footprints[Family.TEXT_ENCODER] if plain else row


def _even(params: int, blocks: Sequence[Block]) -> list[int]:
    """The parameters in equal parts, where only their sum is known."""
    count = len(blocks) or USUAL_DEPTH
    return [params // count] * count


def _width(held: list[int], layers: list[bool]) -> int:
    """The width of a transformer whose blocks hold twelve times its square, as most do."""
    largest = max((p for p, layer in zip(held, layers, strict=True) if layer), default=max(held, default=1))
    return max(1, math.isqrt(largest // 12))


def _patches(model: ModelRow | None, px: int) -> int:
    told = PATCH.search(model.id) if model else None
    return (px // (int(told[1]) if told else USUAL_PATCH)) ** 2 + 1


def _counted(
    know: Knowledge,
    row: ActivationRow | None,
    blocks: int,
    size: ExampleSize,
    norm: NormKind | None,
    precision: Precision,
) -> list[float] | None:
    numbers = _numbers(row.stored, blocks) if row else None
    if row is None or numbers is None:
        return None
    scale = (size.image_px / row.px) ** 2 * _share_kept(know, norm, precision)
    return [number * scale for number in numbers]


def _operations(row: ActivationRow | None, blocks: int, size: ExampleSize) -> list[float] | None:
    numbers = _numbers(row.operations, blocks) if row else None
    if row is None or numbers is None:
        return None
    scale = (size.image_px / row.px) ** 2 * DECIMAL
    return [number * scale for number in numbers]


def _numbers(written: str, blocks: int) -> list[int] | None:
    """The numbers of the blocks below the head; None where the blocks are other ones."""
    numbers: list[int] = []
    for part in written.split(" "):
        number, _, times = part.partition("*")
        numbers += [int(number)] * int(times or 1)
    return numbers[:blocks] if blocks <= len(numbers) <= blocks + 1 else None


def _share_kept(know: Knowledge, norm: NormKind | None, precision: Precision) -> float:
    """What mixed precision keeps of the bytes of 32 bits: norms over batches run in 16 bits, the others in 32."""
    if precision is Precision.FP32:
        return 1.0
    return know.number("mixed-share-batch-norm" if norm is NormKind.BATCH else "mixed-share-layer-norm")


def _reckoned(
    row: FootprintRow,
    held: list[int],
    layers: list[bool],
    width: int,
    tokens: int,
    size: ExampleSize,
    norm: NormKind | None,
    precision: Precision,
    know: Knowledge,
) -> list[float]:
    """What each block keeps by the family's law."""
    if not tokens:
        each = row.bytes_of_params * (size.image_px / row.image_px) ** 2 * _share_kept(know, norm, precision)
        return [sum(held) * each / len(held)] * len(held)
    wide = precision is Precision.FP32
    of_width = row.bytes_of_width_fp32 if wide else row.bytes_of_width
    of_outputs = row.bytes_of_outputs_fp32 if wide else row.bytes_of_outputs
    return [
        tokens * (of_width * width + of_outputs * params / width) if layer else 4.0 * tokens * width
        for params, layer in zip(held, layers, strict=True)
    ]


def _matrix_operations(held: list[int], layers: list[bool], tokens: int, width: int) -> list[float]:
    """Two operations for each parameter of a layer and token, and those of attention."""
    attention = 4.0 * tokens * tokens * width
    return [2.0 * params * tokens + attention if layer else 0.0 for params, layer in zip(held, layers, strict=True)]


def _from(numbers: Iterable[float]) -> tuple[float, ...]:
    """For each block the sum of its number and of those above it; last, a 0 for no block."""
    sums = accumulate(reversed([*numbers, 0]))
    return tuple(reversed(tuple(sums)))
