"""Every field of a job does something: two values of it are answered differently, beyond what repeats them."""

import json
import re
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from inspect import getsource
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

import msgspec
import pytest

from service.contract.job import Job, source
from service.core.rules.refusal import Refusal
from service.dialects import exports
from service.knowledge.loader import load
from tests.ask import job

TABLE = tomllib.loads(Path(__file__).with_name("fields.toml").read_text())
ROWS: list[dict[str, Any]] = TABLE["field"]
QUESTIONS = {
    "/recommend": exports.recommend,
    "/freeze-plan": exports.freeze_plan,
    "/lr-schedule": exports.lr_schedule,
}
REPEATS = ("resolved", "trace", "ruleset")
"""Parts of an answer that tell what was understood, and why."""


def fields(struct: type[msgspec.Struct], before: str = "") -> Iterator[str]:
    """The name of every field that holds a value, behind those of the parts that it stands in; `0` is any of a list."""
    for name, hint in get_type_hints(struct).items():
        parts = list(structs(hint))
        if not parts:
            yield before + name
        for part in parts:
            yield from fields(part, f"{before}{name}.{'0.' if 'list[' in str(hint) else ''}")


def structs(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """The Structs that a type is made of."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for inner in get_args(hint):
        yield from structs(inner)


def asked(row: dict[str, Any], value: Any) -> dict[str, Any]:
    """The answer to the row's job with one value of its field."""
    body = deepcopy(row.get("job", TABLE["usual"]))
    *places, last = row.get("at", row["name"].split("."))
    part: Any = body
    for place in places:
        part = part[int(place)] if place.isdigit() else part.setdefault(place, {})
    part[last] = value
    return msgspec.to_builtins(QUESTIONS[row.get("route", "/recommend")](job(body), load(), False))


def told(row: dict[str, Any], value: Any) -> list[str]:
    """What the answer says with one value, as text, the value itself struck out wherever it is repeated."""
    echo = "|".join(re.escape(str(leaf).lower()) for leaf in leaves(value))
    repeated = re.compile(rf"(?<![\w.])(?:{echo})(?!\w|\.\d)")
    answer = asked(row, value)
    said = json.dumps({name: part for name, part in answer.items() if name not in REPEATS})
    return [repeated.sub("", leaf.lower()) for leaf in map(str, leaves(json.loads(said)))]


def leaves(part: Any) -> Iterator[Any]:
    """The numbers and words of a piece of JSON, names of members included, in order."""
    match part:
        case dict():
            for name, each in cast("dict[str, Any]", part).items():
                yield name
                yield from leaves(each)
        case list():
            for each in cast("list[Any]", part):
                yield from leaves(each)
        case _:
            yield part


def test_every_field_has_a_row() -> None:
    named, known = [row["name"] for row in ROWS], set(fields(Job))
    assert sorted(known - set(named)) == [], "give each a row in tests/laws/fields.toml, with two values"
    assert sorted(named) == sorted(known)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_field_does_something_or_says_that_it_does_not(row: dict[str, Any]) -> None:
    one, other = row["values"]
    if "notice" in row:
        told_so = [[each["code"] for each in asked(row, value)["notices"]] for value in (one, other)]
        assert all(row["notice"] in codes for codes in told_so)
    elif "refuses" in row:
        assert asked(row, one)
        with pytest.raises(Refusal) as refused:
            asked(row, other)
        assert [fault.message for fault in refused.value.faults] == [row["refuses"]]
    elif "unread" in row:
        assert told(row, one) == told(row, other)
        assert row["unread"] in " ".join(getsource(source).split())
    else:
        assert told(row, one) != told(row, other)
