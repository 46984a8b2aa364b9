"""Plans as the exporters get them, from a body as `POST /freeze-plan` takes it."""

from typing import Any

import msgspec

from service.contract.freeze import PlanExport
from service.contract.words import Family, Task, Trainer
from service.core.engine import freeze_plan
from service.dialects.plan import Plan
from service.dialects.trainers import said
from service.knowledge.loader import load
from tests.ask import job, merged

Shapes = list[tuple[str, tuple[int, ...]]]
"""Names and shapes, as of `model.named_parameters()`."""


def planned(task: Task | None = None, shapes: Shapes | None = None, **body: Any) -> Plan:
    """The plan of a catalogue model, or of one given by its shapes; there must be something to train.

    In 32 bits, where nothing else is said: trainers that run it do so on a CPU.
    """
    body.setdefault("precision", "fp32")
    body.setdefault("dataset", {"examples": 640, "classes": 3})
    if shapes is not None:
        body["parameters"] = [{"name": name, "shape": list(shape)} for name, shape in shapes]
    answer = freeze_plan(job(merged(body)), load(), explain=True)
    assert answer.lr_schedule is not None
    row = next((row for row in load().tables.models if row.id == body.get("model")), None)
    return Plan(
        setup=answer.setup,
        freeze=answer.freeze_plan,
        schedule=answer.lr_schedule,
        phases=answer.phases,
        family=row.family if row else Family(body["family"]),
        checkpoint=row.checkpoint if row else None,
        task=task,
        classes=answer_classes(body),
    )


def answer_classes(body: dict[str, Any]) -> int | None:
    """The classes that the body names."""
    return body["dataset"].get("classes")


def told(dialect: Trainer, plan: Plan) -> PlanExport:
    """One export as its module claims it, which must be JSON and repeat the plan's hash; see `test_recorded`."""
    export = said(dialect, plan)
    assert msgspec.json.decode(msgspec.json.encode(export), type=PlanExport) == export
    assert export.plan_hash == plan.freeze.plan_hash
    assert export.exact or export.losses
    return export
