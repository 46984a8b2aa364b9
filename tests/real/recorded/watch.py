# pyright: basic, reportMissingImports=false
"""A small network of PyTorch, and one who watches that it is trained as planned."""

import re
from typing import Any

import tests.real.operators  # noqa: F401

# isort: split
import torch
from peft import LoraConfig, get_peft_model
from torch import distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from service.contract.schedule import TrainingPhase
from service.contract.words import BlockKind, Precision
from service.core.freezing.self_check import WRAPPING
from service.core.schedule.curve.curves import curve
from service.dialects.plan import Plan
from tests.dialects.cells import BLOCKS
from tests.real.recorded.cell import NotHere

torch.set_num_threads(1)

DTYPES = {
    Precision.FP32: torch.float32,
    Precision.BF16_MIXED: torch.bfloat16,
    Precision.FP16_MIXED: torch.float16,
}


class Block(nn.Module):
    """Layers that an adapter suits, and a batch norm that must rest where it is frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.value, self.norm = nn.Linear(8, 8), nn.Linear(8, 8), nn.BatchNorm1d(8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.norm(self.value(x) * torch.sigmoid(self.query(x)))


class Network(nn.Module):
    """What `tests.dialects.cells` lists; with labels it also gives a loss, as transformers has it."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = nn.Linear(6, 8)
        self.layers = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Any:
        x = self.embeddings(x)
        for layer in self.layers:
            x = layer(x)
        logits = self.head(x)
        return logits if labels is None else {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


def network(config: dict[str, Any] | None = None) -> nn.Module:
    """The network with random weights, the same on every device; with an adapter of this configuration."""
    torch.manual_seed(0)
    return get_peft_model(Network(), LoraConfig(**config)) if config else Network()


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and labels; how many they are decides nothing of what is recorded."""
    return torch.randn(12, 6), torch.arange(12) % 3


class Watch:
    """Looks at every step of a plan's phases, and at what they have moved."""

    def __init__(self, plan: Plan, model: nn.Module) -> None:
        self.plan, self.model = plan, model
        self.steps = [0] * len(plan.phases)
        self.at = plan.phases[0]
        self.wanted = [self._wanted(phase) for phase in plan.phases]
        self.before: dict[str, torch.Tensor] = {}
        self.computed: set[torch.dtype] = set()
        scope: dict[str, Any] = {}
        exec(plan.freeze.self_check_code, scope)  # noqa: S102
        self.check_plan = scope["check_plan"]
        next(each for name, each in model.named_modules() if name.endswith("layers.0.query")).register_forward_hook(
            lambda _, __, out: self.computed.add(out.dtype)
        )
        for name, module in model.named_modules():
            if isinstance(module, _BatchNorm):
                module.register_forward_hook(lambda norm, *_, name=name: self.passes(name, norm))

    def _wanted(self, phase: TrainingPhase) -> dict[str, float]:
        """The peak rate of every parameter that the phase trains, read from the plan."""
        found: dict[str, float] = {}
        for name, _ in self.model.named_parameters():
            plain = re.sub(WRAPPING, "", name)
            block = next((each for each in self.plan.freeze.blocks if re.search(str(each.pattern), plain)), None)
            if self.plan.adapter and "lora_" in name:
                found[name] = phase.backbone_rate
            elif block and block.index in phase.train_blocks and ".original_module." not in name:
                found[name] = phase.head_rate if block.kind is BlockKind.HEAD else self.plan.rate(phase, block)
        return found

    def passes(self, name: str, norm: _BatchNorm) -> None:
        """Within a pass of training: a batch norm rests where it is frozen."""
        if torch.is_grad_enabled():
            assert norm.training is trains_norm(name, self.wanted[self.at.index]), name

    def state(self) -> dict[str, torch.Tensor]:
        """Every parameter and statistic as it is."""
        return {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}

    def step(self, phase: TrainingPhase, optimizer: Any) -> None:
        """Before an update: what trains, at which rates."""
        if self.steps[phase.index] == 0:
            self.before = self.state()
        wanted, factor = self.wanted[phase.index], curve(phase.curve)(self.steps[phase.index])
        trains = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        assert set(trains) == set(wanted), set(trains) ^ set(wanted)
        assert sum(p.numel() for p in trains.values()) == self.plan.freeze.phases[phase.index].trainable
        held = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
        for name, p in trains.items():
            assert abs(held[id(p)] - wanted[name] * factor) <= 1e-9 * wanted[name], (name, held[id(p)])
        self.steps[phase.index] += 1
        self.at = phase

    def ended(self, phase: TrainingPhase) -> None:
        """After a phase: it had its steps, and moved what trains and the statistics beside it, and nothing else."""
        assert self.steps[phase.index] == phase.steps
        wanted, after = set(self.wanted[phase.index]), self.state()
        moved = {name for name in after if not torch.equal(after[name], self.before[name])}
        parameters = {name for name, _ in self.model.named_parameters()}
        assert moved & parameters == wanted, (moved & parameters) ^ wanted
        for name in moved - parameters:
            assert trains_norm(name.rpartition(".")[0], wanted), name
        if distributed.is_initialized():
            mine = torch.cat([after[name].flatten() for name in sorted(wanted)])
            first = mine.clone()
            distributed.broadcast(first, 0)
            apart = (mine - first).abs().max()
            distributed.all_reduce(apart, distributed.ReduceOp.MAX)  # so that no device goes on alone
            assert apart == 0, "devices hold different weights"

    def finished(self) -> None:
        """After the run: every phase had its steps. Raises NotHere where the trainer left the precision of the plan."""
        assert self.steps == [phase.steps for phase in self.plan.phases]
        if self.computed != {DTYPES[self.plan.setup.precision]}:
            raise NotHere(f"computed in {self.computed}")


def trains_norm(name: str, wanted: Any) -> bool:
    """Whether a norm of this name is among what trains."""
    return f"{name}.weight" in wanted
