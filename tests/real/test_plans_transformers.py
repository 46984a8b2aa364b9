# pyright: basic, reportMissingImports=false
"""The transformers export of a plan, run by Trainer and PEFT on models with random weights."""

from typing import Any

import pytest

import tests.real.operators  # noqa: F401

# isort: split
import timm
import torch
import transformers
from peft import LoraConfig, get_peft_model
from torch import nn

from service.contract.words import Task, Trainer
from service.dialects.plan import Plan
from tests.dialects.hub_plans import planned, told
from tests.real.hub_models import MODELS, build, shapes
from tests.real.watched import Watch, watching

pytestmark = pytest.mark.filterwarnings("ignore:'pin_memory'", "ignore::FutureWarning", "ignore:fan_in_fan_out")
Rows = list[dict[str, Any]]
MINI = "sentence-transformers/all-MiniLM-L6-v2"


def mini(classes: int = 3) -> nn.Module:
    config = transformers.BertConfig(
        hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536, num_labels=classes
    )
    return transformers.BertForSequenceClassification(config)


def texts(count: int = 64) -> list[dict[str, Any]]:
    generator = torch.Generator().manual_seed(0)
    return [
        {"input_ids": torch.randint(1000, 30_000, (8,), generator=generator), "labels": index % 3}
        for index in range(count)
    ]


def pictures(count: int = 64) -> list[dict[str, Any]]:
    return [{"x": torch.randn(3, 64, 64), "labels": index % 3} for index in range(count)]


def cross_entropy(outputs: Any, labels: Any, **_: Any) -> Any:
    return nn.functional.cross_entropy(outputs, labels)


def run(
    plan: Plan, model: nn.Module, data: list[dict[str, Any]], monkeypatch: Any, tmp_path: Any, **always: Any
) -> None:
    """Executes the export's text as it stands."""
    export = told(Trainer.TRANSFORMERS, plan)
    watch = Watch(plan, **always)
    for phase in [*export.arguments["earlier_phases"], export.arguments]:
        phase["training_arguments"] |= {
            "label_names": ["labels"],
            "disable_tqdm": True,
            "per_device_train_batch_size": 4,
        }
    monkeypatch.chdir(tmp_path)
    text = export.text.replace("import Trainer, ", "import ")
    scope = {"arguments": export.arguments, "model": model, "train_dataset": data, "Trainer": watching(watch)}
    exec(text, scope)  # noqa: S102
    assert watch.runs == len(plan.phases)


@pytest.mark.parametrize(
    "strategy", ["feature-extraction", "partial-fine-tuning", "full-fine-tuning", "parameter-efficient"]
)
def test_text_encoder(strategy: str, monkeypatch: Any, tmp_path: Any) -> None:
    plan = planned(model=MINI, strategy=strategy, task=Task.TEXT_CLASSIFICATION)
    assert told(Trainer.TRANSFORMERS, plan).exact
    run(plan, mini(), texts(), monkeypatch, tmp_path)


@pytest.mark.parametrize("strategy", ["feature-extraction", "partial-fine-tuning"])
def test_batch_norms_of_frozen_blocks_stay(strategy: str, monkeypatch: Any, tmp_path: Any) -> None:
    plan = planned(model="resnet18", strategy=strategy)
    model = timm.create_model("resnet18", num_classes=3, zero_init_last=False)
    run(plan, model, pictures(), monkeypatch, tmp_path, compute_loss_func=cross_entropy)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_adapters_are_counted_beforehand(name: str) -> None:
    model = build(name)
    plan = planned(shapes=shapes(model), family=MODELS[name][0], strategy="parameter-efficient")
    assert plan.freeze.adapter
    export = told(Trainer.TRANSFORMERS, plan)
    wrapped = get_peft_model(model, LoraConfig(**export.arguments["lora_config"]))
    counted = {False: 0, True: 0}
    for parameter, p in wrapped.named_parameters():
        if p.requires_grad:
            counted["lora_" in parameter] += p.numel()
    assert counted[True] == plan.freeze.adapter.params
    assert sum(counted.values()) == plan.freeze.phases[-1].trainable


@pytest.mark.parametrize(("task", "kind"), [(Task.TEXT_CLASSIFICATION, "SEQ_CLS"), (None, None)])
def test_names_that_peft_adds_or_does_not_find_change_nothing(task: Task | None, kind: str | None) -> None:
    plan = planned(model=MINI, strategy="parameter-efficient", task=task)
    config = told(Trainer.TRANSFORMERS, plan).arguments["lora_config"]
    assert config["task_type"] == kind
    wrapped = get_peft_model(mini(), LoraConfig(**config))
    saved = {name for name, p in wrapped.named_parameters() if p.requires_grad and "lora_" not in name}
    assert saved == {f"base_model.model.classifier.modules_to_save.default.{part}" for part in ("weight", "bias")}


@pytest.mark.parametrize("name", ["gpt2", "bert", "vit", "t5"])
@pytest.mark.parametrize("strategy", ["partial-fine-tuning", "full-fine-tuning"])
def test_models_given_by_their_parameters(name: str, strategy: str, monkeypatch: Any, tmp_path: Any) -> None:
    model = build(name)
    plan = planned(shapes=shapes(model), family=MODELS[name][0], strategy=strategy)
    ids = torch.randint(3, 100, (64, 8))
    rows: dict[str, Any] = {
        "gpt2": lambda i: {"input_ids": ids[i], "labels": ids[i]},
        "t5": lambda i: {"input_ids": ids[i], "labels": ids[i]},
        "bert": lambda i: {"input_ids": ids[i], "labels": i % 3},
        "vit": lambda i: {"pixel_values": torch.randn(3, 32, 32), "labels": i % 3},
    }
    run(plan, model, [rows[name](i) for i in range(64)], monkeypatch, tmp_path)
