"""Models that are computed: architectures, their checkpoints, and what is generated from libraries."""

from typing import Annotated

from msgspec import Meta, field

from service.contract.words import BlockKind, Corpus, Family, Modality, NormKind, Objective, Task
from service.knowledge.rows.claim import Id, Row, Text

Number = int | float | bool
Config = dict[str, Number | dict[str, Number]]
Words = dict[str, str | list[str | int | float] | dict[str, str]]
Formulas = dict[str, str]


class PartRow(Row, frozen=True, kw_only=True, gc=False):
    """One part of an architecture: a run of `count` blocks, named and counted from the numbers of a configuration.

    `first`, `count` and `params` are formulas over those numbers. Several `params` take turns, block by block, as
    where each fourth layer is of another kind. A run of no blocks is left out.
    """

    kind: BlockKind
    name: str
    pattern: str
    params: tuple[str, ...]
    first: str = "0"
    count: str = "1"
    only_for: tuple[Task, ...] = ()


class ArchitectureRow(Row, frozen=True, kw_only=True):
    """How a class of models is named and counted, in the words of its library's own configuration.

    `builds` are the class and the configuration of transformers that the formulas are checked against. `numbers`
    are what a checkpoint need not say; `derived` are formulas for what a configuration may leave out, in their
    order. `width`, `lora_width`, `beyond_linear` and `cell_px` are formulas, `input` a text with names of numbers
    in braces. `tied` is a formula that is 1 where the head shares the embedding; then `head_kind` is `tied` instead
    of what the row says. What the fields of the same names in a ModelRow mean, they mean here.
    """

    id: Id
    builds: tuple[str, str]
    family: Family
    modalities: tuple[Modality, ...]
    tasks: tuple[Task, ...]
    norm: NormKind
    head_kind: str
    tied: str = "0"
    frameworks: tuple[str, ...] = ("pytorch",)
    lora_targets: tuple[str, ...]
    lora_width: str
    beyond_linear: str = "0"
    head_modules: tuple[str, ...] = ()
    width: str = "hidden_size"
    input: Text
    cell_px: str = "0"
    position_table: bool = False
    numbers: Config = field(default_factory=Config)
    words: Words = field(default_factory=Words)
    """Settings of the configuration that no formula uses and that the library needs to build such a model."""
    derived: Formulas = field(default_factory=Formulas)
    parts: tuple[PartRow, ...]


class CheckpointRow(Row, frozen=True, kw_only=True, gc=False):
    """A pretrained checkpoint: of an architecture with these numbers, of a `build`, or built `like` another model.

    What a row leaves out it has from the model that it is `like`. `config` holds the numbers of its own configuration
    under their own names. `total_params` is what another source says that its parameters are, as exactly as it says so;
    `extra_params` of them are what that source counts and this catalogue does not, such as a head that is new here.
    """

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$(?!\n)")]
    aliases: tuple[str, ...] = ()
    title: str = ""
    architecture: Id | None = None
    config: Config = field(default_factory=Config)
    build: str = ""
    like: str = ""
    input: str = ""
    """What a `build` reads, where more is known than its kind."""
    tasks: tuple[Task, ...] = ()
    corpus: Corpus | None = None
    objective: Objective | None = None
    parent: str = ""
    licence: str = ""
    commercial_use: str = ""
    restriction: str | None = None
    year: Annotated[int, Meta(ge=2010, le=2030)] | None = None
    pretraining: str = ""
    config_source: Id | None = None
    pretraining_source: Id | None = None
    licence_source: Id | None = None
    fp16_source: Id | None = None
    total_params: int = 0
    extra_params: int = 0
    total_source: Id | None = None


class BuildRow(Row, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An architecture of a library, as its own model says when it is built: generated, never edited.

    `blocks` holds a line a run: kind, name, first, count and parameters, and the pattern where the name does not tell
    it, with a vertical bar between them.
    """

    id: str
    family: Family
    tasks: tuple[Task, ...]
    norm: NormKind
    head_kind: str
    params: int
    width: int
    further_widths: tuple[int, ...] = ()
    modalities: tuple[Modality, ...] = (Modality.IMAGE,)
    channels: int = 3
    cell_px: int = 0
    position_table: bool = False
    lora_targets: tuple[str, ...] = ()
    lora_width: int = 0
    beyond_linear: int = 0
    head_modules: tuple[str, ...] = ()
    blocks: str


class RecipeRow(Row, frozen=True, kw_only=True, gc=False):
    """How generated checkpoints were pretrained, by the word that their names carry for it."""

    id: str
    corpus: Corpus
    objective: Objective
    pretraining: Text


class TagRow(Row, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A checkpoint of a library with its weights: generated, never edited."""

    id: str
    build: str
    recipe: str
    licence: str
    image_px: int
    aliases: tuple[str, ...] = ()
