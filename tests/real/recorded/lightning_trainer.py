# pyright: basic, reportMissingImports=false
"""plan.yaml and plan.py of the Lightning export, run by Lightning and FinetuningScheduler."""

import logging
import sys
import warnings
from pathlib import Path
from types import ModuleType

from tests.real.recorded.watch import Watch, batch, network

# isort: split
import torch
from torch.utils.data import DataLoader, TensorDataset

from service.contract.freeze import PlanExport
from service.dialects.plan import Plan

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch deprecates what these two import
    import lightning.pytorch as pl
    from finetuning_scheduler import FinetuningScheduler

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
logging.getLogger("finetuning_scheduler").setLevel(logging.ERROR)


def run(plan: Plan, export: PlanExport) -> None:
    """All phases to their end, in one fit."""
    module, model = ModuleType("plan"), network(export.arguments.get("lora_config"))
    exec(export.arguments["plan.py"], vars(module))  # noqa: S102
    Path("plan.yaml").write_text(export.text)
    watch = Watch(plan, model)

    class Mine(module.Planned, pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def training_step(self, rows: list[torch.Tensor], _: int) -> torch.Tensor:
            phase = plan.phases[callback.curr_depth]
            if phase.index and watch.steps[phase.index] == 0:
                watch.ended(plan.phases[phase.index - 1])
            watch.step(phase, self.trainer.optimizers[0])
            if phase is plan.phases[-1]:
                watch.check_plan(model, self.trainer.optimizers[0], phase.index)
            return torch.nn.functional.cross_entropy(self.model(rows[0]), rows[1])

        def validation_step(self, rows: list[torch.Tensor], _: int) -> None:
            self.log("val_loss", self.model(rows[0]).square().mean(), sync_dist=True)

    x, labels = batch()
    last = plan.phases[-1]
    whole = round(last.steps / last.epochs) * (plan.setup.devices or 1)
    rows = DataLoader(TensorDataset(x.repeat(whole, 1), labels.repeat(whole)), batch_size=len(x))
    told = {**export.arguments["FinetuningScheduler"], "ft_schedule": "plan.yaml"}
    callback = FinetuningScheduler(**told, log_dir=Path.cwd())
    sys.modules["plan"] = module
    try:
        pl.Trainer(
            **export.arguments["Trainer"],
            callbacks=[callback],
            accelerator="cpu",
            limit_val_batches=1,
            logger=False,
            enable_checkpointing=True,
            enable_progress_bar=False,
            enable_model_summary=False,
        ).fit(Mine(), rows, rows)
    finally:
        del sys.modules["plan"]
    watch.ended(plan.phases[-1])
    watch.finished()
