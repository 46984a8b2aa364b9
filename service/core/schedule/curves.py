"""The curve of a schedule: a factor of the peak rate as a function of the step.

Step s is the number of optimizer steps already taken, so the factor at s is what the next step uses, as in
`torch.optim.lr_scheduler.LambdaLR` and the schedules of transformers. Step `total` lies behind the last one used.
A curve is joined from parts; each part is a function of the steps since its own start.
"""

import math
from collections.abc import Callable

from msgspec import Struct

from service.contract.schedule import CurveSegment, ScheduleCurve
from service.contract.words import CurveShape, WarmupKind

Factor = Callable[[int], float]
"""Steps since the start of a part to the factor there."""

UNWARMED_TIMESCALE = 10_000
"""Time scale of the inverse square root without warm-up, as in transformers."""


class Part(Struct, frozen=True):
    """A piece of a curve: where it starts, what it does, and the same as an expression in s, the step of the curve.

    `area` is its integral over its steps, in closed form.
    """

    kind: str
    start: int
    factor: Factor
    formula: str
    area: float


def constant(value: float) -> Factor:
    """One factor, `value`, at every step t. Source: transformers `get_constant_schedule`."""
    return lambda _: value


def polynomial(start: float, end: float, steps: int, power: float = 1.0) -> Factor:
    """The factor (start - end) (1 - t / steps)^power + end over `steps` optimizer steps; power 1 is linear.

    `start` at t = 0, `end` from t = `steps` on. Source: transformers `get_polynomial_decay_schedule_with_warmup`, optax
    `polynomial_schedule`.
    """
    return lambda t: (start - end) * (1.0 - min(t, steps) / steps) ** power + end if steps else end


def cosine(start: float, end: float, steps: int, cycles: int = 1) -> Factor:
    """The factor end + (start - end) (1 + cos(pi p)) / 2 with p the share of the cycle that has passed.

    `start` at t = 0, `end` from t = `steps` on. With several cycles each starts at `start` again. Source: Loshchilov
    and Hutter 2017, with cycles of equal length as in transformers.
    """

    def factor(t: int) -> float:
        if t >= steps:
            return end
        position = (cycles * (t / steps)) % 1.0
        return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * position))

    return factor


def exponential(start: float, end: float, steps: int) -> Factor:
    """The factor start (end / start)^(t / steps); both ends are above 0.

    `start` at t = 0, held at `end` from t = `steps` on. Source: fairseq `tri_stage`, optax `exponential_decay`.
    """
    return lambda t: start * (end / start) ** (min(t, steps) / steps) if steps else end


def staircase(start: float, every: int, gamma: float, end: float) -> Factor:
    """The factor start gamma^floor(t / every), never below `end`; `every` in steps. Source: torch `StepLR`."""
    return lambda t: max(end, start * gamma ** (t // every))


def inverse_square_root(timescale: int) -> Factor:
    """The factor 1 / sqrt((t + timescale) / timescale): 1 at t = 0, one half after three time scales, never 0.

    `timescale` in steps. Source: transformers `get_inverse_sqrt_schedule`.
    """
    return lambda t: 1.0 / math.sqrt((t + timescale) / timescale)


def curve(spec: ScheduleCurve) -> Factor:
    """The factor (0 to 1) at each step from 0 to `total_steps`: warm-up, then the shape."""
    first, *later = join(spec)
    later.reverse()

    def factor(step: int) -> float:
        for part in later:
            if part.start <= step:
                return part.factor(step - part.start)
        return first.factor(step)

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
    return [*parts, _body(spec, warm + hold, total - warm - hold)] if total > warm + hold else parts


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
            formula = _above(end, f"(1 + cos(pi * {since} / {steps})) / 2")
            return Part(spec.shape, start, cosine(1.0, end, steps), formula, steps * (1.0 + end) / 2)
        case CurveShape.COSINE_WITH_RESTARTS:
            formula = _above(end, f"(1 + cos(pi * ({spec.cycles} * ({since} / {steps}) % 1.0))) / 2")
            return Part(spec.shape, start, cosine(1.0, end, steps, spec.cycles), formula, steps * (1.0 + end) / 2)
        case CurveShape.STEP:
            formula = f"max({end!r}, {spec.gamma!r} ** ({since} // {spec.every}))"
            stairs = staircase(1.0, spec.every, spec.gamma, end)
            return Part(spec.shape, start, stairs, formula, _under_stairs(spec, steps))
        case CurveShape.EXPONENTIAL | CurveShape.TRI_STAGE:
            low = spec.gamma if spec.shape is CurveShape.EXPONENTIAL else end
            under = steps * (low - 1.0) / math.log(low) if low < 1 else float(steps)
            return Part(spec.shape, start, exponential(1.0, low, steps), f"{low!r} ** ({since} / {steps})", under)
        case CurveShape.INVERSE_SQUARE_ROOT:
            scale = start or UNWARMED_TIMESCALE
            under = 2.0 * scale * (math.sqrt(steps / scale + 1.0) - 1.0)
            formula = f"1 / sqrt(({since} + {scale}) / {scale})"
            return Part(spec.shape, start, inverse_square_root(scale), formula, under)
        case CurveShape.CONSTANT | CurveShape.REDUCE_ON_PLATEAU:
            return Part(spec.shape, start, constant(1.0), "1", float(steps))


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
