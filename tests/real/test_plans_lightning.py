# pyright: basic, reportMissingImports=false
"""plan.yaml and plan.py as they are exported, run through all phases by Lightning and FinetuningScheduler."""

import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import tests.real.operators  # noqa: F401

# isort: split

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.data import DataLoader, TensorDataset

from service.contract.freeze import FreezePlanAnswer, PlanExport
from service.core.schedule.curve.curves import curve
from tests.real.applied import listed, planned, rates

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch deprecates what these two import
    import lightning.pytorch as pl
    from finetuning_scheduler import FinetuningScheduler

pytestmark = pytest.mark.filterwarnings("ignore")

JOB = {"dataset": {"examples": 12, "classes": 3}, "batch_size": 4, "family": "cnn"}
DATA = DataLoader(TensorDataset(torch.randn(12, 6)), batch_size=4)


class Toy(torch.nn.Module):
    """Blocks with batch norms, as small as they may be."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = self.block(6)
        self.layers = torch.nn.ModuleList(self.block(8) for _ in range(4))
        self.head = torch.nn.Linear(8, 3)

    @staticmethod
    def block(width: int) -> torch.nn.Module:
        return torch.nn.Sequential(torch.nn.Linear(width, 8), torch.nn.BatchNorm1d(8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for layer in self.layers:
            x = x + layer(x)
        return self.head(x)


class Attending(torch.nn.Module):
    """Blocks with layers that an adapter suits."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = torch.nn.Linear(6, 8)
        self.layers = torch.nn.ModuleList(
            torch.nn.ModuleDict({name: torch.nn.Linear(8, 8) for name in ("query", "key", "value")}) for _ in range(3)
        )
        self.head = torch.nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.embeddings(x)
        for layer in self.layers:
            x = x + layer["value"](x) * torch.sigmoid(layer["query"](x) * layer["key"](x))
        return self.head(x)


def run(answer: FreezePlanAnswer, export: PlanExport, network: torch.nn.Module, folder: Path) -> list[int]:
    """Trains for the whole plan, and checks each step; gives the steps of each phase."""
    plan = ModuleType("plan")
    exec(export.arguments["plan.py"], vars(plan))  # noqa: S102
    names: dict[str, Any] = {}
    exec(answer.freeze_plan.self_check_code, names)  # noqa: S102
    (folder / "plan.yaml").write_text(export.text)
    steps = [0] * len(answer.phases)

    class Mine(plan.Planned, pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = network

        def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
            depth = callback.curr_depth
            phase, optimizer = answer.phases[depth], self.trainer.optimizers[0]
            wanted, factor = rates(answer, phase, network), curve(phase.curve)(steps[depth])
            held = {id(p): group for group in optimizer.param_groups for p in group["params"]}
            assert {name for name, p in network.named_parameters() if p.requires_grad} == set(wanted)
            for name, p in network.named_parameters():
                if name in wanted:
                    assert held[id(p)]["lr"] == pytest.approx(wanted[name] * factor, rel=1e-9, abs=1e-15)
            for name, module in network.named_modules():
                if isinstance(module, _BatchNorm):
                    assert module.training is (f"{name}.weight" in wanted)
            if depth == len(answer.phases) - 1:
                names["check_plan"](network, optimizer, depth)
            told = answer.freeze_plan.phases[depth].trainable
            assert sum(p.numel() for p in network.parameters() if p.requires_grad) == told
            steps[depth] += 1
            return network(batch[0]).square().mean()

        def validation_step(self, batch: list[torch.Tensor], _: int) -> None:
            self.log("val_loss", network(batch[0]).square().mean())

    callback = FinetuningScheduler(
        **{**export.arguments["FinetuningScheduler"], "ft_schedule": str(folder / "plan.yaml")}, log_dir=folder
    )
    sys.modules["plan"] = plan
    try:
        pl.Trainer(
            **export.arguments["Trainer"],
            callbacks=[callback],
            accelerator="cpu",
            logger=False,
            default_root_dir=folder,
            enable_progress_bar=False,
            enable_model_summary=False,
        ).fit(Mine(), DATA, DATA)
    finally:
        del sys.modules["plan"]
    return steps


def test_every_phase_on_a_toy(tmp_path: Path) -> None:
    network = Toy()
    answer, export = planned("lightning", parameters=listed(network), **JOB)
    assert export.exact
    assert len(answer.phases) > 1
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert run(answer, export, network, tmp_path) == [phase.steps for phase in answer.phases]
    moved = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    trained = set(rates(answer, answer.phases[-1], network))
    assert trained <= moved
    assert {name.rpartition(".")[0] for name in moved} == {name.rpartition(".")[0] for name in trained}


def test_an_adapter(tmp_path: Path) -> None:
    network = Attending()
    body = {**JOB, "family": "text-encoder", "strategy": "parameter-efficient"}
    answer, export = planned("lightning", parameters=listed(network), **body)
    assert export.exact
    adapted = get_peft_model(network, LoraConfig(**export.arguments["lora_config"]))
    assert run(answer, export, adapted, tmp_path) == [phase.steps for phase in answer.phases]
