"""How far the estimates of time are from what was measured, by source, without the group that is judged."""

import csv
from pathlib import Path

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


class Run(Struct, frozen=True):
    """A measured run: the work of one device, how fast it is by its data sheet, and the seconds of a step."""

    source: str
    group: str
    name: str
    work: Work
    speed: DeviceSpeed
    batch: int
    accumulation: int
    measured: float

    @property
    def estimate(self) -> float:
        """The expected seconds of a step."""
        return self.speed.seconds(self.work, self.batch, self.accumulation)


def published(know: Knowledge) -> list[Run]:
    """The published runs whose operations follow."""
    with PUBLISHED.open(encoding="utf-8", newline="") as opened:
        found = [_run(know, row) for row in csv.DictReader(opened)]
    return [one for one in found if one is not None]


def _run(know: Knowledge, row: dict[str, str]) -> Run | None:
    source = (
        {"family": row["family"], "params": int(row["params"]), "depth": int(row["depth"])}
        if row["family"]
        else {"model": row["model"]}
    )
    size = {"sequence_length" if row["family"] or "bert" in row["model"] else "image_size": int(row["size"])}
    body = {
        "source": source,
        "dataset": {"examples": 50_000, **size},
        "compute": {"device": row["device"], "count": int(row["devices"])},
        "fixed": {"strategy": row["strategy"], "precision": row["precision"]},
    }
    outcome = decide(msgspec.convert(body, Job), know, "/resources", UNTOLD).outcome
    machine = outcome.case.job.machine
    need = msgspec.structs.replace(
        outcome.need.set_up(
            row["quantised"] == "yes", Sharding(row["sharding"]), row["checkpointing"] == "yes", int(row["batch"])
        ),
        devices=int(row["devices"]),
    )
    work = work_of(need)
    speed = speed_of(machine, outcome.case.model.family, need.precision, know)
    if work is None or speed is None:
        return None
    return Run(
        row["source"],
        row["group"],
        row["model"],
        work,
        speed,
        int(row["batch"]),
        int(row["accumulation"]),
        float(row["seconds"]),
    )
