"""What a model keeps of one example for its backward pass, block by block, and how much it computes."""

import math
import re
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Protocol

import msgspec
from msgspec import Struct

from service.contract.words import BlockKind, Family, NormKind, Precision
from service.core.architecture.dimensions import READS, Dimensions
from service.core.catalogue.heads import OWNERS
from service.core.resources.block_law import Kept, Run, block_bytes, decoding
from service.knowledge.index import Block, Knowledge
from service.knowledge.rows import ActivationRow, FootprintRow, ModelRow

GROUPED = re.compile(r"regnet[xyv]_|resnest|tresnet|convmixer|dm_nfnet")
"""Networks of grouped convolutions, wide depthwise ones or norms of their own, for which kernels are slow."""
SCORING = re.compile(
    r"deberta|mpnet|gemma-?2(?!b)|gpt-?oss|wavlm|layoutlmv3|lilt|xlnet|bloom|gpt-?j-|gpt-?neo-|codegen|vilt-",
    re.IGNORECASE,
)
"""Names of models for which transformers has no fused attention (`_supports_sdpa`): scores are capped, given sinks, or
biased by content. Those that attend within windows alone are left out."""
USUAL_PATCH = 16
"""Pixels a side of a patch where the name of a vision transformer does not tell."""
USUAL_DEPTH = 12
"""Blocks of a model of which nothing but its size is known."""
DECIMAL = 1_000_000
UNNAMED = Block("", BlockKind.BLOCK, None, None)
"""A block of a model of which nothing but its size is known."""


class Sized(Protocol):
    """What an example's size, and what is kept of it, turn on."""

    @property
    def row(self) -> ModelRow | None:
        """The model of the catalogue, if it is one."""
        ...

    @property
    def family(self) -> Family:
        """Which kind of model it is."""
        ...

    @property
    def params(self) -> int:
        """How many numbers it holds."""
        ...

    @property
    def norm(self) -> NormKind | None:
        """How it normalises."""
        ...

    @property
    def longest(self) -> int | None:
        """Tokens of the longest text that it was made for."""
        ...

    @property
    def image_px(self) -> int | None:
        """Pixels a side of the images that it was made for."""
        ...

    @property
    def cell_px(self) -> int:
        """Pixels a side of its patches."""
        ...


class ExampleSize(Struct, frozen=True):
    """How large the longest example is: tokens of a text or sound, or pixels a side of an image; 0 for the other."""

    tokens: int
    image_px: int


class Footprint(Struct, frozen=True):
    """Of one example in the run's precision, in bytes; a tuple holds for each block what it and those above it take.

    `stored_from` are of trained blocks, `adapted_from` of frozen ones with adapters, `moved_from` without the copies
    that layers make of what norms give; all end with what a head keeps that trains alone, beside `above`.
    `above` is what a head that trains reads of tokens, `biased` what attention keeps beside that where a bias trains.
    `again` are bytes that blocks below keep as well, where these train; `spared` those that the lowest trained block
    above frozen ones does not: an RMS norm keeps what it reads only where gradients pass it. `largest_from` is of the
    one block that keeps most. `boundary` is what lies between two blocks. `logits` are the scores of a vocabulary, or
    of pixels, with their gradients, `scoring` the operations that make them. `slower`: what blocks move takes so many
    times as long. `operations_from` are those of the forward pass, None where they do not follow. `counted`: the
    architecture was run and counted, so that only the precision is reckoned. `eager`: attention stores its scores.
    """

    row: FootprintRow
    size: ExampleSize
    params_from: tuple[int, ...]
    stored_from: tuple[float, ...]
    adapted_from: tuple[float, ...]
    moved_from: tuple[float, ...]
    above: float
    biased: float
    again: tuple[float, ...]
    spared: float
    largest_from: tuple[float, ...]
    between_from: tuple[float, ...]
    logits: float
    scoring: float
    slower: float
    operations_from: tuple[float, ...] | None
    counted: bool
    counted_spread: float
    eager: bool

    @property
    def spread(self) -> float:
        """The true figure is within so many times more or less."""
        return self.counted_spread if self.counted else self.row.spread

    def kept(self, first: int, *, adapted: bool, checkpointing: bool) -> float:
        """What is kept where gradients reach down to block `first`: of adapters, or of blocks that train.

        `checkpointing`: blocks are computed anew, and only what they read is kept, and the largest of them. Of texts
        all blocks keep it, frozen ones too: transformers lets gradients reach the embeddings then.
        """
        whole = self.adapted_from[first] if adapted else self.stored_from[first] + self.again[first]
        whole += 0.0 if first or adapted else self.biased
        whole -= self.spared if 0 < first < len(self.stored_from) - 1 and not adapted else 0.0
        between = self.between_from[0 if self.size.tokens else first]
        return min(whole, between + self.largest_from[first]) if checkpointing else whole


def stores_scores(know: Knowledge, model: ModelRow | None) -> bool:
    """Whether the model's attention is written out, so that every score is stored."""
    return model is not None and SCORING.search(f"{model.id} {know.models.build_of(model)}") is not None


def example_size(know: Knowledge, start: Sized, tokens: int | None, px: int | None) -> ExampleSize:
    """The size as given, else the model's own, else that of its architecture, else the family's."""
    row, counted = know.footprints[start.family], know.stored_by(start.row) if start.row else None
    usual = min(row.tokens, start.longest or row.tokens)
    return ExampleSize(
        tokens=(tokens or usual) if row.tokens else 0,
        image_px=(px or start.image_px or (counted.px if counted else row.image_px)) if row.image_px or counted else 0,
    )


def footprint(
    know: Knowledge,
    start: Sized,
    blocks: Sequence[Block],
    sizes: Dimensions | None,
    targets: Sequence[str],
    size: ExampleSize,
    channels: int,
    precision: Precision,
    *,
    generates: bool,
    pixel_classes: int = 0,
    planes: int = 1,
    eager: bool = False,
) -> Footprint:
    """The footprint of the blocks below the head: as counted where the architecture was run, else by law.

    `generates`: each token is scored against the whole vocabulary, and each pixel against `pixel_classes`. `targets`:
    the layers that adapters stand beside. `planes` of patches an example has: one of a picture, several of a clip.
    `eager`: attention stores its scores.
    """
    row, model, norm = know.footprints[start.family], start.row, start.norm
    held = [block.params or 0 for block in blocks]
    held = held if any(held) else _even(start.params, blocks)
    layers = [block.kind is BlockKind.BLOCK for block in blocks] or [True] * len(held)
    width = model.width if model else (sizes.width if sizes else 0) or _width(held, layers)
    counted = know.stored_by(model) if model else None
    planes = 1 if counted else planes
    patches = planes * (size.image_px // (start.cell_px or USUAL_PATCH)) ** 2 + 1
    tokens = size.tokens or (0 if row.bytes_of_params else patches)
    pages = round(counted.source_tokens * (size.image_px / counted.px) ** 2) if counted else 0
    source = pages or row.source_tokens or tokens
    known = blocks or [UNNAMED] * len(held)
    decodes = decoding(start.family, known)
    if tokens:
        run = Run(
            tokens=tokens,
            source=source,
            image=planes * channels * size.image_px**2,
            precision=precision,
            everywhere=any(not READS.match(target.rpartition(".")[2].lower()) for target in targets),
        )
        kept = [
            block_bytes(
                start.family,
                norm,
                block,
                sizes.layers[place] if sizes else None,
                params,
                width,
                run,
                decodes=decodes[place],
            )
            for place, (block, params) in enumerate(zip(known, held, strict=True))
        ]
        if True in decodes:  # all layers of a decoder read the same of its encoder
            kept[-1] = kept[-1].beside(source * width * run.narrow)
    else:
        scale = (size.image_px / row.image_px) ** 2 * _share_kept(know, norm, precision)
        kept = [
            Kept(each, each, each, each) for each in [sum(held) * row.bytes_of_params * scale / len(held)] * len(held)
        ]
    stored, adapted = [one.trained for one in kept], [one.adapted for one in kept]
    again, head = [0.0] * (len(held) + 1), kept[-1].trained if start.family in OWNERS.values() else 0.0
    ran = _counted(know, counted, len(held), size, norm, precision)
    if ran is not None:
        whole, again = ran
        *below, head = whole
        below[-1] += head
        below = [law if writes else part for law, part, writes in zip(stored, below, decodes, strict=True)]
        adapted = [  # windows of pages are written out: adapters spare nothing of what their blocks keep
            there * part / whole if whole and (writes or not pages) else there
            for there, part, whole, writes in zip(below, adapted, stored, decodes, strict=True)
        ]
        stored = below
    if eager:
        kept = [one.eager for one in kept]
        stored = [part + one.scores for part, one in zip(stored, kept, strict=True)]
        adapted = [part + one.scores for part, one in zip(adapted, kept, strict=True)]
    above = tokens * width * (4.0 if precision is Precision.FP32 else 2.0) if ran is None else 0.0
    operations = _operations(counted, len(held), size)
    if tokens and (operations is None or pages):
        by_law = _matrix_operations(held, layers, decodes, tokens, source, width)
        operations = [
            part if operations and not writes else law
            for law, part, writes in zip(by_law, operations or by_law, decodes, strict=True)
        ]
    vocabulary = _vocabulary(know, sizes, held, layers, width) if generates else 0
    return Footprint(
        row=row,
        size=size,
        params_from=tuple(map(int, _from(held))),
        stored_from=(*_from(stored)[:-1], head),
        adapted_from=(*_from(adapted)[:-1], head),
        moved_from=(*_from(stored if ran is not None else (one.moved for one in kept))[:-1], head),
        above=above,
        biased=sum(one.biased for one in kept) if ran is None else 0.0,
        again=tuple(again),
        spared=4.0 * tokens * width if norm is NormKind.RMS and start.family is Family.DECODER_LM else 0.0,
        largest_from=tuple(reversed(tuple(accumulate(reversed([*stored, head]), max)))),
        between_from=_from(
            4.0 * tokens * width if layer and (writes or not pages) else part
            for part, layer, writes in zip(stored, layers, decodes, strict=True)
        ),
        logits=(vocabulary * tokens + pixel_classes * size.image_px**2)
        * know.number("logit-bytes-fp32" if precision is Precision.FP32 else "logit-bytes"),
        scoring=2.0 * tokens * vocabulary * width,
        slower=know.number("grouped-slower") if model and GROUPED.match(model.id) else 1.0,
        operations_from=_from(operations) if operations else None,
        counted=ran is not None,
        counted_spread=know.number("counted-spread"),
        eager=eager,
    )


def repeated(one: Footprint, times: int) -> Footprint:
    """The footprint of an example of several sequences, each of this footprint."""

    def all_of(each: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(times * part for part in each)

    return msgspec.structs.replace(
        one,
        stored_from=all_of(one.stored_from),
        adapted_from=all_of(one.adapted_from),
        moved_from=all_of(one.moved_from),
        above=times * one.above,
        biased=times * one.biased,
        again=all_of(one.again),
        spared=times * one.spared,
        largest_from=all_of(one.largest_from),
        between_from=all_of(one.between_from),
        logits=times * one.logits,
        scoring=times * one.scoring,
        operations_from=None if one.operations_from is None else all_of(one.operations_from),
    )


def _vocabulary(know: Knowledge, sizes: Dimensions | None, held: list[int], layers: list[bool], width: int) -> int:
    """Tokens that are scored: as many as the output has rows, else as is usual where only a size is known."""
    told = sizes.vocabulary if sizes else 0
    outside = max((p // max(1, width) for p, layer in zip(held, layers, strict=True) if not layer), default=0)
    return told or outside or int(know.number("usual-vocabulary"))


def _even(params: int, blocks: Sequence[Block]) -> list[int]:
    """The parameters in equal parts, where only their sum is known."""
    count = len(blocks) or USUAL_DEPTH
    return [params // count] * count


def _width(held: list[int], layers: list[bool]) -> int:
    """The width of a transformer whose blocks hold twelve times its square, as most do."""
    largest = max((p for p, layer in zip(held, layers, strict=True) if layer), default=max(held, default=1))
    return max(1, math.isqrt(largest // 12))


def _counted(
    know: Knowledge,
    row: ActivationRow | None,
    blocks: int,
    size: ExampleSize,
    norm: NormKind | None,
    precision: Precision,
) -> tuple[list[float], list[float]] | None:
    """What was counted: of each block, the head last, and of it and those above it what blocks below keep as well."""
    numbers = _numbers(row.stored, blocks) if row else None
    if row is None or numbers is None:
        return None
    again = (_numbers(row.again, blocks) if row.again else None) or [0] * (blocks + 1)
    if row.alone_bytes is not None:
        again[-1] = row.alone_bytes - numbers[-1]
    scale = (size.image_px / row.px) ** 2 * _share_kept(know, norm, precision)
    return [number * scale for number in numbers], [number * scale for number in again]


def _operations(row: ActivationRow | None, blocks: int, size: ExampleSize) -> list[float] | None:
    numbers = _numbers(row.operations, blocks) if row else None
    if row is None or numbers is None:
        return None
    scale = (size.image_px / row.px) ** 2 * DECIMAL
    *below, head = numbers
    below[-1] += head
    return [number * scale for number in below]


def _numbers(written: str, blocks: int) -> list[int] | None:
    """The numbers of the blocks below the head, and of the head, 0 without one; None where there are other blocks."""
    numbers: list[int] = []
    for part in written.split(" "):
        number, _, times = part.partition("*")
        numbers += [int(number)] * int(times or 1)
    return [*numbers, 0][: blocks + 1] if blocks <= len(numbers) <= blocks + 1 else None


def _share_kept(know: Knowledge, norm: NormKind | None, precision: Precision) -> float:
    """What mixed precision keeps of the bytes of 32 bits: norms over batches run in 16 bits, the others in 32."""
    if precision is Precision.FP32:
        return 1.0
    return know.number("mixed-share-batch-norm" if norm is NormKind.BATCH else "mixed-share-layer-norm")


def _matrix_operations(
    held: list[int], layers: list[bool], decodes: list[bool], tokens: int, source: int, width: int
) -> list[float]:
    """Two operations for each parameter of a layer and token, and those of attention.

    An encoder reads `source` tokens, which its decoder attends to beside its own.
    """
    two = any(decodes)
    found: list[float] = []
    for params, layer, decoder in zip(held, layers, decodes, strict=True):
        seen = source if two and not decoder else tokens
        attended = seen + source if decoder else seen
        found.append(2.0 * params * seen + 4.0 * seen * attended * width if layer else 0.0)
    return found


def _from(numbers: Iterable[float]) -> tuple[float, ...]:
    """For each block the sum of its number and of those above it; last, a 0 for no block."""
    sums = accumulate(reversed([*numbers, 0]))
    return tuple(reversed(tuple(sums)))
