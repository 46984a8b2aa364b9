"""`POST /freeze-plan`: which blocks of a model to freeze."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from service.contract.base import Name, Request, Response, Similarity
from service.contract.explain import Answer
from service.contract.job import Dataset
from service.contract.words import BlockKind, Family, Norm, State, Strategy

Depth = Annotated[int, Meta(ge=1, le=2000, description="Number of layers or blocks below the head, which is added.")]


class FreezePlanRequest(Request, frozen=True):
    """A model by catalogue id or by depth, the data, and how similar they are to the pretraining data."""

    dataset: Dataset
    model: Name | UnsetType = UNSET
    depth: Depth | UnsetType = UNSET
    family: Family | UnsetType = UNSET
    similarity: Similarity | UnsetType = UNSET
    strategy: Strategy | UnsetType = UNSET


class FreezeBlock(Response, frozen=True):
    """One block. `pattern` is a regular expression for parameter names; `params` counts its parameters."""

    index: int
    name: str
    kind: BlockKind
    pattern: str | None
    params: int | None
    state: State


class FreezeShares(Response, frozen=True):
    """Shares between 0 and 1 of the trunk (head excluded), by blocks and by parameters."""

    blocks_frozen: float
    params_frozen: float | None


class FreezeCounts(Response, frozen=True):
    """Parameter counts; `null` where the model or its new head is not known."""

    trunk: int | None
    head: int | None
    trainable: int | None
    frozen: int | None


class NormPolicy(Response, frozen=True):
    """What to do with normalisation layers. `frozen_statistics`: running statistics of frozen blocks stay fixed too."""

    kind: Norm
    affine: str
    frozen_statistics: bool
    reason: str


class EmbeddingPolicy(Response, frozen=True):
    """What to do with the stem or the embeddings."""

    state: State
    reason: str


class Adapter(Response, frozen=True):
    """A LoRA adapter on a frozen trunk. `targets` are names of linear layers."""

    method: str
    rank: int
    alpha: int
    dropout: float
    targets: list[str]


class UnfreezePhase(Response, frozen=True):
    """One training phase: which blocks train, for which share of all epochs, and when to stop."""

    index: int
    name: str
    train_blocks: list[int]
    epoch_share: float
    stop: str


class FreezePlan(Response, frozen=True):
    """Every block from stem to head with its state, and the order in which blocks are opened."""

    strategy: Strategy
    blocks: list[FreezeBlock]
    shares: FreezeShares
    counts: FreezeCounts
    norm: NormPolicy
    embeddings: EmbeddingPolicy
    adapter: Adapter | None
    phases: list[UnfreezePhase]
    self_check: list[str]


class FreezePlanAnswer(Answer, frozen=True):
    """The freeze plan and why it is so."""

    freeze_plan: FreezePlan
