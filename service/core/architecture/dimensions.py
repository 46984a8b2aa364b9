"""What shapes tell of a listed model's sizes: its width, its vocabulary, its images, and what its blocks hand on."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from service.contract.words import BlockKind, NormKind
from service.core.architecture.module_tree import Tensor
from service.core.architecture.order.run_order import Unit
from service.core.architecture.parameter_list import Listing
from service.knowledge.index import Knowledge
from service.knowledge.rows import Lineage

MATRIX = 2
"""Dimensions of the weight of a linear layer, or of a table."""
PICTURES = 4
"""Dimensions of the weight of a layer that reads images."""
READS = re.compile(r"^(?:to_)?(?:[qkv]+|query|key|value|c_attn|query_key_value|w_?qkv|in_proj)(?:_(?:proj|lin)\w*)?$")
"""Names of the layers that attention reads its queries, keys and values from, in lower case."""
PLACED = ("posi", "pos_", "wpe", "in_proj")
"""Parts of the names of tables of positions; without one, queries and keys are turned by their places. PyTorch's
own attention (`in_proj`) turns none."""
TRANSPOSED = frozenset(("c_attn", "c_proj", "c_fc"))
"""Layers of GPT-2's kind, which store their weights as (inputs, outputs)."""
SCALES = ("gamma", "lambda", "layer_scale", "ls1", "ls2")
"""Parts of the names of vectors that scale what a block adds."""
CROSSES = ("cross", "encoder_attn", "EncDec")
"""Parts of the names of modules that attend to another tower."""
HEAD_WIDTH = 64
"""Width of a head of attention in nearly all models up to `NARROW_MODEL`; twice as much above."""
NARROW_MODEL = 2048
WRITTEN = re.compile(r"wi_0\.|fc_in\.|attention\..*c_fc\.|mlp\.fc1\..*self_attn\.dense\.")
"""In the sorted names of a block's layers, those before a GELU that is written out and keeps four numbers for one:
of T5's later kind, GPT-J, GPT-Neo and Phi. GPT-2's is told by the side on which its weights have their inputs."""
RECTIFIED = re.compile(r"^(?:model\.)?decoder\.layers\.\w+\.(?!.*encoder_attn)fc1\.")
"""Those of OPT, which rectifies."""
WRITTEN_KEEPS = 3
"""Numbers that it keeps beside its input."""
GATED = 2
"""Layers beside each other where one gates the other."""
MOST_EXTRA = 8
"""Rows of a table of positions beside those of the patches: classes and registers."""


class Weight(Struct, frozen=True, gc=False):
    """A tensor of a block. `parts`: of its name, in small letters, behind an empty one."""

    name: str
    shape: tuple[int, ...]
    parts: list[str]


class Layers(Struct, frozen=True):
    """Numbers that a block keeps for each of its tokens, so that its gradients can be computed.

    `wide`: what norms read, with their means and deviations. `scaled`: what their weights multiply, kept where these
    train. `worked`: what attention and activations keep. `read`: what linear layers read beside that, kept where their
    weights train; `copies`: how much of it is kept again in mixed precision, since each layer makes its own copy of
    what a norm gives in 32 bits. `crossed`: what attention keeps that is computed from the tokens of another tower.
    `heads`: of all attention in the block, each of which scores every other token.
    """

    wide: int = 0
    scaled: int = 0
    worked: int = 0
    read: int = 0
    copies: int = 0
    crossed: int = 0
    heads: int = 0


class Dimensions(Struct, frozen=True):
    """Sizes by the shapes of a listed model; 0 where they do not tell.

    `vocabulary`: rows of the output of a generator, or of the word embedding that it is tied to. `image_px`: pixels a
    side of the images that its table of positions is for. `channels`: values of a pixel that its first layer
    reads, with `channel_params` weights for each. `layers` holds for each block below the head what it keeps
    of a token; None where that does not follow from shapes.
    """

    width: int
    vocabulary: int
    image_px: int
    channels: int
    channel_params: int
    layers: tuple[Layers | None, ...]


def dimensions(
    units: Sequence[Unit], listing: Listing, norm: NormKind | None, know: Knowledge, cell_px: int
) -> Dimensions:
    """The sizes that the shapes of these units tell; `cell_px`: pixels a side of a patch."""
    parts = [(unit.kind, [t for node in unit.nodes for t in node.all_tensors()]) for unit in units]
    blocks = [tensors for kind, tensors in parts if kind is BlockKind.BLOCK]
    widths = {_width(tensors) for tensors in blocks}
    below = [(kind, tensors) for kind, tensors in parts if kind is not BlockKind.HEAD]
    width = min(widths) if len(widths) == 1 else None
    rms = norm is NormKind.RMS
    turned = not any(word in part for part in listing.parts for word in PLACED)
    layers = [None if width is None else _kept(kind, tensors, width, rms, turned) for kind, tensors in below]
    first = next((t.shape for t in parts[0][1] if len(t.shape) == PICTURES and t.shape[1]), None)
    return Dimensions(
        width=width or 0,
        vocabulary=_vocabulary(listing, know),
        image_px=_patches_a_side(listing, know) * cell_px,
        channels=first[1] if first else 0,
        channel_params=math.prod(first) // first[1] if first else 0,
        layers=tuple(layers),
    )


def _width(tensors: Sequence[Tensor]) -> int:
    """The most frequent length of the vectors of a block that are no biases: of its norms; 0 without any."""
    lengths = Counter(t.shape[0] for t in tensors if len(t.shape) == 1 and not t.name.endswith("bias"))
    return max(lengths, key=lambda length: (lengths[length], length), default=0)


def _vocabulary(listing: Listing, know: Knowledge) -> int:
    """Rows of the projection to a vocabulary, else of the largest word embedding; 0 where there is neither."""
    parts = {part.lower() for part in listing.parts}
    for kind in (Lineage.VOCABULARY_HEAD, Lineage.WORD_EMBEDDING):
        words = parts.intersection(know.lineage[kind])
        tables = (t for t in listing.tensors if words and len(t.shape) == MATRIX and not words.isdisjoint(_parts(t)))
        rows = max((max(t.shape) for t in tables), default=0)
        if rows:
            return rows
    return 0


def _patches_a_side(listing: Listing, know: Knowledge) -> int:
    """Patches a side of the square that the table of positions is for; 0 where none tells."""
    words = know.lineage[Lineage.POSITION_EMBEDDING]
    if not any(word in part for part in listing.parts for word in words):
        return 0
    for tensor in listing.tensors:
        shape = tensor.shape
        if len(shape) < MATRIX or not any(word in tensor.name for word in words):
            continue
        if len(shape) == MATRIX or math.prod(shape[:-2]) == 1:
            sides = [math.isqrt(rows) for rows in range(shape[-2], max(0, shape[-2] - MOST_EXTRA), -1) if _square(rows)]
            return sides[0] if sides else 0
    return 0


def _square(number: int) -> bool:
    return math.isqrt(number) ** 2 == number


def _kept(kind: BlockKind, tensors: Sequence[Tensor], width: int, rms: bool, turned: bool) -> Layers | None:
    """What a block, or a part beside the blocks, keeps of a token."""
    weights = [Weight(t.name, t.shape, ["", *_parts(t)]) for t in tensors]
    return _layers(weights, width, rms, turned) if kind is BlockKind.BLOCK else _norms(weights, rms)


def _layers(weights: Sequence[Weight], width: int, rms: bool, turned: bool) -> Layers | None:
    """What a block of attention and linear layers keeps of a token; None where it holds other layers."""
    matrices = [t for t in weights if len(t.shape) > 1 and "bias" not in t.parts[-2] + t.parts[-1]]
    if any(len(t.shape) > MATRIX for t in matrices):
        return None
    attention: dict[str, list[Weight]] = {}
    feeds: list[Weight] = []
    for weight in matrices:
        module = _attention(weight.parts)
        (feeds if module is None else attention.setdefault(module, [])).append(weight)
    if not attention:
        return None
    attended = [_attended(group, rms, turned) for group in attention.values()]
    names = " ".join(sorted(weight.name for weight in matrices))
    found = [*attended, _fed(feeds, width, rms, names), _norms(weights, rms, width)]
    told = [one for one in found if one is not None]
    return _sum(told) if len(told) == len(found) else None


def _sum(parts: Sequence[Layers]) -> Layers:
    return Layers(*(sum(getattr(one, name) for one in parts) for name in Layers.__struct_fields__))


def _norms(weights: Sequence[Weight], rms: bool, width: int = 0) -> Layers:
    """What norms read, and what vectors scale; a norm of queries or keys reads all of their heads."""
    mixing = {t.name.rpartition(".")[0] for t in weights if len(t.shape) > 1}
    heads = {t.parts[-2][:1]: _sides(t)[0] for t in weights if len(t.shape) == MATRIX and READS.match(t.parts[-2])}
    wide = scaled = 0
    for weight in weights:
        if len(weight.shape) != 1:
            continue
        name, _, last = weight.name.lower().rpartition(".")
        if weight.name.rpartition(".")[0] in mixing or "bias" in last or last == "beta":
            continue
        length = weight.shape[0] if not width or weight.shape[0] == width else heads.get(weight.parts[-2][:1], 0)
        if "norm" in name or not any(word in weight.name for word in SCALES):
            wide, scaled = wide + length + (1 if rms else 2), scaled + length * rms
        else:
            scaled += length
    return Layers(wide=wide, scaled=scaled)


def _parts(tensor: Tensor) -> list[str]:
    return tensor.name.lower().replace("/", ".").split(".")


def _attention(parts: Sequence[str]) -> str | None:
    """The module of attention that a matrix with these parts of a name stands in; None where it stands in none."""
    for place in range(len(parts) - 2, 0, -1):
        if ("att" in parts[place] or "self" in parts[place]) and not READS.match(parts[place]):
            return ".".join(parts[: place + 1]).removesuffix(".self")
    return None


def _sides(weight: Weight) -> tuple[int, int]:
    """The outputs and inputs of a linear layer."""
    rows, columns = weight.shape
    return (rows, columns) if TRANSPOSED.isdisjoint(weight.parts) else (columns, rows)


def _attended(group: Sequence[Weight], rms: bool, turned: bool) -> Layers | None:
    """What attention keeps: queries, keys and values, what it gives, and what they are computed from.

    One layer for all three gives one tensor, which the values hold whole, beside the queries and keys that are made of
    it where their places turn them. In a model of RMS norms these lie by heads, so that what attention gives is copied
    for the layer behind it (Phi-3).
    """
    reads = [t for t in group if READS.match(t.parts[-2]) or t.parts[-1].startswith("in_proj")]
    writes = [_sides(t)[1] for t in group if t not in reads]
    if not reads or len(writes) != 1:
        return None
    given, width = {t.parts[-2]: _sides(t)[0] for t in reads}, _sides(reads[0])[1]
    gives, heads = writes[0], heads_of(writes[0])
    worked = sum(given.values()) + gives + heads
    if any(word in reads[0].name for word in CROSSES):
        own = sum(rows for name, rows in given.items() if "q" in name)
        crossed = sum(given.values()) - own
        return Layers(worked=worked - crossed, crossed=crossed, read=width, heads=heads)
    if turned and len(given) == 1:
        queries_and_keys = (sum(given.values()) + gives) // 2
        return Layers(worked=worked + queries_and_keys, read=width + gives * rms, heads=heads)
    return Layers(worked=worked, read=width, copies=(len(reads) - 1) * width, heads=heads)


def heads_of(width: int) -> int:
    """How many heads attend in a model of this width."""
    return width // (HEAD_WIDTH if width <= NARROW_MODEL else 2 * HEAD_WIDTH)


def _fed(matrices: Sequence[Weight], width: int, rms: bool, names: str) -> Layers | None:
    """What the layers behind attention keep; `names` are those of all layers of the block.

    A gate keeps what it reads and gives, and what it is multiplied by. Without a gate, a model of RMS norms rectifies,
    as the first T5 does: then what the next layer reads is all that is kept. A written-out GELU keeps each step.
    """
    sides = [_sides(t) for t in matrices]
    downs = [columns for rows, columns in sides if rows == width and columns != width]
    ups = [rows for rows, columns in sides if columns == width]
    if not sides:
        return Layers()
    if len(downs) != 1 or len(ups) + 1 != len(sides):
        return None
    inner = downs[0]
    transposed = any(t.parts[-2] == "c_fc" and t.shape[0] == width != inner for t in matrices)
    written = WRITTEN_KEEPS * inner * (transposed or WRITTEN.search(names) is not None)
    if sum(ups) == GATED * inner:
        return Layers(worked=3 * inner + written, read=width + inner, copies=(len(ups) - 1) * width)
    if sum(ups) != inner:
        return None
    return Layers(worked=inner + written, read=width + inner * (not rms and not RECTIFIED.search(names)))
