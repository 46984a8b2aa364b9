"""Notices about what the caller gave: assumed, fixed, unused or unusual inputs."""

from msgspec import UNSET

from service.contract.words import Family, Framework, Grade, InputOrigin
from service.core.advisories.notices import JOB_NOTICES, NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.choice.model_ranking import matches_source
from service.core.rules.example_requests import CLIP, LLAMA, RESNET, freeze, job, schedule
from service.core.rules.resolved_inputs import known

TRAINING = (
    "/fixed/optimizer",
    "/fixed/batch_size",
    "/fixed/epochs",
    "/fixed/total_steps",
    "/fixed/peak_rate",
    "/schedule/warmup_steps",
    "/schedule/known_rate/rate",
)
"""Inputs that say how to train."""


@JOB_NOTICES.rule(
    "notice-similarity-assumed",
    "An assumed similarity is said, because the advice turns on it.",
    seeds=("C-19",),
    fires=(job(), freeze(500, depth=12)),
    silent=(job(similarity=5),),
)
def similarity_assumed(outcome: Outcome) -> Remark | None:
    if outcome.inputs.origin("/similarity") is not InputOrigin.ASSUMED:
        return None
    return Remark("similarity-assumed", "/similarity", f"{outcome.case.similarity:g}")


@JOB_NOTICES.rule(
    "notice-no-strategy-decided",
    "Without a target task and the size of the data no strategy is decided; the depth to freeze is the calculator's.",
    grade=Grade.C,
    sources=("seed-calculator",),
    seeds=("R-003",),
    fires=(freeze(500, depth=12), schedule(family="cnn", total_steps=100)),
    silent=(job(), freeze(500, depth=12, strategy="full-fine-tuning")),
)
def no_strategy_decided(outcome: Outcome) -> Remark | None:
    if outcome.case.job.decides or outcome.is_fixed:
        return None
    pointer = "/target" if outcome.case.job.target is None else "/dataset/examples"
    return Remark("no-strategy-decided", pointer, f"taken: {outcome.strategy}")


@JOB_NOTICES.rule(
    "notice-fixed-choice-unused",
    "Optimizer, batch, epochs and rate have no use where nothing is trained.",
    fires=(
        job(40, classes=10, source=CLIP, fixed={"epochs": 3}),
        schedule(family="cnn", strategy="zero-shot", total_steps=100),
    ),
    silent=(job(fixed={"epochs": 3}),),
)
def choice_unused(outcome: Outcome) -> Remark | None:
    idle = [pointer for pointer in TRAINING if outcome.inputs.origin(pointer) is InputOrigin.GIVEN]
    if not outcome.idle or not idle:
        return None
    return Remark("fixed-choice-unused", idle[0], "nothing is trained")


@JOB_NOTICES.rule(
    "notice-similarity-scale",
    "A similarity that looks like a share of 1 is taken as it is, and said.",
    fires=(job(similarity=0.9), freeze(500, depth=12, similarity=0.5)),
    silent=(job(similarity=1), job(similarity=0), job(similarity=7.5)),
)
def similarity_scale(outcome: Outcome) -> Remark | None:
    given = known(outcome.request.similarity)
    if given is None or given > outcome.know.number("similarity-share") or given == int(given):
        return None
    return Remark("similarity-scale", "/similarity", f"{given:g} of 10")


@JOB_NOTICES.rule(
    "notice-memory-scale",
    "A memory that no single device has is taken as it is, and said.",
    fires=(job(compute={"memory_gib": 24576}), freeze(500, model="resnet50", compute={"memory_gib": 24576})),
    silent=(job(compute={"memory_gib": 192}),),
)
def memory_scale(outcome: Outcome) -> Remark | None:
    given, most = known(outcome.request.compute.memory_gib), outcome.know.number("memory-implausible")
    if given is None or given < most:
        return None
    return Remark("memory-scale", "/compute/memory_gib", f"{given:g} GiB, {most:g} or more")


@NOTICES.rule(
    "notice-closer-model",
    "Where a described source is less like the target than the data of the best model, that model is named.",
    seeds=("R-016", "R-108"),
    fires=(
        job(
            800,
            task="token-classification",
            domain="non-english-text",
            source={"task": "token-classification", "domain": "news"},
        ),
    ),
    silent=(job(800, task="token-classification", domain="non-english-text"),),
)
def closer_model(outcome: Outcome) -> Remark | None:
    case, source = outcome.case, outcome.request.source
    row, domain = case.model.row, case.job.domain
    if source.domain is UNSET or row is None or domain is None:
        return None
    near = outcome.know.similarities.get((domain.id, row.corpus))
    if near is None or near.similarity <= case.similarity:
        return None
    formula = f"{row.id}: {near.similarity:g}; described: {case.similarity:g}"
    return Remark("closer-model", "/source/domain", formula, told=f"{row.id} is {near.similarity:g} of 10 alike.")


@NOTICES.rule(
    "notice-similarity-differs",
    "A given similarity that is far from the table's for these domains is honoured, and said.",
    seeds=("C-19",),
    fires=(job(domain="radiology", similarity=9, source={"model": "resnet50"}),),
    silent=(job(domain="radiology", similarity=3, source={"model": "resnet50"}),),
)
def similarity_differs(outcome: Outcome) -> Remark | None:
    case, domain = outcome.case, outcome.case.job.domain
    if outcome.request.similarity is UNSET or domain is None:
        return None
    corpus = case.model.corpus
    if corpus is None:
        return None
    row = outcome.know.similarities.get((domain.id, corpus))
    expected = row.similarity if row else 0.0
    if abs(expected - case.similarity) < outcome.know.number("similarity-gap"):
        return None
    return Remark("similarity-differs", "/similarity", f"given {case.similarity:g}, table {expected:g}")


@NOTICES.rule(
    "notice-cross-modal",
    "Transfer from another modality is limited; start from a checkpoint of the target's own.",
    grade=Grade.C,
    sources=("seed-complete-guide",),
    seeds=("R-021", "R-081"),
    fires=(job(source={"task": "text-classification"}), job(source={"domain": "news"})),
    silent=(job(source={"task": "object-detection"}), job(source={"domain": "food"})),
)
def cross_modal(outcome: Outcome) -> Remark | None:
    source, wanted = outcome.request.source, set(outcome.case.job.task.modalities)
    if source.task is not UNSET and not wanted & set(outcome.know.tasks[source.task].modalities):
        return Remark("cross-modal-source", "/source/task", f"{source.task} to {outcome.case.job.task.id}")
    if source.domain is not UNSET and outcome.know.domains[source.domain].modality not in wanted:
        return Remark("cross-modal-source", "/source/domain", f"{source.domain} to {outcome.case.job.task.id}")
    return None


@NOTICES.rule(
    "notice-source-not-in-catalogue",
    "Where no model of the catalogue was pretrained on the described source, the plan borrows the blocks of "
    "the best one.",
    fires=(job(domain="dermoscopy", source={"domain": "retinal-images"}),),
    silent=(job(domain="dermoscopy", source={"domain": "natural-images"}), job()),
)
def source_not_in_catalogue(outcome: Outcome) -> Remark | None:
    source, wanted = outcome.request.source, outcome.case.job.task.modalities
    if source.domain is UNSET or matches_source(outcome.case.job, outcome.case.model.corpus):
        return None
    if outcome.know.domains[source.domain].modality not in wanted:
        return None
    return Remark("source-not-in-catalogue", "/source/domain", f"stand-in: {outcome.case.model.name}")


@NOTICES.rule(
    "notice-fixed-strategy-second-best",
    "A fixed strategy is honoured; where another ranks higher, that is said.",
    fires=(job(100, similarity=8, fixed={"strategy": "full-fine-tuning"}),),
    silent=(job(100, similarity=8),),
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
    fires=(job(task="text-generation", source=LLAMA, fixed={"strategy": "full-fine-tuning"}),),
    silent=(job(fixed={"strategy": "full-fine-tuning"}),),
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
    fires=(job(constraints={"keep_source_ability": True}, fixed={"strategy": "full-fine-tuning"}),),
    silent=(job(constraints={"keep_source_ability": True}),),
)
def strategy_forgets(outcome: Outcome) -> Remark | None:
    if not outcome.request.constraints.keep_source_ability or not outcome.tunes_backbone:
        return None
    return Remark("strategy-forgets", "/constraints/keep_source_ability", f"{outcome.strategy} changes the backbone")


@NOTICES.rule(
    "notice-hours-unused",
    "Hours are noted but not planned with: no throughput is calibrated for the device.",
    fires=(job(compute={"kind": "consumer-gpu", "hours": 4}),),
    silent=(job(compute={"kind": "consumer-gpu"}),),
)
def hours_unused(outcome: Outcome) -> Remark | None:
    hours = outcome.request.compute.hours
    return None if hours is UNSET else Remark("hours-not-used", "/compute/hours", f"{hours:g} hours")


@NOTICES.rule(
    "notice-classes-unused",
    "A number of classes says nothing about a task without classes.",
    fires=(job(task="summarization", classes=5),),
    silent=(job(classes=5),),
)
def classes_unused(outcome: Outcome) -> Remark | None:
    if outcome.case.job.data.classes is None or outcome.case.job.task.has_classes:
        return None
    return Remark("classes-not-used", "/dataset/classes", f"{outcome.case.job.task.id} has no classes")


@NOTICES.rule(
    "notice-no-tuned-score",
    "A probe or a zero-shot score says what they reach, not whether tuning would reach more.",
    grade=Grade.D,
    sources=("judgement", "seed-explainer"),
    seeds=("R-128", "R-045"),
    fires=(job(measurements={"linear_probe": 0.75}), job(measurements={"linear_probe": 0.75, "zero_shot": 0.5})),
    silent=(job(), job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8})),
)
def no_tuned_score(outcome: Outcome) -> Remark | None:
    scores = outcome.case.job.scores
    if not scores.by_strategy or scores.tuned_beside_others:
        return None
    return Remark("no-tuned-score", "/measurements", f"{len(scores.by_strategy)} score(s)")


@NOTICES.rule(
    "notice-scores-on-two-scales",
    "Scores that are compared must be on one scale: a share and a percentage are not.",
    fires=(job(measurements={"linear_probe": 0.9, "full_fine_tuning": 90}),),
    silent=(job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8}),),
)
def scores_on_two_scales(outcome: Outcome) -> Remark | None:
    scores = outcome.case.job.scores.by_strategy.values()
    if not scores or not (0 < min(scores) <= 1 < max(scores) / outcome.know.number("scale-gap")):
        return None
    return Remark("scores-on-two-scales", "/measurements", f"{min(scores):g} and {max(scores):g}")


@NOTICES.rule(
    "notice-head-keeps-ratio",
    "A fixed peak rate is that of the backbone; the head keeps its ratio to it.",
    fires=(job(fixed={"peak_rate": 2e-5}),),
    silent=(job(), job(500, similarity=8, fixed={"peak_rate": 1e-3, "strategy": "feature-extraction"})),
)
def head_keeps_ratio(outcome: Outcome) -> Remark | None:
    plan = outcome.schedule
    fixed = outcome.request.fixed.peak_rate
    if fixed is UNSET or plan is None or not plan.rates.backbone_top or plan.rates.head in (0, plan.rates.backbone_top):
        return None
    return Remark("head-keeps-its-ratio", "/fixed/peak_rate", f"backbone {fixed:g}, head {plan.rates.head:g}")


@NOTICES.rule(
    "notice-memory-differs",
    "A given memory far from the device's own is taken as it is, and said.",
    fires=(job(compute={"device": "t4", "memory_gib": 80}),),
    silent=(job(compute={"device": "a100", "memory_gib": 40}),),
)
def memory_differs(outcome: Outcome) -> Remark | None:
    device = outcome.know.find_device(known(outcome.request.compute.device))
    given = known(outcome.request.compute.memory_gib)
    if device is None or given is None:
        return None
    gap = max(given, device.memory_gib) / min(given, device.memory_gib)
    if gap <= outcome.know.number("scale-gap"):
        return None
    return Remark("memory-differs-from-device", "/compute/memory_gib", f"{device.id} has {device.memory_gib:g} GiB")


@NOTICES.rule(
    "notice-patterns-are-pytorch",
    "Names of parameters and checkpoints are those of the PyTorch libraries, whatever the framework.",
    fires=(job(constraints={"framework": "keras"}),),
    silent=(job(constraints={"framework": "pytorch"}), job()),
)
def patterns_are_pytorch(outcome: Outcome) -> Remark | None:
    framework = outcome.request.constraints.framework
    if framework not in (Framework.KERAS, Framework.JAX):
        return None
    return Remark("patterns-are-pytorch", "/constraints/framework", f"{framework}")


@NOTICES.rule(
    "notice-head-phase-on-top",
    "A fixed number of epochs is that of the last phase; a head-only phase before it comes on top.",
    fires=(job(fixed={"epochs": 4, "strategy": "full-fine-tuning"}),),
    silent=(job(), job(500, similarity=8, fixed={"epochs": 4, "strategy": "feature-extraction"})),
)
def head_phase_on_top(outcome: Outcome) -> Remark | None:
    epochs = outcome.request.fixed.epochs
    if epochs is UNSET or len(outcome.freeze_plan.phases) < 2:
        return None
    return Remark("head-phase-on-top", "/fixed/epochs", f"{epochs:g} epochs in the last of several phases")


@NOTICES.rule(
    "notice-measured-best-barred",
    "Where the strategy that was measured best cannot be carried out here, that is said.",
    fires=(job(source=RESNET, measurements={"zero_shot": 0.9, "linear_probe": 0.5}),),
    silent=(job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8}),),
)
def measured_best_barred(outcome: Outcome) -> Remark | None:
    best = outcome.case.job.scores.best
    if best is None or outcome.option(best).feasible or outcome.strategy is best:
        return None
    return Remark("measured-best-not-feasible", "/measurements", f"{best}: {outcome.option(best).why_not[-1]}")


@NOTICES.rule(
    "notice-measured-best-passed-over",
    "Where another strategy is chosen than the one that was measured best, that is said.",
    fires=(
        job(measurements={"zero_shot": 0.5, "linear_probe": 0.75}),
        job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.4}, fixed={"strategy": "full-fine-tuning"}),
    ),
    silent=(job(measurements={"linear_probe": 0.4, "full_fine_tuning": 0.8}),),
)
def measured_best_passed_over(outcome: Outcome) -> Remark | None:
    best = outcome.case.job.scores.best
    if best is None or outcome.strategy is best or not outcome.option(best).feasible:
        return None
    return Remark("measured-best-passed-over", "/measurements", f"{best} measured best, {outcome.strategy} chosen")


@NOTICES.rule(
    "notice-scores-lower-is-better",
    "Where lower scores are better, that is said: a caller may have sent the other kind.",
    fires=(job(task="automatic-speech-recognition", measurements={"zero_shot": 23, "full_fine_tuning": 31}),),
    silent=(
        job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8}),
        job(task="automatic-speech-recognition", measurements={"zero_shot": 23}),
    ),
)
def scores_lower_is_better(outcome: Outcome) -> Remark | None:
    scores = outcome.case.job.scores
    if not scores.lower_is_better or len(scores.by_strategy) < 2:
        return None
    return Remark("scores-lower-is-better", "/measurements", f"best measured: {scores.best or 'none, equal scores'}")


@NOTICES.rule(
    "notice-metric-direction-unknown",
    "Scores are compared only where it is known whether higher or lower is better.",
    fires=(job(task="time-series-forecasting", measurements={"zero_shot": 0.8, "full_fine_tuning": 0.7}),),
    silent=(
        job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8}),
        job(
            task="time-series-forecasting",
            measurements={"zero_shot": 0.8, "full_fine_tuning": 0.7, "metric": "mase"},
        ),
    ),
)
def metric_direction_unknown(outcome: Outcome) -> Remark | None:
    scores = outcome.case.job.scores
    if scores.lower_is_better is not None or len(scores.by_strategy) < 2:
        return None
    return Remark("metric-direction-unknown", "/measurements", f"{len(scores.by_strategy)} scores, no metric")


@NOTICES.rule(
    "notice-beyond-table-limits",
    "A prior-fitted tabular model serves small tables; beyond its limits gradient-boosted trees are the measure.",
    grade=Grade.B,
    sources=("tabpfn-2025",),
    fires=(job(1_000_000, task="tabular-classification"),),
    silent=(job(5000, task="tabular-classification", classes=5),),
)
def beyond_table_limits(outcome: Outcome) -> Remark | None:
    examples = outcome.case.job.data.examples
    if outcome.case.model.family is not Family.TABULAR or examples <= outcome.know.number("table-rows"):
        return None
    return Remark("beyond-table-limits", "/dataset/examples", f"{examples} rows")
