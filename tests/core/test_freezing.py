"""Freeze plans of models whose parameters anybody can count."""

import re

import pytest

from service.contract.words import BlockKind, BlockState
from tests.ask import frozen, recommended


def test_resnet50_counts_are_those_of_its_paper_and_library() -> None:
    """torchvision and timm count 25,557,032 parameters with the 1,000-class head, 2,049,000 of them in the head."""
    plan = frozen(model="resnet50", dataset={"examples": 5000, "classes": 1000}, strategy="full-fine-tuning")
    assert plan.counts.backbone == 25_557_032 - 2_049_000
    assert plan.counts.head == 2_049_000
    assert plan.counts.trainable == 25_557_032
    assert plan.counts.frozen == 0


def test_bert_counts_are_those_of_its_library() -> None:
    """BertForSequenceClassification with two labels has 109,483,778 parameters."""
    plan = frozen(model="bert-base-uncased", dataset={"examples": 5000, "classes": 2}, strategy="feature-extraction")
    assert plan.counts.backbone == 109_482_240
    assert plan.counts.head == 1_538
    assert (plan.counts.trainable, plan.counts.frozen) == (1_538, 109_482_240)


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_patterns_name_real_parameters_with_and_without_prefix(prefix: str) -> None:
    plan = frozen(model="bert-base-uncased", dataset={"examples": 500})
    names = {
        f"{prefix}embeddings.word_embeddings.weight": "embeddings",
        f"{prefix}encoder.layer.1.attention.self.query.weight": "encoder.layer.1",
        f"{prefix}encoder.layer.11.output.dense.bias": "encoder.layer.11",
        "classifier.weight": plan.blocks[-1].name,
    }
    for name, block in names.items():
        matching = [one.name for one in plan.blocks if one.pattern and re.search(one.pattern, name)]
        assert matching == [block], name


def test_frozen_batch_norm_keeps_its_statistics_frozen() -> None:
    plan = frozen(model="resnet50", dataset={"examples": 500})
    assert plan.norm.frozen_statistics
    assert any("evaluation mode" in line for line in plan.self_check)
    assert not frozen(model="vit_base_patch16_224", dataset={"examples": 500}).norm.frozen_statistics


def test_new_head_of_a_decoder_depends_on_the_task() -> None:
    body = {"source": {"model": "meta-llama/Llama-3.2-1B"}, "fixed": {"strategy": "feature-extraction"}}
    labels = recommended(target={"task": "text-classification"}, dataset={"examples": 5000, "classes": 3}, **body)
    assert labels.freeze_plan.counts.head == 2048 * 3


def test_adapter_freezes_the_whole_backbone_and_names_its_targets() -> None:
    answer = recommended(
        target={"task": "text-generation"},
        dataset={"examples": 5000},
        source={"model": "meta-llama/Llama-3.1-8B"},
        compute={"kind": "datacenter-gpu"},
    )
    adapter = answer.freeze_plan.adapter
    assert adapter is not None
    assert adapter.alpha == 2 * adapter.rank
    assert {"q_proj", "v_proj", "down_proj"} <= set(adapter.targets)
    assert answer.freeze_plan.shares.blocks_frozen == 1.0


def test_only_the_first_stem_is_rebuilt_for_other_channels() -> None:
    """A model of several towers has a stem in each; depth maps enter by the first alone."""
    plan = frozen(
        target={"task": "zero-shot-object-detection", "domain": "depth-and-thermal"},
        dataset={"examples": 9},
        source={"model": "facebook/sam3"},
        freezing={"shift": "feature-level"},
    )
    stems = [block for block in plan.blocks if block.kind is BlockKind.STEM]
    assert len(stems) > 1
    assert [block.index for block in stems if block.state is BlockState.LOW_RATE] == [0]


def test_from_scratch_a_batch_norm_learns_its_statistics() -> None:
    """There are none yet; under any other strategy those of frozen blocks stay as they are."""
    kept = {
        strategy: frozen(model="resnet50", examples=50_000, strategy=strategy).norm.frozen_statistics
        for strategy in ("from-scratch", "full-fine-tuning")
    }
    assert kept == {"from-scratch": False, "full-fine-tuning": True}


def test_gradual_opening_begins_with_the_upper_half() -> None:
    """43 of 50 blocks are frozen (85 %, tiny and similar); of the 7 that open the upper 4 come first."""
    head, upper, every = frozen(depth=50, examples=100, similarity=8).phases
    assert (head.train_blocks, upper.train_blocks, every.train_blocks) == ([50], [*range(46, 51)], [*range(43, 51)])
