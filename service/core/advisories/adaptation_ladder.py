"""Which rungs of the ladder for shifted domains are advised here."""

from msgspec import Struct

from service.contract.recommend import AdaptationStep
from service.contract.words import Grade
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import job
from service.core.rules.rule import Example, Topic, Trace

PLENTY_UNLABELLED = Example(
    "/recommend",
    {
        "target": {"task": "image-classification"},
        "dataset": {"examples": 300, "unlabelled": 50_000},
        "similarity": 3,
    },
)


class Rung(Struct, frozen=True):
    """A rung, and why it is worth climbing here."""

    step: str
    because: str


LADDER: Topic[Outcome, Rung] = Topic("adaptation")


@LADDER.rule(
    "adapt-better-baseline",
    "A well tuned baseline beats most adaptation methods, so it comes first.",
    grade=Grade.A,
    sources=("tllib",),
    seeds=("C-21",),
    fires=(job(similarity=5).decides("1 True: similarity 5 is not high"),),
    silent=(job(similarity=9),),
)
def better_baseline(outcome: Outcome) -> Rung | None:
    if outcome.case.alike:
        return None
    return Rung("better-baseline", f"similarity {outcome.case.similarity:g} is not high")


@LADDER.rule(
    "adapt-collect-labels",
    "A hundred to five hundred target labels often unlock large gains.",
    grade=Grade.C,
    sources=("seed-explainer",),
    seeds=("R-099", "R-104", "C-21"),
    fires=(job(100, similarity=5).decides("2 True: 100 labels are few"),),
    silent=(job(50_000, similarity=5), job(2_000_000, classes=1_000_000, similarity=5), job(300, similarity=8)),
)
def collect_labels(outcome: Outcome) -> Rung | None:
    data = outcome.case.job.data
    if outcome.case.alike or not (data.few and data.few_in_all):
        return None
    return Rung("collect-target-labels", f"{outcome.case.job.data.examples} labels are few")


@LADDER.rule(
    "adapt-augmentation",
    "Augment with the conditions of deployment: blur, noise, crop, style.",
    grade=Grade.C,
    sources=("seed-complete-guide", "seed-explainer"),
    seeds=("R-095", "R-100"),
    fires=(job(similarity=5).decides("3 True: similarity 5 is not high"),),
    silent=(job(similarity=9), job(similarity=5, task="tabular-classification")),
)
def augmentation(outcome: Outcome) -> Rung | None:
    senses = {"image", "audio", "text"} & set(outcome.case.job.task.modalities)
    if outcome.case.alike or not senses:
        return None
    return Rung("deployment-augmentation", f"similarity {outcome.case.similarity:g} is not high")


@LADDER.rule(
    "adapt-self-supervised",
    "Much more unlabelled than labelled target data are worth a round of self-supervised or continued pretraining.",
    grade=Grade.A,
    sources=("gururangan-2020", "seed-complete-guide", "seed-explainer"),
    seeds=("R-097", "R-112"),
    fires=(PLENTY_UNLABELLED.decides("4 True: 50000 unlabelled against 300 labelled"),),
    silent=(
        job(300, similarity=3),
        Example(
            "/recommend",
            {
                "target": {"task": "image-classification"},
                "dataset": {"examples": 300, "unlabelled": 2999},
                "similarity": 3,
            },
        ),
    ),
)
def self_supervised(outcome: Outcome) -> Rung | None:
    data = outcome.case.job.data
    if outcome.case.alike or outcome.used_as_it_is or not data.plenty_unlabelled:
        return None
    return Rung("self-supervised-pretraining", f"{data.unlabelled} unlabelled against {data.examples} labelled")


@LADDER.rule(
    "adapt-multi-task",
    "Related tasks on the target's inputs share a representation.",
    grade=Grade.C,
    sources=("seed-complete-guide",),
    seeds=("R-098",),
    fires=(job(300, similarity=3).decides("5 True: few labels and low similarity"),),
    silent=(job(50_000, similarity=3), job(900)),
)
def multi_task(outcome: Outcome) -> Rung | None:
    if not outcome.case.unlike or not outcome.case.job.data.few:
        return None
    return Rung("multi-task-training", "few labels and low similarity")


@LADDER.rule(
    "adapt-domain-adversarial",
    "Adversarial alignment is the last rung: only with unlabelled target data and next to no labels.",
    grade=Grade.B,
    sources=("tllib", "ganin-2016", "seed-complete-guide", "seed-explainer"),
    seeds=("R-096", "R-101", "C-21"),
    fires=(
        Example(
            "/recommend",
            {
                "target": {"task": "image-classification"},
                "dataset": {"examples": 50, "unlabelled": 50_000},
                "similarity": 3,
            },
        ).decides("6 True: 50 labels and 50000 unlabelled examples"),
    ),
    silent=(PLENTY_UNLABELLED, job(100)),
)
def domain_adversarial(outcome: Outcome) -> Rung | None:
    data = outcome.case.job.data
    if not outcome.case.job.task.has_classes or outcome.case.alike or not (data.tiny and data.plenty_unlabelled):
        return None
    return Rung("domain-adversarial", f"{data.examples} labels and {data.unlabelled} unlabelled examples")


def climb(outcome: Outcome, trace: Trace) -> list[AdaptationStep]:
    """The whole ladder in order, with the rungs that are advised here marked."""
    advised = {finding.step: (rule, finding) for rule, finding in LADDER.all(outcome)}
    steps: list[AdaptationStep] = []
    for row in sorted(outcome.know.tables.adaptation, key=lambda row: row.order):
        if row.id in advised:
            rule, finding = advised[row.id]
            trace.add(f"/adaptation/{len(steps)}/advised", rule, finding.because)
        steps.append(AdaptationStep.from_row(row, advised=row.id in advised))
    return steps
