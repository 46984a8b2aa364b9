"""Which blocks to freeze, and the plan around it."""

from msgspec import Struct

from service.contract.freeze import (
    Adapter,
    EmbeddingPolicy,
    FreezeBlock,
    FreezeCounts,
    FreezePlan,
    FreezeShares,
    NormPolicy,
)
from service.contract.words import Band, BlockKind, Family, Level, Norm, State, Strategy, Task
from service.core.blocks import keeps_head
from service.core.phases import plan_phases
from service.core.rule import Decided, Topic
from service.core.trace import Trace
from service.knowledge.index import Block, Knowledge
from service.knowledge.model import ModelRow

UNTRAINED_TRUNK = (Strategy.ZERO_SHOT, Strategy.FEATURE_EXTRACTION, Strategy.PARAMETER_EFFICIENT)


class FreezeCase(Struct, frozen=True):
    """What a freeze plan is decided by. `strategy` None leaves the depth to size and similarity alone."""

    know: Knowledge
    strategy: Strategy | None
    band: Band
    level: Level
    family: Family
    norm: Norm | None
    model: ModelRow | None
    task: Task | None
    blocks: tuple[Block, ...]
    new_stem: bool = False
    """Whether the first layer is rebuilt, and therefore trains in every phase."""
    most_open_share: float = 1.0
    """The largest share of the trunk's parameters that memory lets train."""

    @property
    def trunk(self) -> int:
        """How many blocks stand below the head."""
        return sum(block.kind is not BlockKind.HEAD for block in self.blocks)


class Depth(Struct, frozen=True):
    """How many trunk blocks to freeze, from the stem up, and how many to train at full rate, from the top down."""

    frozen: int
    full_rate: int


DEPTH: Topic[FreezeCase, Decided[Depth]] = Topic("freezing")
NORM: Topic[FreezeCase, Decided[NormPolicy]] = Topic("normalisation")
EMBEDDINGS: Topic[tuple[FreezeCase, State], Decided[EmbeddingPolicy]] = Topic("embeddings")
ADAPTER: Topic[FreezeCase, Decided[Adapter]] = Topic("adapter")


def plan_freezing(case: FreezeCase, trace: Trace) -> FreezePlan:
    """The freeze plan, with every number noted in the trace."""
    rule, depth = DEPTH.first(case)
    trace.decided("/freeze_plan/blocks", rule, depth)
    trace.decided("/freeze_plan/shares", rule, depth)
    trace.decided("/freeze_plan/counts", rule, depth)
    strategy = case.strategy or (Strategy.PARTIAL if depth.value.frozen else Strategy.FULL)
    blocks = _states(case, strategy, depth.value)
    norm_rule, norm = NORM.first(case)
    trace.decided("/freeze_plan/norm", norm_rule, norm)
    embeddings_rule, embeddings = EMBEDDINGS.first((case, blocks[0].state))
    trace.decided("/freeze_plan/embeddings", embeddings_rule, embeddings)
    adapter = None
    if strategy is Strategy.PARAMETER_EFFICIENT:
        adapter_rule, decided = ADAPTER.first(case)
        trace.decided("/freeze_plan/adapter", adapter_rule, decided)
        adapter = decided.value
    counts = _counts(case, blocks, strategy)
    return FreezePlan(
        strategy=strategy,
        blocks=blocks,
        shares=_shares(blocks),
        counts=counts,
        norm=norm.value,
        embeddings=embeddings.value,
        adapter=adapter,
        phases=plan_phases(case.know, strategy, case.family, case.band, blocks, trace),
        self_check=_self_check(counts, norm.value, strategy),
    )


def _states(case: FreezeCase, strategy: Strategy, depth: Depth) -> list[FreezeBlock]:
    """Every block with its state: frozen from the stem up, full rate from the head down, low rate between."""
    first_full = case.trunk - depth.full_rate
    states: list[FreezeBlock] = []
    for index, block in enumerate(case.blocks):
        if block.kind is BlockKind.HEAD:
            state = _head_state(case, strategy, states[0].state)
        elif index < depth.frozen:
            state = State.LOW_RATE if case.new_stem and block.kind is BlockKind.STEM else State.FROZEN
        else:
            state = State.FULL_RATE if index >= first_full else State.LOW_RATE
        states.append(FreezeBlock(index, block.name, block.kind, block.pattern, block.params, state))
    return states


def _head_state(case: FreezeCase, strategy: Strategy, stem: State) -> State:
    """A new head trains at full rate. A pretrained one is kept under adapters; a tied one is the embedding itself."""
    pretrained = case.model is not None and keeps_head(case.model, case.task, strategy)
    if strategy is Strategy.ZERO_SHOT or (pretrained and strategy is Strategy.PARAMETER_EFFICIENT):
        return State.FROZEN
    if pretrained and case.model is not None and case.model.head_kind == "tied":
        return stem
    return State.FULL_RATE


def _shares(blocks: list[FreezeBlock]) -> FreezeShares:
    trunk = [block for block in blocks if block.kind is not BlockKind.HEAD]
    count = sum(block.state is State.FROZEN for block in trunk)
    known = [block.params for block in trunk if block.params is not None]
    frozen = sum(block.params or 0 for block in trunk if block.state is State.FROZEN)
    whole = len(known) == len(trunk) and sum(known) > 0
    return FreezeShares(
        blocks_frozen=round(count / len(trunk), 4),
        params_frozen=round(frozen / sum(known), 4) if whole else None,
    )


def _counts(case: FreezeCase, blocks: list[FreezeBlock], strategy: Strategy) -> FreezeCounts:
    """Exact counts; None where a part is not known. An adapter's own parameters depend on its targets' shapes."""
    trunk_blocks = [block for block in blocks if block.kind is not BlockKind.HEAD]
    if any(block.params is None for block in trunk_blocks):
        return FreezeCounts(trunk=None, head=None, trainable=None, frozen=None)
    trunk = sum(block.params or 0 for block in trunk_blocks)
    frozen = sum(block.params or 0 for block in blocks if block.state is State.FROZEN)
    heads = [block for block in blocks if block.kind is BlockKind.HEAD]
    head_known = all(block.params is not None for block in heads)
    head = sum(block.params or 0 for block in heads) if head_known else None
    untrained = strategy is Strategy.ZERO_SHOT
    trainable = None
    if untrained:
        trainable = 0
    elif head is not None and strategy is not Strategy.PARAMETER_EFFICIENT:
        trainable = trunk + head - frozen
    return FreezeCounts(trunk=trunk, head=head, trainable=trainable, frozen=frozen)


def _self_check(counts: FreezeCounts, norm: NormPolicy, strategy: Strategy) -> list[str]:
    """What a trainer should assert before the first step."""
    if strategy is Strategy.ZERO_SHOT:
        return ["No parameter requires a gradient."]
    checks = [
        "Every parameter that requires a gradient is in exactly one optimizer group, and no other parameter is.",
        "Groups in the state frozen are left out of the optimizer: a rate of 0 is not freezing.",
    ]
    if counts.trainable is not None:
        checks.insert(0, f"Exactly {counts.trainable} parameters require a gradient in the last phase.")
    elif counts.frozen:
        checks.insert(0, f"Exactly {counts.frozen} parameters of the trunk and pretrained head require no gradient.")
    if norm.frozen_statistics:
        checks.append("Every batch-norm layer of a frozen block is in evaluation mode, also after model.train().")
    return checks
