# pyright: basic, reportMissingImports=false
"""The transformers export, its text as it stands, run by Trainer and PEFT."""

from typing import Any

from tests.real.recorded.watch import Watch, batch, network

# isort: split
from torch import distributed
from transformers import Trainer

from service.contract.freeze import PlanExport
from service.dialects.plan import Plan

HERE = {
    "use_cpu": True,
    "label_names": ["labels"],
    "per_device_train_batch_size": 4,
    "dataloader_pin_memory": False,
    "report_to": [],
    "save_strategy": "no",
    "logging_strategy": "no",
    "disable_tqdm": True,
}
"""What the plan leaves to the machine, or does not decide what is recorded."""


def run(plan: Plan, export: PlanExport) -> None:
    """All phases to their end."""
    arguments = export.arguments
    for phase in [*arguments["earlier_phases"], arguments]:
        phase["training_arguments"] |= HERE | ({"ddp_backend": "gloo"} if distributed.is_initialized() else {})
    x, labels = batch()
    data = [{"x": one, "labels": label} for one, label in zip(x, labels, strict=True)]
    scope = {"arguments": arguments, "model": network(), "train_dataset": data}
    watches: list[Watch] = []

    class Watched(Trainer):
        """Trainer, with somebody looking on before every step."""

        def __init__(self, *positional: Any, **named: Any) -> None:
            super().__init__(*positional, **named)
            if not watches:
                watches.append(Watch(plan, self.model))
            self.watch = watches[0]
            self.phase = plan.phases[sum(steps > 0 for steps in self.watch.steps)]

        def training_step(self, model: Any, *rest: Any, **named: Any) -> Any:
            if self.state.global_step == 0:
                self.watch.check_plan(self.model, self.optimizer, self.phase.index)
            self.watch.step(self.phase, self.optimizer)
            return super().training_step(model, *rest, **named)

        def log(self, *_: Any) -> None:
            """Says nothing."""

        def train(self, *positional: Any, **named: Any) -> Any:
            done = super().train(*positional, **named)
            self.watch.ended(self.phase)
            return done

    exec(export.text.replace("import Trainer, ", "import "), {**scope, "Trainer": Watched})  # noqa: S102
    watches[0].finished()
    assert not distributed.is_initialized() or distributed.get_world_size() == plan.setup.devices
