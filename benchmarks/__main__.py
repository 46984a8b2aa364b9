"""Engine time of the four questions, in process and without HTTP: `make bench`.

Each body is decoded once and asked many times; the table shows medians. The last column is the time of a bare
`msgspec.json.encode` of the same answer, so that two machines can be compared by the ratio.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import msgspec

from benchmarks import freezing
from service.contract.job import Job
from service.core.engine import freeze_plan, lr_schedule, recommend
from service.knowledge.loader import load

ROUNDS = 300

CASES: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
    (
        "recommend, smallest request",
        recommend,
        {"target": {"task": "image-classification"}, "dataset": {"examples": 500}},
    ),
    (
        "recommend, image labels",
        recommend,
        {
            "target": {"task": "image-classification", "domain": "pets-and-animals"},
            "dataset": {"examples": 5000, "classes": 37},
        },
    ),
    (
        "recommend, language model",
        recommend,
        {
            "target": {"task": "text-generation", "domain": "legal-text"},
            "dataset": {"examples": 8000},
            "source": {"model": "meta-llama/Llama-3.1-8B"},
            "compute": {"kind": "datacenter-gpu"},
        },
    ),
    (
        "freeze-plan, 26 blocks",
        freeze_plan,
        {"source": {"model": "vit_large_patch16_224"}, "dataset": {"examples": 5000}},
    ),
    (
        "lr-schedule, 1,000 points",
        lr_schedule,
        {
            "source": {"model": "bert-base-uncased"},
            "dataset": {"examples": 50_000},
            "fixed": {"epochs": 3, "strategy": "full-fine-tuning"},
            "schedule": {"points": 1000},
        },
    ),
]


def median_ms(ask: Callable[[], object]) -> float:
    """Median time of one call in milliseconds, after a warm-up."""
    for _ in range(20):
        ask()
    times: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ask()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def main() -> None:
    """Prints one line per case."""
    know = load()
    print(f"{'case':32}{'engine ms':>12}{'unexplained':>14}{'encode ms':>12}")  # noqa: T201
    for name, question, body in CASES:
        request = msgspec.convert(body, Job)
        answer = question(request, know, True)
        explained, plain, encoded = (
            median_ms(lambda: question(request, know, True)),  # noqa: B023
            median_ms(lambda: question(request, know, False)),  # noqa: B023
            median_ms(lambda: msgspec.json.encode(answer)),  # noqa: B023
        )
        print(f"{name:32}{explained:12.3f}{plain:14.3f}{encoded:12.3f}")  # noqa: T201
    freezing.report(know)


if __name__ == "__main__":
    main()
