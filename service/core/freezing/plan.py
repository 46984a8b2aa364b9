"""Which blocks to freeze, and the plan around it."""

from hashlib import sha256

import msgspec

from service.contract.freeze import FreezeAdapter, FreezeBlock, FreezePlan, UnfreezePhase
from service.contract.words import BlockKind, BlockState, Method, Strategy
from service.core.choice.case import Case
from service.core.freezing.adapters import ADAPTER
from service.core.freezing.case import FOLLOWING, Depth, FreezeCase
from service.core.freezing.counts import buffer_policy, count, self_check, shares
from service.core.freezing.depth import DEPTH
from service.core.freezing.embeddings import EMBEDDINGS
from service.core.freezing.norms import NORM
from service.core.freezing.protection import PROTECTION
from service.core.freezing.self_check import self_check_code
from service.core.freezing.unfreezing_phases import plan_phases
from service.core.resources.memory import FROZEN_BACKBONE
from service.core.rules.rule import Trace


def freeze_case(case: Case, strategy: Strategy | None, method: Method | None) -> FreezeCase | None:
    """What the freeze plan of a job is decided by; None where nothing tells how the model is built."""
    anatomy = case.build(strategy)
    return None if anatomy is None else FreezeCase(case, strategy, method, anatomy)


def plan_freezing(case: FreezeCase, trace: Trace) -> FreezePlan:
    """The freeze plan, with every number noted in the trace."""
    strategy, blocks = decide_states(case, trace)
    norm = trace.ask(NORM, case, "/freeze_plan/norm").value
    case = case.decided(strategy, blocks)
    embeddings = trace.ask(EMBEDDINGS, case, "/freeze_plan/embeddings").value
    protection = trace.ask(PROTECTION, case, "/freeze_plan/protection").value
    adapts = strategy is Strategy.PARAMETER_EFFICIENT
    adapter = trace.ask(ADAPTER, case, "/freeze_plan/adapter").value if adapts else None
    counts = count(blocks, case.trains)
    phases = plan_phases(case, adapter, trace)
    identity = identify(strategy, blocks, adapter, phases)
    return FreezePlan(
        strategy=strategy,
        layout=case.anatomy.layout,
        blocks=blocks,
        shares=shares(blocks),
        counts=counts,
        protection=protection,
        norm=norm,
        buffers=buffer_policy(norm, case.anatomy.buffers, case.know.buffer_pattern),
        embeddings=embeddings,
        adapter=adapter,
        phases=phases,
        self_check=self_check(counts, norm, strategy, case.trains),
        self_check_code=self_check_code(blocks, phases, adapter, identity),
        plan_hash=identity,
    )


def decide_states(case: FreezeCase, trace: Trace) -> tuple[Strategy, list[FreezeBlock]]:
    """The strategy, which the depth tells where none was chosen, and every block with its state."""
    depth = trace.ask(DEPTH, case, "/freeze_plan", "blocks", "shares", "counts").value
    if case.strategy is not None:
        return case.strategy, _states(case, case.strategy, depth)
    blocks = _states(case, Strategy.PARTIAL, depth)
    closed = any(block.state is BlockState.FROZEN for block in blocks)
    return Strategy.PARTIAL if closed else Strategy.FULL, blocks


def identify(
    strategy: Strategy, blocks: list[FreezeBlock], adapter: FreezeAdapter | None, phases: list[UnfreezePhase]
) -> str:
    """The SHA-256 of what the plan does, by which its exports are known to be of one plan."""
    return sha256(msgspec.json.encode((strategy, blocks, adapter, phases))).hexdigest()


def _states(case: FreezeCase, strategy: Strategy, depth: Depth) -> list[FreezeBlock]:
    """Every block with its state: frozen from the stem up, full rate from the head down, low rate between."""
    first_closed = case.backbone - depth.closed_above
    first_full = first_closed - depth.full_rate
    states: list[FreezeBlock] = []
    below = -1
    for index, block in enumerate(case.blocks):
        if block.kind is not BlockKind.HEAD and (below < 0 or block.kind not in FOLLOWING):
            below += 1
        if block.kind is BlockKind.HEAD:
            state = _head_state(case, strategy, states)
        elif depth.frozen <= below < first_closed:
            state = BlockState.FULL_RATE if below >= first_full else BlockState.LOW_RATE
        else:
            rebuilt = case.new_stem and strategy not in FROZEN_BACKBONE and block.kind is BlockKind.STEM and index == 0
            state = BlockState.LOW_RATE if rebuilt else BlockState.FROZEN
        states.append(FreezeBlock.from_row(block, index=index, state=state))
    return states


def _head_state(case: FreezeCase, strategy: Strategy, below: list[FreezeBlock]) -> BlockState:
    """A new head trains at full rate; a pretrained one like what it reads, and not beside adapters.

    A tied one is the embedding itself.
    """
    kept = case.anatomy.keeps_head
    if not case.trains or (kept and strategy is Strategy.PARAMETER_EFFICIENT):
        return BlockState.FROZEN
    if case.anatomy.tied_to is not None:
        return below[case.anatomy.tied_to].state
    if kept and below[-1].state is not BlockState.FROZEN:
        return below[-1].state
    return BlockState.FULL_RATE
