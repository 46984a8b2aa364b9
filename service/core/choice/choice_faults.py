"""What a job may not ask of models and strategies."""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET

from service.contract.problem import ProblemFault
from service.contract.words import STRATEGY_OF, Family, Framework, Method, Modality, Task, Trainer
from service.core.catalogue.matrix import COMMERCIAL, allowed_models
from service.core.choice.comparisons import TRAIN_NOTHING
from service.core.choice.start import is_outside
from service.core.job.dataset_size import LABELLED, classes_of
from service.core.rules.example_requests import BERT, MAE, RESNET, freeze, job
from service.core.rules.refusal import Question, fault, refusal
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Example

FRAMEWORK_OF = {Trainer.KERAS: Framework.KERAS, Trainer.OPTAX: Framework.JAX}
"""What a trainer is written in; the others in PyTorch."""


@refusal(
    "refuse-model-for-task",
    "A model that has no usual way to do the task is refused, with those that have one.",
    fires=(job(source=BERT).decides("/source/model"),),
    silent=(job(source=RESNET), job(), freeze(500, model="resnet50")),
)
def model_for_task(asked: Question) -> Iterator[ProblemFault]:
    know, target, row = asked.know, known(asked.job.target), asked.know.find_model(asked.job.source.model)
    if row is not None and target is not None and not know.serves(row, target.task):
        able = sorted(model.id for model in know.serving[target.task])
        yield ProblemFault("/source/model", f"This model cannot do {target.task}.", able, None)


@refusal(
    "refuse-model-against-constraints",
    "A given model keeps the given constraints.",
    fires=(
        job(source=RESNET, constraints={"max_params": 1000}).decides("/constraints/max_params"),
        job(source=MAE, constraints={"commercial_use": True}).decides("/constraints/commercial_use"),
        job(source={"model": "swin_tiny_patch4_window7_224"}, constraints={"framework": "keras"}).decides(
            "/constraints/framework"
        ),
    ),
    silent=(job(source=RESNET, constraints={"max_params": 30_000_000, "commercial_use": True}), job(500, source=MAE)),
)
def model_against_constraints(asked: Question) -> Iterator[ProblemFault]:
    limits, row = asked.job.constraints, asked.know.find_model(asked.job.source.model)
    if row is None:
        return
    if limits.max_params is not UNSET and row.params > limits.max_params:
        yield fault("/constraints/max_params", f"The chosen model has {row.params} parameters.")
    if limits.commercial_use and COMMERCIAL[row.commercial_use] is False:
        yield fault("/constraints/commercial_use", f"The licence of the chosen model ({row.licence}) forbids it.")
    if limits.framework is not Framework.ANY and limits.framework not in row.frameworks:
        message = "The chosen model is not known to exist in this framework."
        yield ProblemFault("/constraints/framework", message, sorted(row.frameworks), None)


@refusal(
    "refuse-dialect-of-another-framework",
    "A plan is asked for in the words of trainers that are written in the given framework.",
    fires=(job(constraints={"framework": "keras"}, dialects=["keras", "timm"]).decides("/dialects/1"),),
    silent=(job(constraints={"framework": "keras"}, dialects=["keras"]), job(dialects=["keras", "timm"]), job()),
)
def dialect_of_another_framework(asked: Question) -> Iterator[ProblemFault]:
    wanted = asked.job.constraints.framework
    for index, dialect in enumerate(known(asked.job.dialects) or ()):
        own = FRAMEWORK_OF.get(dialect, Framework.PYTORCH)
        if wanted not in (Framework.ANY, own):
            yield fault(f"/dialects/{index}", f"{dialect} is written in {own}, and the trainer is to be in {wanted}.")


@refusal(
    "refuse-constraints-without-model",
    "Constraints that leave no model of the catalogue are refused, with what would leave one.",
    fires=(job(constraints={"max_params": 10}).decides("/constraints/max_params"),),
    silent=(
        job(constraints={"max_params": 30_000_000}),
        job(source=RESNET),
        job(source=RESNET, constraints={"max_params": 1000}),
        freeze(500),
    ),
)
def constraints_without_model(asked: Question) -> Iterator[ProblemFault]:
    know, target, limits = asked.know, known(asked.job.target), asked.job.constraints
    given = asked.job.source.model is not UNSET or is_outside(asked.job.source)
    if target is None or given or allowed_models(know, target.task, limits):
        return
    of_any_size = allowed_models(know, target.task, msgspec.structs.replace(limits, max_params=UNSET))
    if not of_any_size:
        yield fault("/constraints", "No model of the catalogue does this task under these constraints.")
    else:
        least = min(row.params for row in of_any_size)
        yield fault("/constraints/max_params", f"The smallest model that does this task has {least} parameters.")


@refusal(
    "refuse-norm-without-model",
    "The norm is said of the caller's own model; those of the catalogue are known.",
    fires=(job(freezing={"norm": "group-norm"}).decides("/freezing/norm"),),
    silent=(job(), freeze(500, model="resnet50", norm="batch-norm"), freeze(500, depth=12, norm="group-norm")),
)
def norm_without_model(asked: Question) -> Iterator[ProblemFault]:
    source = asked.job.source
    if asked.job.freezing.norm is not UNSET and source.model is UNSET and not is_outside(source):
        yield fault("/freezing/norm", "Give the model in /source as well: the norm is that of a model of your own.")


@refusal(
    "refuse-pixels-for-model",
    "Channels and bit depth are said of images, which the given model reads.",
    fires=(
        Example("/freeze-plan", {"source": {"model": "gpt2"}, "dataset": {"examples": 500, "channels": 4}}).decides(
            "/dataset/channels"
        ),
    ),
    silent=(Example("/freeze-plan", {"source": RESNET, "dataset": {"examples": 500, "channels": 4}}), job()),
)
def pixels_for_model(asked: Question) -> Iterator[ProblemFault]:
    row = asked.know.find_model(asked.job.source.model)
    if row is None or Modality.IMAGE in row.modalities:
        return
    for name in ("channels", "bit_depth"):
        if known(getattr(asked.job.dataset, name)) is not None:
            yield fault(f"/dataset/{name}", "The given model reads no images.")


@refusal(
    "refuse-method-of-another-strategy",
    "A fixed method carries out the fixed strategy.",
    fires=(job(fixed={"strategy": "full-fine-tuning", "method": "linear-probe"}).decides("/fixed/method"),),
    silent=(
        job(fixed={"strategy": "feature-extraction", "method": "linear-probe"}),
        freeze(50, depth=12, strategy="zero-shot"),
        job(fixed={"epochs": 4, "method": "probe-then-fine-tune"}),
    ),
)
def method_of_another_strategy(asked: Question) -> Iterator[ProblemFault]:
    strategy, method = known(asked.job.fixed.strategy), known(asked.job.fixed.method)
    if strategy is None or method is None or STRATEGY_OF[method] is strategy:
        return
    allowed = sorted(str(one) for one, carries in STRATEGY_OF.items() if carries is strategy)
    yield ProblemFault("/fixed/method", f"This method carries out {STRATEGY_OF[method]}.", allowed, None)


@refusal(
    "refuse-method-for-task",
    "A fixed method suits the task: pairs are for texts with counted classes, neighbours and class means for labels.",
    fires=(
        job(64, classes=8, fixed={"method": "contrastive-few-shot"}).decides("/fixed/method"),
        job(task="summarization", fixed={"method": "nearest-neighbours"}).decides("/fixed/method"),
        freeze(500, model="resnet50", method="nearest-neighbours").decides("/fixed/method"),
    ),
    silent=(
        job(64, classes=8, fixed={"method": "nearest-neighbours"}),
        job(64, task="text-classification", classes=8, fixed={"method": "contrastive-few-shot"}),
    ),
)
def method_for_task(asked: Question) -> Iterator[ProblemFault]:
    method, target = known(asked.job.fixed.method), known(asked.job.target)
    if method not in (Method.CONTRASTIVE_FEW_SHOT, *TRAIN_NOTHING):
        return
    row, family = asked.know.find_model(asked.job.source.model), known(asked.job.source.family)
    if target is None:
        yield fault("/fixed/method", "This method needs a task: say which in /target/task.")
    elif method in TRAIN_NOTHING and target.task not in LABELLED:
        yield fault("/fixed/method", f"Neighbours and class means need labels, and {target.task} gives none.")
    elif method is Method.CONTRASTIVE_FEW_SHOT:
        encoder = (row.family if row else family) in (None, Family.TEXT_ENCODER)
        counted = classes_of(asked.job.dataset) is not None and asked.job.dataset.texts_per_example != 2
        if target.task is not Task.TEXT_CLASSIFICATION or not counted or not encoder:
            yield fault("/fixed/method", "Pairs are made of single texts with counted classes, for a text encoder.")


@refusal(
    "refuse-dialect-twice",
    "A dialect is named once.",
    fires=(job(source=RESNET, dialects=["timm", "keras", "timm"]).decides("/dialects/2"),),
    silent=(job(source=RESNET, dialects=["timm", "keras"]), job()),
)
def dialect_twice(asked: Question) -> Iterator[ProblemFault]:
    named = known(asked.job.dialects) or []
    for index, dialect in enumerate(named):
        if dialect in named[:index]:
            yield fault(f"/dialects/{index}", "This is named more than once; name it once.")
