"""The transformers export of a plan, without transformers: form, losses, patterns. Real runs are in tests/real."""

import ast
import re
from itertools import product

import pytest

from service.contract.words import BlockKind, Task, Trainer
from tests.dialects.hub_plans import planned, told

STRATEGIES = ("feature-extraction", "partial-fine-tuning", "full-fine-tuning", "parameter-efficient")
MODELS = ("resnet50", "vit_base_patch16_224", "bert-base-uncased", "gpt2", "t5-small", "facebook/wav2vec2-base")


@pytest.mark.parametrize(
    ("model", "strategy"),
    [pair for pair in product(MODELS, STRATEGIES) if pair != ("resnet50", "parameter-efficient")],
)
def test_form(model: str, strategy: str) -> None:
    plan = planned(model=model, strategy=strategy)
    export = told(Trainer.TRANSFORMERS, plan)
    ast.parse(export.text)
    assert len(export.text.splitlines()) <= 20
    assert all(len(line) <= 120 and line == line.rstrip() for line in export.text.splitlines())
    phases = [*export.arguments["earlier_phases"], export.arguments]
    assert len(phases) == len(plan.phases)
    for phase, told_phase in zip(plan.phases, phases, strict=True):
        fields = told_phase["training_arguments"]
        assert (fields["max_steps"], fields["warmup_steps"]) == (phase.steps, phase.warmup_steps)
        assert isinstance(fields["warmup_steps"], int)
        assert fields["learning_rate"] == max(told_phase["rates"].values())
        assert fields["per_device_train_batch_size"] == plan.schedule.batch_scaling.batch_size
        assert not set(told_phase["frozen_patterns"]) & set(told_phase["rates"])


def test_rates_are_the_plans() -> None:
    plan = planned(model="bert-base-uncased", strategy="full-fine-tuning", task=Task.TEXT_CLASSIFICATION)
    export = told(Trainer.TRANSFORMERS, plan)
    blocks = {block.pattern: block for block in plan.freeze.blocks}
    rates = export.arguments["rates"]
    assert len(rates) > 2
    assert rates == {pattern: plan.rate(plan.phases[-1], blocks[pattern]) for pattern in rates}
    assert export.exact
    assert any(loss.startswith("TrainingArguments hold one rate") for loss in export.losses)


def test_trained_and_frozen_patterns_cover_the_blocks() -> None:
    plan = planned(model="resnet50", strategy="partial-fine-tuning")
    export = told(Trainer.TRANSFORMERS, plan)
    assert {*export.arguments["rates"], *export.arguments["frozen_patterns"]} == {
        block.pattern for block in plan.freeze.blocks
    }
    assert "_BatchNorm" in export.text
    assert any("compute_loss_func" in loss for loss in export.losses)


def test_batch_norm_rests_where_only_the_first_phase_freezes() -> None:
    plan = planned(model="resnet50", strategy="full-fine-tuning")
    export = told(Trainer.TRANSFORMERS, plan)
    assert export.arguments["earlier_phases"][0]["frozen_patterns"]
    assert not export.arguments["frozen_patterns"]
    assert "isinstance(m, _BatchNorm)" in export.text


def test_no_batch_norm_no_word_of_it() -> None:
    plan = planned(model="bert-base-uncased", strategy="partial-fine-tuning")
    assert "_BatchNorm" not in told(Trainer.TRANSFORMERS, plan).text


@pytest.mark.parametrize(
    ("model", "task", "kind"),
    [
        ("bert-base-uncased", Task.TEXT_CLASSIFICATION, "SEQ_CLS"),
        ("bert-base-uncased", Task.TOKEN_CLASSIFICATION, "TOKEN_CLS"),
        ("bert-base-uncased", Task.QUESTION_ANSWERING, "QUESTION_ANS"),
        ("bert-base-uncased", Task.SENTENCE_SIMILARITY, "FEATURE_EXTRACTION"),
        ("bert-base-uncased", None, None),
        ("gpt2", Task.TEXT_GENERATION, "CAUSAL_LM"),
        ("t5-small", Task.SUMMARIZATION, "SEQ_2_SEQ_LM"),
        ("t5-small", Task.TRANSLATION, "SEQ_2_SEQ_LM"),
        ("openai/whisper-tiny", Task.AUTOMATIC_SPEECH_RECOGNITION, None),
        ("vit_base_patch16_224", Task.IMAGE_CLASSIFICATION, None),
    ],
)
def test_task_types(model: str, task: Task | None, kind: str | None) -> None:
    plan = planned(model=model, task=task, strategy="parameter-efficient")
    export = told(Trainer.TRANSFORMERS, plan)
    config = export.arguments["lora_config"]
    adapter = plan.freeze.adapter
    assert adapter
    assert (config["task_type"], config["bias"]) == (kind, "none")
    assert (config["r"], config["lora_alpha"], config["target_modules"]) == (
        adapter.rank,
        adapter.alpha,
        adapter.targets,
    )
    assert config["fan_in_fan_out"] == (model == "gpt2")
    assert export.arguments["rates"]["lora_"] == plan.phases[-1].backbone_rate


def test_names_that_peft_gives_are_found() -> None:
    rates = told(Trainer.TRANSFORMERS, planned(model="bert-base-uncased", strategy="parameter-efficient")).arguments[
        "rates"
    ]
    names = {
        "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.default.weight": ["lora_"],
        "base_model.model.classifier.modules_to_save.default.weight": [r"\.modules_to_save\."],
        "base_model.model.classifier.original_module.weight": [],
        "base_model.model.bert.encoder.layer.0.attention.self.query.base_layer.weight": [],
    }
    for name, found in names.items():
        assert [pattern for pattern in rates if re.search(pattern, name)] == found


def test_a_tied_head_is_nowhere() -> None:
    plan = planned(model="gpt2", strategy="full-fine-tuning")
    (tied,) = [block.pattern for block in plan.freeze.blocks if block.kind is BlockKind.HEAD]
    arguments = told(Trainer.TRANSFORMERS, plan).arguments
    assert tied not in {*arguments["rates"], *arguments["frozen_patterns"]}


def test_momentum_is_left_open() -> None:
    plan = planned(model="resnet50", strategy="full-fine-tuning", optimizer="sgd")
    export = told(Trainer.TRANSFORMERS, plan)
    assert export.arguments["training_arguments"]["optim"] == "sgd"
    assert any(loss.startswith("Momentum") for loss in export.losses)
