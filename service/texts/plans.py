"""The four answers to a job, in a dozen lines each: what to do, with what, for how long, and where to look further."""

from collections.abc import Iterable, Iterator

from service.contract.explain import Answer, AnswerNotice
from service.contract.freeze import FreezePlanAnswer
from service.contract.recommend import PlanRisk, Recommendation, Verdict
from service.contract.resources import PlanResources, ResourcesAnswer
from service.contract.schedule import LrSchedule, LrScheduleAnswer, TrainingPhase, TrainingSetup
from service.contract.summary import BlockSpan, PlanSummary
from service.contract.words import BlockState, InputOrigin, Likelihood, Severity, Strategy
from service.texts.numbers import counted, number
from service.texts.page import Fact, Section, Text

STATES = {BlockState.FROZEN: "frozen", BlockState.LOW_RATE: "low rate", BlockState.FULL_RATE: "full rate"}
EXPECTED = (Likelihood.LIKELY, Likelihood.OBSERVED)


def recommendation(answer: Recommendation) -> Text:
    """The verdict, and the run that follows from it."""
    facts = (
        *_choice(answer.verdict),
        *_run(answer.summary, answer.setup, answer.lr_schedule, answer.phases),
        *_memory(answer.resources),
        *_beside(answer, answer.risks),
    )
    return Text(answer.verdict.summary, (Section(facts=facts),))


def freeze_plan(answer: FreezePlanAnswer) -> Text:
    """The blocks, the run, and what must hold before the first step."""
    plan = answer.freeze_plan
    facts = (*_run(answer.summary, answer.setup, answer.lr_schedule, answer.phases), *_beside(answer))
    check = Section("Check before the first step", paragraphs=tuple(plan.self_check))
    return Text(f"Freeze plan: {plan.strategy}", (Section(facts=facts), check))


def lr_schedule(answer: LrScheduleAnswer) -> Text:
    """The rates and the curve."""
    schedule = answer.lr_schedule
    facts = (*_run(answer.summary, answer.setup, schedule, []), *_curve(schedule), *_beside(answer))
    title = f"Learning rates: {schedule.strategy}" if schedule else "Learning rates: nothing is trained"
    return Text(title, (Section(facts=facts),))


def resources(answer: ResourcesAnswer) -> Text:
    """What the run takes of each device, and of what that is made."""
    told = answer.resources
    facts = (Fact("Batch", _batch(answer.summary, answer.setup)), *_memory(told), *_terms(told), *_beside(answer))
    return Text("What the run takes of the machine", (Section(facts=facts),))


def _choice(verdict: Verdict) -> Iterator[Fact]:
    method = "" if verdict.method == verdict.strategy else f" by {verdict.method}"
    other = f"; next best {verdict.runner_up}" if verdict.runner_up else ""
    yield Fact("Strategy", f"{verdict.strategy}{method}{other}")
    yield Fact("Model", verdict.model or "your own")


def _run(
    summary: PlanSummary, setup: TrainingSetup, schedule: LrSchedule | None, phases: list[TrainingPhase]
) -> Iterator[Fact]:
    yield from _labelled("Blocks", [_span(span) for span in summary.blocks])
    if summary.trainable is not None:
        yield Fact("Trainable", counted(summary.trainable, "parameter"))
    if summary.lora_rank is not None:
        yield Fact("LoRA", f"rank {number(summary.lora_rank)}")
    if schedule is None:
        return
    yield Fact("Rates", _rates(schedule))
    yield Fact("Batch", _batch(summary, setup))
    yield Fact("Warm-up", f"{counted(schedule.warmup_steps, 'step')}, then {schedule.shape}")
    yield from _length(summary, phases)


def _span(span: BlockSpan) -> str:
    one = span.first == span.last
    place = number(span.first) if one else f"{number(span.first)} to {number(span.last)}"
    names = span.first_name if one else f"{span.first_name} to {span.last_name}"
    return f"{place} ({names}): {STATES[span.state]}{_between(span)}"


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
    return f"{rates} at the peak ({schedule.optimizer})"


def _batch(summary: PlanSummary, setup: TrainingSetup) -> str:
    size = number(summary.batch_size) if summary.batch_size else "not known"
    if summary.micro_batch is None or setup.devices is None or setup.accumulation is None:
        return f"{size}, {setup.precision}"
    held = f"{number(summary.micro_batch)} at a time on {counted(setup.devices, 'device')}"
    repeated = "" if setup.accumulation == 1 else f", {counted(setup.accumulation, 'time')} a step"
    return f"{size}: {held}{repeated}, {setup.precision}"


def _length(summary: PlanSummary, phases: list[TrainingPhase]) -> Iterator[Fact]:
    if summary.steps is not None:
        epochs = "" if summary.epochs is None else f", {counted(summary.epochs, 'epoch')}"
        yield Fact("Length", f"{counted(summary.steps, 'step')}{epochs} in {counted(summary.phases, 'phase')}")
    for phase in phases if len(phases) > 1 else ():
        yield Fact("", f"{phase.name}: {counted(phase.steps, 'step')}, {counted(phase.epochs, 'epoch')}")


def _curve(schedule: LrSchedule | None) -> Iterator[Fact]:
    if schedule:
        pieces = [
            f"{part.kind}, steps {number(part.start)} to {number(part.end)}: {part.formula}"
            for part in schedule.segments
        ]
        yield from _labelled("Share of peak", pieces)


def _memory(resources: PlanResources) -> Iterator[Fact]:
    fits = "fits" if resources.fits else "does not fit"
    between = f"between {number(resources.peak_low_gib)} and {number(resources.peak_high_gib)}"
    sizes = f"{number(resources.peak_gib)} GiB ({between}) of {number(resources.usable_memory_gib)} GiB a device"
    yield Fact("Memory", f"{sizes}, {fits}. {resources.assumptions[0]}")


def _terms(resources: PlanResources) -> Iterator[Fact]:
    """What the peak is made of, and what would take less."""
    parts = [f"{term.part}: {number(term.expected_gib)} GiB" for term in resources.terms if term.expected_gib]
    yield from _labelled("Of it", parts)
    changes = [f"{one.change}: {number(one.peak_gib)} GiB. {one.price}" for one in resources.changes]
    yield from _labelled("To take less", changes)


def _beside(answer: Answer, risks: Iterable[PlanRisk] = ()) -> Iterator[Fact]:
    """What the plan takes for granted, what it warns of, and where that is explained."""
    expected = [risk for risk in risks if risk.likelihood in EXPECTED]
    loud = [notice for notice in answer.notices if notice.severity is not Severity.INFO]
    yield from _labelled("Assumed", [_assumed(answer)] if _assumed(answer) else [])
    yield from _labelled("Warnings", [_notice(notice) for notice in loud])
    yield from _labelled("Notes", [_notice(notice) for notice in answer.notices if notice not in loud])
    yield from _labelled("Risks", [f"{risk.title}: {risk.because}" for risk in expected])
    pages = dict.fromkeys([*(notice.topic for notice in answer.notices), *(risk.topic for risk in expected)])
    yield from _labelled("Read on", [", ".join(f"/guide/{topic}" for topic in pages)] if pages else [])
    yield Fact("Rules", f"{answer.ruleset.version} ({answer.ruleset.hash[:12]})")


def _assumed(answer: Answer) -> str:
    told = [(name, one.value) for name, one in answer.resolved.items() if one.origin is InputOrigin.ASSUMED]
    return ", ".join(f"{name.removeprefix('/').replace('/', '.')} {_value(value)}" for name, value in told)


def _value(value: object) -> str:
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _notice(notice: AnswerNotice) -> str:
    return f"{notice.message} ({notice.code})"


def _labelled(label: str, texts: list[str]) -> Iterator[Fact]:
    """The texts under one label."""
    for place, text in enumerate(texts):
        yield Fact(label if place == 0 else "", text)
