"""The rows of the knowledge tables. Each file `tables/<name>.toml` is one array of tables of one of these."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from service.contract.words import (
    BlockKind,
    Corpus,
    CurveShape,
    DatasetBand,
    Degree,
    Distinction,
    Domain,
    Family,
    Grade,
    Method,
    Modality,
    NormKind,
    Objective,
    Optimizer,
    Policy,
    Severity,
    SimilarityLevel,
    SizeWord,
    Strategy,
    Task,
    WarmupKind,
)

TRACKS = ("features", "generation")

Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]*$(?!\n)", max_length=80)]
SeedId = Annotated[str, Meta(pattern=r"^[RC]-[0-9]{2,3}$(?!\n)")]
Text = Annotated[str, Meta(min_length=3, max_length=4000)]


class Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row: refuses fields that it does not know."""


class Claim(Row, frozen=True, kw_only=True):
    """A row that says something about the world, and therefore says who says so.

    `seeds` are the claims of the founding guides (R-001 ... R-139, C-01 ... C-23) that the row carries or settles;
    `dissent` is what other sources say instead, a sentence each.
    """

    grade: Grade
    sources: tuple[Id, ...]
    seeds: tuple[SeedId, ...] = ()
    dissent: tuple[Text, ...] = ()


class SourceRow(Row, frozen=True):
    """Where claims come from. `where` is a DOI, an arXiv id, a repository, or a page's name and owner."""

    id: Id
    authors: Text
    year: Annotated[int, Meta(ge=1990, le=2030)]
    title: Text
    where: Text


class ConstantRow(Claim, frozen=True, kw_only=True):
    """One number that a rule uses. `unit` is a word such as `examples`, `share`, `steps`, `ratio`."""

    id: Id
    value: float
    unit: Text
    claim: Text


class BandRow(Claim, frozen=True, kw_only=True):
    """A band of dataset sizes: `examples_from` inclusive, `examples_to` exclusive (0: no end)."""

    id: DatasetBand
    examples_from: int
    examples_to: int
    word: SizeWord
    typical_examples: int
    claim: Text


class PreferenceRow(Claim, frozen=True, kw_only=True):
    """Strategies for these bands and similarities, first choice first. `track` is `features` or `generation`."""

    track: str
    bands: tuple[DatasetBand, ...]
    levels: tuple[SimilarityLevel, ...]
    order: tuple[Strategy, ...]
    claim: Text


class VoteRow(Claim, frozen=True, kw_only=True):
    """How strongly one rule speaks for a strategy, in pushes (negative: against it)."""

    rule: Id
    strategy: Strategy
    pushes: float


class OrderRow(Claim, frozen=True, kw_only=True):
    """Ways to use a model in the order in which published comparisons place them, one for each strategy."""

    id: Id
    order: tuple[Method, ...]
    claim: Text


class ExperimentRow(Claim, frozen=True, kw_only=True):
    """A published experiment in which two or more ways to use one model met on one dataset.

    `examples` and `classes` are None where the source does not state them. `margin` is the lead, in `unit` (`points`
    or `ratio`), over the best run of another strategy, or of another method where all runs share one strategy.
    `runs` counts the models or tasks pooled in the row, `agreeing_runs` those that order the two as the row does.
    """

    id: Id
    dataset: Text
    task: Task
    modality: Modality
    domain: Domain
    distinction: Distinction = Distinction.COARSE
    examples: Annotated[int, Meta(ge=1)] | None = None
    classes: Annotated[int, Meta(ge=1)] | None = None
    model: Text
    family: Family
    objective: Objective
    out_of_distribution: bool = False
    winner: Strategy
    winner_method: Text
    score: float
    runner_up: Strategy
    runner_up_method: Text
    margin: Annotated[float, Meta(ge=0)]
    unit: Text
    metric: Text
    lower_is_better: bool = False
    runs: int = 1
    agreeing_runs: int = 1
    note: str = ""


class StrategyRow(Claim, frozen=True, kw_only=True):
    """A strategy in words. `capacity` orders strategies by how much of the model they train."""

    id: Strategy
    title: Text
    what: Text
    strength: Text
    weakness: Text
    capacity: int
    risk: Degree
    effort: Degree
    topic: Id


class FreezeShareRow(Claim, frozen=True, kw_only=True):
    """Share of backbone blocks to freeze for one band and similarity, and share of the rest to train at full rate."""

    band: DatasetBand
    level: SimilarityLevel
    frozen_share: Annotated[float, Meta(ge=0, le=1)]
    full_rate_share: Annotated[float, Meta(ge=0, le=1)]
    claim: Text


class RateRow(Claim, frozen=True, kw_only=True):
    """Peak rates of these families, strategies and optimizers at a reference batch and size.

    A rate of 0 means: not trained.
    """

    id: Id
    families: tuple[Family, ...]
    strategies: tuple[Strategy, ...]
    optimizers: tuple[Optimizer, ...]
    max_params: int
    """The row holds up to this many parameters; 0 means any size. The smallest row that holds is taken."""
    backbone_low: float
    backbone: float
    backbone_high: float
    head_low: float
    head: float
    head_high: float
    reference_batch: int
    claim: Text
    policies: tuple[Policy, ...] = tuple(Policy)
    reference_params: int = 0
    """The size at which the rates stand; 0 means any size."""
    size_exponent: float = 0.0
    """Rates fall as (reference_params / params) to this power."""
    point_low: float = 0.0
    """Lowest and highest rate at which a sweep lost less than one point on average; 0 without a sweep."""
    point_high: float = 0.0
    tried_low: float = 0.0
    """Lowest and highest rate that the sweep tried."""
    tried_high: float = 0.0
    point_batch: int = 0
    point_cells: int = 0
    """How many datasets and methods the sweep ran over."""


class LengthRow(Claim, frozen=True, kw_only=True):
    """How long to train these families with these strategies, and how."""

    families: tuple[Family, ...]
    strategies: tuple[Strategy, ...]
    epochs: float
    head_epochs: float
    """Epochs of the head-only phase that comes before; 0 where there is none."""
    min_steps: int
    shape: CurveShape
    batch_size: int
    claim: Text


class ShapeRow(Claim, frozen=True, kw_only=True):
    """A shape of schedule: its defaults, and the options that it takes. Shares are of all steps."""

    shape: CurveShape
    warmup_kind: WarmupKind
    warmup_share: float
    start_ratio: float
    end_ratio: float
    hold_share: float
    cycles: int
    power: float
    gamma: float
    every_share: float
    options: tuple[str, ...]
    claim: Text


class DecayRow(Claim, frozen=True, kw_only=True):
    """Factor between the rates of neighbouring blocks of a 12-block backbone, by similarity."""

    level: SimilarityLevel
    low: float
    decay: float
    high: float
    claim: Text


class WeightDecayRow(Claim, frozen=True, kw_only=True):
    """Decoupled weight decay for these families; norms and biases get none."""

    families: tuple[Family, ...]
    weight_decay: float
    claim: Text


class FamilyRow(Claim, frozen=True, kw_only=True):
    """What is taken of a model of this family whose description is silent: its objective, and its size."""

    id: Family
    objective: Objective
    typical_params: int
    claim: Text


class DeviceRow(Claim, frozen=True, kw_only=True):
    """A training device or a compute word, and its memory."""

    id: Id
    kind: str
    count: int
    memory_gib: float


class TaskRow(Claim, frozen=True, kw_only=True):
    """A target task. `track` is `features` or `generation`.

    `label` is what an annotator gives, `label_unit` what labels are counted in, `examples_mean` what a request counts.
    """

    id: Task
    modalities: tuple[Modality, ...]
    track: str
    has_classes: bool
    head: Text
    metric: Text
    label: Text
    label_unit: Text
    examples_mean: Text


class DomainRow(Claim, frozen=True, kw_only=True):
    """Where data come from. `distinction` is what usually tells its classes apart."""

    id: Domain
    modality: Modality
    meaning: Text
    distinction: Distinction = Distinction.COARSE
    other_channels: bool = False
    """Whether its input has other channels than the checkpoints here were trained on."""
    shifts_in_deployment: bool = False
    """Whether data in use are known to differ much from data in training."""
    invites_shortcuts: bool = False
    """Whether background and label often go together."""


class CorpusRow(Claim, frozen=True, kw_only=True):
    """A family of pretraining data. `home` is the domain it is made of; `terms` what restricts its use, if anything."""

    id: Corpus
    modalities: tuple[Modality, ...]
    home: Domain
    meaning: Text
    terms: str = ""


class SimilarityRow(Claim, frozen=True, kw_only=True):
    """How alike one domain is to one corpus, 0 to 10."""

    domain: Domain
    corpus: Corpus
    similarity: Annotated[float, Meta(ge=0, le=10)]
    reason: Text


class ModelRow(Claim, frozen=True, kw_only=True):
    """A pretrained model.

    `pretraining` is what it learned from, and how much. `forward_gflops` are the billions of floating-point operations
    (a multiply and an add count as two) of one forward pass over `forward_of`; None where nobody has counted them.
    The `*_source` fields say which of the row's sources carries which fact.
    `params` counts the backbone exactly (no head). `width` is the length of the vector that a new linear head reads.
    `commercial_use` is `yes`, `no` or `unclear` and speaks of the weights. `head_kind` names the new head:
    `linear` (width x classes + classes), `dense-linear` (a width x width layer before it), `tied` (shares the token
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
    input: Text
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
    head_modules: tuple[str, ...] = ()
    year: int
    pretraining: Text
    forward_gflops: Annotated[float, Meta(gt=0)] | None = None
    forward_of: str = ""
    forward_source: Id | None = None
    params_source: Id
    pretraining_source: Id
    licence_source: Id
    note: Text


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


class CellRow(Claim, frozen=True, kw_only=True):
    """That a model can serve a task, and how well by the maintainers' judgement, 1 to 5. Without a row it cannot.

    The judgement stands where too few results are known to compute a score; it is graded D, whatever its reason cites.
    """

    model: str
    task: Task
    score: Annotated[int, Meta(ge=1, le=5)]
    reason: Text


class ResultRow(Claim, frozen=True, kw_only=True):
    """What one benchmark measured on one dataset: a score for each model, in the models' order.

    `compared_count`, `mean` and `spread` are of all models in the source. `frozen`: the backbone was not trained.
    Without a domain the data are of several, or of none that has a word.
    """

    benchmark: Id
    dataset: Annotated[str, Meta(min_length=2, max_length=80)]
    task: Task
    domain: Domain | None = None
    frozen: bool
    metric: Text
    higher_is_better: bool
    compared_count: Annotated[int, Meta(ge=2)]
    mean: float
    spread: Annotated[float, Meta(gt=0)]
    models: tuple[str, ...]
    scores: tuple[float, ...]
    note: str = ""


class Prior(StrEnum):
    """What stands for a model before its results."""

    TOP1 = "imagenet-top-1"
    YEAR = "year"
    NONE = "none"


class RankingRow(Claim, frozen=True, kw_only=True):
    """How results speak for a task: whose results, in which use the backbone serves, and what is known before them.

    `prior_suffices`: a model with a figure for the prior needs no other result for a computed cell.
    """

    task: Task
    results_of: Task
    frozen: bool
    prior: Prior
    prior_suffices: bool
    claim: Text


class OutsiderRow(Claim, frozen=True, kw_only=True):
    """A model outside the catalogue that ties comparisons together, because the catalogue's were compared with it."""

    id: str
    params: int


class TopicRow(Row, frozen=True, kw_only=True):
    """A page of the guide. `text` is plain paragraphs."""

    id: Id
    title: Text
    chapter: str
    order: int
    text: tuple[Text, ...]
    see: tuple[Id, ...] = ()
    sources: tuple[Id, ...]
    seeds: tuple[SeedId, ...] = ()


class RiskRow(Claim, frozen=True, kw_only=True):
    """What can go wrong. When it is likely is a rule; this is what it looks like and what helps."""

    id: Id
    title: Text
    symptoms: tuple[Text, ...]
    fixes: tuple[Text, ...]
    topic: Id


class AdaptationRow(Claim, frozen=True, kw_only=True):
    """A rung of the ladder for shifted domains."""

    id: Id
    order: int
    title: Text
    action: Text
    when: Text
    stop: Text
    topic: Id


class ChecklistRow(Claim, frozen=True, kw_only=True):
    """An item of the production checklist. `tracks` are the kinds of task that it concerns."""

    id: Id
    order: int
    item: Text
    why: Text
    pass_criterion: Text
    tracks: tuple[str, ...] = ("features", "generation")


class NoticeRow(Row, frozen=True, kw_only=True):
    """A notice's stable code, severity and message. The message takes no input of the caller."""

    code: Id
    severity: Severity
    message: Text
    topic: Id
    seeds: tuple[SeedId, ...] = ()


class Tables(Struct, frozen=True):
    """All tables, as decoded. The field's name is the file's name."""

    sources: tuple[SourceRow, ...]
    constants: tuple[ConstantRow, ...]
    bands: tuple[BandRow, ...]
    preferences: tuple[PreferenceRow, ...]
    votes: tuple[VoteRow, ...]
    orders: tuple[OrderRow, ...]
    experiments: tuple[ExperimentRow, ...]
    strategies: tuple[StrategyRow, ...]
    freeze_shares: tuple[FreezeShareRow, ...]
    rates: tuple[RateRow, ...]
    lengths: tuple[LengthRow, ...]
    shapes: tuple[ShapeRow, ...]
    layer_decay: tuple[DecayRow, ...]
    weight_decay: tuple[WeightDecayRow, ...]
    devices: tuple[DeviceRow, ...]
    families: tuple[FamilyRow, ...]
    tasks: tuple[TaskRow, ...]
    domains: tuple[DomainRow, ...]
    corpora: tuple[CorpusRow, ...]
    similarities: tuple[SimilarityRow, ...]
    models: tuple[ModelRow, ...]
    blocks: tuple[BlockRow, ...]
    roles: tuple[RoleRow, ...]
    cells: tuple[CellRow, ...]
    results: tuple[ResultRow, ...]
    rankings: tuple[RankingRow, ...]
    outsiders: tuple[OutsiderRow, ...]
    topics: tuple[TopicRow, ...]
    risks: tuple[RiskRow, ...]
    adaptation: tuple[AdaptationRow, ...]
    checklist: tuple[ChecklistRow, ...]
    notices: tuple[NoticeRow, ...]
