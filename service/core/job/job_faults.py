"""What a job may not say of its target, the size of its data and its machine."""

from collections.abc import Iterator

from msgspec import UNSET

from service.contract.other_words.meaning import meant
from service.contract.problem import ProblemFault
from service.contract.words import ComputeKind, Modality, Task
from service.core.job.dataset_size import one_label_each
from service.core.rules.example_requests import IMAGES, SCRATCH, job
from service.core.rules.refusal import Question, fault, refusal, unknown_word
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Example
from service.knowledge.index import Knowledge


def domains_of(know: Knowledge, task: Task) -> list[str]:
    """The domains whose data a task can read."""
    modalities = know.tasks[task].modalities
    return [str(row.id) for row in know.tables.domains if row.modality in modalities]


@refusal(
    "refuse-two-sizes",
    "The size of a dataset is a number of examples, the sum of counts with one label each, or a size word.",
    fires=(
        Example("/recommend", {"target": IMAGES, "dataset": {"examples": 100, "size": "small"}}).decides(
            "/dataset/size"
        ),
        Example("/recommend", {"target": IMAGES, "dataset": {"class_counts": [90, 10], "size": "small"}}).decides(
            "/dataset/size"
        ),
    ),
    silent=(job(100),),
)
def two_sizes(asked: Question) -> Iterator[ProblemFault]:
    dataset = asked.job.dataset
    if dataset.size is UNSET:
        return
    if dataset.examples is not UNSET:
        yield fault("/dataset/size", "Give either examples or a size word.")
    elif dataset.class_counts is not UNSET and one_label_each(asked.job):
        yield fault("/dataset/size", "The counts of the classes say how many examples there are: leave this out.")


@refusal(
    "refuse-two-texts-without-text",
    "Only texts are labelled in pairs.",
    fires=(
        Example("/recommend", {"target": IMAGES, "dataset": {"examples": 100, "texts_per_example": 2}}).decides(
            "/dataset/texts_per_example"
        ),
    ),
    silent=(job(100),),
)
def two_texts_without_text(asked: Question) -> Iterator[ProblemFault]:
    target = known(asked.job.target)
    paired = asked.job.dataset.texts_per_example == 2
    if target and paired and Modality.TEXT not in asked.know.tasks[target.task].modalities:
        yield fault("/dataset/texts_per_example", f"{target.task} reads no text.")


@refusal(
    "refuse-domain-of-another-modality",
    "A task and its domain have a modality in common.",
    fires=(
        job(domain="news").decides("/target/domain"),
        job(source={"task": "image-classification", "domain": "news"}).decides("/source/domain"),
    ),
    silent=(job(domain="food"), job(source={"domain": "news"})),
)
def domain_of_another_modality(asked: Question) -> Iterator[ProblemFault]:
    know, target, source = asked.know, known(asked.job.target), asked.job.source
    for pointer, task, domain in (
        ("/target", target.task if target else None, known(target.domain) if target else None),
        ("/source", known(source.task), known(source.domain)),
    ):
        if task is None or domain is None or know.shares_modality(know.tasks[task], know.domains[domain]):
            continue
        allowed = sorted(domains_of(know, task))
        message = f"The task {task} reads {' or '.join(know.tasks[task].modalities)}, and this domain is not that."
        yield ProblemFault(f"{pointer}/domain", message, allowed, meant(domain, allowed))


@refusal(
    "refuse-unknown-device",
    "A device that is not known needs its memory beside it.",
    fires=(job(compute={"device": "abacus"}).decides("/compute/device"),),
    silent=(job(compute={"device": "abacus", "memory_gib": 4}), job(compute={"device": "a100"}), job()),
)
def unknown_device(asked: Question) -> Iterator[ProblemFault]:
    compute = asked.job.compute
    name = known(compute.device)
    if name is not None and asked.know.devices.find(name) is None and compute.memory_gib is UNSET:
        message = "This device is not known: give its memory in /compute/memory_gib."
        yield unknown_word("/compute/device", message, name, asked.know.devices)


@refusal(
    "refuse-kind-against-count",
    "The kind of compute and the number of devices agree.",
    fires=(
        job(compute={"kind": "multi-gpu", "count": 1}).decides("/compute/count"),
        job(compute={"kind": "consumer-gpu", "count": 2}).decides("/compute/kind"),
        job(compute={"kind": "cpu", "device": "a100"}).decides("/compute/kind"),
    ),
    silent=(
        job(compute={"kind": "multi-gpu", "count": 2}),
        job(compute={"kind": "cpu", "count": 1}),
        job(compute={"device": "t4"}),
        job(compute={"kind": "consumer-gpu"}),
    ),
)
def kind_against_count(asked: Question) -> Iterator[ProblemFault]:
    compute = asked.job.compute
    count, device = known(compute.count), asked.know.devices.find(known(compute.device))
    if compute.kind is ComputeKind.MULTI_GPU and count == 1:
        yield fault("/compute/count", "Several GPUs are more than one: leave the kind out, or count them.")
    one_gpu = compute.kind in (ComputeKind.CONSUMER_GPU, ComputeKind.DATACENTER_GPU)
    if one_gpu and count is not None and count > 1:
        yield fault("/compute/kind", "More than one GPU is multi-gpu: leave the kind out, or say so.")
    if compute.kind is ComputeKind.CPU and device is not None and device.kind != "cpu":
        yield fault("/compute/kind", "The device is a GPU.")


@refusal(
    "refuse-cores-of-a-gpu",
    "Cores are counted of a CPU.",
    fires=(job(compute={"device": "a100", "cores": 8}).decides("/compute/cores"),),
    silent=(job(compute={"kind": "cpu", "cores": 8}), job(compute={"cores": 8}), job(compute={"device": "abacus"})),
)
def cores_of_a_gpu(asked: Question) -> Iterator[ProblemFault]:
    compute = asked.job.compute
    device = asked.know.devices.find(known(compute.device))
    named = compute.device is not UNSET and (device is None or device.kind != ComputeKind.CPU)
    if compute.cores is not UNSET and (named or known(compute.kind) not in (None, ComputeKind.CPU)):
        yield fault("/compute/cores", "The cores are those of a CPU, and this is a GPU: leave them out.")


@refusal(
    "refuse-scratch-that-keeps",
    "Training from scratch cannot keep an ability of the source.",
    fires=(job(constraints={"keep_source_ability": True}, fixed=SCRATCH).decides("/fixed/strategy"),),
    silent=(job(constraints={"keep_source_ability": True}), job(100, fixed={"strategy": "from-scratch"})),
)
def scratch_that_keeps(asked: Question) -> Iterator[ProblemFault]:
    if asked.job.constraints.keep_source_ability and asked.job.fixed.strategy == "from-scratch":
        yield fault("/fixed/strategy", "Training from scratch cannot keep an ability of the source.")


@refusal(
    "refuse-size-of-another-input",
    "Channels, bit depth and size are said of images, and a sequence length of what is no image.",
    fires=(
        Example(
            "/recommend",
            {
                "target": {"task": "text-classification"},
                "dataset": {"examples": 900, "channels": 3, "bit_depth": 16, "image_size": 224},
            },
        ).decides("/dataset/channels, /dataset/bit_depth, /dataset/image_size"),
        Example("/recommend", {"target": IMAGES, "dataset": {"examples": 900, "sequence_length": 512}}).decides(
            "/dataset/sequence_length"
        ),
    ),
    silent=(Example("/recommend", {"target": IMAGES, "dataset": {"examples": 900, "channels": 3, "bit_depth": 16}}),),
)
def size_of_another_input(asked: Question) -> Iterator[ProblemFault]:
    target = known(asked.job.target)
    if target is None:
        return
    seen = {Modality.IMAGE, Modality.VIDEO}
    read = set(asked.know.tasks[target.task].modalities)
    unread = [*(() if read & seen else ("channels", "bit_depth", "image_size"))]
    unread += () if read - seen else ("sequence_length",)
    for name in unread:
        if known(getattr(asked.job.dataset, name)) is not None:
            what = "tokens" if name == "sequence_length" else "images"
            yield fault(f"/dataset/{name}", f"The task {target.task} reads no {what}.")
