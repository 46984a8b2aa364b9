"""The lightning export of plans: form, and agreement with the plan. tests/real runs it in Lightning."""

import ast
import re
from itertools import accumulate
from typing import Any

import msgspec
import pytest

from service.contract.freeze import FreezePlanAnswer, PlanExport
from service.contract.words import CurveShape, Trainer
from service.dialects import exports
from service.knowledge.loader import load
from tests.ask import job, merged
from tests.dialects.hub_plans import planned, told
from tests.dialects.jobs import shaped

JOB: dict[str, Any] = {"model": "resnet18", "dataset": {"examples": 5000, "classes": 10}}
FEW: dict[str, Any] = {"dataset": {"examples": 100, "classes": 10}, "similarity": 8}


def exported(**body: Any) -> tuple[FreezePlanAnswer, PlanExport]:
    request = job(merged({**JOB, **body, "dialects": ["lightning"]}))
    answer = exports.freeze_plan(request, load(), True)
    (export,) = answer.exports
    return answer, export


@pytest.mark.parametrize("body", [{}, FEW, {"strategy": "full-fine-tuning"}, {"model": "bert-base-uncased"}])
def test_the_schedule_thaws_each_parameter_once(body: dict[str, Any]) -> None:
    answer, export = exported(**body)
    assert export.dialect is Trainer.LIGHTNING
    assert export.plan_hash == answer.freeze_plan.plan_hash
    depths = export.arguments["ft_schedule"]
    assert list(depths) == [str(index) for index in range(len(answer.phases))]
    params = [pattern for depth in depths.values() for pattern in depth["params"]]
    assert len(params) == len(set(params))
    blocks = answer.freeze_plan.blocks
    trained = {blocks[index].pattern for index in answer.phases[-1].train_blocks if blocks[index].params != 0}
    assert set(params) == {"^model\\." + (pattern or "").removeprefix("^") for pattern in trained}
    assert [depth["max_transition_epoch"] for depth in depths.values()] == list(
        accumulate(round(phase.epochs) for phase in answer.phases)
    )
    assert export.arguments["Trainer"]["max_epochs"] == depths[str(len(depths) - 1)]["max_transition_epoch"]


def test_rates_of_a_phase_are_for_two_groups_of_each_block_with_the_frozen_at_zero() -> None:
    answer, export = exported(**FEW)
    assert answer.lr_schedule is not None
    groups = [group for group in answer.lr_schedule.groups if group.peak_rate > 0]
    depths = list(export.arguments["ft_schedule"].values())
    assert "new_lr_scheduler" not in depths[0]
    for phase, depth in zip(answer.phases[1:], depths[1:], strict=True):
        rates = depth["new_lr_scheduler"]["init_pg_lrs"]
        assert len(rates) == 2 * len(groups)
        assert rates[::2] == rates[1::2]
        assert sum(rate > 0 for rate in rates[::2]) == len(phase.train_blocks)
        assert depth["new_lr_scheduler"]["pl_lrs_cfg"]["interval"] == "step"
    last = depths[-1]["new_lr_scheduler"]["init_pg_lrs"]
    assert last[::2] == [group.peak_rate for group in groups]


def test_yaml_numbers_are_numbers_in_yaml_1_1() -> None:
    _, export = exported(**FEW)
    assert not re.search(r"[ \[]\d+e-", export.text)
    assert all(line == line.rstrip() for line in export.text.splitlines())
    assert [line for line in export.text.splitlines() if re.fullmatch(r"\d+:", line)] == [
        f"{index}:" for index in range(len(export.arguments["ft_schedule"]))
    ]


@pytest.mark.parametrize("body", [{}, FEW, {"model": "bert-base-uncased", "strategy": "parameter-efficient"}])
def test_the_module_is_python(body: dict[str, Any]) -> None:
    answer, export = exported(**body)
    text = export.arguments["plan.py"]
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert classes == ["PlanCurve", "Planned"]
    assert ("on_train_epoch_start" in text) is answer.freeze_plan.norm.frozen_statistics
    assert all(line == line.rstrip() for line in text.splitlines())


def test_an_adapter_is_thawed_by_peft_s_names() -> None:
    _, export = exported(model="bert-base-uncased", strategy="parameter-efficient")
    (pattern,) = export.arguments["ft_schedule"]["0"]["params"]
    for name, found in {
        "model.base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.default.weight": True,
        "model.base_model.model.classifier.modules_to_save.default.weight": True,
        "model.base_model.model.classifier.original_module.weight": False,
        "model.base_model.model.bert.encoder.layer.0.attention.self.query.base_layer.weight": False,
    }.items():
        assert bool(re.match(pattern, name)) is found


def test_losses() -> None:
    _, one = exported(strategy="feature-extraction")
    assert one.exact
    assert not any("keeps its state" in loss for loss in one.losses)
    _, many = exported(**FEW)
    assert any("keeps its state" in loss for loss in many.losses)


@pytest.mark.parametrize(
    ("devices", "strategy", "exact"),
    [(1, "full-fine-tuning", True), (2, "full-fine-tuning", False), (2, "feature-extraction", True)],
)
def test_phases_on_several_devices_come_apart(devices: int, strategy: str, exact: bool) -> None:
    """As `make test-real` saw it: after the second phase two devices of DDP held different weights."""
    answer, export = exported(strategy=strategy, compute={"count": devices}, batch_size=32)
    assert answer.setup.devices == devices
    assert export.exact is exact
    assert any("goes its own way" in loss for loss in export.losses) is not exact


def test_a_plateau_is_watched_by_epochs_and_never_exact() -> None:
    plan = planned(**JOB)
    schedule = msgspec.structs.replace(plan.schedule, shape=CurveShape.REDUCE_ON_PLATEAU)
    phases = [msgspec.structs.replace(phase, curve=shaped(CurveShape.REDUCE_ON_PLATEAU)) for phase in plan.phases]
    export = told(Trainer.LIGHTNING, msgspec.structs.replace(plan, schedule=schedule, phases=phases))
    assert not export.exact
    again = export.arguments["ft_schedule"]["1"]["new_lr_scheduler"]
    assert again["lr_scheduler_init"]["class_path"] == "torch.optim.lr_scheduler.ReduceLROnPlateau"
    assert again["pl_lrs_cfg"]["monitor"] == "val_loss"
    assert "ReduceLROnPlateau(optimizer, factor=0.1, patience=10)" in export.arguments["plan.py"]


def test_epochs_that_are_not_whole_or_not_the_steps_are_losses() -> None:
    plan = planned(**JOB)
    half = [msgspec.structs.replace(phase, epochs=phase.epochs + 0.4) for phase in plan.phases]
    export = told(Trainer.LIGHTNING, msgspec.structs.replace(plan, phases=half))
    assert not export.exact
    assert any("Phases change between whole epochs" in loss for loss in export.losses)
    longer = [msgspec.structs.replace(phase, steps=phase.steps + 1) for phase in plan.phases]
    export = told(Trainer.LIGHTNING, msgspec.structs.replace(plan, phases=longer))
    assert not export.exact
    assert any("optimizer steps, which the epochs must have" in loss for loss in export.losses)


def test_what_closes_again_is_a_loss() -> None:
    plan = planned(**JOB)
    first, last = plan.phases
    closing = [first, msgspec.structs.replace(last, train_blocks=[9]), last]
    closing[1], closing[2] = closing[2], closing[1]
    export = told(Trainer.LIGHTNING, msgspec.structs.replace(plan, phases=closing))
    assert not export.exact
    assert any("What has been thawed stays so" in loss for loss in export.losses)
