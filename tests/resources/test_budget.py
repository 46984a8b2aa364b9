"""What fits memory and hours comes first, and what more of them would change stands beside it."""

from typing import Any

import pytest

from service.contract.words import Strategy
from tests.ask import recommended

CHATS: dict[str, Any] = {
    "target": {"task": "text-generation", "domain": "conversations"},
    "dataset": {"examples": 3000, "sequence_length": 1024},
}
FOOD: dict[str, Any] = {
    "target": {"task": "image-classification", "domain": "food"},
    "dataset": {"examples": 75_750, "classes": 101},
}
LLAMA = "meta-llama/Llama-3.1-8B"


@pytest.mark.parametrize("memory_gib", [5, 6, 7, 8])
def test_a_small_card_gets_a_model_that_it_can_train(memory_gib: float) -> None:
    told = recommended(**CHATS, compute={"memory_gib": memory_gib})
    assert told.verdict.strategy is not Strategy.ZERO_SHOT
    assert told.resources.fits
    more = told.verdict.bigger_budget
    assert more is not None
    assert more.model == told.models[0].model != told.verdict.model
    assert f"there are {memory_gib}" in more.needs
    assert more.needs in told.verdict.summary


def test_a_fixed_strategy_gets_a_model_that_it_fits() -> None:
    told = recommended(**CHATS, compute={"memory_gib": 24}, fixed={"strategy": "full-fine-tuning"})
    assert told.resources.fits
    assert told.verdict.model != told.models[0].model


def test_a_roomy_machine_changes_nothing() -> None:
    told = recommended(**CHATS, compute={"device": "h100"})
    assert told.verdict.bigger_budget is None
    assert told.verdict.model == told.models[0].model


def test_hours_that_decide_are_said_to() -> None:
    """One pass of Llama 3.1 8B over 10,000 texts of 2,048 tokens takes an RTX 4090 more than an hour."""
    body = {"target": {"task": "text-generation"}, "dataset": {"examples": 10_000, "sequence_length": 2048}}
    told = recommended(**body, source={"model": LLAMA}, compute={"device": "RTX 4090", "hours": 0.5})
    assert told.verdict.strategy is Strategy.ZERO_SHOT
    assert told.verdict.bigger_budget is not None
    assert "there are 0.5" in told.verdict.summary
    assert told.verdict.bigger_budget.strategy is Strategy.PARAMETER_EFFICIENT


def test_hours_leave_models_out() -> None:
    body = {"target": {"task": "text-generation"}, "dataset": {"examples": 10_000, "sequence_length": 2048}}
    told = recommended(**body, compute={"device": "RTX 4090", "hours": 0.5})
    assert told.verdict.strategy is not Strategy.ZERO_SHOT
    assert told.resources.time is not None
    assert told.resources.time.hours <= 0.5


@pytest.mark.parametrize("hours", [0.02, 0.05, 0.09, 0.13, 0.2, 0.25, 0.7, 1.0])
def test_the_strategy_is_the_first_that_ends_in_time(hours: float) -> None:
    told = recommended(**FOOD, compute={"device": "T4", "hours": hours})
    assert told.resources.time is not None
    assert told.resources.time.hours <= hours
    better = [one for one in told.strategies if one.strategy is not told.verdict.strategy and one.feasible]
    assert all(one.rank > 1 for one in better)


def test_more_hours_never_lead_to_a_smaller_capacity() -> None:
    order = [Strategy.FEATURE_EXTRACTION, Strategy.PARTIAL, Strategy.FULL]
    seen = [
        order.index(recommended(**FOOD, compute={"device": "T4", "hours": hours}).verdict.strategy)
        for hours in (0.05, 0.13, 0.2, 1, 5)
    ]
    assert seen == sorted(seen)


def test_a_length_that_is_fixed_and_too_long_is_said() -> None:
    compute = {"device": "A100 80GB", "hours": 1}
    body = {"target": {"task": "text-classification"}, "dataset": {"examples": 1_000_000, "classes": 3}}
    fixed = {"strategy": "full-fine-tuning", "epochs": 4}
    told = recommended(**body, source={"model": "bert-base-uncased"}, compute=compute, fixed=fixed)
    assert told.resources.time is not None
    assert told.resources.time.hours > 1
    assert "hours-exceeded" in {notice.code for notice in told.notices}


def test_changes_of_a_model_without_room_name_one_that_has_room() -> None:
    told = recommended(**CHATS, source={"model": "mistralai/Mistral-7B-v0.1"}, compute={"memory_gib": 8})
    assert told.verdict.model == "mistralai/Mistral-7B-v0.1"
    other = next(one for one in told.resources.changes if one.change.startswith("the model "))
    assert other.fits
    named = other.change.removeprefix("the model ")
    assert recommended(**CHATS, compute={"memory_gib": 8}, source={"model": named}).resources.fits


def test_changes_that_fit_come_first_and_those_without_a_loss_of_quality_before_others() -> None:
    body = {"target": {"task": "text-generation"}, "dataset": {"examples": 3000}, "source": {"model": LLAMA}}
    fixed = {"strategy": "full-fine-tuning"}
    changes = recommended(**body, compute={"device": "a100", "count": 2}, fixed=fixed).resources.changes
    assert [one.fits for one in changes] == sorted((one.fits for one in changes), reverse=True)
    roomy = recommended(**body, compute={"memory_gib": 300, "count": 1}, fixed=fixed).resources.changes
    names = [one.change for one in roomy]
    lossless = {"one example at a time, accumulated", "adamw-8bit", "gradient checkpointing"}
    assert set(names[:3]) == lossless
    assert names.index("parameter-efficient") < names.index("parameter-efficient on a base in 4 bits (QLoRA)")
