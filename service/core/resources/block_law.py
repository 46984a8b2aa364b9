"""What the blocks of a transformer keep of one example, in bytes, from the numbers of their layers."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from service.contract.words import BlockKind, Family, NormKind, Precision
from service.core.architecture.dimensions import Layers, heads_of
from service.knowledge.index import Block

WIDE, NARROW = 4, 2
"""Bytes of a number in 32 bits, and in 16."""

TWO_TOWERS = (Family.ENCODER_DECODER, Family.SPEECH_SEQ2SEQ)
"""Families whose decoder attends to an encoder."""

GROUPED = 4
"""Queries that share a key in most gated decoders."""

MEL_BINS = 80
"""Numbers of one frame of Whisper's spectrum; it reads two frames for a token."""


class Kept(Struct, frozen=True):
    """Bytes that a block keeps: where it trains, where gradients pass it frozen, and where adapters stand beside it.

    `moved`: what is kept where it trains, without copies. `biased`: what its attention keeps beside that where a bias
    of its scores trains, which no fused kernel has. `scores`: what attention that is not fused keeps beside that.
    """

    trained: float
    passed: float
    adapted: float
    moved: float
    biased: float = 0.0
    scores: float = 0.0

    @property
    def eager(self) -> "Kept":
        """The same with every score of attention stored."""
        more = self.scores
        return Kept(self.trained + more, self.passed + more, self.adapted + more, self.moved + more, 0.0, more)

    def beside(self, more: float) -> "Kept":
        """The same with bytes more that any training of it keeps."""
        return replace(self, trained=self.trained + more, adapted=self.adapted + more, moved=self.moved + more)


class Run(Struct, frozen=True):
    """One example as the blocks see it: its tokens, those of another tower (`source`), and the numbers of its image.

    `everywhere`: adapters stand beside all layers, not those of attention alone.
    """

    tokens: int
    source: int
    image: int
    precision: Precision
    everywhere: bool

    @property
    def narrow(self) -> int:
        """Bytes of what layers read and give, but norms."""
        return WIDE if self.precision is Precision.FP32 else NARROW

    @property
    def mixed(self) -> bool:
        """Whether layers compute in 16 bits, of copies of what norms give in 32."""
        return self.precision is not Precision.FP32


def decoding(family: Family, blocks: Sequence[Block]) -> list[bool]:
    """Which blocks are of a decoder that attends to an encoder: by their names, else the upper half."""
    if family not in TWO_TOWERS:
        return [False] * len(blocks)
    named = ["decoder" in (block.tower or block.name) for block in blocks]
    return named if any(named) else [place >= len(blocks) // 2 for place in range(len(blocks))]


def block_bytes(
    family: Family,
    norm: NormKind | None,
    block: Block,
    shaped: Layers | None,
    params: int,
    width: int,
    run: Run,
    *,
    decodes: bool,
) -> Kept:
    """What a block keeps: by its shapes where they were listed, else as its family builds it."""
    tokens = run.tokens if decodes or family not in TWO_TOWERS else run.source
    if block.kind is BlockKind.BLOCK:
        layers = shaped or _usual_layers(width, params, family, norm, crosses=decodes)
        if family is Family.SPEECH_SEQ2SEQ:  # Whisper lays queries out by heads, so that what attention gives is copied
            layers = replace(layers, read=layers.read + (2 if layers.crossed else 1) * width)
        return _keep(layers, tokens, run, biased=family is Family.ENCODER_DECODER and norm is NormKind.RMS)
    layers = shaped or _usual_norms(width, family, norm, block)
    if block.kind is not BlockKind.STEM:
        return _keep(layers, tokens, run, biased=False)
    frames = 2 * MEL_BINS + 5 * width if family is Family.SPEECH_SEQ2SEQ and not decodes else 0
    kept = tokens * (WIDE * (layers.wide + layers.scaled) + run.narrow * frames) + run.narrow * run.image
    return Kept(kept, kept, 0.0, kept)


def _keep(layers: Layers, tokens: int, run: Run, *, biased: bool) -> Kept:
    """What layers keep of `tokens`.

    In 32 bits every number has four bytes. In mixed precision norms read 32 bits, and layers copies in 16 of what norms
    give. A frozen layer does not keep what it reads; the adapters beside it do. Fused attention computes its scores
    anew, but where a bias of them trains: `biased`.
    """
    passed = tokens * (WIDE * layers.wide + run.narrow * layers.worked) + run.source * run.narrow * layers.crossed
    read = layers.read + layers.copies * run.mixed
    of_attention = layers.wide * 2 // 3 if layers.crossed else layers.wide // 2
    beside = layers.read if run.everywhere else min(layers.read, of_attention)
    heads = layers.heads // 2 if layers.crossed else layers.heads
    score = WIDE + NARROW * run.mixed
    own, across = tokens * tokens * heads * score, tokens * run.source * (layers.heads - heads) * score
    return Kept(
        trained=passed + tokens * (WIDE * layers.scaled + run.narrow * read),
        passed=passed,
        adapted=passed + tokens * run.narrow * beside,
        moved=passed + tokens * run.narrow * (layers.scaled + layers.read),
        biased=own if biased else 0.0,
        scores=own + across,
    )


def _usual_layers(width: int, params: int, family: Family, norm: NormKind | None, *, crosses: bool) -> Layers:
    """The layers of a block of which only width and size are known, as its family builds them."""
    gated = family is Family.DECODER_LM and norm is not NormKind.LAYER
    rms = gated or norm is NormKind.RMS
    keys = width // GROUPED if gated else width
    inner = max(0, params // width - (1 + crosses) * 2 * (width + keys)) // (3 if gated else 2)
    norms, attended = (2 + crosses) * width, (1 + crosses) * 2 * width
    return Layers(
        wide=norms,
        scaled=norms * rms,
        worked=attended + 2 * keys + (3 if gated else 1) * inner,
        read=norms + (inner if gated or not rms else 0),
        copies=(3 if gated else 2) * width,
        crossed=2 * width * crosses,
        heads=(1 + crosses) * heads_of(width),
    )


def _usual_norms(width: int, family: Family, norm: NormKind | None, block: Block) -> Layers:
    """The norms outside the blocks: text encoders have one behind their embeddings, others one above their blocks."""
    if (block.kind is BlockKind.STEM) is not (family is Family.TEXT_ENCODER):
        return Layers()
    return Layers(wide=width, scaled=width if norm is NormKind.RMS else 0)
