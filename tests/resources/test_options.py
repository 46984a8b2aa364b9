"""Checkpointing, sharding, attention and the optimizer's state, as the caller fixes them: sized so, and exported so."""

from typing import Any

import msgspec
import pytest

from service.contract.job import Job
from service.contract.recommend import Recommendation
from service.contract.words import Optimizer
from service.dialects import exports
from service.dialects.transformers.schedule import OPTIMIZERS
from service.knowledge.loader import load
from tests.ask import recommended

LLAMA, PARAMS = "meta-llama/Llama-3.1-8B", 8_030_261_248
KIN = ["transformers", "axolotl", "llama-factory", "pytorch"]
EIGHT = {"device": "h100", "count": 8}


def planned(model: str = LLAMA, task: str = "text-generation", tokens: int = 512, **body: Any) -> Recommendation:
    """Full tuning in mixed precision, but for what is given."""
    job = {
        "target": {"task": task},
        "dataset": {"examples": 5000, "sequence_length": tokens},
        "source": {"model": model},
        "dialects": KIN,
        **body,
        "fixed": {"strategy": "full-fine-tuning", "precision": "bf16-mixed", **body.get("fixed", {})},
    }
    return exports.recommend(msgspec.convert(job, Job), load(), True)


def gib(answer: Recommendation, part: str) -> float:
    return next(term.expected_gib for term in answer.resources.terms if term.part == part)


@pytest.mark.parametrize(
    ("sharding", "shares"),
    [("replicated", (1, 1, 1)), ("zero-1", (1, 1, 8)), ("zero-2", (1, 8, 8)), ("sharded", (8,) * 3)],
)
def test_each_stage_of_zero_shares_what_its_paper_says(sharding: str, shares: tuple[int, int, int]) -> None:
    """Rajbhandari and others, 2020: stage 1 shares optimizer state, stage 2 gradients too, stage 3 all.

    There the optimizer's state holds the weights in 32 bits too: 12 bytes, beside 2 of weights.
    """
    sizes = (2, 4, 12) if sharding.startswith("zero") else (6, 4, 8)
    answer = planned(compute=EIGHT, fixed={"sharding": sharding})
    told = [gib(answer, part) for part in ("weights", "gradients", "optimizer-state")]
    assert told == pytest.approx([PARAMS * n / over / 2**30 for n, over in zip(sizes, shares, strict=True)], 1e-3)
    assert answer.setup.sharding == sharding


@pytest.mark.parametrize("sharding", ["replicated", "zero-1", "zero-2", "sharded"])
def test_exports_read_back_share_as_was_sized(sharding: str) -> None:
    answer = planned(compute=EIGHT, fixed={"sharding": sharding})
    stage = {"zero-1": 1, "zero-2": 2, "sharded": 3}.get(sharding)
    told = {str(one.dialect): one for one in answer.exports}
    for config in (
        told["transformers"].arguments["training_arguments"],
        told["axolotl"].arguments,
        told["llama-factory"].arguments,
    ):
        assert config.get("deepspeed", {}).get("zero_optimization", {}).get("stage") == stage
    assert any("sized with its states sharded" in loss for loss in told["pytorch"].losses) is (stage is not None)


@pytest.mark.parametrize("optimizer", [one for one in Optimizer if "adamw" in one.value])
def test_exports_read_back_have_the_optimizer_that_was_sized(optimizer: Optimizer) -> None:
    answer = planned(fixed={"optimizer": optimizer.value}, compute={"memory_gib": 900})
    told = {str(one.dialect): one for one in answer.exports}
    assert answer.lr_schedule
    assert answer.lr_schedule.optimizer is optimizer
    assert told["transformers"].arguments["training_arguments"]["optim"] == OPTIMIZERS[optimizer]
    assert told["axolotl"].arguments["optimizer"] == told["llama-factory"].arguments["optim"] == OPTIMIZERS[optimizer]
    held = optimizer.value.rpartition("-")[2] in ("8bit", "fused")
    assert any(loss.startswith("AdamW") for loss in told["pytorch"].losses) is held


def test_moments_in_eight_bits_take_a_quarter() -> None:
    """bitsandbytes: a byte for each of two moments, and a scale of four for each 256 of them; else eight bytes."""
    state = {
        one: gib(planned(fixed={"optimizer": one}, compute={"memory_gib": 900}), "optimizer-state")
        for one in ("adamw", "adamw-fused", "adamw-8bit", "paged-adamw-8bit")
    }
    assert state["adamw"] == state["adamw-fused"]
    assert state["adamw-8bit"] == state["paged-adamw-8bit"] == pytest.approx(state["adamw"] * 2.03 / 8, 1e-3)


def test_states_in_pages_may_leave_the_device() -> None:
    answer = planned(fixed={"optimizer": "paged-adamw-8bit"}, compute={"memory_gib": 900})
    state = next(term for term in answer.resources.terms if term.part == "optimizer-state")
    assert state.low_gib == 0 < state.expected_gib
    assert any("host" in told for told in answer.resources.assumptions)


def test_what_steps_as_adamw_has_its_rates() -> None:
    schedules = [planned(fixed={"optimizer": one}).lr_schedule for one in ("adamw", "adamw-8bit", "adamw-fused")]
    assert len({one.rates.backbone_top for one in schedules if one}) == 1


def test_eager_attention_stores_each_score() -> None:
    """BERT base: 12 heads in each of 12 blocks score 512 x 512 pairs, in 32 bits for the softmax and 16 behind it."""
    body: dict[str, Any] = {"model": "bert-base-uncased", "task": "text-classification", "compute": {"memory_gib": 900}}
    eager, fused = (planned(**body, fixed={"per_device_batch_size": 8, "attention": one}) for one in ("eager", "fused"))
    more = (gib(eager, "activations") - gib(fused, "activations")) * 2**30
    assert more == pytest.approx(8 * 12 * 12 * 512**2 * 6, rel=0.01)
    told = {str(one.dialect): one for one in eager.exports}
    assert told["transformers"].arguments["attn_implementation"] == "eager"
    assert any("eager attention" in loss for loss in told["pytorch"].losses)


def test_attention_is_told_to_those_who_load_the_model() -> None:
    told = {str(one.dialect): one.arguments for one in planned(fixed={"attention": "eager"}).exports}
    assert (told["axolotl"]["eager_attention"], told["llama-factory"]["flash_attn"]) == (True, "disabled")


@pytest.mark.parametrize("wished", [True, False])
def test_checkpointing_is_as_the_caller_wants_it(wished: bool) -> None:
    answer = planned(compute={"memory_gib": 900}, fixed={"checkpointing": wished})
    assert answer.setup.checkpointing is wished
    assert bool(answer.exports[0].arguments["training_arguments"].get("gradient_checkpointing")) is wished
    assert any("computed anew" in one for one in answer.resources.assumptions) is wished


@pytest.mark.parametrize(("strategy", "beside"), [("full-fine-tuning", PARAMS * 2), ("parameter-efficient", 0)])
def test_a_reference_is_held_beside_what_trains_and_is_the_base_below_an_adapter(strategy: str, beside: int) -> None:
    """DPO with a whole model holds a frozen copy, in 16 bits; TRL turns the adapter off instead where there is one."""
    weights = [
        gib(planned(task=task, fixed={"strategy": strategy}, compute={"memory_gib": 900}), "weights")
        for task in ("text-generation", "preference-tuning")
    ]
    assert (weights[1] - weights[0]) * 2**30 == pytest.approx(beside, abs=2**21)


def test_whisper_keeps_as_much_by_description_as_by_its_name() -> None:
    """Within the range: a description tells neither its widths nor which blocks write."""
    asr, fixed = "automatic-speech-recognition", {"per_device_batch_size": 1}
    sources = {"model": "openai/whisper-small"}, {"family": "speech-seq2seq", "params": 241_734_912, "depth": 24}
    kept = [
        gib(planned(task=asr, tokens=448, source=source, compute={"memory_gib": 900}, fixed=fixed), "activations")
        for source in sources
    ]
    assert kept[1] == pytest.approx(kept[0], rel=0.2)


@pytest.mark.parametrize("model", ["google/gemma-3-1b-it", "google/gemma-3-4b-pt"])
def test_gemma_3_is_not_trained_in_fp16(model: str) -> None:
    """transformers, issue 36822: its activations leave the range of fp16."""
    adapters = {"strategy": "parameter-efficient"}
    body = {"target": {"task": "text-generation"}, "dataset": {"examples": 500}, "source": {"model": model}}
    answer = recommended(**body, compute={"device": "t4"}, fixed=adapters)
    assert answer.setup.precision == "fp32"
    assert "overflows-in-fp16" in {notice.code for notice in answer.notices}
