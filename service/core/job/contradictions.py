"""Finds what is wrong with a request that fits the schema. Every fault is reported, each with its pointer."""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET, UnsetType

from service.contract.freeze import FreezePlanRequest
from service.contract.job import JobCompute, JobDataset
from service.contract.problem import ProblemFault
from service.contract.recommend import RecommendRequest
from service.contract.schedule import LrScheduleRequest
from service.contract.words import ComputeKind, CurveShape, Family, Framework, Strategy, Task, WarmupKind
from service.core.architecture.parameter_list import listing_faults
from service.core.catalogue.matrix import COMMERCIAL, allowed_models, serving_models
from service.core.rules.refusal import Refusal, fault, unknown_word
from service.core.rules.resolved_inputs import known
from service.knowledge.index import Knowledge
from service.knowledge.rows import ModelRow

TWO_CLASSES_OR_MORE = (
    Task.IMAGE_CLASSIFICATION,
    Task.TEXT_CLASSIFICATION,
    Task.AUDIO_CLASSIFICATION,
    Task.TABULAR_CLASSIFICATION,
)


MODEL_FORMS = ("model", "parameters", "safetensors", "safetensors_index", "depth")
"""The forms in which `/freeze-plan` takes a model."""


def refuse(faults: Iterator[ProblemFault]) -> None:
    """Raises Refusal if there is any fault."""
    found = list(faults)
    if found:
        raise Refusal(found)


def recommend_faults(know: Knowledge, request: RecommendRequest) -> Iterator[ProblemFault]:
    """All faults of a `/recommend` request."""
    has_classes = know.tasks[request.target.task].has_classes
    yield from _dataset_faults(know, request.dataset, has_classes)
    yield from _class_faults(know, request)
    yield from _domain_faults(know, request)
    yield from _source_model_faults(know, request)
    yield from _candidate_faults(know, request)
    yield from _compute_faults(know, request.compute)
    yield from _fixed_faults(request)


def freeze_faults(know: Knowledge, request: FreezePlanRequest) -> Iterator[ProblemFault]:
    """All faults of a `/freeze-plan` request."""
    yield from _dataset_faults(know, request.dataset, has_classes=True)
    given = [form for form in MODEL_FORMS if getattr(request, form) is not UNSET]
    if not given:
        yield fault("/model", "Give a model of the catalogue, its parameters, or a depth in blocks.")
    for form in given[1:]:
        yield fault(f"/{form}", f"The model is given in /{given[0]} already: give it in one form.")
    yield from _model_faults(know, "/model", request.model, request.family)
    yield from listing_faults(request)
    yield from _compute_faults(know, request.compute)
    row = find_model(know, request.model)
    if row is not None and request.strategy is Strategy.PARAMETER_EFFICIENT and not row.lora_targets:
        yield fault("/strategy", "No adapter targets are known for this architecture.")
    if row is not None and request.norm is not UNSET and request.norm is not row.norm:
        yield ProblemFault("/norm", "This is not the norm of the model.", [row.norm], row.norm)
    if request.depth is not UNSET and request.dialects is not UNSET and request.dialects:
        yield fault("/dialects", "Exports name parameters, and a depth has none: give a model or its parameters.")


def schedule_faults(know: Knowledge, request: LrScheduleRequest) -> Iterator[ProblemFault]:
    """All faults of an `/lr-schedule` request."""
    if request.model is UNSET and request.family is UNSET:
        yield fault("/family", "Give a model of the catalogue, or a family.")
    if request.model is not UNSET and request.params is not UNSET:
        yield fault("/params", "Give either a model or a number of parameters: the model's are known.")
    if request.total_steps is UNSET and request.examples is UNSET:
        yield fault("/examples", "Give the number of examples, or the total number of steps.")
    if request.total_steps is not UNSET and request.epochs is not UNSET:
        yield fault("/epochs", "Give either epochs or total steps.")
    yield from _model_faults(know, "/model", request.model, request.family)
    yield from _curve_faults(know, request)
    yield from _batch_faults(request)
    if request.known_rate is not UNSET:
        yield from _model_faults(know, "/known_rate/model", request.known_rate.model, UNSET)
        if request.peak_rate is not UNSET:
            yield fault("/known_rate", "Give either a peak rate for this run, or one that worked elsewhere.")
    row = find_model(know, request.model)
    family = row.family if row else known(request.family)
    strategy = known(request.strategy) or Strategy.FULL
    if request.adapter is not UNSET and strategy is not Strategy.PARAMETER_EFFICIENT:
        yield fault("/adapter", "An adapter needs the strategy parameter-efficient.")
    if family is not None and strategy is not Strategy.ZERO_SHOT and strategy not in know.trainable[family]:
        allowed = sorted(str(one) for one in know.trainable[family])
        yield ProblemFault(
            "/strategy", f"No published rate is known for the family {family} with {strategy}.", allowed, None
        )


def _curve_faults(know: Knowledge, request: LrScheduleRequest) -> Iterator[ProblemFault]:
    if request.shape is not UNSET:
        allowed = know.shapes[request.shape].options
        for name in request.options.__struct_fields__:
            if getattr(request.options, name) is not UNSET and name not in (*allowed, *_warmup_options(request)):
                yield ProblemFault(
                    f"/options/{name}", f"The shape {request.shape} has no such option.", sorted(allowed), None
                )
    elif request.options != type(request.options)():
        yield fault("/shape", "Options need a shape: say which.")
    if request.shape is CurveShape.TRI_STAGE and request.options.end_ratio == 0:
        yield fault("/options/end_ratio", "An exponential decay does not reach 0: give a ratio above it.")
    if request.warmup_kind is WarmupKind.NONE and request.warmup_steps is not UNSET and request.warmup_steps > 0:
        yield fault("/warmup_steps", "No warm-up and warm-up steps contradict each other.")
    if request.steps is not UNSET and request.points is not UNSET:
        yield fault("/points", "Give either steps, or a number of points.")
    if request.options.start_ratio is not UNSET and request.warmup_kind is WarmupKind.NONE:
        yield fault("/options/start_ratio", "Without a warm-up nothing starts at this ratio.")
    if request.options.start_ratio == 0 and request.warmup_kind is WarmupKind.CONSTANT:
        yield fault("/options/start_ratio", "A constant warm-up at 0 trains nothing: give a ratio above it.")


def _warmup_options(request: LrScheduleRequest) -> tuple[str, ...]:
    """A constant warm-up holds a ratio of its own."""
    return ("start_ratio",) if request.warmup_kind is WarmupKind.CONSTANT else ()


def _batch_faults(request: LrScheduleRequest) -> Iterator[ProblemFault]:
    if request.batch_size is not UNSET and request.per_device_batch_size is not UNSET:
        yield fault("/per_device_batch_size", "Give either the whole batch, or what one device sees.")
    parts = request.accumulation is not UNSET or request.devices is not UNSET
    if parts and request.per_device_batch_size is UNSET:
        yield fault("/per_device_batch_size", "Accumulation and devices need the batch that one device sees.")


def find_model(know: Knowledge, name: str | UnsetType) -> ModelRow | None:
    """The catalogue's row for any spelling of a model; None where it has none."""
    return None if name is UNSET else know.spellings.get(name.lower())


def _dataset_faults(know: Knowledge, dataset: JobDataset, has_classes: bool) -> Iterator[ProblemFault]:
    if dataset.examples is UNSET and dataset.size is UNSET:
        yield fault("/dataset/examples", "Give the number of labelled examples, or a size word in /dataset/size.")
        return
    if dataset.examples is not UNSET and dataset.size is not UNSET:
        yield fault("/dataset/size", "Give either examples or a size word.")
        return
    examples = dataset.examples
    if examples is UNSET:
        examples = next(row.typical_examples for row in know.tables.bands if row.word == dataset.size)
    if has_classes and dataset.classes is not UNSET and dataset.classes > examples:
        stands_for = "" if dataset.size is UNSET else f", which is what {dataset.size} stands for"
        yield fault("/dataset/classes", f"There are more classes than labelled examples ({examples}{stands_for}).")


def _class_faults(know: Knowledge, request: RecommendRequest) -> Iterator[ProblemFault]:
    classes, task = known(request.dataset.classes), request.target.task
    if classes == 1 and task in TWO_CLASSES_OR_MORE:
        yield fault("/dataset/classes", f"{task} tells at least two classes apart.")
    most = int(know.number("table-classes"))
    if task is Task.TABULAR_CLASSIFICATION and classes is not None and classes > most:
        message = f"No model of the catalogue takes more than {most} classes of a table; gradient-boosted trees do."
        yield fault("/dataset/classes", message)


def _domain_faults(know: Knowledge, request: RecommendRequest) -> Iterator[ProblemFault]:
    for pointer, task, domain in (
        ("/target", request.target.task, request.target.domain),
        ("/source", request.source.task, request.source.domain),
    ):
        if task is UNSET or domain is UNSET or know.shares_modality(know.tasks[task], know.domains[domain]):
            continue
        modalities = know.tasks[task].modalities
        allowed = sorted(str(row.id) for row in know.tables.domains if row.modality in modalities)
        needs = " or ".join(modalities)
        yield ProblemFault(
            f"{pointer}/domain", f"The task {task} reads {needs}, and this domain is not that.", allowed, None
        )


def _source_model_faults(know: Knowledge, request: RecommendRequest) -> Iterator[ProblemFault]:
    pointer = "/source/model"
    source = request.source
    if source.model is not UNSET and (source.task is not UNSET or source.domain is not UNSET):
        yield fault(pointer, "Give either a model, or the task and domain of a source: the model's source is known.")
    yield from _model_faults(know, pointer, request.source.model, UNSET)
    row = find_model(know, request.source.model)
    if row is None:
        return
    limits = request.constraints
    if (row.id, request.target.task) not in know.cells:
        able = sorted(model.id for model in serving_models(know, request.target.task))
        yield ProblemFault(pointer, f"This model cannot do {request.target.task}.", able, None)
    if limits.max_params is not UNSET and row.params > limits.max_params:
        yield fault("/constraints/max_params", f"The chosen model has {row.params} parameters.")
    if limits.commercial_use and COMMERCIAL[row.commercial_use] is False:
        yield fault("/constraints/commercial_use", f"The licence of the chosen model ({row.licence}) forbids it.")
    if limits.framework is not Framework.ANY and limits.framework not in row.frameworks:
        allowed = sorted(row.frameworks)
        yield ProblemFault(
            "/constraints/framework", "The chosen model is not known to exist in this framework.", allowed, None
        )


def _model_faults(
    know: Knowledge, pointer: str, name: str | UnsetType, family: Family | UnsetType
) -> Iterator[ProblemFault]:
    row = find_model(know, name)
    if name is not UNSET and row is None:
        yield unknown_word(pointer, "The catalogue does not hold this model.", name, know.models)
    if row is not None and family is not UNSET and family is not row.family:
        yield ProblemFault("/family", "This is not the family of the model.", [row.family], row.family)


def _candidate_faults(know: Knowledge, request: RecommendRequest) -> Iterator[ProblemFault]:
    """Constraints that leave no model at all."""
    if request.source.model is not UNSET:
        return
    limits = request.constraints
    if allowed_models(know, request.target.task, limits):
        return
    of_any_size = allowed_models(know, request.target.task, msgspec.structs.replace(limits, max_params=UNSET))
    if not of_any_size:
        yield fault("/constraints", "No model of the catalogue does this task under these constraints.")
    else:
        least = min(row.params for row in of_any_size)
        yield fault("/constraints/max_params", f"The smallest model that does this task has {least} parameters.")


def _compute_faults(know: Knowledge, compute: JobCompute) -> Iterator[ProblemFault]:
    device = know.find_device(known(compute.device))
    if compute.device is not UNSET and device is None and compute.memory_gib is UNSET:
        message = "This device is not known: give its memory in /compute/memory_gib."
        yield unknown_word("/compute/device", message, compute.device, know.devices)
    if compute.kind is ComputeKind.MULTI_GPU and compute.count == 1:
        yield fault("/compute/count", "Several GPUs are more than one: leave the kind out, or count them.")
    one_gpu = compute.kind in (ComputeKind.CONSUMER_GPU, ComputeKind.DATACENTER_GPU)
    if one_gpu and compute.count is not UNSET and compute.count > 1:
        yield fault("/compute/kind", "More than one GPU is multi-gpu: leave the kind out, or say so.")
    if compute.kind is ComputeKind.CPU and device is not None and device.kind != "cpu":
        yield fault("/compute/kind", "The device is a GPU.")


def _fixed_faults(request: RecommendRequest) -> Iterator[ProblemFault]:
    if request.constraints.keep_source_ability and request.fixed.strategy is Strategy.FROM_SCRATCH:
        yield fault("/fixed/strategy", "Training from scratch cannot keep an ability of the source.")
