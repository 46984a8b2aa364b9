"""The curve of a schedule: a factor of the peak rate as a function of the step.

Step s is the number of optimizer steps already taken, so the factor at s is what the next step uses, as in
`torch.optim.lr_scheduler.LambdaLR` and the schedules of transformers. Step `total` lies behind the last one used.
"""

import math
from collections.abc import Callable

from service.contract.schedule import Segment
from service.contract.words import Shape

Curve = Callable[[int], float]

UNWARMED_TIMESCALE = 10_000
"""Time scale of the inverse square root without warm-up, as in transformers."""


def curve(shape: Shape, warmup: int, total: int) -> Curve:
    """The factor (0 to 1) at each step from 0 to `total`: linear from 0 to 1 in `warmup` steps, then `shape`.

    linear: (total - s) / (total - warmup); cosine: (1 + cos(pi (s - warmup) / (total - warmup))) / 2; constant: 1;
    inverse-square-root: sqrt(warmup / s). Source: `get_scheduler` of transformers, whose factors these are.
    """
    length = max(1, total - warmup)
    timescale = warmup or UNWARMED_TIMESCALE
    decay: dict[Shape, Curve] = {
        Shape.LINEAR: lambda s: max(0.0, (total - s) / length),
        Shape.COSINE: lambda s: max(0.0, 0.5 * (1.0 + math.cos(math.pi * (s - warmup) / length))),
        Shape.CONSTANT: lambda _: 1.0,
        Shape.INVERSE_SQUARE_ROOT: lambda s: 1.0 / math.sqrt((s - warmup + timescale) / timescale),
    }
    after = decay[shape]
    return lambda s: s / warmup if s < warmup else after(s)


def segments(shape: Shape, warmup: int, total: int) -> list[Segment]:
    """The curve in closed form, warm-up first."""
    factor = curve(shape, warmup, total)
    length = max(1, total - warmup)
    timescale = warmup or UNWARMED_TIMESCALE
    formula = {
        Shape.LINEAR: f"({total} - s) / {length}",
        Shape.COSINE: f"(1 + cos(pi * (s - {warmup}) / {length})) / 2",
        Shape.CONSTANT: "1",
        Shape.INVERSE_SQUARE_ROOT: f"1 / sqrt((s - {warmup} + {timescale}) / {timescale})",
    }[shape]
    body = Segment(shape, warmup, total, factor(warmup), steady(factor(total)), formula)
    if warmup == 0:
        return [body]
    return [Segment("warm-up", 0, warmup, 0.0, 1.0, f"s / {warmup}"), body]


def sample(total: int, points: int) -> list[int]:
    """At most `points` steps, evenly spaced over 0 ... total, both ends included."""
    last = min(points, total + 1) - 1
    return sorted({(total * index + last // 2) // last for index in range(last + 1)})


def steady(value: float) -> float:
    """To twelve significant digits, so that the last bit of a mathematical library cannot change an answer's bytes."""
    return float(f"{value:.12g}")
