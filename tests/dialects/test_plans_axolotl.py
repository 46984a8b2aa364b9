"""The axolotl export of a plan, without axolotl. What it means on a model is tested in tests/real."""

import json
import re
from typing import Any

import pytest

from service.contract.words import Task, Trainer
from service.dialects.axolotl import bare
from service.dialects.words.yaml import written
from tests.dialects.hub_plans import planned, told

LLAMA = "meta-llama/Llama-3.2-1B"


def as_axolotl_reads(pattern: str) -> str:
    """Every dot that no plus follows becomes an escaped one."""
    return re.sub(r"\.(?!\+)", r"\\.", pattern)


@pytest.mark.parametrize("model", [LLAMA, "gpt2", "meta-llama/Llama-3.1-8B", "Qwen/Qwen2.5-0.5B"])
def test_patterns_come_back_as_they_were(model: str) -> None:
    plan = planned(model=model, strategy="partial-fine-tuning", dataset={"examples": 5000})
    assert all(as_axolotl_reads(bare(block.pattern or "")) == block.pattern for block in plan.freeze.blocks)
    config = told(Trainer.AXOLOTL, plan).arguments
    trained = {block.pattern for block in plan.trained if block.params}
    assert {as_axolotl_reads(pattern) for pattern in config["unfrozen_parameters"]} == trained


def test_nothing_frozen_needs_no_list() -> None:
    config = told(Trainer.AXOLOTL, planned(model="gpt2", strategy="full-fine-tuning")).arguments
    assert "unfrozen_parameters" not in config
    assert config["lr_groups"]
    assert all(group["lr"] < config["learning_rate"] for group in config["lr_groups"])


def test_embeddings_have_a_rate_of_their_own() -> None:
    plan = planned(model=LLAMA, strategy="full-fine-tuning", dataset={"examples": 50_000})
    export = told(Trainer.AXOLOTL, plan)
    assert export.arguments["embedding_lr"] == plan.rate(plan.phases[-1], plan.freeze.blocks[0])
    assert not export.exact
    assert any(loss.startswith("lr_groups move weights only") for loss in export.losses)


def test_adapter() -> None:
    export = told(Trainer.AXOLOTL, planned(model="gpt2", strategy="parameter-efficient"))
    config = export.arguments
    assert (config["adapter"], config["lora_target_modules"], config["lora_fan_in_fan_out"]) == (
        "lora",
        ["c_attn", "c_fc", "c_proj"],
        True,
    )
    assert not {"unfrozen_parameters", "lr_groups", "lora_modules_to_save"} & set(config)
    assert export.exact


@pytest.mark.parametrize(
    ("model", "strategy", "task"),
    [
        ("bert-base-uncased", "partial-fine-tuning", None),
        ("resnet50", "partial-fine-tuning", None),
        ("t5-small", "full-fine-tuning", None),
        ("gpt2", "feature-extraction", None),
        ("gpt2", "partial-fine-tuning", Task.TEXT_CLASSIFICATION),
    ],
)
@pytest.mark.parametrize("dialect", [Trainer.AXOLOTL, Trainer.LLAMA_FACTORY])
def test_what_it_does_not_train(model: str, strategy: str, task: Task | None, dialect: Trainer) -> None:
    export = told(dialect, planned(model=model, strategy=strategy, task=task))
    assert (export.exact, export.arguments, export.text) == (False, {}, "")
    assert "language models with their own head" in export.losses[0]


def test_yaml_keeps_types() -> None:
    """YAML 1.1 takes a number with an exponent for one only where it has a dot, and `no` for false."""
    fields: dict[str, Any] = {
        "rate": 1e-05,
        "steps": 3,
        "word": "no",
        "name": "adamw_torch",
        "none": None,
        "flag": True,
        "empty": {},
    }
    lists = {"patterns": [r"^a\.", "b.c"], "groups": [{"name": "h.1", "modules": ["h.1."], "lr": 2.5e-06}]}
    assert written({**fields, **lists}).splitlines() == [
        "rate: 1.0e-05",
        "steps: 3",
        'word: "no"',
        "name: adamw_torch",
        "flag: true",
        "empty: {}",
        "patterns:",
        f"  - {json.dumps(lists['patterns'][0])}",
        '  - "b.c"',
        "groups:",
        '  - {name: "h.1", modules: ["h.1."], lr: 2.5e-06}',
    ]
