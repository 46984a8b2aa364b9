# pyright: basic, reportMissingImports=false
"""What the axolotl fragment means, restated from axolotl's own rules and carried out on small models.

axolotl itself needs a GPU's libraries, so its freezing by names and its grouping of parameters are restated here.
"""

import re
from typing import Any

import pytest
import yaml

from tests.real.hub_models import MODELS, build, shapes

# isort: split
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import Trainer as HubTrainer

from service.contract.words import Trainer
from service.dialects.plan import Plan
from tests.dialects.hub_plans import planned, told

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


def plan_for(name: str, model: nn.Module, **body: Any) -> Plan:
    return planned(shapes=shapes(model), family=MODELS[name][0], dataset={"examples": 5000}, **body)


def freeze_except(model: nn.Module, patterns: list[str]) -> None:
    """Dots become literal, unless a plus follows; a pattern must match from the start of a name."""
    compiled = [re.compile(re.sub(r"\.(?!\+)", r"\\.", pattern)) for pattern in patterns]
    for name, p in model.named_parameters():
        p.requires_grad_(any(pattern.match(name) for pattern in compiled))


def rates(model: nn.Module, config: dict[str, Any]) -> dict[str, float]:
    """The rate of each trained parameter."""
    decayed = HubTrainer.get_decay_parameter_names(None, model)  # type: ignore[arg-type]
    modules = {module: group["lr"] for group in config.get("lr_groups", []) for module in group["modules"]}
    found: dict[str, float] = {}
    for name, p in model.named_parameters():
        if not p.requires_grad:
            continue
        rate = config["learning_rate"]
        if "embed_tokens" in name or "lm_head" in name:
            rate = config.get("embedding_lr", rate)
        elif name in decayed:
            rate = next((lr for module, lr in modules.items() if module in name), rate)
        found[name] = rate
    return found


@pytest.mark.parametrize("name", ["llama", "gpt2"])
@pytest.mark.parametrize("strategy", ["partial-fine-tuning", "full-fine-tuning"])
def test_freezing_and_rates(name: str, strategy: str) -> None:
    model = build(name)
    plan = plan_for(name, model, strategy=strategy)
    export = told(Trainer.AXOLOTL, plan)
    config = yaml.safe_load(export.text)
    assert config == export.arguments
    if "unfrozen_parameters" in config:
        freeze_except(model, config["unfrozen_parameters"])
    phase = plan.phases[-1]
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    assert sum(p.numel() for p in trained.values()) == plan.freeze.phases[-1].trainable == plan.freeze.counts.trainable
    wanted = {
        name: next(plan.rate(phase, block) for block in plan.freeze.blocks if re.match(block.pattern or "", name))
        for name in trained
    }
    assert all(wanted.values())
    highest = max(wanted.values())
    for parameter, rate in rates(model, config).items():
        weight = trained[parameter].ndim > 1
        assert rate == (wanted[parameter] if weight else highest), parameter


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_adapter(name: str) -> None:
    model = build(name)
    plan = plan_for(name, model, strategy="parameter-efficient")
    config = yaml.safe_load(told(Trainer.AXOLOTL, plan).text)
    assert config["adapter"] == "lora"
    wrapped = get_peft_model(
        model,
        LoraConfig(
            r=config["lora_r"],
            lora_alpha=config["lora_alpha"],
            lora_dropout=config["lora_dropout"],
            target_modules=config["lora_target_modules"],
            fan_in_fan_out=config.get("lora_fan_in_fan_out", False),
            modules_to_save=config.get("lora_modules_to_save"),
        ),
    )
    trainable = sum(p.numel() for p in wrapped.parameters() if p.requires_grad)
    assert trainable == plan.freeze.phases[-1].trainable
    assert config["learning_rate"] == plan.phases[-1].backbone_rate
