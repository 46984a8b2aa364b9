"""Ids lead somewhere, pointers name something, and sentences say what the numbers say."""

import math
import re
from collections.abc import Iterator
from typing import Any

from tests.laws.consistency.asked import Asked, clause, first, holds, leaves, only
from tests.laws.consistency.sums import backbone, frozen

REQUEST = {
    *("target", "dataset", "source", "compute", "similarity", "constraints", "fixed", "measurements", "schedule"),
    *("freezing", "policy", "dialects"),
}
"""The parts of a job."""

OF_WHAT_LACKS = {"no-strategy-decided"}
"""Notices that speak of a part because it was not given."""


def a_rule_without_a_page(asked: Asked) -> None:
    asked.answer["trace"][0]["rule"] = "no-such-rule"


@clause(a_rule_without_a_page)
def the_trace_leads_somewhere(asked: Asked) -> Iterator[str]:
    for entry in asked.answer["trace"]:
        if entry["rule"] not in asked.facts.rules or not entry["sources"]:
            yield f"{entry['pointer']}: rule {entry['rule']}, sources {entry['sources']}"
        yield from (f"no source {one}" for one in entry["sources"] if one not in asked.facts.sources)
        if not holds(asked.answer, entry["pointer"]):
            yield f"{entry['pointer']} names nothing"


def a_page_is_gone(asked: Asked) -> None:
    asked.answer["notices"][0]["topic"] = "no-such-page"


@clause(a_page_is_gone)
def pages_exist(asked: Asked) -> Iterator[str]:
    for one in [*asked.answer["notices"], *asked.answer.get("risks", [])]:
        if one["topic"] not in asked.facts.topics:
            yield f"no page {one['topic']}"


def a_notice_of_nothing(asked: Asked) -> None:
    asked.answer["notices"][0]["pointer"] = "/compute/nothing"


@clause(a_notice_of_nothing)
def notices_point_at_something(asked: Asked) -> Iterator[str]:
    """A part of the answer, a field that was given, one that was resolved, or one whose absence is the point."""
    for one in asked.answer["notices"]:
        pointer = one["pointer"]
        if pointer.split("/")[1] not in REQUEST:
            if not holds(asked.answer, pointer):
                yield f"{one['code']}: {pointer} is not in the answer"
        elif (
            one["code"] not in OF_WHAT_LACKS
            and not holds(asked.body, pointer)
            and pointer not in asked.answer["resolved"]
        ):
            yield f"{one['code']}: {pointer} was neither given nor resolved"


def a_notice_twice(asked: Asked) -> None:
    asked.answer["notices"].append(dict(asked.answer["notices"][0]))


@clause(a_notice_twice)
def notices_are_said_once(asked: Asked) -> Iterator[str]:
    told = [(one["code"], one["pointer"]) for one in asked.answer["notices"]]
    yield from (f"{one} twice" for one in sorted(set(told)) if told.count(one) > 1)


def an_endless_number(asked: Asked) -> None:
    asked.answer["resolved"]["/similarity"]["value"] = math.inf


@clause(an_endless_number)
def numbers_are_finite(asked: Asked) -> Iterator[str]:
    for pointer, value in leaves(asked.answer):
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{pointer} {value}"


def another_count(asked: Asked) -> None:
    verdict = asked.answer["verdict"]
    verdict["summary"] = re.sub(r"\d+ of the (\d+) blocks", r"\1 of the \1 blocks", verdict["summary"])
    only(frozen(backbone(asked.plan)) and "blocks below the head train" in verdict["summary"])


@clause(another_count)
def the_summary_counts_the_blocks(asked: Asked) -> Iterator[str]:
    verdict = asked.answer.get("verdict")
    told = verdict and re.search(r"(\d+) of the (\d+) blocks below the head train", verdict["summary"])
    blocks = backbone(asked.plan) if asked.plan else []
    opened = len(blocks) - len(frozen(blocks))
    if told and [int(told[1]), int(told[2])] != [opened, len(blocks)]:
        yield f"{told[0]}: {opened} of {len(blocks)}"
    if verdict and asked.plan["strategy"] == "full-fine-tuning" and opened < len(blocks) and not told:
        yield f"{verdict['summary']} - with {len(blocks) - opened} blocks frozen"


def second_of_six(asked: Asked) -> None:
    asked.answer["verdict"]["summary"] += " second of six"


@clause(second_of_six)
def the_first_is_not_second(asked: Asked) -> Iterator[str]:
    verdict = asked.answer.get("verdict")
    if verdict and re.search(r"(second|third|fourth|fifth|sixth|last) of six", verdict["summary"]):
        yield verdict["summary"]


def forgetting_is_nothing(asked: Asked) -> None:
    risk = first(one for one in asked.answer["risks"] if one["id"] == "catastrophic-forgetting")
    asked.body["constraints"] = {"keep_source_ability": True}
    first(iter(asked.phases))
    only(asked.plan["strategy"] not in UNTOUCHED)
    risk["likelihood"] = "unlikely"


UNTOUCHED = ("zero-shot", "feature-extraction", "parameter-efficient", "from-scratch")
"""Strategies that leave the weights of the source as they are, or take none."""


@clause(forgetting_is_nothing)
def forgetting_counts_where_it_matters(asked: Asked) -> Iterator[str]:
    wished = asked.body.get("constraints", {}).get("keep_source_ability")
    for risk in asked.answer.get("risks", []):
        forgets = risk["id"] == "catastrophic-forgetting" and asked.plan["strategy"] not in UNTOUCHED
        if forgets and wished and risk["likelihood"] == "unlikely":
            yield f"{asked.plan['strategy']}: {risk['because']}"


def a_given_value_changes(asked: Asked) -> None:
    first(one for one in asked.answer["resolved"].values() if one["origin"] == "given")["value"] = "another"


def simple(value: Any) -> bool:
    """Whether a value is told as it is, not as a count."""
    return isinstance(value, str | int | float)


@clause(a_given_value_changes)
def what_is_given_is_kept(asked: Asked) -> Iterator[str]:
    """Names of models and devices may be told by their usual spelling."""
    for pointer, told in asked.answer["resolved"].items():
        if told["origin"] != "given":
            continue
        value = asked.body
        for part in pointer.split("/")[1:]:
            value = value.get(part, {})
        if value == {}:
            yield f"{pointer} was not given"
        elif simple(value) and value != told["value"] and pointer not in ("/source/model", "/compute/device"):
            yield f"{pointer}: given {value}, resolved {told['value']}"


def a_field_is_forgotten(asked: Asked) -> None:
    pointer = first(key for key, one in asked.answer["resolved"].items() if one["origin"] == "given")
    del asked.answer["resolved"][pointer]


@clause(a_field_is_forgotten)
def every_field_is_resolved(asked: Asked) -> Iterator[str]:
    """Lists are told by their size, at the pointer of the field; a wish for what is usual is none."""
    told = asked.answer["resolved"]
    for pointer, value in leaves(asked.body):
        if value in ({}, False, "any"):
            continue
        ways = ["/".join(pointer.split("/")[:length]) for length in range(2, pointer.count("/") + 2)]
        if not any(way in told for way in ways):
            yield f"{pointer} is not resolved"
