"""The plan carries out the method that the verdict names."""

from typing import Any

import pytest

from service.contract.recommend import Recommendation
from service.contract.words import BlockState, Method
from tests.ask import recommended

SETFIT = "sentence-transformers/all-mpnet-base-v2"


def texts(examples: int, classes: int, **rest: Any) -> Recommendation:
    return recommended(
        target={"task": "text-classification"}, dataset={"examples": examples, "classes": classes}, **rest
    )


# The experiments of SetFit drew 20 alike and 20 unlike pairs for each text; batches of 16; 160,000 pairs at most.
@pytest.mark.parametrize(
    ("examples", "classes", "steps"),
    [
        (8, 2, 20),
        (16, 2, 40),
        (64, 8, 160),
        (20, 3, 50),
        (9_000, 100, 10_000),
        (9_999, 101, 10_000),
    ],
)
def test_pairs_of_texts_are_passed_over_once(examples: int, classes: int, steps: int) -> None:
    answer = texts(examples, classes, source={"model": SETFIT})
    plan = answer.lr_schedule
    assert answer.verdict.method is Method.CONTRASTIVE_FEW_SHOT
    assert plan is not None
    assert (plan.epochs, plan.total_steps, plan.batch_scaling.batch_size) == (1, steps, 16)
    assert (plan.rates.backbone_top, plan.rates.head, plan.layer_decay) == (2e-5, 1e-2, 1)
    assert [(phase.name, phase.steps) for phase in answer.phases] == [("pairs of texts", steps)]
    assert all(block.state is not BlockState.FROZEN for block in answer.freeze_plan.blocks)
    assert answer.phases[0].train_blocks == [block.index for block in answer.freeze_plan.blocks]


def test_what_the_caller_fixes_of_pairs_is_kept() -> None:
    fixed = {"epochs": 2, "batch_size": 32, "peak_rate": 1e-5, "optimizer": "adam"}
    plan = texts(16, 2, source={"model": SETFIT}, fixed=fixed).lr_schedule
    assert plan is not None
    assert (plan.epochs, plan.total_steps, plan.rates.backbone_top, plan.optimizer) == (2, 40, 1e-5, "adam")


@pytest.mark.parametrize("method", [Method.CLASS_MEANS, Method.NEAREST_NEIGHBOURS])
@pytest.mark.parametrize(("task", "model"), [("image-classification", "resnet50"), ("text-classification", SETFIT)])
def test_class_means_and_neighbours_train_nothing(task: str, model: str, method: Method) -> None:
    answer = recommended(
        target={"task": task},
        dataset={"examples": 20, "classes": 10},
        source={"model": model},
        fixed={"method": method},
    )
    plan = answer.freeze_plan
    assert answer.verdict.method is method
    assert (answer.lr_schedule, answer.phases, plan.phases, plan.counts.trainable) == (None, [], [], 0)
    assert {block.state for block in plan.blocks} == {BlockState.FROZEN}
    assert plan.self_check == ["No parameter requires a gradient."]


@pytest.mark.parametrize(("examples", "classes"), [(20, 10), (16, 2), (790, 8)])
def test_few_texts_start_from_a_sentence_encoder(examples: int, classes: int) -> None:
    answer = texts(examples, classes)
    assert answer.verdict.model
    assert answer.verdict.model.startswith(("sentence-transformers/", "BAAI/bge"))
    assert "start-from-sentence-encoder" not in [notice.code for notice in answer.notices]


@pytest.mark.parametrize("memory", [12, 15.5, 24, 80])
def test_notice_and_memory_agree_on_a_base_in_four_bits(memory: float) -> None:
    # 8.03 billion parameters in 16 bits take 14.96 GiB; with an adapter beside them 16.3 GiB.
    answer = recommended(
        target={"task": "text-generation"},
        dataset={"examples": 5000},
        source={"model": "meta-llama/Llama-3.1-8B"},
        compute={"memory_gib": memory},
    )
    told = any(notice.code == "quantise-the-base" for notice in answer.notices)
    assumed = any("in 4 bits" in one for one in answer.resources.assumptions)
    assert (told, assumed) == (memory < 16, memory < 16)


def test_a_probe_comes_before_tuning_only_where_there_is_a_new_head() -> None:
    """Kumar and colleagues fit the new head first; a generator keeps the head that it has."""
    robust = {"constraints": {"robust_to_shift": True}, "dataset": {"examples": 50_000}}
    labels = recommended(target={"task": "image-classification"}, source={"model": "resnet50"}, **robust)
    texts = recommended(target={"task": "summarization"}, source={"model": "t5-small"}, **robust)
    methods = [
        next(option.method for option in answer.strategies if option.strategy == "full-fine-tuning")
        for answer in (labels, texts)
    ]
    assert methods == [Method.PROBE_THEN_FINE_TUNE, Method.FULL]
