"""The learning-rate schedule: groups with peak rates, and one curve that multiplies them all."""

import math
from itertools import repeat

from msgspec import Struct

from service.contract.job import MOST_STEPS, MOST_VALUES
from service.contract.schedule import (
    CurvePoint,
    LrSchedule,
    ScheduleBatchScaling,
    ScheduleCurve,
    ScheduleGroup,
    ScheduleRates,
    ScheduleSweepRange,
)
from service.contract.words import BlockKind, BlockState, Method, Policy, Strategy
from service.core.resources.adapter_size import adapter_alpha, adapter_rank
from service.core.rules.example_requests import schedule
from service.core.rules.refusal import Refusal, fault, late_refusal
from service.core.rules.resolved_inputs import Inputs, known
from service.core.rules.rule import Trace
from service.core.schedule.batch_scaling import SCALING, batch_factor
from service.core.schedule.case import ScheduleCase
from service.core.schedule.curve.curves import area, curve, sample, segments, steady
from service.core.schedule.curve.options import CURVES
from service.core.schedule.curve.warmup import WARMUP
from service.core.schedule.decay import DECAY, WEIGHT_DECAY
from service.core.schedule.kept_head import KEPT_HEAD
from service.core.schedule.param_groups import rate_groups
from service.core.schedule.peak_rates import PEAK, SWEEP_RANGE, Peak, harmful_from, stated, told_below
from service.core.schedule.run_length import EPOCHS, RUNS, STEPS

POINTS = 11
"""Points of a curve where the caller asks for no number."""

NO_DECAY = ("parameters of one dimension: norms and biases", "position embeddings and class tokens")
"""What timm and transformers leave out of weight decay, too."""

TOO_LONG = late_refusal(
    "refuse-too-many-steps",
    "A run of more than ten million steps is refused, and steps that lie behind the end of the run.",
    fires=(
        schedule(family="cnn", examples=1_000_000_000, epochs=100, batch_size=1).decides("/fixed/epochs"),
        schedule(family="cnn", total_steps=100, steps=[101]).decides("/schedule/steps"),
    ),
    silent=(schedule(family="cnn", total_steps=100, steps=[100]),),
)
TOO_MANY = late_refusal(
    "refuse-too-many-rates",
    "An answer holds a hundred thousand rates at most: points times groups.",
    fires=(schedule(model="bert-base-uncased", total_steps=100_000, points=50_000).decides("/schedule/points"),),
    silent=(schedule(family="cnn", total_steps=100_000, points=50_000, strategy="full-fine-tuning"),),
)

TOO_SMALL = late_refusal(
    "refuse-rate-too-small",
    "A rate that single precision cannot hold trains nothing: given, or reached by decay from block to block.",
    fires=(
        schedule(family="cnn", total_steps=100, peak_rate=1e-300).decides("/fixed/peak_rate"),
        schedule(family="cnn", depth=2000, examples=5000, total_steps=100, layer_decay=0.05).decides(
            "/schedule/layer_decay"
        ),
    ),
    silent=(schedule(family="cnn", total_steps=100, peak_rate=1e-30),),
)

NO_BATCH = late_refusal(
    "refuse-no-whole-batch",
    "Where the last incomplete batch is left out, a pass has at least one whole one.",
    fires=(schedule(family="cnn", examples=20, batch_size=32, drop_last=True).decides("/schedule/drop_last"),),
    silent=(schedule(family="cnn", examples=40, batch_size=32, drop_last=True),),
)

NO_STEP = late_refusal(
    "refuse-step-larger-than-data",
    "What the devices see at a time, times accumulation and devices, is one step: it cannot be more than the data.",
    fires=(
        schedule(family="cnn", examples=100, per_device_batch_size=64, accumulation=4).decides(
            "/fixed/per_device_batch_size"
        ),
    ),
    silent=(schedule(family="cnn", examples=256, per_device_batch_size=64, accumulation=4),),
)


class SchedulePlan(Struct, frozen=True):
    """A schedule with the case that it was made from, as decided. `schedule` None: nothing is trained."""

    case: ScheduleCase
    schedule: LrSchedule | None


def plan_schedule(case: ScheduleCase, inputs: Inputs, trace: Trace) -> SchedulePlan:
    """The schedule of the last phase. Raises Refusal for a run or an answer too long, and for a rate too small."""
    case = with_length(case, inputs, trace)
    shaped = _curve(case, inputs, trace)
    _note_adapter(case, inputs)
    case, peak, scaling = _with_rates(case, trace)
    decay = trace.ask(DECAY, case, "/lr_schedule", "layer_decay", "groups").value
    weight_decay = trace.ask(WEIGHT_DECAY, case, "/lr_schedule/groups").value
    parts = segments(shaped)
    groups = rate_groups(case.strategy, case.blocks, peak, decay, weight_decay)
    _refuse_too_small(case, groups)
    schedule = LrSchedule(
        optimizer=case.optimizer,
        strategy=case.strategy,
        rates=ScheduleRates(0.0, peak.backbone, peak.head, shaped.warmup_steps),
        groups=groups,
        no_decay=list(NO_DECAY),
        layer_decay=decay,
        batch_scaling=scaling,
        epochs=case.epochs,
        steps_per_epoch=case.steps_per_epoch,
        drop_last=case.wishes.drop_last,
        total_steps=case.total_steps,
        warmup_steps=shaped.warmup_steps,
        shape=shaped.shape,
        curve=shaped,
        segments=parts,
        milestones=[0, *(part.end for part in parts)],
        area=steady(area(shaped)),
        points=_points(case, shaped, peak, groups),
        sweep=_sweep(case, peak),
        sweep_range=_sweep_range(case, trace),
        runs=trace.ask(RUNS, case, "/lr_schedule/runs").value,
        exports=[],
    )
    return SchedulePlan(case, schedule)


def _usual_batch(case: ScheduleCase) -> tuple[int, str]:
    """The batch that is usual, and why: for each of several devices, where an epoch then still has many steps."""
    usual, number = case.length.batch_size, case.know.number
    if case.method is Method.CONTRASTIVE_FEW_SHOT:
        usual = int(number("pairs-batch"))
    elif case.together:
        # Devices do not see each other's examples: each has the usual batch, as many as leave a run its least steps.
        seen, least = case.examples, usual * case.length.min_steps
        room = case.devices if seen is None else int(seen * case.length.epochs / least)
        shared = max(1, min(case.devices, room))
        return min(usual * shared, seen or usual * shared), f"usual for this family, on each of {shared} devices"
    elif case.examples is not None:
        grown = usual * min(case.devices, int(number("batch-scaling-trust")))
        if grown > usual and case.examples >= grown * number("steps-of-grown-epoch"):
            return grown, f"usual for this family and strategy, on each of {grown // usual} devices"
        usual = min(usual, case.examples)
    sharing = max(1, min(case.devices, usual // case.least_per_device))
    return usual - usual % sharing, "usual for this family and strategy"


def with_length(case: ScheduleCase, inputs: Inputs, trace: Trace) -> ScheduleCase:
    """The run with its batch size, epochs and total steps."""
    batch_size = case.given_batch
    if batch_size is None:
        batch_size, because = _usual_batch(case)
        inputs.assumed("/fixed/batch_size", batch_size, because)
    elif known(case.fixed.batch_size) is None:
        parts = (
            f"{case.fixed.per_device_batch_size} a device x {case.accumulation} accumulated x {case.devices} devices"
        )
        inputs.derived("/fixed/batch_size", batch_size, parts)
    case = case.decided(batch_size=batch_size)
    if batch_size > case.seen_batch and known(case.fixed.per_device_batch_size) is not None:
        message = f"One step would read {batch_size} examples, and there are {case.seen_batch}."
        raise Refusal([fault("/fixed/per_device_batch_size", message)], NO_STEP)
    if case.steps_per_epoch == 0:
        message = f"No batch of {batch_size} is whole with {case.pairs or case.examples} examples."
        raise Refusal([fault("/schedule/drop_last", message)], NO_BATCH)
    epochs = trace.ask(EPOCHS, case, "/lr_schedule/epochs")
    if known(case.fixed.epochs) is None and epochs.value is not None:
        inputs.derived("/fixed/epochs", epochs.value, epochs.formula)
    case = case.decided(epochs=epochs.value)
    steps = trace.ask(STEPS, case, "/lr_schedule", "total_steps", "steps_per_epoch", "points", "area").value
    case = case.decided(total_steps=steps)
    _refuse_too_long(case)
    return case


def _refuse_too_long(case: ScheduleCase) -> None:
    """Raises Refusal for a longer run than any, and for steps behind its end."""
    total, asked = case.total_steps, known(case.wishes.steps)
    if total > MOST_STEPS:
        chosen = known(case.fixed.epochs) is not None
        way_out = "" if chosen else " Say how long it is to be in /fixed/total_steps."
        message = f"The run would take {total} steps; {MOST_STEPS} are the most.{way_out}"
        raise Refusal([fault("/fixed/epochs" if chosen else "/dataset/examples", message)], TOO_LONG)
    if asked is not None and max(asked) > total:
        raise Refusal([fault("/schedule/steps", f"The run ends at step {total}.")], TOO_LONG)


def _refuse_too_small(case: ScheduleCase, groups: list[ScheduleGroup]) -> None:
    """Raises Refusal where what trains would have a rate that is as good as none."""
    least = case.know.number("lowest-rate")
    lowest = min((group.peak_rate for group in groups if group.state is not BlockState.FROZEN), default=least)
    if lowest < least:
        wishes = {
            "/schedule/layer_decay": case.wishes.layer_decay,
            "/fixed/peak_rate": case.fixed.peak_rate,
            "/schedule/known_rate/rate": case.wishes.known_rate,
        }
        pointer = next((pointer for pointer, value in wishes.items() if known(value) is not None), "/schedule")
        message = f"Some parameters would train at {lowest:.3g}; below {least:.3g} single precision holds no rate."
        raise Refusal([fault(pointer, message)], TOO_SMALL)


def _curve(case: ScheduleCase, inputs: Inputs, trace: Trace) -> ScheduleCurve:
    """The curve with its warm-up."""
    shape = known(case.wishes.shape)
    if shape is None:
        inputs.assumed("/schedule/shape", case.shape, "usual for this family and strategy")
    noted = ("warmup_steps", "rates/warmup_steps", "segments", "milestones")
    case = case.decided(warmup_steps=trace.ask(WARMUP, case, "/lr_schedule", *noted).value)
    return trace.ask(CURVES, case, "/lr_schedule/curve").value


def _note_adapter(case: ScheduleCase, inputs: Inputs) -> None:
    """Notes the rank and alpha that a rate is for, where nobody said them."""
    if case.strategy is not Strategy.PARAMETER_EFFICIENT:
        return
    given = known(case.wishes.adapter)
    rank, _ = adapter_rank(case.know, case.family, given)
    if given is None:
        inputs.assumed("/schedule/adapter/rank", rank, f"usual for the family {case.family}")
    if given is None or known(given.alpha) is None:
        alpha, _ = adapter_alpha(case.know, case.family, given)
        inputs.assumed("/schedule/adapter/alpha", alpha, "the rate is for it, whatever the rank")


def _with_rates(case: ScheduleCase, trace: Trace) -> tuple[ScheduleCase, Peak, ScheduleBatchScaling]:
    """The peak rates at this batch size, of what trains."""
    scaling = trace.ask(SCALING, case, "/lr_schedule/batch_scaling").value
    case = case.decided(factor=scaling.factor)
    peak = trace.ask(PEAK, case, "/lr_schedule", "rates", "groups", "points", "sweep").value
    reference = case.seen_batch if scaling.rule == "none" else case.rates.reference_batch
    if not _trains_head(case):
        peak = Peak(peak.backbone, 0.0)
    for rule, kept in KEPT_HEAD.all((case, peak)) if peak.head else ():
        trace.decided("/lr_schedule/rates/head", rule, kept)
        peak = kept.value
    return case, peak, ScheduleBatchScaling(scaling.rule, reference, case.seen_batch, steady(scaling.factor))


def _trains_head(case: ScheduleCase) -> bool:
    """Whether some head has a rate of its own: not a frozen one, not a tied one, and not where there is none."""
    heads = [block for block in case.blocks or [] if block.kind is BlockKind.HEAD]
    if case.blocks is None:
        return not (case.keeps_head and case.strategy is Strategy.PARAMETER_EFFICIENT)
    return any(head.state is not BlockState.FROZEN and head.params != 0 for head in heads)


def _points(case: ScheduleCase, shaped: ScheduleCurve, peak: Peak, groups: list[ScheduleGroup]) -> list[CurvePoint]:
    """The rates at the steps asked for. Raises Refusal where they are more than one answer may hold."""
    asked = known(case.wishes.steps)
    wanted = len(asked) if asked else min(known(case.wishes.points) or POINTS, shaped.total_steps + 1)
    if wanted * len(groups) > MOST_VALUES:
        message = f"With {len(groups)} groups an answer may hold {MOST_VALUES // len(groups)} points at most."
        raise Refusal([fault("/schedule/steps" if asked else "/schedule/points", message)], TOO_MANY)
    steps, factor = asked or sample(shaped.total_steps, wanted), curve(shaped)
    factors = [steady(factor(step)) for step in steps]
    tops = [group.peak_rate for group in groups]
    columns = {top: [value * top for value in factors] for top in {*tops, peak.backbone, peak.head}}
    rates = map(list, zip(*(columns[top] for top in tops), strict=True))
    return list(map(CurvePoint, steps, factors, repeat(0.0), columns[peak.backbone], columns[peak.head], rates))


def _sweep(case: ScheduleCase, peak: Peak) -> list[float]:
    """Rates to try: the advice, and about it the ends of the published range and half-way there, in ratio.

    Of a model of no known family the three suffice for a first experiment: they lie far apart.

    None lies above both the advice and the top of the range at this batch, none is one that destroys pretrained
    features, and none stands twice. About advice that itself destroys them, which only a caller can fix, nothing is
    tried: then it is the published range.
    """
    row = case.rates
    low, usual, high = (
        (row.backbone_low, row.backbone, row.backbone_high) if row.backbone else (row.head_low, row.head, row.head_high)
    )
    harmful, advised, factor = harmful_from(case), peak.backbone or peak.head, case.factor
    if advised >= harmful:
        factor = batch_factor(case.optimizer, case.seen_batch, row.reference_batch)
        advised = stated(min(high, usual * factor))
    most = max(advised, high * (min(1.0, factor) if case.policy is Policy.EVIDENCE else factor))
    ends = {low / usual, high / usual}
    ratios = (ends if case.unknown else ends | {end**0.5 for end in ends}) - {1.0}
    top = advised if most == advised else told_below(most)
    tried = {min(top, stated(advised * ratio)) for ratio in ratios}
    return sorted(
        {advised, *(rate for rate in tried if rate < harmful and not math.isclose(rate, advised, rel_tol=0.02))}
    )


def _sweep_range(case: ScheduleCase, trace: Trace) -> ScheduleSweepRange | None:
    """What a published sweep found for this family and method."""
    for rule, found in SWEEP_RANGE.all(case):
        trace.decided("/lr_schedule/sweep_range", rule, found)
        return found.value
    return None
