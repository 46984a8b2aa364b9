"""What a run takes of a machine: published figures, and laws."""

from collections.abc import Callable
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


@pytest.mark.parametrize(
    ("model", "layers", "experts", "matrix"),
    [
        ("mistralai/Mixtral-8x7B-v0.1", 32, 8, 3 * 4096 * 14_336),
        ("Qwen/Qwen3-30B-A3B", 48, 128, 3 * 2048 * 768),
        ("openai/gpt-oss-20b", 24, 32, 3 * 2880 * 2880),
        ("allenai/OLMoE-1B-7B-0924", 16, 64, 3 * 2048 * 1024),
    ],
)
def test_experts_stay_in_sixteen_bits(model: str, layers: int, experts: int, matrix: int) -> None:
    """The cards' numbers. Loading in 4 bits replaces linear layers alone, and transformers stacks experts in none."""
    body = {"target": GENERATION, "source": {"model": model}, "compute": {"memory_gib": 40}}
    answer = recommended(**body, dataset={"examples": 5000}, fixed={"strategy": "parameter-efficient"})
    least = layers * experts * matrix * 2 / 2**30
    assert answer.resources.peak_gib > least
    assert all(change.peak_gib > least for change in answer.resources.changes if "the model" not in change.change)
    assert answer.resources.fits is (answer.resources.peak_gib <= answer.resources.usable_memory_gib)


def test_listed_experts_stay_in_sixteen_bits_stacked_or_not() -> None:
    def named(block: int) -> dict[str, list[int]]:
        at = f"model.layers.{block}"
        attention = {f"{at}.self_attn.{one}_proj.weight": [1024, 1024] for one in "qkvo"}
        return {f"{at}.input_layernorm.weight": [1024], **attention, f"{at}.post_attention_layernorm.weight": [1024]}

    def listed(experts: Callable[[str], dict[str, list[int]]]) -> float:
        told = {"model.embed_tokens.weight": [32_000, 1024]}
        for block in range(8):
            told |= named(block) | experts(f"model.layers.{block}.mlp")
        told |= {"model.norm.weight": [1024], "lm_head.weight": [32_000, 1024]}
        answer = recommended(
            target=GENERATION,
            dataset={"examples": 5000, "sequence_length": 64},
            source={"parameters": [{"name": name, "shape": shape} for name, shape in told.items()]},
            compute={"memory_gib": 80},
            fixed={"strategy": "parameter-efficient"},
        )
        lean = [one.peak_gib for one in answer.resources.changes if one.change == "the frozen base in 4 bits"]
        return answer.resources.peak_gib - (lean or [answer.resources.peak_gib])[0]

    stacked = listed(
        lambda at: {f"{at}.experts.up_proj": [32, 1024, 4096], f"{at}.experts.down_proj": [32, 4096, 1024]}
    )
    apart = listed(
        lambda at: {
            f"{at}.experts.{number}.{name}_proj.weight": shape
            for number in range(32)
            for name, shape in (("up", [4096, 1024]), ("down", [1024, 4096]))
        }
    )
    shared = listed(lambda at: {f"{at}.up_proj.weight": [4096, 1024], f"{at}.down_proj.weight": [1024, 4096]})
    attention = 8 * 4 * 1024 * 1024 * (2 - 0.52) / 2**30
    assert stacked == pytest.approx(attention, rel=0.1)
    assert apart == pytest.approx(attention, rel=0.1)
    assert shared == pytest.approx(3 * attention, rel=0.1)


@pytest.mark.parametrize("model", ["resnet50", "convnext_tiny", "yolo11s-seg", "facebook/detr-resnet-50", "swin_t"])
@pytest.mark.parametrize("strategy", [None, "feature-extraction"])
def test_convolutions_are_never_held_in_four_bits(model: str, strategy: str | None) -> None:
    """Loading in 4 bits replaces linear layers alone."""
    task = {"yolo11s-seg": "instance-segmentation", "facebook/detr-resnet-50": "object-detection"}
    for gib in (1, 1.5, 2):
        answer = recommended(
            target={"task": task.get(model, "image-classification")},
            dataset={"examples": 5000, "classes": 10},
            source={"model": model},
            compute={"memory_gib": gib},
            fixed={"strategy": strategy} if strategy else {},
        )
        assert answer.setup.quantised_bits is None
        assert not any("4 bits" in change.change for change in answer.resources.changes)
