# pyright: basic, reportMissingImports=false
"""What the LLaMA-Factory fragment means, restated from its own rules and carried out on small models."""

import re
from typing import Any

import pytest
import yaml

from tests.real.hub_models import MODELS, build, shapes

# isort: split
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import TrainingArguments

from service.contract.words import Trainer
from service.dialects.plan import Plan
from tests.dialects.hub_plans import planned, told

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
METHOD = ("finetuning_type", "freeze_", "lora_", "additional_target", "disable_gradient_checkpointing")


def plan_for(name: str, model: nn.Module, **body: Any) -> Plan:
    return planned(shapes=shapes(model), family=MODELS[name][0], dataset={"examples": 5000}, **body)


def freeze(model: nn.Module, config: dict[str, Any], layers: int) -> None:
    """The last layers (the first, where negative) by `.index.` in a name; other modules by any part of a name."""
    number = config["freeze_trainable_layers"]
    opened = range(max(0, layers - number), layers) if number > 0 else range(min(-number, layers))
    outside = {name.split(".")[-2] for name, _ in model.named_parameters() if not re.search(r"\.\d+\.", name)}
    extra = config["freeze_extra_modules"].split(",") if "freeze_extra_modules" in config else []
    assert set(extra) <= outside, "refused otherwise"
    parts = [*(f".{index}." for index in opened), *extra]
    for name, p in model.named_parameters():
        p.requires_grad_(any(part in name for part in parts))


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_last_layers(name: str) -> None:
    model = build(name)
    plan = plan_for(name, model, strategy="partial-fine-tuning")
    export = told(Trainer.LLAMA_FACTORY, plan)
    config = yaml.safe_load(export.text)
    assert config["finetuning_type"] == "freeze"
    freeze(model, config, model.config.num_hidden_layers)
    trained = {parameter: p.numel() for parameter, p in model.named_parameters() if p.requires_grad}
    lost = 32 if name == "llama" else 0
    assert sum(trained.values()) + lost == plan.freeze.counts.trainable, "Llama's last norm is part of other names"
    assert any("stays frozen" in loss for loss in export.losses) == bool(lost)


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_everything(name: str) -> None:
    model = build(name)
    plan = plan_for(name, model, strategy="full-fine-tuning")
    config = yaml.safe_load(told(Trainer.LLAMA_FACTORY, plan).text)
    assert config["finetuning_type"] == "full"
    assert sum(p.numel() for p in model.parameters()) == plan.freeze.counts.trainable


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_adapter(name: str) -> None:
    model = build(name)
    plan = plan_for(name, model, strategy="parameter-efficient")
    export = told(Trainer.LLAMA_FACTORY, plan)
    config = yaml.safe_load(export.text)
    wrapped = get_peft_model(
        model,
        LoraConfig(
            r=config["lora_rank"],
            lora_alpha=config["lora_alpha"],
            lora_dropout=config["lora_dropout"],
            target_modules=config["lora_target"].split(","),
            fan_in_fan_out=name == "gpt2",
        ),
    )
    assert sum(p.numel() for p in wrapped.parameters() if p.requires_grad) == plan.freeze.phases[-1].trainable
    assert "additional_target" not in config
    assert export.exact


@pytest.mark.parametrize("strategy", ["partial-fine-tuning", "full-fine-tuning", "parameter-efficient"])
def test_the_rest_are_training_arguments(strategy: str, tmp_path: Any) -> None:
    plan = plan_for("llama", build("llama"), strategy=strategy)
    config = yaml.safe_load(told(Trainer.LLAMA_FACTORY, plan).text)
    rest = {name: value for name, value in config.items() if not name.startswith(METHOD)}
    args = TrainingArguments(str(tmp_path), **rest)
    assert (args.max_steps, args.warmup_steps) == (plan.phases[-1].steps, plan.phases[-1].warmup_steps)
