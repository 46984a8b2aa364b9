"""What has been tried against services like this one: each gets the answer that its row says, and nothing breaks."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.wire import JOB, LAST, answers, post, talk

FOLDER = Path(__file__).parent
REPEATED = re.compile(r"\{(\S{1,4}?)x(\d+)\}")


def rows(name: str) -> list[dict[str, Any]]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())["row"]


def written(text: str) -> bytes:
    whole = REPEATED.sub(lambda found: found[1] * int(found[2]), text.replace("{job}", JOB.decode()))
    return whole.encode("latin-1")


def test_the_job_has_the_length_that_the_rows_say() -> None:
    assert len(JOB) == 68


@pytest.mark.parametrize("row", rows("requests"), ids=lambda row: row["name"])
def test_request(port: int, row: dict[str, Any]) -> None:
    assert [answer.status for answer in answers(talk(port, written(row["raw"]) + LAST))] == row["statuses"]


@pytest.mark.parametrize("row", rows("bodies"), ids=lambda row: row["name"])
def test_body(port: int, row: dict[str, Any]) -> None:
    (answer,) = answers(talk(port, post(body=written(row["body"]), close=True)))
    document = json.loads(answer.body)
    assert (document["type"], document["errors"][0]["pointer"]) == (f"/problems/{row['problem']}", row["pointer"])
