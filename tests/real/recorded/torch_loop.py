# pyright: basic, reportMissingImports=false
"""`apply_plan` of the pytorch and timm exports, in the plain loop that they are for, on one device or in DDP."""

from typing import Any

from tests.real.recorded.watch import DTYPES, Watch, batch, network

# isort: split
import torch
from torch import distributed, nn

from service.contract.freeze import PlanExport
from service.contract.words import Precision, Trainer
from service.dialects.plan import Plan


def run(plan: Plan, export: PlanExport) -> None:
    """All phases to their end."""
    model, scope = network(export.arguments.get("lora_config")), dict[str, Any]()
    exec(export.text, scope)  # noqa: S102
    watch, kind = Watch(plan, model), plan.setup.precision
    scaler = torch.amp.GradScaler("cpu", enabled=kind is Precision.FP16_MIXED)
    for phase in plan.phases:
        optimizer, scheduler = scope["apply_plan"](model, phase.index)
        running = nn.parallel.DistributedDataParallel(model) if distributed.is_initialized() else model
        running.train()
        watch.check_plan(model, optimizer, phase.index)
        for update in range(1, phase.steps + 1):
            watch.step(phase, optimizer)
            x, labels = batch()
            with torch.autocast("cpu", DTYPES[kind], enabled=kind is not Precision.FP32):
                logits = running(x)
            scaler.scale(nn.functional.cross_entropy(logits.float(), labels)).backward()
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
            if export.dialect is Trainer.TIMM:
                scheduler.step_update(update)
            else:
                scheduler.step()
        watch.ended(phase)
    watch.finished()
