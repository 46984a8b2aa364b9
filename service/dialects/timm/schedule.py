"""timm: a scheduler of `timm.scheduler`, stepped on updates, read from timm 1.0.31. `WSDLRScheduler` is new there.

`lr_min` and `warmup_lr_init` are absolute rates, and the `lr_scale` of a param group multiplies everything, so that
groups keep their ratios; every group's `lr` is the highest rate. torch's own schedulers ignore `lr_scale`.
"""

import math

from service.contract.schedule import ScheduleCurve, ScheduleGroup
from service.contract.words import STEPS_AS, Optimizer, WarmupKind
from service.core.schedule.curve.curves import segments
from service.dialects.takes import Said, Told
from service.dialects.timm.flags import SCHEDULERS
from service.dialects.words.forms import PLATEAU, PLATEAU_LOSS, Body, Form, body, cycle_steps, floor_unused, warmup
from service.dialects.words.schedule_words import highest, keywords, trained, weight_decays

MILESTONES_EARLY = "MultiStepLRScheduler begins a stair one step before its milestone, counted from the warm-up's end."

Chosen = tuple[str, Told]
"""A scheduler class and its own keywords."""


def export(curve: ScheduleCurve, groups: list[ScheduleGroup], optimizer: Optimizer) -> Said:
    """The scheduler with its keywords, where one is the curve."""
    plan, peak, kind = body(curve), highest(groups), warmup(curve)
    plateau = plan.form is Form.PLATEAU
    losses: list[str] = []
    if plateau:
        losses.append(f"{PLATEAU_LOSS} PlateauLRScheduler counts epochs and is deprecated.")
    if kind in {WarmupKind.COSINE, WarmupKind.CONSTANT}:
        losses.append(f"timm warms up linearly only, not by a {kind} warm-up.")
    chosen = _choose(curve, plan, peak)
    if chosen is None:
        losses.append(f"No timm scheduler is this {plan.form} with this hold, these cycles and this end.")
    if plan.form is Form.MILESTONES:
        losses.append(MILESTONES_EARLY)
    if chosen is None or (losses and not plateau):
        text = "# Use the pytorch export with each group's own rate, and no lr_scale."
        return Said(False, {}, text, losses)
    name, options = chosen
    options |= _warmup(curve, peak, prefix=name not in {"WSDLRScheduler", "PlateauLRScheduler"})
    if not plateau:
        options["t_in_epochs"] = False
    scales: Told = {group.name: group.peak_rate / peak for group in trained(groups)}
    arguments: Told = {
        "opt": STEPS_AS[optimizer].value,
        "lr": peak,
        "lr_scale": scales,
        "weight_decay": weight_decays(groups),
        "scheduler": f"timm.scheduler.{name}",
        "scheduler_kwargs": options,
    }
    return Said(not plateau, arguments, _text(name, options, peak), losses)


def _choose(curve: ScheduleCurve, plan: Body, peak: float) -> Chosen | None:
    """The scheduler that is this curve's body at every step. A hold is `WSDLRScheduler`'s stable phase."""
    if plan.form is Form.PLATEAU:
        return "PlateauLRScheduler", {"decay_rate": PLATEAU["factor"], "patience_t": PLATEAU["patience"], "mode": "min"}
    if plan.form is Form.CONSTANT:
        return "StepLRScheduler", {"decay_t": 1, "decay_rate": 1.0}
    if plan.form is Form.EXPONENTIAL:
        decay = {"lr_min": plan.end * peak, "decay_fn": "exp", "decay_ratio": plan.end}
        return "WSDLRScheduler", {**_phases(curve, plan), **decay}
    if curve.hold_steps:
        decays = {Form.LINEAR: "linear", Form.COSINE: "cosine", Form.ONE_MINUS_ROOT: "1-sqrt"}
        if plan.form not in decays:
            return None
        return "WSDLRScheduler", {**_phases(curve, plan), "lr_min": plan.end * peak, "decay_fn": decays[plan.form]}
    return _without_hold(curve, plan, peak)


def _phases(curve: ScheduleCurve, plan: Body) -> Told:
    return {"t_initial": curve.hold_steps + plan.steps, "decay_t": plan.steps}


def _without_hold(curve: ScheduleCurve, plan: Body, peak: float) -> Chosen | None:
    falls: Told = {"t_initial": plan.steps, "lr_min": plan.end * peak}
    chosen: Chosen | None = None
    match plan.form:
        case Form.LINEAR | Form.POLYNOMIAL:
            chosen = "PolyLRScheduler", {**falls, "power": 1.0 if plan.form is Form.LINEAR else curve.power}
        case Form.COSINE:
            chosen = "CosineLRScheduler", falls
        case Form.RESTARTS if cycle := cycle_steps(curve, plan.steps):
            repeats: Told = {"cycle_decay": 1.0, "cycle_limit": int(curve.cycles)}
            chosen = "CosineLRScheduler", {**falls, "t_initial": cycle, **repeats}
        case Form.UNEVEN if cycle := _first_cycle(curve, plan):
            repeats = {"cycle_mul": curve.cycle_growth, "cycle_decay": curve.cycle_decay}
            chosen = "CosineLRScheduler", {**falls, "t_initial": cycle, **repeats, "cycle_limit": int(curve.cycles)}
        case Form.ONE_MINUS_ROOT:
            ends: Told = {"lr_min": plan.end * peak, "decay_fn": "1-sqrt"}
            chosen = "WSDLRScheduler", {**_phases(curve, plan), **ends}
        case Form.STEP if floor_unused(curve, plan.steps):
            chosen = "StepLRScheduler", {"decay_t": curve.every, "decay_rate": curve.gamma}
        case Form.INVERSE_SQUARE_ROOT:
            # The class asks for a decay phase: one step, which begins when the run is over.
            phases: Told = {"t_initial": plan.steps, "decay_t": 1, "stable_fn": "rsqrt"}
            chosen = "WSDLRScheduler", {**phases, "stable_timescale": curve.timescale}
        case _:
            pass
    return chosen


def _first_cycle(curve: ScheduleCurve, plan: Body) -> int | None:
    """The steps of the first of uneven cycles, where timm places every cycle of this curve at the same step.

    timm finds the cycle of a step by a logarithm, which rounds below a whole number for some; it has no floor but the
    end for peaks that shrink.
    """
    starts = [piece.start - curve.warmup_steps for piece in segments(curve) if piece.kind == curve.shape]
    growth, first = curve.cycle_growth, (starts[1:] or [plan.steps])[0]
    if len(starts) != curve.cycles or curve.cycle_decay ** (len(starts) - 1) < plan.end:
        return None
    if growth == 1:
        return first if all(start == index * first for index, start in enumerate([*starts, plan.steps])) else None
    for index, start in enumerate(starts):
        place = math.log(1 - start / first * (1 - growth), growth)
        if math.floor(place) != index or not math.isclose((growth**index - 1) / (growth - 1) * first, start):
            return None
    return first if math.isclose((growth ** len(starts) - 1) / (growth - 1) * first, plan.steps) else None


def _warmup(curve: ScheduleCurve, peak: float, prefix: bool) -> Told:
    """The linear warm-up. `prefix`: the class has to be told that its own length excludes the warm-up."""
    if not curve.warmup_steps:
        return {}
    options: Told = {"warmup_t": curve.warmup_steps, "warmup_lr_init": curve.start_ratio * peak}
    return {**options, "warmup_prefix": True} if prefix else options


def _text(name: str, options: Told, peak: float) -> str:
    lines = [
        f"from timm.scheduler import {name}",
        "",
        f"# param groups: lr={peak!r} in each, and lr_scale as listed",
        f"scheduler = {name}(optimizer, {keywords(options)})",
    ]
    if name != "PlateauLRScheduler":
        lines.append("# after update n (from 1): scheduler.step_update(n)")
    if flags := _flags(name, options, peak):
        lines.append(f"# train.py, where U updates make an epoch: {flags}")
    return "\n".join(lines)


def _flags(name: str, options: Told, peak: float) -> str:
    """The same for timm's train.py, which counts in epochs; empty where it has no flag for an option."""
    flags = {
        "t_initial": "--epochs {}/U",
        "lr_min": "--min-lr {}",
        "power": "--decay-rate {}",
        "cycle_limit": "--lr-cycle-limit {}",
        "cycle_mul": "--lr-cycle-mul {}",
        "cycle_decay": "--lr-cycle-decay {}",
        "decay_t": "--decay-epochs {}/U",
        "decay_rate": "--decay-rate {}",
        "warmup_t": "--warmup-epochs {}/U",
        "warmup_lr_init": "--warmup-lr {}",
        "warmup_prefix": "--warmup-prefix",
    }
    if name not in SCHEDULERS:
        return ""
    first = f"--sched {SCHEDULERS[name]} --sched-on-updates --lr {peak!r}"
    told = [flags[key].format(repr(value)) for key, value in options.items() if key in flags]
    if "warmup_t" not in options:
        told.append("--warmup-epochs 0")
    return " ".join([first, *told])
