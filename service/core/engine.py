"""The engine's front: one function for each question. All are pure functions of a request and the knowledge."""

from msgspec import UNSET

from service.contract.freeze import FreezePlanAnswer, FreezePlanRequest
from service.contract.schedule import LrScheduleAnswer, LrScheduleRequest
from service.contract.words import Band, Strategy
from service.core.bands import BANDS, Size, resolve_dataset
from service.core.blocks import depth_blocks, model_blocks
from service.core.contradictions import find_model, freeze_faults, refuse, schedule_faults
from service.core.freezing import FreezeCase, plan_freezing
from service.core.inputs import Inputs
from service.core.library import rule_list, rule_view, source_list, topic_list, topic_view
from service.core.matrix import MatrixFilter, matrix
from service.core.notices import assumed_similarity_notice, make_notice
from service.core.phases import GENERIC_FAMILY
from service.core.recommend import recommend
from service.core.scheduling import ScheduleCase, plan_schedule
from service.core.similarity import Pair, resolve_similarity
from service.core.trace import Trace
from service.knowledge.index import Knowledge

__all__ = [
    "MatrixFilter",
    "freeze_plan",
    "lr_schedule",
    "matrix",
    "recommend",
    "rule_list",
    "rule_view",
    "source_list",
    "topic_list",
    "topic_view",
]

DEFAULT_POINTS = 50
"""Points of a curve where the caller asks for no number."""


def freeze_plan(request: FreezePlanRequest, know: Knowledge, explain: bool) -> FreezePlanAnswer:
    """Which blocks to freeze. Raises Refusal for a request that contradicts itself or names something unknown."""
    refuse(freeze_faults(know, request))
    inputs, trace = Inputs(), Trace(explain)
    data = resolve_dataset(know, request.dataset, True, inputs, trace)
    model = find_model(know, request.model)
    _, level = resolve_similarity(
        Pair(
            know=know,
            given=None if request.similarity is UNSET else request.similarity,
            corpus=None,
            source_domain=None,
            source_modality=None,
            target_domain=None,
            target_modality=None,
        ),
        inputs,
        trace,
    )
    if model is not None:
        inputs.given("/model", model.id)
        family = model.family
    elif request.family is not UNSET:
        family = request.family
        inputs.given("/family", family)
    else:
        family = GENERIC_FAMILY
        inputs.assumed("/family", family, "only the length of the phases depends on it")
    if request.depth is not UNSET:
        inputs.given("/depth", request.depth)
    if request.strategy is not UNSET:
        inputs.given("/strategy", request.strategy)
    depth = 1 if request.depth is UNSET else request.depth
    plan = plan_freezing(
        FreezeCase(
            know=know,
            strategy=None if request.strategy is UNSET else request.strategy,
            band=data.band,
            level=level,
            family=family,
            norm=model.norm if model else None,
            model=model,
            task=None,
            blocks=model_blocks(know, model, None, data.classes) if model else depth_blocks(depth),
        ),
        trace,
    )
    if request.strategy is UNSET:
        inputs.derived("/strategy", plan.strategy, "from the share of blocks to freeze")
    notices = assumed_similarity_notice(know, inputs)
    if model is not None and plan.counts.head is None:
        notices.append(make_notice(know, "head-size-unknown", "/freeze_plan/counts/head"))
    return FreezePlanAnswer(
        ruleset=know.ruleset, resolved=inputs.resolved, notices=notices, trace=trace.entries, freeze_plan=plan
    )


def lr_schedule(request: LrScheduleRequest, know: Knowledge, explain: bool) -> LrScheduleAnswer:
    """Which rate for which block at which step. Raises Refusal as `freeze_plan` does."""
    refuse(schedule_faults(know, request))
    inputs, trace = Inputs(), Trace(explain)
    for name in request.__struct_fields__:
        if (value := getattr(request, name)) is not UNSET:
            inputs.given(f"/{name}", value)
    model = find_model(know, request.model)
    strategy = Strategy.FULL if request.strategy is UNSET else request.strategy
    if request.strategy is UNSET:
        inputs.assumed("/strategy", strategy, "a schedule is mostly asked for full fine-tuning")
    _, level = resolve_similarity(
        Pair(
            know=know,
            given=None if request.similarity is UNSET else request.similarity,
            corpus=None,
            source_domain=None,
            source_modality=None,
            target_domain=None,
            target_modality=None,
        ),
        inputs,
        trace,
    )
    family = model.family if model else request.family
    assert family is not UNSET  # noqa: S101 -- schedule_faults has refused a request with neither
    blocks = None
    if model is not None:
        band = Band.MEDIUM
        if request.examples is not UNSET:
            band = BANDS.first(Size(know, request.examples, None))[1].value
        blocks = plan_freezing(
            FreezeCase(
                know=know,
                strategy=strategy,
                band=band,
                level=level,
                family=model.family,
                norm=model.norm,
                model=model,
                task=None,
                blocks=model_blocks(know, model, None, None),
            ),
            Trace(explain=False),
        ).blocks
    schedule = plan_schedule(
        ScheduleCase(
            know=know,
            prefix="",
            family=family,
            strategy=strategy,
            level=level,
            params=model.params if model else None,
            blocks=blocks,
            optimizer=None if request.optimizer is UNSET else request.optimizer,
            batch_size=None if request.batch_size is UNSET else request.batch_size,
            examples=None if request.examples is UNSET else request.examples,
            epochs=None if request.epochs is UNSET else request.epochs,
            total_steps=None if request.total_steps is UNSET else request.total_steps,
            shape=None if request.shape is UNSET else request.shape,
            fixed_rate=None if request.peak_rate is UNSET else request.peak_rate,
            points=DEFAULT_POINTS if request.points is UNSET else request.points,
        ),
        inputs,
        trace,
    )
    return LrScheduleAnswer(
        ruleset=know.ruleset,
        resolved=inputs.resolved,
        notices=assumed_similarity_notice(know, inputs),
        trace=trace.entries,
        lr_schedule=schedule,
    )
