"""The training phases of a recommendation: epochs, steps and rates of each."""

import math

from msgspec import Struct

from service.contract.freeze import FreezePlan, UnfreezePhase
from service.contract.job import JobSchedule
from service.contract.schedule import LrSchedule, ScheduleCurve, TrainingPhase
from service.contract.words import BlockKind, Grade, Strategy
from service.core.rules.example_requests import CLIP, FULL, PROBED, RESNET, job
from service.core.rules.rule import Finding, Topic, Trace
from service.core.schedule.batch_scaling import batch_factor
from service.core.schedule.case import ScheduleCase
from service.core.schedule.curve.curves import segments, steady
from service.core.schedule.curve.options import CURVES
from service.core.schedule.curve.warmup import WARMUP
from service.core.schedule.plan import SchedulePlan


class PhaseCase(Struct, frozen=True):
    """One phase of a planned schedule. `head_only`: nothing but a new head trains in it."""

    planned: ScheduleCase
    schedule: LrSchedule
    head_only: bool


class PhaseRates(Struct, frozen=True):
    """Peak rates of one phase."""

    backbone: float
    head: float


PHASE_RATES: Topic[PhaseCase, Finding[PhaseRates]] = Topic("phase-rates")


@PHASE_RATES.rule(
    "phase-head-rate",
    "The head-only phase takes the rate of a head on frozen features, ten times that of the backbone after it or more.",
    grade=Grade.C,
    sources=("seed-explainer", "seed-complete-guide", "keras-transfer-guide"),
    seeds=("R-076", "R-082", "R-083", "C-10"),
    fires=(
        job(5000, fixed=FULL).decides(
            "0: max(0.005 x 1, the last phase's 0.0005) = 0.005; 5 epochs = 785 steps, head only: 0"
        ),
        job(source=RESNET, fixed={"batch_size": 8}).decides(
            "0: max(0.005 x 0.5, the last phase's 0.00025) = 0.0025; 5 epochs = 3125 steps, head only: 0"
        ),
    ),
    silent=(job(5000, fixed=PROBED),),
)
def head_phase(case: PhaseCase) -> Finding[PhaseRates] | None:
    plan = case.schedule
    planned = case.planned
    row = planned.know.rate(
        planned.family, Strategy.FEATURE_EXTRACTION, plan.optimizer, None, planned.policy, planned.place
    )
    if not case.head_only or plan.strategy is Strategy.FEATURE_EXTRACTION or row is None:
        return None
    factor = batch_factor(plan.optimizer, plan.batch_scaling.batch_size, row.reference_batch)
    head = max(steady(row.head * factor), plan.rates.head)
    formula = f"max({row.head:g} x {factor:.4g}, the last phase's {plan.rates.head:.4g}) = {head:.4g}"
    return Finding(PhaseRates(0.0, head), formula, (row,))


@PHASE_RATES.rule(
    "phase-plan-rate",
    "The last phase runs the schedule's own peak rates; so does a head alone without a published rate.",
    fires=(
        job(5000).decides("0: the schedule's peak rates; 10 epochs = 1570 steps, the schedule's own curve"),
        job(900).decides("0: the schedule's peak rates; 18 epochs = 522 steps, the schedule's own curve"),
    ),
    silent=(job(40, classes=10, source=CLIP),),
)
def plan_rate(case: PhaseCase) -> Finding[PhaseRates]:
    rates = case.schedule.rates
    return Finding(PhaseRates(0.0 if case.head_only else rates.backbone_top, rates.head), "the schedule's peak rates")


def time_phases(scheduled: SchedulePlan, plan: FreezePlan, trace: Trace) -> list[TrainingPhase]:
    """The phases with epochs, steps, warm-up and rates. The last one is the schedule; the others are sized by it."""
    schedule = scheduled.schedule
    if schedule is None or not plan.phases:
        return []
    return [_time_phase(scheduled.case, plan, schedule, phase, trace) for phase in plan.phases]


def _time_phase(
    case: ScheduleCase, plan: FreezePlan, schedule: LrSchedule, phase: UnfreezePhase, trace: Trace
) -> TrainingPhase:
    backbone = [index for index in phase.train_blocks if plan.blocks[index].kind is not BlockKind.HEAD]
    head_only = not backbone and plan.strategy is not Strategy.PARAMETER_EFFICIENT
    rule, rates = PHASE_RATES.first(PhaseCase(case, schedule, head_only))
    last = phase is plan.phases[-1]
    epochs, steps, curve, told = (
        (_passes(schedule), schedule.total_steps, schedule.curve, "the schedule's own curve")
        if last
        else _earlier(case, schedule, phase, plan.phases[-1], head_only)
    )
    formula = f"{rates.formula}; {epochs:g} epochs = {steps} steps, {told}"
    trace.add(f"/phases/{phase.index}", rule, formula, rates.rows)
    return TrainingPhase(
        index=phase.index,
        name=phase.name,
        train_blocks=phase.train_blocks,
        epochs=epochs,
        steps=steps,
        warmup_steps=curve.warmup_steps,
        backbone_rate=rates.value.backbone,
        head_rate=rates.value.head,
        segments=schedule.segments if last else segments(curve),
        curve=curve,
        patience=phase.patience,
        stop=phase.stop,
    )


def _passes(schedule: LrSchedule) -> float:
    """Passes over the data in the last phase, which a caller may have fixed in steps; 1 where nobody counted them."""
    if schedule.epochs is not None or schedule.steps_per_epoch is None:
        return schedule.epochs or 1.0
    return steady(schedule.total_steps / schedule.steps_per_epoch)


def _earlier(
    case: ScheduleCase, schedule: LrSchedule, phase: UnfreezePhase, last: UnfreezePhase, head_only: bool
) -> tuple[float, int, ScheduleCurve, str]:
    """Epochs, steps and curve of a phase before the last, and how its warm-up came about.

    It takes the schedule's shape; the caller's wishes are for the last phase.
    """
    passes = _passes(schedule)
    wanted = passes * phase.epoch_share / last.epoch_share
    epochs = float(max(1, round(wanted))) if passes >= 1 else steady(wanted)
    if head_only:
        epochs = min(epochs, case.know.number("head-epochs-most"))
    steps = math.ceil(epochs * (schedule.steps_per_epoch or 1))
    strategy = Strategy.FEATURE_EXTRACTION if head_only else schedule.strategy
    case = case.decided(strategy=strategy, total_steps=steps, wishes=JobSchedule(), shape=schedule.shape)
    warmup = WARMUP.first(case)[1]
    curve = CURVES.first(case.decided(warmup_steps=warmup.value))[1]
    return epochs, steps, curve.value, warmup.formula
