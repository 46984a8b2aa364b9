"""timm: `timm.utils.freeze` by module names, param groups with `lr_scale`, and a scheduler of `timm.scheduler`.

`freeze` takes names of modules only, takes an empty list for the whole model, and turns a frozen batch norm over
pictures into a `FrozenBatchNormAct2d`, which has no parameters; in a model that was listed, others are put to rest.
`lr_scale` is honoured by timm's own schedulers only. The export is exact as text; train.py has one `--layer-decay` in
place of the groups' rates, which `timm_flags` compares with them.
"""

from string import Template

from service.contract.schedule import TrainingPhase
from service.contract.words import STEPS_AS, NormKind
from service.core.freezing.self_check import WRAPPERS
from service.dialects.plan import Plan
from service.dialects.pytorch.plan import STATISTICS, UNWRAP
from service.dialects.takes import Said, Told
from service.dialects.timm.flags import train_flags
from service.dialects.timm.schedule import export as export_schedule
from service.dialects.words.losses import adapter_losses, optimizer_losses, stop_losses
from service.dialects.words.phase_groups import NO_DECAY, frozen_in, lora_config, phase_groups, phase_schedule, wrapped
from service.dialects.words.schedule_words import highest
from service.dialects.words.setup_words import told_setup

TEXT = Template('''\
import re
$types
import timm.scheduler
from timm.optim import create_optimizer_v2
$imports
# Each phase: modules to freeze (those that this model has); (pattern, lr_scale, weight decay) of the groups that train;
# the highest rate; the scheduler with its keywords.
PHASES = [
$phases]
NO_DECAY = r"$no_decay"
WRAPPERS = r"$wrappers"


def find(groups, name):
    """The number of the group that trains a parameter, or None."""
$unwrap    bare = re.sub(WRAPPERS, "", name)
    return next((i for i, (_, p, *_) in enumerate(groups) if re.search(p, name) or re.search(p, bare)), None)


def apply_plan(model, phase):
    """Freezes for a phase, from 0; gives optimizer and scheduler: step_update(n) follows update n, counted from 1."""
    modules, groups, rate, scheduler, options = PHASES[phase]
$freezing    held = {}
    for name, p in model.named_parameters():
        i = find(groups, name)
        p.requires_grad_(i is not None)  # freeze() does not take parameters such as cls_token
        if i is not None:
            held.setdefault((i, p.ndim <= 1 or bool(re.search(NO_DECAY, name))), []).append(p)
$statistics    told = [
        {"params": params, "name": groups[i][0], "lr_scale": groups[i][2], "weight_decay": groups[i][3] * (not plain)}
        for (i, plain), params in held.items()
    ]
    optimizer = create_optimizer_v2(told, opt="$opt", lr=rate)
    return optimizer, getattr(timm.scheduler, scheduler)(optimizer, **options)
''')

FREEZING = """\
    unfreeze(model)
    if present := [name for name in modules if name in dict(model.named_modules())]:
        freeze(model, present, include_bn_running_stats={})
"""


def export(plan: Plan) -> Said:
    """Names to freeze, `lr_scale` of each group and the scheduler of each phase; flags of train.py for the last one."""
    schedules = [phase_schedule(plan, phase, export_schedule) for phase in plan.phases]
    phases = [_phase(plan, phase, schedule) for phase, schedule in zip(plan.phases, schedules, strict=True)]
    losses = list(dict.fromkeys(loss for schedule in schedules for loss in schedule.losses))
    losses += adapter_losses(plan)
    flags, flag_losses = train_flags(plan, phases[-1])
    arguments: Told = {
        "phases": phases,
        "opt": STEPS_AS[plan.schedule.optimizer].value,
        "no_decay": NO_DECAY,
        "include_bn_running_stats": plan.freeze.norm.frozen_statistics,
        "train.py": flags,
        "setup": told_setup(plan),
    }
    if plan.freeze.adapter:
        arguments["lora_config"] = lora_config(plan.freeze.adapter)
    # timm sets SGD's momentum to 0.9 by itself.
    left_open = [loss for loss in optimizer_losses(plan) if not loss.startswith("Momentum")]
    return Said(
        exact=not losses,
        arguments=arguments,
        text=_text(plan, arguments, all(schedule.exact for schedule in schedules)),
        losses=[*losses, *flag_losses, *stop_losses(plan), *left_open],
    )


def _phase(plan: Plan, phase: TrainingPhase, schedule: Said) -> Told:
    """A phase as data. `freeze` and `freeze_parameters` may name what this build of the model does not have."""
    groups = phase_groups(plan, phase)
    frozen = frozen_in(plan, phase)
    return {
        "name": phase.name,
        "epochs": phase.epochs,
        "steps": phase.steps,
        "freeze": [name for block in frozen for name in block.modules],
        "freeze_parameters": [name for block in frozen for name in block.parameters],
        "patterns": {group.name: group.pattern for group in groups},
        "lr": highest(groups),
        "lr_scale": {group.name: group.relative for group in groups},
        "weight_decay": {group.name: group.weight_decay for group in groups},
        "scheduler": schedule.arguments.get("scheduler"),
        "scheduler_kwargs": schedule.arguments.get("scheduler_kwargs", {}),
    }


def _batch_norm(plan: Plan) -> bool:
    return plan.freeze.norm.kind in (NormKind.BATCH, NormKind.UNKNOWN) and plan.freeze.norm.frozen_statistics


def _text(plan: Plan, arguments: Told, exact: bool) -> str:
    """The module; the pytorch export's stands in where no scheduler of timm is the curve."""
    if not exact:
        return "# Use apply_plan of the pytorch export: no scheduler of timm has this curve."
    freezing = FREEZING.format(plan.freeze.norm.frozen_statistics)
    rests = plan.listed and plan.rests
    imports = "" if plan.adapter else "from timm.utils import freeze, unfreeze\n"
    text = TEXT.substitute(
        phases="".join(f"    {_row(phase)!r},\n" for phase in arguments["phases"]),
        no_decay=NO_DECAY,
        wrappers=WRAPPERS,
        unwrap=UNWRAP if plan.adapter else "",
        types="from types import MethodType\n" if rests else "",
        imports=imports + ("from torch.nn.modules.batchnorm import _BatchNorm\n" if rests else ""),
        freezing="" if plan.adapter else freezing,
        statistics=STATISTICS if rests else "",
        opt=arguments["opt"],
    )
    if plan.adapter:
        first = "# model = timm.utils.model.freeze_batch_norm_2d(model)\n" if _batch_norm(plan) else ""
        text = f"{first}# model = {wrapped('model', arguments['lora_config'])}\n{text}"
    return text


def _row(phase: Told) -> tuple[object, ...]:
    patterns, decays = phase["patterns"], phase["weight_decay"]
    groups = [(name, patterns[name], scale, decays[name]) for name, scale in phase["lr_scale"].items()]
    return phase["freeze"], groups, phase["lr"], phase["scheduler"].rpartition(".")[2], phase["scheduler_kwargs"]
