"""What the plan takes of the machine: terms, their sum, and whether it fits."""

from collections.abc import Iterator

from tests.laws.consistency.asked import Asked, clause, near, only

ROUNDED = 0.001
"""GiB to which memory is told."""


def too_large(asked: Asked) -> None:
    only(asked.answer["resources"]["fits"])
    asked.answer["resources"]["peak_gib"] = asked.answer["resources"]["device_memory_gib"] + 1


@clause(too_large)
def memory_fits_where_it_says(asked: Asked) -> Iterator[str]:
    told = asked.answer.get("resources")
    if told:
        margin = told["usable_memory_gib"] - told["peak_gib"]
        if abs(margin) > ROUNDED and told["fits"] != (margin > 0):
            yield str(told)


def one_that_does_not_fit(asked: Asked) -> None:
    only(asked.answer["resources"]["fits"])
    chosen = asked.answer["verdict"]["strategy"]
    only([one for one in asked.answer["strategies"] if one["feasible"] and one["strategy"] == chosen])
    asked.answer["resources"]["fits"] = False


@clause(one_that_does_not_fit)
def what_is_feasible_fits(asked: Asked) -> Iterator[str]:
    told, verdict = asked.answer.get("resources"), asked.answer.get("verdict")
    if not told or not verdict:
        return
    feasible = [one["strategy"] for one in asked.answer["strategies"] if one["feasible"]]
    if verdict["strategy"] in feasible and not told["fits"]:
        yield f"{verdict['strategy']} is feasible, and takes {told['peak_gib']} of {told['usable_memory_gib']} GiB"


def a_term_grows(asked: Asked) -> None:
    asked.answer["resources"]["terms"][0]["expected_gib"] += 1


@clause(a_term_grows)
def terms_sum_to_the_peak(asked: Asked) -> Iterator[str]:
    told = asked.answer.get("resources")
    if not told:
        return
    for side, whole in (("low", "peak_low_gib"), ("expected", "peak_gib"), ("high", "peak_high_gib")):
        total = sum(term[f"{side}_gib"] for term in told["terms"])
        if abs(total - told[whole]) > ROUNDED * len(told["terms"]):
            yield f"the {side} terms sum to {total}, not to {told[whole]}"
    for term in told["terms"]:
        if not term["low_gib"] <= term["expected_gib"] <= term["high_gib"]:
            yield f"{term} is not in order"


def the_devices_grow(asked: Asked) -> None:
    asked.answer["resources"]["available_memory_gib"] *= 2


@clause(the_devices_grow)
def memory_is_of_all_devices(asked: Asked) -> Iterator[str]:
    told, each = asked.answer.get("resources"), asked.resolved("/compute/memory_gib")
    count = asked.resolved("/compute/count") or 1
    if told and each and not near(told["available_memory_gib"], each * count, 1e-3):
        yield f"{count} x {each} is not {told['available_memory_gib']}"
