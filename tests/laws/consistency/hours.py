"""How long the plan takes: the sum of its phases, and what is said where there are fewer hours."""

from collections.abc import Iterator
from typing import Any

from tests.laws.consistency.asked import Asked, clause, near, only

ROUNDED = 0.006
"""Share to which three digits tell a number, with room for a sum of such."""


def time_of(asked: Asked) -> Any:
    """The time that the answer tells; None where it tells none."""
    resources: Any = asked.answer.get("resources")
    return resources and resources["time"]


def twice_as_long(asked: Asked) -> None:
    asked.answer["resources"]["time"]["hours"] *= 2


@clause(twice_as_long)
def hours_are_steps_times_seconds(asked: Asked) -> Iterator[str]:
    told = time_of(asked)
    if not told:
        return
    seconds = sum(phase["steps"] * phase["seconds_per_step"] for phase in told["phases"])
    if not near(told["hours"], seconds / 3600, ROUNDED):
        yield f"{seconds} s are not {told['hours']} h"
    if not told["hours_low"] <= told["hours"] <= told["hours_high"]:
        yield f"{told} is not in order"
    compute: Any = asked.body.get("compute", {})
    price, devices = compute.get("price_per_hour"), asked.answer["setup"]["devices"]
    if price and not near(told["cost"], price * devices * told["hours"], 2 * ROUNDED):
        yield f"{told['hours']} h on {devices} devices at {price} do not cost {told['cost']}"


def another_step(asked: Asked) -> None:
    asked.answer["resources"]["time"]["phases"][0]["steps"] += 1


@clause(another_step)
def the_timed_run_is_the_planned_one(asked: Asked) -> Iterator[str]:
    told = time_of(asked)
    if told:
        steps = sum(phase["steps"] for phase in told["phases"])
        if not steps == told["steps"] == asked.answer["summary"]["steps"]:
            yield f"{steps} steps are timed, {asked.answer['summary']['steps']} planned"


def too_few_hours(asked: Asked) -> None:
    only("hours-exceeded" not in asked.codes)
    asked.body.setdefault("compute", {})["hours"] = asked.answer["resources"]["time"]["hours"] / 2


@clause(too_few_hours)
def too_few_hours_are_said(asked: Asked) -> Iterator[str]:
    told = time_of(asked)
    compute: Any = asked.body.get("compute", {})
    there = compute.get("hours")
    if not told or there is None:
        return
    if told["hours"] > there and "hours-exceeded" not in asked.codes:
        yield f"{told['hours']} h are planned, there are {there}, and nothing says so"
