"""The plan that is exported is the plan that was sized."""

from typing import Any

import msgspec
import pytest

from service.contract.job import Job
from service.contract.recommend import Recommendation
from service.dialects import exports
from service.knowledge.loader import load

TRAINERS = ["transformers", "axolotl", "llama-factory", "pytorch"]


def planned(memory_gib: float) -> Recommendation:
    """Adapters on Llama 3.1 8B, on one card with this memory."""
    body = {
        "target": {"task": "text-generation"},
        "dataset": {"examples": 5000, "sequence_length": 2048},
        "source": {"model": "meta-llama/Llama-3.1-8B"},
        "compute": {"memory_gib": memory_gib, "count": 1},
        "fixed": {"strategy": "parameter-efficient"},
        "dialects": TRAINERS,
    }
    return exports.recommend(msgspec.convert(body, Job), load(), True)


@pytest.mark.parametrize("memory_gib", [16, 28, 80])
def test_every_export_read_back_is_the_sized_setup(memory_gib: float) -> None:
    answer = planned(memory_gib)
    setup, told = answer.setup, {str(one.dialect): one for one in answer.exports}
    assert answer.resources.fits
    trainer: dict[str, Any] = told["transformers"].arguments["training_arguments"]
    axolotl, factory = told["axolotl"].arguments, told["llama-factory"].arguments
    assert bool(trainer.get("gradient_checkpointing")) is setup.checkpointing
    assert bool(axolotl.get("gradient_checkpointing")) is setup.checkpointing
    assert factory.get("disable_gradient_checkpointing", False) is not setup.checkpointing
    assert any("anew" in loss for loss in told["pytorch"].losses) is setup.checkpointing
    assert bool(told["transformers"].arguments["quantization_config"]) is (setup.quantised_bits == 4)
    assert axolotl.get("load_in_4bit", False) is (setup.quantised_bits == 4)
    assert factory.get("quantization_bit") == setup.quantised_bits
    assert answer.lr_schedule
    batches = [
        trainer["per_device_train_batch_size"] * trainer["gradient_accumulation_steps"],
        axolotl["micro_batch_size"] * axolotl["gradient_accumulation_steps"],
        factory["per_device_train_batch_size"] * factory["gradient_accumulation_steps"],
    ]
    assert batches == [answer.lr_schedule.batch_scaling.batch_size] * 3


def test_the_smaller_the_card_the_more_is_changed() -> None:
    setups = [planned(memory_gib).setup for memory_gib in (80, 28, 16)]
    assert [setup.quantised_bits for setup in setups] == [None, None, 4]
    assert [setup.checkpointing for setup in setups][:2] == [False, True]
