"""How large a dataset is: labelled examples in total and per class, as one band."""

from msgspec import UNSET, Struct

from service.contract.job import Job, JobDataset
from service.contract.words import DatasetBand, Grade, LabelsPerExample, Task
from service.core.rules.example_requests import freeze, job
from service.core.rules.resolved_inputs import Inputs, known, resolved_pointer
from service.core.rules.rule import Finding, Topic, Trace
from service.knowledge.index import Knowledge
from service.knowledge.rows import BandRow

ORDER = tuple(DatasetBand)
SMALL_BANDS = (DatasetBand.TINY, DatasetBand.SMALL)

LABELLED = (
    Task.IMAGE_CLASSIFICATION,
    Task.VIDEO_CLASSIFICATION,
    Task.TEXT_CLASSIFICATION,
    Task.AUDIO_CLASSIFICATION,
    Task.TABULAR_CLASSIFICATION,
)
"""Tasks whose examples carry one of the classes, or several of them."""


class Size(Struct, frozen=True):
    """What the band is decided by. `per_class` None: the task has no classes, or their number is not known.

    `rarest` counts the examples of the rarest class, where that was said.
    """

    know: Knowledge
    examples: int
    per_class: float | None
    rarest: int | None = None

    @property
    def few_shot(self) -> bool:
        """Whether classes have so few labels that the total says nothing."""
        return self._each_below("per-class-few-shot")

    @property
    def thin_classes(self) -> bool:
        """Whether classes have few labels each."""
        return self._each_below("per-class-thin")

    @property
    def served_by_pairs(self) -> bool:
        """Whether labels are so few that pairs of texts teach more than the texts alone."""
        return self._each_below("contrastive-per-class")

    def _each_below(self, constant: str) -> bool:
        return self.per_class is not None and self.per_class < self.know.number(constant)

    def by_total(self) -> BandRow:
        """The band that the total alone gives."""
        rows = self.know.tables.bands
        return next(row for row in rows if row.examples_to == 0 or self.examples < row.examples_to)


class Data(Size, frozen=True, kw_only=True):
    """A dataset as the rules see it."""

    classes: int | None
    unlabelled: int
    band: DatasetBand

    @property
    def fewest(self) -> float | None:
        """Examples of the rarest class where that was said, else of the mean one."""
        return self.per_class if self.rarest is None else self.rarest

    @property
    def tiny(self) -> bool:
        """Whether the data are of the smallest band."""
        return self.band is DatasetBand.TINY

    @property
    def few(self) -> bool:
        """Whether the data are tiny or small."""
        return self.band in SMALL_BANDS

    @property
    def few_in_all(self) -> bool:
        """Whether the total is tiny or small, however the classes share it: then some hundred labels more count."""
        return self.by_total().id in SMALL_BANDS

    @property
    def many(self) -> bool:
        """Whether the data are large or more."""
        return ORDER.index(self.band) >= ORDER.index(DatasetBand.LARGE)

    @property
    def massive(self) -> bool:
        """Whether the data are of the largest band."""
        return self.band is DatasetBand.MASSIVE

    @property
    def plenty_unlabelled(self) -> bool:
        """Whether unlabelled data are many times the labelled."""
        return self.unlabelled >= self.know.number("unlabelled-ratio") * self.examples

    @property
    def few_for_one_seed(self) -> bool:
        """Whether runs with different seeds disagree on so few examples."""
        return few_for_one_seed(self.know, self.examples)


BANDS: Topic[Size, Finding[DatasetBand]] = Topic("dataset-size")


@BANDS.rule(
    "size-few-shot",
    "Below about ten examples per class a dataset is tiny, whatever its total.",
    sources=("judgement", "seed-explainer"),
    seeds=("C-03",),
    fires=(job(400, classes=100).decides("tiny: 4 examples per class < 10"),),
    silent=(job(400, classes=10), job(400)),
)
def few_shot(size: Size) -> Finding[DatasetBand] | None:
    limit = size.know.number("per-class-few-shot")
    if not size.few_shot:
        return None
    return Finding(
        DatasetBand.TINY,
        f"{size.per_class:.3g} examples per class < {limit:g}",
        (size.know.constants["per-class-few-shot"],),
    )


@BANDS.rule(
    "size-thin-classes",
    "With fewer than twenty examples per class the dataset counts one size class lower than its total says.",
    sources=("judgement", "seed-explainer"),
    seeds=("C-01", "C-03", "R-040"),
    fires=(job(1500, classes=100).decides("small: 15 examples per class < 20: one size class below medium"),),
    silent=(job(1500, classes=10), job(400, classes=100)),
)
def thin_classes(size: Size) -> Finding[DatasetBand] | None:
    limit = size.know.number("per-class-thin")
    if not size.thin_classes:
        return None
    total = size.by_total().id
    lower = ORDER[max(0, ORDER.index(total) - 1)]
    return Finding(
        lower,
        f"{size.per_class:.3g} examples per class < {limit:g}: one size class below {total}",
        (size.know.constants["per-class-thin"],),
    )


@BANDS.rule(
    "size-rarest-class",
    "Where the rarest class has fewer than twenty examples the dataset is one size class lower: the total hides it.",
    sources=("judgement", "buda-2018"),
    seeds=("C-01",),
    fires=(
        freeze(5000, depth=50, classes=5, rarest_class=12).decides(
            "small: 12 of the rarest class < 20: medium -> small"
        ),
    ),
    silent=(freeze(5000, depth=50, classes=5, rarest_class=300), freeze(5000, depth=50)),
)
def rarest_class(size: Size) -> Finding[DatasetBand] | None:
    limit = size.know.constants["per-class-thin"]
    if size.rarest is None or size.rarest >= limit.value:
        return None
    total = size.by_total().id
    lower = ORDER[max(0, ORDER.index(total) - 1)]
    return Finding(lower, f"{size.rarest} of the rarest class < {limit.value:g}: {total} -> {lower}", (limit,))


@BANDS.rule(
    "size-thick-classes",
    "Just below an edge, more than a thousand examples per class count the dataset to the larger size class.",
    seeds=("C-01",),
    fires=(
        job(9000, classes=2).decides("large: 9000 >= 7500 and 4500 examples per class: one size class above medium"),
        job(7500, classes=2).decides("large: 7500 >= 7500 and 3750 examples per class: one size class above medium"),
    ),
    silent=(job(5000, classes=2), job(9000, classes=100)),
)
def thick_classes(size: Size) -> Finding[DatasetBand] | None:
    know = size.know
    row = size.by_total()
    near = row.examples_to * (1 - know.number("edge-overlap"))
    if size.per_class is None or size.per_class <= know.number("per-class-thick") or not row.examples_to:
        return None
    if size.examples < near:
        return None
    upper = ORDER[ORDER.index(row.id) + 1]
    return Finding(
        upper,
        f"{size.examples} >= {near:g} and {size.per_class:.4g} examples per class: one size class above {row.id}",
        (know.constants["per-class-thick"], know.constants["edge-overlap"]),
    )


@BANDS.rule(
    "size-by-total",
    "The number of labelled examples sets the size class: edges at 200, 1,000, 10,000, 100,000 and 1,000,000.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("C-01", "R-001", "R-015", "R-037", "R-041"),
    fires=(
        job(5000).decides("medium: 1000 <= 5000 < 10000"),
        freeze(5000, depth=50).decides("medium: 1000 <= 5000 < 10000"),
    ),
    silent=(job(400, classes=100),),
    dissent=("No edge is sharp: the guides disagree by a factor of five about where partial fine-tuning starts.",),
)
def by_total(size: Size) -> Finding[DatasetBand]:
    row = size.by_total()
    end = f" < {row.examples_to}" if row.examples_to else ""
    return Finding(row.id, f"{row.examples_from} <= {size.examples}{end}", (row,))


def resolve_dataset(know: Knowledge, request: Job, has_classes: bool, inputs: Inputs, trace: Trace) -> Data | None:
    """The dataset with its band; None where nothing says how large it is."""
    dataset, examples = request.dataset, examples_of(know, request)
    if examples is None:
        return None
    if dataset.examples is UNSET:
        sized = f"a {dataset.size} dataset is taken to have this many examples"
        because = sized if dataset.size is not UNSET else "the counts of the classes, each example in one"
        inputs.derived("/dataset/examples", examples, because)
    counts, classes, rarest = known(dataset.class_counts), classes_of(dataset), rarest_of(dataset)
    if counts:
        if dataset.classes is UNSET:
            inputs.derived("/dataset/classes", len(counts), "as many as there are counts")
        if dataset.rarest_class is UNSET:
            inputs.derived("/dataset/rarest_class", min(counts), "the smallest of the counts")
    labels, told = (sum(counts), "labels") if counts else (examples, "examples")
    per_class = labels / classes if classes and has_classes else None
    if per_class is not None:
        inputs.derived("/dataset/examples_per_class", round(per_class, 6), f"{told} divided by classes")
    rule, band = BANDS.first(Size(know, examples, per_class, rarest if has_classes else None))
    inputs.derived("/dataset/size_class", band.value, band.formula)
    trace.decided(resolved_pointer("/dataset/size_class"), rule, band)
    return Data(
        know, examples, per_class, rarest, classes=classes, unlabelled=known(dataset.unlabelled) or 0, band=band.value
    )


def few_for_one_seed(know: Knowledge, examples: int) -> bool:
    """Whether runs with different seeds disagree on so few examples."""
    return examples < know.number("seeds-few-examples")


def classes_of(dataset: JobDataset) -> int | None:
    """How many classes there are, as given or as counted; None where neither was said."""
    counts = known(dataset.class_counts)
    return known(dataset.classes) or (len(counts) if counts else None)


def rarest_of(dataset: JobDataset) -> int | None:
    """How many examples the rarest class has, as given or as counted; None where neither was said."""
    counts = known(dataset.class_counts)
    return min(counts) if counts else known(dataset.rarest_class)


def examples_of(know: Knowledge, request: Job) -> int | None:
    """How many labelled examples there are: as given, as its size word is taken, or as the counts of classes add up.

    None where none of them says so.
    """
    dataset = request.dataset
    if dataset.examples is not UNSET:
        return dataset.examples
    if dataset.size is not UNSET:
        return next(row.typical_examples for row in know.tables.bands if row.word == dataset.size)
    counts = known(dataset.class_counts)
    return sum(counts) or None if counts and one_label_each(request) else None


def one_label_each(request: Job) -> bool:
    """Whether each example has one label of its own, so that the counts of the classes add up to the examples."""
    target = known(request.target)
    whole = target is None or target.task in LABELLED
    return whole and request.dataset.labels_per_example is not LabelsPerExample.SEVERAL
