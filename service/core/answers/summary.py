"""The run at a glance: what stands in several parts of the plan, gathered."""

from itertools import groupby

from msgspec import Struct

from service.contract.freeze import FreezeBlock, FreezePlan
from service.contract.schedule import LrSchedule, ScheduleGroup, TrainingPhase
from service.contract.summary import BlockSpan, PlanSummary
from service.contract.words import BlockState
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import CLIP, job, schedule
from service.core.rules.rule import Finding, Topic, Trace
from service.core.schedule.curve.curves import steady


class Length(Struct, frozen=True):
    """How long the whole run is: phases, passes over the labelled data, optimizer steps; None where unknown."""

    phases: int
    epochs: float | None
    steps: int | None


class RunParts(Struct, frozen=True):
    """What is trained, as far as it is planned."""

    plan: FreezePlan | None
    schedule: LrSchedule | None
    phases: list[TrainingPhase]


LENGTH: Topic[RunParts, Finding[Length]] = Topic("run-length-in-all")


@LENGTH.rule(
    "total-of-phases",
    "A plan takes the epochs and steps of all its phases together.",
    fires=(job(5000).decides("1: 1 phases, 10 epochs, 1570 steps"),),
    silent=(schedule(family="cnn", total_steps=100),),
)
def sum_of_phases(run: RunParts) -> Finding[Length] | None:
    if not run.phases:
        return None
    epochs, steps = steady(sum(phase.epochs for phase in run.phases)), sum(phase.steps for phase in run.phases)
    told = f"{len(run.phases)} phases, {epochs:g} epochs, {steps} steps"
    return Finding(Length(len(run.phases), epochs, steps), told)


@LENGTH.rule(
    "total-of-one-schedule",
    "Where nothing tells how the model is built there are no phases: the schedule is the whole run.",
    fires=(schedule(family="cnn", total_steps=100).decides("1: one schedule of 100 steps"),),
    silent=(job(5000),),
)
def one_schedule(run: RunParts) -> Finding[Length] | None:
    if run.schedule is None:
        return None
    steps = run.schedule.total_steps
    return Finding(Length(1, run.schedule.epochs, steps), f"one schedule of {steps} steps")


@LENGTH.rule(
    "total-unknown",
    "Without a schedule the length is not known; where nothing is trained it is 0.",
    fires=(
        job(40, classes=10, source=CLIP).decides("0: no schedule"),
        schedule(family="cnn", strategy="zero-shot", total_steps=100).decides("0: no schedule"),
    ),
    silent=(job(5000),),
)
def no_schedule(run: RunParts) -> Finding[Length]:
    phases = len(run.plan.phases) if run.plan else 0
    return Finding(Length(phases, None, None) if phases else Length(0, 0.0, 0), "no schedule")


def summarise(outcome: Outcome, phases: list[TrainingPhase], trace: Trace) -> PlanSummary:
    """The run at a glance. Every value stands elsewhere in the plan, or is a sum of such."""
    plan, schedule = outcome.plan, outcome.schedule
    length = trace.ask(LENGTH, RunParts(plan, schedule, phases), "/summary").value
    return PlanSummary(
        phases=length.phases,
        epochs=length.epochs,
        steps=length.steps,
        batch_size=schedule.batch_scaling.batch_size if schedule else None,
        micro_batch=outcome.setup.per_device_batch,
        lora_rank=plan.adapter.rank if plan and plan.adapter else None,
        trainable=_trainable(plan) if plan else None,
        blocks=_spans(plan.blocks, schedule.groups if schedule else []) if plan else [],
    )


def _trainable(plan: FreezePlan) -> int | None:
    return plan.phases[-1].trainable if plan.phases else plan.counts.trainable


def _spans(blocks: list[FreezeBlock], groups: list[ScheduleGroup]) -> list[BlockSpan]:
    """Runs of blocks of one state, stem to head."""
    rates = {group.name: group.peak_rate for group in groups}
    return [_span(state, list(run), rates) for state, run in groupby(blocks, key=lambda block: block.state)]


def _span(state: BlockState, run: list[FreezeBlock], rates: dict[str, float]) -> BlockSpan:
    own = [rates[block.name] for block in run if block.name in rates]
    counts = [block.params for block in run if block.params is not None]
    return BlockSpan(
        state=state,
        first=run[0].index,
        last=run[-1].index,
        first_name=run[0].name,
        last_name=run[-1].name,
        params=sum(counts) if len(counts) == len(run) else None,
        low_rate=min(own) if own else None,
        high_rate=max(own) if own else None,
    )
