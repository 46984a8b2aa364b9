"""Answers `/recommend`: the whole plan for a job, and what stands beside it."""

from collections.abc import Collection

from service.contract.job import Job
from service.contract.recommend import BiggerBudget, ChecklistItem, Recommendation, StrategyOption, Verdict
from service.contract.words import BlockKind, BlockState, Strategy
from service.core.advisories.adaptation_ladder import climb
from service.core.advisories.notices.notice import notify
from service.core.advisories.outcome import Outcome
from service.core.advisories.regularisation import regularise
from service.core.advisories.risks.risk import judge_risks
from service.core.answers.bigger_budget import bigger_budget
from service.core.answers.boundaries import find_boundaries
from service.core.answers.decision import decide
from service.core.answers.resources import resources_of
from service.core.answers.summary import summarise
from service.core.answers.timing import timed_phases
from service.core.choice.decision_path import walk_path
from service.core.choice.models.ranking import present_models
from service.core.choice.strategy_ranking import ORDINALS
from service.core.job.case import JobCase
from service.core.rules.rule import Trace
from service.knowledge.index import Knowledge


def recommend(
    request: Job, know: Knowledge, explain: bool, parts: Collection[str] = Recommendation.__struct_fields__
) -> Recommendation:
    """The plan for a job. Raises Refusal for a job that contradicts itself or names something unknown.

    Lists that are not among the `parts` that are asked for are left empty where that saves work.
    """
    trace = Trace(explain, parts)
    decision = decide(request, know, "/recommend", trace)
    outcome, case, plan = decision.outcome, decision.outcome.case, decision.outcome.freeze_plan
    options, phases = outcome.options, timed_phases(outcome, trace)
    return Recommendation(
        ruleset=know.ruleset,
        resolved=outcome.inputs.resolved,
        notices=notify(outcome, trace) if "notices" in parts else [],
        verdict=_verdict(outcome, bigger_budget(request, decision, trace) if "verdict" in parts else None),
        summary=summarise(outcome, phases, trace),
        strategies=options,
        decision_path=walk_path(case, options, outcome.strategy, trace),
        boundaries=find_boundaries(outcome, decision.bars, trace) if "boundaries" in parts else [],
        models=present_models(decision.ranked, case.model.row, trace) if "models" in parts else [],
        setup=outcome.setup,
        freeze_plan=plan,
        lr_schedule=outcome.schedule,
        phases=phases,
        regularisation=regularise(outcome, trace),
        resources=resources_of(outcome, phases, trace),
        risks=judge_risks(outcome, trace) if "risks" in parts else [],
        adaptation=climb(outcome, trace) if "adaptation" in parts else [],
        checklist=_checklist(case.job),
        precedents=outcome.precedents or [],
        exports=[],
        trace=trace.entries,
    )


def _verdict(outcome: Outcome, more: BiggerBudget | None) -> Verdict:
    case, chosen = outcome.case, outcome.option(outcome.strategy)
    start = "with the architecture of" if outcome.strategy is Strategy.FROM_SCRATCH else "starting from"
    others = [option.strategy for option in outcome.options if option.feasible and option is not chosen]
    summary = f"{_title(outcome)}, {start} {case.model.name}: {_reason(outcome, chosen)}.{_opened(outcome)}"
    if more is not None:
        other = f"{more.strategy} of {more.model or case.model.name}"
        summary = f"{summary} With a bigger budget {other} comes first: it needs {more.needs}."
    return Verdict(
        strategy=outcome.strategy,
        method=outcome.method or chosen.method,
        model=case.model.row.id if case.model.row else None,
        summary=summary,
        runner_up=others[0] if others else None,
        bigger_budget=more,
    )


def _title(outcome: Outcome) -> str:
    """The strategy in words, or its method where that is not the usual one."""
    row = outcome.know.strategies[outcome.strategy]
    return row.methods.get(outcome.method, row.title) if outcome.method else row.title


def _reason(outcome: Outcome, chosen: StrategyOption) -> str:
    """Why, in the words of what speaks for it most lately; a mere place among the six is no reason."""
    if outcome.is_fixed:
        return "fixed in the request"
    reasons = (reason for reason in reversed(chosen.why) if reason.split(" ")[0] not in ORDINALS)
    return next(reasons).removesuffix(".")


def _opened(outcome: Outcome) -> str:
    """How much of the backbone trains, where the strategy's words leave that open."""
    backbone = [block for block in outcome.freeze_plan.blocks if block.kind is not BlockKind.HEAD]
    opened = sum(block.state is not BlockState.FROZEN for block in backbone)
    whole = outcome.strategy is Strategy.FULL and opened == len(backbone)
    if outcome.strategy not in (Strategy.FULL, Strategy.PARTIAL) or whole:
        return ""
    return f" {opened} of the {len(backbone)} blocks below the head train."


def _checklist(job: JobCase) -> list[ChecklistItem]:
    rows = sorted(job.know.tables.checklist, key=lambda row: row.order)
    return [ChecklistItem.from_row(row) for row in rows if job.task.track in row.tracks]
