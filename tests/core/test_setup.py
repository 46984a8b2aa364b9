"""The run as it is set up: one decision for memory, notices and exports."""

from typing import Any

import msgspec
import pytest

from service.contract.job import Job
from service.contract.recommend import Recommendation
from service.core.rules.refusal import Refusal
from service.dialects import exports
from service.knowledge.loader import load
from tests.ask import recommended, scheduled

CODE = {"target": {"task": "text-generation", "domain": "source-code"}, "dataset": {"examples": 2000}}
TEXT = {"task": "text-classification"}
IMAGES = {"task": "image-classification"}


def exported(*dialects: str, **body: Any) -> Recommendation:
    return exports.recommend(msgspec.convert({**body, "dialects": list(dialects)}, Job), load(), True)


def codes(answer: Recommendation) -> set[str]:
    return {notice.code for notice in answer.notices}


def test_a_seven_billion_model_on_a_t4_is_held_in_four_bits_everywhere() -> None:
    """15.46 GiB of 16 leave no room for activations."""
    answer = exported("transformers", "axolotl", "llama-factory", **CODE, compute={"device": "t4"})
    assert answer.setup.quantised_bits == 4
    assert "quantise-the-base" in codes(answer)
    assert answer.resources.static_memory_gib < 12
    assert any("4 bits" in one for one in answer.resources.assumptions)
    told = {str(export.dialect): export.arguments for export in answer.exports}
    assert told["transformers"]["quantization_config"]["load_in_4bit"] is True
    assert (told["axolotl"]["adapter"], told["axolotl"]["load_in_4bit"]) == ("qlora", True)
    assert told["llama-factory"]["quantization_bit"] == 4


def test_a_base_that_fits_is_not_quantised_anywhere() -> None:
    answer = exported("transformers", "axolotl", "llama-factory", **CODE, compute={"device": "a100-80gb"})
    assert answer.setup.quantised_bits is None
    assert "quantise-the-base" not in codes(answer)
    told = {str(export.dialect): export.arguments for export in answer.exports}
    assert told["transformers"]["quantization_config"] is None
    assert told["axolotl"]["adapter"] == "lora"
    assert "load_in_4bit" not in told["axolotl"]
    assert told["llama-factory"].get("quantization_bit") is None


@pytest.mark.parametrize("dialect", ["pytorch", "optax", "lightning"])
def test_a_trainer_that_loads_no_four_bits_says_so(dialect: str) -> None:
    export = exported(dialect, **CODE, compute={"device": "t4"}).exports[0]
    assert not export.exact
    assert any("4 bits" in loss for loss in export.losses)


@pytest.mark.parametrize(
    ("batch", "count", "per_device", "devices", "idle"),
    [(32, 8, 4, 8, False), (36, 8, 6, 6, True), (7, 4, 7, 1, True), (64, 1, 64, 1, False)],
)
def test_devices_share_a_given_batch_in_equal_parts(
    batch: int, count: int, per_device: int, devices: int, idle: bool
) -> None:
    answer = recommended(
        target=IMAGES,
        dataset={"examples": 5000},
        fixed={"batch_size": batch},
        compute={"device": "a100", "count": count},
    )
    setup = answer.setup
    assert (setup.per_device_batch, setup.accumulation, setup.devices) == (per_device, 1, devices)
    assert ("devices-idle" in codes(answer)) is idle


def test_a_batch_that_is_not_given_divides_over_the_devices() -> None:
    compute = {"device": "a100", "count": 3}
    answer = recommended(target=IMAGES, dataset={"examples": 5000}, compute=compute)
    assert answer.lr_schedule is not None
    assert answer.setup.devices == 3
    assert answer.setup.per_device_batch == answer.lr_schedule.batch_scaling.batch_size / 3


def test_what_the_caller_says_of_a_device_is_the_setup() -> None:
    fixed = {"per_device_batch_size": 4, "accumulation": 8}
    answer = exported(
        "transformers",
        target=TEXT,
        dataset={"examples": 5000, "classes": 5},
        fixed=fixed,
        compute={"kind": "multi-gpu"},
    )
    told = answer.exports[0].arguments["training_arguments"]
    assert answer.lr_schedule is not None
    assert (told["per_device_train_batch_size"], told["gradient_accumulation_steps"]) == (4, 8)
    assert 4 * 8 * (answer.setup.devices or 0) == answer.lr_schedule.batch_scaling.batch_size


@pytest.mark.parametrize("source", ["roberta-base", "Qwen/Qwen2.5-7B"])
def test_eight_devices_see_the_batch_of_the_schedule(source: str) -> None:
    task = {"task": "text-generation"} if "Qwen" in source else TEXT
    dataset = {"examples": 50_000} if "Qwen" in source else {"examples": 50_000, "classes": 5}
    compute = {"kind": "multi-gpu"}
    dialects = ("transformers", "axolotl", "llama-factory", "timm", "lightning")
    answer = exported(*dialects, target=task, dataset=dataset, source={"model": source}, compute=compute)
    assert answer.lr_schedule is not None
    batch = answer.lr_schedule.batch_scaling.batch_size
    told = {str(export.dialect): export.arguments for export in answer.exports if export.arguments}
    trainer = told["transformers"]["training_arguments"]
    assert trainer["per_device_train_batch_size"] * trainer["gradient_accumulation_steps"] * 8 == batch
    assert told["lightning"]["Trainer"]["devices"] == 8
    assert told["timm"]["setup"]["per_device_batch"] * 8 == batch
    if "Qwen" in source:
        assert told["axolotl"]["micro_batch_size"] * told["axolotl"]["gradient_accumulation_steps"] * 8 == batch
        assert told["llama-factory"]["per_device_train_batch_size"] * 8 == batch
    assert any("8 processes" in loss for loss in answer.exports[0].losses)


@pytest.mark.parametrize("dialect", ["transformers", "pytorch", "timm", "lightning", "keras", "optax"])
def test_an_export_on_labels_is_not_a_plan_on_pairs(dialect: str) -> None:
    answer = exported(dialect, target=TEXT, dataset={"examples": 64, "classes": 8})
    assert (answer.setup.method, answer.setup.loss) == ("contrastive-few-shot", "pair-similarity")
    export = answer.exports[0]
    assert not export.exact
    assert any("pairs" in loss and "SetFit" in loss for loss in export.losses)
    plain = exported(dialect, target=TEXT, dataset={"examples": 64, "classes": 8}, policy="guides")
    assert not any("pairs" in loss for loss in plain.exports[0].losses)


def test_setfits_second_stage_has_its_own_length() -> None:
    """SetFit's defaults: 16 passes in batches of 2. Of 64 texts that makes 512 updates, not four."""
    answer = exported("sentence-transformers", target=TEXT, dataset={"examples": 64, "classes": 8})
    setfit = answer.exports[0].arguments["setfit"]
    assert (setfit["num_epochs"][1], setfit["batch_size"][1]) == (16, 2)
    assert setfit["num_epochs"][1] * 64 / setfit["batch_size"][1] == 512
    assert setfit["batch_size"][0] == 16
    assert setfit["max_steps"] == answer.phases[-1].steps
    assert not setfit["end_to_end"]


@pytest.mark.parametrize(
    ("compute", "fixed", "precision"),
    [
        ({"device": "a100"}, {}, "bf16-mixed"),
        ({"device": "t4"}, {}, "fp16-mixed"),
        ({"device": "Tesla V100-SXM2-16GB"}, {}, "fp16-mixed"),
        ({"device": "P100"}, {}, "fp16-mixed"),  # its fp16 is twice as fast as its 32 bits
        ({"device": "K80"}, {}, "fp32"),  # no tensor cores, from here on
        ({"device": "Tesla P40"}, {}, "fp32"),
        ({"device": "M40"}, {}, "fp32"),
        ({"device": "NVIDIA GeForce GTX 1080 Ti"}, {}, "fp32"),
        ({"device": "GTX 1660 Ti"}, {}, "fp32"),
        ({"kind": "cpu"}, {}, "fp32"),
        ({"device": "L4"}, {}, "bf16-mixed"),
        ({"device": "P40"}, {"precision": "fp16-mixed"}, "fp16-mixed"),
        ({"device": "t4"}, {"precision": "bf16-mixed"}, "bf16-mixed"),
        ({}, {"precision": "fp32"}, "fp32"),
    ],
)
def test_precision_is_the_machines_or_the_callers(
    compute: dict[str, Any], fixed: dict[str, Any], precision: str
) -> None:
    body = {"target": TEXT, "dataset": {"examples": 5000, "classes": 5}, "source": {"model": "roberta-base"}}
    answer = exported("transformers", "lightning", **body, compute=compute, fixed=fixed)
    arguments = answer.exports[0].arguments["training_arguments"]
    assert answer.setup.precision == precision
    assert arguments.get("bf16", False) is (precision == "bf16-mixed")
    assert arguments.get("fp16", False) is (precision == "fp16-mixed")
    word = {"fp32": "32-true", "bf16-mixed": "bf16-mixed", "fp16-mixed": "16-mixed"}[precision]
    assert answer.exports[1].arguments["Trainer"]["precision"] == word


def test_memory_is_that_of_the_precision() -> None:
    """AdamW on roberta-base's 124.1 M (and a head of 0.6 M): 18 bytes each in mixed precision, 16 in 32 bits."""
    body: dict[str, Any] = {"target": TEXT, "dataset": {"examples": 5000, "classes": 5}}
    sizes = [
        recommended(
            **body,
            source={"model": "roberta-base"},
            fixed={"strategy": "full-fine-tuning", "precision": precision},
        ).resources.static_memory_gib
        for precision in ("bf16-mixed", "fp32")
    ]
    assert sizes[0] / sizes[1] == pytest.approx(18 / 16, rel=1e-3)
    assert sizes[0] == pytest.approx(124.65e6 * 18 / 2**30, rel=5e-3)


@pytest.mark.parametrize(
    "model",
    [
        "microsoft/mdeberta-v3-base",
        "t5-small",
        "google/gemma-2-2b",
        "google/pegasus-xsum",
        "google/mt5-small",
        "google/byt5-small",
        "google/long-t5-tglobal-base",
    ],
)
def test_a_checkpoint_that_overflows_in_fp16_is_told_of(model: str) -> None:
    task = TEXT if "deberta" in model else {"task": "text-generation" if "gemma" in model else "summarization"}
    body: dict[str, Any] = {"target": task, "dataset": {"examples": 20_000}, "source": {"model": model}}
    assert "overflows-in-fp16" in codes(recommended(**body))
    assert recommended(**body, compute={"device": "t4"}).setup.precision == "fp32"
    forced = recommended(**body, fixed={"precision": "fp16-mixed"})
    assert forced.setup.precision == "fp16-mixed"
    assert "overflows-in-fp16" in codes(forced)
    calm = recommended(target=TEXT, dataset={"examples": 20_000}, source={"model": "roberta-base"})
    assert "overflows-in-fp16" not in codes(calm)


def test_a_head_of_a_hundred_thousand_classes_is_counted() -> None:
    """ResNet-50's head: 2,049 numbers for each class, trained at 18 bytes."""
    sizes = [
        recommended(
            target=IMAGES,
            dataset={"examples": 1_000_000, "classes": classes},
            source={"model": "resnet50"},
            fixed={"strategy": "feature-extraction"},
        ).resources.static_memory_gib
        for classes in (10, 100_000)
    ]
    assert sizes[1] - sizes[0] == pytest.approx(2049 * 99_990 * 18 / 2**30, abs=0.01)


def test_a_strategy_is_feasible_where_its_leanest_setup_fits() -> None:
    """One image at a time is the least that a ResNet-50 can be trained with: a tenth of the memory is left free."""
    body: dict[str, Any] = {
        "target": IMAGES,
        "dataset": {"examples": 50_000},
        "source": {"model": "resnet50"},
        "fixed": {"strategy": "full-fine-tuning", "per_device_batch_size": 1},
    }
    need = recommended(**body).resources.peak_gib
    for share, feasible in ((0.85, True), (0.95, False)):
        answer = recommended(**body, compute={"memory_gib": need / share})
        option = next(one for one in answer.strategies if one.strategy == "full-fine-tuning")
        assert (option.feasible, answer.resources.fits) == (feasible, feasible)
        assert answer.resources.usable_memory_gib == pytest.approx(need / share * 0.9, abs=1e-3)


def test_a_schedule_alone_speaks_of_the_same_batch() -> None:
    plan = scheduled(model="bert-base-uncased", total_steps=100, compute={"device": "a100", "count": 4})
    assert plan.batch_scaling.batch_size % 4 == 0


def refused(body: dict[str, Any]) -> list[str]:
    with pytest.raises(Refusal) as told:
        recommended(**body)
    return [fault.pointer for fault in told.value.faults]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"target": IMAGES, "dataset": {"examples": 100, "classes": 5, "rarest_class": 21}}, "/dataset/rarest_class"),
        (
            {"target": {"task": "summarization"}, "dataset": {"examples": 100, "labels_per_example": "several"}},
            "/dataset/labels_per_example",
        ),
        ({"target": TEXT, "dataset": {"examples": 100, "channels": 3}}, "/dataset/channels"),
        ({"target": TEXT, "dataset": {"examples": 100, "bit_depth": 16}}, "/dataset/bit_depth"),
        (
            {
                "target": TEXT,
                "dataset": {"examples": 64, "classes": 8, "labels_per_example": "several"},
                "fixed": {"method": "contrastive-few-shot"},
            },
            "/fixed/method",
        ),
    ],
)
def test_what_contradicts_is_refused(body: dict[str, Any], pointer: str) -> None:
    assert pointer in refused(body)
