"""The four answers to a job: what to do, with what, for how long, and where to look further.

A terminal gets about a dozen lines, a page the reasons, the whole texts of notices and every assumption besides.
"""

from collections.abc import Iterable, Iterator

from service.contract.explain import Answer, AnswerNotice
from service.contract.freeze import FreezeAdapter, FreezePlanAnswer
from service.contract.recommend import PlanRisk, Recommendation, Verdict
from service.contract.resources import PlanResources, ResourcesAnswer, RunTime
from service.contract.schedule import LrSchedule, LrScheduleAnswer, TrainingPhase, TrainingSetup
from service.contract.summary import BlockSpan, PlanSummary
from service.contract.words import BlockState, InputOrigin, Likelihood, Severity, Sharding, Strategy
from service.texts.page import Fact, Section, Text, counted, number

SHARED = {
    Sharding.ZERO_1: ", ZeRO-1",
    Sharding.ZERO_2: ", ZeRO-2",
    Sharding.SHARDED: ", sharded (FSDP or ZeRO-3)",
}
STATES = {BlockState.FROZEN: "frozen", BlockState.LOW_RATE: "low rate", BlockState.FULL_RATE: "full rate"}
EXPECTED = (Likelihood.LIKELY, Likelihood.OBSERVED)
CHOICES = ("/fixed/", "/schedule/", "/policy")
"""Inputs that were not given and are none of the caller's world: other lines tell what was chosen."""

MOST = 3
"""Warnings, and pages to read, that a terminal gets."""


def recommendation(answer: Recommendation) -> Text:
    """The verdict, and the run that follows from it."""
    title, _, reason = answer.verdict.summary.partition(": ")
    facts = (
        *_choice(answer.verdict, reason, answer.setup),
        *_trained(answer.summary, answer.setup, answer.freeze_plan.adapter),
        *_run(answer.summary, answer.setup, answer.lr_schedule, answer.phases),
        *_memory(answer.resources),
        *_beside(answer, answer.risks),
    )
    return Text(title, (Section(facts=facts),))


def freeze_plan(answer: FreezePlanAnswer) -> Text:
    """The blocks, the run, and what must hold before the first step."""
    plan = answer.freeze_plan
    facts = (
        *_trained(answer.summary, answer.setup, plan.adapter),
        *_run(answer.summary, answer.setup, answer.lr_schedule, answer.phases),
        *_beside(answer),
    )
    check = Section("Check before the first step", paragraphs=tuple(plan.self_check))
    return Text(f"Freeze plan: {plan.strategy}", (Section(facts=facts), check))


def lr_schedule(answer: LrScheduleAnswer) -> Text:
    """The rates and the curve."""
    schedule = answer.lr_schedule
    run = _run(answer.summary, answer.setup, schedule, [])
    facts = (*_trained(answer.summary, answer.setup), *run, *_curve(schedule), *_beside(answer))
    title = f"Learning rates: {schedule.strategy}" if schedule else "Learning rates: nothing is trained"
    return Text(title, (Section(facts=facts),))


def resources(answer: ResourcesAnswer) -> Text:
    """What the run takes of each device, and of what that is made."""
    told = answer.resources
    batch = Fact("Batch", _batch(answer.summary, answer.setup))
    facts = (*_trained(answer.summary, answer.setup), batch, *_memory(told), *_terms(told), *_beside(answer))
    return Text("What the run takes of the machine", (Section(facts=facts),))


def _choice(verdict: Verdict, reason: str, setup: TrainingSetup) -> Iterator[Fact]:
    method = "" if verdict.method == verdict.strategy else f" by {verdict.method}"
    loss = f", loss {setup.loss}" if setup.loss else ""
    other = f"; next best {verdict.runner_up}" if verdict.runner_up else ""
    if reason:
        yield Fact("Because", "", reason)
    yield Fact("Strategy", f"{verdict.strategy}{method}{loss}{other}")
    yield Fact("Model", verdict.model or "your own")


def _trained(summary: PlanSummary, setup: TrainingSetup, adapter: FreezeAdapter | None = None) -> Iterator[Fact]:
    """What learns, beside what is held how."""
    count = [] if summary.trainable is None else [counted(summary.trainable, "parameter")]
    rank = [] if summary.lora_rank is None else [f"LoRA of rank {number(summary.lora_rank)}"]
    layers = [f"alpha {number(adapter.alpha)}"] if adapter else []
    layers += [f"on {', '.join(adapter.targets)}"] if adapter and adapter.targets else []
    base = [] if setup.quantised_bits is None else [f"frozen weights in {number(setup.quantised_bits)} bits"]
    if told := [*count, *rank, *layers, *base]:
        yield Fact("Trained", ", ".join(told))


def _run(
    summary: PlanSummary, setup: TrainingSetup, schedule: LrSchedule | None, phases: list[TrainingPhase]
) -> Iterator[Fact]:
    spans = [f"{_span(span)}{_between(span)}" for span in summary.blocks]
    yield from _paged("Blocks", "; ".join(_span(span) for span in summary.blocks), spans)
    if schedule is None:
        return
    yield Fact("Rates", _rates(schedule))
    yield Fact("Batch", _batch(summary, setup))
    yield from _length(summary, phases)


def _span(span: BlockSpan) -> str:
    one = span.first == span.last
    place = number(span.first) if one else f"{number(span.first)} to {number(span.last)}"
    names = span.first_name if one else f"{span.first_name} to {span.last_name}"
    return f"{place} ({names}) {STATES[span.state]}"


def _between(span: BlockSpan) -> str:
    """The peak rates of blocks that train."""
    if span.state is BlockState.FROZEN or span.low_rate is None or span.high_rate is None:
        return ""
    low, high = number(span.low_rate), number(span.high_rate)
    return f", {low}" if low == high else f", {low} to {high}"


def _rates(schedule: LrSchedule) -> str:
    below = "adapters" if schedule.strategy is Strategy.PARAMETER_EFFICIENT else "backbone up to"
    told = [(below, schedule.rates.backbone_top), ("head", schedule.rates.head)]
    rates = ", ".join(f"{name} {number(rate)}" for name, rate in told if rate)
    warmup = f"{counted(schedule.warmup_steps, 'step')} of warm-up, then {schedule.shape}"
    return f"{rates} at the peak ({schedule.optimizer}); {warmup}"


def _batch(summary: PlanSummary, setup: TrainingSetup) -> str:
    size = number(summary.batch_size) if summary.batch_size else "not known"
    if summary.micro_batch is None or setup.devices is None or setup.accumulation is None:
        return f"{size}, {setup.precision}"
    part = "" if summary.micro_batch == summary.batch_size else f": {number(summary.micro_batch)} at a time"
    repeated = "" if setup.accumulation == 1 else f", {counted(setup.accumulation, 'time')} a step"
    sharded = SHARED.get(setup.sharding, "") if setup.sharding else ""
    anew = ", gradient checkpointing" if setup.checkpointing else ""
    return f"{size}{part} on {counted(setup.devices, 'device')}{repeated}{sharded}{anew}, {setup.precision}"


def _length(summary: PlanSummary, phases: list[TrainingPhase]) -> Iterator[Fact]:
    if summary.steps is None:
        return
    epochs = "" if summary.epochs is None else f", {counted(summary.epochs, 'epoch')}"
    whole = f"{counted(summary.steps, 'step')}{epochs}"
    if len(phases) > 1:
        parts = ", then ".join(f"{phase.name} {number(phase.steps)}" for phase in phases)
        whole += f": {parts}"
    yield Fact("Length", whole)
    for phase in phases if len(phases) > 1 else ():
        yield Fact("", "", f"{phase.name}: {counted(phase.steps, 'step')}, {counted(phase.epochs, 'epoch')}")


def _curve(schedule: LrSchedule | None) -> Iterator[Fact]:
    if schedule:
        pieces = [
            f"{part.kind}, steps {number(part.start)} to {number(part.end)}: {part.formula}"
            for part in schedule.segments
        ]
        yield from _labelled("Share of peak", pieces)


def _memory(resources: PlanResources) -> Iterator[Fact]:
    above = resources.peak_high_gib > resources.usable_memory_gib
    fits = "does not fit" if not resources.fits else "fits, though its upper bound does not" if above else "fits"
    between = f"{number(resources.peak_low_gib)} to {number(resources.peak_high_gib)}"
    sizes = (
        f"{number(resources.peak_gib)} GiB ({between}) of {number(resources.usable_memory_gib)} GiB a device, {fits}"
    )
    yield Fact("Memory", sizes, f"{sizes}. {resources.assumptions[0]}")
    yield Fact("Time", _hours(resources.time) if resources.time else resources.assumptions[-1].removeprefix("Time is "))


def _hours(time: RunTime) -> str:
    """The hours of the run, and what follows from them where it is known."""
    told = f"{number(time.hours)} h ({number(time.hours_low)} to {number(time.hours_high)})"
    energy = "" if time.energy_kwh is None else f", at most {number(time.energy_kwh)} kWh"
    cost = "" if time.cost is None else f", costs {number(time.cost)}"
    return f"{told}, {number(time.seconds_per_step)} s a step{energy}{cost}"


def _terms(resources: PlanResources) -> Iterator[Fact]:
    """What the peak is made of, and what would take less."""
    parts = [f"{term.part} {number(term.expected_gib)}" for term in resources.terms if term.expected_gib]
    yield Fact("Of it, GiB", ", ".join(parts))
    changes = [f"{one.change}: {number(one.peak_gib)} GiB" for one in resources.changes]
    prices = [f"{change}. {one.price}" for change, one in zip(changes, resources.changes, strict=True)]
    yield from _paged("To take less", "; ".join(changes), prices)


def _beside(answer: Answer, risks: Iterable[PlanRisk] = ()) -> Iterator[Fact]:
    """What the plan takes for granted, what it warns of, and where that is explained."""
    expected = [risk for risk in risks if risk.likelihood in EXPECTED]
    loud = [notice for notice in answer.notices if notice.severity is not Severity.INFO]
    quiet = [notice for notice in answer.notices if notice not in loud]
    assumed = [(name, one.value) for name, one in answer.resolved.items() if one.origin is InputOrigin.ASSUMED]
    world = [pair for pair in assumed if not pair[0].startswith(CHOICES)]
    if assumed:
        yield Fact("Assumed", _values(world), _values(assumed))
    yield from _warnings(loud)
    yield from _paged("Notes", ", ".join(notice.code for notice in quiet), [_notice(notice) for notice in quiet])
    yield from _paged(
        "Risks", "; ".join(risk.title for risk in expected), [f"{risk.title}: {risk.because}" for risk in expected]
    )
    topics = dict.fromkeys([*(notice.topic for notice in (*loud, *quiet)), *(risk.topic for risk in expected)])
    pages = [f"/guide/{topic}" for topic in topics]
    yield from _paged("Read on", ", ".join(pages[:MOST]), [", ".join(pages)] if pages else [])
    yield Fact("Rules", f"{answer.ruleset.version} ({answer.ruleset.hash[:12]})")


def _warnings(loud: list[AnswerNotice]) -> Iterator[Fact]:
    """Each by its first sentence, and on a page by its whole text."""
    for place, notice in enumerate(loud):
        first = notice.message.partition(". ")[0].removesuffix(".")
        yield Fact("" if place else "Warnings", f"{first} ({notice.code})" if place < MOST else "", _notice(notice))


def _values(inputs: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{name.removeprefix('/').replace('/', '.')} {_value(value)}" for name, value in inputs)


def _value(value: object) -> str:
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _notice(notice: AnswerNotice) -> str:
    return f"{notice.message} ({notice.code})"


def _labelled(label: str, texts: list[str]) -> Iterator[Fact]:
    """The texts under one label."""
    for place, text in enumerate(texts):
        yield Fact(label if place == 0 else "", text)


def _paged(label: str, brief: str, texts: list[str]) -> Iterator[Fact]:
    """A line for the terminal, and the same at length on a page."""
    for place, text in enumerate(texts):
        yield Fact("" if place else label, "" if place else brief, text)
