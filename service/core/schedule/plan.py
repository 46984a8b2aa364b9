"""The learning-rate schedule: groups with peak rates, and one curve that multiplies them all."""

import msgspec

from service.contract.schedule import (
    CurvePoint,
    LrSchedule,
    ScheduleBatchScaling,
    ScheduleCurve,
    ScheduleGroup,
    ScheduleRates,
    ScheduleSweepRange,
)
from service.contract.words import (
    BlockKind,
    BlockState,
    Method,
    Optimizer,
    Strategy,
)
from service.core.rules.refusal import Refusal, unknown_word
from service.core.rules.resolved_inputs import Inputs
from service.core.rules.trace import Trace
from service.core.schedule.batch_scaling import SCALING
from service.core.schedule.case import RateCase, ScheduleCase
from service.core.schedule.curve_options import CURVES, ShapeCase
from service.core.schedule.curves import area, curve, sample, segments, steady
from service.core.schedule.decay import DECAY, WEIGHT_DECAY
from service.core.schedule.param_groups import rate_groups
from service.core.schedule.peak_rates import PEAK, SWEEP_RANGE, Peak
from service.core.schedule.run_length import EPOCHS, RUNS, STEPS, RunCase
from service.core.schedule.warmup import WARMUP, WarmupCase
from service.knowledge.rows import LengthRow, RateRow

NO_DECAY = ("parameters of one dimension: norms and biases", "position embeddings and class tokens")
"""What timm and transformers leave out of weight decay, too."""


def plan_schedule(case: ScheduleCase, inputs: Inputs, trace: Trace) -> LrSchedule | None:
    """The schedule, or None where nothing is trained.

    Raises Refusal where no published rate is known for the family, strategy and optimizer.
    """
    if case.strategy is Strategy.ZERO_SHOT or case.method is Method.NEAREST_NEIGHBOURS:
        return None
    row = _rate_row(case, inputs)
    length = case.know.lengths[case.family, case.strategy]
    run, total = _resolve_length(case, length, inputs, trace)
    shaped = _resolve_curve(case, length, run, total, inputs, trace)
    rates = _rate_case(case, row, min(run.batch_size, run.pairs or case.examples or run.batch_size))
    peak, scaling = _decide_rates(case, rates, trace)
    decay_rule, decay = DECAY.first(rates)
    weight_decay_rule, weight_decay = WEIGHT_DECAY.first(rates)
    trace.decided("/lr_schedule/layer_decay", decay_rule, decay)
    trace.decided("/lr_schedule/groups", decay_rule, decay)
    trace.decided("/lr_schedule/groups", weight_decay_rule, weight_decay)
    parts = segments(shaped)
    groups = rate_groups(case.strategy, case.blocks, peak, decay.value, weight_decay.value)
    return LrSchedule(
        optimizer=row_optimizer(case),
        strategy=case.strategy,
        rates=ScheduleRates(0.0, peak.backbone, peak.head, shaped.warmup_steps),
        groups=groups,
        no_decay=list(NO_DECAY),
        layer_decay=decay.value,
        batch_scaling=scaling,
        epochs=run.epochs,
        steps_per_epoch=run.steps_per_epoch,
        total_steps=total,
        warmup_steps=shaped.warmup_steps,
        shape=shaped.shape,
        curve=shaped,
        segments=parts,
        knots=[0, *(part.end for part in parts)],
        area=steady(area(shaped)),
        points=_points(case, shaped, peak, groups),
        sweep=_sweep(row, peak),
        sweep_range=_sweep_range(rates, trace),
        runs=_runs(run, trace),
        exports=[],
    )


def row_optimizer(case: ScheduleCase) -> Optimizer:
    """The optimizer asked for, else AdamW where its rates are known, else the first whose rates are."""
    if case.optimizer is not None:
        return case.optimizer
    known = known_optimizers(case)
    return Optimizer.ADAMW if Optimizer.ADAMW in known or not known else known[0]


def known_optimizers(case: ScheduleCase) -> list[Optimizer]:
    """The optimizers for which a rate is published for this family and strategy."""
    return [one for one in Optimizer if published_rate(case, one)]


def published_rate(case: ScheduleCase, optimizer: Optimizer) -> RateRow | None:
    """The row that the schedule rests on under this optimizer."""
    return case.know.rate(case.family, case.strategy, optimizer, case.params, case.policy)


def _rate_row(case: ScheduleCase, inputs: Inputs) -> RateRow:
    optimizer = row_optimizer(case)
    row = published_rate(case, optimizer)
    if row is None:
        message = f"No published rate is known for the family {case.family} with {case.strategy} and this optimizer."
        raise Refusal([unknown_word(f"{case.prefix}/optimizer", message, optimizer, known_optimizers(case))])
    if case.optimizer is None:
        inputs.assumed(f"{case.prefix}/optimizer", optimizer, "the usual optimizer for fine-tuning")
    if case.params is None and row.reference_params:
        inputs.assumed("/params", row.reference_params, "the size at which the family's rates are published")
    return row


def _resolve_length(case: ScheduleCase, length: LengthRow, inputs: Inputs, trace: Trace) -> tuple[RunCase, int]:
    """The run with its batch size and epochs, and its total steps."""
    batch_size = case.batch_size
    if batch_size is None:
        batch_size = length.batch_size if case.examples is None else min(length.batch_size, case.examples)
        if case.method is Method.CONTRASTIVE_FEW_SHOT:
            batch_size = int(case.know.number("pairs-batch"))
        inputs.assumed(f"{case.prefix}/batch_size", batch_size, "usual for this family and strategy")
    run = RunCase(
        know=case.know,
        family=case.family,
        strategy=case.strategy,
        length=length,
        examples=case.examples,
        batch_size=batch_size,
        epochs=case.epochs,
        total_steps=case.total_steps,
        accumulation=case.wishes.accumulation,
        method=case.method,
        classes=case.classes,
    )
    rule, epochs = EPOCHS.first(run)
    trace.decided("/lr_schedule/epochs", rule, epochs)
    if case.epochs is None and epochs.value is not None:
        inputs.derived(f"{case.prefix}/epochs", epochs.value, epochs.formula)
    run = msgspec.structs.replace(run, epochs=epochs.value)
    rule, total = STEPS.first(run)
    for pointer in ("total_steps", "steps_per_epoch", "points", "area"):
        trace.decided(f"/lr_schedule/{pointer}", rule, total)
    return run, total.value


def _resolve_curve(
    case: ScheduleCase, length: LengthRow, run: RunCase, total: int, inputs: Inputs, trace: Trace
) -> ScheduleCurve:
    """The curve with its warm-up."""
    wishes, shape = case.wishes, case.shape or length.shape
    if case.shape is None:
        inputs.assumed("/shape", shape, "usual for this family and strategy")
    rule, warmup = WARMUP.first(
        WarmupCase(
            know=case.know,
            strategy=case.strategy,
            total_steps=total,
            steps_per_epoch=run.steps_per_epoch,
            shape=shape,
            given_steps=wishes.warmup_steps,
            given_kind=wishes.warmup_kind,
        )
    )
    for pointer in ("warmup_steps", "rates/warmup_steps", "segments", "knots"):
        trace.decided(f"/lr_schedule/{pointer}", rule, warmup)
    rule, shaped = CURVES.first(ShapeCase(case.know, shape, total, wishes.warmup_kind, warmup.value, wishes.options))
    trace.decided("/lr_schedule/curve", rule, shaped)
    return shaped.value


def _rate_case(case: ScheduleCase, row: RateRow, batch_size: int) -> RateCase:
    backbone = [block for block in case.blocks or [] if block.kind is not BlockKind.HEAD]
    return RateCase(
        know=case.know,
        family=case.family,
        strategy=case.strategy,
        optimizer=row_optimizer(case),
        level=case.level,
        row=row,
        batch_size=batch_size,
        fixed=case.fixed_rate,
        depth=len(backbone) or int(case.know.number("decay-reference-depth")),
        adapter=case.wishes.adapter,
        known=case.wishes.known,
        layer_decay=case.wishes.layer_decay,
        params=case.params,
        policy=case.policy,
        method=case.method,
    )


def _decide_rates(case: ScheduleCase, rates: RateCase, trace: Trace) -> tuple[Peak, ScheduleBatchScaling]:
    scaling_rule, scaling = SCALING.first(rates)
    trace.decided("/lr_schedule/batch_scaling", scaling_rule, scaling)
    rule, peak = PEAK.first((rates, scaling.value.factor))
    for pointer in ("rates", "groups", "points", "sweep"):
        trace.decided(f"/lr_schedule/{pointer}", rule, peak)
    reference = rates.batch_size if scaling.value.rule == "none" else rates.row.reference_batch
    value = peak.value if _trains_head(case) else Peak(peak.value.backbone, 0.0)
    return value, ScheduleBatchScaling(scaling.value.rule, reference, rates.batch_size, steady(scaling.value.factor))


def _trains_head(case: ScheduleCase) -> bool:
    """Whether some head has a rate of its own: not a frozen one, not a tied one, and not where there is none."""
    heads = [block for block in case.blocks or [] if block.kind is BlockKind.HEAD]
    return case.blocks is None or any(head.state is not BlockState.FROZEN and head.params != 0 for head in heads)


def _points(case: ScheduleCase, shaped: ScheduleCurve, peak: Peak, groups: list[ScheduleGroup]) -> list[CurvePoint]:
    factor = curve(shaped)
    asked = case.wishes.steps
    steps = sample(shaped.total_steps, case.points) if asked is None else asked
    points: list[CurvePoint] = []
    for step in steps:
        value = steady(factor(step))
        rates = [value * group.peak_rate for group in groups]
        points.append(CurvePoint(step, value, 0.0, value * peak.backbone, value * peak.head, rates))
    return points


def _sweep(row: RateRow, peak: Peak) -> list[float]:
    """Five rates around the advice: the ends of the published range at this batch, and half-way there in ratio."""
    low, usual, high = (
        (row.backbone_low, row.backbone, row.backbone_high) if row.backbone else (row.head_low, row.head, row.head_high)
    )
    advised = peak.backbone or peak.head
    ratios = (low / usual, (low / usual) ** 0.5, 1.0, (high / usual) ** 0.5, high / usual)
    return [steady(advised * ratio) for ratio in ratios]


def _sweep_range(rates: RateCase, trace: Trace) -> ScheduleSweepRange | None:
    """What a published sweep found for this family and method."""
    for rule, found in SWEEP_RANGE.all(rates):
        trace.decided("/lr_schedule/sweep_range", rule, found)
        return found.value
    return None


def _runs(run: RunCase, trace: Trace) -> int:
    """How often to train with different seeds."""
    rule, runs = RUNS.first(run)
    trace.decided("/lr_schedule/runs", rule, runs)
    return runs.value
