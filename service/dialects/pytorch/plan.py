"""PyTorch: a function that freezes for one phase and builds its optimizer and scheduler. Exact, but for a plateau.

A parameter is frozen by `requires_grad_(False)` on the tensor or the module; `module.requires_grad = False` does
nothing. A frozen batch norm is put into evaluation mode and told to stay there, whatever `model.train()` says.
"""

from string import Template

from service.contract.schedule import ScheduleGroup, TrainingPhase
from service.core.freezing.self_check import WRAPPERS, WRAPPING
from service.dialects.plan import Plan
from service.dialects.pytorch.schedule import OPTIMIZERS
from service.dialects.pytorch.schedule import export as export_schedule
from service.dialects.takes import Said, Told
from service.dialects.words.forms import PLATEAU
from service.dialects.words.losses import adapter_losses, optimizer_losses, stop_losses
from service.dialects.words.phase_groups import NO_DECAY, lora_config, phase_groups, phase_schedule, wrapped
from service.dialects.words.schedule_words import keywords
from service.dialects.words.setup_words import told_setup

TEXT = Template('''\
import re
from math import cos, pi, sqrt
$imports
from torch.optim import $optimizer
from torch.optim.lr_scheduler import $scheduler

# Each phase: (name, pattern, peak rate, weight decay) of the groups that train, and the curve's factor at step s.
PHASES = [
$phases]
NO_DECAY = r"$no_decay"
WRAPPERS = r"$wrappers"


def find(groups, name):
    """The number of the group that trains a parameter, or None."""
$unwrap    bare = re.sub(WRAPPERS, "", name)
    return next((i for i, (_, p, *_) in enumerate(groups) if re.search(p, name) or re.search(p, bare)), None)


def apply_plan(model, phase):
    """Freezes for a phase, from 0, and gives its optimizer and scheduler. $when"""
    groups, factor = PHASES[phase]
    held = {}
    for name, p in model.named_parameters():
        i = find(groups, name)
        p.requires_grad_(i is not None)
        if i is not None:
            held.setdefault((i, p.ndim <= 1 or bool(re.search(NO_DECAY, name))), []).append(p)
$statistics    optimizer = $optimizer(
        {"params": params, "name": groups[i][0], "lr": groups[i][2], "weight_decay": 0.0 if plain else groups[i][3]}
        for (i, plain), params in held.items()
    )
    return optimizer, $built
''')

STATISTICS = """\
    for name, m in model.named_modules():
        if isinstance(m, _BatchNorm):
            vars(m).pop("train", None)
            m.train(model.training)
            if find(groups, name + ".weight") is None:
                m.eval().train = MethodType(lambda self, mode=True: self, m)  # model.train() leaves it in eval mode
"""

UNWRAP = f"""\
    if ".original_module." in name:
        return None
    name = re.sub(r"{WRAPPING}", "", name)
"""


def export(plan: Plan) -> Said:
    """Groups and phases as data, and `apply_plan(model, phase)` as text."""
    freeze = plan.freeze
    schedules = [phase_schedule(plan, phase, export_schedule) for phase in plan.phases]
    groups = [phase_groups(plan, phase) for phase in plan.phases]
    arguments: Told = {
        "groups": [
            {
                "name": group.name,
                "pattern": group.pattern,
                "state": group.state.value,
                "lr": group.peak_rate,
                "weight_decay": group.weight_decay,
            }
            for group in plan.schedule.groups
        ],
        "phases": [
            _phase(phase, trained, schedule.arguments)
            for phase, trained, schedule in zip(plan.phases, groups, schedules, strict=True)
        ],
        "optimizer": f"torch.optim.{OPTIMIZERS[plan.schedule.optimizer]}",
        "no_decay": NO_DECAY,
        "frozen_statistics": freeze.norm.frozen_statistics,
        "setup": told_setup(plan),
    }
    if freeze.adapter:
        arguments["lora_config"] = lora_config(freeze.adapter)
    losses = list(dict.fromkeys(loss for schedule in schedules for loss in schedule.losses))
    losses += adapter_losses(plan)
    return Said(
        exact=not losses,
        arguments=arguments,
        text=_text(plan, groups, arguments),
        losses=[*losses, *stop_losses(plan), *optimizer_losses(plan)],
    )


def _phase(phase: TrainingPhase, groups: list[ScheduleGroup], schedule: Told) -> Told:
    """A phase as data: its groups' peak rates, and the scheduler with its options."""
    settled = ("optimizer", "lr", "weight_decay")
    return {
        "name": phase.name,
        "epochs": phase.epochs,
        "steps": phase.steps,
        "train": [group.name for group in groups],
        "lr": {group.name: group.peak_rate for group in groups},
        "scheduler": {key: value for key, value in schedule.items() if key not in settled},
    }


def _text(plan: Plan, groups: list[list[ScheduleGroup]], arguments: Told) -> str:
    """The module. Under an adapter, the model is the one that peft has made of it."""
    schedules = [phase["scheduler"] for phase in arguments["phases"]]
    scheduler = schedules[0]["scheduler"].rpartition(".")[2]
    plateau = scheduler != "LambdaLR"
    statistics = plan.rests
    rows = [
        f"    ({_rows(trained)}, {None if plateau else 'lambda s: ' + schedule['lr_lambda']}),\n"
        for trained, schedule in zip(groups, schedules, strict=True)
    ]
    imports = ["from types import MethodType\n", "from torch.nn.modules.batchnorm import _BatchNorm"]
    text = TEXT.substitute(
        imports="\n".join(imports) if statistics else "",
        optimizer=arguments["optimizer"].rpartition(".")[2],
        scheduler=scheduler,
        phases="".join(rows),
        no_decay=NO_DECAY,
        wrappers=WRAPPERS,
        unwrap=UNWRAP if plan.freeze.adapter else "",
        when="Step it after every validation." if plateau else "Step it after every optimizer step.",
        statistics=STATISTICS if statistics else "",
        built=f"ReduceLROnPlateau(optimizer, {keywords(PLATEAU)})" if plateau else "LambdaLR(optimizer, factor)",
    )
    if plan.freeze.adapter:
        text = f"# model = {wrapped('model', arguments['lora_config'])}\n{text}"
    return text


def _rows(groups: list[ScheduleGroup]) -> list[tuple[str, str | None, float, float]]:
    return [(group.name, group.pattern, group.peak_rate, group.weight_decay) for group in groups]
