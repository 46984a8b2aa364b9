"""What an answer says of itself: what it took for granted, why a strategy leads, how much of the model trains."""

from typing import Any

import pytest

from service.contract.words import BlockKind, BlockState
from tests.ask import recommended

JOB: dict[str, Any] = {"target": {"task": "image-classification"}, "dataset": {"examples": 5000, "classes": 10}}


@pytest.mark.parametrize(
    ("compute", "kind", "origin"),
    [
        ({}, "consumer-gpu", "assumed"),
        ({"kind": "cpu"}, "cpu", "given"),
        ({"cores": 8}, "cpu", "derived"),
        ({"count": 4, "memory_gib": 40}, "multi-gpu", "derived"),
    ],
)
def test_the_kind_of_machine_is_told_with_where_it_comes_from(compute: dict[str, Any], kind: str, origin: str) -> None:
    told = recommended(**JOB, compute=compute).resolved["/compute/kind"]
    assert (told.value, told.origin) == (kind, origin)


def test_what_was_measured_best_leads_for_that_reason() -> None:
    measurements = {"linear_probe": 0.9, "full_fine_tuning": 0.6}
    first, *others = recommended(**JOB, measurements=measurements).strategies
    assert first.strategy == "feature-extraction"
    assert any(reason.startswith("measured: 0.9") for reason in first.why)
    assert not any("measured" in reason for one in (first, *others) for reason in one.why_not)


def test_the_verdict_counts_the_blocks_that_train() -> None:
    answer = recommended(**JOB, source={"model": "resnet50"}, fixed={"strategy": "partial-fine-tuning"})
    backbone = [block for block in answer.freeze_plan.blocks if block.kind is not BlockKind.HEAD]
    opened = sum(block.state is not BlockState.FROZEN for block in backbone)
    assert 0 < opened < len(backbone)
    assert f"{opened} of the {len(backbone)} blocks below the head train" in answer.verdict.summary
