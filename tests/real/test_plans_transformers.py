# pyright: basic, reportMissingImports=false
"""The transformers export of a plan, run by Trainer and PEFT on models with random weights."""

from typing import Any

import pytest

import tests.real.operators  # noqa: F401
import timm
import torch
import transformers
from peft import LoraConfig, get_peft_model
from torch import nn

from service.contract.words import PlanDialect, Task
from service.dialects.plans.plan import Plan
from tests.dialects.hub_plans import planned, told
from tests.real.watched import Watch, watching

pytestmark = pytest.mark.filterwarnings("ignore:'pin_memory'", "ignore:Target modules", "ignore:fan_in_fan_out")
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


def run(plan: Plan, model: nn.Module, data: list[dict[str, Any]], monkeypatch: Any, tmp_path: Any, **always: Any) -> None:
    """Executes the export's text as it stands."""
    export = told(PlanDialect.TRANSFORMERS, plan)
    watch = Watch(plan, **always)
    for phase in [*export.arguments["earlier_phases"], export.arguments]:
        phase["training_arguments"] |= {"label_names": ["labels"], "disable_tqdm": True}
    monkeypatch.chdir(tmp_path)
    text = export.text.replace("import Trainer, ", "import ")
    scope = {"arguments": export.arguments, "model": model, "train_dataset": data, "Trainer": watching(watch)}
    exec(text, scope)
    assert watch.runs == len(plan.phases)


@pytest.mark.parametrize("strategy", ["feature-extraction", "partial-fine-tuning", "full-fine-tuning", "parameter-efficient"])
def test_text_encoder(strategy: str, monkeypatch: Any, tmp_path: Any) -> None:
    plan = planned(model=MINI, strategy=strategy, task=Task.TEXT_CLASSIFICATION)
    assert told(PlanDialect.TRANSFORMERS, plan).exact
    run(plan, mini(), texts(), monkeypatch, tmp_path)


@pytest.mark.parametrize("strategy", ["feature-extraction", "partial-fine-tuning"])
def test_batch_norms_of_frozen_blocks_stay(strategy: str, monkeypatch: Any, tmp_path: Any) -> None:
    plan = planned(model="resnet18", strategy=strategy)
    model = timm.create_model("resnet18", num_classes=3)
    run(plan, model, pictures(), monkeypatch, tmp_path, compute_loss_func=cross_entropy)
