"""A `/recommend` request as the rules see it."""

from functools import cached_property

import msgspec
from msgspec import UNSET, Struct, UnsetType

from service.contract.job import Compute, Constraints, Fixed, Measurements, Source
from service.contract.recommend import RecommendRequest
from service.contract.words import ComputeKind, Distinction, Domain, Level, Policy
from service.core.bands import Data, resolve_dataset
from service.core.evidence import EVIDENCE, Found, Setting
from service.core.inputs import Inputs, known
from service.core.rule import Rule
from service.core.trace import Trace
from service.core.untrained import can_zero_shot
from service.knowledge.index import Knowledge
from service.knowledge.model import DomainRow, ModelRow, TaskRow


class Machine(Struct, frozen=True):
    """What there is to train on. `memory_gib` is of one device, `total_gib` of all, with states sharded over them."""

    kind: ComputeKind
    count: int
    memory_gib: float
    total_gib: float


class Job(Struct, frozen=True):
    """The request before a model is chosen."""

    know: Knowledge
    task: TaskRow
    domain: DomainRow | None
    source: Source
    data: Data
    machine: Machine
    constraints: Constraints
    fixed: Fixed
    measurements: Measurements
    given_similarity: float | None
    distinction: Distinction = Distinction.COARSE
    policy: Policy = Policy.EVIDENCE


OTHER_CHANNELS = (Domain.SATELLITE_MULTISPECTRAL, Domain.DEPTH_AND_THERMAL)
"""Domains whose input has other channels than the checkpoints here were trained on."""


class Case(Struct, frozen=True, dict=True):
    """The request with its starting model and how alike their data are."""

    job: Job
    model: ModelRow
    similarity: float
    level: Level

    @property
    def know(self) -> Knowledge:
        """The knowledge that the job is judged by."""
        return self.job.know

    @property
    def works_untrained(self) -> bool:
        """Whether the model does the task as it comes."""
        return can_zero_shot(self.model, self.job.task.id)

    @cached_property
    def consulted(self) -> tuple[Rule[Setting, Found] | None, Found]:
        """What published comparisons say of the case; nothing where the guides alone are to be followed."""
        if self.job.policy is Policy.GUIDES:
            return None, Found(None, "")
        model, job = self.model, self.job
        setting = Setting(
            know=job.know,
            task=job.task,
            family=model.family,
            objective=model.objective,
            params=model.params,
            examples=job.data.examples,
            per_class=job.data.per_class,
            similarity=self.similarity,
            distinction=job.distinction,
            plain=model.id in job.know.plain,
            adapters=bool(model.lora_targets),
            zero_shot=self.works_untrained,
            robust=job.constraints.robust_to_shift,
        )
        return EVIDENCE.first(setting)

    def under(self, policy: Policy) -> "Case":
        """The same case under another policy."""
        return Case(msgspec.structs.replace(self.job, policy=policy), self.model, self.similarity, self.level)

    @property
    def needs_new_stem(self) -> bool:
        """Whether the first layer must be rebuilt, because the input has other channels."""
        return self.job.domain is not None and self.job.domain.id in OTHER_CHANNELS


def resolve_job(request: RecommendRequest, know: Knowledge, inputs: Inputs, trace: Trace) -> Job:
    """The job, with every input noted."""
    task = know.tasks[request.target.task]
    inputs.given("/target/task", task.id)
    domain = None
    if request.target.domain is not UNSET:
        domain = know.domains[request.target.domain]
        inputs.given("/target/domain", domain.id)
    data = resolve_dataset(know, request.dataset, task.has_classes, inputs, trace)
    machine = resolve_machine(request.compute, know, inputs)
    note_given("/source", request.source, inputs, skip=("model",))
    note_given("/constraints", request.constraints, inputs)
    note_given("/fixed", request.fixed, inputs)
    note_given("/measurements", request.measurements, inputs)
    return Job(
        know=know,
        task=task,
        domain=domain,
        source=request.source,
        data=data,
        machine=machine,
        constraints=request.constraints,
        fixed=request.fixed,
        measurements=request.measurements,
        given_similarity=None if request.similarity is UNSET else request.similarity,
        distinction=_resolve_distinction(request.target.distinction, domain, task, inputs),
        policy=_resolve_policy(request.policy, inputs),
    )


def _resolve_distinction(
    given: Distinction | UnsetType, domain: DomainRow | None, task: TaskRow, inputs: Inputs
) -> Distinction:
    """What tells the classes apart: as given, else as is usual in the domain, else kinds of things."""
    pointer = "/target/distinction"
    if given is not UNSET:
        inputs.given(pointer, given)
        return given
    if domain is None:
        if task.has_classes:
            inputs.assumed(pointer, Distinction.COARSE, "neither it nor a domain was given")
        return Distinction.COARSE
    if task.has_classes:
        inputs.derived(pointer, domain.distinction, f"usual for {domain.id}")
    return domain.distinction


def _resolve_policy(given: Policy | UnsetType, inputs: Inputs) -> Policy:
    if given is UNSET:
        inputs.assumed("/policy", Policy.EVIDENCE, "published comparisons decide where there are any")
        return Policy.EVIDENCE
    inputs.given("/policy", given)
    return given


def resolve_machine(compute: Compute, know: Knowledge, inputs: Inputs) -> Machine:
    """The machine: a compute word, or a device with its own count and memory."""
    note_given("/compute", compute, inputs)
    device = know.find_device(known(compute.device))
    row = device or know.devices[ComputeKind.CONSUMER_GPU if compute.kind is UNSET else compute.kind]
    count = row.count if compute.count is UNSET else compute.count
    memory = row.memory_gib if compute.memory_gib is UNSET else compute.memory_gib
    if compute.count is UNSET:
        inputs.assumed("/compute/count", count, f"usual for {row.id}")
    if compute.memory_gib is UNSET:
        inputs.assumed("/compute/memory_gib", memory, f"usual for {row.id}")
    if compute.kind is not UNSET:
        kind = compute.kind
    elif compute == Compute(hours=compute.hours):
        kind = ComputeKind.CONSUMER_GPU
        inputs.assumed("/compute/kind", kind, "no compute was given")
    else:
        kind = _kind_of(know, count, memory)
        inputs.derived("/compute/kind", kind, "from the number of devices and their memory")
    return Machine(kind, count, memory, memory * count)


def _kind_of(know: Knowledge, count: int, memory_gib: float) -> ComputeKind:
    """The compute word for devices that the caller described."""
    if count > 1:
        return ComputeKind.MULTI_GPU
    return ComputeKind.CONSUMER_GPU if memory_gib <= know.number("consumer-gpu-memory") else ComputeKind.DATACENTER_GPU


def note_given(pointer: str, part: Struct, inputs: Inputs, skip: tuple[str, ...] = ()) -> None:
    """Notes every field of a request part that the caller set."""
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if value is not UNSET and value is not False and value != "any" and name not in skip:
            inputs.given(f"{pointer}/{name}", value)
