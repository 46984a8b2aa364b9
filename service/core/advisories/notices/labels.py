"""Notices about how many labels there are, and what may stand in for more."""

from service.contract.words import Grade, Modality, Strategy
from service.core.advisories.notices.notice import NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import job
from service.core.rules.rule import Example


@NOTICES.rule(
    "notice-collect-labels",
    "Where labels are so few that no strategy is safe, a hundred to five hundred more are worth more than any method.",
    grade=Grade.C,
    sources=("seed-explainer", "judgement"),
    seeds=("R-099", "R-104", "C-06", "C-21"),
    fires=(
        job(100, similarity=2).decides("collect-labels-first: 100 labels; 100 to 500 more"),
        job(100, classes=10).decides("collect-labels-first: 100 labels; 100 to 500 more"),
        job(300, classes=20, similarity=8).decides("collect-labels-first: 300 labels; 100 to 500 more"),
    ),
    silent=(job(5000), job(150, similarity=9, classes=2), job(2_000_000, classes=1_000_000), job(900)),
)
def collect_labels(outcome: Outcome) -> Remark | None:
    data, number = outcome.case.job.data, outcome.know.number
    hard = not outcome.case.alike or data.examples < number("labels-floor")
    if not data.tiny or not data.few_in_all or not (data.thin_classes or hard):
        return None
    low, high = number("target-labels-low"), number("target-labels-high")
    return Remark("collect-labels-first", "/dataset/examples", f"{data.examples} labels; {low:g} to {high:g} more")


@NOTICES.rule(
    "notice-few-shot-text",
    "Below ten examples per class a text is better labelled by a prompted language model or by its nearest neighbours.",
    grade=Grade.C,
    sources=("seed-explainer", "setfit"),
    seeds=("C-03", "R-027", "R-036"),
    fires=(job(20, task="text-classification", classes=5).decides("few-shot-text: 4 examples per class"),),
    silent=(job(20, classes=5), job(5000, task="text-classification", classes=5)),
)
def few_shot_text(outcome: Outcome) -> Remark | None:
    data = outcome.case.job.data
    text = Modality.TEXT in outcome.case.job.task.modalities
    if not data.few_shot or not text or outcome.strategy is Strategy.ZERO_SHOT:
        return None
    return Remark("few-shot-text", "/dataset/examples", f"{data.per_class:.3g} examples per class")


@NOTICES.rule(
    "notice-unlabelled-data",
    "Unlabelled target data ten times the labelled are worth a round of self-supervised or continued pretraining.",
    grade=Grade.A,
    sources=("gururangan-2020", "seed-complete-guide", "seed-explainer"),
    seeds=("R-087", "R-097", "R-112"),
    fires=(
        Example(
            "/recommend",
            {"target": {"task": "text-classification"}, "dataset": {"examples": 2000, "unlabelled": 50_000}},
        ).decides("pretrain-on-unlabelled: 50000 unlabelled, 2000 labelled"),
    ),
    silent=(job(),),
)
def unlabelled_data(outcome: Outcome) -> Remark | None:
    data = outcome.case.job.data
    if outcome.case.alike or outcome.used_as_it_is or not data.plenty_unlabelled:
        return None
    formula = f"{data.unlabelled} unlabelled, {data.examples} labelled"
    return Remark("pretrain-on-unlabelled", "/dataset/unlabelled", formula)
