"""The pytorch export of plans: form, and agreement with the plan. tests/real runs it in torch."""

import ast
import math
import re
from typing import Any

import pytest

from service.contract.freeze import FreezePlanAnswer, PlanExport
from service.contract.schedule import ScheduleGroup
from service.contract.words import BlockKind, BlockState, Trainer
from service.core.schedule.curve.curves import curve
from service.dialects import exports
from service.dialects.words.phase_groups import NO_DECAY
from service.knowledge.loader import load
from tests.ask import job, merged

JOB: dict[str, Any] = {"model": "resnet18", "dataset": {"examples": 5000, "classes": 10}}
JOBS = [
    JOB,
    {**JOB, "dataset": {"examples": 100, "classes": 10}, "similarity": 8},
    {**JOB, "strategy": "full-fine-tuning"},
    {**JOB, "strategy": "feature-extraction"},
    {**JOB, "model": "bert-base-uncased", "strategy": "parameter-efficient"},
    {**JOB, "model": "t5-small"},
    {**JOB, "model": "vit_base_patch16_224", "optimizer": "sgd"},
]


def exported(**body: Any) -> tuple[FreezePlanAnswer, PlanExport]:
    request = job(merged({**body, "dialects": ["pytorch"]}))
    answer = exports.freeze_plan(request, load(), True)
    (export,) = answer.exports
    return answer, export


@pytest.mark.parametrize("body", JOBS)
def test_the_text_is_a_short_function_over_the_plan_s_groups(body: dict[str, Any]) -> None:
    answer, export = exported(**body)
    assert export.dialect is Trainer.PYTORCH
    assert export.plan_hash == answer.freeze_plan.plan_hash
    assert export.exact
    assert all(line == line.rstrip() for line in export.text.splitlines())
    (helper,) = [
        node for node in ast.parse(export.text).body if isinstance(node, ast.FunctionDef) and node.name == "apply_plan"
    ]
    assert helper.end_lineno is not None
    assert helper.end_lineno - helper.lineno + 1 <= 20
    assert ("_BatchNorm" in export.text) is answer.freeze_plan.norm.frozen_statistics
    assert ("peft" in export.text) is (answer.freeze_plan.adapter is not None)


@pytest.mark.parametrize("body", JOBS)
def test_the_data_are_the_plan(body: dict[str, Any]) -> None:
    answer, export = exported(**body)
    plan, schedule, told = answer.freeze_plan, answer.lr_schedule, export.arguments
    assert schedule is not None
    assert [(each["name"], each["pattern"], each["lr"]) for each in told["groups"]] == [
        (group.name, group.pattern, group.peak_rate) for group in schedule.groups
    ]
    assert len({group.name for group in schedule.groups}) == len(schedule.groups)
    groups = {group.name: group for group in schedule.groups}
    for phase, each in zip(answer.phases, told["phases"], strict=True):
        trained = {plan.blocks[index].pattern for index in phase.train_blocks if plan.blocks[index].params != 0}
        adapters = {"lora_"} if plan.adapter else set[str]()
        assert {groups[name].pattern for name in each["train"]} == trained | adapters
        assert (each["steps"], each["epochs"], each["name"]) == (phase.steps, phase.epochs, phase.name)
        for name, rate in each["lr"].items():
            assert rate == expected(answer, groups[name], phase.backbone_rate, phase.head_rate)
        factor = each["scheduler"]["lr_lambda"]
        names = {"cos": math.cos, "pi": math.pi, "sqrt": math.sqrt}
        for step in range(0, phase.steps + 1, 97):
            assert eval(factor, {**names, "s": step}) == pytest.approx(curve(phase.curve)(step), abs=1e-12)  # noqa: S307
    assert all(group["state"] != BlockState.FROZEN or group["lr"] == 0 for group in told["groups"])


def expected(answer: FreezePlanAnswer, group: ScheduleGroup, backbone: float, head: float) -> float:
    if group.pattern == "lora_":
        return backbone
    (block,) = [block for block in answer.freeze_plan.blocks if block.pattern == group.pattern]
    return head if block.kind is BlockKind.HEAD else group.peak_rate


def test_losses_say_what_is_left_to_the_caller() -> None:
    _, export = exported(**JOB)
    assert export.losses == ["Phases end after their steps; stopping after 3 evaluations without gain is left to you."]
    _, export = exported(**JOBS[-1])
    assert any("momentum" in loss.lower() for loss in export.losses)


def test_an_adapter_s_fields_are_peft_s() -> None:
    answer, export = exported(**JOBS[4])
    adapter = answer.freeze_plan.adapter
    assert adapter is not None
    assert export.arguments["lora_config"] == {
        "r": adapter.rank,
        "lora_alpha": adapter.alpha,
        "lora_dropout": adapter.dropout,
        "target_modules": adapter.targets,
        "modules_to_save": adapter.modules_to_save,
        "fan_in_fan_out": adapter.fan_in_fan_out,
    }


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("blocks.0.mlp.fc1.bias", True),
        ("pos_embed", True),
        ("vit.embeddings.position_embeddings", True),
        ("cls_token", True),
        ("transformer.wpe.weight", True),
        ("encoder.pos_embedding", True),
        ("blocks.0.mlp.fc1.weight", False),
        ("bias_layer.weight", False),
        ("embed_tokens.weight", False),
    ],
)
def test_what_takes_no_weight_decay(name: str, kept: bool) -> None:
    assert bool(re.search(NO_DECAY, name)) is kept
