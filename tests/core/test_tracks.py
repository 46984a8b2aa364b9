"""Boxes, masks, sound, series, tables and embeddings have tracks of their own: the published tables, written out."""

from typing import Any

import pytest

from service.contract.words import Method, Strategy
from tests.ask import recommended

DETECTOR = {"model": "fasterrcnn_resnet50_fpn_v2"}

# Frustratingly simple few-shot detection, model zoo, ten seeds and more: AP on the new classes and on the old ones of
# full tuning, and of the last box layers alone.
FEW_SHOT = [
    ("COCO", 20, 1, (1.7, 21.0), (1.9, 31.9)),
    ("COCO", 20, 3, (3.7, 18.8), (5.1, 32.0)),
    ("COCO", 20, 10, (5.5, 16.1), (9.1, 32.4)),
    ("VOC split 1", 5, 1, (6.0, 38.2), (14.2, 49.4)),
    ("VOC split 1", 5, 10, (22.7, 36.8), (32.0, 50.4)),
    ("VOC split 3", 5, 5, (14.0, 38.5), (22.8, 51.3)),
]


@pytest.mark.parametrize(("name", "classes", "shots", "full", "last"), FEW_SHOT)
def test_few_boxes_of_familiar_things_train_the_last_layers(
    name: str, classes: int, shots: int, full: tuple[float, float], last: tuple[float, float]
) -> None:
    assert last > full, name
    answer = recommended(
        target={"task": "object-detection", "domain": "natural-images"},
        dataset={"examples": shots * classes, "classes": classes},
        source=DETECTOR,
    )
    assert answer.verdict.method is Method.LINEAR_PROBE
    keeping = recommended(
        target={"task": "object-detection"},
        dataset={"examples": 500},
        source=DETECTOR,
        constraints={"keep_source_ability": True},
    )
    assert keeping.verdict.strategy is Strategy.FEATURE_EXTRACTION


# Roboflow 100: pictures, mAP50 of a detector by name untouched and of the best of three tuned.
@pytest.mark.parametrize(
    ("pictures", "untouched", "tuned"), [(54, 3.0, 99.2), (202, 1.7, 98.8), (454, 83.6, 98.3), (8472, 0.7, 79.6)]
)
def test_detectors_are_tuned_whole_in_other_domains(pictures: int, untouched: float, tuned: float) -> None:
    assert tuned > untouched
    answer = recommended(target={"task": "object-detection"}, dataset={"examples": pictures})
    assert answer.verdict.strategy is Strategy.FULL
    assert answer.verdict.model
    assert "yolo" in answer.verdict.model or "detr" in answer.verdict.model, "a detector of its own"


# One weblog, 91 clips of one speaker: words wrong in percent, untouched and tuned.
@pytest.mark.parametrize(
    ("size", "untouched", "tuned"),
    [("tiny", 7.85, 6.59), ("base", 5.46, 5.02), ("small", 3.96, 3.45), ("large-v3-turbo", 2.77, 3.01)],
)
def test_small_recognisers_are_tuned_and_large_ones_wait_for_hours(size: str, untouched: float, tuned: float) -> None:
    body: dict[str, Any] = {
        "target": {"task": "automatic-speech-recognition"},
        "source": {"model": f"openai/whisper-{size}"},
        "compute": {"kind": "datacenter-gpu"},
        "similarity": 8,
    }
    better = Strategy.FULL if tuned < untouched else Strategy.ZERO_SHOT
    assert recommended(dataset={"examples": 91}, **body).verdict.strategy is better
    assert recommended(dataset={"examples": 9000}, **body).verdict.strategy is not Strategy.ZERO_SHOT


# On finetuning tabular foundation models: rows, accuracy in context and tuned, mean of the seeds.
@pytest.mark.parametrize(
    ("rows", "in_context", "tuned"), [(3589, 80.8, 79.2), (3589, 82.3, 80.5), (6400, 85.9, 86.5), (26_048, 85.9, 87.1)]
)
def test_tables_are_tuned_where_rows_are_many(rows: int, in_context: float, tuned: float) -> None:
    answer = recommended(target={"task": "tabular-classification"}, dataset={"examples": rows, "classes": 2})
    first, second = (one.strategy for one in answer.strategies[:2])
    expected = (Strategy.FULL, Strategy.ZERO_SHOT) if tuned > in_context else (Strategy.ZERO_SHOT, Strategy.FULL)
    assert (first, second) == expected
    if answer.lr_schedule:
        assert answer.lr_schedule.rates.backbone_top <= 6.5e-5, "seven of eight searches that ended higher lost"


def test_the_untouched_forecaster_stays_the_rival() -> None:
    """GIFT-Eval: tuned TTM-R2 beats itself untouched on 88 % of the tasks; of 92 on long series 14 got worse."""
    body = {"target": {"task": "time-series-forecasting"}}
    many = recommended(dataset={"examples": 5000}, **body)
    assert [one.strategy for one in many.strategies[:2]] == [Strategy.FULL, Strategy.ZERO_SHOT]
    assert any("harmed 14" in reason for reason in many.strategies[0].why)
    assert recommended(dataset={"examples": 100}, **body).verdict.strategy is Strategy.ZERO_SHOT


@pytest.mark.parametrize(("pairs", "tuned"), [(300, False), (3000, True)])
def test_an_embedder_is_tuned_on_pairs_from_a_thousand_on(pairs: int, tuned: bool) -> None:
    answer = recommended(
        target={"task": "sentence-similarity"}, dataset={"examples": pairs}, source={"model": "BAAI/bge-base-en-v1.5"}
    )
    assert (answer.verdict.strategy is Strategy.FULL) is tuned
    assert "in-batch-negatives" in {notice.code for notice in answer.notices}


# MAEB, frozen with a probe: ESC-50 of AST 96.2 (tuned 95.8), spoken commands of wav2vec 2.0 40.4 (tuned 98.3).
def test_sounds_are_named_frozen_by_who_was_taught_them() -> None:
    body: dict[str, Any] = {"dataset": {"examples": 1600, "classes": 50}}
    sounds = {"task": "audio-classification", "domain": "environmental-sound"}
    taught = recommended(target=sounds, source={"model": "MIT/ast-finetuned-audioset-10-10-0.4593"}, **body)
    assert taught.verdict.method is Method.LINEAR_PROBE
    speech = recommended(
        target={"task": "audio-classification", "domain": "english-speech"},
        source={"model": "facebook/wav2vec2-base"},
        **body,
    )
    assert speech.verdict.strategy is Strategy.FULL
    assert speech.freeze_plan.blocks[0].state == "frozen", "the front end"


@pytest.mark.parametrize(
    ("model", "strategy"),
    [
        ("resnet50", Strategy.PARTIAL),
        ("vit_base_patch14_dinov2", Strategy.FULL),
        ("nvidia/segformer-b0", Strategy.FULL),
    ],
)
def test_nothing_dense_is_learned_on_a_frozen_backbone(model: str, strategy: Strategy) -> None:
    answer = recommended(target={"task": "image-segmentation"}, dataset={"examples": 300}, source={"model": model})
    assert answer.verdict.strategy is strategy
    assert (answer.freeze_plan.shares.blocks_frozen or 0) < 0.4


@pytest.mark.parametrize(
    "model", ["mistralai/Mistral-Small-3.2-24B-Instruct-2506", "google/gemma-3n-E4B-it", "Qwen/Qwen3.5-35B-A3B"]
)
def test_a_decoder_that_sees_writes_without_pictures_too(model: str) -> None:
    answer = recommended(target={"task": "text-generation"}, dataset={"examples": 5000}, source={"model": model})
    assert answer.verdict.model == model
