"""Which blocks to freeze, and the plan around it."""

from hashlib import sha256

import msgspec
from msgspec import Struct

from service.contract.freeze import (
    Adapter,
    EmbeddingPolicy,
    FreezeBlock,
    FreezePlan,
    NormPolicy,
    ProtectionPolicy,
    UnfreezePhase,
)
from service.contract.words import Band, BlockKind, Family, Level, Method, Norm, Optimizer, Shift, State, Strategy, Task
from service.core.anatomy import Anatomy
from service.core.counting import buffer_policy, count, self_check, shares, trainable
from service.core.phases import GENERIC_FAMILY, plan_phases
from service.core.rule import Decided, Topic
from service.core.self_check import self_check_code
from service.core.trace import Trace
from service.knowledge.index import Block, Knowledge
from service.knowledge.model import ModelRow

UNTRAINED_TRUNK = (Strategy.ZERO_SHOT, Strategy.FEATURE_EXTRACTION, Strategy.PARAMETER_EFFICIENT)


FOLLOWING = (BlockKind.NORM, BlockKind.NECK)
"""Kinds of blocks that have the state of the block before them."""


class FreezeCase(Struct, frozen=True):
    """What a freeze plan is decided by. `strategy` None leaves the depth to size and similarity alone.

    `new_stem`: the first layer is rebuilt, and therefore trains in every phase. `most_open_share` is the largest share
    of the trunk's parameters that memory lets train. `method` None: the strategy's usual one.
    """

    know: Knowledge
    strategy: Strategy | None
    band: Band
    level: Level
    anatomy: Anatomy
    model: ModelRow | None = None
    task: Task | None = None
    optimizer: Optimizer = Optimizer.ADAMW
    batch_size: int | None = None
    shift: Shift | None = None
    new_stem: bool = False
    most_open_share: float = 1.0
    method: Method | None = None

    @property
    def trains(self) -> bool:
        """Whether anything is trained at all."""
        return self.strategy is not Strategy.ZERO_SHOT and self.method is not Method.NEAREST_NEIGHBOURS

    @property
    def family(self) -> Family | None:
        """The family of the model; None where it is not known."""
        return self.anatomy.family

    @property
    def norm(self) -> Norm | None:
        """How the model normalises; None where it is not known."""
        return self.anatomy.norm

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks, stem to head."""
        return self.anatomy.blocks

    @property
    def trunk(self) -> int:
        """How many blocks depth is counted in. Norms and necks go with the block before them."""
        return len(self.counted)

    @property
    def counted(self) -> tuple[int, ...]:
        """The parameters of each block that depth is counted in, with the norms and necks that follow it."""
        params: list[int] = []
        for block in self.anatomy.trunk:
            if params and block.kind in FOLLOWING:
                params[-1] += block.params or 0
            else:
                params.append(block.params or 0)
        return tuple(params)


class Depth(Struct, frozen=True):
    """How many trunk blocks to freeze, from the stem up, and how many to train at full rate, from the top down.

    `closed_above` counts the blocks at the top of the trunk that are frozen too, as in surgical fine-tuning.
    """

    frozen: int
    full_rate: int
    closed_above: int = 0


DEPTH: Topic[FreezeCase, Decided[Depth]] = Topic("freezing")
PROTECTION: Topic[tuple[FreezeCase, list[FreezeBlock]], Decided[ProtectionPolicy]] = Topic("protection")
NORM: Topic[FreezeCase, Decided[NormPolicy]] = Topic("normalisation")
EMBEDDINGS: Topic[tuple[FreezeCase, State], Decided[EmbeddingPolicy]] = Topic("embeddings")
ADAPTER: Topic[FreezeCase, Decided[Adapter]] = Topic("adapter")


def plan_freezing(case: FreezeCase, trace: Trace) -> FreezePlan:
    """The freeze plan, with every number noted in the trace."""
    rule, depth = DEPTH.first(case)
    for part in ("blocks", "shares", "counts"):
        trace.decided(f"/freeze_plan/{part}", rule, depth)
    closed = depth.value.frozen + depth.value.closed_above
    strategy = case.strategy or (Strategy.PARTIAL if closed else Strategy.FULL)
    blocks = _states(case, strategy, depth.value)
    norm_rule, norm = NORM.first(case)
    trace.decided("/freeze_plan/norm", norm_rule, norm)
    embeddings_rule, embeddings = EMBEDDINGS.first((case, blocks[0].state))
    trace.decided("/freeze_plan/embeddings", embeddings_rule, embeddings)
    protection_rule, protection = PROTECTION.first((case, blocks))
    trace.decided("/freeze_plan/protection", protection_rule, protection)
    adapter = _adapter(case, strategy, trace)
    counts = count(blocks, case.trains)
    phases = [
        msgspec.structs.replace(phase, trainable=trainable(blocks, phase.train_blocks, adapter))
        for phase in plan_phases(
            case.know,
            strategy,
            case.family or GENERIC_FAMILY,
            case.band,
            blocks,
            case.new_stem,
            trace,
            case.method,
        )
    ]
    identity = identify(strategy, blocks, adapter, phases)
    return FreezePlan(
        strategy=strategy,
        layout=case.anatomy.layout,
        blocks=blocks,
        shares=shares(blocks),
        counts=counts,
        protection=protection.value,
        norm=norm.value,
        buffers=buffer_policy(norm.value, case.anatomy.buffers),
        embeddings=embeddings.value,
        adapter=adapter,
        phases=phases,
        self_check=self_check(counts, norm.value, strategy, case.trains),
        self_check_code=self_check_code(blocks, phases, norm.value, adapter, identity),
        plan_hash=identity,
    )


def identify(
    strategy: Strategy, blocks: list[FreezeBlock], adapter: Adapter | None, phases: list[UnfreezePhase]
) -> str:
    """The SHA-256 of what the plan does, by which its exports are known to be of one plan."""
    return sha256(msgspec.json.encode((strategy, blocks, adapter, phases))).hexdigest()


def _adapter(case: FreezeCase, strategy: Strategy, trace: Trace) -> Adapter | None:
    if strategy is not Strategy.PARAMETER_EFFICIENT:
        return None
    rule, decided = ADAPTER.first(case)
    trace.decided("/freeze_plan/adapter", rule, decided)
    return decided.value


def _states(case: FreezeCase, strategy: Strategy, depth: Depth) -> list[FreezeBlock]:
    """Every block with its state: frozen from the stem up, full rate from the head down, low rate between."""
    first_closed = case.trunk - depth.closed_above
    first_full = first_closed - depth.full_rate
    states: list[FreezeBlock] = []
    below = -1
    for index, block in enumerate(case.blocks):
        if block.kind is not BlockKind.HEAD and (below < 0 or block.kind not in FOLLOWING):
            below += 1
        if block.kind is BlockKind.HEAD:
            state = _head_state(case, strategy, states)
        elif depth.frozen <= below < first_closed:
            state = State.FULL_RATE if below >= first_full else State.LOW_RATE
        else:
            state = State.LOW_RATE if case.new_stem and case.trains and block.kind is BlockKind.STEM else State.FROZEN
        states.append(
            FreezeBlock(
                index=index,
                name=block.name,
                kind=block.kind,
                stage=block.stage,
                tower=block.tower,
                pattern=block.pattern,
                tensors=block.tensors,
                params=block.params,
                state=state,
            )
        )
    return states


def _head_state(case: FreezeCase, strategy: Strategy, below: list[FreezeBlock]) -> State:
    """A new head trains at full rate. A pretrained one is kept under adapters; a tied one is the embedding itself."""
    kept = case.anatomy.keeps_head
    if not case.trains or (kept and strategy is Strategy.PARAMETER_EFFICIENT):
        return State.FROZEN
    if case.anatomy.tied_to is not None:
        return below[case.anatomy.tied_to].state
    return State.FULL_RATE
