"""Answers `/freeze-plan`."""

from msgspec import UNSET

from service.contract.explain import Notice
from service.contract.freeze import FreezePlan, FreezePlanAnswer, FreezePlanRequest
from service.contract.words import Family
from service.core.bands import resolve_dataset
from service.core.blocks import depth_blocks, model_blocks
from service.core.contradictions import find_model, freeze_faults, refuse
from service.core.freezing import FreezeCase, plan_freezing
from service.core.inputs import Inputs, known
from service.core.notices import assumed_similarity_notice, make_notice
from service.core.phases import GENERIC_FAMILY
from service.core.similarity import Pair, resolve_similarity
from service.core.trace import Trace
from service.knowledge.index import Knowledge
from service.knowledge.model import ModelRow


def freeze_plan(request: FreezePlanRequest, know: Knowledge, explain: bool) -> FreezePlanAnswer:
    """Which blocks to freeze. Raises Refusal for a request that contradicts itself or names something unknown."""
    refuse(freeze_faults(know, request))
    inputs, trace = Inputs(), Trace(explain)
    data = resolve_dataset(know, request.dataset, True, inputs, trace)
    _, level = resolve_similarity(Pair(know, known(request.similarity)), inputs, trace)
    model = find_model(know, request.model)
    case = FreezeCase(
        know=know,
        strategy=known(request.strategy),
        band=data.band,
        level=level,
        family=_resolve_family(request, model, inputs),
        norm=model.norm if model else None,
        model=model,
        task=None,
        blocks=model_blocks(know, model, None, data.classes, known(request.strategy))
        if model
        else depth_blocks(known(request.depth) or 1),
    )
    plan = plan_freezing(case, trace)
    _note_rest(request, plan, inputs)
    return FreezePlanAnswer(
        ruleset=know.ruleset,
        resolved=inputs.resolved,
        notices=_notices(know, model, plan, inputs),
        trace=trace.entries,
        freeze_plan=plan,
    )


def _resolve_family(request: FreezePlanRequest, model: ModelRow | None, inputs: Inputs) -> Family:
    if model is not None:
        inputs.given("/model", model.id)
        inputs.derived("/family", model.family, "the family of the model")
        return model.family
    if request.family is not UNSET:
        inputs.given("/family", request.family)
        return request.family
    inputs.assumed("/family", GENERIC_FAMILY, "only the length of the phases depends on it")
    return GENERIC_FAMILY


def _note_rest(request: FreezePlanRequest, plan: FreezePlan, inputs: Inputs) -> None:
    if request.depth is not UNSET:
        inputs.given("/depth", request.depth)
    if request.strategy is UNSET:
        inputs.derived("/strategy", plan.strategy, "from the share of blocks to freeze")
    else:
        inputs.given("/strategy", request.strategy)


def _notices(know: Knowledge, model: ModelRow | None, plan: FreezePlan, inputs: Inputs) -> list[Notice]:
    notices = assumed_similarity_notice(know, inputs)
    if model is not None and plan.counts.head is None:
        notices.append(make_notice(know, "head-size-unknown", "/freeze_plan/counts/head"))
    return notices
