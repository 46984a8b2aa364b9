"""Keras 3: one of `keras.optimizers.schedules`, read from Keras 3.15. It computes in single precision.

`CosineDecay.decay_steps` excludes the warm-up (optax includes it). An optimizer has one rate for all groups, and only
`CosineDecay` can warm up.
"""

from service.contract.schedule import ScheduleCurve, ScheduleGroup
from service.contract.words import Optimizer, WarmupKind
from service.core.schedule.curve.curves import curve as factor_of
from service.dialects.pytorch.schedule import OPTIMIZERS
from service.dialects.takes import Said, Told
from service.dialects.words.forms import (
    BLUNTEST,
    PLATEAU,
    PLATEAU_LOSS,
    SMALLEST_SINGLE,
    Body,
    Form,
    body,
    cycle_steps,
    warmup,
)
from service.dialects.words.schedule_words import (
    highest,
    keywords,
    one_decay_losses,
    one_rate_losses,
    strongest_decay,
)

MOST_CYCLES = 8
"""Single precision keeps the place within a cycle to 1e-6 up to here."""

MOST_STAIRS = 100
"""A longer list of boundaries is not written out; Keras visits each of them at every step."""

Chosen = tuple[str, Told]
"""A schedule class and its keywords."""


def export(curve: ScheduleCurve, groups: list[ScheduleGroup], optimizer: Optimizer) -> Said:
    """The schedule's class and keywords, where one is the curve, for the highest rate."""
    plan, peak, kind = body(curve), highest(groups), warmup(curve)
    rates = one_rate_losses(groups, "Give each group an optimizer of its own.")
    losses = [*rates, *one_decay_losses(groups)]
    if plan.form is Form.PLATEAU:
        text = f"keras.callbacks.ReduceLROnPlateau({keywords(PLATEAU)})"
        if kind is not WarmupKind.NONE:
            losses.append("ReduceLROnPlateau has no warm-up.")
        told: Told = {"callback": "keras.callbacks.ReduceLROnPlateau", **PLATEAU, "learning_rate": peak}
        return Said(False, told, text, [*losses, PLATEAU_LOSS])
    chosen = _choose(curve, plan, peak)
    if chosen is None:
        losses.append(f"No Keras schedule is this {plan.form} with this warm-up ({kind}), hold, cycles and end.")
        text = "# Write a subclass of keras.optimizers.schedules.LearningRateSchedule with the segments' formulas."
        return Said(False, {}, text, losses)
    name, options = chosen
    decay = strongest_decay(groups)
    arguments: Told = {
        "optimizer": f"keras.optimizers.{OPTIMIZERS[optimizer]}",
        "weight_decay": decay,
        "schedule": f"keras.optimizers.schedules.{name}" if name else None,
        **options,
    }
    rate = f"keras.optimizers.schedules.{name}({keywords(options)})" if name else repr(options["learning_rate"])
    text = f"keras.optimizers.{OPTIMIZERS[optimizer]}(learning_rate={rate}, weight_decay={decay!r})"
    return Said(not rates, arguments, text, losses)


def _choose(curve: ScheduleCurve, plan: Body, peak: float) -> Chosen | None:
    """The schedule that is this curve at every step; no name for a plain rate."""
    kind = warmup(curve)
    if kind in {WarmupKind.NONE, WarmupKind.CONSTANT} and plan.form in {Form.CONSTANT, Form.STEP, Form.MILESTONES}:
        return _stairs(curve, plan, peak)
    if curve.hold_steps:
        return None
    if plan.form is Form.COSINE and kind is WarmupKind.LINEAR:
        rises: Told = {"warmup_target": peak, "warmup_steps": curve.warmup_steps}
        low = curve.start_ratio * peak
        return "CosineDecay", {"initial_learning_rate": low, "decay_steps": plan.steps, "alpha": plan.end, **rises}
    return _unwarmed(curve, plan, peak) if kind is WarmupKind.NONE else None


def _unwarmed(curve: ScheduleCurve, plan: Body, peak: float) -> Chosen | None:
    start: Told = {"initial_learning_rate": peak}
    chosen: Chosen | None = None
    match plan.form:
        case Form.COSINE:
            chosen = "CosineDecay", {**start, "decay_steps": plan.steps, "alpha": plan.end}
        case Form.LINEAR | Form.POLYNOMIAL if _last_step_error(curve, plan) < BLUNTEST:
            power = 1.0 if plan.form is Form.LINEAR else curve.power
            falls: Told = {"decay_steps": plan.steps, "end_learning_rate": plan.end * peak, "power": power}
            chosen = "PolynomialDecay", {**start, **falls}
        case Form.EXPONENTIAL if plan.end >= SMALLEST_SINGLE:
            chosen = "ExponentialDecay", {**start, "decay_steps": plan.steps, "decay_rate": plan.end}
        case Form.RESTARTS if curve.cycles <= MOST_CYCLES and (cycle := cycle_steps(curve, plan.steps)):
            restarts: Told = {"first_decay_steps": cycle, "t_mul": 1.0, "m_mul": 1.0, "alpha": plan.end}
            chosen = "CosineDecayRestarts", {**start, **restarts}
        case _:
            pass
    return chosen


def _last_step_error(curve: ScheduleCurve, plan: Body) -> float:
    """The derivative of (1 - p)^power one step before its end, times half a unit in the last place of p."""
    return curve.power * plan.steps ** (1.0 - curve.power) * 2.0**-24 if plan.form is Form.POLYNOMIAL else 0.0


def _stairs(curve: ScheduleCurve, plan: Body, peak: float) -> Chosen | None:
    """A curve of flat pieces. A boundary is the last step of its piece."""
    first = curve.warmup_steps + curve.hold_steps
    starts = [curve.warmup_steps] if 0 < curve.warmup_steps < curve.total_steps else []
    if plan.form is Form.STEP:
        if (plan.steps - 1) // curve.every > MOST_STAIRS:
            return None
        starts += range(first + curve.every, curve.total_steps, curve.every)
    if plan.form is Form.MILESTONES:
        starts += [step for step in curve.milestones if first < step < curve.total_steps]
    factor = factor_of(curve)
    if not starts:
        return "", {"learning_rate": factor(0) * peak}
    values = [factor(step) * peak for step in (0, *starts)]
    return "PiecewiseConstantDecay", {"boundaries": [float(step - 1) for step in starts], "values": values}
