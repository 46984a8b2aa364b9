"""The few plain forms that the trainers know, and which of them a curve has."""

import math
from enum import StrEnum

from msgspec import Struct

from service.contract.base import Scalar
from service.contract.schedule import ScheduleCurve
from service.contract.words import CurveShape, DecayKind, WarmupKind
from service.core.schedule.curve.curves import HALF

PLATEAU: dict[str, Scalar] = {"factor": 0.1, "patience": 10}
"""What torch's `ReduceLROnPlateau` does by default: a tenth of the rate after ten checks without gain."""

PLATEAU_LOSS = "The rate falls when the monitored metric stalls, so no rate can be told beforehand."


class Form(StrEnum):
    """How the rate falls after warm-up and hold."""

    CONSTANT = "constant"
    LINEAR = "linear"
    POLYNOMIAL = "polynomial"
    COSINE = "cosine"
    WAVES = "cosine of other than half a cycle"
    RESTARTS = "cosine with restarts"
    UNEVEN = "cosine with uneven restarts"
    STEP = "step"
    MILESTONES = "step at milestones"
    ONE_MINUS_ROOT = "1-sqrt"
    EXPONENTIAL = "exponential"
    INVERSE_SQUARE_ROOT = "inverse square root"
    PLATEAU = "reduce on plateau"


_FORMS = {
    CurveShape.LINEAR: Form.LINEAR,
    CurveShape.SLANTED_TRIANGULAR: Form.LINEAR,
    CurveShape.ONE_CYCLE: Form.COSINE,
    CurveShape.INVERSE_SQUARE_ROOT: Form.INVERSE_SQUARE_ROOT,
    CurveShape.CONSTANT: Form.CONSTANT,
    CurveShape.REDUCE_ON_PLATEAU: Form.PLATEAU,
    CurveShape.TRI_STAGE: Form.EXPONENTIAL,
}


_DECAYS = {
    DecayKind.LINEAR: Form.LINEAR,
    DecayKind.COSINE: Form.COSINE,
    DecayKind.ONE_MINUS_SQRT: Form.ONE_MINUS_ROOT,
}


class Body(Struct, frozen=True):
    """What follows warm-up and hold: its form, its length in steps, and the factor that it falls to."""

    form: Form
    steps: int
    end: float


def body(curve: ScheduleCurve) -> Body:
    """The plain form of a curve's body; the simplest one where several say the same."""
    steps = curve.total_steps - curve.warmup_steps - curve.hold_steps
    end = curve.gamma if curve.shape is CurveShape.EXPONENTIAL else curve.end_ratio
    match curve.shape:
        case CurveShape.REDUCE_ON_PLATEAU:
            form = Form.PLATEAU
        case _ if steps <= 0:
            form = Form.CONSTANT
        case CurveShape.POLYNOMIAL:
            form = Form.LINEAR if curve.power == 1 else Form.POLYNOMIAL
        case CurveShape.COSINE_WITH_RESTARTS:
            uneven = curve.cycle_growth != 1 or curve.cycle_decay != 1
            form = Form.COSINE if curve.cycles == 1 else Form.UNEVEN if uneven else Form.RESTARTS
        case CurveShape.COSINE:
            form = Form.COSINE if curve.cycles == HALF else Form.WAVES
        case CurveShape.WARMUP_STABLE_DECAY:
            form = _DECAYS[curve.decay]
        case CurveShape.STEP if curve.milestones:
            form = Form.MILESTONES if curve.gamma < 1 else Form.CONSTANT
        case CurveShape.STEP:
            form = Form.STEP if curve.gamma < 1 and steps > curve.every else Form.CONSTANT
        case CurveShape.EXPONENTIAL:
            form = Form.EXPONENTIAL
        case shape:
            form = _FORMS[shape]
    levels_off = form not in {Form.INVERSE_SQUARE_ROOT, Form.PLATEAU, Form.CONSTANT} and end == 1
    return Body(Form.CONSTANT if levels_off else form, steps, end)


def warmup(curve: ScheduleCurve) -> WarmupKind:
    """The kind of the warm-up; none where it has no steps."""
    if curve.warmup_steps == 0:
        return WarmupKind.NONE
    return WarmupKind.LINEAR if curve.warmup_kind is WarmupKind.NONE else curve.warmup_kind


def regular(curve: ScheduleCurve) -> bool:
    """Whether each restart of the curve comes at its own step.

    The curve's share of a cycle is cycles * (t / steps) % 1 in floats, as in transformers. For some numbers of cycles
    (49 is the first) that rounds below a whole number, and a restart comes one step late; trainers that count steps do
    not do so.
    """
    cycles = int(curve.cycles)
    return all(cycles * (cycle / cycles) % 1.0 == 0 for cycle in range(cycles))


def cycle_steps(curve: ScheduleCurve, steps: int) -> int | None:
    """The steps of one cycle, or None where the cycles do not all have as many whole steps."""
    cycles = int(curve.cycles)
    return steps // cycles if steps % cycles == 0 and regular(curve) else None


SMALLEST_SINGLE = 1.2e-38
"""The smallest number that single precision holds in full."""

BLUNTEST = 4e-7
"""Of the peak: what an export may lose to single precision."""


def blunt_stairs(curve: ScheduleCurve, steps: int) -> bool:
    """Whether gamma^n in single precision leaves a staircase by too much: n gamma^n half units in the last place."""
    if curve.gamma >= 1:
        return False
    highest = min(steps // curve.every, max(1, round(-1 / math.log(curve.gamma))))
    return highest * curve.gamma**highest * 2.0**-24 > BLUNTEST


def floor_unused(curve: ScheduleCurve, steps: int) -> bool:
    """Whether a staircase stays above its end for the whole run, so that a trainer without a floor runs the same."""
    return curve.gamma ** ((steps - 1) // curve.every) >= curve.end_ratio
