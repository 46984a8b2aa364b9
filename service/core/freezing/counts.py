"""How many parameters train and how many are frozen, counted exactly."""

from collections.abc import Iterable, Sequence

from service.contract.freeze import FreezeAdapter, FreezeBlock, FreezeBuffers, FreezeCounts, FreezeNorm, FreezeShares
from service.contract.words import BlockKind, BlockState, Strategy


def shares(blocks: list[FreezeBlock]) -> FreezeShares:
    """Which share of the backbone is frozen."""
    backbone = [block for block in blocks if block.kind is not BlockKind.HEAD]
    closed = [block for block in backbone if block.state is BlockState.FROZEN]
    whole = sum(block.params or 0 for block in backbone)
    known = whole > 0 and all(block.params is not None for block in backbone)
    return FreezeShares(
        blocks_frozen=round(len(closed) / len(backbone), 4) if backbone else 0.0,
        params_frozen=round(sum(block.params or 0 for block in closed) / whole, 4) if known else None,
    )


def count(blocks: list[FreezeBlock], trains: bool) -> FreezeCounts:
    """Exact counts; None where a part is not known. What adapters add is not counted here."""
    backbone = _sum([block for block in blocks if block.kind is not BlockKind.HEAD])
    if backbone is None:
        return FreezeCounts(total=None, backbone=None, head=None, trainable=None, frozen=None)
    head = _sum([block for block in blocks if block.kind is BlockKind.HEAD])
    frozen = _sum([block for block in blocks if block.state is BlockState.FROZEN]) if head is not None else None
    if frozen is None:
        frozen = sum(block.params or 0 for block in blocks if block.state is BlockState.FROZEN)
    total = None if head is None else backbone + head
    trainable = None if total is None else total - frozen
    if not trains:
        trainable = 0
    return FreezeCounts(total=total, backbone=backbone, head=head, trainable=trainable, frozen=frozen)


def trainable(blocks: Sequence[FreezeBlock], train_blocks: Iterable[int], adapter: FreezeAdapter | None) -> int | None:
    """How many parameters train in a phase. Under an adapter: its own, and those of a new head."""
    opened = _sum([blocks[index] for index in train_blocks])
    if opened is None or adapter is None:
        return opened
    return None if adapter.params is None else opened + adapter.params


def buffer_policy(norm: FreezeNorm, buffers: int | None, pattern: str) -> FreezeBuffers:
    """What becomes of tensors that are no parameters."""
    statistics = (
        "Running statistics of frozen blocks stay fixed: their batch-norm layers are in evaluation mode."
        if norm.frozen_statistics
        else "They follow the model's own code."
    )
    return FreezeBuffers(pattern, buffers, f"No optimizer holds them, no count includes them. {statistics}")


def self_check(counts: FreezeCounts, norm: FreezeNorm, strategy: Strategy, trains: bool) -> list[str]:
    """What a trainer should assert before the first step."""
    if not trains:
        return ["No parameter requires a gradient."]
    checks = [
        "Every parameter that requires a gradient is in exactly one optimizer group, and no other parameter is.",
        "Groups in the state frozen are left out of the optimizer: a rate of 0 is not freezing.",
    ]
    adapters = " beside those of the adapters" if strategy is Strategy.PARAMETER_EFFICIENT else ""
    if counts.trainable is not None:
        checks.insert(0, f"Exactly {counts.trainable} parameters{adapters} require a gradient in the last phase.")
    elif counts.frozen:
        checks.insert(0, f"Exactly {counts.frozen} parameters of the backbone and pretrained head require no gradient.")
    if norm.frozen_statistics:
        checks.append("Every batch-norm layer of a frozen block is in evaluation mode, also after model.train().")
    return checks


def _sum(blocks: list[FreezeBlock]) -> int | None:
    """The parameters of all these blocks, or None where one is not known."""
    total = 0
    for block in blocks:
        if block.params is None:
            return None
        total += block.params
    return total
