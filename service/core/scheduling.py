"""The learning-rate schedule: groups with peak rates, and one curve that multiplies them all."""

from msgspec import Struct

from service.contract.freeze import FreezeBlock
from service.contract.schedule import BatchScaling, LrSchedule, Point, RateGroup, Rates
from service.contract.words import BlockKind, Family, Level, Optimizer, Shape, State, Strategy
from service.core.curves import curve, sample, segments, steady
from service.core.inputs import Inputs
from service.core.rates import DECAY, PEAK, SCALING, WEIGHT_DECAY, Peak, RateCase
from service.core.refusal import Refusal, unknown_word
from service.core.sizing import EPOCHS, STEPS, WARMUP, RunCase, WarmupCase
from service.core.trace import Trace
from service.knowledge.index import Knowledge
from service.knowledge.model import LengthRow, RateRow

ADAPTERS = "adapters"
FREEZING = (Strategy.FEATURE_EXTRACTION, Strategy.PARTIAL, Strategy.PARAMETER_EFFICIENT)


class ScheduleCase(Struct, frozen=True):
    """What a schedule is made from. None means that the caller left it open.

    `prefix` is the JSON pointer of the request part that holds optimizer, batch size and epochs.
    """

    know: Knowledge
    prefix: str
    family: Family
    strategy: Strategy
    level: Level
    params: int | None
    blocks: list[FreezeBlock] | None
    optimizer: Optimizer | None
    batch_size: int | None
    examples: int | None
    epochs: float | None
    total_steps: int | None
    shape: Shape | None
    fixed_rate: float | None
    points: int


def plan_schedule(case: ScheduleCase, inputs: Inputs, trace: Trace) -> LrSchedule | None:
    """The schedule, or None where nothing is trained.

    Raises Refusal where no published rate is known for the family, strategy and optimizer.
    """
    if case.strategy is Strategy.ZERO_SHOT:
        return None
    row = _rate_row(case, inputs)
    length = case.know.lengths[case.family, case.strategy]
    run = _resolve_run(case, length, inputs)
    epochs_rule, epochs = EPOCHS.first(run)
    trace.decided("/lr_schedule/epochs", epochs_rule, epochs)
    if case.epochs is None and epochs.value is not None:
        inputs.derived(f"{case.prefix}/epochs", epochs.value, epochs.formula)
    steps_rule, total = STEPS.first(
        RunCase(
            case.know,
            case.family,
            case.strategy,
            length,
            case.examples,
            run.batch_size,
            epochs.value,
            case.total_steps,
        )
    )
    for pointer in ("total_steps", "steps_per_epoch", "points"):
        trace.decided(f"/lr_schedule/{pointer}", steps_rule, total)
    warmup_rule, warmup = WARMUP.first(WarmupCase(case.know, case.strategy, total.value, run.steps_per_epoch))
    for pointer in ("warmup_steps", "rates/warmup_steps", "segments"):
        trace.decided(f"/lr_schedule/{pointer}", warmup_rule, warmup)
    rates = _rate_case(case, row, min(run.batch_size, case.examples or run.batch_size))
    peak, scaling = _decide_rates(rates, trace)
    if not _trains_head(case):
        peak = Peak(peak.trunk, 0.0)
    decay_rule, decay = DECAY.first(rates)
    trace.decided("/lr_schedule/layer_decay", decay_rule, decay)
    trace.decided("/lr_schedule/groups", decay_rule, decay)
    weight_decay_rule, weight_decay = WEIGHT_DECAY.first(rates)
    trace.decided("/lr_schedule/groups", weight_decay_rule, weight_decay)
    shape = case.shape or length.shape
    if case.shape is None:
        inputs.assumed("/shape", shape, "usual for this family and strategy")
    return LrSchedule(
        optimizer=row_optimizer(case),
        strategy=case.strategy,
        rates=Rates(0.0, peak.trunk, peak.head, warmup.value),
        groups=_groups(case, peak, decay.value, weight_decay.value),
        layer_decay=decay.value,
        batch_scaling=scaling,
        epochs=epochs.value,
        steps_per_epoch=run.steps_per_epoch,
        total_steps=total.value,
        warmup_steps=warmup.value,
        shape=shape,
        segments=segments(shape, warmup.value, total.value),
        points=_points(shape, warmup.value, total.value, peak, case.points),
    )


def row_optimizer(case: ScheduleCase) -> Optimizer:
    """The optimizer asked for, else AdamW where its rates are known, else the first whose rates are."""
    if case.optimizer is not None:
        return case.optimizer
    known = known_optimizers(case)
    return Optimizer.ADAMW if Optimizer.ADAMW in known or not known else known[0]


def known_optimizers(case: ScheduleCase) -> list[Optimizer]:
    """The optimizers for which a rate is published for this family and strategy."""
    return [one for one in Optimizer if case.know.rate(case.family, case.strategy, one, case.params)]


def _rate_row(case: ScheduleCase, inputs: Inputs) -> RateRow:
    optimizer = row_optimizer(case)
    row = case.know.rate(case.family, case.strategy, optimizer, case.params)
    if row is None:
        message = f"No published learning rate is known for a {case.family} with {case.strategy} and this optimizer."
        raise Refusal([unknown_word(f"{case.prefix}/optimizer", message, optimizer, known_optimizers(case))])
    if case.optimizer is None:
        inputs.assumed(f"{case.prefix}/optimizer", optimizer, "the usual optimizer for fine-tuning")
    return row


def _resolve_run(case: ScheduleCase, length: LengthRow, inputs: Inputs) -> RunCase:
    batch_size = case.batch_size
    if batch_size is None:
        batch_size = length.batch_size if case.examples is None else min(length.batch_size, case.examples)
        inputs.assumed(f"{case.prefix}/batch_size", batch_size, "usual for this family and strategy")
    return RunCase(
        know=case.know,
        family=case.family,
        strategy=case.strategy,
        length=length,
        examples=case.examples,
        batch_size=batch_size,
        epochs=case.epochs,
        total_steps=case.total_steps,
    )


def _rate_case(case: ScheduleCase, row: RateRow, batch_size: int) -> RateCase:
    trunk = [block for block in case.blocks or [] if block.kind is not BlockKind.HEAD]
    return RateCase(
        know=case.know,
        family=case.family,
        strategy=case.strategy,
        optimizer=row_optimizer(case),
        level=case.level,
        row=row,
        batch_size=batch_size,
        fixed=case.fixed_rate,
        depth=len(trunk) or int(case.know.number("decay-reference-depth")),
    )


def _trains_head(case: ScheduleCase) -> bool:
    """Whether some head has a rate of its own: not a frozen one, not a tied one, and not where there is none."""
    heads = [block for block in case.blocks or [] if block.kind is BlockKind.HEAD]
    return case.blocks is None or any(head.state is not State.FROZEN and head.params != 0 for head in heads)


def _decide_rates(rates: RateCase, trace: Trace) -> tuple[Peak, BatchScaling]:
    scaling_rule, scaling = SCALING.first(rates)
    trace.decided("/lr_schedule/batch_scaling", scaling_rule, scaling)
    peak_rule, peak = PEAK.first((rates, scaling.value.factor))
    for pointer in ("rates", "groups", "points"):
        trace.decided(f"/lr_schedule/{pointer}", peak_rule, peak)
    reference = rates.batch_size if rates.fixed is not None else rates.row.reference_batch
    return peak.value, BatchScaling(scaling.value.rule, reference, rates.batch_size, steady(scaling.value.factor))


def _groups(case: ScheduleCase, peak: Peak, decay: float, weight_decay: float) -> list[RateGroup]:
    """One group per block where the blocks are known, else frozen, middle and head; adapters stand apart.

    A tied head has no parameters of its own and no group.
    """

    def group(name: str, pattern: str | None, state: State, rate: float) -> RateGroup:
        return RateGroup(
            name=name,
            pattern=pattern,
            state=state,
            peak_rate=rate,
            relative=steady(rate / max(peak.head, peak.trunk)),
            weight_decay=0.0 if state is State.FROZEN else weight_decay,
        )

    adapter = case.strategy is Strategy.PARAMETER_EFFICIENT
    groups: list[RateGroup] = []
    if case.blocks is None:
        if case.strategy in FREEZING:
            groups.append(group("frozen", None, State.FROZEN, 0.0))
        if peak.trunk and not adapter:
            state = State.FULL_RATE if case.strategy is Strategy.FROM_SCRATCH else State.LOW_RATE
            groups.append(group("middle", None, state, peak.trunk))
    else:
        groups += [
            group(block.name, block.pattern, block.state, rate)
            for block, rate in _block_rates(case.blocks, peak, decay)
            if block.kind is not BlockKind.HEAD
        ]
    heads = [block for block in case.blocks or [] if block.kind is BlockKind.HEAD and block.params != 0]
    groups += [group(head.name, head.pattern, State.FROZEN, 0.0) for head in heads if head.state is State.FROZEN]
    if adapter:
        groups.append(group(ADAPTERS, "lora_", State.FULL_RATE, peak.trunk))
    if case.blocks is None:
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


def _points(shape: Shape, warmup: int, total: int, peak: Peak, points: int) -> list[Point]:
    factor = curve(shape, warmup, total)
    sampled: list[Point] = []
    for step in sample(total, points):
        value = steady(factor(step))
        sampled.append(Point(step, value, 0.0, steady(value * peak.trunk), steady(value * peak.head)))
    return sampled
