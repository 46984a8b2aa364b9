"""Asks the service over HTTP, as any trainer would, and makes a setting of what it exports."""

# pyright: basic, reportMissingImports=false

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from demo.training import LONGEST, Classifier, Phases

ROOT = Path(__file__).parent.parent

HOURS = 0.025
"""A minute and a half: as long as a person at a terminal will wait for one run."""


def job_of(model: Classifier, examples: int) -> dict[str, Any]:
    """The job. Of the model nothing is told but how it was trained, and its parameters' names and shapes."""
    parameters = [{"name": name, "shape": list(p.shape)} for name, p in model.named_parameters()]
    return {
        "target": {"task": "text-classification"},
        "dataset": {"examples": examples, "classes": 2, "sequence_length": LONGEST},
        "source": {"parameters": parameters, "family": "text-encoder", "objective": "contrastive-text"},
        "compute": {"kind": "cpu", "cores": 1, "hours": HOURS},
        "dialects": ["pytorch"],
    }


@contextmanager
def service(python: str) -> Iterator[str]:
    """The service in a process of its own, at a free port: its address."""
    environment = {**os.environ, "TRANSFER_ADVISOR_PORT": "0", "TRANSFER_ADVISOR_DRAIN_SECONDS": "0"}
    command = [python, "-m", "service"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:  # noqa: S603 -- ours
        assert process.stdout  # noqa: S101 -- it was asked for
        try:
            yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        finally:
            process.terminate()
            process.communicate()


def ask(url: str, job: dict[str, Any], accept: str = "application/json") -> str:
    """What the service answers: JSON, or text to read."""
    headers = {"content-type": "application/json", "accept": accept}
    with urlopen(Request(f"{url}/recommend", json.dumps(job).encode(), headers)) as answer:  # noqa: S310 -- loopback
        return answer.read().decode()


def planned(answer: dict[str, Any], model: Classifier) -> Phases:
    """The phases of the exported plan; its self-check raises where one is not as planned."""
    names = exported(answer)
    exec(answer["freeze_plan"]["self_check_code"], names)  # noqa: S102 -- the service's own code
    for index, phase in enumerate(answer["phases"]):
        optimizer, scheduler = names["apply_plan"](model, index)
        names["check_plan"](model, optimizer, index)
        yield optimizer, scheduler, phase["steps"]


def exported(answer: dict[str, Any]) -> dict[str, Any]:
    """The names that the exported code defines."""
    names: dict[str, Any] = {}
    exec(answer["exports"][0]["text"], names)  # noqa: S102 -- the service's own code
    return names


def rates(answer: dict[str, Any]) -> dict[str, list[float]]:
    """The rate of each group that ever trains, at every step of all phases."""
    curves: dict[str, list[float]] = {}
    passed = 0
    for (groups, factor), phase in zip(exported(answer)["PHASES"], answer["phases"], strict=True):
        for name, _, peak, _ in groups:
            curve = curves.setdefault(name, [])
            curve += [0.0] * (passed - len(curve)) + [peak * factor(step) for step in range(phase["steps"])]
        passed += phase["steps"]
    return curves
