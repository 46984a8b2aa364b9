# pyright: basic, reportMissingImports=false
"""Runs one trainer through its cells on so many devices, and prints what came of each as JSON.

`python -m tests.real.recorded TRAINER FILE` for one device. For several, trainers on PyTorch are started by torchrun,
and the first process writes; JAX is told by DEVICES to make so many of the CPU.
"""

import importlib
import json
import os
import sys
import tempfile
import traceback
import warnings
from datetime import timedelta
from pathlib import Path

from service.contract.words import Trainer
from service.dialects.trainers import said
from tests.real.recorded.cell import spread

RUNS = {
    Trainer.PYTORCH: "torch_loop",
    Trainer.TIMM: "torch_loop",
    Trainer.TRANSFORMERS: "hub_trainer",
    Trainer.SENTENCE_TRANSFORMERS: "sentence_trainer",
    Trainer.LIGHTNING: "lightning_trainer",
    Trainer.KERAS: "keras_fit",
    Trainer.OPTAX: "optax_loop",
}
"""The module that runs each trainer; one that has none is never exact."""

STUCK = timedelta(seconds=60)
"""How long one device waits for another."""


def main(trainer: Trainer, told: Path) -> None:
    """Runs every cell of so many devices; what fails says why."""
    world = int(os.environ.get("WORLD_SIZE") or os.environ.get("DEVICES", "1"))
    devices = "several-devices" if world > 1 else "one-device"
    module = importlib.import_module(f"tests.real.recorded.{RUNS[trainer]}")
    if "WORLD_SIZE" in os.environ:
        from torch import distributed

        distributed.init_process_group("gloo", timeout=STUCK)
    found: list[tuple[object, str | None]] = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for cell, each in spread(trainer).items():
            if cell.devices != devices:
                continue
            try:
                module.run(each.plan, said(trainer, each.plan))
                found.append((cell, None))
            except Exception:  # whatever a trainer raises is what came of the cell
                found.append((cell, traceback.format_exc()))
    if os.environ.get("RANK", "0") == "0":
        told.write_text(json.dumps(found))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Trainer(sys.argv[1]), Path(sys.argv[2]).resolve())
