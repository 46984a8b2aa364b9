"""Which parameters share a rate: one group per block, or frozen, middle and head; adapters stand apart."""

from service.contract.freeze import FreezeBlock
from service.contract.schedule import RateGroup
from service.contract.words import BlockKind, State, Strategy
from service.core.curves import steady
from service.core.rates import Peak

ADAPTERS = "adapters"
FREEZING = (Strategy.FEATURE_EXTRACTION, Strategy.PARTIAL, Strategy.PARAMETER_EFFICIENT)


def rate_groups(
    strategy: Strategy, blocks: list[FreezeBlock] | None, peak: Peak, decay: float, weight_decay: float
) -> list[RateGroup]:
    """One group per block where the blocks are known, else frozen, middle and head; adapters stand apart.

    A tied head has no parameters of its own and no group.
    """

    def group(name: str, pattern: str | None, state: State, rate: float) -> RateGroup:
        return RateGroup(
            name=name,
            pattern=pattern,
            state=state,
            peak_rate=rate,
            relative=steady(rate / max(peak.head, peak.trunk)) if rate else 0.0,
            weight_decay=0.0 if state is State.FROZEN else weight_decay,
        )

    adapter = strategy is Strategy.PARAMETER_EFFICIENT
    groups: list[RateGroup] = []
    if blocks is None:
        if strategy in FREEZING:
            groups.append(group("frozen", None, State.FROZEN, 0.0))
        if peak.trunk and not adapter:
            state = State.FULL_RATE if strategy is Strategy.FROM_SCRATCH else State.LOW_RATE
            groups.append(group("middle", None, state, peak.trunk))
    else:
        groups += [
            group(block.name, block.pattern, block.state, rate)
            for block, rate in _block_rates(blocks, peak, decay)
            if block.kind is not BlockKind.HEAD
        ]
    heads = [block for block in blocks or [] if block.kind is BlockKind.HEAD and block.params != 0]
    groups += [group(head.name, head.pattern, State.FROZEN, 0.0) for head in heads if head.state is State.FROZEN]
    if adapter:
        groups.append(group(ADAPTERS, "lora_", State.FULL_RATE, peak.trunk))
    if blocks is None:
        groups.append(group("head", None, State.FULL_RATE, peak.head))
    groups += [
        group(head.name, head.pattern, head.state, peak.head) for head in heads if head.state is not State.FROZEN
    ]
    return groups


def _block_rates(blocks: list[FreezeBlock], peak: Peak, decay: float) -> list[tuple[FreezeBlock, float]]:
    """The trunk's peak rate at its top, and for every full-rate block; below, each block takes `decay` of the next."""
    rated: list[tuple[FreezeBlock, float]] = []
    rate = peak.trunk
    for block in reversed(blocks):
        if block.state is State.FROZEN or block.kind is BlockKind.HEAD:
            rated.append((block, 0.0))
        elif block.state is State.FULL_RATE:
            rated.append((block, peak.trunk))
            rate = peak.trunk * decay
        else:
            rated.append((block, steady(rate)))
            rate *= decay
    return rated[::-1]
