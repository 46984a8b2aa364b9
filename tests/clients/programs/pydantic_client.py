# pyright: basic, reportMissingImports=false
"""Asks every operation with the Python client that openapi-generator makes, and writes down what it read."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import advisor_generated as advisor

base, examples, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])


def job(name: str) -> advisor.Job:
    return advisor.Job.from_dict(json.loads((examples / f"{name}.json").read_text()))


def client(part: str) -> advisor.ApiClient:
    return advisor.ApiClient(advisor.Configuration(host=f"{base}/{part}"))


def told(answer: Any) -> object:
    """What a client was told, back as JSON."""
    return answer if isinstance(answer, str) else answer.to_dict()


def kept(name: str, value: object) -> None:
    (out / f"{name}.json").write_text(json.dumps(value))


def problem(ask: Callable[[], object]) -> object:
    try:
        ask()
    except advisor.ApiException as error:
        refused = error.data
    else:
        raise AssertionError("this was answered")
    assert isinstance(refused, advisor.Problem), refused
    return refused.to_dict()


plain = client("plain")
"""CALLS"""

errors = {
    "400": problem(lambda: advisor.AdviceApi(client("cut")).recommend(job("recommend-full"))),
    "404": problem(lambda: advisor.KnowledgeApi(plain).get_model("no-such-model")),
    "412": problem(lambda: advisor.AdviceApi(plain).recommend(job("recommend-full"), if_match='"other"')),
    "415": problem(lambda: advisor.AdviceApi(client("text")).recommend(job("recommend-full"))),
    "422": problem(lambda: advisor.AdviceApi(plain).recommend(job("refused"))),
    "503": problem(lambda: advisor.AdviceApi(client("crowded")).recommend(job("large"))),
}
kept("errors", errors)
kept("grown", told(advisor.AdviceApi(client("grown")).recommend(job("recommend-full"))))
