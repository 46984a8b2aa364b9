"""The one job that every question is asked about."""

# pyright: reportUnusedImport=false

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from service.contract.base import Request, Similarity, take_empty_as_left_out
from service.contract.job.data import JobDataset, JobMeasurements, JobTarget
from service.contract.job.run import MOST_STEPS, JobCompute, JobConstraints, JobFixed
from service.contract.job.source import MOST_TENSORS, JobParameter, JobSafetensorsEntry, JobSafetensorsIndex, JobSource
from service.contract.job.views import MOST_VALUES, JobAdapter, JobFreezing, JobKnownRate, JobSchedule, JobShapeOptions
from service.contract.words import Policy, Trainer


class Job(Request, frozen=True):
    """A transfer-learning job; every question takes the same one, and reads of it what it needs.

    A strategy is decided where `target` and the size of the dataset are given. Without a target a freeze plan needs a
    model and the size of the dataset, a schedule a model or a family and a length.
    """

    target: Annotated[JobTarget, Meta(description="What the model must do.")] | UnsetType = UNSET
    dataset: Annotated[JobDataset, Meta(description="The labelled data.")] = JobDataset()
    source: Annotated[JobSource, Meta(description="Where to start from.")] = JobSource()
    compute: Annotated[JobCompute, Meta(description="What there is to train on.")] = JobCompute()
    similarity: Similarity | UnsetType = UNSET
    constraints: Annotated[JobConstraints, Meta(description="What the plan must respect.")] = JobConstraints()
    fixed: Annotated[JobFixed, Meta(description="Choices already made.")] = JobFixed()
    measurements: Annotated[JobMeasurements, Meta(description="Scores measured on the target.")] = JobMeasurements()
    schedule: Annotated[JobSchedule, Meta(description="How the rate is to run.")] = JobSchedule()
    freezing: Annotated[JobFreezing, Meta(description="What is known for the freeze plan.")] = JobFreezing()
    policy: Annotated[Policy, Meta(description="What advice follows where its sources differ.")] | UnsetType = UNSET
    dialects: (
        Annotated[
            list[Trainer], Meta(max_length=len(Trainer), description="Trainers in whose words the plan is wanted too.")
        ]
        | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        """An empty list means that it is not given."""
        take_empty_as_left_out(self, "dialects")
