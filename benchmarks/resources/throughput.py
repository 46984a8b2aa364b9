"""How far the estimates of time are from what was measured, by source, without the group that is judged."""

import csv
import math
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from itertools import product
from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct

from benchmarks.resources.cases import UNTOLD
from service.contract.job import Job
from service.contract.words import Sharding
from service.core.answers.decision import decide
from service.core.resources.device_speed import DeviceSpeed, speed_of
from service.core.resources.operations import Work, work_of
from service.knowledge.index import Knowledge

HERE = Path(__file__).parent
PUBLISHED = HERE / "throughput.csv"
CARD = HERE / "card_h200.csv"
FACTORS = tuple(product((0.7, 0.85, 1.0, 1.2, 1.4), repeat=2))
"""What operations and moved bytes are multiplied by, when they are fitted on all other groups."""

CARD_MODELS: Mapping[str, Mapping[str, object]] = {
    "bert-base": {"model": "bert-base-uncased"},
    "bert-large": {"model": "bert-large-uncased"},
    "llama-1b": {"family": "decoder-lm", "params": 1_498_482_688, "depth": 16},
}
CARD_STRATEGIES = {"full": "full-fine-tuning", "head": "feature-extraction", "lora": "parameter-efficient"}
NEAR = 1.5


class Run(Struct, frozen=True):
    """A measured run: the work of one device, how fast it is by its data sheet, and the seconds of a step."""

    source: str
    group: str
    work: Work
    speed: DeviceSpeed
    batch: int
    accumulation: int
    measured: float
    sharded: bool

    def ratio(self, operations: float = 1.0, moved: float = 1.0) -> float:
        """The estimate over the measured seconds, with operations and moved bytes multiplied."""
        work = msgspec.structs.replace(
            self.work, operations=self.work.operations * operations, moved=self.work.moved * moved
        )
        return self.speed.seconds(work, self.batch, self.accumulation) / self.measured


class Row(Struct, frozen=True):
    """The runs of one source: bias and error as factors, shares within a factor of 1.5 and between low and high."""

    group: str
    runs: int
    bias: float
    error: float
    near: float
    held: float
    left_out: float


@cache
def throughput(know: Knowledge) -> list[Row]:
    """All runs together, then by source. `left_out`: with the two factors fitted on all other groups of models."""
    runs = [*_published(know), *_card(know)]
    logs = [[abs(math.log(run.ratio(*factors))) for run in runs] for factors in FACTORS]
    best = {
        group: min(range(len(FACTORS)), key=lambda at: sum(_others(runs, logs[at], group)))
        for group in {run.group for run in runs}
    }
    apart = [logs[best[run.group]][place] for place, run in enumerate(runs)]
    sources = defaultdict[str, list[int]](list)
    for place, run in enumerate(runs):
        sources["all"].append(place)
        sources[run.source].append(place)
        if run.sharded:
            sources["all with sharded states"].append(place)
    return [_row(name, [runs[at] for at in places], [apart[at] for at in places]) for name, places in sources.items()]


def _others(runs: list[Run], logs: list[float], group: str) -> list[float]:
    return [log for run, log in zip(runs, logs, strict=True) if run.group != group]


def _row(name: str, runs: list[Run], apart: list[float]) -> Row:
    ratios = [run.ratio() for run in runs]
    errors = [max(ratio, 1 / ratio) for ratio in ratios]

    def share(told: list[bool]) -> float:
        return round(sum(told) / len(told), 3)

    return Row(
        group=name,
        runs=len(runs),
        bias=round(median(ratios), 2),
        error=round(median(errors), 2),
        near=share([error <= NEAR for error in errors]),
        held=share([error <= run.speed.spread for error, run in zip(errors, runs, strict=True)]),
        left_out=share([error <= math.log(NEAR) for error in apart]),
    )


def _published(know: Knowledge) -> list[Run]:
    with PUBLISHED.open(encoding="utf-8", newline="") as opened:
        return [found for row in csv.DictReader(opened) if (found := _run(know, row)) is not None]


def _card(know: Knowledge) -> list[Run]:
    """The runs of our own card, but those of the upper half of the tensors, which is no depth of blocks."""
    found: list[Run] = []
    with CARD.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            if row["strategy"] not in CARD_STRATEGIES or not row["step_s"]:
                continue
            described = CARD_MODELS.get(row["model"], {"model": row["model"]})
            told = {"source": "own card", "group": row["model"], "strategy": CARD_STRATEGIES[row["strategy"]]}
            fixed = {"device": "h200", "devices": "1", "sharding": "none", "accumulation": "1", "quantised": "no"}
            run = _run(know, {**row, **told, **fixed, "seconds": row["step_s"], "family": ""}, described)
            found += [run] if run else []
    return found


def _run(know: Knowledge, row: dict[str, str], source: Mapping[str, object] | None = None) -> Run | None:
    if source is None:
        described = {"family": row["family"], "params": int(row["params"] or 1), "depth": int(row["depth"] or 1)}
        source = described if row["family"] else {"model": row["model"]}
    seen = "sequence_length" if "family" in source or "bert" in str(source["model"]) else "image_size"
    body = {
        "source": source,
        "dataset": {"examples": 50_000, seen: int(row["size"])},
        "compute": {"device": row["device"], "count": int(row["devices"])},
        "fixed": {"strategy": row["strategy"], "precision": row["precision"]},
    }
    outcome = decide(msgspec.convert(body, Job), know, "/resources", UNTOLD).outcome
    anew, quantised = row["checkpointing"] == "yes", row["quantised"] == "yes"
    need = outcome.need.set_up(quantised, Sharding(row["sharding"]), anew, int(row["batch"]))
    need = msgspec.structs.replace(need, devices=int(row["devices"]))
    work = work_of(need)
    speed = speed_of(outcome.case.job.machine, outcome.case.model.family, need.precision, know)
    if work is None or speed is None:
        return None
    return Run(
        source=row["source"],
        group=row["group"],
        work=work,
        speed=speed,
        batch=int(row["batch"]),
        accumulation=int(row["accumulation"]),
        measured=float(row["seconds"]),
        sharded=row["sharding"] == Sharding.SHARDED,
    )
