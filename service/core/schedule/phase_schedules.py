"""The training phases of a recommendation: epochs, steps and rates of each."""

import math

from msgspec import Struct

from service.contract.freeze import FreezePlan, UnfreezePhase
from service.contract.schedule import JobShapeOptions, LrSchedule, TrainingPhase
from service.contract.words import BlockKind, Family, Grade, Policy, Strategy
from service.core.rules.example_requests import job
from service.core.rules.rule import Decided, Topic
from service.core.rules.trace import Trace
from service.core.schedule.batch_scaling import batch_factor
from service.core.schedule.case import ScheduleCase
from service.core.schedule.curve_options import CURVES, ShapeCase
from service.core.schedule.curves import segments, steady
from service.core.schedule.warmup import WARMUP, WarmupCase
from service.knowledge.index import Knowledge


class PhaseRateCase(Struct, frozen=True):
    """What the rates of one phase are decided by."""

    know: Knowledge
    family: Family
    schedule: LrSchedule
    head_only: bool
    policy: Policy


class PhaseRates(Struct, frozen=True):
    """Peak rates of one phase."""

    backbone: float
    head: float


PHASE_RATES: Topic[PhaseRateCase, Decided[PhaseRates]] = Topic("phase-rates")


@PHASE_RATES.rule(
    "phase-head-rate",
    "The head-only phase takes the rate of a head on frozen features, ten times that of the backbone after it or more.",
    grade=Grade.C,
    sources=("seed-explainer", "seed-complete-guide", "keras-transfer-guide"),
    seeds=("R-076", "R-082", "R-083", "C-10"),
    fires=(job(5000, fixed={"strategy": "full-fine-tuning"}),),
    silent=(job(5000, fixed={"strategy": "feature-extraction"}),),
)
def head_phase(case: PhaseRateCase) -> Decided[PhaseRates] | None:
    plan = case.schedule
    row = case.know.rate(case.family, Strategy.FEATURE_EXTRACTION, plan.optimizer, None, case.policy)
    if not case.head_only or plan.strategy is Strategy.FEATURE_EXTRACTION or row is None:
        return None
    factor = batch_factor(plan.optimizer, plan.batch_scaling.batch_size, row.reference_batch)
    head = max(steady(row.head * factor), plan.rates.head)
    formula = f"max({row.head:g} x {factor:.4g}, the last phase's {plan.rates.head:.4g}) = {head:.4g}"
    return Decided(PhaseRates(0.0, head), formula, (row,))


@PHASE_RATES.rule(
    "phase-plan-rate",
    "The last phase runs the schedule's own peak rates.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(5000),),
    silent=(job(40, classes=10, source={"model": "openai/clip-vit-base-patch32"}),),
)
def plan_rate(case: PhaseRateCase) -> Decided[PhaseRates]:
    rates = case.schedule.rates
    return Decided(PhaseRates(rates.backbone_top, rates.head), "the schedule's peak rates")


def time_phases(case: ScheduleCase, plan: FreezePlan, schedule: LrSchedule | None, trace: Trace) -> list[TrainingPhase]:
    """The phases with epochs, steps, warm-up and rates. The last one is the schedule; the others are sized by it."""
    if schedule is None or not plan.phases:
        return []
    last = plan.phases[-1]
    return [_time_phase(case, plan, schedule, phase, last, trace) for phase in plan.phases]


def _time_phase(
    case: ScheduleCase,
    plan: FreezePlan,
    schedule: LrSchedule,
    phase: UnfreezePhase,
    last: UnfreezePhase,
    trace: Trace,
) -> TrainingPhase:
    know = case.know
    backbone = [index for index in phase.train_blocks if plan.blocks[index].kind is not BlockKind.HEAD]
    head_only = not backbone and plan.strategy is not Strategy.PARAMETER_EFFICIENT
    rule, rates = PHASE_RATES.first(PhaseRateCase(know, case.family, schedule, head_only, case.policy))
    epochs, steps = schedule.epochs or 1.0, schedule.total_steps
    if phase is not last:
        epochs = float(max(1, round(epochs * phase.epoch_share / last.epoch_share)))
        if head_only:
            epochs = min(epochs, know.number("head-epochs-most"))
        steps = math.ceil(epochs * (schedule.steps_per_epoch or 1))
    strategy = Strategy.FEATURE_EXTRACTION if head_only else schedule.strategy
    _, warmup = WARMUP.first(WarmupCase(know, strategy, steps, schedule.steps_per_epoch))
    _, shaped = CURVES.first(ShapeCase(know, schedule.shape, steps, None, warmup.value, JobShapeOptions()))
    trace.add(
        f"/phases/{phase.index}",
        rule,
        f"{rates.formula}; {epochs:g} epochs = {steps} steps, {warmup.formula}",
        rates.rows,
    )
    return TrainingPhase(
        index=phase.index,
        name=phase.name,
        train_blocks=phase.train_blocks,
        epochs=epochs,
        steps=steps,
        warmup_steps=warmup.value,
        backbone_rate=rates.value.backbone,
        head_rate=rates.value.head,
        segments=segments(shaped.value),
        curve=shaped.value,
        patience=phase.patience,
        stop=phase.stop,
    )
