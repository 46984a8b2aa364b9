"""A `/recommend` request as the rules see it."""

from msgspec import UNSET, Struct, UnsetType

from service.contract.job import JobConstraints, JobFixed, JobMeasurements, JobSource
from service.contract.recommend import RecommendRequest
from service.contract.words import Distinction, Policy
from service.core.job.dataset_size import Data, resolve_dataset
from service.core.job.machine import Machine, resolve_machine
from service.core.rules.resolved_inputs import Inputs, note_given
from service.core.rules.trace import Trace
from service.knowledge.index import Knowledge
from service.knowledge.rows import DomainRow, TaskRow


class Job(Struct, frozen=True):
    """The request before a model is chosen."""

    know: Knowledge
    task: TaskRow
    domain: DomainRow | None
    source: JobSource
    data: Data
    machine: Machine
    constraints: JobConstraints
    fixed: JobFixed
    measurements: JobMeasurements
    given_similarity: float | None
    distinction: Distinction = Distinction.COARSE
    policy: Policy = Policy.EVIDENCE


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
