"""transformers: fields of `TrainingArguments`, read from transformers 5 (the same names and formulas as in 4.57).

`warmup_steps` is an integer, since `warmup_ratio` is gone from 5.2 on. Trainer has one rate for all groups.
"""

from service.contract.schedule import ScheduleCurve, ScheduleGroup
from service.contract.words import Optimizer, WarmupKind
from service.dialects.takes import Said, Told
from service.dialects.words.forms import PLATEAU, PLATEAU_LOSS, Body, Form, body, warmup
from service.dialects.words.schedule_words import (
    highest,
    keywords,
    one_decay_losses,
    one_rate_losses,
    strongest_decay,
)

OWN_OPTIMIZER = "Pass Trainer(optimizers=(optimizer, scheduler)) with those of the pytorch export."

OPTIMIZERS = {
    Optimizer.ADAMW: "adamw_torch",
    Optimizer.ADAM: "adamw_torch",
    Optimizer.SGD: "sgd",
    Optimizer.ADAFACTOR: "adafactor",
    Optimizer.ADAMW_FUSED: "adamw_torch_fused",
    Optimizer.ADAMW_8BIT: "adamw_8bit",
    Optimizer.PAGED_ADAMW_8BIT: "paged_adamw_8bit",
}

Chosen = tuple[str, Told]
"""A scheduler's type and its own keywords."""


def export(curve: ScheduleCurve, groups: list[ScheduleGroup], optimizer: Optimizer) -> Said:
    """The fields, where one of the scheduler types is the curve."""
    plan, peak = body(curve), highest(groups)
    losses = [*one_rate_losses(groups, OWN_OPTIMIZER), *one_decay_losses(groups)]
    exact = not one_rate_losses(groups, OWN_OPTIMIZER)
    if optimizer is Optimizer.ADAM and strongest_decay(groups) > 0:
        losses.append("Adam's coupled weight decay becomes AdamW's.")
    if plan.form is Form.PLATEAU:
        losses.append(PLATEAU_LOSS)
        if curve.warmup_steps:
            losses.append("reduce_lr_on_plateau has no warm-up.")
        exact = False
    chosen = _choose(curve, plan, peak)
    if chosen is None:
        loss = f"No lr_scheduler_type is this {plan.form} with this warm-up, hold and end. {OWN_OPTIMIZER}"
        return Said(False, {}, "Trainer(..., optimizers=(optimizer, scheduler))", [*losses, loss])
    name, options = chosen
    arguments: Told = {
        "learning_rate": peak,
        "lr_scheduler_type": name,
        "lr_scheduler_kwargs": options,
        "warmup_steps": curve.warmup_steps,
        "max_steps": curve.total_steps,
        "weight_decay": strongest_decay(groups),
        "optim": OPTIMIZERS[optimizer],
    }
    if plan.form is Form.PLATEAU:
        arguments["eval_strategy"] = "epoch"  # Trainer refuses this type without one
    return Said(exact, arguments, f"TrainingArguments({keywords(arguments)})", losses)


def _choose(curve: ScheduleCurve, plan: Body, peak: float) -> Chosen | None:
    """The type that is this curve at every step."""
    kind = warmup(curve)
    if plan.form is Form.PLATEAU:
        return "reduce_lr_on_plateau", dict(PLATEAU)
    from_zero = kind is WarmupKind.NONE or (kind is WarmupKind.LINEAR and curve.start_ratio == 0)
    if from_zero and (curve.hold_steps == 0 or plan.form is Form.CONSTANT):
        return _after_plain_warmup(curve, plan, peak)
    return _stable_decay(curve, plan, kind)


def _after_plain_warmup(curve: ScheduleCurve, plan: Body, peak: float) -> Chosen | None:
    """After a linear rise from 0, or none. `polynomial` takes its end as a rate, `cosine_with_min_lr` as a factor."""
    chosen: Chosen | None = None
    match plan.form:
        case Form.CONSTANT:
            chosen = ("constant_with_warmup" if curve.warmup_steps else "constant"), {}
        case Form.LINEAR | Form.POLYNOMIAL:
            power = 1.0 if plan.form is Form.LINEAR else curve.power
            chosen = "polynomial", {"lr_end": plan.end * peak, "power": power}
            if plan.form is Form.LINEAR and plan.end == 0:
                chosen = "linear", {}
        case Form.COSINE:
            chosen = ("cosine_with_min_lr", {"min_lr_rate": plan.end}) if plan.end else ("cosine", {})
        case Form.WAVES:
            floor: Told = {"min_lr_rate": plan.end} if plan.end else {}
            chosen = "cosine_with_min_lr" if plan.end else "cosine", {**floor, "num_cycles": curve.cycles}
        case Form.RESTARTS if plan.end == 0:
            chosen = "cosine_with_restarts", {"num_cycles": int(curve.cycles)}
        case Form.INVERSE_SQUARE_ROOT:
            chosen = "inverse_sqrt", {"timescale": curve.timescale}
        case Form.ONE_MINUS_ROOT:
            return _stable_decay(curve, plan, warmup(curve))
        case _:
            pass
    return chosen


def _stable_decay(curve: ScheduleCurve, plan: Body, kind: WarmupKind) -> Chosen | None:
    """`warmup_stable_decay`: one `min_lr_ratio` both starts the warm-up and ends the decay; the rest is hold."""
    decays = {Form.CONSTANT: "cosine", Form.LINEAR: "linear", Form.COSINE: "cosine", Form.ONE_MINUS_ROOT: "1-sqrt"}
    if kind is WarmupKind.CONSTANT or plan.form not in decays:
        return None
    constant = plan.form is Form.CONSTANT
    if not constant and kind is not WarmupKind.NONE and curve.start_ratio != plan.end:
        return None
    return "warmup_stable_decay", {
        "num_decay_steps": 0 if constant else plan.steps,
        "warmup_type": "cosine" if kind is WarmupKind.COSINE else "linear",
        "decay_type": decays[plan.form],
        "min_lr_ratio": curve.start_ratio if constant else plan.end,
    }
