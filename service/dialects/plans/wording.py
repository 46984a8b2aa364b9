"""What every export of a plan says: the groups of a phase, its schedule, and what is commonly lost."""

import re
from typing import Any

import msgspec

from service.contract.freeze import Adapter, FreezeBlock
from service.contract.schedule import Export, Phase, RateGroup
from service.contract.words import Dialect
from service.core.curves import steady
from service.core.grouping import ADAPTERS
from service.dialects.plans.plan import Plan
from service.dialects.schedules import EXPORTERS
from service.dialects.schedules.wording import optimizer_losses as losses_of_optimizer

Told = dict[str, Any]
"""JSON values by name."""

NO_DECAY = (
    r"(?:^|\.)(?:bias$|pos_embed|position(?:al)?_embedding|wpe\.|"
    r"(?:cls|class|dist|distillation|reg|register)_tokens?|class_embedding)"
)
"""Names of parameters that take no weight decay, beside those of one dimension: `LrSchedule.no_decay` as a pattern."""


def phase_groups(plan: Plan, phase: Phase) -> list[RateGroup]:
    """The groups that train in a phase, stem to head, each with its peak rate there; adapters stand before the head.

    `relative` is the peak rate divided by the highest of this phase. Tied heads are in no group.
    """
    blocks = {block.pattern: block for block in plan.freeze.blocks}
    rates: list[tuple[RateGroup, float]] = []
    for group in plan.schedule.groups:
        if plan.adapter and group.name == ADAPTERS:
            rates.append((group, phase.trunk_rate))
        elif block := blocks.get(group.pattern):
            rates.append((group, plan.rate(phase, block)))
    highest = max((rate for _, rate in rates), default=0.0)
    return [
        msgspec.structs.replace(group, peak_rate=rate, relative=steady(rate / highest))
        for group, rate in rates
        if rate > 0
    ]


def frozen_in(plan: Plan, phase: Phase) -> list[FreezeBlock]:
    """The blocks that have parameters of their own and do not train in a phase."""
    return [block for block in plan.freeze.blocks if block.params != 0 and block.index not in phase.train_blocks]


def phase_schedule(plan: Plan, phase: Phase, dialect: Dialect) -> Export:
    """The curve of a phase in a trainer's words, with the losses of curve and rates only; see `optimizer_losses`.

    Raises ValueError where the phase trains nothing.
    """
    return EXPORTERS[dialect](phase.curve, phase_groups(plan, phase), plan.schedule.optimizer)


def phase_losses(plan: Plan) -> list[str]:
    """What is lost with a trainer that knows one phase for each run."""
    if len(plan.phases) == 1:
        return []
    runs = f"One run is one phase: run the {len(plan.phases)} phases one after the other"
    return [f"{runs}, each from the weights of the one before, with a new optimizer and schedule."]


def statistics_losses(plan: Plan, way_out: str) -> list[str]:
    """What is lost with a trainer that leaves frozen batch-norm layers in training mode."""
    if not plan.freeze.norm.frozen_statistics or not any(frozen_in(plan, phase) for phase in plan.phases):
        return []
    return [f"Frozen batch-norm layers go on updating their running statistics. {way_out}"]


def stop_losses(plan: Plan) -> list[str]:
    """What is lost with a trainer that does not stop a phase when its metric stalls."""
    if not any(phase.patience for phase in plan.phases):
        return []
    patience = " or ".join(dict.fromkeys(str(phase.patience) for phase in plan.phases))
    return [f"Phases end after their steps; stopping after {patience} evaluations without gain is left to you."]


def optimizer_losses(plan: Plan) -> list[str]:
    """What the plan leaves open of the optimizer, in a trainer that keeps norms and biases out of weight decay."""
    groups = [msgspec.structs.replace(group, weight_decay=0.0) for group in plan.schedule.groups]
    return losses_of_optimizer(plan.schedule.optimizer, groups)


def lora_config(adapter: Adapter) -> Told:
    """The fields of peft's `LoraConfig`."""
    return {
        "r": adapter.rank,
        "lora_alpha": adapter.alpha,
        "lora_dropout": adapter.dropout,
        "target_modules": adapter.targets,
        "modules_to_save": adapter.modules_to_save or None,
        "fan_in_fan_out": adapter.fan_in_fan_out,
    }


def adapter_losses(plan: Plan) -> list[str]:
    """What is left open of an adapter."""
    if plan.freeze.adapter is None or plan.freeze.adapter.targets:
        return []
    return ["No layers that an adapter suits are known in this model: name them in target_modules."]


def alternatives(pattern: str) -> list[str]:
    r"""The names that an anchored pattern stands for: each ends in "." (all below it) or "$" (the name itself).

    `^(?:cls_token$|blocks\.0\.)` gives ["cls_token$", "blocks.0."]; an optional part gives both. Empty where the
    pattern holds more than groups, alternatives, digits in brackets and escaped characters.
    """
    if not pattern.startswith("^"):
        return []
    try:
        found, rest = _choices(pattern[1:])
    except ValueError:
        return []
    return found if not rest and all(each.endswith((".", "$")) for each in found) else []


def _choices(text: str) -> tuple[list[str], str]:
    """The strings of alternatives up to a closing bracket, and the text from that bracket on."""
    found: list[str] = []
    while True:
        branch, text = _sequence(text)
        found += branch
        if not text.startswith("|"):
            return found, text
        text = text[1:]


def _sequence(text: str) -> tuple[list[str], str]:
    """The strings of one alternative, and the text from its end on."""
    strings = [""]
    while text and text[0] not in "|)":
        if text.startswith("(?:"):
            parts, text = _choices(text[3:])
            if not text.startswith(")"):
                raise ValueError(text)
            text = text[1:]
            if text.startswith("?"):
                parts, text = ["", *parts], text[1:]
        elif text[0] == "\\" and len(text) > 1 and not text[1].isalnum():
            parts, text = [text[1]], text[2:]
        elif digits := re.match(r"\[(?:(\d)-(\d)|\d+)\]", text):
            first, last = digits[1], digits[2]
            inside = range(int(first), int(last) + 1) if first else digits[0][1:-1]
            parts, text = [str(digit) for digit in inside], text[digits.end() :]
        elif text[0].isalnum() or text[0] in "_$-":
            parts, text = [text[0]], text[1:]
        else:
            raise ValueError(text)
        strings = [left + right for left in strings for right in parts]
    return strings, text
