"""How long a run is: epochs, optimizer steps, warm-up steps, batch size."""

import math

from service.contract.job import MOST_STEPS
from service.contract.words import Grade, Strategy
from service.core.job.dataset_size import few_for_one_seed
from service.core.rules.example_requests import SCRATCH, job, schedule
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic
from service.core.schedule.case import ScheduleCase
from service.core.schedule.curve.curves import steady

EPOCHS: Topic[ScheduleCase, Finding[float | None]] = Topic("run-length")
STEPS: Topic[ScheduleCase, Finding[int]] = Topic("total-steps")
RUNS: Topic[ScheduleCase, Finding[int]] = Topic("runs")


@EPOCHS.rule(
    "epochs-of-one-step",
    "The shortest run is one optimizer step: epochs that come to less are the share of a pass that it takes.",
    fires=(job(fixed={"epochs": 1e-9}).decides("0.006369426751592357: 1 step / 157 a pass"),),
    silent=(job(fixed={"epochs": 4}),),
)
def epochs_of_one_step(case: ScheduleCase) -> Finding[float | None] | None:
    if not case.less_than_a_step:
        return None
    return Finding(1 / (case.steps_per_epoch or 1), f"1 step / {case.steps_per_epoch} a pass")


@EPOCHS.rule(
    "epochs-given",
    "A number of epochs or of steps that the caller gives is kept.",
    fires=(
        job(fixed={"epochs": 4}).decides("4.0: given in the request"),
        schedule(family="text-encoder", total_steps=1000).decides("None: given in the request"),
    ),
    silent=(job(),),
)
def epochs_given(case: ScheduleCase) -> Finding[float | None] | None:
    epochs, steps = known(case.fixed.epochs), known(case.fixed.total_steps)
    return None if epochs is None and steps is None else Finding(epochs, "given in the request")


@EPOCHS.rule(
    "epochs-within-hours",
    "A run that would take more hours than there are passes over the data as often as they allow; a schedule that ends "
    "in time beats one that is broken off.",
    fires=(
        job(50_000, compute={"device": "t4", "hours": 2}).decides("5.44: 10 epochs take 3.67 h, there are 2: 5.44"),
    ),
    silent=(job(50_000, compute={"device": "t4", "hours": 2000}), job(50_000, fixed={"epochs": 4})),
)
def within_hours(case: ScheduleCase) -> Finding[float | None] | None:
    limit = case.limit
    if limit is None:
        return None
    told = f"{limit.wanted:g} epochs take {limit.needed:.3g} h, there are {limit.hours:g}: {limit.epochs:g}"
    return Finding(limit.epochs, told)


@EPOCHS.rule(
    "epochs-of-pairs",
    "Contrastive few-shot tuning passes once over the pairs of texts.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(16, task="text-classification", classes=2).decides("1.0: 1 pass over 640 pairs of 16 texts"),),
    silent=(job(16, task="text-classification", classes=2, policy="guides"),),
)
def epochs_of_pairs(case: ScheduleCase) -> Finding[float | None] | None:
    if case.pairs is None:
        return None
    row = case.know.constants["pairs-epochs"]
    return Finding(row.value, f"{row.value:g} pass over {case.pairs} pairs of {case.examples} texts", (row,))


@EPOCHS.rule(
    "epochs-minimum-steps",
    "Small sets are measured in steps, not epochs: as many as the family needs to settle, within a most of passes.",
    grade=Grade.A,
    sources=("mosbach-2021", "bit-2020"),
    seeds=("C-16",),
    fires=(
        job(100).decides("100.0: max(10, min(ceil(500 steps / 4 a pass), 100)) = 100"),
        job(task="summarization", fixed=SCRATCH).decides("40.0: max(40, min(ceil(10000 steps / 157 a pass), 5)) = 40"),
    ),
    silent=(job(50_000),),
)
def minimum_steps(case: ScheduleCase) -> Finding[float | None] | None:
    per_epoch = case.steps_per_epoch
    if per_epoch is None or per_epoch * case.length.epochs >= case.length.min_steps:
        return None
    wanted, most = math.ceil(case.length.min_steps / per_epoch), case.most_passes
    epochs = max(case.length.epochs, min(wanted, most.value))
    within = f"min(ceil({case.length.min_steps} steps / {per_epoch} a pass), {most.value:g})"
    formula = f"max({case.length.epochs:g}, {within}) = {epochs:g}"
    return Finding(float(epochs), formula, (case.length, most))


@EPOCHS.rule(
    "epochs-short-on-many",
    "Very large sets need a short schedule: fine-tuning settles after about ten million examples seen.",
    grade=Grade.B,
    sources=("bit-2020",),
    seeds=("R-012", "R-019"),
    fires=(job(5_000_000).decides("2.0: 1.024e+07 examples / 5000000 = 2"),),
    silent=(job(50_000), job(5_000_000, fixed=SCRATCH)),
)
def short_on_many(case: ScheduleCase) -> Finding[float | None] | None:
    row = case.know.constants["examples-seen"]
    if case.examples is None or case.strategy is Strategy.FROM_SCRATCH:
        return None
    if case.examples * case.length.epochs <= row.value:
        return None
    passes = row.value / case.examples
    epochs = steady(passes) if passes < 1 else float(math.floor(passes))
    return Finding(epochs, f"{row.value:g} examples / {case.examples} = {epochs:g}", (row, case.length))


@EPOCHS.rule(
    "epochs-within-most-steps",
    "No plan of ours is longer than ten million steps: larger sets are passed over less often.",
    fires=(job(20_000_000, similarity=1, fixed=SCRATCH).decides("32.0: 10000000 steps / 312500 a pass: 32"),),
    silent=(job(50_000, fixed=SCRATCH),),
)
def within_most_steps(case: ScheduleCase) -> Finding[float | None] | None:
    per_epoch = case.steps_per_epoch
    if per_epoch is None or per_epoch * case.length.epochs <= MOST_STEPS:
        return None
    passes = MOST_STEPS / per_epoch
    epochs = steady(passes) if passes < 1 else float(math.floor(passes))
    return Finding(epochs, f"{MOST_STEPS} steps / {per_epoch} a pass: {epochs:g}", (case.length,))


@EPOCHS.rule(
    "epochs-usual",
    "Otherwise the family's usual number of epochs, with early stopping.",
    grade=Grade.C,
    sources=("seed-explainer", "seed-complete-guide", "transformers"),
    seeds=("R-082", "R-086", "R-088", "C-16"),
    fires=(job(50_000).decides("10.0: vision-transformer, parameter-efficient: 10"),),
    silent=(job(100), job(fixed={"epochs": 4})),
)
def usual_epochs(case: ScheduleCase) -> Finding[float | None]:
    return Finding(case.length.epochs, f"{case.family}, {case.strategy}: {case.length.epochs:g}", (case.length,))


@STEPS.rule(
    "steps-given",
    "A total number of steps that the caller gives is kept.",
    fires=(schedule(family="text-encoder", total_steps=1000).decides("1000: given in the request"),),
    silent=(job(),),
)
def steps_given(case: ScheduleCase) -> Finding[int] | None:
    given = known(case.fixed.total_steps)
    return None if given is None else Finding(given, "given in the request")


@STEPS.rule(
    "steps-over-pairs",
    "Forty pairs are drawn for each labelled text, half of them of one class: the steps grow with the texts, not with "
    "their square, up to a most.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(
        job(16, task="text-classification", classes=2).decides(
            "40: min(40 x 16, 160000) = 640 pairs; ceil(640 / 16) x 1 = 40"
        ),
    ),
    silent=(job(16, task="text-classification", classes=2, policy="guides"),),
)
def steps_over_pairs(case: ScheduleCase) -> Finding[int] | None:
    if case.pairs is None:
        return None
    rows = tuple(case.know.constants[name] for name in ("pairs-per-text", "pairs-most"))
    each, most = (row.value for row in rows)
    epochs = case.epochs or 1.0
    steps = max(1, math.ceil((case.steps_per_epoch or 1) * epochs))
    formula = f"min({each:g} x {case.examples}, {most:g}) = {case.pairs} pairs"
    return Finding(steps, f"{formula}; ceil({case.pairs} / {case.batch_size}) x {epochs:g} = {steps}", rows)


@STEPS.rule(
    "steps-from-epochs",
    "Total steps are the passes over the data times the batches in each, the last incomplete batch included.",
    grade=Grade.B,
    sources=("transformers",),
    seeds=("C-16",),
    fires=(
        job().decides("1570: ceil(5000 / 32) x 10 = 1570"),
        job(fixed={"epochs": 1e-9}).decides("1: ceil(5000 / 32) x 0.00636943 = 1"),
    ),
    silent=(schedule(family="text-encoder", total_steps=1000),),
)
def steps_from_epochs(case: ScheduleCase) -> Finding[int]:
    per_epoch, epochs = case.steps_per_epoch or 1, case.epochs or 1.0
    steps = max(1, math.ceil(per_epoch * epochs))
    whole = "floor" if case.wishes.drop_last else "ceil"
    return Finding(steps, f"{whole}({case.examples} / {case.batch_size}) x {epochs:g} = {steps}")


@RUNS.rule(
    "runs-on-few",
    "Below 2,500 examples runs with different seeds disagree, so several are needed.",
    grade=Grade.A,
    sources=("mosbach-2021", "model-recycling"),
    fires=(schedule(family="text-encoder", examples=500).decides("5: 500 < 2500"),),
    silent=(schedule(family="text-encoder", examples=50_000), schedule(depth=12, total_steps=100)),
)
def runs_on_few(case: ScheduleCase) -> Finding[int] | None:
    limit, runs = case.know.constants["seeds-few-examples"], case.know.constants["seeds-few"]
    if case.examples is None or not few_for_one_seed(case.know, case.examples):
        return None
    return Finding(int(runs.value), f"{case.examples} < {limit.value:g}", (limit, runs))


@RUNS.rule(
    "runs-once",
    "With more data, or where their number is not known, one run is planned.",
    fires=(schedule(family="text-encoder", examples=50_000).decides("1: one run"),),
    silent=(schedule(family="text-encoder", examples=500),),
)
def runs_once(case: ScheduleCase) -> Finding[int]:
    return Finding(1, "one run")
