"""Generated curves and groups, as the service can resolve them."""

import math
from typing import NamedTuple

from hypothesis import strategies as st
from msgspec import structs

from service.contract.schedule import ScheduleCurve, ScheduleGroup
from service.contract.words import BlockState, CurveShape, DecayKind, Optimizer, WarmupKind


class Job(NamedTuple):
    """One schedule to export and to run."""

    curve: ScheduleCurve
    groups: list[ScheduleGroup]
    optimizer: Optimizer


LONGEST = 300
HELD = {CurveShape.WARMUP_STABLE_DECAY, CurveShape.TRI_STAGE}
RATIOS = st.sampled_from([0.0, 0.01, 0.1]) | st.floats(0.001, 0.999) | st.just(1.0)
RATES = st.sampled_from([1e-5, 3e-5, 1e-4, 1e-3]) | st.floats(math.log(1e-6), math.log(0.1)).map(math.exp)


@st.composite
def curves(draw: st.DrawFn) -> ScheduleCurve:
    shape = draw(st.sampled_from(list(CurveShape)))
    kind = draw(st.sampled_from([*WarmupKind, WarmupKind.LINEAR, WarmupKind.NONE]))
    cycles = draw(st.integers(1, 8))
    body = draw(st.integers(1, 200))
    if draw(st.booleans()):
        body = cycles * max(1, body // cycles)
    warmup = 0 if kind is WarmupKind.NONE else draw(st.integers(0, 60))
    hold = draw(st.integers(0, 40)) if shape in HELD else 0
    if warmup + hold and draw(st.integers(0, 19)) == 0:
        body = 0
    end = draw(RATIOS)
    start = draw(st.just(end) | RATIOS)
    return ScheduleCurve(
        shape=shape,
        total_steps=warmup + hold + body,
        warmup_kind=kind,
        warmup_steps=warmup,
        start_ratio=start,
        end_ratio=max(end, 1e-4) if shape is CurveShape.TRI_STAGE else end,
        hold_steps=hold,
        cycles=draw(st.sampled_from([0.5, 0.5, 1.0, 1.25, 2.5])) if shape is CurveShape.COSINE else float(cycles),
        cycle_growth=draw(st.sampled_from([1.0, 1.0, 2.0, 0.5, 1.5])),
        cycle_decay=draw(st.sampled_from([1.0, 1.0, 0.5, 0.9])),
        milestones=sorted(draw(st.sets(st.integers(0, 300), max_size=5))) if draw(st.booleans()) else [],
        decay=draw(st.sampled_from(DecayKind)),
        timescale=draw(st.just(warmup or 10_000) | st.integers(1, 1000)),
        power=draw(st.sampled_from([0.5, 1.0, 2.0]) | st.floats(0.25, 5)),
        every=draw(st.integers(1, 200)),
        gamma=draw(st.sampled_from([0.1, 0.5, 1.0]) | st.floats(0.001, 1)),
    )


@st.composite
def groups(draw: st.DrawFn) -> list[ScheduleGroup]:
    """One to four trained groups, of one rate or of several, and a frozen one now and then."""
    number = draw(st.integers(1, 4))
    rates = [draw(RATES)] * number if draw(st.booleans()) else [draw(RATES) for _ in range(number)]
    rates += [0.0] * draw(st.integers(0, 1))
    return [
        ScheduleGroup(
            name=f"block {index}",
            pattern=None,
            state=BlockState.FULL_RATE if rate else BlockState.FROZEN,
            peak_rate=rate,
            relative=rate / max(rates),
            weight_decay=draw(st.sampled_from([0.0, 0.01, 0.05])),
        )
        for index, rate in enumerate(rates)
    ]


JOBS = st.builds(Job, curves(), groups(), st.sampled_from(Optimizer))


GROUPS = [
    ScheduleGroup("stem", None, BlockState.FROZEN, 0.0, 0.0, 0.0),
    ScheduleGroup("backbone", None, BlockState.LOW_RATE, 1e-5, 0.1, 0.05),
    ScheduleGroup("head", None, BlockState.FULL_RATE, 1e-4, 1.0, 0.0),
]
"""Two rates, and a frozen block."""

ONE_RATE = GROUPS[:1] + GROUPS[2:]


def shaped(shape: CurveShape, **changes: float | WarmupKind) -> ScheduleCurve:
    """A curve of 100 steps without warm-up, down to 1 % where its shape has an end."""
    usual = ScheduleCurve(
        shape=shape,
        total_steps=100,
        warmup_kind=WarmupKind.LINEAR,
        warmup_steps=0,
        start_ratio=0.0,
        end_ratio=0.01,
        hold_steps=0,
        cycles=0.5 if shape is CurveShape.COSINE else 3.0,
        cycle_growth=1.0,
        cycle_decay=1.0,
        milestones=[],
        decay=DecayKind.COSINE,
        timescale=10_000,
        power=2.0,
        every=20,
        gamma=0.5,
    )
    return structs.replace(usual, **changes)
