"""Answers `/lr-schedule`."""

from msgspec import UNSET, Struct

from service.contract.freeze import FreezeBlock
from service.contract.schedule import MOST_STEPS, MOST_VALUES, LrSchedule, LrScheduleAnswer, LrScheduleRequest
from service.contract.words import DatasetBand, Family, Optimizer, Policy, SimilarityLevel, Strategy
from service.core.advisories.notices import Scheduled, notify_schedule
from service.core.architecture.architecture import catalogue_anatomy
from service.core.freezing.case import FreezeCase
from service.core.freezing.plan import plan_freezing
from service.core.job.contradictions import find_model, refuse, schedule_faults
from service.core.job.dataset_size import BANDS, Size
from service.core.job.similarity import Pair, resolve_similarity
from service.core.rules.refusal import Refusal, fault
from service.core.rules.resolved_inputs import Inputs, known
from service.core.rules.trace import Trace
from service.core.schedule.case import Known, ScheduleCase, Wishes
from service.core.schedule.plan import plan_schedule, published_rate
from service.knowledge.index import Knowledge
from service.knowledge.rows import ModelRow

DEFAULT_POINTS = 50
"""Points of a curve where the caller asks for no number."""


def lr_schedule(request: LrScheduleRequest, know: Knowledge, explain: bool) -> LrScheduleAnswer:
    """Which rate for which block at which step. Raises Refusal as `freeze_plan` does."""
    refuse(schedule_faults(know, request))
    inputs, trace = Inputs(), Trace(explain)
    _note_given(request, inputs)
    strategy = known(request.strategy) or Strategy.FULL
    if request.strategy is UNSET:
        inputs.assumed("/strategy", strategy, "a schedule is mostly asked for full fine-tuning")
    policy = _policy(request, inputs)
    _, level = resolve_similarity(Pair(know, known(request.similarity)), inputs, trace)
    model = find_model(know, request.model)
    wishes = _wishes(request, know, model, strategy, policy)
    case = ScheduleCase(
        know=know,
        prefix="",
        family=_family(request, model),
        strategy=strategy,
        level=level,
        params=model.params if model else known(request.params),
        blocks=_blocks(request, know, model, strategy, level, inputs) if model else None,
        optimizer=known(request.optimizer),
        batch_size=_batch_size(request, inputs),
        examples=known(request.examples),
        epochs=known(request.epochs),
        total_steps=known(request.total_steps),
        shape=known(request.shape),
        fixed_rate=known(request.peak_rate),
        points=known(request.points) or DEFAULT_POINTS,
        wishes=wishes,
        policy=policy,
    )
    schedule = _within_limits(request, plan_schedule(case, inputs, trace))
    optimizer = schedule.optimizer if schedule else Optimizer.ADAMW
    rates = published_rate(case, optimizer)
    scheduled = Scheduled(know, case, schedule, rates, model.norm if model else None)
    return LrScheduleAnswer(
        ruleset=know.ruleset,
        resolved=inputs.resolved,
        notices=notify_schedule(scheduled, inputs, trace),
        trace=trace.entries,
        lr_schedule=schedule,
    )


def _note_given(part: Struct, inputs: Inputs, pointer: str = "") -> None:
    """Notes every scalar that the caller gave, also within parts of the request; of lists their length."""
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, Struct):
            _note_given(value, inputs, f"{pointer}/{name}")
        elif isinstance(value, list):
            inputs.given(f"{pointer}/{name}", len(value))  # pyright: ignore[reportUnknownArgumentType]
        elif value is not UNSET:
            inputs.given(f"{pointer}/{name}", value)


def _batch_size(request: LrScheduleRequest, inputs: Inputs) -> int | None:
    """The batch of one optimizer step: given, or put together from what one device sees."""
    if request.per_device_batch_size is UNSET:
        return known(request.batch_size)
    accumulation, devices = known(request.accumulation) or 1, known(request.devices) or 1
    batch_size = request.per_device_batch_size * accumulation * devices
    formula = f"{request.per_device_batch_size} a device x {accumulation} accumulated x {devices} devices"
    inputs.derived("/batch_size", batch_size, formula)
    return batch_size


def _policy(request: LrScheduleRequest, inputs: Inputs) -> Policy:
    if request.policy is UNSET:
        inputs.assumed("/policy", Policy.EVIDENCE, "measured evidence stands before the guides")
        return Policy.EVIDENCE
    return request.policy


def _wishes(
    request: LrScheduleRequest, know: Knowledge, model: ModelRow | None, strategy: Strategy, policy: Policy
) -> Wishes:
    return Wishes(
        accumulation=known(request.accumulation) or 1,
        per_device=known(request.per_device_batch_size),
        warmup_kind=known(request.warmup_kind),
        warmup_steps=known(request.warmup_steps),
        options=request.options,
        layer_decay=known(request.layer_decay),
        adapter=known(request.adapter),
        known=_known_rate(request, know, model, strategy, policy),
        steps=known(request.steps),
    )


def _known_rate(
    request: LrScheduleRequest, know: Knowledge, model: ModelRow | None, strategy: Strategy, policy: Policy
) -> Known | None:
    """The rate that worked elsewhere, with its row of the table. Raises Refusal where there is none to compare with."""
    given = known(request.known_rate)
    if given is None:
        return None
    there = find_model(know, given.model) or model
    family = there.family if there else _family(request, model)
    there_strategy = known(given.strategy) or strategy
    usual = [one for one in Optimizer if know.rate(family, there_strategy, one, None, policy)]
    optimizer = known(given.optimizer) or known(request.optimizer) or (usual or [Optimizer.ADAMW])[0]
    params = there.params if there else known(request.params)
    row = know.rate(family, there_strategy, optimizer, params, policy)
    if row is None:
        message = f"No published rate is known for the family {family} with {there_strategy} and {optimizer}."
        raise Refusal([fault("/known_rate", message)])
    return Known(given.rate, row, optimizer, known(given.batch_size))


def _within_limits(request: LrScheduleRequest, schedule: LrSchedule | None) -> LrSchedule | None:
    """The schedule, unless it is longer or holds more rates than one answer may, or steps lie behind its end."""
    if schedule is None:
        return None
    asked = known(request.steps)
    if schedule.total_steps > MOST_STEPS:
        raise Refusal(
            [fault("/epochs", f"The run would take {schedule.total_steps} steps; {MOST_STEPS} are the most.")]
        )
    if asked is not None and max(asked) > schedule.total_steps:
        raise Refusal([fault("/steps", f"The run ends at step {schedule.total_steps}.")])
    if len(schedule.points) * len(schedule.groups) > MOST_VALUES:
        most = MOST_VALUES // len(schedule.groups)
        message = f"With {len(schedule.groups)} groups an answer may hold {most} points at most."
        raise Refusal([fault("/steps" if asked else "/points", message)])
    return schedule


def _family(request: LrScheduleRequest, model: ModelRow | None) -> Family:
    """The model's family, else the given one: `schedule_faults` has refused a request with neither."""
    family = model.family if model else known(request.family)
    if family is None:
        raise ValueError("a schedule needs a model or a family")
    return family


def _blocks(
    request: LrScheduleRequest,
    know: Knowledge,
    model: ModelRow,
    strategy: Strategy,
    level: SimilarityLevel,
    inputs: Inputs,
) -> list[FreezeBlock]:
    """The model's blocks as `/freeze-plan` would set them; without a number of examples, for a medium dataset."""
    examples = known(request.examples)
    band = DatasetBand.MEDIUM
    if examples is None:
        inputs.assumed("/band", band, "no number of examples was given")
    else:
        band = BANDS.first(Size(know, examples, None))[1].value
        inputs.derived("/band", band, "from the number of examples")
    case = FreezeCase(
        know=know,
        strategy=strategy,
        band=band,
        level=level,
        anatomy=catalogue_anatomy(know, model, None, None, strategy),
        model=model,
    )
    return plan_freezing(case, Trace(explain=False)).blocks
