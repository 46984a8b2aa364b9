"""The catalogue: models, their blocks, the words in names of modules, and which tasks a model serves."""

import re
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from service.contract.words import BlockKind, Corpus, Family, Modality, NormKind, Objective, Task
from service.knowledge.rows.claim import Claim, Id, Row, Text

TOKENS = re.compile(r"(\d+) tokens")
PIXELS = re.compile(r"(\d+) px")
FRAMES = re.compile(r"(\d+) frames")


class ModelRow(Claim, frozen=True, kw_only=True):
    """A pretrained model.

    `pretraining` is what it learned from, and how much. `forward_gflops` are the billions of floating-point operations
    (a multiply and an add count as two) of one forward pass over `forward_of`; None where nobody has counted them.
    The `*_source` fields say which of the row's sources carries which fact.
    `params` counts the backbone exactly (no head). `width` is the length of the vector that a new linear head reads.
    `commercial_use` is `yes`, `no` or `unclear` and speaks of the weights. `head_kind` names the new head:
    `linear` (width x classes + classes, and the same over each of `further_widths`, where several heads give one
    answer), `dense-linear` (a width x width layer before it), `tied` (shares the token
    embedding, no parameters of its own), `lm` (its own vocabulary projection, pretrained and counted in `params`),
    `task` (built by the task's own code, size not known here). `lora_width` is the sum of inputs and outputs of all
    layers that `lora_targets` name (0: not known); `head_modules` are the modules that hold a new head.
    """

    id: Id | Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$(?!\n)")]
    checkpoint: Text
    aliases: tuple[str, ...] = ()
    title: Text
    family: Family
    modalities: tuple[Modality, ...]
    params: int
    width: int
    further_widths: tuple[int, ...] = ()
    input: Text
    channels: int = 3
    """Values of one pixel that its first layer takes, where it reads images."""
    cell_px: int = 0
    """Pixels a side of its patches, or of what one cell of its last map sees; 0 where that is not known."""
    position_table: bool = False
    """Its positions are rows of a table: of tokens it takes no more than `input` tells, and for images of another size
    the table must be made anew. Computed positions run on."""
    corpus: Corpus
    objective: Objective
    norm: NormKind
    head_kind: str
    licence: Text
    commercial_use: str
    restriction: str = ""
    frameworks: tuple[str, ...]
    lora_targets: tuple[str, ...]
    lora_width: int = 0
    beyond_linear: int = 0
    """Numbers of its blocks that no linear layer holds, so that none is held in 4 bits: of experts, which lie
    stacked in tensors of three dimensions, and of convolutions. Not counted for models of images alone."""
    head_modules: tuple[str, ...] = ()
    year: int | None
    pretraining: Text
    forward_gflops: Annotated[float, Meta(gt=0)] | None = None
    forward_of: str = ""
    forward_source: Id | None = None
    params_source: Id
    pretraining_source: Id
    licence_source: Id
    fp16_source: Id | None = None
    """Who reports that its activations overflow in fp16; None: nobody known here does."""
    note: Text
    tasks: tuple[Task, ...] = ()
    """What it can do, for a model that nobody has judged; the others' cells say it."""
    parent: str = ""
    """The model that it was tuned from."""
    build: str = ""
    """The library's architecture whose blocks it has; empty: it has rows of its own, or another table builds it."""

    @property
    def longest(self) -> int | None:
        """Tokens of the longest text that it was made for, as `input` tells; None where it does not."""
        told = TOKENS.search(self.input)
        return int(told[1]) if told else None

    @property
    def image_px(self) -> int | None:
        """Pixels a side of the images that it was made for, as `input` tells; None where it does not."""
        told = PIXELS.search(self.input)
        return int(told[1]) if told else None

    @property
    def frames(self) -> int | None:
        """Pictures of the clips that it was made for, as `input` tells; None where it does not."""
        told = FRAMES.search(self.input)
        return int(told[1]) if told else None


class BlockRow(Row, frozen=True, kw_only=True):
    """A run of `count` consecutive equal blocks of one model, stem to head.

    `name` and `pattern` may hold `{i}`, which runs from `first` to `first + count - 1`. `params` counts one block.
    """

    model: str
    order: int
    kind: BlockKind
    name: str
    pattern: str
    first: int = 0
    count: int = 1
    params: int
    only_for: tuple[Task, ...] = ()
    """The tasks that run this block; empty: all. `/freeze-plan` without a task counts every block."""


class RoleRow(Row, frozen=True, kw_only=True):
    """What a word in the name of a module says of its place. `whole`: the name as a whole, without its number.

    `rank` puts towers in the order in which they run: what another one reads comes first.
    """

    word: Annotated[str, Meta(pattern=r"^[a-z0-9_]+$(?!\n)")]
    role: str
    whole: bool = False
    rank: int = 0


class BufferRow(Claim, frozen=True, kw_only=True):
    """The last part of the names of tensors that are saved with a model and are no parameters.

    `statistic`: no library has parameters of this name; of the other names some are parameters somewhere.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9_]+$(?!\n)")]
    statistic: bool = False


class Lineage(StrEnum):
    """What a word in the name of a parameter tells of a model. `decoder` and `text-encoder` tell models of text apart.

    `not-adapted` are linear layers that no adapter suits, `query-and-value` the whole names of those in attention that
    adapters go to, `vocabulary-head` the whole names of a generator's own heads. `replaced-token-detection` and
    `masked-reconstruction` are names of modules, of model families that were pretrained so and not as is usual.
    Norms are words in the names of modules.
    """

    ATTENTION = "attention"
    WORD_EMBEDDING = "word-embedding"
    PATCH_EMBEDDING = "patch-embedding"
    POSITION_EMBEDDING = "position-embedding"
    SOUND = "sound"
    VOCABULARY_HEAD = "vocabulary-head"
    NOT_ADAPTED = "not-adapted"
    QUERY_AND_VALUE = "query-and-value"
    DECODER = "decoder"
    TEXT_ENCODER = "text-encoder"
    BATCH_NORM = "batch-norm"
    GROUP_NORM = "group-norm"
    LAYER_NORM = "layer-norm"
    RMS_NORM = "rms-norm"
    REPLACEMENT = "replaced-token-detection"
    RECONSTRUCTION = "masked-reconstruction"


class LineageRow(Claim, frozen=True, kw_only=True):
    """A word by which the kin of a model is recognised."""

    word: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.]+$(?!\n)")]
    kind: Lineage


class CellRow(Claim, frozen=True, kw_only=True):
    """That a model can serve a task, and how well by the maintainers' judgement, 1 to 5. Without a row it cannot.

    The judgement stands where too few results are known to compute a score; it is graded D, whatever its reason cites.
    """

    model: str
    task: Task
    score: Annotated[int, Meta(ge=1, le=5)]
    reason: Text
