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


JUDGED_NO_WRITERS = {"facebook/bart-base", "facebook/bart-large", "gpt2", "t5-small", "t5-base", "google/mt5-base"}
"""Denoisers, and models from before chats: none has learned to answer."""


@pytest.mark.parametrize(
    "compute", [{"device": "T4", "hours": 0.03}, {"device": "T4", "hours": 0.1}, {"memory_gib": 2}]
)
def test_a_small_budget_brings_no_model_that_cannot_write_what_is_asked(compute: dict[str, Any]) -> None:
    assert recommended(**CHATS, compute=compute).verdict.model not in JUDGED_NO_WRITERS


@pytest.mark.parametrize("hours", [0.01, 0.1, 0.3])
def test_a_translator_of_the_languages_is_kept_as_it_is_before_another_is_trained(hours: float) -> None:
    """Of these data the others know nothing: a denoiser and a translator of four languages."""
    target = {"task": "translation", "domain": "low-resource-languages"}
    told = recommended(target=target, dataset={"examples": 20_000}, compute={"device": "T4", "hours": hours})
    assert told.verdict.model == "facebook/nllb-200-distilled-600M"
    assert told.verdict.bigger_budget is not None


@pytest.mark.parametrize("task", ["preference-tuning", "text-generation", "image-text-to-text", "translation"])
def test_where_nothing_fits_the_smallest_that_serves_is_named(task: str) -> None:
    told = recommended(target={"task": task}, dataset={"examples": 5000}, compute={"memory_gib": 1})
    least = min(one.params for one in told.models if (one.matrix_score or 3) >= 3)
    assert not told.resources.fits
    assert "nothing-fits" in {notice.code for notice in told.notices}
    assert next(one.params for one in told.models if one.model == told.verdict.model) <= least


def test_a_card_of_two_devices_is_two() -> None:
    told = recommended(**FOOD, compute={"device": "MI250X"})
    assert (told.resources.device_memory_gib, told.setup.devices) == (64, 2)


@pytest.mark.parametrize("model", ["openai/whisper-small", "openai/whisper-large-v3-turbo"])
@pytest.mark.parametrize("strategy", ["full-fine-tuning", "parameter-efficient"])
def test_a_recogniser_that_writes_passes_over_few_recordings_no_oftener_than_other_generators(
    model: str, strategy: str
) -> None:
    body = {"target": {"task": "automatic-speech-recognition"}, "dataset": {"examples": 102}}
    told = recommended(**body, source={"model": model}, fixed={"strategy": strategy})
    assert told.summary.epochs is not None
    assert told.summary.epochs <= 5
