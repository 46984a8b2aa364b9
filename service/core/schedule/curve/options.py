"""The curve of a schedule with every option resolved: shape, warm-up, hold and ends."""

import math

from msgspec import UNSET

from service.contract.schedule import ScheduleCurve
from service.contract.words import DecayKind, Grade, WarmupKind
from service.core.rules.example_requests import job, schedule
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic
from service.core.schedule.case import ScheduleCase

CURVES: Topic[ScheduleCase, Finding[ScheduleCurve]] = Topic("curve")


@CURVES.rule(
    "curve-from-shape",
    "A curve takes its shape's usual options where the caller gives none; what is held or fallen to is "
    "counted in steps.",
    grade=Grade.B,
    sources=("transformers", "pytorch", "howard-ruder-2018"),
    seeds=("R-069",),
    fires=(
        schedule(family="cnn", total_steps=100).decides("cosine: cosine: 10 warm-up, 0 hold, 90 steps of the shape"),
        schedule(family="cnn", total_steps=100, shape="warmup-stable-decay", options={"hold_share": 1}).decides(
            "warmup-stable-decay: warmup-stable-decay: 10 warm-up, 90 hold, 0 steps of the shape"
        ),
        schedule(family="cnn", total_steps=100, shape="step", options={"milestones": [30, 60]}).decides(
            "step: step: 10 warm-up, 0 hold, 90 steps of the shape"
        ),
        job(900).decides("cosine: cosine: 0 warm-up, 0 hold, 522 steps of the shape"),
        schedule(family="cnn", total_steps=100, warmup_kind="cosine").decides(
            "cosine: cosine: 10 warm-up, 0 hold, 90 steps of the shape"
        ),
    ),
    silent=(schedule(family="cnn", strategy="zero-shot", total_steps=100),),
)
def from_shape(case: ScheduleCase) -> Finding[ScheduleCurve]:
    row, options, total = case.know.shapes[case.shape], case.wishes.options, case.total_steps
    warmup = min(case.warmup_steps, total)
    hold_share = row.hold_share if options.hold_share is UNSET else options.hold_share
    hold = min(round(hold_share * total), total - warmup)
    every = max(1, math.ceil(row.every_share * total)) if options.every is UNSET else options.every
    kind = (known(case.wishes.warmup_kind) or row.warmup_kind) if warmup else WarmupKind.NONE
    start = row.start_ratio if options.start_ratio is UNSET else options.start_ratio
    if kind is WarmupKind.CONSTANT and start == 0:
        start = case.know.number("constant-warmup-ratio")
    timescale = warmup + hold or int(case.know.number("unwarmed-timescale"))
    curve = ScheduleCurve(
        shape=case.shape,
        total_steps=total,
        warmup_kind=kind,
        warmup_steps=warmup,
        start_ratio=start,
        end_ratio=row.end_ratio if options.end_ratio is UNSET else options.end_ratio,
        hold_steps=hold,
        cycles=row.cycles if options.cycles is UNSET else options.cycles,
        cycle_growth=1.0 if options.cycle_growth is UNSET else options.cycle_growth,
        cycle_decay=1.0 if options.cycle_decay is UNSET else options.cycle_decay,
        power=row.power if options.power is UNSET else options.power,
        every=every,
        milestones=known(options.milestones) or [],
        gamma=row.gamma if options.gamma is UNSET else options.gamma,
        decay=DecayKind.COSINE if options.decay is UNSET else options.decay,
        timescale=timescale if options.timescale is UNSET else options.timescale,
    )
    formula = f"{case.shape}: {warmup} warm-up, {hold} hold, {total - warmup - hold} steps of the shape"
    return Finding(curve, formula, (row,))
