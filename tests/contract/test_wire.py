"""From wire 0.1 to 0.2: `openapi/wire-0.2.json` leads from every old pointer to its new one."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import ROOT

WIRE: dict[str, dict[str, dict[str, str]]] = json.loads((ROOT / "openapi" / "wire-0.2.json").read_bytes())
DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi" / "openapi.json").read_bytes())
OLD = {path.stem: json.loads(path.read_bytes()) for path in (ROOT / "tests" / "contract" / "wire_0_1").glob("*.json")}
ROUTES = ("/recommend", "/freeze-plan", "/lr-schedule")
POINTERS_OF_0_1 = {"requests": (39, 33, 39), "answers": (289, 188, 91)}
"""How many pointers the document of 0.1 has, route by route, as `pointers` counts them."""


def pointers(schema: dict[str, Any], pointer: str = "") -> Iterator[str]:
    """Every property of a schema; `*` stands for an item of a list or a member of an object."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for part in schema.get("anyOf", ()):
        yield from pointers(part, pointer)
    for name, inner in schema.get("properties", {}).items():
        yield f"{pointer}/{name}"
        yield from pointers(inner, f"{pointer}/{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from pointers(schema[key], f"{pointer}/*")


def converted(body: dict[str, Any], moves: dict[str, str]) -> dict[str, Any]:
    """An old body with each of its members in its new place."""
    new: dict[str, Any] = {}
    for name, value in body.items():
        *parts, last = moves[f"/{name}"].split("/")[1:]
        place = new
        for part in parts:
            place = place.setdefault(part, {})
        place[last] = value
    return new


def route_of(name: str) -> str:
    return next(route for route in ROUTES if name.startswith(route[1:]))


def now(part: str, route: str) -> set[str]:
    """The pointers of a route's requests or answers in the document."""
    operation = DOCUMENT["paths"][route]["post"]
    holder = operation["requestBody"] if part == "requests" else operation["responses"]["200"]
    return set(pointers(holder["content"]["application/json"]["schema"]))


@pytest.mark.parametrize("part", POINTERS_OF_0_1)
def test_every_old_pointer_is_there(part: str) -> None:
    assert tuple(len(WIRE[part][route]) for route in ROUTES) == POINTERS_OF_0_1[part]


@pytest.mark.parametrize("part", POINTERS_OF_0_1)
@pytest.mark.parametrize("route", ROUTES)
def test_every_old_pointer_leads_to_one_that_there_is(route: str, part: str) -> None:
    assert set(WIRE[part][route].values()) <= now(part, route)


@pytest.mark.parametrize("part", POINTERS_OF_0_1)
@pytest.mark.parametrize("route", ROUTES)
def test_an_old_value_does_not_lead_to_an_object(route: str, part: str) -> None:
    """What had no members has none now: its place is where the value stands. A header had some that were not named."""
    moves, there = WIRE[part][route], now(part, route)
    values = [old for old in moves if not any(other.startswith(f"{old}/") for other in moves) and old != "/safetensors"]
    assert [old for old in values if any(pointer.startswith(f"{moves[old]}/") for pointer in there)] == []


@pytest.mark.parametrize("name", sorted(OLD))
def test_old_examples_are_answered_once_converted(client: httpx.Client, name: str) -> None:
    route = route_of(name)
    answer = client.post(route, json=converted(OLD[name], WIRE["requests"][route]))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("name", sorted(name for name in OLD if not name.startswith("recommend")))
def test_an_old_body_is_refused_with_the_new_pointers(client: httpx.Client, name: str) -> None:
    route = route_of(name)
    moves = {old: new for old, new in WIRE["requests"][route].items() if old.count("/") == 1 and old != new}
    answer = client.post(route, json=OLD[name])
    assert answer.status_code == 400
    told = {fault["pointer"]: fault["nearest"] for fault in answer.json()["errors"]}
    assert told == {old: new for old, new in moves.items() if old[1:] in OLD[name]}
