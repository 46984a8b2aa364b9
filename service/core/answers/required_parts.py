"""What each question needs of a job to be answered at all."""

from collections.abc import Iterator

from msgspec import UNSET

from service.contract.problem import ProblemFault
from service.core.architecture.source_faults import MODEL_FORMS
from service.core.job.dataset_size import examples_of
from service.core.rules.example_requests import freeze, job, schedule
from service.core.rules.refusal import Question, fault, refusal
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Example


@refusal(
    "refuse-no-target",
    "A whole plan needs a target task.",
    fires=(Example("/recommend", {"dataset": {"examples": 100}}).decides("/target/task"),),
    silent=(job(100), freeze(100, depth=12)),
)
def no_target(asked: Question) -> Iterator[ProblemFault]:
    if asked.route == "/recommend" and asked.job.target is UNSET:
        message = "Say what the model must do. Without a task /freeze-plan and /lr-schedule answer."
        yield ProblemFault("/target/task", message, sorted(asked.know.tasks), None)


@refusal(
    "refuse-no-size",
    "A whole plan and a freeze plan need the size of the dataset.",
    fires=(
        Example("/recommend", {"target": {"task": "image-classification"}}).decides("/dataset/examples"),
        Example("/freeze-plan", {"source": {"model": "resnet50"}}).decides("/dataset/examples"),
    ),
    silent=(job(100), schedule(family="cnn", total_steps=100)),
)
def no_size(asked: Question) -> Iterator[ProblemFault]:
    if asked.route != "/lr-schedule" and examples_of(asked.know, asked.job) is None:
        message = "Give the number of labelled examples, or a size word in /dataset/size."
        yield fault("/dataset/examples", message)


@refusal(
    "refuse-no-length",
    "A schedule needs a length: examples, or total steps.",
    fires=(schedule(family="cnn").decides("/dataset/examples"),),
    silent=(
        schedule(family="cnn", total_steps=100),
        schedule(family="cnn", examples=100),
        Example("/freeze-plan", {"source": {"model": "resnet50"}}),
    ),
)
def no_length(asked: Question) -> Iterator[ProblemFault]:
    unsized = examples_of(asked.know, asked.job) is None
    if asked.route == "/lr-schedule" and unsized and asked.job.fixed.total_steps is UNSET:
        message = "Give the number of examples, or the total number of steps in /fixed/total_steps."
        yield fault("/dataset/examples", message)


@refusal(
    "refuse-no-model",
    "Without a target no model is chosen: then a freeze plan needs one, and a schedule one or its family.",
    fires=(
        freeze(500).decides("/source/model"),
        schedule(total_steps=100).decides("/source/family"),
        freeze(500, family="cnn").decides("/source/model"),
    ),
    silent=(
        freeze(500, depth=12),
        schedule(family="cnn", total_steps=100),
        job(),
        Example("/recommend", {"dataset": {"examples": 100}}),
    ),
)
def no_model(asked: Question) -> Iterator[ProblemFault]:
    source = asked.job.source
    sized = examples_of(asked.know, asked.job) is not None
    chosen = asked.job.target is not UNSET and sized
    if chosen or any(known(getattr(source, form)) is not None for form in MODEL_FORMS):
        return
    if asked.route == "/freeze-plan":
        yield fault("/source/model", "Give a model of the catalogue, its parameters, or a depth in blocks.")
    elif asked.route == "/lr-schedule" and source.family is UNSET:
        yield fault("/source/family", "Give a model of the catalogue, or a family.")
