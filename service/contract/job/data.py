"""What the model must do, on which data, with what scores measured so far."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from service.contract.base import Examples, Request, Score, take_empty_as_left_out
from service.contract.words import Distinction, Domain, LabelsPerExample, Metric, SizeWord, Task


class JobTarget(Request, frozen=True):
    """What the model must do, on which kind of data, and what tells the classes apart."""

    task: Annotated[Task, Meta(description="What the model must do.")]
    domain: Annotated[Domain, Meta(description="Where the data come from.")] | UnsetType = UNSET
    distinction: Annotated[Distinction, Meta(description="What tells the classes apart.")] | UnsetType = UNSET


class JobDataset(Request, frozen=True):
    """The labelled data: `examples`, or a `size` word (tiny, small, medium, large, huge), not both.

    `texts_per_example` is 2 where a label is of a pair of texts, as in entailment and paraphrase.
    `labels_per_example`: whether an example has one of the classes or several. `rarest_class` counts the examples of
    the class that has the fewest; `class_counts` the labels of each class, boxes for a detector: it tells `classes` and
    `rarest_class`, and `examples` where each has one label. `channels` and `bit_depth` are those of the images: values
    of a pixel, and bits of a value. Memory and time follow from `sequence_length` or `image_size`, as the model sees
    the longest example.
    """

    examples: Examples | UnsetType = UNSET
    size: Annotated[SizeWord, Meta(description="The size in one word, where it is not counted.")] | UnsetType = UNSET
    classes: Annotated[int, Meta(ge=1, le=10**9, description="Classes that are told apart.")] | UnsetType = UNSET
    unlabelled: Annotated[int, Meta(ge=0, le=10**12, description="Examples without labels.")] | UnsetType = UNSET
    texts_per_example: Annotated[int, Meta(ge=1, le=2, description="Texts that one label is of.")] | UnsetType = UNSET
    labels_per_example: (
        Annotated[LabelsPerExample, Meta(description="One of the classes, or any number of them.")] | UnsetType
    ) = UNSET
    rarest_class: Annotated[int, Meta(ge=1, le=10**10, description="Examples of the rarest class.")] | UnsetType = UNSET
    class_counts: (
        Annotated[
            list[Annotated[int, Meta(ge=0, le=10**10)]],
            Meta(max_length=10_000, description="Labels of each class; boxes for a detector."),
        ]
        | UnsetType
    ) = UNSET
    channels: Annotated[int, Meta(ge=1, le=1000, description="Values of one pixel: 3 for RGB.")] | UnsetType = UNSET
    bit_depth: Annotated[int, Meta(ge=1, le=64, description="Bits of one value of a pixel.")] | UnsetType = UNSET
    sequence_length: (
        Annotated[int, Meta(ge=1, le=10_000_000, description="Tokens of the longest example.")] | UnsetType
    ) = UNSET
    image_size: (
        Annotated[int, Meta(ge=1, le=100_000, description="Pixels a side of the images as the model sees them.")]
        | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        """An empty list means that it is not given."""
        take_empty_as_left_out(self, "class_counts")


class JobMeasurements(Request, frozen=True):
    """Scores that the caller has measured on the target, all in one metric.

    `metric` says whether higher or lower is better; without it that follows from the task's usual metric.
    """

    metric: Annotated[Metric, Meta(description="What the scores measure.")] | UnsetType = UNSET
    zero_shot: Annotated[Score, Meta(description="Score without any training.")] | UnsetType = UNSET
    linear_probe: Annotated[Score, Meta(description="Score of a head on the frozen model.")] | UnsetType = UNSET
    full_fine_tuning: Annotated[Score, Meta(description="Score with everything trained.")] | UnsetType = UNSET
    from_scratch: Annotated[Score, Meta(description="Score without pretrained weights.")] | UnsetType = UNSET
