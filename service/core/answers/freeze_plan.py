"""Answers `/freeze-plan`."""

from msgspec import UNSET

from service.contract.freeze import FreezePlan, FreezePlanAnswer, FreezePlanRequest
from service.contract.job import JobCompute
from service.contract.words import BlockKind, Optimizer, Policy, Strategy
from service.core.advisories.notices import FreezeAsked, notify_freezing
from service.core.architecture.architecture import Anatomy, catalogue_anatomy, depth_anatomy
from service.core.architecture.inference import infer_anatomy
from service.core.freezing.case import FreezeCase
from service.core.freezing.plan import plan_freezing
from service.core.freezing.unfreezing_phases import GENERIC_FAMILY
from service.core.job.contradictions import find_model, freeze_faults, refuse
from service.core.job.dataset_size import Data, resolve_dataset
from service.core.job.machine import resolve_machine
from service.core.job.similarity import Pair, resolve_similarity
from service.core.resources.memory import largest_open_share
from service.core.rules.refusal import Refusal, fault
from service.core.rules.resolved_inputs import Inputs, known, note_given
from service.core.rules.trace import Trace
from service.core.schedule.case import ScheduleCase
from service.core.schedule.phase_schedules import time_phases
from service.core.schedule.plan import plan_schedule
from service.knowledge.index import Knowledge

POINTS = 11
"""Points of the curve within a freeze plan; `/lr-schedule` gives as many as asked for."""


def freeze_plan(request: FreezePlanRequest, know: Knowledge, explain: bool) -> FreezePlanAnswer:
    """Which blocks to freeze. Raises Refusal for a request that contradicts itself or names something unknown."""
    refuse(freeze_faults(know, request))
    inputs, trace = Inputs(), Trace(explain)
    data = resolve_dataset(know, request.dataset, True, inputs, trace)
    _, level = resolve_similarity(Pair(know, known(request.similarity)), inputs, trace)
    anatomy = _resolve_anatomy(request, know, data.classes, inputs, trace)
    optimizer = known(request.optimizer) or Optimizer.ADAMW
    _refuse_headless(request, anatomy)
    case = FreezeCase(
        know=know,
        strategy=known(request.strategy),
        band=data.band,
        level=level,
        anatomy=anatomy,
        model=find_model(know, request.model),
        optimizer=optimizer,
        batch_size=known(request.batch_size),
        shift=known(request.shift),
        most_open_share=_most_open_share(request, know, anatomy, optimizer, inputs),
    )
    plan = plan_freezing(case, trace)
    _note_rest(request, plan, inputs)
    scheduled = _schedule_case(request, case, plan, data)
    schedule = plan_schedule(scheduled, inputs, trace) if scheduled else None
    return FreezePlanAnswer(
        ruleset=know.ruleset,
        resolved=inputs.resolved,
        notices=notify_freezing(FreezeAsked(request, case, plan, schedule, inputs), inputs, trace),
        trace=trace.entries,
        freeze_plan=plan,
        lr_schedule=schedule,
        phases=time_phases(scheduled, plan, schedule, trace) if scheduled else [],
        exports=[],
    )


def _resolve_anatomy(
    request: FreezePlanRequest, know: Knowledge, classes: int | None, inputs: Inputs, trace: Trace
) -> Anatomy:
    """The build of the model, in whichever form it was given."""
    model = find_model(know, request.model)
    if model is not None:
        inputs.given("/model", model.id)
        inputs.derived("/family", model.family, "the family of the model")
        return catalogue_anatomy(know, model, None, classes, known(request.strategy))
    for name in ("family", "norm"):
        given = getattr(request, name)
        if given is not UNSET:
            inputs.given(f"/{name}", given)
    if request.depth is not UNSET:
        inputs.given("/depth", request.depth)
        if request.family is UNSET:
            inputs.assumed("/family", GENERIC_FAMILY, "only the length of the phases depends on it")
        return depth_anatomy(request.depth, known(request.family), known(request.norm))
    return infer_anatomy(request, know, inputs, trace)


def _refuse_headless(request: FreezePlanRequest, anatomy: Anatomy) -> None:
    """Raises Refusal where a head alone is to be trained and the listed model has none of its own."""
    has_head = any(block.kind is BlockKind.HEAD and block.params != 0 for block in anatomy.blocks)
    if request.strategy is Strategy.FEATURE_EXTRACTION and not has_head:
        message = "Feature extraction trains a head, and the listed model has none: list it with its new head."
        raise Refusal([fault("/strategy", message)])


def _most_open_share(
    request: FreezePlanRequest, know: Knowledge, anatomy: Anatomy, optimizer: Optimizer, inputs: Inputs
) -> float:
    """The share of the parameters that memory lets train; 1 where nothing is said of the machine."""
    if request.compute == JobCompute() or anatomy.params is None:
        return 1.0
    machine = resolve_machine(request.compute, know, inputs)
    return largest_open_share(know, anatomy.params, optimizer, machine.total_gib)


def _note_rest(request: FreezePlanRequest, plan: FreezePlan, inputs: Inputs) -> None:
    note_given("", request, inputs, skip=SHOWN_ELSEWHERE)
    if request.strategy is UNSET:
        inputs.derived("/strategy", plan.strategy, "from the share of blocks to freeze")


SHOWN_ELSEWHERE = (
    "dataset",
    "model",
    "parameters",
    "safetensors",
    "safetensors_index",
    "tied",
    "similarity",
    "compute",
    "dialects",
)
"""Fields of the request that are noted where they are understood, or that are no single values."""


def _schedule_case(request: FreezePlanRequest, case: FreezeCase, plan: FreezePlan, data: Data) -> ScheduleCase | None:
    """What the schedule of the last phase is made from; None where no rate is known for such a model and strategy."""
    family = case.family
    if family is None or plan.strategy not in case.know.trainable[family]:
        return None
    return ScheduleCase(
        know=case.know,
        prefix="",
        family=family,
        strategy=plan.strategy,
        level=case.level,
        params=case.anatomy.params,
        blocks=plan.blocks,
        optimizer=known(request.optimizer),
        batch_size=known(request.batch_size),
        examples=data.examples,
        epochs=known(request.epochs),
        total_steps=None,
        shape=None,
        fixed_rate=known(request.peak_rate),
        points=POINTS,
        policy=known(request.policy) or Policy.EVIDENCE,
    )
