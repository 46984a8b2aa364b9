"""Asks the engine in process, with a body as it would come over the wire."""

from collections.abc import Mapping
from typing import Any

import msgspec

from service.contract.explain import Answer
from service.contract.freeze import FreezePlan, FreezePlanRequest
from service.contract.recommend import Recommendation, RecommendRequest
from service.contract.schedule import LrSchedule, LrScheduleRequest
from service.core.engine import freeze_plan, lr_schedule, recommend
from service.knowledge.loader import load

Body = Mapping[str, Any]


def ask(route: str, body: Body, *, explain: bool = True) -> Answer:
    """The answer of one route."""
    match route:
        case "/recommend":
            return recommend(msgspec.convert(body, RecommendRequest), load(), explain)
        case "/freeze-plan":
            return freeze_plan(msgspec.convert(body, FreezePlanRequest), load(), explain)
        case _:
            return lr_schedule(msgspec.convert(body, LrScheduleRequest), load(), explain)


def recommended(**body: Any) -> Recommendation:
    """A recommendation."""
    return recommend(msgspec.convert(body, RecommendRequest), load(), explain=True)


def frozen(**body: Any) -> FreezePlan:
    """A freeze plan."""
    return freeze_plan(msgspec.convert(body, FreezePlanRequest), load(), explain=True).freeze_plan


def scheduled(**body: Any) -> LrSchedule:
    """A schedule that trains something."""
    schedule = lr_schedule(msgspec.convert(body, LrScheduleRequest), load(), explain=True).lr_schedule
    assert schedule is not None
    return schedule
