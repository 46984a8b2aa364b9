"""The three answers, with plan and schedule in the words of the trainers that were asked for."""

import msgspec

from service.contract.freeze import FreezePlan, FreezePlanAnswer, PlanExport
from service.contract.job import Job
from service.contract.recommend import Recommendation
from service.contract.schedule import LrSchedule, LrScheduleAnswer, TrainingPhase
from service.contract.words import Family, Trainer
from service.core import engine
from service.core.advisories.notices import make_notice
from service.core.rules.resolved_inputs import known
from service.dialects.plan import Plan
from service.dialects.trainers import SCHEDULES, export_plan, export_schedule
from service.knowledge.index import Knowledge


def lr_schedule(job: Job, know: Knowledge, explain: bool) -> LrScheduleAnswer:
    """The schedule, also in the trainers' words; a notice names those that take no schedule alone."""
    answer = engine.lr_schedule(job, know, explain)
    schedule, wanted = answer.lr_schedule, known(job.dialects)
    if schedule is None or not wanted:
        return answer
    unable = ", ".join(trainer for trainer in wanted if trainer not in SCHEDULES)
    notices = [make_notice(know, "trainer-takes-plans-only", "/dialects", f"Not exported: {unable}.")] if unable else []
    return msgspec.structs.replace(
        answer, lr_schedule=_scheduled(schedule, wanted), notices=[*answer.notices, *notices]
    )


def freeze_plan(job: Job, know: Knowledge, explain: bool) -> FreezePlanAnswer:
    """The freeze plan and its schedule, also in the trainers' words. Without a schedule there are no exports."""
    answer = engine.freeze_plan(job, know, explain)
    schedule, wanted = answer.lr_schedule, known(job.dialects)
    if schedule is None or not wanted:
        return answer
    model = known(job.source.model)
    row = know.find_model(model) if model else None
    family = Family(str(answer.resolved["/source/family"].value))
    return msgspec.structs.replace(
        answer,
        lr_schedule=_scheduled(schedule, wanted),
        exports=_plans(answer.freeze_plan, schedule, answer.phases, job, family, row.checkpoint if row else None),
    )


def recommend(job: Job, know: Knowledge, explain: bool) -> Recommendation:
    """The recommendation, also in the trainers' words. Where nothing is trained there are no exports."""
    answer = engine.recommend(job, know, explain)
    schedule, wanted = answer.lr_schedule, known(job.dialects)
    if schedule is None or not wanted:
        return answer
    row = know.models[answer.verdict.model] if answer.verdict.model else None
    family = row.family if row else Family(str(answer.resolved["/source/family"].value))
    return msgspec.structs.replace(
        answer,
        lr_schedule=_scheduled(schedule, wanted),
        exports=_plans(answer.freeze_plan, schedule, answer.phases, job, family, row.checkpoint if row else None),
    )


def _scheduled(schedule: LrSchedule, wanted: list[Trainer]) -> LrSchedule:
    """The schedule with an export for each trainer that takes schedules."""
    exports = [
        export_schedule(trainer, schedule.curve, schedule.groups, schedule.optimizer)
        for trainer in wanted
        if trainer in SCHEDULES
    ]
    return msgspec.structs.replace(schedule, exports=exports)


def _plans(
    freeze: FreezePlan,
    schedule: LrSchedule,
    phases: list[TrainingPhase],
    job: Job,
    family: Family,
    checkpoint: str | None,
) -> list[PlanExport]:
    """The plan for each trainer; none where the model is known by its depth alone and has no names."""
    if any(block.pattern is None for block in freeze.blocks):
        return []
    target = known(job.target)
    plan = Plan(
        freeze=freeze,
        schedule=schedule,
        phases=phases,
        family=family,
        checkpoint=checkpoint,
        task=target.task if target else None,
        classes=known(job.dataset.classes),
    )
    return [export_plan(trainer, plan) for trainer in known(job.dialects) or []]
