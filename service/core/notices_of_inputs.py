"""Notices about what the caller gave: assumed, fixed, unused or unusual inputs."""

from msgspec import UNSET

from service.contract.words import Grade, Optimizer, Strategy
from service.core.examples import job
from service.core.notices import NOTICES, Warned
from service.core.outcome import Outcome
from service.core.strategy_rules import measured_scores

CLIP = {"model": "openai/clip-vit-base-patch32"}
LLAMA = {"model": "meta-llama/Llama-3.1-8B"}
VIT = {"model": "vit_base_patch16_224"}


@NOTICES.rule(
    "notice-similarity-assumed",
    "An assumed similarity is said, because the advice turns on it.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("C-19",),
    fires=(job(),),
    silent=(job(similarity=5),),
)
def similarity_assumed(outcome: Outcome) -> Warned | None:
    known = outcome.request.similarity is not UNSET or outcome.case.job.domain is not None
    cross = outcome.request.source.task is not UNSET and outcome.case.similarity == 0
    return None if known or cross else Warned("similarity-assumed", "/similarity", f"{outcome.case.similarity:g}")


@NOTICES.rule(
    "notice-similarity-differs",
    "A given similarity that is far from the table's for these domains is honoured, and said.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("C-19",),
    fires=(job(domain="radiology", similarity=9, source={"model": "resnet50"}),),
    silent=(job(domain="radiology", similarity=3, source={"model": "resnet50"}),),
)
def similarity_differs(outcome: Outcome) -> Warned | None:
    case, domain = outcome.case, outcome.case.job.domain
    if outcome.request.similarity is UNSET or domain is None:
        return None
    row = outcome.know.similarities.get((domain.id, case.model.corpus))
    expected = row.similarity if row else 0.0
    if abs(expected - case.similarity) < outcome.know.number("similarity-medium"):
        return None
    return Warned("similarity-differs", "/similarity", f"given {case.similarity:g}, table {expected:g}")


@NOTICES.rule(
    "notice-cross-modal",
    "Transfer from another modality is limited; start from a checkpoint of the target's own.",
    grade=Grade.C,
    sources=("seed-complete-guide",),
    seeds=("R-021", "R-081"),
    fires=(job(source={"task": "text-classification"}),),
    silent=(job(source={"task": "object-detection"}),),
)
def cross_modal(outcome: Outcome) -> Warned | None:
    source = outcome.request.source.task
    if source is UNSET:
        return None
    other = set(outcome.know.tasks[source].modalities)
    if other & set(outcome.case.job.task.modalities):
        return None
    return Warned("cross-modal-source", "/source/task", f"{source} to {outcome.case.job.task.id}")


@NOTICES.rule(
    "notice-fixed-strategy-second-best",
    "A fixed strategy is honoured; where another ranks higher, that is said.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(100, similarity=8, fixed={"strategy": "full-fine-tuning"}),),
    silent=(job(100, similarity=8),),
)
def fixed_second_best(outcome: Outcome) -> Warned | None:
    option = outcome.option(outcome.strategy)
    if outcome.request.fixed.strategy is UNSET or option.rank == 1:
        return None
    return Warned(
        "fixed-strategy-second-best", "/fixed/strategy", f"rank {option.rank}; first is {outcome.options[0].strategy}"
    )


@NOTICES.rule(
    "notice-fixed-strategy-memory",
    "A fixed strategy that exceeds the memory is planned as asked, with a warning.",
    grade=Grade.B,
    sources=("hf-memory-anatomy",),
    seeds=("R-125",),
    fires=(job(task="text-generation", source=LLAMA, fixed={"strategy": "full-fine-tuning"}),),
    silent=(job(fixed={"strategy": "full-fine-tuning"}),),
)
def fixed_memory(outcome: Outcome) -> Warned | None:
    option = outcome.option(outcome.strategy)
    if outcome.request.fixed.strategy is UNSET or option.feasible:
        return None
    return Warned("fixed-strategy-exceeds-memory", "/fixed/strategy", option.why_not[-1])


@NOTICES.rule(
    "notice-fixed-strategy-forgets",
    "Training the whole trunk and keeping the source ability pull in opposite directions.",
    grade=Grade.C,
    sources=("seed-explainer", "peft-bench"),
    seeds=("R-044", "R-093"),
    fires=(job(constraints={"keep_source_ability": True}, fixed={"strategy": "full-fine-tuning"}),),
    silent=(job(constraints={"keep_source_ability": True}),),
)
def fixed_forgets(outcome: Outcome) -> Warned | None:
    trains = outcome.strategy in (Strategy.FULL, Strategy.PARTIAL)
    if not outcome.request.constraints.keep_source_ability or not trains:
        return None
    return Warned("strategy-forgets", "/constraints/keep_source_ability", f"{outcome.strategy} changes the trunk")


@NOTICES.rule(
    "notice-fixed-choice-unused",
    "Optimizer, batch, epochs and rate have no use where nothing is trained.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(40, classes=10, source=CLIP, fixed={"epochs": 3}),),
    silent=(job(fixed={"epochs": 3}),),
)
def fixed_unused(outcome: Outcome) -> Warned | None:
    fixed = outcome.request.fixed
    idle = [name for name in ("optimizer", "batch_size", "epochs", "peak_rate") if getattr(fixed, name) is not UNSET]
    if outcome.schedule is not None or not idle:
        return None
    return Warned("fixed-choice-unused", f"/fixed/{idle[0]}", "nothing is trained")


@NOTICES.rule(
    "notice-rate-destroys-features",
    "A rate ten times above the published range destroys pretrained features: 1e-3 under AdamW on a "
    "transformer trunk is a bug.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "judgement"),
    seeds=("R-070", "R-106", "C-09", "R-139"),
    fires=(job(50_000, source=VIT, fixed={"peak_rate": 1e-3, "optimizer": "adamw"}),),
    silent=(job(50_000, source=VIT, fixed={"peak_rate": 3e-5}),),
)
def rate_destroys(outcome: Outcome) -> Warned | None:
    ratio = _rate_ratio(outcome)
    if ratio is None or ratio < outcome.know.number("rate-danger-ratio"):
        return None
    return Warned("rate-destroys-features", "/fixed/peak_rate", f"{ratio:.3g} times the top of the published range")


@NOTICES.rule(
    "notice-rate-outside-range",
    "A fixed rate outside the published range is kept, and said.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("C-09",),
    fires=(
        job(50_000, source=VIT, fixed={"peak_rate": 2e-4}),
        job(50_000, source=VIT, fixed={"peak_rate": 1e-7}),
    ),
    silent=(job(50_000, source=VIT, fixed={"peak_rate": 3e-5}),),
)
def rate_outside(outcome: Outcome) -> Warned | None:
    ratio = _rate_ratio(outcome)
    if ratio is None or outcome.rates is None:
        return None
    low = outcome.rates.trunk_low or outcome.rates.head_low
    high = outcome.rates.trunk_high or outcome.rates.head_high
    if low / high <= ratio <= 1 or ratio >= outcome.know.number("rate-danger-ratio"):
        return None
    return Warned("rate-outside-range", "/fixed/peak_rate", f"published: {low:g} to {high:g}")


@NOTICES.rule(
    "notice-batch-scaling-extrapolated",
    "Scaling a rate over more than a factor of eight in batch size is extrapolation.",
    grade=Grade.D,
    sources=("judgement", "malladi-2022"),
    seeds=("C-17",),
    fires=(job(50_000, fixed={"batch_size": 4096}),),
    silent=(job(50_000, fixed={"batch_size": 64}),),
)
def batch_extrapolated(outcome: Outcome) -> Warned | None:
    plan = outcome.schedule
    if plan is None:
        return None
    scaling = plan.batch_scaling
    ratio = scaling.batch_size / scaling.reference_batch
    trust = outcome.know.number("batch-scaling-trust")
    if 1 / trust <= ratio <= trust:
        return None
    return Warned("batch-scaling-extrapolated", "/fixed/batch_size", f"{ratio:.3g} times the reference batch")


@NOTICES.rule(
    "notice-hours-unused",
    "Hours are noted but not planned with: no throughput is calibrated for the device.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(compute={"kind": "consumer-gpu", "hours": 4}),),
    silent=(job(compute={"kind": "consumer-gpu"}),),
)
def hours_unused(outcome: Outcome) -> Warned | None:
    hours = outcome.request.compute.hours
    return None if hours is UNSET else Warned("hours-not-used", "/compute/hours", f"{hours:g} hours")


@NOTICES.rule(
    "notice-classes-unused",
    "A number of classes says nothing about a task without classes.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(task="summarization", classes=5),),
    silent=(job(classes=5),),
)
def classes_unused(outcome: Outcome) -> Warned | None:
    if outcome.case.job.data.classes is None or outcome.case.job.task.has_classes:
        return None
    return Warned("classes-not-used", "/dataset/classes", f"{outcome.case.job.task.id} has no classes")


@NOTICES.rule(
    "notice-one-measurement",
    "One score alone cannot be compared with anything.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("R-128",),
    fires=(job(measurements={"linear_probe": 0.75}),),
    silent=(job(), job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8})),
)
def one_measurement(outcome: Outcome) -> Warned | None:
    scores = measured_scores(outcome.case)
    return Warned("one-measurement", "/measurements", "1 score") if len(scores) == 1 else None


def _rate_ratio(outcome: Outcome) -> float | None:
    """A fixed rate against the top of the published range, at the caller's own batch; None where none was fixed."""
    fixed, rates, plan = outcome.request.fixed.peak_rate, outcome.rates, outcome.schedule
    if fixed is UNSET or rates is None or plan is None:
        return None
    share = plan.batch_scaling.batch_size / rates.reference_batch
    factor = share if plan.optimizer is Optimizer.SGD else share**0.5
    return fixed / ((rates.trunk_high or rates.head_high) * factor)
