"""How a trainer takes a plan, and what it is told in the end."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from service.contract.schedule import ScheduleCurve, ScheduleGroup
from service.contract.words import Optimizer
from service.dialects.plan import Plan

Told = dict[str, Any]
"""JSON values by name."""


class Said(Struct, frozen=True):
    """A plan or a schedule in a trainer's words: see `PlanExport` and `ScheduleExport`."""

    exact: bool
    arguments: Told
    text: str
    losses: list[str]


class Takes(Struct, frozen=True):
    """How a trainer takes a whole plan, and a schedule alone where it can be told one; and what it does by itself.

    `peft`: its adapters are peft's, beside a head of the listed model. `settings`: it has some for how the optimizer
    holds its state, for blocks computed anew and for shared states. `loads`: it loads the model, so that it is told of
    4 bits and attention, and takes the loss from it, which is that of single texts. `preferences`: it learns from
    preferences too. `pairs`: it forms pairs of labelled texts. `quantises_storage`: it says how 4 bits are stored.
    `counted`: what it counts as a step, where that is not the call after each update that all others make.
    """

    plan: Callable[[Plan], Said]
    schedule: Callable[[ScheduleCurve, list[ScheduleGroup], Optimizer], Said] | None = None
    peft: bool = False
    settings: bool = False
    loads: bool = False
    preferences: bool = False
    pairs: bool = False
    quantises_storage: bool = False
    counted: str = ""
