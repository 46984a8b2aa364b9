# pyright: basic, reportMissingImports=false
"""Runs every trainer through every cell in which its export claims to be exact, and writes down what came of it.

With REAL_FAST=1 a spread part of the cells is run, on one device, and held against what is written.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from service.contract.words import Trainer
from service.dialects.runs import RunCell
from service.knowledge.loader import load
from tests.dialects.cells import DEVICES
from tests.real.recorded import record
from tests.real.recorded.cell import FAST, spread

ROOT = Path(__file__).parents[3]
NOT_HERE = "tests.real.recorded.cell.NotHere"
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={DEVICES}")
ONE = "one-device"
OWN_DEVICES = (Trainer.KERAS, Trainer.OPTAX)
"""Trainers of which one process holds all devices."""


def ran(trainer: Trainer, devices: int, folder: Path) -> list[tuple[RunCell, str | None]]:
    """What came of each cell on so many devices: nothing, or what was raised."""
    told, own = folder / f"{devices}.json", trainer in OWN_DEVICES
    started = TORCHRUN if devices > 1 and not own else ()
    more = {"DEVICES": str(devices)} if own else {}
    done = subprocess.run(
        [sys.executable, *started, "-m", "tests.real.recorded", trainer, str(told)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more},
        capture_output=True,
        text=True,
        check=False,
    )
    if devices > 1 and done.returncode:
        print(f"\n{trainer} on {devices} devices: {done.stderr[-400:]}")  # noqa: T201
        return [(cell, f"{NOT_HERE}: the processes ended") for cell in spread(trainer) if cell.devices != ONE]
    assert done.returncode == 0, done.stderr[-4000:]
    cells = {tuple(map(str, cell)): cell for cell in spread(trainer)}
    return [(cells[tuple(map(str, cell))], raised) for cell, raised in json.loads(told.read_text())]


@pytest.mark.parametrize("trainer", list(record.PACKAGES))
def test_the_trainer_does_what_its_export_claims(trainer: Trainer, tmp_path: Path) -> None:
    """What this machine cannot run, such as fp16 in a trainer that has it on GPUs only, stays unrecorded."""
    found = [each for devices in ((1,) if FAST else (1, DEVICES)) for each in ran(trainer, devices, tmp_path)]
    assert {cell for cell, _ in found} == {cell for cell in spread(trainer) if not FAST or cell.devices == ONE}
    failed = {cell: raised for cell, raised in found if raised and NOT_HERE not in raised}
    assert not failed, f"{len(failed)} of {len(found)} cells: {next(iter(failed.items()))}"
    seen = [cell for cell, raised in found if raised is None]
    if FAST:
        assert all(load().runs[trainer].holds(*cell) for cell in seen)
    else:
        record.write(trainer, cells=seen)
    print(f"\n{trainer}: {Counter('run' if raised is None else 'not here' for _, raised in found)}")  # noqa: T201
