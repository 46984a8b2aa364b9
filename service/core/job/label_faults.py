"""What a job may not say of its labels and classes."""

from collections.abc import Iterator

from msgspec import UNSET

from service.contract.base import MOST_EXAMPLES
from service.contract.problem import ProblemFault
from service.contract.words import LabelsPerExample, Method, Task
from service.core.job.dataset_size import LABELLED, classes_of, examples_of, one_label_each
from service.core.rules.example_requests import IMAGES, freeze, job
from service.core.rules.refusal import Question, fault, refusal
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Example

BOXED = (Task.OBJECT_DETECTION, Task.IMAGE_SEGMENTATION)
"""Tasks with labels of classes, of which one example carries any number."""


SEVERAL: dict[str, object] = {"labels_per_example": "several"}


@refusal(
    "refuse-more-classes-than-examples",
    "There cannot be more classes than labelled examples.",
    fires=(job(10, classes=11).decides("/dataset/classes"),),
    silent=(job(10, classes=10), job(10, task="summarization", classes=11), freeze(500)),
)
def more_classes_than_examples(asked: Question) -> Iterator[ProblemFault]:
    dataset, target = asked.job.dataset, known(asked.job.target)
    examples, classes = examples_of(asked.know, asked.job), known(dataset.classes)
    has_classes = target is None or asked.know.tasks[target.task].has_classes
    if has_classes and classes is not None and examples is not None and classes > examples:
        stands_for = "" if dataset.size is UNSET else f", which is what {dataset.size} stands for"
        yield fault("/dataset/classes", f"There are more classes than labelled examples ({examples}{stands_for}).")


@refusal(
    "refuse-one-class",
    "A task that tells classes apart needs two of them.",
    fires=(
        job(classes=1).decides("/dataset/classes"),
        Example("/recommend", {"target": IMAGES, "dataset": {"class_counts": [0, 90]}}).decides(
            "/dataset/class_counts"
        ),
    ),
    silent=(
        job(classes=2),
        job(task="token-classification", classes=1),
        Example("/recommend", {"target": IMAGES, "dataset": {"class_counts": [0, 90, 10]}}),
        freeze(500),
    ),
)
def one_class(asked: Question) -> Iterator[ProblemFault]:
    target, dataset = known(asked.job.target), asked.job.dataset
    if target is None or target.task not in LABELLED:
        return
    if dataset.classes == 1:
        yield fault("/dataset/classes", f"{target.task} tells at least two classes apart.")
    elif len([count for count in known(dataset.class_counts) or (0, 0) if count]) == 1:
        yield fault("/dataset/class_counts", f"{target.task} tells at least two classes apart, and one has examples.")


@refusal(
    "refuse-many-table-classes",
    "A table with more classes than any model of the catalogue takes is refused.",
    fires=(job(task="tabular-classification", classes=11).decides("/dataset/classes"),),
    silent=(
        job(task="tabular-classification", classes=10),
        freeze(500),
        job(10, classes=11),
        job(task="tabular-classification"),
    ),
)
def many_table_classes(asked: Question) -> Iterator[ProblemFault]:
    target, classes = known(asked.job.target), classes_of(asked.job.dataset)
    most = int(asked.know.number("table-classes"))
    if target and target.task is Task.TABULAR_CLASSIFICATION and classes is not None and classes > most:
        message = f"No model of the catalogue takes more than {most} classes of a table; gradient-boosted trees do."
        yield fault("/dataset/classes", message)


@refusal(
    "refuse-labels-of-another-task",
    "Several labels per example, and a rarest class, are said of tasks that label whole examples.",
    fires=(
        Example(
            "/recommend", {"target": {"task": "summarization"}, "dataset": {"examples": 900, "rarest_class": 9}}
        ).decides("/dataset/rarest_class"),
        Example("/recommend", {"target": {"task": "translation"}, "dataset": {"examples": 900} | SEVERAL}).decides(
            "/dataset/labels_per_example"
        ),
    ),
    silent=(
        Example("/recommend", {"target": IMAGES, "dataset": {"examples": 900, "rarest_class": 9} | SEVERAL}),
        freeze(500),
    ),
)
def labels_of_another_task(asked: Question) -> Iterator[ProblemFault]:
    dataset, target = asked.job.dataset, known(asked.job.target)
    if target is None or target.task in LABELLED:
        return
    for name in ("labels_per_example", "rarest_class", *(() if target.task in BOXED else ("class_counts",))):
        if known(getattr(dataset, name)) is not None:
            yield fault(f"/dataset/{name}", f"The examples of {target.task} are not labelled as a whole.")


@refusal(
    "refuse-counts-beside-classes",
    "Counts of the classes tell their number and the rarest, and add up to the examples where each has one label.",
    fires=(
        Example("/recommend", {"target": IMAGES, "dataset": {"class_counts": [90, 10], "classes": 3}}).decides(
            "/dataset/classes"
        ),
        Example("/recommend", {"target": IMAGES, "dataset": {"class_counts": [90, 10], "examples": 101}}).decides(
            "/dataset/class_counts"
        ),
    ),
    silent=(
        Example("/recommend", {"target": IMAGES, "dataset": {"class_counts": [90, 10]}}),
        Example("/recommend", {"target": IMAGES, "dataset": {"class_counts": [90, 10], "examples": 100, "classes": 2}}),
        Example(
            "/recommend",
            {"target": {"task": "object-detection"}, "dataset": {"class_counts": [90, 10], "examples": 50}},
        ),
    ),
)
def counts_beside_classes(asked: Question) -> Iterator[ProblemFault]:
    dataset = asked.job.dataset
    counts, examples = known(dataset.class_counts), known(dataset.examples)
    if counts is None:
        return
    for name, counted in (("classes", len(counts)), ("rarest_class", min(counts))):
        if known(getattr(dataset, name)) not in (None, counted):
            yield fault(f"/dataset/{name}", f"The counts of the classes say {counted}: leave this out.")
    total = sum(counts)
    if one_label_each(asked.job) and total != (min(total, MOST_EXAMPLES) if examples is None else examples):
        there = f"{MOST_EXAMPLES} examples are the most" if examples is None else f"there are {examples} examples"
        yield fault("/dataset/class_counts", f"The counts add up to {total}, and {there}.")


@refusal(
    "refuse-rarest-above-mean",
    "The rarest class has no more examples than the mean class, and no class more than there are.",
    fires=(
        Example(
            "/recommend", {"target": IMAGES, "dataset": {"examples": 100, "classes": 5, "rarest_class": 21}}
        ).decides("/dataset/rarest_class"),
        Example("/recommend", {"target": IMAGES, "dataset": {"examples": 100, "rarest_class": 101} | SEVERAL}).decides(
            "/dataset/rarest_class"
        ),
    ),
    silent=(
        Example("/recommend", {"target": IMAGES, "dataset": {"examples": 100, "classes": 5, "rarest_class": 20}}),
        Example(
            "/recommend", {"target": IMAGES, "dataset": {"examples": 100, "classes": 5, "rarest_class": 50} | SEVERAL}
        ),
        job(),
    ),
)
def rarest_above_mean(asked: Question) -> Iterator[ProblemFault]:
    dataset = asked.job.dataset
    rarest, examples = known(dataset.rarest_class), examples_of(asked.know, asked.job)
    if rarest is None or examples is None:
        return
    several = dataset.labels_per_example is LabelsPerExample.SEVERAL
    most = examples if several else examples // (known(dataset.classes) or 1)
    if rarest > most:
        yield fault("/dataset/rarest_class", f"The rarest class can have {most} examples at most.")


@refusal(
    "refuse-pairs-of-several-labels",
    "Pairs alike are formed of examples with one label each.",
    fires=(
        Example(
            "/recommend",
            {
                "target": {"task": "text-classification"},
                "dataset": {"examples": 64, "classes": 8} | SEVERAL,
                "fixed": {"method": "contrastive-few-shot"},
            },
        ).decides("/fixed/method"),
    ),
    silent=(job(64, task="text-classification", classes=8, fixed={"method": "contrastive-few-shot"}),),
)
def pairs_of_several_labels(asked: Question) -> Iterator[ProblemFault]:
    several = asked.job.dataset.labels_per_example is LabelsPerExample.SEVERAL
    if several and asked.job.fixed.method is Method.CONTRASTIVE_FEW_SHOT:
        yield fault("/fixed/method", "Pairs alike need examples with one label each.")
