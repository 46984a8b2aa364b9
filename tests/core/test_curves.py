"""Shapes of schedules, against the formulas of the papers and trainers that they come from, written out plainly."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from tests.ask import scheduled

STEPS, WARM = 120, 20


def factors(**body: Any) -> list[float]:
    schedule = scheduled(family="vision-transformer", total_steps=STEPS, points=STEPS + 1, **body)
    return [point.factor for point in schedule.points]


def linear(step: int) -> float:
    return step / WARM if step < WARM else (STEPS - step) / (STEPS - WARM)


def cosine(step: int) -> float:
    return step / WARM if step < WARM else 0.1 + 0.9 * (1 + math.cos(math.pi * (step - WARM) / (STEPS - WARM))) / 2


def restarts(step: int) -> float:
    """transformers `get_cosine_with_hard_restarts_schedule_with_warmup` with 4 cycles."""
    if step < WARM:
        return step / WARM
    progress = (step - WARM) / (STEPS - WARM)
    return 0.0 if progress >= 1 else 0.5 * (1 + math.cos(math.pi * ((4 * progress) % 1.0)))


def polynomial(step: int) -> float:
    return step / WARM if step < WARM else 0.2 + 0.8 * (1 - (step - WARM) / (STEPS - WARM)) ** 3


def steps_down(step: int) -> float:
    return step / WARM if step < WARM else 0.5 ** ((step - WARM) // 30)


def exponential(step: int) -> float:
    return step / WARM if step < WARM else 0.01 ** ((step - WARM) / (STEPS - WARM))


def inverse_root(step: int) -> float:
    return step / WARM if step < WARM else math.sqrt(WARM / step)


def from_a_third(step: int) -> float:
    """torch `LinearLR(start_factor=1 / 3, total_iters=20)`, then `CosineAnnealingLR(100)`."""
    if step < WARM:
        return 1 / 3 + (1 - 1 / 3) * step / WARM
    return (1 + math.cos(math.pi * (step - WARM) / (STEPS - WARM))) / 2


def wave_and_a_quarter(step: int) -> float:
    """transformers `get_cosine_schedule_with_warmup` with `num_cycles=1.25`."""
    if step < WARM:
        return step / WARM
    return max(0.0, 0.5 * (1 + math.cos(math.pi * 1.25 * 2 * (step - WARM) / (STEPS - WARM))))


def growing_restarts(step: int) -> float:
    """torch `CosineAnnealingWarmRestarts(T_0=8, T_mult=2)`: cycles of 8, 16, 32 and 64 steps."""
    t, length = step, 8
    while t >= length and length < 64:
        t, length = t - length, length * 2
    return 0.0 if step >= STEPS else (1 + math.cos(math.pi * t / length)) / 2


def shrinking_restarts(step: int) -> float:
    """timm `CosineLRScheduler(t_initial=40, cycle_decay=0.5, cycle_limit=3)`."""
    return 0.0 if step >= STEPS else 0.5 ** (step // 40) * (1 + math.cos(math.pi * (step % 40) / 40)) / 2


def milestones(step: int) -> float:
    """torch `MultiStepLR(milestones=[50, 90], gamma=0.1)`, its own steps counted from the run's first."""
    return step / WARM if step < WARM else 0.1 ** ((step >= 50) + (step >= 90))


def root_of_timescale(step: int) -> float:
    """transformers `get_inverse_sqrt_schedule(num_warmup_steps=20, timescale=500)`: the shift is 480."""
    return step / WARM if step < WARM else 1 / math.sqrt((step + 480) / 500)


def stable_root(step: int) -> float:
    """transformers `get_wsd_schedule(20, 40, num_stable_steps=60, decay_type="1-sqrt", min_lr_ratio=0)`."""
    if step < WARM:
        return step / WARM
    return 1.0 if step < 80 else 1 - math.sqrt((step - 80) / 40)


def stable_linear(step: int) -> float:
    return step / WARM if step < WARM else 1.0 if step < 80 else 1 - (step - 80) / 40


def constant(step: int) -> float:
    return min(1.0, step / WARM)


def stable(step: int) -> float:
    """20 warm-up, 60 held, 40 falling."""
    if step < WARM:
        return step / WARM
    return 1.0 if step < 80 else (1 + math.cos(math.pi * (step - 80) / 40)) / 2


Case = tuple[str, dict[str, Any], Callable[[int], float]]
CASES: list[Case] = [
    ("linear", {}, linear),
    ("cosine", {"end_ratio": 0.1}, cosine),
    ("cosine-with-restarts", {"cycles": 4}, restarts),
    ("polynomial", {"power": 3, "end_ratio": 0.2}, polynomial),
    ("step", {"every": 30, "gamma": 0.5}, steps_down),
    ("exponential", {"gamma": 0.01}, exponential),
    ("inverse-square-root", {}, inverse_root),
    ("warmup-stable-decay", {"hold_share": 0.5}, stable),
    ("constant", {}, constant),
    ("cosine", {"start_ratio": 1 / 3}, from_a_third),
    ("cosine", {"cycles": 1.25}, wave_and_a_quarter),
    ("step", {"milestones": [50, 90], "gamma": 0.1}, milestones),
    ("inverse-square-root", {"timescale": 500}, root_of_timescale),
    ("warmup-stable-decay", {"hold_share": 0.5, "decay": "1-sqrt"}, stable_root),
    ("warmup-stable-decay", {"hold_share": 0.5, "decay": "linear"}, stable_linear),
]
UNWARMED: list[Case] = [
    ("cosine-with-restarts", {"cycles": 4, "cycle_growth": 2}, growing_restarts),
    ("cosine-with-restarts", {"cycles": 3, "cycle_decay": 0.5}, shrinking_restarts),
]


@pytest.mark.parametrize(("shape", "options", "expected"), CASES)
def test_shape_equals_its_formula_at_every_step(
    shape: str, options: dict[str, Any], expected: Callable[[int], float]
) -> None:
    got = factors(shape=shape, options=options, warmup_steps=WARM)
    assert got == pytest.approx([expected(step) for step in range(STEPS + 1)], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("shape", "options", "expected"), UNWARMED)
def test_uneven_restarts_equal_the_trainers_formula(
    shape: str, options: dict[str, Any], expected: Callable[[int], float]
) -> None:
    got = factors(shape=shape, options=options, warmup_kind="none")
    assert got == pytest.approx([expected(step) for step in range(STEPS + 1)], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "shape_and_options",
    [
        {"shape": "cosine", "options": {"cycles": 0.8, "end_ratio": 0.1}},
        {"shape": "cosine-with-restarts", "options": {"cycles": 5, "cycle_growth": 1.5, "cycle_decay": 0.8}},
        {"shape": "step", "options": {"milestones": [3000, 8000, 8001], "gamma": 0.3, "end_ratio": 0.05}},
        {"shape": "warmup-stable-decay", "options": {"decay": "1-sqrt", "end_ratio": 0.02}},
        {"shape": "inverse-square-root", "options": {"timescale": 50}},
    ],
)
def test_area_of_told_shapes_is_the_integral(shape_and_options: dict[str, Any]) -> None:
    schedule = scheduled(family="cnn", total_steps=19_999, steps=list(range(20_000)), **shape_and_options)
    values = [point.factor for point in schedule.points]
    assert schedule.area == pytest.approx(math.fsum(values) - (values[0] + values[-1]) / 2, rel=2e-4)


@pytest.mark.parametrize(("drop_last", "a_pass"), [(False, 32), (True, 31)])
def test_a_pass_with_and_without_its_last_incomplete_batch(drop_last: bool, a_pass: int) -> None:
    schedule = scheduled(family="cnn", examples=1000, batch_size=32, epochs=3, drop_last=drop_last)
    assert (schedule.steps_per_epoch, schedule.total_steps) == (a_pass, 3 * a_pass)


def test_slanted_triangular_is_that_of_its_paper() -> None:
    """Howard and Ruder 2018: cut_frac 0.1, ratio 32; p = t / cut, then 1 - (t - cut) / (cut (1 / cut_frac - 1))."""
    cut = STEPS // 10
    for step, factor in enumerate(factors(shape="slanted-triangular")):
        p = step / cut if step < cut else 1 - (step - cut) / (cut * (1 / 0.1 - 1))
        assert factor == pytest.approx((1 + p * 31) / 32, rel=1e-9)


def test_tri_stage_is_that_of_speech_models() -> None:
    """10 % from a hundredth, 40 % held, 50 % exponentially to a hundredth, as wav2vec 2.0 is tuned."""
    got = factors(shape="tri-stage")
    assert (got[0], got[12], got[59], got[60], got[120]) == pytest.approx((0.01, 1, 1, 1, 0.01))
    assert got[90] == pytest.approx(0.1)


def test_one_cycle_rises_from_a_25th_for_30_percent() -> None:
    got = factors(shape="one-cycle")
    assert (got[0], got[36]) == pytest.approx((1 / 25, 1))
    assert got[18] == pytest.approx((1 / 25 + 1) / 2)
    assert got[-1] == pytest.approx(4e-6)


@pytest.mark.parametrize(("kind", "half"), [("linear", 0.5), ("cosine", 0.5), ("constant", 0.25)])
def test_warm_up_kinds(kind: str, half: float) -> None:
    options = {"options": {"start_ratio": 0.25}, "shape": "constant"} if kind == "constant" else {}
    got = factors(warmup_kind=kind, warmup_steps=WARM, **options)
    assert got[WARM // 2] == pytest.approx(half)
    assert got[WARM] == 1


def test_no_warm_up_starts_at_the_peak() -> None:
    assert factors(warmup_kind="none")[0] == 1


@pytest.mark.parametrize(
    "shape", ["linear", "cosine", "polynomial", "step", "exponential", "inverse-square-root", "one-cycle", "tri-stage"]
)
def test_area_is_the_integral(shape: str) -> None:
    """The mean of left and right sums over 19,999 steps differs from the integral by less than one part in 10,000."""
    schedule = scheduled(family="cnn", total_steps=19_999, shape=shape, steps=list(range(20_000)))
    values = [point.factor for point in schedule.points]
    assert schedule.area == pytest.approx(math.fsum(values) - (values[0] + values[-1]) / 2, rel=1e-4)


def test_ten_million_steps_are_no_trouble() -> None:
    schedule = scheduled(family="cnn", total_steps=10_000_000, shape="step", points=3, warmup_kind="none")
    assert schedule.area == pytest.approx(10_000_000 * (1 + 0.1 + 0.01) / 3, rel=1e-6)


def test_steps_asked_for_are_answered_in_their_order() -> None:
    schedule = scheduled(family="cnn", total_steps=100, steps=[50, 0, 100])
    assert [point.step for point in schedule.points] == [50, 0, 100]


def test_gradient_accumulation_and_devices_make_one_batch() -> None:
    """transformers: ceil(ceil(1000 / (4 x 2)) / 3) updates an epoch."""
    schedule = scheduled(
        family="text-encoder", examples=1000, epochs=2, per_device_batch_size=4, accumulation=3, compute={"count": 2}
    )
    assert schedule.batch_scaling.batch_size == 24
    assert schedule.steps_per_epoch == math.ceil(math.ceil(1000 / 8) / 3)
    assert schedule.total_steps == 2 * 42


def test_known_rate_is_carried_to_another_batch_and_model() -> None:
    """Same model, four times the batch under AdamW: twice the rate. From large to base: the guides' 1e-5 and 3e-5."""
    known = {"rate": 2e-5, "batch_size": 16}
    schedule = scheduled(model="bert-base-uncased", total_steps=100, batch_size=64, known_rate=known)
    assert schedule.rates.backbone_top == pytest.approx(4e-5)
    known = {"rate": 1e-5, "model": "bert-large-uncased", "batch_size": 32}
    body: dict[str, Any] = {"model": "bert-base-uncased", "total_steps": 100, "batch_size": 32, "known_rate": known}
    assert scheduled(**body, policy="guides").rates.backbone_top == pytest.approx(3e-5)
    assert scheduled(**body).rates.backbone_top == pytest.approx(1e-5 * (335_141_888 / 109_482_240) ** 0.7, rel=0.05)


def test_discriminative_factor_of_ulmfit() -> None:
    """Howard and Ruder 2018 divide by 2.6 from layer to layer."""
    schedule = scheduled(model="distilbert-base-uncased", total_steps=100, layer_decay=1 / 2.6)
    low = [group.peak_rate for group in schedule.groups if group.state == "low-rate"]
    assert low[1] / low[0] == pytest.approx(2.6)


def test_known_rate_is_itself_where_nothing_differs() -> None:
    for body in (
        {"family": "decoder-lm", "strategy": "parameter-efficient"},
        {"family": "cnn", "per_device_batch_size": 256},
        {"family": "cnn", "examples": 50, "batch_size": 256, "epochs": 2},
    ):
        steps = {} if "examples" in body else {"total_steps": 100}
        assert scheduled(**body, **steps, known_rate={"rate": 2e-5}).rates.backbone_top == pytest.approx(2e-5)


def test_constant_warm_up_trains() -> None:
    assert factors(shape="cosine", warmup_kind="constant")[0] == 0.1


def test_sweep_holds_the_advice_in_its_middle() -> None:
    schedule = scheduled(model="bert-base-uncased", total_steps=100, policy="guides")
    assert schedule.sweep == sorted(schedule.sweep)
    assert schedule.sweep[2] == schedule.rates.backbone_top
    assert (schedule.sweep[0], schedule.sweep[-1]) == pytest.approx((2e-5, 5e-5))
