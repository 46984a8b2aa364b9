"""The whole plan for a job, composed from the parts that answer the other questions."""

from msgspec import UNSET

from service.contract.freeze import FreezePlan
from service.contract.recommend import (
    ChecklistItem,
    Recommendation,
    RecommendRequest,
    StrategyOption,
    Verdict,
)
from service.contract.words import Method, Optimizer, Strategy
from service.core.advisories.adaptation_ladder import climb
from service.core.advisories.notices import Scheduled, notify
from service.core.advisories.outcome import Outcome
from service.core.advisories.regularisation import regularise
from service.core.advisories.risks import judge_risks
from service.core.answers.boundaries import find_boundaries
from service.core.architecture.architecture import catalogue_anatomy
from service.core.catalogue.heads import acting_family
from service.core.choice.case import Case
from service.core.choice.comparisons import USUAL_METHOD
from service.core.choice.decision_path import walk_path
from service.core.choice.feasibility import FEASIBILITY
from service.core.choice.model_ranking import Ranked, matches_source, present_models, rank_models
from service.core.choice.precedents import find_precedents
from service.core.choice.strategy_ranking import Bars, find_rival, rank_strategies
from service.core.freezing.case import FreezeCase
from service.core.freezing.plan import plan_freezing
from service.core.job.case import Job, resolve_job
from service.core.job.contradictions import find_model, recommend_faults, refuse
from service.core.job.similarity import Pair, resolve_similarity
from service.core.resources.memory import largest_open_share
from service.core.resources.plan_memory import resources
from service.core.rules.refusal import Refusal, fault
from service.core.rules.resolved_inputs import Inputs, known
from service.core.rules.trace import Trace
from service.core.schedule.case import ScheduleCase
from service.core.schedule.phase_schedules import time_phases
from service.core.schedule.plan import plan_schedule, published_rate
from service.knowledge.index import Knowledge

POINTS = 11
"""Points of the curve within a recommendation; `/lr-schedule` gives as many as asked for."""


def recommend(request: RecommendRequest, know: Knowledge, explain: bool) -> Recommendation:
    """The plan for a job. Raises Refusal for a request that contradicts itself or names something unknown."""
    refuse(recommend_faults(know, request))
    inputs, trace = Inputs(), Trace(explain)
    job = resolve_job(request, know, inputs, trace)
    ranked = rank_models(job)
    case = _resolve_case(request, job, ranked, inputs, trace)
    bars = list(FEASIBILITY.all(case))
    options = rank_strategies(case, bars, trace)
    strategy = _choose(request, case, bars, options)
    method = next(option.method for option in options if option.strategy is strategy)
    plan = _plan_freezing(case, strategy, method, trace)
    schedule_case = _schedule_case(request, case, strategy, method, plan)
    schedule = plan_schedule(schedule_case, inputs, trace)
    optimizer = schedule.optimizer if schedule else Optimizer.ADAMW
    outcome = Outcome(
        request=request,
        case=case,
        strategy=strategy,
        options=options,
        freeze_plan=plan,
        schedule=schedule,
        rates=published_rate(schedule_case, optimizer) if schedule else None,
        similarity_origin=inputs.resolved["/similarity"].origin,
        precedents=find_precedents(case, trace),
        rival=find_rival(case, bars, options[0].strategy) if request.fixed.strategy is UNSET else None,
    )
    scheduled = Scheduled(know, schedule_case, schedule, outcome.rates, case.model.norm, job.machine.count)
    return Recommendation(
        ruleset=know.ruleset,
        resolved=inputs.resolved,
        notices=notify(outcome, scheduled, trace),
        verdict=_verdict(case, options, strategy),
        strategies=options,
        decision_path=walk_path(case, options, strategy, trace),
        boundaries=find_boundaries(case, bars, options[0].strategy, trace),
        models=present_models(ranked, case.model, trace),
        freeze_plan=plan,
        lr_schedule=schedule,
        phases=time_phases(schedule_case, plan, schedule, trace),
        regularisation=regularise(outcome, trace),
        resources=resources(case, optimizer, plan, trace),
        risks=judge_risks(outcome, trace),
        adaptation=climb(outcome, trace),
        checklist=_checklist(job),
        precedents=outcome.precedents,
        exports=[],
        trace=trace.entries,
    )


def _resolve_case(request: RecommendRequest, job: Job, ranked: list[Ranked], inputs: Inputs, trace: Trace) -> Case:
    """The case: the given model, or the best of the ranking, and how alike the data are."""
    know = job.know
    model = find_model(know, request.source.model)
    if model is not None:
        inputs.given("/source/model", model.id)
    else:
        model = ranked[0].candidate.model
        inputs.derived("/source/model", model.id, "first of the ranked models")
    source_domain = known(request.source.domain)
    if source_domain is not None and know.domains[source_domain].modality not in job.task.modalities:
        source_domain = None
    pair = Pair(
        know=know,
        given=job.given_similarity,
        corpus=model.corpus,
        source_domain=None if matches_source(job, model) else source_domain,
        target_domain=known(request.target.domain),
    )
    similarity, level = resolve_similarity(pair, inputs, trace)
    return Case(job, model, similarity, level)


def _choose(request: RecommendRequest, case: Case, bars: Bars, options: list[StrategyOption]) -> Strategy:
    """The fixed strategy where there is one, else the first. Raises Refusal for a fixed one that cannot be done."""
    fixed = request.fixed.strategy
    if fixed is UNSET:
        return options[0].strategy
    for _, blocked in bars:
        if fixed in blocked.reasons and not blocked.only_memory:
            reason = blocked.reasons[fixed]
            raise Refusal(
                [fault("/fixed/strategy", f"This strategy cannot be carried out with {case.model.id}: {reason}.")]
            )
    return fixed


def _plan_freezing(case: Case, strategy: Strategy, method: Method, trace: Trace) -> FreezePlan:
    return plan_freezing(
        FreezeCase(
            know=case.know,
            strategy=strategy,
            band=case.job.data.band,
            level=case.level,
            anatomy=catalogue_anatomy(case.know, case.model, case.job.task.id, case.job.data.classes, strategy),
            model=case.model,
            task=case.job.task.id,
            optimizer=known(case.job.fixed.optimizer) or Optimizer.ADAMW,
            batch_size=known(case.job.fixed.batch_size),
            new_stem=case.needs_new_stem,
            method=method,
            most_open_share=largest_open_share(
                case.know,
                case.model.params,
                known(case.job.fixed.optimizer) or Optimizer.ADAMW,
                case.job.machine.total_gib,
            ),
        ),
        trace,
    )


def _schedule_case(
    request: RecommendRequest, case: Case, strategy: Strategy, method: Method, plan: FreezePlan
) -> ScheduleCase:
    fixed = request.fixed
    return ScheduleCase(
        know=case.know,
        prefix="/fixed",
        family=acting_family(case.model, case.job.task.id),
        strategy=strategy,
        level=case.level,
        params=case.model.params,
        blocks=plan.blocks,
        optimizer=known(fixed.optimizer),
        batch_size=known(fixed.batch_size),
        examples=case.job.data.examples,
        epochs=known(fixed.epochs),
        total_steps=None,
        shape=None,
        fixed_rate=known(fixed.peak_rate),
        points=POINTS,
        policy=case.job.policy,
        method=method,
        classes=case.job.data.classes,
    )


def _verdict(case: Case, options: list[StrategyOption], strategy: Strategy) -> Verdict:
    chosen = next(option for option in options if option.strategy is strategy)
    reason = chosen.why[-1] if case.job.fixed.strategy is UNSET else "fixed in the request."
    start = "with the architecture of" if strategy is Strategy.FROM_SCRATCH else "starting from"
    others = [option.strategy for option in options if option.feasible and option.strategy is not strategy]
    return Verdict(
        strategy=strategy,
        method=chosen.method,
        model=case.model.id,
        summary=f"{_title(case, chosen)}, {start} {case.model.id}: {reason}",
        runner_up=others[0] if others else None,
    )


def _title(case: Case, chosen: StrategyOption) -> str:
    """The strategy in words, and the method where it is not the usual one."""
    title = case.know.strategies[chosen.strategy].title
    return title if chosen.method is USUAL_METHOD[chosen.strategy] else f"{title} ({chosen.method})"


def _checklist(job: Job) -> list[ChecklistItem]:
    rows = sorted(job.know.tables.checklist, key=lambda row: row.order)
    return [
        ChecklistItem(row.id, row.item, row.why, row.pass_criterion) for row in rows if job.task.track in row.tracks
    ]
