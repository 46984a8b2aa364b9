"""`POST /freeze-plan`: which parameters of a model to freeze, and how to train the rest."""

from typing import Any

from service.contract.base import Response
from service.contract.explain import Answer
from service.contract.schedule import LrSchedule, TrainingPhase, TrainingSetup
from service.contract.summary import PlanSummary
from service.contract.words import (
    BlockKind,
    BlockState,
    LayoutCertainty,
    NormKind,
    Protection,
    Strategy,
    Trainer,
)


class FreezeBlock(Response, frozen=True):
    """One block. `pattern` is an anchored regular expression for the names of its parameters, and for no others.

    `params` counts its numbers, `tensors` its parameters. `stage` names the larger part that the block belongs to, and
    `tower` the encoder or decoder; towers that run side by side take turns in the list, by relative depth.
    `modules` and `parameters` name what the pattern finds: modules with all within them, and single parameters. For a
    model of the catalogue they hold the names within every class that wraps it.
    """

    index: int
    name: str
    kind: BlockKind
    stage: str | None
    tower: str | None
    pattern: str | None
    tensors: int | None
    params: int | None
    state: BlockState
    modules: list[str]
    parameters: list[str]


class FreezeLayout(Response, frozen=True):
    """What the order of the blocks rests on, in a word and in sentences."""

    certainty: LayoutCertainty
    because: list[str]


class FreezeShares(Response, frozen=True):
    """Shares between 0 and 1 of the backbone (head excluded), by blocks and by parameters."""

    blocks_frozen: float
    params_frozen: float | None


class FreezeCounts(Response, frozen=True):
    """Numbers of parameters, tied ones once; `null` where the model or its new head is not known.

    `trainable` and `frozen` are of the last phase, and add up to `total`, without adapters.
    """

    total: int | None
    backbone: int | None
    head: int | None
    trainable: int | None
    frozen: int | None


class FreezeNorm(Response, frozen=True):
    """What to do with normalisation layers. `frozen_statistics`: running statistics of frozen blocks stay fixed too."""

    kind: NormKind
    affine: str
    frozen_statistics: bool
    reason: str


class FreezeBuffers(Response, frozen=True):
    """Tensors that are saved with a model and are no parameters, such as the running statistics of a batch norm.

    `pattern` finds their names; `tensors` counts them where the request listed them. No optimizer holds them.
    """

    pattern: str
    tensors: int | None
    treatment: str


class FreezeEmbeddings(Response, frozen=True):
    """What to do with the stem or the embeddings."""

    state: BlockState
    reason: str


class FreezeProtection(Response, frozen=True):
    """Hard freezing against soft: `layer_decay` is the factor between the rates of neighbouring low-rate blocks."""

    kind: Protection
    layer_decay: float | None
    reason: str


class FreezeAdapter(Response, frozen=True):
    """A LoRA adapter on a frozen backbone.

    `targets` are names of linear layers, `modules_to_save` those of a new head, which is trained whole;
    a head's name that ends other modules' names too is left out, since PEFT would take these as well.
    `fan_in_fan_out`: the layers store their weights transposed. `params` counts the numbers of the adapter itself.
    """

    method: str
    rank: int
    alpha: float
    dropout: float
    targets: list[str]
    modules_to_save: list[str]
    fan_in_fan_out: bool
    params: int | None


class UnfreezePhase(Response, frozen=True):
    """One training phase: which blocks train, for which share of all epochs, and when to stop.

    `trainable` counts the parameters that train, adapters included. `patience` is in evaluations without gain.
    """

    index: int
    name: str
    train_blocks: list[int]
    trainable: int | None
    epoch_share: float
    patience: int
    stop: str


class FreezePlan(Response, frozen=True):
    """Every block from stem to head with its state, and the order in which blocks are opened.

    `self_check` says what must hold before the first step; `self_check_code` is a Python function that asserts it.
    `plan_hash` is the SHA-256 of blocks, states, adapter and phases; every export of the plan repeats it.
    """

    strategy: Strategy
    layout: FreezeLayout
    blocks: list[FreezeBlock]
    shares: FreezeShares
    counts: FreezeCounts
    protection: FreezeProtection
    norm: FreezeNorm
    buffers: FreezeBuffers
    embeddings: FreezeEmbeddings
    adapter: FreezeAdapter | None
    phases: list[UnfreezePhase]
    self_check: list[str]
    self_check_code: str
    plan_hash: str


class PlanExport(Response, frozen=True):
    """The whole plan in one trainer's words.

    `arguments` are that trainer's own fields, by what takes them; `text` is what to write in its language or to put
    into its configuration; `losses` says what the trainer cannot express. `exact`: the trainer itself was run
    through a plan of this method, shape, precision, number of phases and devices, and moved just what the plan trains,
    at its rates; false where no such run is recorded, or a loss changes what is trained.
    """

    dialect: Trainer
    plan_hash: str
    exact: bool
    arguments: dict[str, Any]
    text: str
    losses: list[str]


class FreezePlanAnswer(Answer, frozen=True):
    """The freeze plan and why it is so, with the schedule and the phases that train it.

    `lr_schedule` is `null` and `phases` are empty where nothing is trained, or the family of the model is not known.
    """

    summary: PlanSummary
    setup: TrainingSetup
    freeze_plan: FreezePlan
    lr_schedule: LrSchedule | None
    phases: list[TrainingPhase]
    exports: list[PlanExport]
