"""Lightning: a schedule of FinetuningScheduler as YAML, with the module that it names, read from 2.14.

All groups are in the optimizer from the start, in the order of `init_pg_lrs`, since a group that the scheduler adds by
itself has one rate for everything that is thawed with it; a group without parameters is allowed. The curve is a
subclass of `LambdaLR`: torch's other schedulers have no warm-up, and `SequentialLR` is not supported. The network is
an attribute of the LightningModule, `self.model` unless the job's source has another `prefix`, which begins every name.
"""

from itertools import accumulate, pairwise
from string import Template
from textwrap import indent

from service.contract.schedule import ScheduleGroup, TrainingPhase
from service.contract.words import CurveShape, Precision
from service.core.freezing.self_check import WRAPPERS
from service.dialects.plan import Plan
from service.dialects.pytorch.plan import UNWRAP
from service.dialects.pytorch.schedule import OPTIMIZERS
from service.dialects.pytorch.schedule import export as export_schedule
from service.dialects.takes import Said, Told
from service.dialects.words import yaml
from service.dialects.words.forms import PLATEAU
from service.dialects.words.losses import adapter_losses, optimizer_losses, stop_losses
from service.dialects.words.phase_groups import NO_DECAY, lora_config, phase_groups, phase_schedule, wrapped
from service.dialects.words.schedule_words import keywords
from service.dialects.words.setup_words import told_setup

PRECISIONS = {Precision.FP32: "32-true", Precision.BF16_MIXED: "bf16-mixed", Precision.FP16_MIXED: "16-mixed"}

APART = (
    "DDP averages the gradients of what trains when it starts: what later phases thaw goes its own way on each device. "
    "Use one device, or start anew for each phase."
)

MODULE = Template('''\
import re
from math import cos, pi, sqrt

from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import $optimizer
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

# (name, pattern, peak rate of the first phase, weight decay) of every group, and each phase's factor at step s.
GROUPS = [
$groups]
FACTORS = [
$factors]
NO_DECAY = r"$no_decay"
WRAPPERS = r"$wrappers"


class PlanCurve(LambdaLR):
    """The curve of a phase, for all groups alike."""

    def __init__(self, optimizer, phase):
        super().__init__(optimizer, FACTORS[phase])


class Planned:
    """class Mine(Planned, LightningModule), which holds the network as self.$holder and logs val_loss."""

    def configure_optimizers(self):
        held = [[] for _ in range(2 * len(GROUPS))]
        for name, p in self.$holder.named_parameters():
            name = r"$within" + re.sub(WRAPPERS, "", name)
$unwrap            for i, (_, pattern, *_) in enumerate(GROUPS):
                if re.search(pattern, name):
                    held[2 * i + (p.ndim <= 1 or bool(re.search(NO_DECAY, name)))].append(p)
                    break
        optimizer = $optimizer([
            {"params": params, "name": GROUPS[i // 2][0], "lr": GROUPS[i // 2][2],
             "weight_decay": 0.0 if i % 2 else GROUPS[i // 2][3]}
            for i, params in enumerate(held)
        ])
        return {"optimizer": optimizer, "lr_scheduler": $scheduler}
$statistics''')

STATISTICS = """
    def on_train_epoch_start(self):
        for name, m in self.{}.named_modules():
            if isinstance(m, _BatchNorm):
                m.train(any(p.requires_grad for p in m.parameters()))
"""


def export(plan: Plan) -> Said:
    """The schedule, the arguments of callback and trainer, and the module plan.py that both rest on."""
    phases = [phase_groups(plan, phase) for phase in plan.phases]
    schedules = [phase_schedule(plan, phase, export_schedule) for phase in plan.phases]
    ends = _ends(plan.phases)
    depths = _depths(plan, phases, ends)
    arguments: Told = {
        "ft_schedule": {str(index): depth for index, depth in enumerate(depths)},
        "FinetuningScheduler": {
            "ft_schedule": "plan.yaml",
            "epoch_transitions_only": True,
            "restore_best": False,
            "enforce_phase0_params": False,
        },
        "Trainer": {
            "max_epochs": ends[-1],
            "precision": PRECISIONS[plan.setup.precision],
            "devices": plan.setup.devices,
            "accumulate_grad_batches": plan.setup.accumulation,
        },
        "setup": told_setup(plan),
        "plan.py": _module(plan, phases, [schedule.arguments for schedule in schedules]),
    }
    if plan.freeze.adapter:
        arguments["lora_config"] = lora_config(plan.freeze.adapter)
    losses = list(dict.fromkeys(loss for schedule in schedules for loss in schedule.losses))
    losses += [*_epoch_losses(plan), *_closing_losses(phases)]
    losses += [APART] if len(phases) > 1 and (plan.setup.devices or 1) > 1 else []
    losses += adapter_losses(plan)
    kept = "The optimizer keeps its state, and holds groups at rate 0 until thawed: check_plan fits the last phase."
    return Said(
        exact=not losses,
        arguments=arguments,
        text=_yaml(plan, depths, arguments),
        losses=[*losses, *([kept] if len(phases) > 1 else []), *stop_losses(plan), *optimizer_losses(plan)],
    )


def _every(phases: list[list[ScheduleGroup]]) -> list[ScheduleGroup]:
    """The groups that any phase trains, in the order of the optimizer's."""
    return list({group.name: group for groups in reversed(phases) for group in groups}.values())


def _ends(phases: list[TrainingPhase]) -> list[int]:
    """The epoch at which each phase ends; a phase takes one epoch at least."""
    return list(accumulate(max(1, round(phase.epochs)) for phase in phases))


def _depths(plan: Plan, phases: list[list[ScheduleGroup]], ends: list[int]) -> list[Told]:
    """The entries of the schedule: what is thawed, and from the second phase on the rates and the curve."""
    depths: list[Told] = []
    seen: set[str] = set()
    for index, (groups, end) in enumerate(zip(phases, ends, strict=True)):
        fresh = [group for group in groups if group.name not in seen]
        seen |= {group.name for group in fresh}
        depth: Told = {"params": _params(plan, fresh), "max_transition_epoch": end}
        if index:
            rates = {group.name: group.peak_rate for group in groups}
            depth["lr"] = max(group.peak_rate for group in fresh or groups)
            depth["new_lr_scheduler"] = {
                "lr_scheduler_init": _curve(plan, index),
                "pl_lrs_cfg": _timing(plan, index),
                "init_pg_lrs": [rates.get(group.name, 0.0) for group in _every(phases) for _ in range(2)],
            }
        depths.append(depth)
    return depths


def _params(plan: Plan, groups: list[ScheduleGroup]) -> list[str]:
    """Patterns of names below the attribute; peft puts words of its own into them."""
    if plan.adapter:
        return [rf"^{plan.holder}\..*(?:lora_|\.modules_to_save\.)"]
    before = "" if plan.holds_names else rf"{plan.holder}\."
    return [rf"^{before}{(group.pattern or '').removeprefix('^')}" for group in groups]


def _plateau(plan: Plan) -> bool:
    return plan.schedule.shape is CurveShape.REDUCE_ON_PLATEAU


def _curve(plan: Plan, index: int) -> Told:
    if _plateau(plan):
        return {"class_path": "torch.optim.lr_scheduler.ReduceLROnPlateau", "init_args": dict(PLATEAU)}
    return {"class_path": "plan.PlanCurve", "init_args": {"phase": index}}


def _timing(plan: Plan, index: int) -> Told:
    interval: Told = {"interval": "epoch", "monitor": "val_loss"} if _plateau(plan) else {"interval": "step"}
    return {**interval, "frequency": 1, "name": f"phase{index}"}


def _module(plan: Plan, phases: list[list[ScheduleGroup]], schedules: list[Told]) -> str:
    """The text of plan.py."""
    first = {group.name: group.peak_rate for group in phases[0]}
    groups = [(group.name, group.pattern, first.get(group.name, 0.0), group.weight_decay) for group in _every(phases)]
    built = f"ReduceLROnPlateau(optimizer, {keywords(PLATEAU)})" if _plateau(plan) else "PlanCurve(optimizer, 0)"
    timing = {"scheduler": built, **{key: repr(value) for key, value in _timing(plan, 0).items()}}
    return MODULE.substitute(
        optimizer=OPTIMIZERS[plan.schedule.optimizer],
        groups="".join(f"    {group!r},\n" for group in groups),
        factors="".join(f"    lambda s: {schedule.get('lr_lambda', '1')},\n" for schedule in schedules),
        no_decay=NO_DECAY,
        unwrap=indent(UNWRAP.replace("return None", "continue"), " " * 8) if plan.adapter else "",
        scheduler="{" + ", ".join(f'"{key}": {value}' for key, value in timing.items()) + "}",
        statistics=STATISTICS.format(plan.holder) if plan.rests else "",
        wrappers=WRAPPERS,
        holder=plan.holder,
        within=f"{plan.holder}." if plan.holds_names else "",
    )


def _epoch_losses(plan: Plan) -> list[str]:
    """Phases change between whole epochs, while curves count steps."""
    losses: list[str] = []
    if any(phase.epochs != max(1, round(phase.epochs)) for phase in plan.phases):
        epochs = ", ".join(f"{phase.epochs:g}" for phase in plan.phases)
        losses.append(f"Phases change between whole epochs: {epochs} epochs are rounded.")
    updates = plan.schedule.steps_per_epoch
    if updates is None or any(phase.steps != max(1, round(phase.epochs)) * updates for phase in plan.phases):
        steps = ", ".join(str(phase.steps) for phase in plan.phases)
        losses.append(f"The curves are for phases of {steps} optimizer steps, which the epochs must have.")
    return losses


def _closing_losses(phases: list[list[ScheduleGroup]]) -> list[str]:
    """FinetuningScheduler thaws and never freezes again."""
    named = [{group.name for group in groups} for groups in phases]
    closed = sorted({name for before, after in pairwise(named) for name in before - after})
    loss = f"What has been thawed stays so: {', '.join(closed)} get the rate 0 instead of being frozen again."
    return [loss] if closed else []


def _yaml(plan: Plan, depths: list[Told], arguments: Told) -> str:
    lines = [
        f"# plan.yaml of FinetuningScheduler({keywords(arguments['FinetuningScheduler'])})",
        f"# Trainer({keywords(arguments['Trainer'])}); plan.py: class Mine(plan.Planned, LightningModule)",
    ]
    if "lora_config" in arguments:
        lines.append(f"# self.{plan.holder} = {wrapped('network', arguments['lora_config'])}")
    for index, depth in enumerate(depths):
        lines += [f"{index}:", indent(yaml.written(depth), "  ")]
    return "\n".join(lines) + "\n"
