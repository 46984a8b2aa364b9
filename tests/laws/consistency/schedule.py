"""A run is as long as its epochs, batches and examples make it, within bounds, and its curve covers it."""

import math
from collections.abc import Iterator
from typing import Any

from tests.laws.consistency.asked import Asked, clause, near, only

MOST_STEPS = 10_000_000
MOST_PASSES = 100
MOST_PASSES_OF_TEXTS = 250
"""Of a text encoder: 500 steps over forty texts in batches of 32."""

MOST_PASSES_OF_WRITERS = 5
"""Documented bounds of a run whose length the caller has not fixed; writers are generators and question answerers."""

WRITERS = {"decoder-lm", "encoder-decoder"}
"""Families of generators."""


def is_own_length(asked: Asked) -> bool:
    """Whether the length is the service's own choice."""
    return not {"epochs", "total_steps", "batch_size", "per_device_batch_size"} & set(asked.fixed)


def a_billion_steps(asked: Asked) -> None:
    asked.fixed.clear()
    asked.answer["summary"]["steps"] = 10**9
    asked.schedule["total_steps"] = 10**9


@clause(a_billion_steps)
def no_plan_of_ours_is_endless(asked: Asked) -> Iterator[str]:
    """More than ten million steps come from the caller's own choice alone, and are said."""
    if not asked.schedule:
        return
    if asked.schedule["total_steps"] > MOST_STEPS and is_own_length(asked):
        yield f"{asked.schedule['total_steps']} steps"
    if asked.schedule["total_steps"] > MOST_STEPS and not any("step" in code or "long" in code for code in asked.codes):
        yield f"{asked.schedule['total_steps']} steps, unsaid"


def a_thousand_passes(asked: Asked) -> None:
    asked.fixed.clear()
    asked.schedule["epochs"] += 1000


@clause(a_thousand_passes)
def passes_have_a_most(asked: Asked) -> Iterator[str]:
    if asked.schedule and is_own_length(asked):
        family = asked.resolved("/source/family")
        writes = family in WRITERS or (family == "text-encoder" and asked.task == "question-answering")
        tunes = asked.schedule["strategy"] not in ("from-scratch", "feature-extraction")
        settles = family == "text-encoder" and asked.schedule["strategy"] in ("full-fine-tuning", "partial-fine-tuning")
        most = MOST_PASSES_OF_WRITERS if writes and tunes else MOST_PASSES_OF_TEXTS if settles else MOST_PASSES
        if (asked.schedule["epochs"] or 0) > most:
            yield f"{asked.schedule['epochs']} passes, {most} at most"


def a_batch_is_lost(asked: Asked) -> None:
    only(asked.schedule["epochs"] and asked.schedule["steps_per_epoch"])
    asked.schedule["total_steps"] = asked.schedule["total_steps"] * 2 + 2


@clause(a_batch_is_lost)
def steps_are_passes_times_batches(asked: Asked) -> Iterator[str]:
    if not asked.schedule:
        return
    epochs, each, total = (asked.schedule[name] for name in ("epochs", "steps_per_epoch", "total_steps"))
    if epochs and each and abs(total - epochs * each) > 1 + 1e-6 * total:
        yield f"{epochs} x {each} is not {total}"


def may_be_pairs(asked: Asked) -> bool:
    """Whether the run trains on pairs of texts; a schedule alone does not say its method."""
    method = method_of(asked)
    return method == "contrastive-few-shot" or (method is None and asked.task == "text-classification")


def a_batch_is_missed(asked: Asked) -> None:
    only(not may_be_pairs(asked))
    asked.schedule["steps_per_epoch"] = asked.schedule["steps_per_epoch"] + 1


@clause(a_batch_is_missed)
def batches_hold_the_examples(asked: Asked) -> Iterator[str]:
    """But for training on pairs, of which there are more than examples."""
    examples, each = asked.resolved("/dataset/examples"), asked.schedule and asked.schedule["steps_per_epoch"]
    if not examples or not each or may_be_pairs(asked):
        return
    batch = asked.schedule["batch_scaling"]["batch_size"]
    accumulated = asked.fixed.get("accumulation", 1)
    micro = (asked.resolved("/fixed/batch_size") or batch) // accumulated
    whole = math.ceil(examples // micro / accumulated)
    if each != (whole if asked.schedule["drop_last"] else math.ceil(examples / batch)):
        yield f"{examples} in batches of {batch} are not {each} steps"


def method_of(asked: Asked) -> Any:
    """How the strategy is carried out, where the answer says so."""
    told = asked.answer.get("setup") or asked.answer.get("verdict")
    return told["method"] if told else asked.fixed.get("method")


def the_batch_doubles(asked: Asked) -> None:
    asked.schedule["batch_scaling"]["batch_size"] *= 2


@clause(the_batch_doubles)
def one_batch(asked: Asked) -> Iterator[str]:
    """A step sees the batch, or all examples where these are fewer."""
    batch = asked.resolved("/fixed/batch_size")
    if batch is not None and asked.resolved("/dataset/examples") is not None:
        batch = min(batch, asked.resolved("/dataset/examples"))
    if asked.schedule and batch is not None and asked.schedule["batch_scaling"]["batch_size"] != batch:
        yield f"resolved {batch}, scaled to {asked.schedule['batch_scaling']['batch_size']}"
    setup = asked.answer.get("setup")
    if asked.schedule and setup and setup["per_device_batch"] is not None:
        whole = setup["per_device_batch"] * setup["accumulation"] * setup["devices"]
        if whole not in (asked.resolved("/fixed/batch_size"), asked.schedule["batch_scaling"]["batch_size"]):
            yield f"{setup} is not {asked.resolved('/fixed/batch_size')}"


def a_gap(asked: Asked) -> None:
    asked.schedule["segments"][0]["end"] += 1


@clause(a_gap)
def segments_meet(asked: Asked) -> Iterator[str]:
    curves = [(phase["segments"], phase["steps"]) for phase in asked.phases]
    if asked.schedule:
        curves.append((asked.schedule["segments"], asked.schedule["total_steps"]))
        if asked.schedule["milestones"] != [0, *(one["end"] for one in asked.schedule["segments"])]:
            yield "the milestones are not where segments meet"
    for segments, total in curves:
        ends = [segment["end"] for segment in segments]
        if [segment["start"] for segment in segments] != [0, *ends[:-1]] or ends[-1] != total:
            yield f"{[(one['start'], one['end']) for one in segments]} of {total}"


def the_warm_up_is_another(asked: Asked) -> None:
    asked.schedule["warmup_steps"] += 1


@clause(the_warm_up_is_another)
def one_warm_up(asked: Asked) -> Iterator[str]:
    if asked.schedule:
        told = [asked.schedule["warmup_steps"], asked.schedule["rates"]["warmup_steps"]]
        told.append(asked.schedule["curve"]["warmup_steps"])
        if len(set(told)) > 1 or told[0] > asked.schedule["total_steps"]:
            yield f"{told} of {asked.schedule['total_steps']}"


def the_area_overflows(asked: Asked) -> None:
    asked.schedule["area"] = asked.schedule["total_steps"] * 2.0


@clause(the_area_overflows)
def the_area_is_within_the_run(asked: Asked) -> Iterator[str]:
    if asked.schedule and not 0 <= asked.schedule["area"] <= asked.schedule["total_steps"] * (1 + 1e-9):
        yield f"{asked.schedule['area']} of {asked.schedule['total_steps']}"


def a_point_outside(asked: Asked) -> None:
    asked.schedule["points"][-1]["step"] = asked.schedule["total_steps"] + 1
    asked.body.get("schedule", {}).pop("steps", None)


@clause(a_point_outside)
def points_are_of_the_run(asked: Asked) -> Iterator[str]:
    if not asked.schedule:
        return
    steps = [point["step"] for point in asked.schedule["points"]]
    wished = asked.body.get("schedule", {})
    if "steps" in wished:
        if steps != wished["steps"]:
            yield f"asked for {wished['steps']}, told {steps}"
    elif steps != sorted(set(steps)) or (steps[0], steps[-1]) != (0, asked.schedule["total_steps"]):
        yield f"{steps} of {asked.schedule['total_steps']}"
    if len(steps) > wished.get("points", len(steps)):
        yield f"{len(steps)} points"


def the_curve_is_another(asked: Asked) -> None:
    asked.schedule["curve"]["total_steps"] += 1


@clause(the_curve_is_another)
def one_curve(asked: Asked) -> Iterator[str]:
    if asked.schedule:
        curve = asked.schedule["curve"]
        if (curve["shape"], curve["total_steps"]) != (asked.schedule["shape"], asked.schedule["total_steps"]):
            yield str(curve)
    for phase in asked.phases:
        if phase["curve"]["total_steps"] != phase["steps"] or phase["curve"]["warmup_steps"] != phase["warmup_steps"]:
            yield f"{phase['name']}: {phase['curve']}"


def a_factor_is_wrong(asked: Asked) -> None:
    scaling = asked.schedule["batch_scaling"]
    only(scaling["rule"] in ("square-root", "linear"))
    scaling["factor"] = 1e9


@clause(a_factor_is_wrong)
def batches_scale_as_they_say(asked: Asked) -> Iterator[str]:
    """By their rule, or by less, where a bound says so."""
    if not asked.schedule:
        return
    scaling = asked.schedule["batch_scaling"]
    power = {"square-root": 0.5, "linear": 1.0, "none": 0.0}.get(scaling["rule"])
    if power is not None:
        wanted = (scaling["batch_size"] / scaling["reference_batch"]) ** power
        bounded = min(wanted, 1) <= scaling["factor"] <= max(wanted, 1)
        if not (bounded or near(wanted, scaling["factor"], 1e-6)):
            yield f"{scaling}: {wanted}"
