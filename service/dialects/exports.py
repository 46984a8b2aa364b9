"""The three answers, with plan and schedule in the words of the trainers that were asked for."""

from collections.abc import Collection
from typing import TypeVar

import msgspec

from service.contract.freeze import FreezePlanAnswer
from service.contract.job import Job
from service.contract.recommend import Recommendation
from service.contract.schedule import LrSchedule, LrScheduleAnswer
from service.contract.words import Family, Trainer
from service.core import engine
from service.core.advisories.notices.notice import make_notice
from service.core.job.dataset_size import classes_of
from service.core.rules.resolved_inputs import known
from service.dialects.plan import Plan
from service.dialects.trainers import SCHEDULES, export_plan, export_schedule
from service.knowledge.index import Knowledge

UNKNOWN_HEAD = frozenset(("head-guessed", "no-head-found"))
"""Notices that say that no head is sure."""

Planned = TypeVar("Planned", FreezePlanAnswer, Recommendation)


def lr_schedule(job: Job, know: Knowledge, explain: bool) -> LrScheduleAnswer:
    """The schedule, also in the trainers' words; a notice names those that take no schedule alone."""
    answer = engine.lr_schedule(job, know, explain)
    schedule, wanted = answer.lr_schedule, known(job.dialects)
    if schedule is None or not wanted:
        return answer
    unable = ", ".join(trainer for trainer in wanted if trainer not in SCHEDULES)
    notices = [make_notice(know, "trainer-takes-plans-only", "/dialects", f"Not exported: {unable}.")] if unable else []
    return msgspec.structs.replace(
        answer, lr_schedule=_scheduled(schedule, wanted, know), notices=[*answer.notices, *notices]
    )


def freeze_plan(job: Job, know: Knowledge, explain: bool) -> FreezePlanAnswer:
    """The freeze plan and its schedule, also in the trainers' words. Without a schedule there are no exports."""
    return _planned(engine.freeze_plan(job, know, explain), job, know)


def recommend(
    job: Job, know: Knowledge, explain: bool, parts: Collection[str] = Recommendation.__struct_fields__
) -> Recommendation:
    """The recommendation, also in the trainers' words. Where nothing is trained there are no exports.

    Of what is not among the `parts` some stays empty, to save its work.
    """
    return _planned(engine.recommend(job, know, explain, parts), job, know)


def _planned(answer: Planned, job: Job, know: Knowledge) -> Planned:
    """The answer with plan and schedule in the trainers' words."""
    schedule, wanted = answer.lr_schedule, known(job.dialects)
    if schedule is None or not wanted:
        return answer
    # a model that is known by its depth alone has no names that a trainer could be told
    named = all(block.pattern is not None for block in answer.freeze_plan.blocks)
    plan = plan_of(answer, schedule, job, know)
    exports = [export_plan(trainer, plan, know) for trainer in wanted if named]
    return msgspec.structs.replace(answer, lr_schedule=_scheduled(schedule, wanted, know), exports=exports)


def _scheduled(schedule: LrSchedule, wanted: list[Trainer], know: Knowledge) -> LrSchedule:
    """The schedule with an export for each trainer that takes schedules."""
    told, able = (schedule.curve, schedule.groups, schedule.optimizer), [one for one in wanted if one in SCHEDULES]
    return msgspec.structs.replace(schedule, exports=[export_schedule(one, *told, know) for one in able])


def plan_of(answer: FreezePlanAnswer | Recommendation, schedule: LrSchedule, job: Job, know: Knowledge) -> Plan:
    """The plan as exporters take it. Model and family are those that the answer was resolved with."""
    model, target = answer.resolved.get("/source/model"), known(job.target)
    prefix = known(job.source.prefix)
    names = [name for block in answer.freeze_plan.blocks for name in (*block.modules, *block.parameters)]
    return Plan(
        setup=answer.setup,
        freeze=answer.freeze_plan,
        schedule=schedule,
        phases=answer.phases,
        family=Family(str(answer.resolved["/source/family"].value)),
        checkpoint=know.models[str(model.value)].checkpoint if model else None,
        task=target.task if target else None,
        classes=classes_of(job.dataset),
        holder=prefix or "model",
        holds_names=prefix is not None and all(f"{name}.".startswith(f"{prefix}.") for name in names),
        head_known=UNKNOWN_HEAD.isdisjoint(notice.code for notice in answer.notices),
    )
