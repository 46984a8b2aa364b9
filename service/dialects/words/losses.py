"""What trainers commonly cannot express of a plan."""

import msgspec

from service.dialects.plan import Plan
from service.dialects.words.phase_groups import frozen_in
from service.dialects.words.schedule_words import losses_of_optimizer


def phase_losses(plan: Plan) -> list[str]:
    """What is lost with a trainer that knows one phase for each run."""
    if len(plan.phases) == 1:
        return []
    runs = f"One run is one phase: run the {len(plan.phases)} phases one after the other"
    return [f"{runs}, each from the weights of the one before, with a new optimizer and schedule."]


def statistics_losses(plan: Plan, way_out: str) -> list[str]:
    """What is lost with a trainer that leaves frozen batch-norm layers in training mode."""
    if not plan.freeze.norm.frozen_statistics or not any(frozen_in(plan, phase) for phase in plan.phases):
        return []
    return [f"Frozen batch-norm layers go on updating their running statistics. {way_out}"]


def stop_losses(plan: Plan) -> list[str]:
    """What is lost with a trainer that does not stop a phase when its metric stalls."""
    if not any(phase.patience for phase in plan.phases):
        return []
    patience = " or ".join(dict.fromkeys(str(phase.patience) for phase in plan.phases))
    return [f"Phases end after their steps; stopping after {patience} evaluations without gain is left to you."]


def optimizer_losses(plan: Plan) -> list[str]:
    """What the plan leaves open of the optimizer, in a trainer that keeps norms and biases out of weight decay."""
    groups = [msgspec.structs.replace(group, weight_decay=0.0) for group in plan.schedule.groups]
    return losses_of_optimizer(plan.schedule.optimizer, groups)


def adapter_losses(plan: Plan) -> list[str]:
    """What is left open of an adapter."""
    if plan.freeze.adapter is None or plan.freeze.adapter.targets:
        return []
    return ["No layers that an adapter suits are known in this model: name them in target_modules."]
