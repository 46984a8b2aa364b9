"""A head that was pretrained with the model is kept, whichever way the model is told."""

from typing import Any

import pytest

from service.contract.words import BlockKind, BlockState, InputOrigin
from tests.ask import recommended

LLAMA = {"family": "decoder-lm", "params": 8030261248, "depth": 32}
PREFERENCES = {"task": "preference-tuning", "domain": "conversations"}


def head_of(plan: Any) -> Any:
    """The head among the blocks."""
    return next(block for block in plan.blocks if block.kind is BlockKind.HEAD)


@pytest.mark.parametrize("source", [LLAMA, {"model": "meta-llama/Llama-3.1-8B"}], ids=["described", "named"])
@pytest.mark.parametrize("task", ["preference-tuning", "text-generation"])
def test_adapters_leave_a_writers_head_frozen(source: dict[str, Any], task: str) -> None:
    told = recommended(
        target={"task": task}, dataset={"examples": 5000}, source=source, fixed={"strategy": "parameter-efficient"}
    )
    assert head_of(told.freeze_plan).state is BlockState.FROZEN
    assert told.lr_schedule is not None
    assert told.lr_schedule.rates.head == 0


RWKV = [
    {"name": "rwkv.embeddings.weight", "shape": [320, 16]},
    *(
        {"name": f"rwkv.blocks.{i}.attention.{n}.weight", "shape": [16, 16]}
        for i in range(3)
        for n in ("key", "output")
    ),
    {"name": "head.weight", "shape": [320, 16]},
]
"""The names of transformers' RWKV, with fewer parts."""


@pytest.mark.parametrize("source", [{"parameters": RWKV}, {"family": "unknown", "depth": 24}], ids=["listed", "told"])
def test_a_writer_of_no_known_family_keeps_its_head(source: dict[str, Any]) -> None:
    """A score for each row of the word embedding is the output that the model was pretrained with."""
    told = recommended(target={"task": "text-generation"}, dataset={"examples": 5000}, source=source)
    assert told.lr_schedule is not None
    assert told.lr_schedule.rates.head == told.lr_schedule.rates.backbone_top
    assert len(told.phases) == 1


def test_a_described_writer_that_classifies_gets_a_new_head() -> None:
    told = recommended(
        target={"task": "text-classification"},
        dataset={"examples": 5000, "classes": 4},
        source=LLAMA,
        fixed={"strategy": "parameter-efficient"},
    )
    assert head_of(told.freeze_plan).state is BlockState.FULL_RATE


@pytest.mark.parametrize("source", [{"model": "google/flan-t5-large"}, {"model": "google/mt5-base"}, LLAMA])
@pytest.mark.parametrize("strategy", ["full-fine-tuning", "partial-fine-tuning"])
def test_a_kept_head_has_the_rate_of_what_it_reads(source: dict[str, Any], strategy: str) -> None:
    told = recommended(
        target={"task": "summarization"}, dataset={"examples": 5000}, source=source, fixed={"strategy": strategy}
    )
    assert told.lr_schedule is not None
    assert told.lr_schedule.rates.head == told.lr_schedule.rates.backbone_top > 0
    *_, below, head = [group for group in told.lr_schedule.groups if group.peak_rate]
    assert head.peak_rate == below.peak_rate


@pytest.mark.parametrize(
    ("family", "params", "layers"),
    [("decoder-lm", 70_000_000_000, 80), ("decoder-lm", 8_000_000_000, 32), ("text-encoder", 340_000_000, 24)],
)
def test_layers_that_nobody_counted_follow_from_family_and_size(family: str, params: int, layers: int) -> None:
    """Llama-3.3-70B has 80 layers, Llama-3.1-8B 32, BERT-large 24."""
    told = recommended(
        target={"task": "text-classification"},
        dataset={"examples": 5000, "classes": 3},
        source={"family": family, "params": params},
        fixed={"strategy": "full-fine-tuning"},
    )
    assert len(told.freeze_plan.blocks) == layers + 1
    depth = told.resolved["/source/depth"]
    assert depth.origin is InputOrigin.ASSUMED
    assert "nearest" in depth.because
