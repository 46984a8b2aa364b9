"""The sentence-transformers export of a plan, without the library. Real runs are in tests/real."""

import ast
import re

import pytest

from service.contract.words import BlockKind, Task, Trainer
from service.dialects.sentence_transformers import prefixed
from tests.dialects.hub_plans import planned, told

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
NAMES = ("0.auto_model.{}", "0.model.{}", "model.0.auto_model.{}", "model.0.model.{}", "loss.model.0.model.{}")


@pytest.mark.parametrize("pattern", [r"^(?:bert\.)?encoder\.layer\.1\.", r"^0\.(?:auto_)?model\.encoder\.layer\.1\."])
@pytest.mark.parametrize("name", NAMES)
def test_patterns_find_the_names_of_every_version_within_a_loss(pattern: str, name: str) -> None:
    assert re.search(prefixed(pattern), name.format("encoder.layer.1.output.dense.weight"))
    assert not re.search(prefixed(pattern), name.format("encoder.layer.11.output.dense.weight"))
    assert not re.search(prefixed(pattern), name.format("x.encoder.layer.1.output.dense.weight"))


def test_rates_below_the_base_are_mapped() -> None:
    plan = planned(model=MODEL, strategy="full-fine-tuning", dataset={"examples": 5000})
    export = told(Trainer.SENTENCE_TRANSFORMERS, plan)
    fields = export.arguments["training_arguments"]
    phase = plan.phases[-1]
    rates = {block.name: plan.rate(phase, block) for block in plan.freeze.blocks if block.kind is not BlockKind.HEAD}
    base = max(rates.values())
    assert fields["learning_rate"] == base
    assert sorted(fields["learning_rate_mapping"].values()) == sorted(rate for rate in rates.values() if rate != base)
    ast.parse(export.text)
    assert len(export.text.splitlines()) <= 20


def test_frozen_blocks_are_not_mapped() -> None:
    """The mapping would put them back into the optimizer."""
    plan = planned(model=MODEL, strategy="partial-fine-tuning", dataset={"examples": 5000})
    arguments = told(Trainer.SENTENCE_TRANSFORMERS, plan).arguments
    assert arguments["frozen_patterns"]
    assert not set(arguments["frozen_patterns"]) & set(arguments["training_arguments"]["learning_rate_mapping"])
    assert all(rate > 0 for rate in arguments["training_arguments"]["learning_rate_mapping"].values())


@pytest.mark.parametrize("strategy", ["feature-extraction", "partial-fine-tuning", "full-fine-tuning"])
def test_a_new_head_is_setfits(strategy: str) -> None:
    plan = planned(model=MODEL, strategy=strategy, task=Task.TEXT_CLASSIFICATION)
    export = told(Trainer.SENTENCE_TRANSFORMERS, plan)
    setfit = export.arguments["setfit"]
    alone = strategy == "feature-extraction"
    assert setfit["head_learning_rate"] == plan.phases[-1].head_rate
    assert setfit["end_to_end"] != alone
    assert 0 <= setfit["warmup_proportion"] < 1
    assert ("train_classifier" in export.text) == alone
    assert (export.arguments["training_arguments"] is None) == alone
    assert not export.exact
    assert any("no classifier" in loss for loss in export.losses)
    assert any("SetFit has one rate" in loss for loss in export.losses)


def test_the_adapter_is_the_encoders() -> None:
    plan = planned(model=MODEL, strategy="parameter-efficient", dataset={"examples": 5000})
    export = told(Trainer.SENTENCE_TRANSFORMERS, plan)
    config = export.arguments["lora_config"]
    assert (config["task_type"], config["modules_to_save"]) == ("FEATURE_EXTRACTION", None)
    assert export.arguments["training_arguments"]["learning_rate_mapping"] == {}
    assert "add_adapter" in export.text


@pytest.mark.parametrize("model", ["resnet50", "gpt2", "facebook/wav2vec2-base"])
def test_other_families(model: str) -> None:
    export = told(Trainer.SENTENCE_TRANSFORMERS, planned(model=model, strategy="partial-fine-tuning"))
    assert (export.exact, export.arguments, export.text) == (False, {}, "")
    assert "text encoders" in export.losses[0]
