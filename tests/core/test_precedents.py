"""The published experiments beside the advice: the nearest ones, and what they say of the verdict."""

import pytest

from service.contract.words import Task
from service.knowledge.loader import load
from tests.ask import recommended

KNOW = load()
DINO = {"model": "vit_base_patch14_dinov2"}


def test_the_nearest_come_first_with_what_won() -> None:
    answer = recommended(
        target={"task": "image-classification", "domain": "retinal-images"},
        dataset={"examples": 1080, "classes": 5},
        source=DINO,
    )
    first = answer.precedents[0]
    assert (first.dataset, first.model, first.distance) == ("retinamnist", "DINO ViT-B/16", 0)
    assert (first.winner, first.runner_up, first.margin) == ("feature-extraction", "full-fine-tuning", 8.33)
    assert first.sources == ["doerrich-2024"]
    distances = [one.distance for one in answer.precedents]
    assert len(distances) == 5
    assert distances == sorted(distances)


@pytest.mark.parametrize("task", Task)
def test_of_the_same_task_or_none_and_said(task: Task) -> None:
    answer = recommended(target={"task": task}, dataset={"examples": 5000})
    assert {one.task for one in answer.precedents} <= {task}
    assert ("no-precedents" in {notice.code for notice in answer.notices}) == (not answer.precedents)
    assert bool(answer.precedents) <= bool(KNOW.experiments[task])


def test_a_verdict_against_them_is_told() -> None:
    job = {
        "target": {"task": "image-classification", "domain": "retinal-images"},
        "dataset": {"examples": 1080},
        "source": DINO,
    }
    for fixed, told in (("full-fine-tuning", True), ("feature-extraction", False)):
        codes = {notice.code for notice in recommended(**job, fixed={"strategy": fixed}).notices}
        assert ("precedents-disagree" in codes) == told


def test_robustness_brings_experiments_under_shift_nearer() -> None:
    job = {"target": {"task": "image-classification", "domain": "natural-images"}, "dataset": {"examples": 50_000}}
    plain = recommended(**job, source={"model": "resnet50"})
    robust = recommended(**job, source={"model": "resnet50"}, constraints={"robust_to_shift": True})
    shifted = [sum(one.out_of_distribution for one in answer.precedents) for answer in (plain, robust)]
    assert shifted[0] < shifted[1]
