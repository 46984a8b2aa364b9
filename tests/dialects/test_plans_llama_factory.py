"""The LLaMA-Factory export of a plan, without it. What it means on a model is tested in tests/real."""

import msgspec
import pytest

from service.contract.freeze import FreezeBlock
from service.contract.words import BlockKind, BlockState, CurveShape, Trainer
from service.dialects.plan import Plan
from tests.dialects.hub_plans import planned, told

LLAMA = "meta-llama/Llama-3.2-1B"


def open_only(plan: Plan, opened: set[int]) -> Plan:
    """The plan with these layers open, and no others."""

    def state(block: FreezeBlock) -> BlockState:
        return BlockState.FULL_RATE if block.index in opened else BlockState.FROZEN

    blocks = [msgspec.structs.replace(block, state=state(block)) for block in plan.freeze.blocks]
    return msgspec.structs.replace(plan, freeze=msgspec.structs.replace(plan.freeze, blocks=blocks))


def test_last_layers_and_what_is_outside_them() -> None:
    plan = planned(model="gpt2", strategy="partial-fine-tuning", dataset={"examples": 5000})
    config = told(Trainer.LLAMA_FACTORY, plan).arguments
    layers = sum(block.kind is BlockKind.BLOCK for block in plan.trained)
    assert (config["finetuning_type"], config["freeze_trainable_layers"]) == ("freeze", layers)
    assert config["freeze_extra_modules"] == "ln_f"


def test_a_norm_whose_name_is_part_of_others_stays_frozen() -> None:
    plan = planned(model=LLAMA, strategy="partial-fine-tuning", dataset={"examples": 5000})
    export = told(Trainer.LLAMA_FACTORY, plan)
    assert export.arguments["freeze_extra_modules"] is None
    assert "freeze_extra_modules" not in export.text
    assert export.losses[0].startswith("norm stays frozen")
    assert not export.exact


def test_first_layers_are_negative_and_others_cannot_be_told() -> None:
    plan = planned(model="gpt2", strategy="partial-fine-tuning", dataset={"examples": 5000})
    assert told(Trainer.LLAMA_FACTORY, open_only(plan, {1, 2})).arguments["freeze_trainable_layers"] == -2
    middle = told(Trainer.LLAMA_FACTORY, open_only(plan, {3, 4}))
    assert (middle.exact, middle.arguments) == (False, {})
    assert "first or the last layers" in middle.losses[0]


def test_everything_and_adapter() -> None:
    full = told(Trainer.LLAMA_FACTORY, planned(model="gpt2", strategy="full-fine-tuning"))
    assert full.arguments["finetuning_type"] == "full"
    assert full.losses[0].startswith("One rate for all")
    lora = told(Trainer.LLAMA_FACTORY, planned(model=LLAMA, strategy="parameter-efficient"))
    assert lora.arguments["finetuning_type"] == "lora"
    assert lora.arguments["lora_target"] == "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj"
    assert lora.exact


@pytest.mark.parametrize("hold", [0, 100])
def test_the_stable_phase_is_told(hold: int) -> None:
    """Else a third of the run would be stable."""
    plan = planned(model="gpt2", strategy="parameter-efficient", dataset={"examples": 5000})
    phase = plan.phases[0]
    curve = msgspec.structs.replace(phase.curve, shape=CurveShape.WARMUP_STABLE_DECAY, hold_steps=hold)
    held = msgspec.structs.replace(plan, phases=[msgspec.structs.replace(phase, curve=curve)])
    config = told(Trainer.LLAMA_FACTORY, held).arguments
    if hold:
        options = config["lr_scheduler_kwargs"]
        assert config["lr_scheduler_type"] == "warmup_stable_decay"
        assert options["num_stable_steps"] == hold
        assert phase.warmup_steps + hold + options["num_decay_steps"] == phase.steps
    else:
        assert config["lr_scheduler_type"] == "cosine"
