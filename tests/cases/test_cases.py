"""Jobs by people of the subject, and what must hold of their answers: the TOML files beside this one, see README.md."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.core.rules.refusal import Refusal
from service.dialects import exports
from service.knowledge.loader import load
from tests.ask import job
from tests.reports.checks import holds

CASES: list[dict[str, Any]] = [
    case for path in sorted(Path(__file__).parent.glob("*.toml")) for case in tomllib.loads(path.read_text())["case"]
]


def kept(check: dict[str, Any], body: dict[str, Any]) -> bool:
    """Whether the answer to a job holds what a check asks for."""
    try:
        answer = exports.recommend(job(body), load(), True)
    except Refusal as refusal:
        return check.get("refused") in [fault.pointer for fault in refusal.faults]
    return "refused" not in check and holds(check, 200, msgspec.to_builtins(answer))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_must_hold_holds(case: dict[str, Any]) -> None:
    assert case["must"]
    assert [check for check in case["must"] if not kept(check, case["job"])] == [], case["why"]


def test_a_case_has_a_name_of_its_own_and_says_why_by_a_source_that_is_known() -> None:
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names)
    assert all(case["why"].endswith(".") for case in CASES)
    assert {case["source"] for case in CASES} <= set(load().sources)
