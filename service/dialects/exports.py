"""Adds to an answer the plan or the schedule in the trainers' words that were asked for."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from service.contract.freeze import FreezePlan, FreezePlanAnswer, FreezePlanRequest, PlanExport
from service.contract.recommend import Recommendation, RecommendRequest
from service.contract.schedule import LrSchedule, LrScheduleAnswer, LrScheduleRequest, TrainingPhase
from service.contract.words import Family, Task, Trainer
from service.core.rules.resolved_inputs import known
from service.dialects.plan import Plan
from service.dialects.trainers import export_plan, export_schedule
from service.knowledge.index import Knowledge


def with_exports(answer: LrScheduleAnswer, request: LrScheduleRequest) -> LrScheduleAnswer:
    """The answer with one export for each dialect asked for, in the order asked."""
    plan = answer.lr_schedule
    if plan is None or request.dialects is UNSET:
        return answer
    exports = [export_schedule(dialect, plan.curve, plan.groups, plan.optimizer) for dialect in request.dialects]
    return msgspec.structs.replace(answer, lr_schedule=msgspec.structs.replace(plan, exports=exports))


def freeze_exports(answer: FreezePlanAnswer, request: FreezePlanRequest, know: Knowledge) -> FreezePlanAnswer:
    """The freeze plan with one export for each dialect asked for. Without a schedule there is none."""
    if request.dialects is UNSET or answer.lr_schedule is None:
        return answer
    family = Family(str(answer.resolved["/family"].value))
    model = None if request.model is UNSET else str(answer.resolved["/model"].value)
    plan = _plan(
        answer.freeze_plan, answer.lr_schedule, answer.phases, know, model, family, None, known(request.dataset.classes)
    )
    return msgspec.structs.replace(answer, exports=_exports(request.dialects, plan))


def recommend_exports(answer: Recommendation, request: RecommendRequest, know: Knowledge) -> Recommendation:
    """The recommendation with one export for each dialect asked for. Where nothing is trained there is none."""
    if request.dialects is UNSET or answer.lr_schedule is None:
        return answer
    model = answer.verdict.model
    family, classes = know.models[model].family, known(request.dataset.classes)
    plan = _plan(
        answer.freeze_plan, answer.lr_schedule, answer.phases, know, model, family, request.target.task, classes
    )
    return msgspec.structs.replace(answer, exports=_exports(request.dialects, plan))


def _plan(
    freeze: FreezePlan,
    schedule: LrSchedule,
    phases: list[TrainingPhase],
    know: Knowledge,
    model: str | None,
    family: Family,
    task: Task | None,
    classes: int | None,
) -> Plan:
    checkpoint = know.models[model].checkpoint if model else None
    return Plan(
        freeze=freeze,
        schedule=schedule,
        phases=phases,
        family=family,
        checkpoint=checkpoint,
        task=task,
        classes=classes,
    )


def _exports(dialects: Sequence[Trainer] | UnsetType, plan: Plan) -> list[PlanExport]:
    return [] if dialects is UNSET else [export_plan(dialect, plan) for dialect in dialects]
