"""Options that do nothing, or not what their name says, are pointed at."""

from typing import Any

import pytest

from tests.ask import ask, recommended

IMAGES = {"target": {"task": "image-classification"}, "dataset": {"examples": 3000}, "source": {"model": "resnet50"}}
TEXT = {
    "target": {"task": "text-classification"},
    "dataset": {"examples": 3000, "classes": 4},
    "source": {"model": "bert-base-uncased"},
}


def curved(shape: str, options: dict[str, Any]) -> Any:
    """The notices of a schedule of 1,410 steps with this shape."""
    schedule = {"shape": shape, "options": options}
    body = {"source": {"family": "cnn"}, "fixed": {"total_steps": 1410}, "schedule": schedule}
    return ask("/lr-schedule", body).notices


def spoken(notices: Any, code: str) -> set[str]:
    return {notice.pointer for notice in notices if notice.code == code}


@pytest.mark.parametrize(
    ("job", "code", "pointer"),
    [
        (
            IMAGES | {"fixed": {"strategy": "feature-extraction"}, "schedule": {"layer_decay": 0.5}},
            "option-without-effect",
            "/schedule/layer_decay",
        ),
        (
            TEXT | {"fixed": {"strategy": "parameter-efficient"}, "schedule": {"layer_decay": 0.5}},
            "option-without-effect",
            "/schedule/layer_decay",
        ),
        (IMAGES | {"measurements": {"linear_probe": 0.7}}, "option-without-effect", "/measurements/linear_probe"),
        (
            IMAGES | {"compute": {"kind": "cpu"}, "fixed": {"precision": "fp16-mixed"}},
            "no-fp16-on-cpu",
            "/fixed/precision",
        ),
    ],
)
def test_a_choice_that_nothing_reads_is_pointed_at(job: dict[str, Any], code: str, pointer: str) -> None:
    assert pointer in spoken(recommended(**job).notices, code)


def test_every_choice_is_pointed_at_where_nothing_is_trained() -> None:
    fixed = {"strategy": "zero-shot", "epochs": 3, "batch_size": 8, "optimizer": "sgd"}
    job = IMAGES | {"source": {"model": "openai/clip-vit-base-patch32"}, "fixed": fixed}
    pointers = spoken(recommended(**job).notices, "fixed-choice-unused")
    assert pointers == {"/fixed/epochs", "/fixed/batch_size", "/fixed/optimizer"}


@pytest.mark.parametrize(
    ("shape", "options", "code", "pointer"),
    [
        ("step", {"milestones": [0]}, "option-without-effect", "milestones"),
        ("step", {"milestones": [500, 9_999_999]}, "option-without-effect", "milestones"),
        ("inverse-square-root", {"timescale": 10_000_000}, "option-without-effect", "timescale"),
        ("cosine-with-restarts", {"cycles": 100, "cycle_growth": 1.5}, "option-without-effect", "cycles"),
        ("cosine-with-restarts", {"cycles": 100, "cycle_growth": 0.5}, "option-without-effect", "cycles"),
        ("exponential", {"gamma": 1e-300}, "rate-vanishes", "gamma"),
        ("step", {"every": 10, "gamma": 0.1}, "rate-vanishes", "gamma"),
        ("tri-stage", {"end_ratio": 1e-300}, "rate-vanishes", "end_ratio"),
    ],
)
def test_an_option_without_its_shape_is_pointed_at(shape: str, options: Any, code: str, pointer: str) -> None:
    assert spoken(curved(shape, options), code) == {f"/schedule/options/{pointer}"}


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ("step", {"milestones": [300, 900]}),
        ("inverse-square-root", {"timescale": 200}),
        ("cosine-with-restarts", {"cycles": 4, "cycle_growth": 1.5}),
        ("exponential", {"gamma": 1e-6}),
        ("polynomial", {"power": 10}),
    ],
)
def test_an_option_with_its_shape_is_not(shape: str, options: Any) -> None:
    notices = curved(shape, options)
    assert not spoken(notices, "option-without-effect") | spoken(notices, "rate-vanishes")
