"""Answers `/lr-schedule`."""

from msgspec import UNSET

from service.contract.freeze import FreezeBlock
from service.contract.schedule import LrScheduleAnswer, LrScheduleRequest
from service.contract.words import Band, Family, Level, Optimizer, Strategy
from service.core.bands import BANDS, Size
from service.core.blocks import model_blocks
from service.core.contradictions import find_model, refuse, schedule_faults
from service.core.freezing import FreezeCase, plan_freezing
from service.core.inputs import Inputs, known
from service.core.notices import Scheduled, notify_schedule
from service.core.scheduling import ScheduleCase, plan_schedule
from service.core.similarity import Pair, resolve_similarity
from service.core.trace import Trace
from service.knowledge.index import Knowledge
from service.knowledge.model import ModelRow

DEFAULT_POINTS = 50
"""Points of a curve where the caller asks for no number."""


def lr_schedule(request: LrScheduleRequest, know: Knowledge, explain: bool) -> LrScheduleAnswer:
    """Which rate for which block at which step. Raises Refusal as `freeze_plan` does."""
    refuse(schedule_faults(know, request))
    inputs, trace = Inputs(), Trace(explain)
    for name in request.__struct_fields__:
        if (value := getattr(request, name)) is not UNSET:
            inputs.given(f"/{name}", value)
    strategy = known(request.strategy) or Strategy.FULL
    if request.strategy is UNSET:
        inputs.assumed("/strategy", strategy, "a schedule is mostly asked for full fine-tuning")
    _, level = resolve_similarity(Pair(know, known(request.similarity)), inputs, trace)
    model = find_model(know, request.model)
    case = ScheduleCase(
        know=know,
        prefix="",
        family=_family(request, model),
        strategy=strategy,
        level=level,
        params=model.params if model else None,
        blocks=_blocks(request, know, model, strategy, level, inputs) if model else None,
        optimizer=known(request.optimizer),
        batch_size=known(request.batch_size),
        examples=known(request.examples),
        epochs=known(request.epochs),
        total_steps=known(request.total_steps),
        shape=known(request.shape),
        fixed_rate=known(request.peak_rate),
        points=known(request.points) or DEFAULT_POINTS,
    )
    schedule = plan_schedule(case, inputs, trace)
    optimizer = schedule.optimizer if schedule else Optimizer.ADAMW
    rates = know.rate(case.family, strategy, optimizer, case.params)
    scheduled = Scheduled(know, case, schedule, rates, model.norm if model else None, 1)
    return LrScheduleAnswer(
        ruleset=know.ruleset,
        resolved=inputs.resolved,
        notices=notify_schedule(scheduled, inputs, trace),
        trace=trace.entries,
        lr_schedule=schedule,
    )


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
    level: Level,
    inputs: Inputs,
) -> list[FreezeBlock]:
    """The model's blocks as `/freeze-plan` would set them; without a number of examples, for a medium dataset."""
    examples = known(request.examples)
    band = Band.MEDIUM
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
        family=model.family,
        norm=model.norm,
        model=model,
        task=None,
        blocks=model_blocks(know, model, None, None, strategy),
    )
    return plan_freezing(case, Trace(explain=False)).blocks
