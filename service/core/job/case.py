"""The job as the rules see it, before a model is chosen."""

from msgspec import Struct

from service.contract.job import Job, JobConstraints, JobFixed, JobSource
from service.contract.words import STRATEGY_OF, Distinction, LabelsPerExample, Policy, Strategy
from service.core.job.dataset_size import Data, resolve_dataset
from service.core.job.machine import Machine, resolve_machine, split_batch
from service.core.job.measurements import Scores, scores_of
from service.core.rules.resolved_inputs import Inputs, known
from service.core.rules.rule import Trace
from service.knowledge.index import Knowledge
from service.knowledge.rows import DomainRow, TaskRow


class JobCase(Struct, frozen=True):
    """The job understood. `target` None: no task was named; `size` None: nothing is said of the dataset's size."""

    know: Knowledge
    request: Job
    target: TaskRow | None
    domain: DomainRow | None
    size: Data | None
    machine: Machine
    distinction: Distinction
    policy: Policy

    @property
    def decides(self) -> bool:
        """Whether a strategy can be decided: for a task, and data of a known size."""
        return self.target is not None and self.size is not None

    @property
    def task(self) -> TaskRow:
        """The target task. Raises LookupError where none was named: then no strategy is decided."""
        if self.target is None:
            raise LookupError("no target task was named")
        return self.target

    @property
    def data(self) -> Data:
        """The dataset. Raises LookupError where nothing is said of its size: then no strategy is decided."""
        if self.size is None:
            raise LookupError("nothing is said of the dataset's size")
        return self.size

    @property
    def choice_pointer(self) -> str:
        """Where the caller has fixed what to do: as a strategy, or by its method alone."""
        return "/fixed/strategy" if known(self.fixed.strategy) else "/fixed/method"

    @property
    def given_batch(self) -> int | None:
        """The batch of one optimizer step: as given, or put together from what one device sees."""
        fixed, per_device = self.fixed, known(self.fixed.per_device_batch_size)
        if per_device is None:
            return known(fixed.batch_size)
        return per_device * (known(fixed.accumulation) or 1) * self.machine.count

    def device_batch(self, least: int) -> int | None:
        """Examples that one device sees at a time, `least` of them where they are there; None if no batch was given."""
        batch = self.given_batch
        return None if batch is None else split_batch(self.fixed, batch, self.machine.count, least).per_device

    @property
    def channels(self) -> int | None:
        """Values of one pixel of the images, where that was said."""
        return known(self.request.dataset.channels)

    def rebuilds_stem(self, own: int) -> bool:
        """Whether a model that takes `own` values of a pixel needs another first layer for the input's.

        One channel is repeated instead. A model of many bands is taken to know those of a domain that has them.
        """
        usual = int(self.know.number("image-channels"))
        if self.channels is not None:
            return self.channels not in (1, own)
        return own == usual and self.domain is not None and self.domain.other_channels

    @property
    def labels(self) -> LabelsPerExample:
        """How many labels one example carries: one, where nothing else was said."""
        return known(self.request.dataset.labels_per_example) or LabelsPerExample.ONE

    @property
    def source(self) -> JobSource:
        """Where to start from."""
        return self.request.source

    @property
    def constraints(self) -> JobConstraints:
        """What the plan must respect."""
        return self.request.constraints

    @property
    def fixed(self) -> JobFixed:
        """Choices already made."""
        return self.request.fixed

    @property
    def fixed_strategy(self) -> Strategy | None:
        """The strategy that the caller fixes."""
        return strategy_of(self.fixed)

    @property
    def scores(self) -> Scores:
        """Scores that the caller has measured."""
        metric = known(self.request.measurements.metric) or (self.task and self.task.measured_in)
        return scores_of(self.request.measurements, self.know.metrics[metric].lower_is_better if metric else None)


def strategy_of(fixed: JobFixed) -> Strategy | None:
    """The strategy that is fixed, by its own word or by that of a method."""
    method = known(fixed.method)
    return known(fixed.strategy) or (STRATEGY_OF[method] if method else None)


def understand(request: Job, know: Knowledge, inputs: Inputs, trace: Trace) -> JobCase:
    """The job, with every input noted."""
    inputs.note(request)
    target = known(request.target)
    task = know.tasks[target.task] if target else None
    domain = know.domains.get(target.domain) if target and isinstance(target.domain, str) else None
    return JobCase(
        know=know,
        request=request,
        target=task,
        domain=domain,
        size=resolve_dataset(know, request, task is None or task.has_classes, inputs, trace),
        machine=resolve_machine(request.compute, know, inputs),
        distinction=_resolve_distinction(request, domain, task, inputs),
        policy=_resolve_policy(request, inputs),
    )


def _resolve_distinction(request: Job, domain: DomainRow | None, task: TaskRow | None, inputs: Inputs) -> Distinction:
    """What tells the classes apart: as given, else as is usual in the domain, else kinds of things."""
    given = known(request.target)
    if given is not None and isinstance(given.distinction, Distinction):
        return given.distinction
    pointer, classes = "/target/distinction", task is not None and task.has_classes
    if domain is None:
        if classes:
            inputs.assumed(pointer, Distinction.COARSE, "neither it nor a domain was given")
        return Distinction.COARSE
    if classes:
        inputs.derived(pointer, domain.distinction, f"usual for {domain.id}")
    return domain.distinction


def _resolve_policy(request: Job, inputs: Inputs) -> Policy:
    policy = known(request.policy)
    if policy is None:
        inputs.assumed("/policy", Policy.EVIDENCE, "published comparisons decide where there are any")
        return Policy.EVIDENCE
    return policy
