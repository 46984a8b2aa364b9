"""What every export of a plan says: the groups of a phase, its schedule, and what is commonly lost."""

from collections.abc import Callable

import msgspec

from service.contract.freeze import FreezeAdapter, FreezeBlock
from service.contract.schedule import ScheduleCurve, ScheduleGroup, TrainingPhase
from service.contract.words import BlockState, Optimizer
from service.core.schedule.curve.curves import steady
from service.core.schedule.param_groups import ADAPTERS
from service.dialects.plan import Plan
from service.dialects.takes import Said, Told
from service.dialects.words.schedule_words import keywords

NO_DECAY = (
    r"(?:^|\.)(?:bias$|pos_embed|position(?:al)?_embedding|wpe\.|"
    r"(?:cls|class|dist|distillation|reg|register)_tokens?|class_embedding)"
)
"""Names of parameters that take no weight decay, beside those of one dimension: `LrSchedule.no_decay` as a pattern."""

UNIT = ScheduleGroup("all", None, BlockState.FULL_RATE, 1.0, 1.0, 0.0)
"""A rate of 1, so that rates stand for factors."""


def phase_groups(plan: Plan, phase: TrainingPhase) -> list[ScheduleGroup]:
    """The groups that train in a phase, stem to head, each with its peak rate there; adapters stand before the head.

    `relative` is the peak rate divided by the highest of this phase. Tied heads are in no group.
    """
    blocks = {block.pattern: block for block in plan.freeze.blocks}
    rates: list[tuple[ScheduleGroup, float]] = []
    for group in plan.schedule.groups:
        if plan.adapter and group.name == ADAPTERS:
            rates.append((group, phase.backbone_rate))
        elif block := blocks.get(group.pattern):
            rates.append((group, plan.rate(phase, block)))
    highest = max((rate for _, rate in rates), default=0.0)
    return [
        msgspec.structs.replace(group, peak_rate=rate, relative=steady(rate / highest))
        for group, rate in rates
        if rate > 0
    ]


def frozen_in(plan: Plan, phase: TrainingPhase) -> list[FreezeBlock]:
    """The blocks that have parameters of their own and do not train in a phase."""
    return [block for block in plan.freeze.blocks if block.params != 0 and block.index not in phase.train_blocks]


def phase_schedule(
    plan: Plan, phase: TrainingPhase, export: Callable[[ScheduleCurve, list[ScheduleGroup], Optimizer], Said]
) -> Said:
    """The curve of a phase in a trainer's words, with the losses of curve and rates only; see `optimizer_losses`.

    Raises ValueError where the phase trains nothing.
    """
    return export(phase.curve, phase_groups(plan, phase), plan.schedule.optimizer)


def lora_config(adapter: FreezeAdapter) -> Told:
    """The fields of peft's `LoraConfig`."""
    return {
        "r": adapter.rank,
        "lora_alpha": adapter.alpha,
        "lora_dropout": adapter.dropout,
        "target_modules": adapter.targets,
        "modules_to_save": adapter.modules_to_save or None,
        "fan_in_fan_out": adapter.fan_in_fan_out,
    }


def wrapped(network: str, config: Told) -> str:
    """The call that puts peft's adapter into a network."""
    return f"peft.get_peft_model({network}, peft.LoraConfig({keywords(config)}))"
