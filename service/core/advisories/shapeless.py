"""Options of a schedule's shape that leave it without that shape, in a run of this length."""

from collections.abc import Iterator

from msgspec import UNSET

from service.contract.schedule import LrSchedule
from service.contract.words import CurveShape, WarmupKind
from service.core.advisories.notices.notice import WITHOUT_EFFECT, Remark
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import schedule
from service.core.schedule.curve.curves import curve
from service.core.schedule.plan import SchedulePlan

FLAT = 0.99
"""A shape that ends above this share of its peak does not fall."""
MOST_OF_THE_RUN = 0.9
"""The share of the run after which a rate may be as good as none."""


@WITHOUT_EFFECT.rule(
    "notice-option-without-effect",
    "A hold that fills the run, a stair longer than it, milestones outside it, cycles that find no step, a scale that "
    "keeps the rate flat, or a start without a warm-up leave a shape without its shape.",
    fires=(
        schedule(family="cnn", total_steps=100, shape="warmup-stable-decay", options={"hold_share": 1}).decides(
            "option-without-effect: No steps are left for the shape"
        ),
        schedule(family="cnn", total_steps=10, shape="cosine-with-restarts", options={"cycles": 1000}).decides(
            "option-without-effect: 9 steps are left for 1000 cycles"
        ),
        schedule(
            family="cnn", total_steps=1410, shape="cosine-with-restarts", options={"cycles": 100, "cycle_growth": 1.5}
        ).decides("option-without-effect: 18 of 100 cycles have a step"),
        schedule(family="cnn", total_steps=100, shape="step", options={"every": 1000}).decides(
            "option-without-effect: 90 steps are left for the shape"
        ),
        schedule(family="cnn", total_steps=100, shape="step", options={"milestones": [50, 9999]}).decides(
            "option-without-effect: The shape lies between the steps 10 and 100; 1 do not"
        ),
        schedule(
            family="cnn", total_steps=1410, shape="inverse-square-root", options={"timescale": 10_000_000}
        ).decides("option-without-effect: The rate stays flat to the end"),
    ),
    silent=(schedule(family="cnn", total_steps=100, shape="step", options={"every": 10}),),
)
def option_without_effect(outcome: Outcome) -> list[Remark] | None:
    planned = outcome.scheduled
    if planned is None or planned.schedule is None or planned.case.wishes.shape is UNSET:
        return None
    options = planned.case.wishes.options
    found: list[Remark] = []
    for name, reason in _idle(planned, planned.schedule):
        pointer = "/schedule/shape" if getattr(options, name, UNSET) is UNSET else f"/schedule/options/{name}"
        found.append(Remark("option-without-effect", pointer, reason, told=f"{reason}."))
    return found or None


@WITHOUT_EFFECT.rule(
    "notice-rate-vanishes",
    "A rate that single precision cannot hold for a tenth of the run or more trains nothing there.",
    fires=(
        schedule(family="cnn", total_steps=1325, shape="exponential", options={"gamma": 1e-300}).decides(
            "rate-vanishes: 5.59e-272 < 1.17549e-38 at step 1192 of 1325"
        ),
    ),
    silent=(schedule(family="cnn", total_steps=1325, shape="exponential", options={"gamma": 1e-6}),),
)
def rate_vanishes(outcome: Outcome) -> list[Remark] | None:
    planned, plan = outcome.scheduled, outcome.schedule
    if planned is None or plan is None:
        return None
    step, least = int(MOST_OF_THE_RUN * plan.total_steps), outcome.know.number("lowest-rate")
    rate = curve(plan.curve)(step) * max(group.peak_rate for group in plan.groups)
    if rate >= least or (not rate and plan.total_steps < 2):
        return None
    options = planned.case.wishes.options
    given = (name for name in ("gamma", "cycle_decay", "end_ratio") if getattr(options, name) is not UNSET)
    name = next(given, None)
    pointer = f"/schedule/options/{name}" if name else "/schedule/shape"
    return [Remark("rate-vanishes", pointer, f"{rate:.3g} < {least:g} at step {step} of {plan.total_steps}")]


@WITHOUT_EFFECT.rule(
    "notice-warmup-kind-unused",
    "A warm-up of no steps is of no kind.",
    fires=(
        schedule(
            family="cnn", strategy="full-fine-tuning", total_steps=100, warmup_kind="cosine", warmup_steps=0
        ).decides("option-without-effect: The warm-up has no steps."),
    ),
    silent=(schedule(family="cnn", total_steps=100, warmup_kind="cosine"),),
)
def warmup_kind_unused(outcome: Outcome) -> list[Remark] | None:
    planned, plan = outcome.scheduled, outcome.schedule
    if planned is None or plan is None or plan.warmup_steps:
        return None
    if planned.case.wishes.warmup_kind in (UNSET, WarmupKind.NONE):
        return None
    reason = "The warm-up has no steps."
    return [Remark("option-without-effect", "/schedule/warmup_kind", reason, told=reason)]


def _idle(planned: SchedulePlan, plan: LrSchedule) -> Iterator[tuple[str, str]]:
    """Options by name that do not what they say, each with the reason."""
    shaped, start = plan.curve, plan.curve.warmup_steps + plan.curve.hold_steps
    body, options = shaped.total_steps - start, planned.case.wishes.options
    if body <= 0:
        given = [name for name in options.__struct_fields__ if getattr(options, name) is not UNSET]
        names = [name for name in given if name != "start_ratio"] or ["hold_share"] * bool(shaped.hold_steps)
        yield from ((name, "No steps are left for the shape") for name in names)
        return
    drawn = sum(segment.kind == shaped.shape for segment in plan.segments)
    uneven = shaped.cycle_growth != 1 or shaped.cycle_decay != 1
    if shaped.shape is CurveShape.COSINE_WITH_RESTARTS and shaped.cycles > 1:
        if shaped.cycles >= body:
            yield "cycles", f"{body} steps are left for {shaped.cycles:g} cycles"
        elif uneven and drawn < shaped.cycles:
            yield "cycles", f"{drawn} of {shaped.cycles:g} cycles have a step"
    outside = [step for step in shaped.milestones if not start < step < shaped.total_steps]
    if outside:
        yield "milestones", f"The shape lies between the steps {start} and {shaped.total_steps}; {len(outside)} do not"
    if shaped.shape is CurveShape.STEP and not shaped.milestones and shaped.every >= body:
        yield "every", f"{body} steps are left for the shape"
    flat = shaped.shape is CurveShape.INVERSE_SQUARE_ROOT and body > 0
    if flat and curve(shaped)(shaped.total_steps) > FLAT:
        yield "timescale", "The rate stays flat to the end"
    if options.start_ratio is not UNSET and shaped.warmup_steps == 0:
        yield "start_ratio", "The warm-up has no steps"
