"""How long a run takes: published speeds, laws, and what is not known."""

from typing import Any

import pytest

from service.contract.resources import RunTime
from service.core.rules.refusal import Refusal
from tests.ask import recommended

IMAGES: dict[str, Any] = {"target": {"task": "image-classification"}, "dataset": {"examples": 50_000, "classes": 10}}
WRITING: dict[str, Any] = {"target": {"task": "text-generation"}, "source": {"model": "meta-llama/Llama-3.1-8B"}}


def timed(**body: Any) -> RunTime:
    time = recommended(**{**IMAGES, **body}).resources.time
    assert time is not None
    return time


def of(strategy: str, **compute: Any) -> dict[str, Any]:
    return {"source": {"model": "resnet50"}, "fixed": {"strategy": strategy}, "compute": compute}


@pytest.mark.parametrize(
    ("model", "per_second"),
    [
        ("resnet50", 1218),
        ("vit_base_patch16_224", 393),
        ("convnext_base", 339),
        ("mobilenetv3_large_100", 2732),
        ("swin_base_patch4_window7_224", 281),
    ],
)
def test_images_a_second_on_one_rtx_3090_are_between_low_and_high(model: str, per_second: float) -> None:
    """timm's results: training in mixed precision, batch 128 to 512."""
    fixed = {"strategy": "full-fine-tuning", "per_device_batch_size": 128}
    time = timed(source={"model": model}, compute={"device": "3090", "memory_gib": 100}, fixed=fixed)
    measured = sum(phase.steps for phase in time.phases[-1:]) * 128 / per_second / 3600
    share = time.hours / (time.phases[-1].steps * time.seconds_per_step / 3600)
    assert time.hours_low / share < measured < time.hours_high / share


@pytest.mark.parametrize(("device", "tflops"), [("rtx-3090", 71.2), ("v100", 125), ("a100-80gb", 312), ("h100", 989)])
def test_no_run_is_faster_than_the_data_sheet(device: str, tflops: float) -> None:
    """Llama 3.1 multiplies 7.5 of its 8.03 thousand million numbers with every token, six operations each."""
    fixed = {"strategy": "full-fine-tuning", "epochs": 1, "checkpointing": False}
    data = {"examples": 20_000, "sequence_length": 2048}
    time = timed(**WRITING, dataset=data, compute={"device": device}, fixed=fixed)
    assert time.hours_low * 3600 * tflops * 1e12 > 6 * 7.5e9 * 20_000 * 2048


def test_what_is_frozen_costs_no_time_to_train() -> None:
    seconds = [
        timed(**of(strategy, device="a100")).seconds_per_step
        for strategy in ("feature-extraction", "partial-fine-tuning", "full-fine-tuning")
    ]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize(
    ("model", "task"),
    [
        ("vit_base_patch16_224", "image-classification"),
        ("bert-base-uncased", "text-classification"),
        ("t5-small", "summarization"),
        ("openai/whisper-small", "automatic-speech-recognition"),
        ("meta-llama/Llama-3.1-8B", "text-generation"),
    ],
)
def test_more_frozen_never_costs_more_time_or_memory(model: str, task: str) -> None:
    body = {"target": {"task": task}, "source": {"model": model}, "dataset": {"examples": 5000}}
    fixed = {"strategy": "full-fine-tuning", "per_device_batch_size": 4}
    told = recommended(**body, compute={"device": "h200", "memory_gib": 900}, fixed=fixed).resources
    assert told.time is not None
    seconds = [phase.seconds_per_step for phase in told.time.phases]
    assert seconds == sorted(seconds)
    half = next(one for one in told.changes if one.change == "the lower half of what trains frozen")
    assert half.peak_gib < told.peak_gib
    assert half.time_factor is not None
    assert half.time_factor <= 1


def passes(task: str, strategy: str, model: str = "mistralai/Mistral-7B-v0.1", **dataset: Any) -> RunTime:
    """The time of a run of sixteen examples at a time on a slow card, which they keep at work."""
    body = {"target": {"task": task}, "source": {"model": model}, "dataset": {"examples": 5000, **dataset}}
    fixed = {"strategy": strategy, "per_device_batch_size": 16}
    time = recommended(**body, compute={"device": "t4", "memory_gib": 900}, fixed=fixed).resources.time
    assert time is not None
    return time


@pytest.mark.parametrize(
    ("strategy", "times"), [("full-fine-tuning", (6 + 2) / 3), ("parameter-efficient", (4 + 2) / 2)]
)
def test_preferences_ask_a_reference_forward(strategy: str, times: float) -> None:
    """Two texts instead of one: three forward passes' work each for tuning, two for adapters, one for the reference."""
    one, two = (passes(task, strategy, sequence_length=1024) for task in ("text-generation", "preference-tuning"))
    assert two.seconds_per_step / one.seconds_per_step == pytest.approx(times, rel=0.12)


def test_whispers_encoder_reads_thirty_seconds_of_sound() -> None:
    """Whisper large-v3: 635 M parameters read 1,500 frames, 906 M write 448 tokens; an operation pair each, thrice."""
    told = passes("automatic-speech-recognition", "full-fine-tuning", "openai/whisper-large-v3")
    operations = 16 * 3 * 2 * (635e6 * 1500 + 906e6 * 448)
    assert told.seconds_per_step > operations / 65e12


@pytest.mark.parametrize("hours", [0.2, 0.5, 1.0, 3.0])
def test_a_run_ends_within_its_hours(hours: float) -> None:
    told = recommended(**IMAGES, **of("full-fine-tuning", device="t4", hours=hours))
    assert told.resources.time is not None
    said = {notice.code for notice in told.notices}
    assert told.resources.time.hours <= hours or "hours-exceeded" in said


def test_more_hours_never_shorten_a_run() -> None:
    epochs = [
        recommended(**IMAGES, **of("full-fine-tuning", device="t4", hours=hours)).summary.epochs or 0
        for hours in (0.1, 0.3, 1, 3, 10, 100)
    ]
    assert epochs == sorted(epochs)


def test_a_given_length_is_kept_and_said_to_take_too_long() -> None:
    body = of("full-fine-tuning", device="t4", hours=0.1)
    told = recommended(**IMAGES, **{**body, "fixed": {**body["fixed"], "epochs": 30}})
    assert told.lr_schedule is not None
    assert told.lr_schedule.epochs == 30
    assert "hours-exceeded" in {notice.code for notice in told.notices}


def test_what_takes_too_long_for_one_pass_is_not_feasible_and_comes_last() -> None:
    told = recommended(**IMAGES, source={"model": "vit_base_patch16_224"}, compute={"device": "t4", "hours": 0.04})
    full = next(one for one in told.strategies if one.strategy == "full-fine-tuning")
    assert not full.feasible
    assert told.verdict.strategy != "full-fine-tuning"


@pytest.mark.parametrize(
    "compute", [{"memory_gib": 24}, {"device": "TPU v3"}, {"device": "abacus", "memory_gib": 24, "hours": 2}]
)
def test_the_time_on_an_unknown_device_is_not_told_and_that_is_said(compute: dict[str, Any]) -> None:
    told = recommended(**IMAGES, compute=compute).resources
    assert told.time is None
    assert "Time is not told" in told.assumptions[-1]


def test_cores_and_devices_and_price_count() -> None:
    few, many = (timed(compute={"kind": "cpu", "cores": cores}).hours for cores in (4, 8))
    assert few / 2 <= many < few
    priced = timed(**of("full-fine-tuning", device="a100", count=2, price_per_hour=3))
    assert priced.cost == pytest.approx(priced.hours * 2 * 3, rel=0.01)
    assert priced.energy_kwh == pytest.approx(priced.hours * 2 * 0.4, rel=0.01)
    with pytest.raises(Refusal):
        recommended(**IMAGES, compute={"device": "a100", "cores": 8})


@pytest.mark.parametrize(
    ("name", "memory"),
    [
        ("3090", 24), ("NVIDIA GeForce RTX 3090", 24), ("A40", 48), ("GTX 1080 Ti", 11), ("RTX 4060 Laptop GPU", 8),
        ("RTX 5060 Ti", 16), ("Quadro RTX 8000", 48), ("NVIDIA RTX 6000 Ada Generation", 48), ("Apple M3 Max", 36),
        ("M2 Max", 32), ("TPU v3", 16), ("Tesla V100-SXM2-32GB", 32), ("NVIDIA A100-PCIE-40GB", 40),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", 96), ("DGX Spark", 128), ("Jetson AGX Orin 32GB", 32),
        ("Intel(R) Arc(TM) A770 Graphics", 16), ("Tesla P40", 24), ("NVIDIA A100-SXM4-40GB MIG 3g.20gb", 20),
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb", 10),
        ("NVIDIA H100 PCIe", 80), ("NVIDIA GH200 480GB", 96), ("RTX 3090 48GB", 48), ("2080ti", 11),
    ],
)  # fmt: skip
def test_a_device_is_known_by_the_name_that_its_driver_prints(name: str, memory: float) -> None:
    assert recommended(**IMAGES, compute={"device": name}).resources.device_memory_gib == memory


def test_a_part_of_a_device_is_as_fast_as_its_slices() -> None:
    """MIG cuts an A100 into seven: three of them take longer, up to seven thirds; more than seven there are not."""
    whole, part = (
        timed(**of("full-fine-tuning", device=name)) for name in ("A100-SXM4-40GB", "A100-SXM4-40GB MIG 3g.20gb")
    )
    assert 1.2 < part.seconds_per_step / whole.seconds_per_step <= 7 / 3 * 1.01
    for unknown in ("A100-SXM4-40GB MIG 8g.40gb", "T4 MIG 1g.5gb"):
        with pytest.raises(Refusal):
            recommended(**IMAGES, compute={"device": unknown})


def test_computing_anew_and_twice_the_text_take_longer() -> None:
    short, long = (
        timed(**WRITING, dataset={"examples": 5000, "sequence_length": tokens}, compute={"device": "h100"})
        for tokens in (1024, 2048)
    )
    assert 1.9 < long.seconds_per_step / short.seconds_per_step < 2.6


def test_what_makes_a_run_fit_has_its_price_in_time() -> None:
    told = recommended(**WRITING, dataset={"examples": 5000, "sequence_length": 1024}, compute={"device": "a100-80gb"})
    anew = next(one for one in told.resources.changes if one.change == "gradient checkpointing")
    assert anew.time_factor is not None
    assert 1.1 < anew.time_factor < 1.7


def test_devices_that_exchange_what_they_learned_take_longer_over_a_step_of_the_same_size_each() -> None:
    fixed = {"strategy": "full-fine-tuning", "per_device_batch_size": 32}
    alone, together = (
        timed(source={"model": "resnet50"}, fixed=fixed, compute={"device": "a100", "count": count}).seconds_per_step
        for count in (1, 8)
    )
    assert together > alone
