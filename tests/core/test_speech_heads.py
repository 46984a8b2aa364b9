"""Plans that classify audio with a speech model, against the counts of transformers' own classes with 50 labels."""

import re

import pytest

from service.contract.freeze import FreezeBlock
from service.contract.recommend import Recommendation
from service.contract.words import BlockState
from tests.ask import frozen, recommended

PARAMS = {
    "openai/whisper-tiny": 8_319_794,
    "openai/whisper-base": 20_734_770,
    "openai/whisper-small": 88_363_826,
    "openai/whisper-large-v3": 637_309_746,
    "openai/whisper-large-v3-turbo": 637_309_746,
    "facebook/wav2vec2-base": 94_581_426,
    "facebook/hubert-base-ls960": 94_581_426,
    "microsoft/wavlm-base-plus": 94_591_650,
    "facebook/wav2vec2-xls-r-300m": 315_713_970,
    "microsoft/wavlm-large": 315_728_370,
}
"""What the ForAudioClassification or ForSequenceClassification class of transformers counts."""

WHISPER = "openai/whisper-small"
ENCODER = (
    "encoder.conv1.weight",
    "encoder.conv2.bias",
    "encoder.embed_positions.weight",
    "encoder.layers.0.fc1.weight",
    "encoder.layers.11.final_layer_norm.bias",
    "encoder.layer_norm.weight",
)
HEAD = ("projector.weight", "projector.bias", "classifier.weight", "classifier.bias")
DECODER = ("model.decoder.embed_tokens.weight", "model.decoder.layers.0.fc1.weight", "proj_out.weight")


def classified(model: str, strategy: str = "partial-fine-tuning") -> Recommendation:
    """The plan for 50 classes of audio."""
    return recommended(
        target={"task": "audio-classification"},
        dataset={"examples": 5000, "classes": 50},
        source={"model": model},
        fixed={"strategy": strategy},
    )


def held(blocks: list[FreezeBlock], name: str) -> list[str]:
    """The blocks whose pattern finds the name."""
    return [block.name for block in blocks if block.pattern and re.search(block.pattern, name)]


@pytest.mark.parametrize(("model", "params"), PARAMS.items())
def test_classifiers_of_audio_count_as_those_of_the_library(model: str, params: int) -> None:
    assert sum(block.params or 0 for block in classified(model).freeze_plan.blocks) == params


def test_the_head_is_a_projector_to_256_and_a_classifier() -> None:
    plan = classified(WHISPER).freeze_plan
    assert plan.counts.head == 196_864 + 12_850
    for name in ENCODER:
        assert len(held(plan.blocks, name)) == 1, name
    for name in HEAD:
        assert held(plan.blocks, name) == ["projector and classifier"], name
    for name in (*DECODER, "lm_head.weight"):
        assert held(plan.blocks, name) == [], name


@pytest.mark.parametrize("model", [WHISPER, "microsoft/wavlm-base-plus"])
def test_adapters_are_saved_with_the_projector_and_the_classifier(model: str) -> None:
    adapter = classified(model, "parameter-efficient").freeze_plan.adapter
    assert adapter is not None
    assert adapter.modules_to_save == ["projector", "classifier"]


def test_an_encoder_used_alone_is_trained_as_a_speech_encoder() -> None:
    """A new head wants more than the 1e-5 at which Whisper is tuned to transcribe, and a phase of its own."""
    whisper, wavlm = classified(WHISPER), classified("microsoft/wavlm-base-plus")
    assert whisper.lr_schedule is not None
    assert wavlm.lr_schedule is not None
    assert whisper.lr_schedule.groups[-1].peak_rate == wavlm.lr_schedule.groups[-1].peak_rate == 3e-4
    assert [phase.name for phase in whisper.phases] == [phase.name for phase in wavlm.phases]
    assert whisper.phases[0].name == "head"


def test_the_recogniser_keeps_its_decoder_and_its_rates() -> None:
    """WhisperForConditionalGeneration counts 241,734,912 for the small one; its projection is the embedding."""
    plan = recommended(
        target={"task": "automatic-speech-recognition"},
        dataset={"examples": 5000},
        source={"model": WHISPER},
        fixed={"strategy": "full-fine-tuning"},
    )
    blocks = plan.freeze_plan.blocks
    assert sum(block.params or 0 for block in blocks) == 241_734_912
    (words,) = (block for block in blocks if block.name == "decoder embeddings")
    assert words.params == 40_176_384
    assert words.state is blocks[-1].state is not BlockState.FROZEN
    for name in (*DECODER, *(f"model.{name}" for name in ENCODER)):
        assert len(held(blocks, name)) == 1, name
    assert plan.lr_schedule is not None
    assert max(group.peak_rate for group in plan.lr_schedule.groups) < 2e-5


@pytest.mark.parametrize("model", [WHISPER, "facebook/wav2vec2-base"])
def test_a_head_alone_is_counted_without_a_task(model: str) -> None:
    plan = frozen(model=model, dataset={"examples": 500, "classes": 50}, strategy="feature-extraction")
    assert plan.counts.head == 196_864 + 12_850
