"""The law of consistency: every answer agrees with itself and with its request.

Requests are drawn from the contract; DRAWN_REQUESTS says how many. Each clause is shown an answer that it must catch.
"""

import copy
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.laws.consistency import (
    choice,
    exports,
    given,
    glance,
    hours,
    memory,
    one_plan,
    phases,
    rates,
    said_and_planned,
    schedule,
    sums,
    words,
)
from tests.laws.consistency.asked import CLAUSES, Asked, Clause
from tests.laws.consistency.asking import ask, facts
from tests.laws.consistency.drawing import answered, smaller
from tests.laws.consistency.views import SHARED, differences

THEMES = (
    sums,
    glance,
    phases,
    rates,
    schedule,
    choice,
    memory,
    hours,
    words,
    given,
    exports,
    one_plan,
    said_and_planned,
)
"""Importing a theme registers its clauses."""

MANY = int(os.environ.get("DRAWN_REQUESTS", "500"))
FACTS = facts()
EVERY = ["pytorch", "timm", "transformers", "sentence-transformers", "keras", "lightning", "optax", "axolotl"]
USUAL: list[dict[str, Any]] = [
    {"target": {"task": "text-classification"}, "dataset": {"examples": 64, "classes": 8}, "dialects": EVERY},
    {"target": {"task": "image-classification"}, "dataset": {"examples": 5000, "classes": 5}, "dialects": EVERY},
    {"target": {"task": "text-generation"}, "dataset": {"examples": 5000}, "dialects": EVERY},
]
"""Jobs that a draw seldom hits: pairs of texts, new heads, adapters."""


def drawn(count: int) -> Iterator[Asked]:
    """The usual jobs, and as many draws, the same in every run; draws that cannot be mended are left out."""
    for body in USUAL:
        told = ask("/recommend", body)
        assert isinstance(told, dict)
        yield Asked("/recommend", body, told, FACTS)
    for seed in range(count):
        asked = answered(seed, FACTS, ask)
        if asked is not None:
            yield asked


@pytest.fixture(scope="module")
def some() -> list[Asked]:
    """Answers to be spoiled."""
    return list(drawn(200))


def test_every_answer_agrees_with_itself() -> None:
    found: dict[str, str] = {}
    count = 0
    for count, asked in enumerate(drawn(MANY), 1):  # noqa: B007
        for one in CLAUSES:
            word = None if one.name in found else next(one.check(asked), None)
            if word is not None:
                least = smaller(asked, ask, lambda fewer, one=one: any(one.check(fewer)))
                found[one.name] = f"{word}: {least.route} {least.body}"
    assert count > MANY * 0.9
    assert not found, "\n".join(f"{name}: {word}" for name, word in found.items())


@pytest.mark.parametrize("one", CLAUSES, ids=[one.name for one in CLAUSES])
def test_the_clause_catches_a_spoiled_answer(one: Clause, some: list[Asked]) -> None:
    caught = 0
    for asked in some:
        if any(one.check(asked)):
            continue
        spoiled = copy.deepcopy(asked)
        try:
            one.spoil(spoiled)
        except (LookupError, TypeError, AttributeError):
            continue
        assert any(one.check(spoiled)), f"not caught: {asked.route} {asked.body}"
        caught += 1
        if caught == 3:
            return
    assert caught


def views_of(asked: Asked) -> dict[str, Any]:
    """The answers of the other two routes; a schedule alone is refused where no rates are known."""
    told = {route: ask(route, asked.body) for route in SHARED}
    assert asked.schedule is None or all(isinstance(view, dict) for view in told.values()), asked.body
    return {route: view for route, view in told.items() if isinstance(view, dict)}


def test_every_view_is_of_one_plan() -> None:
    whole = [asked for asked in drawn(MANY // 4) if asked.route == "/recommend"]
    assert whole
    for asked in whole:
        assert list(differences(asked.answer, views_of(asked))) == [], asked.body


@pytest.mark.parametrize(("route", "part"), [(route, part) for route, parts in SHARED.items() for part in parts])
def test_another_view_is_caught(route: str, part: str, some: list[Asked]) -> None:
    views = copy.deepcopy(views_of(some[0]))
    views[route][part] = "another"
    assert list(differences(some[0].answer, views)) == [f"{route}: {part}"]
