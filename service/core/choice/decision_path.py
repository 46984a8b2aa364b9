"""The decision tree that leads to a strategy, question by question."""

from msgspec import Struct

from service.contract.recommend import DecisionStep, StrategyOption
from service.contract.words import ComputeKind, Grade, Policy, Strategy
from service.core.choice.case import Case
from service.core.rules.example_requests import FULL, freeze, job
from service.core.rules.rule import Topic, Trace


class Walk(Struct, frozen=True):
    """What the questions are asked of."""

    case: Case
    options: list[StrategyOption]
    chosen: Strategy


class Reply(Struct, frozen=True):
    """A question and its answer here."""

    question: str
    answer: str


PATH: Topic[Walk, Reply] = Topic("decision-path")

PILOTS = {
    Strategy.FEATURE_EXTRACTION: "run a linear probe first",
    Strategy.ZERO_SHOT: "score the pretrained model as it is first",
}
"""What is measured before anything is tuned: the first of them that is within reach."""


@PATH.rule(
    "ask-checkpoint",
    "Reuse comes before retraining: the first question is for a pretrained model that reads the target's input.",
    grade=Grade.C,
    sources=("seed-explainer", "seed-complete-guide"),
    seeds=("R-026", "R-081", "R-022"),
    fires=(
        job().decides(
            "Is there a pretrained model that reads this input and can do this task?: Yes: ", "eva02_base_patch14_448."
        ),
    ),
    silent=(freeze(depth=12),),
)
def ask_checkpoint(walk: Walk) -> Reply:
    model = walk.case.model
    return Reply("Is there a pretrained model that reads this input and can do this task?", f"Yes: {model.name}.")


@PATH.rule(
    "ask-labels",
    "The number of labels, in total and per class, decides most: it is asked second.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("R-001", "R-037", "R-040", "C-01", "C-03"),
    fires=(job().decides("How many labelled examples are there?: 5000: medium."),),
    silent=(freeze(depth=12),),
)
def ask_labels(walk: Walk) -> Reply:
    data = walk.case.job.data
    per_class = f", {data.per_class:.4g} per class" if data.per_class else ""
    return Reply("How many labelled examples are there?", f"{data.examples}{per_class}: {data.band}.")


@PATH.rule(
    "ask-similarity",
    "The likeness of pretraining and target data decides how much of a model can stay as it is: it is asked third.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer"),
    seeds=("R-001", "R-016", "R-047", "R-048", "R-049"),
    fires=(job().decides("How alike are pretraining and target data?: 5 of 10: medium."),),
    silent=(freeze(depth=12),),
)
def ask_similarity(walk: Walk) -> Reply:
    return Reply("How alike are pretraining and target data?", f"{walk.case.similarity:g} of 10: {walk.case.level}.")


@PATH.rule(
    "ask-very-different",
    "Only where data are very many is it asked whether they are very different too, which alone speaks for scratch.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer", "seed-complete-guide"),
    seeds=("R-019", "R-023", "R-025", "C-05"),
    fires=(
        job(5_000_000).decides("Are the data very different as well as very many?: No: keep the pretrained start."),
    ),
    silent=(job(),),
)
def ask_very_different(walk: Walk) -> Reply | None:
    case = walk.case
    if not case.job.data.massive:
        return None
    scratch = "Yes: train from scratch beside the pretrained start."
    answer = scratch if case.very_different else "No: keep the pretrained start."
    return Reply("Are the data very different as well as very many?", answer)


@PATH.rule(
    "ask-comparisons",
    "Published comparisons are asked what they say of this pretraining, these labels and what tells the classes apart.",
    fires=(
        job().decides(
            "What do published comparisons say?: supervised, coarse classes: On a supervised ViT-B and a ",
            "thousand labels LoRA beat full tuning in 15 of 19 tasks and a probe in 18 (VTAB-1k means 72.3, ",
            "65.6 and 52.9).",
        ),
    ),
    silent=(job(policy="guides"), freeze(depth=12)),
)
def ask_comparisons(walk: Walk) -> Reply | None:
    case = walk.case
    if case.job.policy is Policy.GUIDES:
        return None
    _, found = case.consulted
    told = found.order.claim if found.order else "They do not reach this job: the guides' order stands."
    return Reply(
        "What do published comparisons say?", f"{case.model.objective}, {case.job.distinction} classes: {told}"
    )


@PATH.rule(
    "ask-compute",
    "Strategy and size must match the compute, which is asked fourth.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide"),
    seeds=("R-001", "R-017", "R-125"),
    fires=(job().decides("What can be trained here?: 12 GiB on 1 device(s). Out of reach: zero-shot."),),
    silent=(freeze(depth=12),),
)
def ask_compute(walk: Walk) -> Reply:
    machine = walk.case.job.machine
    gpu = "no GPU" if machine.kind is ComputeKind.CPU else f"{machine.count} device(s)"
    barred = [option.strategy for option in walk.options if not option.feasible]
    out = f" Out of reach: {', '.join(barred)}." if barred else " Everything is within reach."
    return Reply("What can be trained here?", f"{machine.total_gib:g} GiB on {gpu}.{out}")


@PATH.rule(
    "ask-measured",
    "A measurement on the target tells more than any rule, so one is asked for that is within reach.",
    grade=Grade.C,
    sources=("seed-explainer",),
    seeds=("R-045", "R-128"),
    fires=(
        job().decides("Has anything been measured on the target?: No: run a linear probe first."),
        job(task="text-generation").decides(
            "Has anything been measured on the target?: No: score the pretrained model as it is first."
        ),
        job(task="summarization").decides("Has anything been measured on the target?: No."),
        job(measurements={"linear_probe": 0.7}).decides(
            "Has anything been measured on the target?: feature-extraction 0.7."
        ),
    ),
    silent=(freeze(depth=12),),
)
def ask_measured(walk: Walk) -> Reply:
    scores = walk.case.job.scores.by_strategy.items()
    told = ", ".join(f"{strategy} {score:g}" for strategy, score in scores)
    within = [option.strategy for option in walk.options if option.feasible]
    pilot = next((f": {what}" for strategy, what in PILOTS.items() if strategy in within), "")
    return Reply("Has anything been measured on the target?", f"{told or f'No{pilot}'}.")


@PATH.rule(
    "ask-fixed",
    "A strategy that the caller has fixed ends the tree.",
    fires=(job(fixed=FULL).decides("Is the strategy fixed already?: Yes: full-fine-tuning."),),
    silent=(job(),),
)
def ask_fixed(walk: Walk) -> Reply | None:
    fixed = walk.case.job.fixed.strategy
    return Reply("Is the strategy fixed already?", f"Yes: {fixed}.") if isinstance(fixed, Strategy) else None


@PATH.rule(
    "ask-verdict",
    "The strategy that comes first of the feasible ones is the verdict.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("R-031", "R-035"),
    fires=(job().decides("So what is to be done?: parameter-efficient."),),
    silent=(freeze(depth=12),),
)
def ask_verdict(walk: Walk) -> Reply:
    return Reply("So what is to be done?", f"{walk.chosen}.")


def walk_path(case: Case, options: list[StrategyOption], chosen: Strategy, trace: Trace) -> list[DecisionStep]:
    """The questions that were asked, in order."""
    steps: list[DecisionStep] = []
    for rule, asked in PATH.all(Walk(case, options, chosen)):
        trace.add(f"/decision_path/{len(steps)}", rule, asked.answer)
        steps.append(DecisionStep(asked.question, asked.answer, rule.id))
    return steps
