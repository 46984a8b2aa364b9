"""The numbers of a schedule, against calculation by hand and the formulas of the trainers."""

import math

import pytest

from tests.ask import recommended, scheduled


def factors(shape: str, steps: int, warm: int) -> list[float]:
    """The factor at every step, as transformers' `get_scheduler` documents it, written out plainly."""
    values: list[float] = []
    for step in range(steps + 1):
        if step < warm:
            values.append(step / warm)
        elif shape == "linear":
            values.append((steps - step) / (steps - warm))
        elif shape == "cosine":
            values.append((1 + math.cos(math.pi * (step - warm) / (steps - warm))) / 2)
        elif shape == "inverse-square-root":
            values.append(math.sqrt(warm / step))
        else:
            values.append(1.0)
    return values


@pytest.mark.parametrize("shape", ["linear", "cosine", "constant", "inverse-square-root"])
def test_curve_equals_the_trainers_formula_at_every_step(shape: str) -> None:
    schedule = scheduled(family="text-encoder", total_steps=400, shape=shape, points=401)
    assert schedule.warmup_steps == 24, "6 % of 400"
    assert [point.factor for point in schedule.points] == pytest.approx(factors(shape, 400, 24), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("steps", "examples", "expected"),
    [
        (1000, None, 60),  # 6 %
        (100, None, 10),  # 6 % is 6, at least 10, at most 10 %
        (50, None, 5),  # at most 10 %
        (9, None, 0),
        (9_000, None, 500),  # 6 % is 540, capped in short runs
        (20_000, None, 1200),  # no cap in long runs
    ],
)
def test_warmup_in_whole_steps(steps: int, examples: int | None, expected: int) -> None:
    assert examples is None
    assert scheduled(family="vision-transformer", total_steps=steps).warmup_steps == expected


def test_warmup_takes_at_most_one_epoch() -> None:
    schedule = scheduled(family="vision-transformer", examples=960, batch_size=32, epochs=100)
    assert (schedule.steps_per_epoch, schedule.total_steps, schedule.warmup_steps) == (30, 3000, 30)


def test_steps_count_the_last_incomplete_batch() -> None:
    schedule = scheduled(family="text-encoder", examples=10_001, batch_size=32, epochs=3)
    assert schedule.steps_per_epoch == 313
    assert schedule.total_steps == 939


def test_square_root_scaling_under_adam_and_linear_under_sgd() -> None:
    """At the reference sizes: 6e-5 at batch 32, and 3.2e-3 at batch 64, which ends at the range's top of 2e-2."""
    adam = scheduled(family="cnn", total_steps=1000, batch_size=128, optimizer="adamw")
    assert adam.batch_scaling.rule == "square-root"
    assert adam.rates.backbone_top == pytest.approx(6e-5 * math.sqrt(128 / 32))
    sgd = scheduled(family="cnn", total_steps=1000, batch_size=128, optimizer="sgd")
    assert sgd.batch_scaling.rule == "linear"
    assert sgd.rates.backbone_top == pytest.approx(3.2e-3 * 128 / 64)
    large = scheduled(family="cnn", total_steps=1000, batch_size=4096, optimizer="sgd")
    assert large.rates.backbone_top == pytest.approx(2e-2)
    guides = scheduled(family="cnn", total_steps=1000, batch_size=4096, optimizer="sgd", policy="guides")
    assert guides.rates.backbone_top == pytest.approx(3e-3 * 4096 / 256)


def test_layer_decay_keeps_its_ratio_end_to_end_at_any_depth() -> None:
    base = scheduled(model="vit_base_patch16_224", total_steps=1000, similarity=8)
    large = scheduled(model="vit_large_patch16_224", total_steps=1000, similarity=8)
    assert base.layer_decay == pytest.approx(0.7 ** (12 / 14), rel=1e-9)
    assert large.layer_decay == pytest.approx(0.7 ** (12 / 26), rel=1e-9)


def test_given_rate_is_kept_and_not_scaled() -> None:
    answer = recommended(
        target={"task": "text-classification"},
        dataset={"examples": 50_000},
        source={"model": "bert-base-uncased"},
        fixed={"strategy": "full-fine-tuning", "peak_rate": 2e-5, "batch_size": 64, "epochs": 4, "optimizer": "adamw"},
    )
    schedule = answer.lr_schedule
    assert schedule is not None
    assert (schedule.rates.backbone_top, schedule.batch_scaling.rule, schedule.batch_scaling.factor) == (
        2e-5,
        "none",
        1.0,
    )
    assert schedule.total_steps == 4 * math.ceil(50_000 / 64)
    for name in ("strategy", "peak_rate", "batch_size", "epochs", "optimizer"):
        assert answer.resolved[f"/fixed/{name}"].origin == "given"


def test_points_are_evenly_spaced_and_hold_both_ends() -> None:
    steps = [point.step for point in scheduled(family="cnn", total_steps=1000, points=5).points]
    assert steps == [0, 250, 500, 750, 1000]
    assert [point.step for point in scheduled(family="cnn", total_steps=3, points=50).points] == [0, 1, 2, 3]
