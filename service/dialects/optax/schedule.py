"""optax: one schedule of the factor, times each group's peak rate. Single precision, unless JAX is set to double.

`warmup_cosine_decay_schedule` has `decay_steps` that include the warm-up (Keras excludes it). A schedule is any
function of the count, so what optax has no constructor for is a lambda: a cosine rise, restarts, an inverse square
root, a power below 1.
"""

import math

from msgspec import Struct

from service.contract.schedule import ScheduleCurve, ScheduleGroup
from service.contract.words import STEPS_AS, Optimizer, WarmupKind
from service.core.schedule.curve.curves import segments
from service.dialects.takes import Said, Told
from service.dialects.words.forms import (
    PLATEAU,
    PLATEAU_LOSS,
    SMALLEST_SINGLE,
    Body,
    Form,
    blunt_stairs,
    body,
    regular,
    warmup,
)
from service.dialects.words.schedule_words import keywords, peak_rates, weight_decays

LARGEST_COUNT = 2**31
"""JAX counts in 32 bits."""


class Call(Struct, frozen=True):
    """One schedule: a constructor with its keywords, or the body of a lambda of `step`."""

    name: str
    keywords: Told

    def text(self) -> str:
        """As an expression."""
        return (
            f"lambda step: {self.keywords['lambda']}"
            if self.name == "lambda"
            else f"{self.name}({keywords(self.keywords)})"
        )


def export(curve: ScheduleCurve, groups: list[ScheduleGroup], optimizer: Optimizer) -> Said:
    """The factor's schedule as data and text; its parts are `schedule_0`, `schedule_1`, ... where they are joined."""
    plan, rates = body(curve), peak_rates(groups)
    shared: Told = {
        "optimizer": f"optax.{STEPS_AS[optimizer]}",
        "peak_rates": rates,
        "weight_decays": weight_decays(groups),
    }
    if plan.form is Form.PLATEAU:
        losses = [PLATEAU_LOSS, *(["reduce_on_plateau has no warm-up."] if curve.warmup_steps else [])]
        reducer: Told = {"call": "optax.contrib.reduce_on_plateau", **PLATEAU, **shared}
        return Said(False, reducer, f"optax.contrib.reduce_on_plateau({keywords(PLATEAU)})", losses)
    if plan.form is Form.RESTARTS and not (regular(curve) and curve.cycles * plan.steps < LARGEST_COUNT):
        loss = f"Single precision and 32-bit counts lose the place within {curve.cycles:g} cycles."
        return Said(False, {}, "# Join one optax.cosine_decay_schedule for each cycle.", [loss])
    calls, boundaries = _join(curve, plan)
    arguments: Told
    if len(calls) == 1:
        factor = calls[0].text()
        arguments = {"call": calls[0].name, **calls[0].keywords, **shared}
    else:
        factor = f"optax.join_schedules([{', '.join(call.text() for call in calls)}], boundaries={boundaries})"
        parts: Told = {f"schedule_{index}": {"call": call.name, **call.keywords} for index, call in enumerate(calls)}
        arguments = {"call": "optax.join_schedules", "boundaries": [*map(float, boundaries)], **parts, **shared}
    return Said(True, arguments, _text(factor, rates, optimizer), [])


def _text(factor: str, rates: Told, optimizer: Optimizer) -> str:
    return "\n".join(
        [
            "import jax.numpy as jnp",
            "import optax",
            "",
            f"peak_rates = {rates!r}",
            f"factor = {factor}",
            "schedules = {name: lambda step, peak=peak: peak * factor(step) for name, peak in peak_rates.items()}",
            f"# optax.partition: optax.{STEPS_AS[optimizer]}(schedules[name]) for each label, set_to_zero() for frozen",
        ]
    )


def _join(curve: ScheduleCurve, plan: Body) -> tuple[list[Call], list[int]]:
    """The schedules, each from step 0 of its own, and the steps at which the second and later ones start."""
    kind, warm, hold = warmup(curve), curve.warmup_steps, curve.hold_steps
    if kind is WarmupKind.LINEAR and plan.form is Form.COSINE and not hold:
        ends = {"init_value": curve.start_ratio, "peak_value": 1.0, "end_value": plan.end}
        steps = {"warmup_steps": warm, "decay_steps": curve.total_steps}
        return [Call("optax.warmup_cosine_decay_schedule", {**ends, **steps})], []
    parts = [(0, _warmup(curve, kind))] if warm else []
    if hold:
        parts.append((warm, Call("optax.constant_schedule", {"value": 1.0})))
    if plan.form in {Form.UNEVEN, Form.MILESTONES}:
        parts += _pieces(curve, plan)
    elif plan.steps > 0:
        parts.append((warm + hold, _body(curve, plan)))
    return [call for _, call in parts], [start for start, _ in parts[1:]]


def _pieces(curve: ScheduleCurve, plan: Body) -> list[tuple[int, Call]]:
    """One schedule for each cycle or stair of its own length, with the step that it starts at."""
    found: list[tuple[int, Call]] = []
    for piece in segments(curve):
        if piece.kind != curve.shape:
            continue
        top = piece.factor_start
        call = Call("optax.constant_schedule", {"value": top})
        if plan.form is Form.UNEVEN:
            falls: Told = {"decay_steps": piece.end - piece.start, "alpha": plan.end / top}
            call = Call("optax.cosine_decay_schedule", {"init_value": top, **falls})
        found.append((piece.start, call))
    return found


def _warmup(curve: ScheduleCurve, kind: WarmupKind) -> Call:
    low, steps = curve.start_ratio, curve.warmup_steps
    match kind:
        case WarmupKind.CONSTANT:
            return Call("optax.constant_schedule", {"value": low})
        case WarmupKind.COSINE:
            return Call("lambda", {"lambda": f"1 + {low - 1.0!r} * (1 + jnp.cos(jnp.pi * step / {steps})) / 2"})
        case _:
            return Call("optax.linear_schedule", {"init_value": low, "end_value": 1.0, "transition_steps": steps})


def _body(curve: ScheduleCurve, plan: Body) -> Call:
    end, steps = plan.end, plan.steps
    falls: Told = {"init_value": 1.0, "end_value": end}
    call = Call("optax.constant_schedule", {"value": 1.0})
    match plan.form:
        case Form.LINEAR:
            call = Call("optax.linear_schedule", {**falls, "transition_steps": steps})
        case Form.POLYNOMIAL if curve.power < 1:
            # From whole numbers, since 1 - step / steps loses the steep end in single precision.
            share = f"(({steps} - jnp.clip(step, 0, {steps})) / {steps})"
            call = Call("lambda", {"lambda": f"{end!r} + {1.0 - end!r} * {share} ** {curve.power!r}"})
        case Form.POLYNOMIAL:
            call = Call("optax.polynomial_schedule", {**falls, "power": curve.power, "transition_steps": steps})
        case Form.COSINE:
            call = Call("optax.cosine_decay_schedule", {"init_value": 1.0, "decay_steps": steps, "alpha": end})
        case Form.RESTARTS:
            share = f"({int(curve.cycles)} * step % {steps} / {steps})"
            call = Call("lambda", {"lambda": f"{end!r} + {1.0 - end!r} * (1 + jnp.cos(jnp.pi * {share})) / 2"})
        case Form.STEP | Form.EXPONENTIAL:
            call = _geometric(curve, plan)
        case Form.INVERSE_SQUARE_ROOT:
            scale = curve.timescale
            call = Call("lambda", {"lambda": f"1 / jnp.sqrt((step + {scale}) / {scale})"})
        case Form.WAVES:
            turn = f"jnp.cos(jnp.pi * {2.0 * curve.cycles!r} * (step / {steps}))"
            call = Call("lambda", {"lambda": f"{end!r} + {1.0 - end!r} * (1 + {turn}) / 2"})
        case Form.ONE_MINUS_ROOT:
            root = f"jnp.sqrt(jnp.clip(step, 0, {steps}) / {steps})"
            call = Call("lambda", {"lambda": f"{end!r} + {1.0 - end!r} * (1 - {root})"})
        case _:
            pass
    return call


def _geometric(curve: ScheduleCurve, plan: Body) -> Call:
    """Stairs and exponential decay, by logarithm where a power loses too much in single precision.

    Stairs are counted in whole numbers: `exponential_decay(staircase=True)` divides in single precision, and compiled
    97 / 97 is below 1 there, so that a stair comes a step late.
    """
    end, steps = plan.end, plan.steps
    if plan.form is Form.STEP:
        turns = f"(step // {curve.every})"
        blunt = blunt_stairs(curve, steps)
        stair = f"jnp.exp({math.log(curve.gamma)!r} * {turns})" if blunt else f"{curve.gamma!r} ** {turns}"
        return Call("lambda", {"lambda": f"jnp.maximum({end!r}, {stair})"})
    if end < SMALLEST_SINGLE:
        return Call("lambda", {"lambda": f"jnp.exp({math.log(end)!r} * step / {steps})"})
    return Call("optax.exponential_decay", {"init_value": 1.0, "transition_steps": steps, "decay_rate": end})
