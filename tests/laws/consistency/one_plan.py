"""The parts of one answer that are decided apart speak of one plan."""

from collections.abc import Iterator
from typing import Any

from tests.laws.consistency.asked import Asked, clause, first, only
from tests.laws.consistency.exports import exports_of
from tests.laws.consistency.schedule import method_of

BATCHES = ("per_device_train_batch_size", "micro_batch_size")
"""What trainers call the batch of one device."""


def the_decay_is_another(asked: Asked) -> None:
    asked.plan["protection"]["layer_decay"] /= 2
    only(asked.schedule)


@clause(the_decay_is_another)
def one_decay_over_the_layers(asked: Asked) -> Iterator[str]:
    if asked.plan and asked.schedule and asked.plan["protection"]["layer_decay"] is not None:
        told = asked.plan["protection"]["layer_decay"], asked.schedule["layer_decay"]
        if told[0] != told[1]:
            yield f"plan {told[0]}, schedule {told[1]}"


def batches_of(arguments: Any) -> Iterator[int]:
    """Examples of one step on one device, in each phase that says so."""
    for part in [*arguments.get("earlier_phases", []), arguments]:
        told = part.get("training_arguments") or part
        yield from (told[name] * told["gradient_accumulation_steps"] for name in BATCHES if name in told)


def a_device_sees_more(asked: Asked) -> None:
    one = first(export for export in exports_of(asked) if any(batches_of(export["arguments"])))
    told = one["arguments"].get("training_arguments") or one["arguments"]
    for name in BATCHES:
        if name in told:
            told[name] += 1


@clause(a_device_sees_more)
def what_all_devices_see_is_the_batch(asked: Asked) -> Iterator[str]:
    devices = (asked.answer.get("setup") or {"devices": asked.resolved("/compute/count") or 1})["devices"]
    for one in exports_of(asked):
        for each in batches_of(one["arguments"]):
            batch = (asked.resolved("/fixed/batch_size"), asked.schedule["batch_scaling"]["batch_size"])
            if each * devices not in batch and not any("batch" in loss for loss in one["losses"]):
                yield f"{one['dialect']}: {each} on {devices} devices are not {batch}"


PAIRED = ("sentence-transformers",)
"""Trainers that train on pairs."""


def labels_are_exact(asked: Asked) -> None:
    only(method_of(asked) == "contrastive-few-shot")
    first(one for one in exports_of(asked) if one["dialect"] not in PAIRED)["exact"] = True


@clause(labels_are_exact)
def only_a_trainer_of_pairs_trains_on_pairs(asked: Asked) -> Iterator[str]:
    if method_of(asked) == "contrastive-few-shot":
        yield from (one["dialect"] for one in exports_of(asked) if one["exact"] and one["dialect"] not in PAIRED)


def the_precision_is_another(asked: Asked) -> None:
    only(exports_of(asked, "transformers"))
    setup = asked.answer["setup"]
    setup["precision"] = "fp32" if setup["precision"] != "fp32" else "bf16-mixed"


@clause(the_precision_is_another)
def the_setup_is_exported(asked: Asked) -> Iterator[str]:
    """Precision and bits of the base, where the trainer has a field for them."""
    setup = asked.answer.get("setup")
    if not setup:
        return
    wanted = [setup["precision"] == f"{name}-mixed" for name in ("bf16", "fp16")]
    for one in exports_of(asked, "transformers"):
        told = one["arguments"]["training_arguments"]
        if [bool(told.get(name)) for name in ("bf16", "fp16")] != wanted:
            yield f"{one['dialect']}: {setup['precision']} became {told}"
    for one in exports_of(asked, "axolotl"):
        if bool(one["arguments"].get("load_in_4bit")) != (setup["quantised_bits"] == 4):
            yield f"{one['dialect']}: {setup['quantised_bits']} bits became {one['arguments']}"
