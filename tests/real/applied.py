# pyright: basic, reportMissingImports=false
"""What a plan asks of a torch model, read from the plan itself, and whether a model does it."""

import re
from typing import Any

import torch

from service.contract.freeze import FreezePlanAnswer, PlanExport
from service.contract.schedule import TrainingPhase
from service.contract.words import BlockKind
from service.core.freezing.self_check import WRAPPING
from service.core.schedule.curve.curves import curve
from service.dialects import exports
from service.knowledge.loader import load
from tests.ask import job, merged


def planned(dialect: str, **body: Any) -> tuple[FreezePlanAnswer, PlanExport]:
    """The answer of `/freeze-plan`, and its one export, in 32 bits: trainers run here on a CPU."""
    whole = {"precision": "fp32", "dataset": {"examples": 5000, "classes": 10}, "dialects": [dialect], **body}
    request = job(merged(whole))
    answer = exports.freeze_plan(request, load(), False)
    return answer, answer.exports[0]


def listed(model: torch.nn.Module) -> list[dict[str, Any]]:
    """A model as the request takes it."""
    return [{"name": name, "shape": list(p.shape)} for name, p in model.named_parameters()]


def rates(answer: FreezePlanAnswer, phase: TrainingPhase, model: torch.nn.Module) -> dict[str, float]:
    """The peak rate of every parameter that the phase trains, by name."""
    assert answer.lr_schedule is not None
    plan, groups = answer.freeze_plan, {group.pattern: group.peak_rate for group in answer.lr_schedule.groups}
    found: dict[str, float] = {}
    for name, _ in model.named_parameters():
        plain = re.sub(WRAPPING, "", name)
        block = next((each for each in plan.blocks if re.search(str(each.pattern), plain)), None)
        if plan.adapter and "lora_" in name:
            found[name] = phase.backbone_rate
        elif block and block.index in phase.train_blocks and ".original_module." not in name:
            found[name] = phase.head_rate if block.kind is BlockKind.HEAD else groups[block.pattern]
    return found


def factors(phase: TrainingPhase, steps: int = 20) -> list[float]:
    """The factor at each of the first steps."""
    factor = curve(phase.curve)
    return [factor(step) for step in range(min(steps, phase.steps))]


def is_frozen_as_planned(answer: FreezePlanAnswer, phase: TrainingPhase, model: torch.nn.Module) -> None:
    """Exactly the phase's parameters require a gradient, and their number is the one that was told beforehand."""
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert trained == set(rates(answer, phase, model))
    told = answer.freeze_plan.phases[phase.index].trainable
    assert told is not None
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == told


def moves_what_trains(
    answer: FreezePlanAnswer,
    phase: TrainingPhase,
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: dict[str, torch.Tensor],
) -> None:
    """Two steps move exactly what trains, and no running statistic of a frozen block.

    Two, since the first leaves a LoRA's A as it was: its B is zero. The rate of the step is set to 1e-3, since a
    warm-up starts from 0.
    """
    model.train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for group in optimizer.param_groups:
        group["lr"] = 1e-3
    for _ in range(2):
        told = model(**inputs)
        values = told.logits if hasattr(told, "logits") else told
        (values * torch.randn_like(values)).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    trained = set(rates(answer, phase, model))
    statistics = {
        name for name in moved if name.rpartition(".")[2] in ("running_mean", "running_var", "num_batches_tracked")
    }
    assert moved - statistics == trained, moved ^ trained
    if answer.freeze_plan.norm.frozen_statistics:
        blocks = [each for each in answer.freeze_plan.blocks if each.index not in phase.train_blocks]
        assert not [name for name in statistics if any(re.search(str(each.pattern), name) for each in blocks)]
    assert not statistics or any("running_mean" in name for name in statistics)
