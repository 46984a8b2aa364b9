# pyright: basic, reportMissingImports=false
"""`apply_plan` as it is exported for timm, run on timm's models; and the flags of its train.py."""

from typing import Any

import tests.real.operators  # noqa: F401

# isort: split

import pytest
import timm
import torch
from peft import LoraConfig, get_peft_model
from timm.layers import FrozenBatchNormAct2d
from timm.optim import create_optimizer_v2
from torchvision.ops import FrozenBatchNorm2d

from service.contract.freeze import FreezePlanAnswer, PlanExport
from tests.real.applied import factors, is_frozen_as_planned, moves_what_trains, planned, rates

pytestmark = pytest.mark.filterwarnings("ignore")

SMALL, LARGE = {"x": torch.randn(4, 3, 64, 64)}, {"x": torch.randn(1, 3, 224, 224)}
FEW = {"dataset": {"examples": 100, "classes": 10}, "similarity": 8}


def built(name: str) -> torch.nn.Module:
    return timm.create_model(name, num_classes=10)


def run(answer: FreezePlanAnswer, export: PlanExport, model: torch.nn.Module) -> None:
    """All phases, one after the other, on one model."""
    names: dict[str, Any] = {}
    exec(answer.freeze_plan.self_check_code, names)  # noqa: S102
    exec(export.text, names)  # noqa: S102
    for phase in answer.phases:
        optimizer, scheduler = names["apply_plan"](model, phase.index)
        model.train()
        names["check_plan"](model, optimizer, phase.index)
        is_frozen_as_planned(answer, phase, model)
        wanted, held = rates(answer, phase, model), {id(p): name for name, p in model.named_parameters()}
        for update, factor in enumerate(factors(phase), 1):
            for group in optimizer.param_groups:
                (peak,) = {wanted[held[id(p)]] for p in group["params"]}
                assert group["lr"] == pytest.approx(peak * factor, rel=1e-9, abs=1e-15)
            scheduler.step_update(update)
        moves_what_trains(answer, phase, model, optimizer, LARGE if hasattr(model, "patch_embed") else SMALL)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("resnet18", {}),
        ("resnet18", FEW),
        ("efficientnet_b0", {"strategy": "feature-extraction"}),
        ("vit_small_patch16_224", FEW),
        ("resnet18", {"strategy": "full-fine-tuning"}),
    ],
)
def test_every_phase(name: str, body: dict[str, Any]) -> None:
    answer, export = planned("timm", model=name, **body)
    assert export.exact or export.losses[0].startswith("No run of this trainer is recorded")
    run(answer, export, built(name))


def test_an_adapter_on_a_frozen_backbone() -> None:
    answer, export = planned("timm", model="vit_small_patch16_224", strategy="parameter-efficient")
    assert export.exact
    run(answer, export, get_peft_model(built("vit_small_patch16_224"), LoraConfig(**export.arguments["lora_config"])))


def test_names_are_those_of_modules_and_of_bare_parameters() -> None:
    _, export = planned("timm", model="vit_small_patch16_224", strategy="feature-extraction")
    model, (phase,) = built("vit_small_patch16_224"), export.arguments["phases"]
    modules, parameters = dict(model.named_modules()), dict(model.named_parameters())
    frozen = {name for name in phase["freeze"] if name in modules}
    bare = {name for name in phase["freeze_parameters"] if name in parameters}
    assert bare == {"cls_token", "pos_embed"}
    timm.utils.freeze(model, sorted(frozen), include_bn_running_stats=True)
    left = {name for name, p in model.named_parameters() if p.requires_grad}
    assert left == bare | {"head.weight", "head.bias"}


def test_frozen_batch_norms_come_back_when_their_phase_begins() -> None:
    answer, export = planned("timm", model="resnet18", **FEW)
    names: dict[str, Any] = {}
    exec(export.text, names)  # noqa: S102
    model = built("resnet18")
    names["apply_plan"](model, 0)
    kinds = FrozenBatchNormAct2d, FrozenBatchNorm2d
    assert all(isinstance(each, kinds) for each in (model.bn1, model.layer4[1].bn2))
    names["apply_plan"](model, len(answer.phases) - 1)
    assert not isinstance(model.layer4[1].bn2, kinds)


@pytest.mark.parametrize("body", [{"strategy": "full-fine-tuning"}, {}])
@pytest.mark.parametrize("name", ["vit_small_patch16_224", "resnet18", "convnext_tiny"])
def test_layer_decay_is_said_to_be_the_plan_only_where_it_is(name: str, body: dict[str, Any]) -> None:
    answer, export = planned("timm", model=name, **body)
    flags, model, phase = export.arguments["train.py"], built(name), answer.phases[-1]
    wanted = rates(answer, phase, model)
    for each, p in model.named_parameters():
        p.requires_grad_(each in wanted)
    optimizer = create_optimizer_v2(
        model,
        opt=flags["--opt"],
        lr=flags["--lr"],
        weight_decay=flags["--weight-decay"],
        layer_decay=flags["--layer-decay"],
        layer_decay_min_scale=flags["--layer-decay-min-scale"],
    )
    names = {id(p): each for each, p in model.named_parameters()}
    got = {names[id(p)]: group["lr"] * group["lr_scale"] for group in optimizer.param_groups for p in group["params"]}
    same = got == pytest.approx(wanted, rel=1e-9)
    lost = any("--layer-decay" in loss for loss in export.losses)
    assert same is not lost
