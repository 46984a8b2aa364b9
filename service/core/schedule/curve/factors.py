"""What a part of a curve does: a factor of the peak rate as a function of the steps since its own start."""

import math
from collections.abc import Callable

Factor = Callable[[int], float]
"""Steps since the start of a part to the factor there."""


def constant(value: float) -> Factor:
    """One factor, `value`, at every step t. Source: transformers `get_constant_schedule`."""
    return lambda _: value


def polynomial(start: float, end: float, steps: int, power: float = 1.0) -> Factor:
    """The factor (start - end) (1 - t / steps)^power + end over `steps` optimizer steps; power 1 is linear.

    `start` at t = 0, `end` from t = `steps` on. Source: transformers `get_polynomial_decay_schedule_with_warmup`, optax
    `polynomial_schedule`.
    """
    if steps == 0:
        return constant(end)
    if power == 1.0:
        return lambda t: (start - end) * (1.0 - t / steps) + end if t < steps else end
    return lambda t: (start - end) * (1.0 - min(t, steps) / steps) ** power + end


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


def waves(end: float, steps: int, cycles: float) -> Factor:
    """The factor end + (1 - end) (1 + cos(2 pi cycles p)) / 2, p the share of `steps` that has passed.

    1 at t = 0; half a cycle ends at `end`. Source: transformers `get_cosine_schedule_with_warmup` with `num_cycles`.
    """
    return lambda t: end + (1.0 - end) * 0.5 * (1.0 + math.cos(2.0 * math.pi * cycles * (min(t, steps) / steps)))


def one_minus_root(end: float, steps: int) -> Factor:
    """The factor end + (1 - end) (1 - sqrt(t / steps)): the cooldown of warmup-stable-decay that does best.

    1 at t = 0, `end` from t = `steps` on. Source: Haegele et al. 2024; transformers and timm call it `1-sqrt`.
    """
    return lambda t: end + (1.0 - end) * (1.0 - math.sqrt(min(t, steps) / steps))


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
