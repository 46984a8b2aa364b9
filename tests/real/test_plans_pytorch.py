# pyright: basic, reportMissingImports=false
"""`apply_plan` as it is exported, run on models with random weights."""

from typing import Any

import tests.real.operators  # noqa: F401

# isort: split

import pytest
import timm
import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    GPT2Config,
    GPT2Model,
)

from service.contract.freeze import FreezePlanAnswer, PlanExport
from service.core.schedule.curve.curves import curve
from tests.real.applied import factors, is_frozen_as_planned, listed, moves_what_trains, planned, rates

pytestmark = pytest.mark.filterwarnings("ignore")

IMAGES, LARGE = {"x": torch.randn(4, 3, 64, 64)}, {"x": torch.randn(1, 3, 224, 224)}
WORDS = {"input_ids": torch.arange(24).reshape(4, 6)}
FEW = {"dataset": {"examples": 100, "classes": 10}, "similarity": 8}


class Small(torch.nn.Module):
    """A model that nobody has heard of, with batch norms."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8))
        self.layers = torch.nn.ModuleList(
            torch.nn.Sequential(torch.nn.Conv2d(8, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.ReLU()) for _ in range(4)
        )
        self.head = torch.nn.Linear(8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for layer in self.layers:
            x = layer(x)
        return self.head(x.mean((2, 3)))


def resnet() -> torch.nn.Module:
    return timm.create_model("resnet18", num_classes=10)


def vit() -> torch.nn.Module:
    return timm.create_model("vit_small_patch16_224", num_classes=10)


def distilbert() -> torch.nn.Module:
    return DistilBertForSequenceClassification(DistilBertConfig(num_labels=10, dropout=0.0, seq_classif_dropout=0.0))


def apply(export: PlanExport) -> Any:
    names: dict[str, Any] = {}
    exec(export.text, names)  # noqa: S102
    return names["apply_plan"]


def check(answer: FreezePlanAnswer) -> Any:
    names: dict[str, Any] = {}
    exec(answer.freeze_plan.self_check_code, names)  # noqa: S102
    return names["check_plan"]


def run(answer: FreezePlanAnswer, export: PlanExport, model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> None:
    """All phases, one after the other."""
    assert export.exact
    for phase in answer.phases:
        optimizer, _ = apply(export)(model, phase.index)
        model.train()
        check(answer)(model, optimizer, phase.index)
        is_frozen_as_planned(answer, phase, model)
        follows_the_curve(answer, export, model, phase.index)
        moves_what_trains(answer, phase, model, optimizer, inputs)


def follows_the_curve(answer: FreezePlanAnswer, export: PlanExport, model: torch.nn.Module, index: int) -> None:
    """Each parameter's rate at each step; and no decay for norms and biases."""
    phase = answer.phases[index]
    wanted = rates(answer, phase, model)
    assert answer.lr_schedule is not None
    decays = {group.name: group.weight_decay for group in answer.lr_schedule.groups}
    names = {id(p): name for name, p in model.named_parameters()}
    optimizer, scheduler = apply(export)(model, index)
    for factor in factors(phase):
        for group in optimizer.param_groups:
            (peak,) = {wanted[names[id(p)]] for p in group["params"]}
            assert group["lr"] == pytest.approx(peak * factor, rel=1e-9, abs=1e-15)
        optimizer.step()
        scheduler.step()
    factor = curve(phase.curve)
    for step in range(0, phase.steps + 1, 7):
        assert scheduler.lr_lambdas[0](step) == pytest.approx(factor(step), rel=1e-9, abs=1e-15)
    for group in optimizer.param_groups:
        special = {"pos_embed" in names[id(p)] or "cls_token" in names[id(p)] or p.ndim <= 1 for p in group["params"]}
        assert len(special) == 1
        assert group["weight_decay"] == (0.0 if special == {True} else decays[group["name"]])


@pytest.mark.parametrize(
    ("build", "inputs", "body"),
    [
        (resnet, IMAGES, {"model": "resnet18"}),
        (resnet, IMAGES, {"model": "resnet18", **FEW}),
        (resnet, IMAGES, {"model": "resnet18", "strategy": "full-fine-tuning"}),
        (vit, LARGE, {"model": "vit_small_patch16_224", "strategy": "feature-extraction"}),
        (distilbert, WORDS, {"model": "distilbert-base-uncased"}),
    ],
)
def test_catalogue_models(build: Any, inputs: dict[str, torch.Tensor], body: dict[str, Any]) -> None:
    answer, export = planned("pytorch", **body)
    run(answer, export, build(), inputs)


@pytest.mark.parametrize("body", [{}, FEW])
def test_a_model_by_its_parameters(body: dict[str, Any]) -> None:
    model = Small()
    answer, export = planned("pytorch", parameters=listed(model), family="cnn", **body)
    run(answer, export, model, IMAGES)


def test_an_adapter_on_a_frozen_backbone() -> None:
    answer, export = planned("pytorch", model="distilbert-base-uncased", strategy="parameter-efficient")
    config = LoraConfig(task_type="SEQ_CLS", **export.arguments["lora_config"])
    run(answer, export, get_peft_model(distilbert(), config), WORDS)


class Headed(torch.nn.Module):
    """An encoder with a head of one's own, under any name."""

    def __init__(self, encoder: torch.nn.Module, head: str) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head
        self.add_module(head, torch.nn.Linear(32, 10))

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        return getattr(self, self.head)(self.encoder(input_ids).last_hidden_state[:, -1])


def bert() -> torch.nn.Module:
    return BertModel(
        BertConfig(
            vocab_size=64,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        ),
        False,
    )


def gpt2() -> torch.nn.Module:
    return GPT2Model(
        GPT2Config(vocab_size=64, n_embd=32, n_layer=2, n_head=2, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
    )


@pytest.mark.parametrize(
    ("build", "head", "saved"),
    [(bert, "out", False), (gpt2, "fc", False), (bert, "classifier", True), (gpt2, "classifier", True)],
)
def test_an_adapter_beside_a_head_by_any_name(build: Any, head: str, saved: bool) -> None:
    """PEFT takes what ends in a head's name: told `out` or `fc`, it stops at `lora_dropout` or `c_fc`."""
    model = Headed(build(), head)
    source = {"parameters": listed(model), "head": [head], "family": "text-encoder"}
    answer, export = planned("pytorch", strategy="parameter-efficient", **source)
    wrapped = get_peft_model(model, LoraConfig(**export.arguments["lora_config"]))
    assert [n for n, _ in wrapped.named_modules() if n.endswith(".original_module")] == [
        f"base_model.model.{head}.original_module" for _ in range(saved)
    ]
    assert export.exact is saved
    optimizer, _ = apply(export)(wrapped, 0)
    is_frozen_as_planned(answer, answer.phases[0], wrapped)
    moves_what_trains(answer, answer.phases[0], wrapped, optimizer, WORDS)


class Torchs(torch.nn.Module):
    """A text encoder of torch's own layers."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(64, 32)
        layer = torch.nn.TransformerEncoderLayer(32, 2, 64, dropout=0.0, batch_first=True)
        self.encoder = torch.nn.TransformerEncoder(layer, 2)
        self.classifier = torch.nn.Linear(32, 10)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.encoder(self.embedding(input_ids)).mean(1))


def test_every_adapter_on_torchs_own_layers_learns_and_is_evaluated() -> None:
    model = Torchs()
    answer, export = planned("pytorch", strategy="parameter-efficient", parameters=listed(model), family="text-encoder")
    config = LoraConfig(**{**export.arguments["lora_config"], "lora_dropout": 0.0})
    wrapped = get_peft_model(model, config)
    optimizer, _ = apply(export)(wrapped, 0)
    moves_what_trains(answer, answer.phases[0], wrapped, optimizer, WORDS)
    for name, p in wrapped.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(p)
    enabled = torch.backends.mha.get_fastpath_enabled()
    try:
        torch.backends.mha.set_fastpath_enabled(False)
        with torch.no_grad():
            trained = wrapped.train()(**WORDS)
            assert torch.allclose(wrapped.eval()(**WORDS), trained, atol=1e-5)
            torch.backends.mha.set_fastpath_enabled(True)
            assert not torch.allclose(wrapped(**WORDS), trained, atol=1e-5), "the loss need be said no more"
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)
    assert any("set_fastpath_enabled(False)" in loss for loss in export.losses)


def test_a_frozen_batch_norm_stays_frozen_until_its_phase() -> None:
    answer, export = planned("pytorch", model="resnet18", **FEW)
    model = resnet()
    apply(export)(model, 0)
    model.train()
    norms = {name: m for name, m in model.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    assert not any(norm.training for norm in norms.values())
    apply(export)(model, len(answer.phases) - 1)
    model.train()
    assert norms["layer4.1.bn2"].training
    assert not norms["bn1"].training
    model.eval()
    assert not any(norm.training for norm in norms.values())
