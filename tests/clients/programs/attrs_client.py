# pyright: basic, reportMissingImports=false
"""Asks every operation with the client that openapi-python-client makes, and writes down what it read."""

import json
import sys
from pathlib import Path
from typing import Any

from advisor_client import Client
from advisor_client.api.advice import recommend
from advisor_client.api.knowledge import get_model
from advisor_client.models import Job, Problem

base, examples, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])


def job(name: str) -> Job:
    return Job.from_dict(json.loads((examples / f"{name}.json").read_text()))


def client(part: str) -> Client:
    return Client(base_url=f"{base}/{part}", timeout=60)


def told(answer: Any) -> object:
    """What a client was told, back as JSON."""
    return answer if isinstance(answer, str) else answer.to_dict()


def kept(name: str, value: object) -> None:
    (out / f"{name}.json").write_text(json.dumps(value))


plain = client("plain")
"""CALLS"""

refused = {
    "400": recommend.sync(client=client("cut"), body=job("recommend-full")),
    "404": get_model.sync("no-such-model", client=plain),
    "412": recommend.sync(client=plain, body=job("recommend-full"), if_match='"other"'),
    "415": recommend.sync(client=client("text"), body=job("recommend-full")),
    "422": recommend.sync(client=plain, body=job("refused")),
    "503": recommend.sync(client=client("crowded"), body=job("large")),
}
for problem in refused.values():
    assert isinstance(problem, Problem), problem
kept("errors", {status: problem.to_dict() for status, problem in refused.items()})
kept("grown", told(recommend.sync(client=client("grown"), body=job("recommend-full"))))
