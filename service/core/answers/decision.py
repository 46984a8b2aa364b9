"""What is decided for a job, whichever question it is asked with: strategy, freeze plan, schedule.

Every answer is a view of this one outcome, so that no two of them can differ.
"""

import msgspec
from msgspec import UNSET, Struct

from service.contract.freeze import FreezePlan
from service.contract.job import Job, JobCompute
from service.contract.recommend import StrategyOption
from service.contract.schedule import TrainingSetup
from service.contract.words import BlockKind, BlockState, Method, Sharding, Strategy
from service.core.advisories.outcome import Outcome
from service.core.answers.timing import hours_of, time_limit
from service.core.choice.beginning import Beginning, Unbound, begin, unbound_choice
from service.core.choice.case import Case
from service.core.choice.comparisons import trains
from service.core.choice.feasibility import Bar, barring, too_much
from service.core.choice.models.ranking import RankedModel, rank_models
from service.core.choice.precedents import find_precedents
from service.core.choice.start import names_model
from service.core.choice.strategy_ranking import Bars, find_rival, rank_strategies
from service.core.freezing.case import FreezeCase
from service.core.freezing.plan import freeze_case, plan_freezing
from service.core.job.case import understand
from service.core.job.dataset_size import LABELLED
from service.core.job.machine import Machine
from service.core.resources.fitting import fits
from service.core.resources.memory import Need
from service.core.resources.setup import SetupCase, set_up
from service.core.rules.example_requests import RESNET, SCRATCH, TINY_CONVNET, freeze, job
from service.core.rules.refusal import Refusal, fault, late_refusal, refuse_contradictions
from service.core.rules.resolved_inputs import Inputs, known
from service.core.rules.rule import Rule, Trace
from service.core.schedule.case import TimeLimit
from service.core.schedule.opening import open_schedule
from service.core.schedule.plan import SchedulePlan, plan_schedule
from service.knowledge.index import Knowledge

BARRED = late_refusal(
    "refuse-barred-strategy",
    "A fixed strategy that the model cannot carry out is refused; one that only lacks memory is planned.",
    fires=(
        job(source=RESNET, fixed={"strategy": "zero-shot"}).decides("/fixed/strategy"),
        freeze(500, model="resnet50", strategy="parameter-efficient").decides("/fixed/strategy"),
        freeze(500, parameters=TINY_CONVNET, strategy="feature-extraction").decides("/fixed/strategy"),
    ),
    silent=(job(source=RESNET, fixed=SCRATCH), freeze(500, depth=12, strategy="from-scratch")),
)


UNSHARED = late_refusal(
    "refuse-sharding-against-count",
    "One device has nobody to share with; several share a step, each with the whole model or with a part.",
    fires=(
        job(fixed={"sharding": "zero-2"}).decides("/fixed/sharding"),
        job(compute={"device": "a100", "count": 2}, fixed={"sharding": "none"}).decides("/fixed/sharding"),
    ),
    silent=(job(compute={"device": "a100", "count": 2}, fixed={"sharding": "zero-2"}),),
)
NOT_ANEW = late_refusal(
    "refuse-checkpointing-of-family",
    "A run whose blocks trainers are not known to compute anew in the backward pass is not sized so.",
    fires=(job(source=RESNET, fixed={"checkpointing": True}).decides("/fixed/checkpointing"),),
    silent=(job(fixed={"checkpointing": True}), job(source=RESNET, fixed={"checkpointing": False})),
)


SETTLED = ("checkpointing", "sharding", "attention")
"""Members of `fixed` that the setup decides where they are left out."""


class Decision(Struct, frozen=True):
    """The outcome, with what only a whole plan shows: the ranked models, and what bars strategies.

    `unbound`: what more memory or hours would change; None where nothing.
    """

    outcome: Outcome
    ranked: list[RankedModel]
    bars: Bars
    unbound: Unbound | None


def decide(request: Job, know: Knowledge, route: str, trace: Trace) -> Decision:
    """Everything that is decided for the job.

    Raises Refusal for a job that contradicts itself, names something unknown, or lacks what the route needs.
    """
    refuse_contradictions(request, know, route)
    inputs = Inputs()
    understood = understand(request, know, inputs, trace)
    wanted = understood.decides and (trace.answers("/models") or not names_model(know, request.source))
    ranked = rank_models(understood) if wanted else []
    noted, resolved, tried = len(trace.entries), dict(inputs.resolved), dict[str, bool]()
    first: Beginning | None = None
    while True:
        start = begin(understood, ranked, inputs, trace, tried)
        first = first or start.first or start
        _refuse_setup(start.case)
        outcome = _plan(start, inputs, trace)
        if start.case.model.name in tried or not start.is_hindered:
            break
        # The plan takes more than its strategy takes at the least: another model may have room.
        tried[start.case.model.name] = start.does
        del trace.entries[noted:]
        inputs.resolved = dict(resolved)
    outcome = msgspec.structs.replace(outcome, hours=hours_of(outcome), instead=start.instead)
    unbound = unbound_choice(first, start, outcome.strategy) if outcome.options else None
    return Decision(outcome, ranked, start.bars, unbound)


def _plan(start: Beginning, inputs: Inputs, trace: Trace) -> Outcome:
    """The plan by the first strategy that fits memory and hours. What does not is added to what bars strategies."""
    case, bars = start.case, start.bars
    noted, resolved = len(trace.entries), dict(inputs.resolved)
    fixed = case.job.fixed_strategy
    limit: TimeLimit | None = None
    while True:
        options = rank_strategies(case, bars, trace) if case.job.decides else []
        strategy, method = _choose(case, bars, options)
        freezing = freeze_case(case, strategy, method)
        plan = plan_freezing(freezing, trace) if freezing else None
        settled = _settle(strategy, plan, inputs)
        opened = open_schedule(case, settled, method, plan, inputs)
        scheduled = plan_schedule(opened.decided(limit=limit), inputs, trace) if opened else None
        setup, need = _set_up(case, settled, method, freezing, plan, scheduled, inputs, trace)
        outcome = Outcome(
            inputs=inputs,
            case=case,
            strategy=settled,
            method=method,
            options=options,
            rival=find_rival(case, bars, options[0].strategy) if options and not fixed else None,
            precedents=find_precedents(case, trace) if trace.answers("/precedents") else None,
            freezing=freezing,
            plan=plan,
            scheduled=scheduled,
            setup=setup,
            need=need,
        )
        said = any(option.strategy is settled and option.feasible for option in options)
        least = scheduled.case.device_batch.per_device if scheduled and case.together else need.per_device
        if said and not (need.per_device >= least and fits(need, case.job.machine)):
            # The plan takes more than the strategy takes at the least: it is barred like any other that does not fit.
            bars.append(_misfit(settled, need, case.job.machine, least))
            limit = None
        elif (shorter := time_limit(outcome)) is not None:
            limit = shorter  # planned once more, as long as the hours allow
        elif said and not fixed and (late := _too_late(outcome)) is not None:
            bars.append(late)
            limit = None
        else:
            return outcome
        del trace.entries[noted:]
        inputs.resolved = dict(resolved)


def _choose(case: Case, bars: Bars, options: list[StrategyOption]) -> tuple[Strategy | None, Method | None]:
    """The strategy and its method: the fixed ones, else the first; None where the depth to freeze decides.

    Raises Refusal for a fixed strategy that the model cannot carry out.
    """
    fixed, job = case.job.fixed, case.job
    method = known(fixed.method)
    strategy = job.fixed_strategy
    if strategy is not None:
        _refuse_barred(case, strategy, bars)
    if not options:
        buildable = case.model.row is not None or case.model.anatomy is not None
        return strategy or (None if job.size is not None and buildable else Strategy.FULL), method
    strategy = strategy or options[0].strategy
    return strategy, method or next(option.method for option in options if option.strategy is strategy)


def _refuse_barred(case: Case, strategy: Strategy, bars: Bars) -> None:
    """Raises Refusal for a strategy that is barred for another reason than memory."""
    reasons = {reason for _, blocked in bars if not blocked.only_memory for reason in _reason(blocked, strategy)}
    if not case.job.decides and strategy is Strategy.PARAMETER_EFFICIENT and not case.model.adaptable:
        reasons.add("no adapter targets are known for this architecture")
    if not case.job.decides and strategy is Strategy.FEATURE_EXTRACTION and not case.model.lists_head:
        reasons.add("the listed model has no head: list it with its new head")
    if reasons:
        told = "; ".join(sorted(reasons))
        message = f"This strategy cannot be carried out with {case.model.name}: {told}."
        raise Refusal([fault(case.job.choice_pointer, message)], BARRED)


def _refuse_setup(case: Case) -> None:
    """Raises Refusal for a way to set the run up that these devices, or this family, do not have."""
    fixed, count = case.job.fixed, case.job.machine.count
    sharding = known(fixed.sharding)
    if sharding is not None and (sharding is Sharding.NONE) is (count > 1):
        raise Refusal([fault("/fixed/sharding", f"The job has {count} of these devices.")], UNSHARED)
    if known(fixed.checkpointing) and not case.footprint.row.checkpoints:
        message = f"Blocks of the family {case.model.family} are not known to be computed anew."
        raise Refusal([fault("/fixed/checkpointing", message)], NOT_ANEW)


def _reason(blocked: Bar, strategy: Strategy) -> list[str]:
    return [blocked.reasons[strategy]] if strategy in blocked.reasons else []


def _settle(strategy: Strategy | None, plan: FreezePlan | None, inputs: Inputs) -> Strategy:
    """The strategy that is carried out: where none was chosen, the one that the depth to freeze amounts to."""
    if strategy is None and plan is not None:
        inputs.derived("/fixed/strategy", plan.strategy, "from the share of blocks to freeze")
        return plan.strategy
    if strategy is None:
        raise LookupError("a job without a plan has a strategy")
    return strategy


def _misfit(strategy: Strategy, need: Need, machine: Machine, per_device: int) -> tuple[Rule[Case, Bar], Bar]:
    """That the plan of a strategy does not fit, with so many examples at a time, although its leanest form would."""
    rule = barring("memory-exceeded")
    reason, least = too_much(need, machine, strategy, per_device)
    return rule, Bar({strategy: reason}, need.rows, {strategy: least}, only_memory=True)


def _too_late(outcome: Outcome) -> tuple[Rule[Case, Bar], Bar] | None:
    """That the plan of a strategy does not end in time, however short it is made; None where it does."""
    hours, needed = known(outcome.request.compute.hours), hours_of(outcome)
    if hours is None or needed is None or needed <= hours:
        return None
    rule = barring("hours-exceeded")
    reason = f"the shortest run takes {needed:.3g} h, there are {hours:g}"
    return rule, Bar({outcome.strategy: reason}, hours={outcome.strategy: needed}, only_memory=True)


def _set_up(
    case: Case,
    strategy: Strategy,
    method: Method | None,
    freezing: FreezeCase | None,
    plan: FreezePlan | None,
    scheduled: SchedulePlan | None,
    inputs: Inputs,
    trace: Trace,
) -> tuple[TrainingSetup, Need]:
    """The run as it is set up, and the memory that it needs, noted with their reasons."""
    job, rule, precision = case.job, *case.precision
    if known(job.fixed.precision) is None:
        inputs.assumed("/fixed/precision", precision.value, precision.formula)
    asked = job.request.dataset
    told = any(getattr(asked, name) is not UNSET for name in ("labels_per_example", "rarest_class", "class_counts"))
    batch = scheduled.case.device_batch if scheduled else None
    need = _need(case, strategy, method, freezing, plan)
    optimizer = scheduled.case.optimizer if scheduled else need.optimizer
    wanted = SetupCase(
        know=case.know,
        machine=job.machine,
        method=method,
        labels=job.labels,
        labelled=job.target.id in LABELLED if job.target else told,
        size=job.size,
        strategy=strategy,
        need=msgspec.structs.replace(need, optimizer=optimizer, devices=batch.devices if batch else need.devices),
        limited=job.decides or (case.model.sized and job.request.compute != JobCompute()),
        batch=batch,
        per_device_given=known(job.fixed.per_device_batch_size) is not None,
        attention=case.attention,
        together=case.together,
    )
    setup, need = set_up(wanted, (rule, precision), trace)
    for name in SETTLED:
        value = getattr(setup, name)
        if value is not None and known(getattr(job.fixed, name)) is None:
            inputs.derived(f"/fixed/{name}", value, "as the plan is set up")
    return setup, need


def _need(
    case: Case, strategy: Strategy, method: Method | None, freezing: FreezeCase | None, plan: FreezePlan | None
) -> Need:
    """The memory of the plan: by its own counts where they are exact, else as of any such strategy."""
    if not trains(strategy, method):
        return case.idle_need
    need = case.need(strategy)
    if plan is None or freezing is None:
        return need
    layers = [block for block in plan.blocks if block.kind is not BlockKind.HEAD]
    opened = [place for place, block in enumerate(layers) if block.state is not BlockState.FROZEN]
    first = case.first_layer if plan.adapter else opened[0] if opened else len(need.footprint.params_from) - 1
    need = msgspec.structs.replace(need, first=first)
    trained = plan.phases[-1].trainable if plan.phases else plan.counts.trainable
    if trained is None or plan.counts.total is None:  # a head whose size is not told: what trains below it is known
        backbone, frozen = plan.counts.backbone, plan.counts.frozen
        if backbone is None or frozen is None or plan.adapter:
            return need
        return msgspec.structs.replace(need, opened=backbone - frozen)
    heads = [block for block in plan.blocks if block.kind is BlockKind.HEAD and not freezing.anatomy.keeps_head]
    head = sum(block.params or 0 for block in heads)
    adapter = plan.adapter.params or 0 if plan.adapter else 0
    return msgspec.structs.replace(
        need, held=plan.counts.total - head, opened=trained - adapter - head, head=head, adapter=adapter
    )
