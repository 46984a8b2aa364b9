"""The timm export of plans: form, and agreement with the plan. tests/real runs it in timm."""

import ast
from typing import Any

import msgspec
import pytest

from service.contract.freeze import FreezePlanAnswer, PlanExport
from service.contract.words import CurveShape, Trainer, WarmupKind
from service.dialects import exports
from service.knowledge.loader import load
from tests.ask import job, merged
from tests.dialects.hub_plans import planned, told
from tests.dialects.jobs import shaped

JOB: dict[str, Any] = {"model": "resnet18", "dataset": {"examples": 5000, "classes": 10}}


def exported(**body: Any) -> tuple[FreezePlanAnswer, PlanExport]:
    request = job(merged({**JOB, **body, "dialects": ["timm"]}))
    answer = exports.freeze_plan(request, load(), True)
    (export,) = answer.exports
    return answer, export


def test_modules_are_named_as_freeze_takes_them() -> None:
    answer, export = exported()
    first, last = export.arguments["phases"]
    assert first["freeze"] == ["conv1", "bn1", *(f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1))]
    assert set(last["freeze"]) < set(first["freeze"])
    assert first["freeze_parameters"] == []
    assert export.arguments["include_bn_running_stats"] is True
    assert export.plan_hash == answer.freeze_plan.plan_hash
    assert export.dialect is Trainer.TIMM


def test_bare_parameters_stand_apart_since_freeze_refuses_them() -> None:
    _, export = exported(model="vit_base_patch16_224", strategy="feature-extraction")
    (phase,) = export.arguments["phases"]
    assert phase["freeze_parameters"] == ["cls_token", "pos_embed"]
    assert "patch_embed" in phase["freeze"]
    assert phase["lr_scale"] == {next(iter(phase["lr_scale"])): 1.0}


@pytest.mark.parametrize("model", ["resnet18", "vit_base_patch16_224", "efficientnet_b0", "convnext_tiny"])
@pytest.mark.parametrize("strategy", ["partial-fine-tuning", "full-fine-tuning"])
def test_the_text_is_exact_and_rates_are_the_plan_s(model: str, strategy: str) -> None:
    answer, export = exported(model=model, strategy=strategy)
    ast.parse(export.text)
    assert all(line == line.rstrip() for line in export.text.splitlines())
    assert export.exact
    assert "def apply_plan(model, phase):" in export.text
    assert answer.lr_schedule is not None
    groups = {group.name: group for group in answer.lr_schedule.groups}
    last = export.arguments["phases"][-1]
    for name, scale in last["lr_scale"].items():
        assert scale * last["lr"] == pytest.approx(groups[name].peak_rate, rel=1e-9)
        assert last["patterns"][name] == groups[name].pattern
    assert max(last["lr_scale"].values()) == 1.0


def test_flags_of_train_py_and_what_they_lose() -> None:
    answer, export = exported(model="vit_base_patch16_224", strategy="full-fine-tuning")
    schedule = answer.lr_schedule
    assert schedule is not None
    flags = export.arguments["train.py"]
    assert (flags["--opt"], flags["--sched"], flags["--sched-on-updates"]) == ("adamw", "cosine", True)
    assert flags["--layer-decay"] == schedule.layer_decay
    assert flags["--lr"] == max(group.peak_rate for group in schedule.groups)
    assert not any("freeze" in loss for loss in export.losses[1:])
    _, frozen = exported(strategy="feature-extraction")
    assert "train.py has no flag to freeze: call apply_plan in a script of your own." in frozen.losses


def test_an_adapter_is_put_on_by_peft_and_nothing_is_frozen_by_name() -> None:
    _, export = exported(model="vit_base_patch16_224", strategy="parameter-efficient")
    assert export.exact
    assert export.text.startswith("# model = peft.get_peft_model(model, peft.LoraConfig(r=")
    assert "unfreeze(model)" not in export.text
    assert "import freeze" not in export.text


def curved(shape: CurveShape, **changes: float | WarmupKind) -> PlanExport:
    """The export of a plan whose phases have another curve."""
    plan = planned(**JOB, strategy="feature-extraction")
    phases = [msgspec.structs.replace(phase, curve=shaped(shape, **changes)) for phase in plan.phases]
    return told(Trainer.TIMM, msgspec.structs.replace(plan, phases=phases))


def test_a_curve_that_train_py_lacks_has_no_flags() -> None:
    export = curved(CurveShape.WARMUP_STABLE_DECAY, hold_steps=20, warmup_steps=10)
    assert export.exact
    assert export.arguments["phases"][0]["scheduler"] == "timm.scheduler.WSDLRScheduler"
    assert export.arguments["train.py"] == {}
    assert any("train.py has no flags for this curve" in loss for loss in export.losses)


@pytest.mark.parametrize(
    ("shape", "changes"),
    [(CurveShape.REDUCE_ON_PLATEAU, {}), (CurveShape.COSINE, {"warmup_steps": 10, "warmup_kind": WarmupKind.COSINE})],
)
def test_a_curve_that_timm_lacks_is_not_exact(shape: CurveShape, changes: dict[str, Any]) -> None:
    export = curved(shape, **changes)
    assert not export.exact
    assert export.text.startswith("# Use apply_plan of the pytorch export")
