"""Every block has the rate that its state says, and points and summaries repeat the groups."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.laws.consistency.asked import Asked, clause, first, near, only


def groups_of(asked: Asked) -> list[Any]:
    """The groups of the schedule."""
    return asked.schedule["groups"] if asked.schedule else []


def a_frozen_group_learns(asked: Asked) -> None:
    first(group for group in groups_of(asked) if group["state"] == "frozen")["peak_rate"] = 1e-5


@clause(a_frozen_group_learns)
def frozen_has_no_rate(asked: Asked) -> Iterator[str]:
    for group in groups_of(asked):
        still = group["state"] == "frozen"
        if still != (group["peak_rate"] == 0) or (still and group["weight_decay"]):
            yield f"{group['name']}: {group['state']} at {group['peak_rate']}, decay {group['weight_decay']}"
    if asked.schedule and asked.schedule["rates"]["frozen"] != 0:
        yield "the frozen rate"


def the_stem_is_fast(asked: Asked) -> None:
    only(groups_of(asked)[1]["state"] != "frozen")
    groups_of(asked)[0] |= {"state": "low-rate", "peak_rate": 1e30}


@clause(the_stem_is_fast)
def rates_rise_to_the_head(asked: Asked) -> Iterator[str]:
    """Those that train; what is frozen above them is frozen because of how the target differs."""
    rates = [group["peak_rate"] for group in groups_of(asked) if group["state"] != "frozen"]
    if any(low > high * (1 + 1e-9) for low, high in pairwise(rates)):
        yield str(rates)


def a_ratio_is_off(asked: Asked) -> None:
    groups_of(asked)[-1]["relative"] /= 2


@clause(a_ratio_is_off)
def relative_is_to_the_highest(asked: Asked) -> Iterator[str]:
    most = max((group["peak_rate"] for group in groups_of(asked)), default=0)
    for group in groups_of(asked):
        if not near(group["relative"] * most, group["peak_rate"], 1e-8):
            yield f"{group['name']}: {group['relative']} x {most} is not {group['peak_rate']}"


def the_top_is_half(asked: Asked) -> None:
    asked.schedule["rates"]["backbone_top"] /= 2
    asked.schedule["rates"]["head"] /= 2


@clause(the_top_is_half)
def the_summary_is_of_the_groups(asked: Asked) -> Iterator[str]:
    """The top of the backbone and the head are groups, where blocks are known."""
    if not asked.schedule:
        return
    rates, peaks = asked.schedule["rates"], {group["peak_rate"] for group in groups_of(asked)}
    for name in ("backbone_top", "head"):
        if not any(near(rates[name], peak) for peak in peaks | {0.0}):
            yield f"{name} {rates[name]} is the rate of no group"
    if peaks and not any(near(max(peaks), rates[name]) for name in ("backbone_top", "head")):
        yield f"{max(peaks)} is the highest, and neither {rates['backbone_top']} nor {rates['head']}"


def a_group_changes_state(asked: Asked) -> None:
    plan = {block["pattern"] for block in asked.plan["blocks"]} - {None}
    group = first(one for one in groups_of(asked) if one["pattern"] in plan)
    group["state"] = "frozen" if group["state"] != "frozen" else "full-rate"


@clause(a_group_changes_state)
def groups_have_the_states_of_blocks(asked: Asked) -> Iterator[str]:
    if not asked.plan or not asked.schedule:
        return
    states = {group["pattern"]: group["state"] for group in groups_of(asked) if group["pattern"]}
    for block in asked.plan["blocks"]:
        if block["pattern"] is None or block["params"] == 0:
            continue
        if block["pattern"] not in states:
            yield f"{block['name']} is in no group"
        elif states[block["pattern"]] != block["state"]:
            yield f"{block['name']} is {block['state']} and its group {states[block['pattern']]}"


def a_point_is_off(asked: Asked) -> None:
    first(point for point in asked.schedule["points"] if point["groups"][-1])["groups"][-1] *= 2


@clause(a_point_is_off)
def points_are_factors_of_peaks(asked: Asked) -> Iterator[str]:
    points: list[Any] = asked.schedule["points"] if asked.schedule else []
    for point in points:
        if not 0 <= point["factor"] <= 1 or point["frozen"]:
            yield f"step {point['step']}: factor {point['factor']}, frozen {point['frozen']}"
        for rate, group in zip(point["groups"], groups_of(asked), strict=True):
            if rate != point["factor"] * group["peak_rate"]:
                yield f"step {point['step']}: {group['name']} at {rate}"


def the_sweep_repeats(asked: Asked) -> None:
    asked.schedule["sweep"].append(asked.schedule["sweep"][-1])


@clause(the_sweep_repeats)
def a_sweep_repeats_no_value(asked: Asked) -> Iterator[str]:
    sweep: list[float] = asked.schedule["sweep"] if asked.schedule else []
    for low, high in pairwise(sweep):
        if low >= high or near(low, high, 1e-6):
            yield f"{low} and {high}"


def the_sweep_drifts(asked: Asked) -> None:
    asked.schedule["sweep"] = [rate * 1.5 for rate in asked.schedule["sweep"]]


@clause(the_sweep_drifts)
def a_sweep_is_about_the_advice(asked: Asked) -> Iterator[str]:
    """Unless the advice is what a caller fixed too high: then nothing about it is worth a run."""
    if asked.schedule and not too_high(asked):
        sweep, rates = asked.schedule["sweep"], asked.schedule["rates"]
        advised = rates["backbone_top"] or rates["head"]
        if not any(near(rate, advised, 1e-6) for rate in sweep):
            yield f"{advised} is not in {sweep}"


def the_sweep_goes_on(asked: Asked) -> None:
    only(too_high(asked))
    rates = asked.schedule["rates"]
    asked.schedule["sweep"].append(2 * (rates["backbone_top"] or rates["head"]))


def too_high(asked: Asked) -> bool:
    """Whether the answer itself calls the advised rate too high."""
    risks = {risk["id"]: risk["likelihood"] for risk in asked.answer.get("risks", [])}
    return risks.get("learning-rate-too-high") in ("likely", "observed") or "rate-destroys-features" in asked.codes


@clause(the_sweep_goes_on)
def no_sweep_beyond_a_rate_that_is_too_high(asked: Asked) -> Iterator[str]:
    if asked.schedule and too_high(asked):
        rates = asked.schedule["rates"]
        if max(asked.schedule["sweep"]) > (rates["backbone_top"] or rates["head"]) * (1 + 1e-9):
            yield f"{asked.schedule['sweep']} beyond {rates}"


def the_range_is_turned(asked: Asked) -> None:
    asked.schedule["sweep_range"]["low"] = asked.schedule["sweep_range"]["tried_high"] * 2


@clause(the_range_is_turned)
def a_published_range_was_tried(asked: Asked) -> Iterator[str]:
    told = asked.schedule["sweep_range"] if asked.schedule else None
    if told and not told["tried_low"] <= told["low"] <= told["high"] <= told["tried_high"]:
        yield str(told)
