"""Every rule of the engine. A module that defines rules is named here; importing this loads them all."""

from service.core import (
    adaptation,
    bands,
    boundaries,
    decision_path,
    feasibility,
    freeze_rules,
    inference,
    models,
    notices_of_freezing,
    notices_of_inputs,
    notices_of_plans,
    notices_of_schedules,
    phases,
    rates,
    recommend,
    regularisation,
    risks,
    shaping,
    similarity,
    sizing,
    strategy_rules,
    timetable,
)
from service.core.rule import RULES

__all__ = ["MODULES", "RULES"]

MODULES = (
    adaptation,
    bands,
    boundaries,
    decision_path,
    feasibility,
    freeze_rules,
    inference,
    models,
    notices_of_freezing,
    notices_of_inputs,
    notices_of_plans,
    notices_of_schedules,
    phases,
    rates,
    recommend,
    regularisation,
    risks,
    shaping,
    similarity,
    sizing,
    strategy_rules,
    timetable,
)
