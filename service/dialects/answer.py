"""Adds to an answer the schedule in the trainers' words that were asked for."""

import msgspec
from msgspec import UNSET

from service.contract.schedule import LrScheduleAnswer, LrScheduleRequest
from service.dialects import export


def with_exports(answer: LrScheduleAnswer, request: LrScheduleRequest) -> LrScheduleAnswer:
    """The answer with one export for each dialect asked for, in the order asked."""
    plan = answer.lr_schedule
    if plan is None or request.dialects is UNSET:
        return answer
    exports = [export(dialect, plan.curve, plan.groups, plan.optimizer) for dialect in request.dialects]
    return msgspec.structs.replace(answer, lr_schedule=msgspec.structs.replace(plan, exports=exports))
