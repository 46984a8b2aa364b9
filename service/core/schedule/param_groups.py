"""Which parameters share a rate: one group per block, or frozen, backbone and head; adapters stand apart."""

from service.contract.freeze import FreezeBlock
from service.contract.schedule import ScheduleGroup
from service.contract.words import BlockKind, BlockState, Strategy
from service.core.schedule.curve.curves import steady
from service.core.schedule.peak_rates import Peak

ADAPTERS = "adapters"
FREEZING = (Strategy.FEATURE_EXTRACTION, Strategy.PARTIAL, Strategy.PARAMETER_EFFICIENT)


def rate_groups(
    strategy: Strategy, blocks: list[FreezeBlock] | None, peak: Peak, decay: float, weight_decay: float
) -> list[ScheduleGroup]:
    """One group per block where the blocks are known, else frozen, backbone and head; adapters stand apart.

    A tied head has no parameters of its own and no group.
    """

    def group(name: str, pattern: str | None, state: BlockState, rate: float) -> ScheduleGroup:
        return ScheduleGroup(
            name=name,
            pattern=pattern,
            state=state,
            peak_rate=rate,
            relative=steady(rate / max(peak.head, peak.backbone)) if rate else 0.0,
            weight_decay=0.0 if state is BlockState.FROZEN else weight_decay,
        )

    adapter = strategy is Strategy.PARAMETER_EFFICIENT
    groups: list[ScheduleGroup] = []
    if blocks is None:
        if strategy in FREEZING:
            groups.append(group("frozen", None, BlockState.FROZEN, 0.0))
        if peak.backbone and not adapter:
            state = BlockState.FULL_RATE if strategy is Strategy.FROM_SCRATCH else BlockState.LOW_RATE
            groups.append(group("backbone", None, state, peak.backbone))
    else:
        groups += [
            group(block.name, block.pattern, block.state, rate)
            for block, rate in _block_rates(blocks, peak, decay)
            if block.kind is not BlockKind.HEAD
        ]
    heads = [block for block in blocks or [] if block.kind is BlockKind.HEAD and block.params != 0]
    groups += [
        group(head.name, head.pattern, BlockState.FROZEN, 0.0) for head in heads if head.state is BlockState.FROZEN
    ]
    if adapter:
        groups.append(group(ADAPTERS, "lora_", BlockState.FULL_RATE, peak.backbone))
    if blocks is None and peak.head:
        groups.append(group("head", None, BlockState.FULL_RATE, peak.head))
    groups += [
        group(head.name, head.pattern, head.state, peak.head) for head in heads if head.state is not BlockState.FROZEN
    ]
    return groups


def _block_rates(blocks: list[FreezeBlock], peak: Peak, decay: float) -> list[tuple[FreezeBlock, float]]:
    """The peak rate at the backbone's top, and for every full-rate block; below, each takes `decay` of the next."""
    rated: list[tuple[FreezeBlock, float]] = []
    rate = peak.backbone
    for block in reversed(blocks):
        if block.state is BlockState.FROZEN or block.kind is BlockKind.HEAD:
            rated.append((block, 0.0))
        elif block.state is BlockState.FULL_RATE:
            rated.append((block, peak.backbone))
            rate = peak.backbone * decay
        else:
            rated.append((block, steady(rate)))
            rate *= decay
    return rated[::-1]
