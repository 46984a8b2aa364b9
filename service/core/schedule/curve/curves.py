"""The curve of a schedule: a factor of the peak rate as a function of the step.

Step s is the number of optimizer steps already taken, so the factor at s is what the next step uses, as in
`torch.optim.lr_scheduler.LambdaLR` and the schedules of transformers. Step `total` lies behind the last one used.
A curve is joined from parts; each part is a function of the steps since its own start.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise

from msgspec import Struct

from service.contract.schedule import CurveSegment, ScheduleCurve
from service.contract.words import CurveShape, DecayKind, WarmupKind
from service.core.schedule.curve.factors import (
    Factor,
    constant,
    cosine,
    exponential,
    inverse_square_root,
    one_minus_root,
    polynomial,
    staircase,
    waves,
)

HALF = 0.5
"""The cycles of a cosine that falls once from its peak to its end."""


class Part(Struct, frozen=True):
    """A piece of a curve: where it starts, what it does, and the same as an expression in s, the step of the curve.

    `area` is its integral over its steps, in closed form.
    """

    kind: str
    start: int
    factor: Factor
    formula: str
    area: float


def curve(spec: ScheduleCurve) -> Factor:
    """The factor (0 to 1) at each step from 0 to `total_steps`: warm-up, then the shape."""
    parts = join(spec)
    starts = [part.start for part in parts[1:]]

    def factor(step: int) -> float:
        part = parts[bisect_right(starts, step)]
        return part.factor(step - part.start)

    return factor


def segments(spec: ScheduleCurve) -> list[CurveSegment]:
    """The curve in closed form, one segment for each part."""
    parts = join(spec)
    ends = [part.start for part in parts[1:]] + [spec.total_steps]
    return [
        CurveSegment(
            kind=part.kind,
            start=part.start,
            end=end,
            factor_start=steady(part.factor(0)),
            factor_end=steady(part.factor(end - part.start)),
            formula=part.formula,
        )
        for part, end in zip(parts, ends, strict=True)
    ]


def area(spec: ScheduleCurve) -> float:
    """The integral of the factor over the run: the length in steps of an equal run at the peak rate."""
    return math.fsum(part.area for part in join(spec))


def join(spec: ScheduleCurve) -> list[Part]:
    """The parts of a curve: warm-up, hold, and what the shape does from there. Each formula is an expression in s.

    Sources: transformers `get_scheduler` (linear, cosine, restarts, polynomial, inverse square root, warm-up stable
    decay), Smith and Topin 2018 and torch `OneCycleLR` (one-cycle), Howard and Ruder 2018 (slanted triangular), fairseq
    `tri_stage` (speech).
    """
    warm, hold, total = spec.warmup_steps, spec.hold_steps, spec.total_steps
    parts = [_warmup(spec)] if warm else []
    if hold:
        parts.append(Part("hold", warm, constant(1.0), "1", float(hold)))
    return [*parts, *_bodies(spec, warm + hold, total - warm - hold)] if total > warm + hold else parts


def _warmup(spec: ScheduleCurve) -> Part:
    steps, low = spec.warmup_steps, spec.start_ratio
    rising = steps * (low + 1.0) / 2
    match spec.warmup_kind:
        case WarmupKind.CONSTANT:
            return Part("warm-up", 0, constant(low), f"{low!r}", steps * low)
        case WarmupKind.COSINE:
            formula = f"1 + {low - 1.0!r} * (1 + cos(pi * s / {steps})) / 2"
            return Part("warm-up", 0, cosine(low, 1.0, steps), formula, rising)
        case _:
            formula = f"s / {steps}" if low == 0 else f"1 + {low - 1.0!r} * (1 - s / {steps})"
            return Part("warm-up", 0, polynomial(low, 1.0, steps), formula, rising)


def _bodies(spec: ScheduleCurve, start: int, steps: int) -> list[Part]:
    """What the shape does after warm-up and hold: a part for each cycle or stair of its own length, else one."""
    if spec.shape is CurveShape.COSINE_WITH_RESTARTS and (spec.cycle_growth != 1 or spec.cycle_decay != 1):
        return list(_uneven_cycles(spec, start, steps))
    if spec.shape is CurveShape.STEP and spec.milestones:
        return list(_milestones(spec, start, start + steps))
    return [_body(spec, start, steps)]


def _uneven_cycles(spec: ScheduleCurve, start: int, steps: int) -> Iterator[Part]:
    """Cosines whose lengths and peaks are geometric rows, each from a whole step (torch and timm: `T_mult`)."""
    number, growth, end = int(spec.cycles), spec.cycle_growth, spec.end_ratio
    lengths = [growth**index for index in range(number)]
    ends = [round(steps * sum_ / math.fsum(lengths)) for sum_ in accumulate(lengths)]
    for index, (low, high) in enumerate(pairwise([0, *ends])):
        if low < high:
            top, since = max(end, spec.cycle_decay**index), f"(s - {start + low})" if start + low else "s"
            formula = f"{end!r} + {top - end!r} * (1 + cos(pi * {since} / {high - low})) / 2"
            under = (high - low) * (top + end) / 2
            yield Part(spec.shape, start + low, cosine(top, end, high - low), formula, under)


def _milestones(spec: ScheduleCurve, start: int, last: int) -> Iterator[Part]:
    """Stairs that begin at given steps of the run, each `gamma` of the one before (torch: `MultiStepLR`)."""
    inner = [step for step in spec.milestones if start < step < last]
    passed = sum(step <= start for step in spec.milestones)
    for index, (low, high) in enumerate(pairwise([start, *inner, last])):
        value = max(spec.end_ratio, spec.gamma ** (passed + index))
        yield Part(spec.shape, low, constant(value), f"{value!r}", (high - low) * value)


def _body(spec: ScheduleCurve, start: int, steps: int) -> Part:
    """What the shape does after warm-up and hold, in `steps` steps from `start`."""
    end, since = spec.end_ratio, f"(s - {start})" if start else "s"
    match spec.shape:
        case CurveShape.LINEAR | CurveShape.SLANTED_TRIANGULAR | CurveShape.POLYNOMIAL:
            power = spec.power if spec.shape is CurveShape.POLYNOMIAL else 1.0
            falling = f"(1 - {since} / {steps})" + ("" if power == 1 else f" ** {power!r}")
            formula = _above(end, falling)
            under = steps * ((1.0 - end) / (power + 1.0) + end)
            return Part(spec.shape, start, polynomial(1.0, end, steps, power), formula, under)
        case CurveShape.COSINE | CurveShape.ONE_CYCLE | CurveShape.WARMUP_STABLE_DECAY:
            return _cosine(spec, start, steps, since)
        case CurveShape.COSINE_WITH_RESTARTS:
            cycles = int(spec.cycles)
            formula = _above(end, f"(1 + cos(pi * ({cycles} * ({since} / {steps}) % 1.0))) / 2")
            return Part(spec.shape, start, cosine(1.0, end, steps, cycles), formula, steps * (1.0 + end) / 2)
        case CurveShape.STEP:
            formula = f"max({end!r}, {spec.gamma!r} ** ({since} // {spec.every}))"
            stairs = staircase(1.0, spec.every, spec.gamma, end)
            return Part(spec.shape, start, stairs, formula, _under_stairs(spec, steps))
        case CurveShape.EXPONENTIAL | CurveShape.TRI_STAGE:
            low = spec.gamma if spec.shape is CurveShape.EXPONENTIAL else end
            under = steps * (low - 1.0) / math.log(low) if low < 1 else float(steps)
            return Part(spec.shape, start, exponential(1.0, low, steps), f"{low!r} ** ({since} / {steps})", under)
        case CurveShape.INVERSE_SQUARE_ROOT:
            scale = spec.timescale
            under = 2.0 * scale * (math.sqrt(steps / scale + 1.0) - 1.0)
            formula = f"1 / sqrt(({since} + {scale}) / {scale})"
            return Part(spec.shape, start, inverse_square_root(scale), formula, under)
        case CurveShape.CONSTANT | CurveShape.REDUCE_ON_PLATEAU:
            return Part(spec.shape, start, constant(1.0), "1", float(steps))


def _cosine(spec: ScheduleCurve, start: int, steps: int, since: str) -> Part:
    """A cosine, of half a cycle unless told, or what else warmup-stable-decay falls by."""
    end = spec.end_ratio
    decay = spec.decay if spec.shape is CurveShape.WARMUP_STABLE_DECAY else DecayKind.COSINE
    if decay is DecayKind.LINEAR:
        falling, factor, mean = f"(1 - {since} / {steps})", polynomial(1.0, end, steps), 1 / 2
    elif decay is DecayKind.ONE_MINUS_SQRT:
        falling, factor, mean = f"(1 - sqrt({since} / {steps}))", one_minus_root(end, steps), 1 / 3
    elif spec.shape is CurveShape.COSINE and spec.cycles != HALF:
        turn = 2.0 * spec.cycles
        falling, factor = f"(1 + cos(pi * {turn!r} * ({since} / {steps}))) / 2", waves(end, steps, spec.cycles)
        mean = (1.0 + math.sin(math.pi * turn) / (math.pi * turn)) / 2
    else:
        falling, factor, mean = f"(1 + cos(pi * {since} / {steps})) / 2", cosine(1.0, end, steps), 1 / 2
    return Part(spec.shape, start, factor, _above(end, falling), steps * (end + (1.0 - end) * mean))


def _above(end: float, falling: str) -> str:
    """An expression that falls from 1 to 0, made to fall to `end`."""
    return falling if end == 0 else f"{end!r} + {1.0 - end!r} * {falling}"


def _under_stairs(spec: ScheduleCurve, steps: int) -> float:
    """The area under a staircase of `steps` steps: a geometric row of whole stairs, and the part of the last one."""
    floor = spec.end_ratio
    falling = math.floor(math.log(floor) / math.log(spec.gamma)) + 1 if floor > 0 and spec.gamma < 1 else steps
    whole = min(steps // spec.every, falling)
    stairs = whole if spec.gamma == 1 else (1.0 - spec.gamma**whole) / (1.0 - spec.gamma)
    rest = max(floor, spec.gamma**whole)
    return spec.every * stairs + (steps - whole * spec.every) * rest


def sample(total: int, points: int) -> list[int]:
    """At most `points` steps, evenly spaced over 0 ... total, both ends included."""
    last = min(points, total + 1) - 1
    return sorted({(total * index + last // 2) // last for index in range(last + 1)})


def steady(value: float) -> float:
    """To twelve significant digits, so that the last bit of a mathematical library cannot change an answer's bytes."""
    return float(f"{value:.12g}")
