"""The one job that every question is asked about."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from service.contract.base import (
    Count,
    DeviceName,
    Examples,
    Name,
    Positive,
    Rate,
    Request,
    Score,
    Similarity,
    take_empty_as_left_out,
)
from service.contract.words import (
    ComputeKind,
    Corpus,
    CurveShape,
    DecayKind,
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
TensorShape = Annotated[
    list[Dimension], Meta(max_length=16, description="Dimensions, from the first; none for a single number.")
]
PartName = Annotated[str, Meta(min_length=1, max_length=512, description="Parts of a name, joined by points.")]
TiedNames = Annotated[
    list[TensorName], Meta(min_length=2, max_length=100, description="Names of parameters that share one tensor.")
]


class JobParameter(Request, frozen=True, gc=False):
    """One parameter of a model: `{"name": n, "shape": list(p.shape)}` for each of `model.named_parameters()`."""

    name: TensorName
    shape: TensorShape


class JobSafetensorsEntry(Struct, frozen=True, omit_defaults=True, gc=False):
    """One entry of a safetensors header: a tensor's `dtype`, `shape` and `data_offsets`.

    The entry `__metadata__` is no tensor and holds strings, usually a `format`. Members beside these are not looked at.
    """

    dtype: Annotated[str, Meta(description="Type of the tensor's numbers: F32, BF16, I64.")] | UnsetType = UNSET
    shape: TensorShape | UnsetType = UNSET
    data_offsets: (
        Annotated[list[Count], Meta(description="Where the tensor's bytes begin and end in the file; not looked at.")]
        | UnsetType
    ) = UNSET
    format: Annotated[str, Meta(description="Of `__metadata__`: the library that wrote the file.")] | UnsetType = UNSET


class JobSafetensorsIndex(Request, frozen=True):
    """A hub repository's `model.safetensors.index.json`, with the shape of every tensor that it names.

    `metadata` is taken so that the hub's file can be sent as it is; nothing reads it.
    """

    weight_map: Annotated[
        dict[str, str], Meta(max_length=MOST_TENSORS, description="File of each tensor, by the tensor's name.")
    ]
    shapes: Annotated[
        dict[str, TensorShape], Meta(max_length=MOST_TENSORS, description="Shape of each tensor, by the tensor's name.")
    ]
    metadata: Annotated[dict[str, Any], Meta(description="As the index has it; not looked at.")] | UnsetType = UNSET


class JobSource(Request, frozen=True):
    """Where to start from.

    A pretrained model is given in one of these forms: `model`, an id of the catalogue; `parameters`, in the order of
    `model.named_parameters()`; `safetensors`, the header of a weights file; `safetensors_index`, the index of a sharded
    one, with shapes; or `depth`. A model outside the catalogue is described further by `family`, by its size in
    `params`, and by its pretraining: `objective` and `corpus`. `task` and `domain` are those of an earlier training.

    `head` names what of a listed model is its head, such as `classifier` or `decoder.*.out`, where the service would
    not find it. `prefix` is for Lightning: `net` of a module that holds the network as `self.net`; the list may be
    that of the network, or of the module, whose names begin with `net.`.
    """

    model: Annotated[Name, Meta(description="A model of the catalogue: id, checkpoint or alias.")] | UnsetType = UNSET
    parameters: (
        Annotated[
            list[JobParameter],
            Meta(max_length=MOST_TENSORS, description="Every parameter, in the order of `model.named_parameters()`."),
        ]
        | UnsetType
    ) = UNSET
    safetensors: (
        Annotated[
            dict[str, JobSafetensorsEntry],
            Meta(max_length=MOST_TENSORS + 1, description="The header of a safetensors file: entries by their name."),
        ]
        | UnsetType
    ) = UNSET
    safetensors_index: (
        Annotated[JobSafetensorsIndex, Meta(description="The index of a sharded weights file, with shapes.")]
        | UnsetType
    ) = UNSET
    head: (
        Annotated[
            list[PartName],
            Meta(min_length=1, max_length=100, description="Modules or parameters that are the head; `*`: any part."),
        ]
        | UnsetType
    ) = UNSET
    prefix: (
        Annotated[
            str,
            Meta(
                max_length=100,
                pattern=r"^[A-Za-z_]\w*$(?!\n)",
                description="The attribute of a LightningModule that holds the network; else `model`.",
            ),
        ]
        | UnsetType
    ) = UNSET
    depth: Depth | UnsetType = UNSET
    family: Annotated[Family, Meta(description="Which rates it takes and how it is frozen.")] | UnsetType = UNSET
    params: Annotated[Positive, Meta(description="Numbers in all its parameters.")] | UnsetType = UNSET
    objective: Annotated[Objective, Meta(description="How it was pretrained.")] | UnsetType = UNSET
    corpus: Annotated[Corpus, Meta(description="What it was pretrained on.")] | UnsetType = UNSET
    task: Annotated[Task, Meta(description="The task of an earlier training.")] | UnsetType = UNSET
    domain: Annotated[Domain, Meta(description="The domain of an earlier training.")] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """An empty list or object means that it is not given."""
        take_empty_as_left_out(self, "parameters", "safetensors")


class JobTarget(Request, frozen=True):
    """What the model must do, on which kind of data, and what tells the classes apart."""

    task: Annotated[Task, Meta(description="What the model must do.")]
    domain: Annotated[Domain, Meta(description="Where the data come from.")] | UnsetType = UNSET
    distinction: Annotated[Distinction, Meta(description="What tells the classes apart.")] | UnsetType = UNSET


class JobDataset(Request, frozen=True):
    """The labelled data: `examples`, or a `size` word (tiny, small, medium, large, huge), not both.

    `texts_per_example` is 2 where a label is of a pair of texts, as in entailment and paraphrase.
    `labels_per_example`: whether an example has one of the classes or several. `rarest_class` counts the examples of
    the class that has the fewest; `class_counts` the labels of each class, boxes for a detector: it stands instead of
    `classes` and `rarest_class`. `channels` and `bit_depth` are those of the images: values of a pixel, and bits of a
    value. Memory and time follow from `sequence_length` or `image_size`, as the model sees the longest example.
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
            Meta(min_length=2, max_length=10_000, description="Labels of each class; boxes for a detector."),
        ]
        | UnsetType
    ) = UNSET
    channels: Annotated[int, Meta(ge=1, le=10_000, description="Values of one pixel: 3 for RGB.")] | UnsetType = UNSET
    bit_depth: Annotated[int, Meta(ge=1, le=64, description="Bits of one value of a pixel.")] | UnsetType = UNSET
    sequence_length: (
        Annotated[int, Meta(ge=1, le=10_000_000, description="Tokens of the longest example.")] | UnsetType
    ) = UNSET
    image_size: (
        Annotated[int, Meta(ge=1, le=100_000, description="Pixels a side of the images as the model sees them.")]
        | UnsetType
    ) = UNSET


class JobCompute(Request, frozen=True):
    """What there is to train on: a `kind`, or a device with its count, memory and hours."""

    kind: Annotated[ComputeKind, Meta(description="What there is, in one word.")] | UnsetType = UNSET
    device: DeviceName | UnsetType = UNSET
    count: Annotated[int, Meta(ge=1, le=100_000, description="Number of devices.")] | UnsetType = UNSET
    memory_gib: Annotated[float, Meta(gt=0, le=100_000, description="Memory of one device, in GiB.")] | UnsetType = (
        UNSET
    )
    hours: Annotated[float, Meta(gt=0, le=1_000_000, description="Time there is, in hours.")] | UnsetType = UNSET


class JobConstraints(Request, frozen=True):
    """What the plan must respect. `robust_to_shift`: the model must hold up on data unlike its training data."""

    commercial_use: Annotated[bool, Meta(description="The weights must be usable commercially.")] = False
    max_params: Annotated[Positive, Meta(description="Most parameters that the model may have.")] | UnsetType = UNSET
    keep_source_ability: Annotated[bool, Meta(description="What the model can do already must not be lost.")] = False
    robust_to_shift: Annotated[bool, Meta(description="It must hold up on data unlike the training data.")] = False
    framework: Annotated[Framework, Meta(description="What the trainer is written in.")] = Framework.ANY


class JobFixed(Request, frozen=True):
    """Choices already made. They are honoured, or refused aloud.

    `strategy` and `method` take the words of a verdict. The batch of one optimizer step is `batch_size`, or
    `per_device_batch_size` times `accumulation` times the devices of `compute`. `total_steps` stands instead of
    `epochs`. `precision` is what the run computes in.
    """

    strategy: Annotated[Strategy, Meta(description="How much of the model is trained.")] | UnsetType = UNSET
    method: Annotated[Method, Meta(description="How the strategy is carried out.")] | UnsetType = UNSET
    optimizer: Annotated[Optimizer, Meta(description="What turns gradients into steps.")] | UnsetType = UNSET
    batch_size: BatchSize | UnsetType = UNSET
    per_device_batch_size: DeviceBatch | UnsetType = UNSET
    accumulation: (
        Annotated[int, Meta(ge=1, le=100_000, description="Batches whose gradients make one optimizer step.")]
        | UnsetType
    ) = UNSET
    epochs: Epochs | UnsetType = UNSET
    total_steps: Steps | UnsetType = UNSET
    peak_rate: FixedRate | UnsetType = UNSET
    precision: Annotated[Precision, Meta(description="In which numbers the run computes.")] | UnsetType = UNSET


class JobMeasurements(Request, frozen=True):
    """Scores that the caller has measured on the target, all in one metric.

    `metric` says whether higher or lower is better; without it that follows from the task's usual metric.
    """

    metric: Annotated[Metric, Meta(description="What the scores measure.")] | UnsetType = UNSET
    zero_shot: Annotated[Score, Meta(description="Score without any training.")] | UnsetType = UNSET
    linear_probe: Annotated[Score, Meta(description="Score of a head on the frozen model.")] | UnsetType = UNSET
    full_fine_tuning: Annotated[Score, Meta(description="Score with everything trained.")] | UnsetType = UNSET
    from_scratch: Annotated[Score, Meta(description="Score without pretrained weights.")] | UnsetType = UNSET


class JobShapeOptions(Request, frozen=True):
    """What a shape can be told; a shape refuses options that it does not have.

    `cycles`: cosine-with-restarts, a whole number of them; cosine, as whole waves: 0.5 falls once to the end.
    `cycle_growth`: each cycle's length by that of the one before; `cycle_decay`: its peak likewise; both for at most
    100 cycles. `power`: polynomial. `every` (steps) or `milestones` (steps of the run, ascending), and `gamma`: step;
    `gamma`: exponential, as the factor at the last step. `timescale` (steps): inverse-square-root, the warm-up's
    length unless given. `hold_share`: the share of all steps at the peak in warmup-stable-decay and tri-stage.
    `decay`: how warmup-stable-decay falls. `end_ratio`: the factor that the curve falls to. `start_ratio`: the factor
    that the warm-up starts from, and that a constant one holds.
    """

    cycles: Annotated[float, Meta(gt=0, le=10_000, description="Cycles of the cosine.")] | UnsetType = UNSET
    cycle_growth: (
        Annotated[float, Meta(ge=0.1, le=10, description="Length of a cycle by that of the one before.")] | UnsetType
    ) = UNSET
    cycle_decay: (
        Annotated[float, Meta(gt=0, le=1, description="Peak of a cycle by that of the one before.")] | UnsetType
    ) = UNSET
    milestones: (
        Annotated[list[Step], Meta(min_length=1, max_length=100, description="Steps at which the rate falls.")]
        | UnsetType
    ) = UNSET
    timescale: (
        Annotated[int, Meta(ge=1, le=MOST_STEPS, description="Steps of the inverse square root's scale.")] | UnsetType
    ) = UNSET
    decay: Annotated[DecayKind, Meta(description="How the last phase falls.")] | UnsetType = UNSET
    power: Annotated[float, Meta(gt=0, le=10, description="Exponent of the polynomial.")] | UnsetType = UNSET
    every: Annotated[int, Meta(ge=1, le=MOST_STEPS, description="Steps between two falls.")] | UnsetType = UNSET
    gamma: Annotated[float, Meta(gt=0, le=1, description="Factor of one fall, or at the last step.")] | UnsetType = (
        UNSET
    )
    hold_share: Annotated[float, Meta(ge=0, le=1, description="Share of all steps at the peak.")] | UnsetType = UNSET
    end_ratio: Annotated[float, Meta(ge=0, le=1, description="Share of the peak at the end.")] | UnsetType = UNSET
    start_ratio: (
        Annotated[float, Meta(ge=0, le=1, description="Share of the peak at the start of the warm-up.")] | UnsetType
    ) = UNSET


class JobAdapter(Request, frozen=True):
    """A LoRA adapter that the rate must suit."""

    rank: Annotated[int, Meta(ge=1, le=65_536, description="Rank of the update.")]
    alpha: (
        Annotated[float, Meta(gt=0, le=1_000_000, description="Scale of the update; it is divided by the rank.")]
        | UnsetType
    ) = UNSET


class JobKnownRate(Request, frozen=True):
    """A peak rate that worked elsewhere, with what differed there. What is left out was as it is here."""

    rate: Rate
    model: Annotated[Name, Meta(description="The model that it worked for.")] | UnsetType = UNSET
    strategy: Annotated[Strategy, Meta(description="How much of that model was trained.")] | UnsetType = UNSET
    optimizer: Annotated[Optimizer, Meta(description="What turned gradients into steps.")] | UnsetType = UNSET
    batch_size: BatchSize | UnsetType = UNSET


class JobSchedule(Request, frozen=True):
    """How the rate is to run. `steps` asks for the rates at these steps instead of evenly spaced `points`.

    `drop_last`: a pass leaves out its last incomplete batch.
    `unit_features`: the head is trained on features scaled to length one, which want a higher rate.
    """

    shape: Annotated[CurveShape, Meta(description="How the rate falls after warm-up.")] | UnsetType = UNSET
    options: Annotated[JobShapeOptions, Meta(description="What the shape is told.")] = JobShapeOptions()
    warmup_kind: Annotated[WarmupKind, Meta(description="How the rate rises.")] | UnsetType = UNSET
    warmup_steps: Annotated[Step, Meta(description="Optimizer steps until the peak.")] | UnsetType = UNSET
    layer_decay: LayerDecay | UnsetType = UNSET
    adapter: Annotated[JobAdapter, Meta(description="The LoRA adapter that the rate must suit.")] | UnsetType = UNSET
    unit_features: Annotated[bool, Meta(description="Whether a head is trained on features of length one.")] = False
    known_rate: Annotated[JobKnownRate, Meta(description="A rate that worked elsewhere.")] | UnsetType = UNSET
    drop_last: Annotated[bool, Meta(description="A pass leaves out its last incomplete batch.")] = False
    points: Points | UnsetType = UNSET
    steps: (
        Annotated[list[Step], Meta(max_length=20_000, description="The steps to answer, counted from 0.")] | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        """An empty list means that it is not given."""
        take_empty_as_left_out(self, "steps")


class JobFreezing(Request, frozen=True):
    """What is known for the freeze plan: how the model normalises, how the target differs, which tensors are one.

    `tied` lists names of `source.parameters` that share one tensor: it is counted once.
    """

    norm: Annotated[NormKind, Meta(description="How the model normalises.")] | UnsetType = UNSET
    shift: Annotated[TargetShift, Meta(description="How the target differs from the source.")] | UnsetType = UNSET
    tied: (
        Annotated[list[TiedNames], Meta(max_length=1000, description="Groups of parameters that are one tensor.")]
        | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        """An empty list means that it is not given."""
        take_empty_as_left_out(self, "tied")


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
