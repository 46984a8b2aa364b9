"""`GET /models` and `GET /models/{id}`: the pretrained models that the answers choose from."""

from service.contract.base import Response
from service.contract.explain import Ruleset
from service.contract.library import SourceView
from service.contract.matrix import MatrixCell
from service.contract.words import BlockKind, Corpus, Domain, Family, Grade, Modality, NormKind, Objective, Task


class ForwardCost(Response, frozen=True):
    """Billions of floating-point operations of one forward pass; a multiply and an add count as two."""

    gflops: float
    of: str


class ModelSummary(Response, frozen=True):
    """What a model is, what it learned from, and on which terms it may be used.

    `params` counts the backbone exactly, without a task's head. `domains` are those that its pretraining data resemble
    (similarity 7 or more). `commercial_use` speaks of the weights; `null` means that it is unclear.
    `parent` is the model that it was tuned from, where that is known. A model that is not `ranked` is known by its
    build: nobody has judged it, and it is planned with where it is named. `year` is `null` where its
    library does not say.
    `licence_warning` says what restricts the use of the weights, `data_warning` what restricts that of their data.
    """

    id: str
    checkpoint: str
    aliases: list[str]
    title: str
    family: Family
    modalities: list[Modality]
    tasks: list[Task]
    params: int
    input: str
    pretraining: str
    corpus: Corpus
    objective: Objective
    domains: list[Domain]
    licence: str
    commercial_use: bool | None
    licence_warning: str | None
    data_warning: str | None
    forward: ForwardCost | None
    year: int | None
    parent: str | None
    ranked: bool
    note: str


class ModelList(Response, frozen=True):
    """The models that pass the filter, in catalogue order: at most `limit` of the `total`.

    `after` asks for the next page, where there is one: give it as the parameter of this name.
    """

    ruleset: Ruleset
    total: int
    after: str | None
    models: list[ModelSummary]


class ModelBlock(Response, frozen=True):
    """One block, stem to head. `params` is `null` for a head whose size depends on the task.

    `only_for` names the tasks that run the block; empty: all.
    """

    name: str
    kind: BlockKind
    pattern: str | None
    params: int | None
    only_for: list[Task]


class ModelSource(SourceView, frozen=True):
    """A source, and the facts of the model that it carries."""

    carries: list[str]


class ModelView(ModelSummary, frozen=True):
    """One model with its blocks, its scores for tasks and its sources. `width` is what a new linear head reads."""

    ruleset: Ruleset
    width: int
    norm: NormKind
    head_kind: str
    frameworks: list[str]
    lora_targets: list[str]
    blocks: list[ModelBlock]
    scores: list[MatrixCell]
    grade: Grade
    sources: list[ModelSource]
