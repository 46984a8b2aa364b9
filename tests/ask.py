"""Asks the engine in process, with a body as it would come over the wire."""

from collections.abc import Mapping
from typing import Any

import msgspec

from service.contract.explain import Answer
from service.contract.freeze import FreezePlan
from service.contract.job import Job
from service.contract.recommend import Recommendation
from service.contract.schedule import LrSchedule
from service.core.engine import freeze_plan, lr_schedule, recommend, resources
from service.core.rules.example_requests import placed
from service.knowledge.loader import load

Body = Mapping[str, Any]
QUESTIONS = {"/recommend": recommend, "/freeze-plan": freeze_plan, "/lr-schedule": lr_schedule, "/resources": resources}


def ask(route: str, body: Body, *, explain: bool = True) -> Answer:
    """The answer of one route; fields may stand in their parts of the job, or alone."""
    return QUESTIONS[route](job(merged(body)), load(), explain)


def job(body: Body) -> Job:
    """A job as it comes over the wire."""
    return msgspec.convert(body, Job)


def recommended(**body: Any) -> Recommendation:
    """A recommendation."""
    return recommend(job(body), load(), explain=True)


def frozen(**fields: Any) -> FreezePlan:
    """A freeze plan; fields stand in their parts of the job."""
    return freeze_plan(job(merged(fields)), load(), explain=True).freeze_plan


def scheduled(**fields: Any) -> LrSchedule:
    """A schedule that trains something; fields stand in their parts of the job."""
    schedule = lr_schedule(job(merged(fields)), load(), explain=True).lr_schedule
    assert schedule is not None
    return schedule


def merged(fields: Body) -> dict[str, Any]:
    """A job of single fields and of whole parts."""
    parts = {name: value for name, value in fields.items() if name in Job.__struct_fields__}
    body: dict[str, Any] = placed({name: value for name, value in fields.items() if name not in parts})
    for name, value in parts.items():
        body[name] = {**body[name], **value} if name in body else value
    return body
