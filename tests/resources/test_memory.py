"""What a run takes of a machine: published figures, and laws."""

from typing import Any

import pytest

from service.contract.resources import PlanResources
from tests.ask import ask, recommended

GENERATION = {"task": "text-generation"}
LLAMA_8B, LLAMA_70B = "meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.3-70B-Instruct"
ROOMY = {"memory_gib": 900, "count": 1}


def sized(**body: Any) -> PlanResources:
    return recommended(**{"dataset": {"examples": 5000}, **body}).resources


def test_bert_large_does_not_fit_in_twelve_gigabytes_at_512() -> None:
    """Google's BERT repository: on 12 GB BERT-Large takes 6 texts of 128 tokens, and none of 512 in a useful batch."""
    body: dict[str, Any] = {
        "target": {"task": "text-classification"},
        "dataset": {"examples": 20_000, "classes": 5, "sequence_length": 512},
        "source": {"model": "bert-large-uncased"},
        "compute": {"memory_gib": 12, "count": 1},
    }
    whole = recommended(**body, fixed={"strategy": "full-fine-tuning", "per_device_batch_size": 512})
    assert not whole.resources.fits
    shared = recommended(**body, fixed={"strategy": "full-fine-tuning", "batch_size": 512})
    assert shared.resources.fits
    assert (shared.setup.per_device_batch or 512) < 32


def test_llama_70b_with_adapters_in_48_gib_is_not_said_to_fit_where_it_does_not() -> None:
    body = {"target": GENERATION, "source": {"model": LLAMA_70B}, "compute": {"memory_gib": 48, "count": 1}}
    answer = recommended(**body, dataset={"examples": 5000}, fixed={"strategy": "parameter-efficient"})
    option = next(one for one in answer.strategies if one.strategy == "parameter-efficient")
    assert option.feasible is answer.resources.fits


def test_a_given_rank_is_counted_before_a_strategy_is_called_feasible() -> None:
    """Rank 65,536 on 2.6 million numbers a rank: 172 billion parameters."""
    body = {"target": GENERATION, "source": {"model": LLAMA_8B}, "compute": {"memory_gib": 80, "count": 1}}
    answer = recommended(**body, dataset={"examples": 5000}, schedule={"adapter": {"rank": 65_536}})
    option = next(one for one in answer.strategies if one.strategy == "parameter-efficient")
    assert not option.feasible


def test_where_nothing_fits_nothing_is_quantised() -> None:
    answer = recommended(
        target=GENERATION, source={"model": LLAMA_70B}, dataset={"examples": 5000}, compute={"memory_gib": 8}
    )
    codes = {notice.code for notice in answer.notices}
    assert "nothing-fits" in codes
    assert "quantise-the-base" not in codes
    assert not answer.resources.fits


def test_adapters_save_optimizer_state_and_not_activations() -> None:
    told = {
        strategy: {
            term.part.value: term.expected_gib
            for term in sized(
                target=GENERATION,
                source={"model": LLAMA_8B},
                compute=ROOMY,
                fixed={"strategy": strategy, "batch_size": 4},
            ).terms
        }
        for strategy in ("full-fine-tuning", "parameter-efficient")
    }
    whole, adapted = told["full-fine-tuning"], told["parameter-efficient"]
    assert adapted["optimizer-state"] + adapted["adapters"] < whole["optimizer-state"] / 10
    assert 0.7 * whole["activations"] < adapted["activations"] < whole["activations"]


@pytest.mark.parametrize("model", ["resnet50", "vit_base_patch16_224", "bert-base-uncased"])
def test_more_frozen_never_costs_more(model: str) -> None:
    task = "text-classification" if "bert" in model else "image-classification"
    peaks = [
        sized(
            target={"task": task},
            source={"model": model},
            compute=ROOMY,
            fixed={"strategy": strategy, "batch_size": 32, "optimizer": "adamw"},
        ).peak_gib
        for strategy in ("feature-extraction", "partial-fine-tuning", "full-fine-tuning")
    ]
    assert peaks == sorted(peaks)


@pytest.mark.parametrize("model", ["bert-base-uncased", "vit_base_patch16_224"])
def test_what_trains_is_sized_also_where_no_classes_are_told(model: str) -> None:
    """A head of three classes weighs next to nothing beside the blocks that train."""
    task = "text-classification" if "bert" in model else "image-classification"
    fixed = {"strategy": "partial-fine-tuning", "per_device_batch_size": 4, "optimizer": "adamw"}
    peaks = [
        sized(
            target={"task": task},
            source={"model": model},
            dataset={"examples": 60_000, **more},
            compute=ROOMY,
            fixed=fixed,
        ).peak_gib
        for more in ({}, {"classes": 3})
    ]
    assert peaks[0] == pytest.approx(peaks[1], rel=0.02)


@pytest.mark.parametrize("name", ["per_device_batch_size", "sequence_length"])
def test_more_at_a_time_costs_more(name: str) -> None:
    peaks: list[float] = []
    for size in (1, 2, 8, 32):
        body = {"fixed": {name: size}} if name.startswith("per") else {"dataset": {"examples": 5000, name: size * 16}}
        peaks.append(sized(target={"task": "text-classification"}, source={"model": "roberta-base"}, **body).peak_gib)
    assert peaks == sorted(peaks)
    assert peaks[0] < peaks[-1]


def test_the_view_is_the_part() -> None:
    body = {"target": GENERATION, "source": {"model": LLAMA_8B}, "dataset": {"examples": 5000}}
    view: Any = ask("/resources", body)
    whole = recommended(**body)
    assert (view.resources, view.setup) == (whole.resources, whole.setup)


def test_counted_activations_are_those_of_the_library() -> None:
    """A ResNet-50 keeps 22 million numbers of an image at 224 pixels: its convolutions put out 11.1 million."""
    terms = sized(
        target={"task": "image-classification"},
        source={"model": "resnet50"},
        compute=ROOMY,
        fixed={"strategy": "full-fine-tuning", "precision": "fp32", "per_device_batch_size": 1},
    ).terms
    kept = next(term for term in terms if term.part == "activations").expected_gib
    assert kept * 2**30 / 4 == pytest.approx(2 * 11.1e6, rel=0.05)
