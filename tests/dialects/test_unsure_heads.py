"""An adapter's export is exact only where its head is sure and told apart, and no layer is read past its adapter."""

import pytest

from service.contract.recommend import Recommendation
from service.contract.words import Trainer
from service.dialects.exports import recommend
from service.knowledge.loader import load
from tests.ask import job
from tests.core.test_inference import Shapes, parts, repeated

BLOCKS = repeated(4, "net.cells", "attn.q_proj 16x16", "attn.v_proj 16x16", "ff.up 32x16", "ff.down 16x32")
HEADS = {"none": [], "guessed": parts("", "zorp 5x16"), "sure": parts("", "classifier 5x16")}
TRAINERS = (Trainer.PYTORCH, Trainer.TRANSFORMERS, Trainer.TIMM, Trainer.LIGHTNING)
"""Those that take an adapter on a model of no known family."""


def answered(shapes: Shapes, task: str = "text-classification") -> Recommendation:
    body = {
        "target": {"task": task},
        "dataset": {"examples": 5000},
        "source": {"parameters": [{"name": name, "shape": shape} for name, shape in shapes]},
        "fixed": {"strategy": "parameter-efficient"},
        "dialects": TRAINERS,
    }
    answer = recommend(job(body), load(), explain=True)
    assert len(answer.exports) == len(TRAINERS)
    return answer


def exact(shapes: Shapes, task: str = "text-classification") -> set[bool]:
    return {export.exact for export in answered(shapes, task).exports}


@pytest.mark.parametrize("head", ["none", "guessed"])
def test_no_adapter_is_exact_where_no_head_is_sure(head: str) -> None:
    assert exact([*parts("", "entry 16x8"), *BLOCKS, *HEADS[head]]) == {False}


def test_a_head_by_name_leaves_adapters_exact() -> None:
    assert exact([*parts("", "entry 16x8"), *BLOCKS, *HEADS["sure"]]) == {True}


def test_a_task_without_a_head_needs_none() -> None:
    assert True in exact([*parts("", "entry 16x8"), *BLOCKS], "sentence-similarity")


def beside(head: str, block: str) -> Recommendation:
    cells = repeated(4, "net.cells", "attn.q_proj 16x16", f"{block} 32x16", "ff.down 16x32")
    return answered([*parts("", "entry 16x8"), *cells, *parts("", head)])


def saved(answer: Recommendation) -> list[str]:
    assert answer.freeze_plan.adapter
    return answer.freeze_plan.adapter.modules_to_save


@pytest.mark.parametrize(("head", "block"), [("out", "ff.up"), ("fc", "ff.c_fc"), ("head", "ff.head")])
def test_peft_is_not_told_a_head_whose_name_ends_other_names(head: str, block: str) -> None:
    answer = beside(f"{head} 5x16", block)
    assert saved(answer) == []
    for export in answer.exports:
        assert not export.exact
        assert any(f"from other modules: {head}." in loss for loss in export.losses)


def test_peft_is_told_a_head_whose_name_is_within_others() -> None:
    answer = beside("classifier 5x16", "ff.classifier_gate")
    assert saved(answer) == ["classifier"]
    assert {export.exact for export in answer.exports} == {True}


TORCH_LAYER = [
    "self_attn.in_proj_weight 48x16 =",
    "self_attn.in_proj_bias 48 =",
    "self_attn.out_proj 16x16",
    "linear1 32x16",
    "linear2 16x32",
    "norm1 16",
    "norm2 16",
]


@pytest.mark.parametrize("stem", ["entry 16x8", "conv1 16x3x7x7"])
def test_adapters_on_torchs_own_encoder_layer_are_those_that_it_calls(stem: str) -> None:
    answer = answered([*parts("", stem), *repeated(4, "layers", *TORCH_LAYER), *parts("", "classifier 5x16")])
    assert answer.freeze_plan.adapter
    assert answer.freeze_plan.adapter.targets == ["linear1", "linear2"]
    for export in answer.exports:
        assert not export.exact
        assert any("set_fastpath_enabled(False)" in loss for loss in export.losses)
