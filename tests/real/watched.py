# pyright: basic, reportMissingImports=false
"""A Trainer that stops after two steps of each run, and notes what they did."""

import re
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from transformers import Trainer, TrainerCallback

from service.core.schedule.curve.curves import curve as factor_of
from service.dialects.plan import Plan

STEPS = 2
"""The first step of a warm-up from 0 has a rate of 0."""


class Stop(TrainerCallback):
    """Ends a run early."""

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        control.should_training_stop = state.global_step >= STEPS


class Watch:
    """What is expected of the runs of one plan, in order; a Trainer's class is given by `watch`."""

    def __init__(self, plan: Plan, **always: Any) -> None:
        self.plan, self.always, self.runs = plan, always, 0
        scope: dict[str, Any] = {}
        exec(plan.freeze.self_check_code, scope)  # noqa: S102
        self.check_plan = scope["check_plan"]

    def before(self, model: nn.Module, optimizer: Any) -> dict[str, torch.Tensor]:
        """Runs the plan's own check, and counts; gives every parameter and buffer as it is."""
        self.check_plan(model, optimizer, self.runs)
        trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
        assert trainable == self.plan.freeze.phases[self.runs].trainable, "counted beforehand"
        names = {id(p): name for name, p in model.named_parameters()}
        for group in optimizer.param_groups:
            assert all(group["initial_lr"] == self.rate(names[id(p)]) > 0 for p in group["params"])
        return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    def rate(self, name: str) -> float:
        """The plan's peak rate of a parameter in this run, whose name PEFT may have changed."""
        phase = self.plan.phases[self.runs]
        if "lora_" in name:
            return phase.backbone_rate
        if ".modules_to_save." in name:
            return phase.head_rate
        return next(self.plan.rate(phase, b) for b in self.plan.freeze.blocks if re.match(b.pattern or "", name))

    def after(self, model: nn.Module, before: dict[str, torch.Tensor], reached: set[str]) -> None:
        """Exactly the trainable parameters that a gradient reached moved, and no statistic of a frozen batch norm."""
        moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
        own = dict(model.named_parameters())
        assert set(own) & moved == reached, "each parameter that a gradient reached, and no other"
        assert reached <= {name for name, p in own.items() if p.requires_grad}
        for name, module in model.named_modules():
            if isinstance(module, _BatchNorm):
                assert (f"{name}.running_mean" in moved) == module.weight.requires_grad
        self.runs += 1

    def scheduled(self, optimizer: Any, scheduler: Any) -> None:
        """The factor at every step is the curve's."""
        curve = self.plan.phases[self.runs].curve
        factor = factor_of(curve)
        for told in scheduler.lr_lambdas[:: max(1, len(scheduler.lr_lambdas) - 1)]:
            assert max(abs(told(step) - factor(step)) for step in range(curve.total_steps)) < 1e-9


def watching(watch: Watch, kind: type[Trainer] = Trainer) -> type[Trainer]:
    """A Trainer as `kind`, which stops early and is watched."""

    class Watched(kind):  # type: ignore[misc,valid-type]
        def __init__(self, *positional: Any, **named: Any) -> None:
            super().__init__(*positional, **named, **watch.always, callbacks=[Stop()])

        def create_scheduler(self, *positional: Any, **named: Any) -> Any:
            scheduler = super().create_scheduler(*positional, **named)
            watch.scheduled(self.optimizer, scheduler)
            self.state_before = watch.before(self.model, self.optimizer)
            return scheduler

        def train(self, *positional: Any, **named: Any) -> Any:
            reached: set[str] = set()
            for name, p in self.model.named_parameters():
                if p.requires_grad:
                    p.register_hook(lambda _, name=name: reached.add(name))
            done = super().train(*positional, **named)
            watch.after(self.model, self.state_before, reached)
            return done

    return Watched
