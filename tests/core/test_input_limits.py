"""A plan is for texts and images that its model takes; what no plan can run is refused or left out, and said."""

from typing import Any

import pytest

from service.contract.words import Task
from service.core.rules.refusal import Refusal
from service.knowledge.loader import load
from tests.ask import ask, recommended

POSITIONS = {
    "bert-base-uncased": ("text-classification", 512),
    "roberta-large": ("text-classification", 512),
    "vinai/bertweet-base": ("text-classification", 128),
    "facebook/bart-large": ("summarization", 1024),
    "gpt2": ("text-generation", 1024),
    "facebook/opt-125m": ("text-generation", 2048),
    "openai/whisper-small": ("automatic-speech-recognition", 448),
    "BAAI/bge-m3": ("sentence-similarity", 8192),
}
"""Where the tables of positions end, by the models' own configurations."""

PATCHES = {"vit_base_patch16_224": 16, "vit_base_patch14_dinov2": 14, "google/vit-base-patch16-224": 16}

LISTED: list[tuple[str, list[int], int]] = [
    ("embeddings.position_embeddings.weight", [512, 8], 512),
    ("embeddings.position_embeddings.weight", [514, 8], 512),
    ("decoder.embed_positions.weight", [1026, 8], 1024),
]
"""Tables of BERT's kin and of RoBERTa's and BART's, which keep two rows for padding."""


def refused(**body: Any) -> list[str]:
    """Where the faults of a refused recommendation are; nothing where it is answered."""
    try:
        recommended(**body)
    except Refusal as refusal:
        return [fault.pointer for fault in refusal.faults]
    return []


@pytest.mark.parametrize("model", POSITIONS)
def test_a_model_takes_a_text_up_to_the_end_of_its_positions(model: str) -> None:
    task, end = POSITIONS[model]
    target, source = {"task": task}, {"model": model}
    at, beyond = ({"examples": 5000, "sequence_length": length} for length in (end, end + 1))
    assert refused(target=target, source=source, dataset=at) == []
    assert refused(target=target, source=source, dataset=beyond) == ["/dataset/sequence_length"]


@pytest.mark.parametrize(("name", "shape", "end"), LISTED)
def test_so_does_a_listed_model(name: str, shape: list[int], end: int) -> None:
    layers = [{"name": f"encoder.layer.{i}.attention.self.query.weight", "shape": [8, 8]} for i in range(3)]
    words = {"name": "embeddings.word_embeddings.weight", "shape": [30, 8]}
    parameters = [words, {"name": name, "shape": shape}, *layers, {"name": "classifier.weight", "shape": [2, 8]}]
    body: dict[str, Any] = {"target": {"task": "text-classification"}, "source": {"parameters": parameters}}
    assert refused(**body, dataset={"examples": 5000, "sequence_length": end}) == []
    assert refused(**body, dataset={"examples": 5000, "sequence_length": end + 1}) == ["/dataset/sequence_length"]


@pytest.mark.parametrize("task", ["summarization", "question-answering", "token-classification", "text-generation"])
@pytest.mark.parametrize("length", [600, 4096, 100_000])
def test_no_ranked_model_ends_before_the_longest_text(task: str, length: int) -> None:
    know, answer = load(), recommended(target={"task": task}, dataset={"examples": 5000, "sequence_length": length})
    short = {row.id for row in know.serving[Task(task)] if row.position_table and (row.longest or 0) < length}
    assert answer.models
    assert not short & {option.model for option in answer.models}
    assert bool(short) == ("models-left-out" in {notice.code for notice in answer.notices})


@pytest.mark.parametrize("model", PATCHES)
def test_an_image_is_a_patch_at_least(model: str) -> None:
    patch, body = PATCHES[model], {"target": {"task": "image-classification"}, "source": {"model": model}}
    assert refused(**body, dataset={"examples": 5000, "image_size": patch}) == []
    assert refused(**body, dataset={"examples": 5000, "image_size": patch - 1}) == ["/dataset/image_size"]


@pytest.mark.parametrize(
    ("model", "size", "codes"),
    [
        ("vit_base_patch16_224", 224, set[str]()),
        ("vit_base_patch16_224", 384, {"made-for-other-images"}),
        ("vit_base_patch16_224", 225, {"made-for-other-images", "image-not-whole-patches"}),
        ("vit_base_patch16_dinov3", 384, set[str]()),
        ("resnet50", 225, set[str]()),
        ("resnet50", 28, {"image-below-cell", "enlarge-images"}),
        ("yolo11s", 650, {"image-not-whole-patches"}),
    ],
)
def test_what_a_model_makes_of_an_image_is_said(model: str, size: int, codes: set[str]) -> None:
    answer = ask("/freeze-plan", {"model": model, "dataset": {"examples": 5000, "image_size": size}})
    about = {notice.code for notice in answer.notices if notice.pointer == "/dataset/image_size"}
    assert about == codes
