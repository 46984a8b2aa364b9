"""Jobs of people who fine-tune, as their public threads tell them: the answer must hold what came out there.

The reports are the TOML files beside this one. `thread` is a repository and a number on GitHub; a report without one
was made for the same mechanism.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.reports.checks import holds

REPORTS = [
    report
    for path in sorted(Path(__file__).parent.glob("*.toml"))
    for report in tomllib.loads(path.read_text())["report"]
]


@pytest.mark.parametrize("report", REPORTS, ids=[report["id"] for report in REPORTS])
def test_the_answer_holds_what_came_out(report: dict[str, Any], client: httpx.Client) -> None:
    answer = client.post("/recommend", json=report["request"])
    body = json.loads(answer.content)
    assert [check for check in report["expect"] if not holds(check, answer.status_code, body)] == []
