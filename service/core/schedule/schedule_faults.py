"""What a job may not ask of a schedule."""

from collections.abc import Iterator
from itertools import pairwise

from msgspec import UNSET

from service.contract.job import JobShapeOptions
from service.contract.problem import ProblemFault
from service.contract.words import CurveShape, Strategy, WarmupKind
from service.core.job.case import strategy_of
from service.core.rules.example_requests import freeze, job, schedule
from service.core.rules.refusal import Question, fault, refusal
from service.core.rules.resolved_inputs import known

MOST_UNEVEN = 100
"""Cycles that are told one by one: each is a part of the curve."""


@refusal(
    "refuse-two-lengths",
    "A run is as long as its epochs or its total steps say, not both.",
    fires=(schedule(family="cnn", examples=100, epochs=3, total_steps=100).decides("/fixed/epochs"),),
    silent=(schedule(family="cnn", examples=100, total_steps=100), job(fixed={"epochs": 4})),
)
def two_lengths(asked: Question) -> Iterator[ProblemFault]:
    if asked.job.fixed.epochs is not UNSET and asked.job.fixed.total_steps is not UNSET:
        yield fault("/fixed/epochs", "Give either epochs or total steps.")


@refusal(
    "refuse-two-batches",
    "The batch of a step is given whole, or as what one device sees.",
    fires=(
        schedule(family="cnn", total_steps=100, batch_size=32, per_device_batch_size=8).decides(
            "/fixed/per_device_batch_size"
        ),
        schedule(family="cnn", total_steps=100, accumulation=4).decides("/fixed/per_device_batch_size"),
    ),
    silent=(
        schedule(family="cnn", total_steps=100, per_device_batch_size=8, accumulation=4),
        job(100, fixed={"batch_size": 256}),
    ),
)
def two_batches(asked: Question) -> Iterator[ProblemFault]:
    fixed = asked.job.fixed
    if fixed.batch_size is not UNSET and fixed.per_device_batch_size is not UNSET:
        yield fault("/fixed/per_device_batch_size", "Give either the whole batch, or what one device sees.")
    if fixed.accumulation is not UNSET and fixed.per_device_batch_size is UNSET:
        yield fault("/fixed/per_device_batch_size", "Accumulation needs the batch that one device sees.")


@refusal(
    "refuse-two-rates",
    "A peak rate is given for this run, or one that worked elsewhere.",
    fires=(
        schedule(family="cnn", total_steps=100, peak_rate=1e-4, known_rate={"rate": 1e-4}).decides(
            "/schedule/known_rate"
        ),
    ),
    silent=(schedule(family="cnn", total_steps=100, known_rate={"rate": 1e-4}), job(fixed={"peak_rate": 2e-5})),
)
def two_rates(asked: Question) -> Iterator[ProblemFault]:
    if asked.job.schedule.known_rate is not UNSET and asked.job.fixed.peak_rate is not UNSET:
        yield fault("/schedule/known_rate", "Give either a peak rate for this run, or one that worked elsewhere.")


@refusal(
    "refuse-option-of-another-shape",
    "A shape takes its own options, and options need a shape.",
    fires=(
        schedule(family="cnn", total_steps=100, shape="linear", options={"cycles": 2}).decides(
            "/schedule/options/cycles"
        ),
        schedule(family="cnn", total_steps=100, options={"cycles": 2}).decides("/schedule/shape"),
    ),
    silent=(schedule(family="cnn", total_steps=100, shape="cosine-with-restarts", options={"cycles": 2}),),
)
def option_of_another_shape(asked: Question) -> Iterator[ProblemFault]:
    wishes = asked.job.schedule
    if wishes.shape is UNSET:
        if wishes.options != JobShapeOptions():
            yield fault("/schedule/shape", "Options need a shape: say which.")
        return
    allowed = asked.know.shapes[wishes.shape].options
    for name in JobShapeOptions.__struct_fields__:
        if known(getattr(wishes.options, name)) is not None and name not in allowed:
            message = f"The shape {wishes.shape} has no such option; it takes {', '.join(sorted(allowed))}."
            yield fault(f"/schedule/options/{name}", message)


@refusal(
    "refuse-uneven-curve",
    "Restarts are whole cycles, uneven ones a hundred at most; stairs begin at every so many steps, or at given ones.",
    fires=(
        schedule(family="cnn", total_steps=100, shape="cosine-with-restarts", options={"cycles": 1.5}).decides(
            "/schedule/options/cycles"
        ),
        schedule(
            family="cnn", total_steps=999, shape="cosine-with-restarts", options={"cycles": 101, "cycle_growth": 2}
        ).decides("/schedule/options/cycles"),
        schedule(family="cnn", total_steps=100, shape="step", options={"milestones": [60, 30]}).decides(
            "/schedule/options/milestones"
        ),
        schedule(family="cnn", total_steps=100, shape="step", options={"milestones": [30], "every": 30}).decides(
            "/schedule/options/every"
        ),
    ),
    silent=(
        schedule(family="cnn", total_steps=100, shape="cosine", options={"cycles": 1.5}),
        schedule(family="cnn", total_steps=100, shape="step", options={"milestones": [30, 60]}),
        schedule(family="cnn", total_steps=10, shape="cosine-with-restarts", options={"cycles": 1000}),
    ),
)
def uneven_curve(asked: Question) -> Iterator[ProblemFault]:
    shape, options = asked.job.schedule.shape, asked.job.schedule.options
    cycles, milestones = known(options.cycles), known(options.milestones)
    uneven = options.cycle_growth is not UNSET or options.cycle_decay is not UNSET
    if shape is CurveShape.COSINE_WITH_RESTARTS and cycles is not None:
        if cycles != int(cycles):
            yield fault("/schedule/options/cycles", "Restarts are whole cycles; the shape cosine takes parts of one.")
        if uneven and cycles > MOST_UNEVEN:
            yield fault("/schedule/options/cycles", f"Cycles of uneven length or height are {MOST_UNEVEN} at most.")
    if milestones is not None:
        if any(early >= late for early, late in pairwise(milestones)):
            yield fault("/schedule/options/milestones", "Milestones are steps in ascending order, each once.")
        if options.every is not UNSET:
            yield fault("/schedule/options/every", "Stairs begin at every so many steps, or at milestones.")


@refusal(
    "refuse-curve-against-itself",
    "A curve does not start from, hold or fall to what its shape cannot.",
    fires=(
        schedule(family="cnn", total_steps=100, shape="tri-stage", options={"end_ratio": 0}).decides(
            "/schedule/options/end_ratio"
        ),
        schedule(family="cnn", total_steps=100, warmup_kind="none", warmup_steps=10).decides("/schedule/warmup_steps"),
        schedule(
            family="cnn", total_steps=100, shape="linear", warmup_kind="constant", options={"start_ratio": 0}
        ).decides("/schedule/options/start_ratio"),
        schedule(
            family="cnn", total_steps=100, shape="one-cycle", warmup_kind="none", options={"start_ratio": 0.1}
        ).decides("/schedule/options/start_ratio"),
    ),
    silent=(
        schedule(family="cnn", total_steps=100, warmup_kind="none", warmup_steps=0),
        schedule(family="cnn", total_steps=1000, warmup_steps=7),
    ),
)
def curve_against_itself(asked: Question) -> Iterator[ProblemFault]:
    wishes, options = asked.job.schedule, asked.job.schedule.options
    if wishes.shape is CurveShape.TRI_STAGE and options.end_ratio == 0:
        message = "An exponential decay does not reach 0: give a ratio above it."
        yield fault("/schedule/options/end_ratio", message)
    if wishes.warmup_kind is WarmupKind.NONE and wishes.warmup_steps is not UNSET and wishes.warmup_steps > 0:
        yield fault("/schedule/warmup_steps", "No warm-up and warm-up steps contradict each other.")
    if options.start_ratio is not UNSET and wishes.warmup_kind is WarmupKind.NONE:
        yield fault("/schedule/options/start_ratio", "Without a warm-up nothing starts at this ratio.")
    if options.start_ratio == 0 and wishes.warmup_kind is WarmupKind.CONSTANT:
        message = "A constant warm-up at 0 trains nothing: give a ratio above it."
        yield fault("/schedule/options/start_ratio", message)


@refusal(
    "refuse-unit-features-without-head",
    "Features are scaled for a head that is trained on frozen ones.",
    fires=(
        schedule(family="cnn", total_steps=100, unit_features=True, strategy="full-fine-tuning").decides(
            "/schedule/unit_features"
        ),
    ),
    silent=(
        schedule(family="cnn", total_steps=100, unit_features=True, strategy="feature-extraction"),
        job(schedule={"unit_features": True}),
        freeze(500),
    ),
)
def unit_features_without_head(asked: Question) -> Iterator[ProblemFault]:
    if asked.job.schedule.unit_features and not _may_be(asked, Strategy.FEATURE_EXTRACTION):
        yield fault("/schedule/unit_features", "Features of length one need the strategy feature-extraction.")


@refusal(
    "refuse-steps-and-points",
    "Rates are asked for at certain steps, or at a number of points.",
    fires=(schedule(family="cnn", total_steps=100, steps=[1, 2], points=5).decides("/schedule/points"),),
    silent=(schedule(family="cnn", total_steps=100, points=5), schedule(family="cnn", total_steps=100, steps=[101])),
)
def steps_and_points(asked: Question) -> Iterator[ProblemFault]:
    if asked.job.schedule.steps is not UNSET and asked.job.schedule.points is not UNSET:
        yield fault("/schedule/points", "Give either steps, or a number of points.")


@refusal(
    "refuse-adapter-without-adapters",
    "An adapter is described where adapters are trained.",
    fires=(
        schedule(family="decoder-lm", total_steps=100, adapter={"rank": 8}, strategy="full-fine-tuning").decides(
            "/schedule/adapter"
        ),
        schedule(family="decoder-lm", total_steps=100, adapter={"rank": 8}).decides("/schedule/adapter"),
    ),
    silent=(
        schedule(family="decoder-lm", total_steps=100, adapter={"rank": 8}, strategy="parameter-efficient"),
        job(task="text-generation", schedule={"adapter": {"rank": 8}}),
        freeze(500),
    ),
)
def adapter_without_adapters(asked: Question) -> Iterator[ProblemFault]:
    if asked.job.schedule.adapter is not UNSET and not _may_be(asked, Strategy.PARAMETER_EFFICIENT):
        yield fault("/schedule/adapter", "An adapter needs the strategy parameter-efficient.")


def _may_be(asked: Question, strategy: Strategy) -> bool:
    """Whether this is the strategy, or one is still to be chosen for a task."""
    said = strategy_of(asked.job.fixed)
    return said is strategy or (said is None and asked.job.target is not UNSET)
