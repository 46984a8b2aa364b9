"""Where rules begin and end: just below a number, exactly at it, and just above, as thresholds.toml has it."""

import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from service.core.rules.rule import Example
from service.knowledge.loader import load
from tests.core.test_rules import rules_at_work

ROWS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("thresholds.toml").read_text())["threshold"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['constant']}-{row['rule']}")
def test_a_rule_is_at_work_on_its_side_of_a_number(row: dict[str, Any]) -> None:
    edge, step = load().number(row["constant"]) * row.get("times", 1), row.get("step", 1)
    sides = [row["rule"] in rules_at_work(held_against(row, edge + way * step)) for way in (-1, 0, 1)]
    assert sides == row["sides"]


def held_against(row: dict[str, Any], value: float) -> Example:
    """The row's job with a value of its field."""
    body = deepcopy(row["job"])
    *places, last = row["field"].split(".")
    part: Any = body
    for place in places:
        part = part.setdefault(place, {})
    part[last] = int(value) if value == int(value) else round(value, 6)
    return Example(row.get("route", "/recommend"), body)
