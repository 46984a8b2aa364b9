"""Which plans a trainer was seen to carry out: the cells of runs.json, which `make test-real` writes.

In every cell the trainer itself was run through a small plan, to the end of its last phase: it moved exactly the
parameters that the plan trains, at the plan's rates, in the plan's phases. A cell that is not there was not run, and
nothing is inferred from its neighbours.
"""

from typing import NamedTuple

from service.contract.words import STEPS_AS, STRATEGY_OF, CurveShape, Method, Sharding, Trainer
from service.dialects.plan import Plan
from service.knowledge.index import Knowledge

UNSEEN = (
    "No run of this trainer is recorded with {0.method}, {0.shape}, {0.precision}, {0.phases} phases and {0.devices}: "
    "that it trains so was read in its code, not seen."
)
UNSEEN_CURVE = "No run of this trainer is recorded with {}: that it has this curve was read in its code, not seen."


class RunCell(NamedTuple):
    """What runs are told apart by. `devices`: `one-device`, `several-devices`, or `sharded` over several."""

    method: Method
    shape: CurveShape
    precision: str
    phases: int
    devices: str


def cell_of(plan: Plan) -> RunCell:
    """The cell that a plan falls into. A strategy of which the method is not told is carried out in the usual way."""
    setup = plan.setup
    usual = next(method for method, strategy in STRATEGY_OF.items() if strategy is plan.freeze.strategy)
    devices = "several-devices" if setup.devices and setup.devices > 1 else "one-device"
    held, whole = plan.schedule.optimizer, (None, Sharding.NONE, Sharding.REPLICATED)
    return RunCell(
        method=setup.method or usual,
        shape=plan.schedule.curve.shape,
        precision=f"{setup.precision}{'-in-4-bits' if setup.quantised_bits else ''}"
        f"{f'-by-{held}' if held is not STEPS_AS[held] else ''}",
        phases=len(plan.phases),
        devices=devices if setup.sharding in whole else "sharded",
    )


def unseen(trainer: Trainer, plan: Plan, know: Knowledge) -> list[str]:
    """The loss of a plan in whose cell the trainer was not run."""
    row, cell = know.runs.get(trainer), cell_of(plan)
    return [] if row and row.holds(*cell) else [UNSEEN.format(cell)]


def unseen_curve(trainer: Trainer, shape: CurveShape, know: Knowledge) -> list[str]:
    """The loss of a schedule alone whose shape the trainer was not run with."""
    row = know.runs.get(trainer)
    return [] if row and shape in row.schedules else [UNSEEN_CURVE.format(shape)]
