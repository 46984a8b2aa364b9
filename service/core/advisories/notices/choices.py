"""Notices about what the caller fixed, and what that leaves undone."""

from msgspec import UNSET

from service.contract.words import Grade
from service.core.advisories.notices.notice import JOB_NOTICES, NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import FULL, LLAMA, RESNET, freeze, job, schedule


@JOB_NOTICES.rule(
    "notice-no-strategy-decided",
    "Without a target task and the size of the data no strategy is decided; the depth to freeze is the calculator's.",
    grade=Grade.C,
    sources=("seed-calculator",),
    seeds=("R-003",),
    fires=(
        freeze(500, depth=12).decides("no-strategy-decided: taken: partial-fine-tuning"),
        schedule(family="cnn", total_steps=100).decides("no-strategy-decided: taken: full-fine-tuning"),
    ),
    silent=(job(), freeze(500, depth=12, strategy="full-fine-tuning")),
)
def no_strategy_decided(outcome: Outcome) -> Remark | None:
    if outcome.case.job.decides or outcome.is_fixed:
        return None
    pointer = "/target" if outcome.case.job.target is None else "/dataset/examples"
    return Remark("no-strategy-decided", pointer, f"taken: {outcome.strategy}")


@NOTICES.rule(
    "notice-fixed-strategy-second-best",
    "A fixed strategy is honoured; where another ranks higher, that is said.",
    fires=(
        job(100, similarity=8, fixed=FULL).decides("fixed-strategy-second-best: rank 4; first is feature-extraction"),
    ),
    silent=(job(100, similarity=8), job(64, classes=8, fixed={"method": "nearest-neighbours"})),
)
def fixed_second_best(outcome: Outcome) -> Remark | None:
    option = outcome.option(outcome.strategy)
    if not outcome.is_fixed or option.rank == 1:
        return None
    formula = f"rank {option.rank}; first is {outcome.options[0].strategy}"
    return Remark("fixed-strategy-second-best", outcome.case.job.choice_pointer, formula)


@NOTICES.rule(
    "notice-fixed-strategy-memory",
    "A fixed strategy that exceeds the memory is planned as asked, with a warning.",
    grade=Grade.B,
    sources=("hf-memory-anatomy",),
    seeds=("R-125",),
    fires=(
        job(task="text-generation", source=LLAMA, fixed=FULL).decides(
            "fixed-strategy-exceeds-memory: needs 133 GiB at the least, of the 12 GiB of a device 10.8 may ", "be used"
        ),
    ),
    silent=(job(fixed=FULL), job(source=RESNET, compute={"memory_gib": 0.01})),
)
def fixed_memory(outcome: Outcome) -> Remark | None:
    option = outcome.option(outcome.strategy)
    if not outcome.is_fixed or option.feasible:
        return None
    return Remark("fixed-strategy-exceeds-memory", outcome.case.job.choice_pointer, option.why_not[-1])


@NOTICES.rule(
    "notice-strategy-forgets",
    "Training the whole backbone and keeping the source ability pull in opposite directions.",
    grade=Grade.C,
    sources=("seed-explainer", "peft-bench"),
    seeds=("R-044", "R-093"),
    fires=(
        job(constraints={"keep_source_ability": True}, fixed=FULL).decides(
            "strategy-forgets: full-fine-tuning changes the backbone"
        ),
    ),
    silent=(job(constraints={"keep_source_ability": True}), job(500_000)),
)
def strategy_forgets(outcome: Outcome) -> Remark | None:
    if not outcome.request.constraints.keep_source_ability or not outcome.tunes_backbone:
        return None
    return Remark("strategy-forgets", "/constraints/keep_source_ability", f"{outcome.strategy} changes the backbone")


@NOTICES.rule(
    "notice-head-keeps-ratio",
    "A fixed peak rate is that of the backbone; the head keeps its ratio to it.",
    fires=(job(fixed={"peak_rate": 2e-5}).decides("head-keeps-its-ratio: backbone 2e-05, head 2.8e-05"),),
    silent=(
        job(),
        job(500, similarity=8, fixed={"peak_rate": 1e-3, "strategy": "feature-extraction"}),
        job(5000, task="preference-tuning", fixed={"peak_rate": 5e-6}),
    ),
)
def head_keeps_ratio(outcome: Outcome) -> Remark | None:
    plan = outcome.schedule
    fixed = outcome.request.fixed.peak_rate
    if fixed is UNSET or plan is None or not plan.rates.backbone_top or plan.rates.head in (0, plan.rates.backbone_top):
        return None
    return Remark("head-keeps-its-ratio", "/fixed/peak_rate", f"backbone {fixed:g}, head {plan.rates.head:g}")


@NOTICES.rule(
    "notice-head-phase-on-top",
    "Where a probe before tuning is asked for, a fixed number of epochs is that of the tuning; the probe comes on top.",
    fires=(
        job(fixed={"epochs": 4, "method": "probe-then-fine-tune"}).decides(
            "head-phase-on-top: 4 epochs in the last of several phases"
        ),
    ),
    silent=(job(), job(fixed={"epochs": 4, "strategy": "full-fine-tuning"}), job(500_000)),
)
def head_phase_on_top(outcome: Outcome) -> Remark | None:
    epochs = outcome.request.fixed.epochs
    if epochs is UNSET or len(outcome.freeze_plan.phases) < 2:
        return None
    return Remark("head-phase-on-top", "/fixed/epochs", f"{epochs:g} epochs in the last of several phases")
