"""PyTorch: `LambdaLR` with the curve as a function of the step, for every group alike. Always exact.

`LambdaLR` multiplies each group's own initial rate, so groups keep their ratios; `CosineAnnealingLR.eta_min` and its
like are one absolute number for all groups and do not. Groups added after the scheduler is built are not scheduled.
"""

from service.contract.schedule import ScheduleCurve, ScheduleGroup
from service.contract.words import Optimizer
from service.core.schedule.curve.curves import segments
from service.dialects.takes import Said, Told
from service.dialects.words.forms import PLATEAU, PLATEAU_LOSS, Form, body
from service.dialects.words.schedule_words import keywords, peak_rates, trained, weight_decays

OPTIMIZERS = dict.fromkeys(Optimizer, "AdamW") | {
    Optimizer.ADAM: "Adam",
    Optimizer.SGD: "SGD",
    Optimizer.ADAFACTOR: "Adafactor",
}


def export(curve: ScheduleCurve, groups: list[ScheduleGroup], optimizer: Optimizer) -> Said:
    """The construction as data, with `lr_lambda` an expression of s that uses cos, pi and sqrt; and as text."""
    plateau = body(curve).form is Form.PLATEAU
    name = "ReduceLROnPlateau" if plateau else "LambdaLR"
    options: Told = PLATEAU if plateau else {"lr_lambda": expression(curve)}
    arguments: Told = {
        "optimizer": f"torch.optim.{OPTIMIZERS[optimizer]}",
        "lr": peak_rates(groups),
        "weight_decay": weight_decays(groups),
        "scheduler": f"torch.optim.lr_scheduler.{name}",
        **options,
    }
    text = _plateau_text() if plateau else _text(curve)
    losses = [PLATEAU_LOSS] if plateau else []
    if plateau and curve.warmup_steps:
        losses.append("ReduceLROnPlateau has no warm-up.")
    return Said(not plateau, arguments, "\n".join([*_groups_note(groups), *text]), losses)


def expression(curve: ScheduleCurve) -> str:
    """The factor as one Python expression of s. From the last step on it keeps the curve's end."""
    parts = segments(curve)
    return " else ".join([f"{part.formula} if s < {part.end}" for part in parts] + [f"{parts[-1].factor_end!r}"])


def _text(curve: ScheduleCurve) -> list[str]:
    parts = segments(curve)
    return [
        "from math import cos, pi, sqrt",
        "",
        "from torch.optim.lr_scheduler import LambdaLR",
        "",
        "",
        "def factor(s):",
        *(line for part in parts for line in (f"    if s < {part.end}:", f"        return {part.formula}")),
        f"    return {parts[-1].factor_end!r}",
        "",
        "",
        "scheduler = LambdaLR(optimizer, factor)  # scheduler.step() after every optimizer.step()",
    ]


def _plateau_text() -> list[str]:
    return [
        "from torch.optim.lr_scheduler import ReduceLROnPlateau",
        "",
        f"scheduler = ReduceLROnPlateau(optimizer, {keywords(PLATEAU)})  # scheduler.step(loss) after every validation",
    ]


def _groups_note(groups: list[ScheduleGroup]) -> list[str]:
    """The first and last groups only, since a model may have hundreds; `arguments` hold them all."""
    told = trained(groups)
    notes = [f"#   {group.name!r}: lr={group.peak_rate!r}, weight_decay={group.weight_decay!r}" for group in told]
    shown = notes if len(notes) <= 4 else [notes[0], "#   ...", notes[-1]]
    return ["# One param group each, without frozen parameters:", *shown]
