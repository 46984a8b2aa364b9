"""The one job that every question is asked about."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from service.contract.base import DeviceName, Examples, Name, Positive, Rate, Request, Scalar, Score, Similarity
from service.contract.words import (
    ComputeKind,
    Corpus,
    CurveShape,
    Distinction,
    Domain,
    Family,
    Framework,
    LabelsPerExample,
    Method,
    Metric,
    NormKind,
    Objective,
    Optimizer,
    Policy,
    Precision,
    SizeWord,
    Strategy,
    TargetShift,
    Task,
    Trainer,
    WarmupKind,
)

MOST_TENSORS = 20_000
"""Tensors of the largest model that a request may describe."""

MOST_STEPS = 10_000_000
"""Optimizer steps of the longest run."""

MOST_VALUES = 100_000
"""Rates that one answer may hold: points times groups."""

BatchSize = Annotated[int, Meta(ge=1, le=10_000_000, description="Examples per optimizer step, over all devices.")]
DeviceBatch = Annotated[int, Meta(ge=1, le=10_000_000, description="Examples that one device sees at a time.")]
Depth = Annotated[int, Meta(ge=1, le=2000, description="Number of layers or blocks below the head, which is added.")]
DeviceMemory = Annotated[float, Meta(gt=0, le=100_000, description="Memory of one device, in GiB.")]
Dimension = Annotated[int, Meta(ge=0, le=2**40)]
Epochs = Annotated[float, Meta(gt=0, le=10_000, description="Passes over the labelled data in the last phase.")]
FixedRate = Annotated[
    float,
    Meta(
        gt=0,
        le=100,
        description="Peak rate of the backbone, or of the head where no backbone trains; the head keeps its ratio.",
    ),
]
LayerDecay = Annotated[float, Meta(ge=0.01, le=1, description="Factor between the rates of neighbouring blocks.")]
Points = Annotated[int, Meta(ge=2, le=100_000, description="How many points of the curve to answer at most.")]
Step = Annotated[int, Meta(ge=0, le=MOST_STEPS, description="An optimizer step, counted from 0.")]
Steps = Annotated[int, Meta(ge=1, le=MOST_STEPS, description="Optimizer steps of the last phase.")]
TensorName = Annotated[str, Meta(min_length=1, max_length=512, description="As `model.named_parameters()` gives it.")]
TensorShape = Annotated[list[Dimension], Meta(max_length=16, description="Dimensions; none for a single number.")]
TiedNames = Annotated[list[TensorName], Meta(min_length=2, max_length=100)]


class JobParameter(Request, frozen=True, gc=False):
    """One parameter of a model: `{"name": n, "shape": list(p.shape)}` for each of `model.named_parameters()`."""

    name: TensorName
    shape: TensorShape


class JobSafetensorsIndex(Request, frozen=True):
    """A hub repository's `model.safetensors.index.json`, with the shape of every tensor that it names.

    `metadata` is taken so that the hub's file can be sent as it is; nothing reads it.
    """

    weight_map: Annotated[dict[str, str], Meta(max_length=MOST_TENSORS)]
    shapes: Annotated[dict[str, TensorShape], Meta(max_length=MOST_TENSORS)]
    metadata: dict[str, Scalar] | UnsetType = UNSET


class JobSource(Request, frozen=True):
    """Where to start from.

    A pretrained model is given in one of these forms: `model`, an id of the catalogue; `parameters`, in the order of
    `model.named_parameters()`; `safetensors`, the header of a weights file; `safetensors_index`, the index of a sharded
    one, with shapes; or `depth`. A model outside the catalogue is described further by `family`, by its size in
    `params`, and by its pretraining: `objective` and `corpus`. `task` and `domain` are those of an earlier training.
    """

    model: Name | UnsetType = UNSET
    parameters: Annotated[list[JobParameter], Meta(min_length=1, max_length=MOST_TENSORS)] | UnsetType = UNSET
    safetensors: (
        Annotated[dict[str, dict[str, str | list[int]]], Meta(min_length=1, max_length=MOST_TENSORS + 1)] | UnsetType
    ) = UNSET
    safetensors_index: JobSafetensorsIndex | UnsetType = UNSET
    depth: Depth | UnsetType = UNSET
    family: Family | UnsetType = UNSET
    params: Positive | UnsetType = UNSET
    objective: Objective | UnsetType = UNSET
    corpus: Corpus | UnsetType = UNSET
    task: Task | UnsetType = UNSET
    domain: Domain | UnsetType = UNSET


class JobTarget(Request, frozen=True):
    """What the model must do, on which kind of data, and what tells the classes apart."""

    task: Task
    domain: Domain | UnsetType = UNSET
    distinction: Distinction | UnsetType = UNSET


class JobDataset(Request, frozen=True):
    """The labelled data: `examples`, or a `size` word (tiny, small, medium, large, huge), not both.

    `texts_per_example` is 2 where a label is of a pair of texts, as in entailment and paraphrase.
    `labels_per_example`: whether an example has one of the classes or several. `rarest_class` counts the examples of
    the class that has the fewest. `channels` and `bit_depth` are those of the images: values of a pixel, and bits of
    a value.
    """

    examples: Examples | UnsetType = UNSET
    size: SizeWord | UnsetType = UNSET
    classes: Annotated[int, Meta(ge=1, le=10**9)] | UnsetType = UNSET
    unlabelled: Annotated[int, Meta(ge=0, le=10**12)] | UnsetType = UNSET
    texts_per_example: Annotated[int, Meta(ge=1, le=2, description="Texts that one label is of.")] | UnsetType = UNSET
    labels_per_example: LabelsPerExample | UnsetType = UNSET
    rarest_class: Annotated[int, Meta(ge=1, le=10**10, description="Examples of the rarest class.")] | UnsetType = UNSET
    channels: Annotated[int, Meta(ge=1, le=10_000, description="Values of one pixel: 3 for RGB.")] | UnsetType = UNSET
    bit_depth: Annotated[int, Meta(ge=1, le=64, description="Bits of one value of a pixel.")] | UnsetType = UNSET


class JobCompute(Request, frozen=True):
    """What there is to train on: a `kind`, or a device with its count, memory and hours."""

    kind: ComputeKind | UnsetType = UNSET
    device: DeviceName | UnsetType = UNSET
    count: Annotated[int, Meta(ge=1, le=100_000, description="Number of devices.")] | UnsetType = UNSET
    memory_gib: Annotated[float, Meta(gt=0, le=100_000, description="Memory of one device, in GiB.")] | UnsetType = (
        UNSET
    )
    hours: Annotated[float, Meta(gt=0, le=1_000_000, description="Time there is, in hours.")] | UnsetType = UNSET


class JobConstraints(Request, frozen=True):
    """What the plan must respect. `robust_to_shift`: the model must hold up on data unlike its training data."""

    commercial_use: bool = False
    max_params: Positive | UnsetType = UNSET
    keep_source_ability: bool = False
    robust_to_shift: bool = False
    framework: Framework = Framework.ANY


class JobFixed(Request, frozen=True):
    """Choices already made. They are honoured, or refused aloud.

    `strategy` and `method` take the words of a verdict. The batch of one optimizer step is `batch_size`, or
    `per_device_batch_size` times `accumulation` times the devices of `compute`. `total_steps` stands instead of
    `epochs`. `precision` is what the run computes in.
    """

    strategy: Strategy | UnsetType = UNSET
    method: Method | UnsetType = UNSET
    optimizer: Optimizer | UnsetType = UNSET
    batch_size: BatchSize | UnsetType = UNSET
    per_device_batch_size: DeviceBatch | UnsetType = UNSET
    accumulation: Annotated[int, Meta(ge=1, le=100_000)] | UnsetType = UNSET
    epochs: Epochs | UnsetType = UNSET
    total_steps: Steps | UnsetType = UNSET
    peak_rate: FixedRate | UnsetType = UNSET
    precision: Precision | UnsetType = UNSET


class JobMeasurements(Request, frozen=True):
    """Scores that the caller has measured on the target, all in one metric.

    `metric` says whether higher or lower is better; without it that follows from the task's usual metric.
    """

    metric: Metric | UnsetType = UNSET
    zero_shot: Score | UnsetType = UNSET
    linear_probe: Score | UnsetType = UNSET
    full_fine_tuning: Score | UnsetType = UNSET
    from_scratch: Score | UnsetType = UNSET


class JobShapeOptions(Request, frozen=True):
    """What a shape can be told; a shape refuses options that it does not have.

    `cycles`: cosine-with-restarts. `power`: polynomial. `every` (steps) and `gamma`: step; `gamma`: exponential, as the
    factor at the last step. `hold_share`: the share of all steps at the peak in warmup-stable-decay and tri-stage.
    `end_ratio`: the factor that the curve falls to. `start_ratio`: the factor that tri-stage, one-cycle and
    slanted-triangular start from, and that a constant warm-up holds.
    """

    cycles: Annotated[int, Meta(ge=1, le=10_000)] | UnsetType = UNSET
    power: Annotated[float, Meta(gt=0, le=10)] | UnsetType = UNSET
    every: Annotated[int, Meta(ge=1, le=MOST_STEPS)] | UnsetType = UNSET
    gamma: Annotated[float, Meta(gt=0, le=1)] | UnsetType = UNSET
    hold_share: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    end_ratio: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    start_ratio: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET


class JobAdapter(Request, frozen=True):
    """A LoRA adapter that the rate must suit."""

    rank: Annotated[int, Meta(ge=1, le=65_536)]
    alpha: Annotated[float, Meta(gt=0, le=1_000_000)] | UnsetType = UNSET


class JobKnownRate(Request, frozen=True):
    """A peak rate that worked elsewhere, with what differed there. What is left out was as it is here."""

    rate: Rate
    model: Name | UnsetType = UNSET
    strategy: Strategy | UnsetType = UNSET
    optimizer: Optimizer | UnsetType = UNSET
    batch_size: BatchSize | UnsetType = UNSET


class JobSchedule(Request, frozen=True):
    """How the rate is to run. `steps` asks for the rates at these steps instead of evenly spaced `points`."""

    shape: CurveShape | UnsetType = UNSET
    options: JobShapeOptions = JobShapeOptions()
    warmup_kind: WarmupKind | UnsetType = UNSET
    warmup_steps: Step | UnsetType = UNSET
    layer_decay: LayerDecay | UnsetType = UNSET
    adapter: JobAdapter | UnsetType = UNSET
    known_rate: JobKnownRate | UnsetType = UNSET
    points: Points | UnsetType = UNSET
    steps: Annotated[list[Step], Meta(min_length=1, max_length=20_000)] | UnsetType = UNSET


class JobFreezing(Request, frozen=True):
    """What is known for the freeze plan: how the model normalises, how the target differs, which tensors are one.

    `tied` lists names of `source.parameters` that share one tensor: it is counted once.
    """

    norm: NormKind | UnsetType = UNSET
    shift: TargetShift | UnsetType = UNSET
    tied: Annotated[list[TiedNames], Meta(max_length=1000)] | UnsetType = UNSET


class Job(Request, frozen=True):
    """A transfer-learning job; every question takes the same one, and reads of it what it needs.

    A strategy is decided where `target` and the size of the dataset are given. Without a target a freeze plan needs a
    model and the size of the dataset, a schedule a model or a family and a length.
    """

    target: JobTarget | UnsetType = UNSET
    dataset: JobDataset = JobDataset()
    source: JobSource = JobSource()
    compute: JobCompute = JobCompute()
    similarity: Similarity | UnsetType = UNSET
    constraints: JobConstraints = JobConstraints()
    fixed: JobFixed = JobFixed()
    measurements: JobMeasurements = JobMeasurements()
    schedule: JobSchedule = JobSchedule()
    freezing: JobFreezing = JobFreezing()
    policy: Policy | UnsetType = UNSET
    dialects: Annotated[list[Trainer], Meta(max_length=len(Trainer))] | UnsetType = UNSET
