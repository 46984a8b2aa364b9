"""Notices about the run as it is set up, and about what was said of labels and pixels."""

from msgspec import UNSET

from service.contract.words import ComputeKind, Grade, LabelsPerExample, Loss, Method, Precision
from service.core.advisories.notices.notice import JOB_NOTICES, NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.job.dataset_size import rarest_of
from service.core.resources.fitting import fits
from service.core.resources.memory import usable_gib
from service.core.rules.example_requests import IMAGES, LLAMA, MDEBERTA, RESNET, T5, freeze, job
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Example


def images(**dataset: object) -> Example:
    """A job on images with more said of the data."""
    return Example("/recommend", {"target": IMAGES, "dataset": {"examples": 5000, **dataset}})


@JOB_NOTICES.rule(
    "notice-overflows-in-fp16",
    "Some checkpoints compute numbers that fp16 does not hold: they are trained in bf16 or in 32 bits.",
    grade=Grade.B,
    sources=("mdeberta-fp16", "t5-fp16", "longt5-fp16", "pegasus-fp16", "gemma3-fp16", "vllm-fp16"),
    fires=(
        job(task="text-classification", source=MDEBERTA).decides(
            "overflows-in-fp16: microsoft/mdeberta-v3-base; the run is in bf16-mixed"
        ),
        job(task="summarization", source=T5, fixed={"precision": "fp16-mixed"}).decides(
            "overflows-in-fp16: t5-small; the run is in fp16-mixed"
        ),
    ),
    silent=(job(task="text-classification", source={"model": "roberta-base"}), freeze(depth=50)),
)
def overflows_in_fp16(outcome: Outcome) -> Remark | None:
    row = outcome.case.model.row
    if row is None or row.fp16_source is None or outcome.idle:
        return None
    return Remark("overflows-in-fp16", "/setup/precision", f"{row.id}; the run is in {outcome.setup.precision}")


@JOB_NOTICES.rule(
    "notice-memory-may-not-suffice",
    "Where the expected peak fits and its upper bound does not, that is said: the first step shows which it is.",
    fires=(
        job(3000, task="text-generation", source=LLAMA, compute={"memory_gib": 24}).decides(
            "memory-may-not-suffice: up to 21.82 of 21.6 GiB"
        ),
    ),
    silent=(
        job(compute={"memory_gib": 80}),
        job(3000, task="text-generation", source=LLAMA, compute={"memory_gib": 80}),
        freeze(500, model="unsloth/Qwen3-4B-bnb-4bit"),
    ),
)
def memory_may_not_suffice(outcome: Outcome) -> Remark | None:
    need, machine = outcome.need, outcome.case.job.machine
    most, usable = sum(term.high for term in need.terms), usable_gib(machine, need.know)
    if outcome.idle or not fits(need, machine) or most <= usable:
        return None
    return Remark("memory-may-not-suffice", "/setup/per_device_batch", f"up to {most:.4g} of {usable:.4g} GiB")


@JOB_NOTICES.rule(
    "notice-no-bf16",
    "A given precision that the device has no circuits for is kept, and said.",
    grade=Grade.B,
    sources=("vendor-data-sheets",),
    fires=(
        job(compute={"device": "t4"}, fixed={"precision": "bf16-mixed"}).decides("no-bf16-on-device: t4 has no bf16"),
    ),
    silent=(job(compute={"device": "a100"}, fixed={"precision": "bf16-mixed"}), job(compute={"device": "t4"}), job()),
)
def no_bf16(outcome: Outcome) -> Remark | None:
    device = outcome.know.devices.find(known(outcome.request.compute.device))
    if device is None or device.bf16 or known(outcome.request.fixed.precision) is not Precision.BF16_MIXED:
        return None
    return Remark("no-bf16-on-device", "/fixed/precision", f"{device.id} has no bf16")


@JOB_NOTICES.rule(
    "notice-no-fp16-on-cpu",
    "fp16 given for a CPU is kept, and said: trainers ask for a GPU.",
    grade=Grade.B,
    sources=("transformers",),
    fires=(
        job(compute={"kind": "cpu"}, fixed={"precision": "fp16-mixed"}).decides("no-fp16-on-cpu: fp16-mixed on a CPU"),
    ),
    silent=(job(compute={"kind": "cpu"}, fixed={"precision": "bf16-mixed"}), job(fixed={"precision": "fp16-mixed"})),
)
def no_fp16_on_cpu(outcome: Outcome) -> Remark | None:
    on_cpu = outcome.case.job.machine.kind is ComputeKind.CPU
    if not on_cpu or outcome.idle or known(outcome.request.fixed.precision) is not Precision.FP16_MIXED:
        return None
    return Remark("no-fp16-on-cpu", "/fixed/precision", "fp16-mixed on a CPU")


@JOB_NOTICES.rule(
    "notice-devices-idle",
    "A batch that does not divide over all devices is shared by the most that divide it.",
    fires=(
        freeze(500, model="vit_base_patch16_224", batch_size=36, compute={"device": "a100", "count": 8}).decides(
            "devices-idle: 6 x 6 of 8 devices"
        ),
    ),
    silent=(freeze(500, model="vit_base_patch16_224", batch_size=32, compute={"device": "a100", "count": 8}), job()),
)
def devices_idle(outcome: Outcome) -> Remark | None:
    setup, count = outcome.setup, outcome.case.job.machine.count
    if setup.per_device_batch is None or setup.devices == count:
        return None
    formula = f"{setup.per_device_batch} x {setup.devices} of {count} devices"
    return Remark("devices-idle", "/setup/devices", formula, told=f"{setup.devices} of {count} devices share it.")


@JOB_NOTICES.rule(
    "notice-answer-to-imbalance",
    "Where a class is much rarer than the mean one, it is said what was measured to help: weights, or drawing rare "
    "classes more often, and thresholds afterwards.",
    grade=Grade.A,
    sources=("buda-2018", "seed-explainer"),
    fires=(
        images(classes=5, rarest_class=12).decides("answer-to-imbalance: the loss is weighted-cross-entropy"),
        images(class_counts=[4990, 10]).decides("answer-to-imbalance: the loss is weighted-cross-entropy"),
    ),
    silent=(images(classes=5, rarest_class=900), images(classes=5)),
    dissent=("Its networks were trained from random weights.",),
)
def answer_to_imbalance(outcome: Outcome) -> Remark | None:
    if outcome.setup.loss not in (Loss.WEIGHTED_CROSS_ENTROPY, Loss.WEIGHTED_BINARY_CROSS_ENTROPY):
        return None
    return Remark("answer-to-imbalance", "/setup/loss", f"the loss is {outcome.setup.loss}")


@JOB_NOTICES.rule(
    "notice-rarest-class-thin",
    "A class with fewer than twenty examples is neither learned nor measured well.",
    sources=("judgement", "seed-explainer"),
    fires=(
        images(classes=5, rarest_class=12).decides("rarest-class-thin: 12 examples < 20"),
        images(class_counts=[4990, 10]).decides("rarest-class-thin: 10 examples < 20"),
    ),
    silent=(images(classes=5, rarest_class=300), images(classes=5)),
)
def rarest_class_thin(outcome: Outcome) -> Remark | None:
    rarest, thin = rarest_of(outcome.request.dataset), outcome.know.number("per-class-thin")
    if rarest is None or rarest >= thin:
        return None
    told = "rarest_class" if outcome.request.dataset.class_counts is UNSET else "class_counts"
    return Remark("rarest-class-thin", f"/dataset/{told}", f"{rarest} examples < {thin:g}")


@JOB_NOTICES.rule(
    "notice-judge-each-class",
    "Several labels per example take a sigmoid, a threshold and a score for each class.",
    grade=Grade.B,
    sources=("transformers",),
    fires=(images(labels_per_example="several").decides("judge-each-class: several labels per example"),),
    silent=(images(labels_per_example="one"), images()),
)
def judge_each_class(outcome: Outcome) -> Remark | None:
    if outcome.case.job.labels is not LabelsPerExample.SEVERAL:
        return None
    return Remark("judge-each-class", "/dataset/labels_per_example", "several labels per example")


@JOB_NOTICES.rule(
    "notice-repeat-the-channel",
    "A grey image is read by a checkpoint for colours when its channel is repeated.",
    grade=Grade.B,
    sources=("timm",),
    fires=(
        images(channels=1).decides("repeat-the-channel: 1 channel"),
        freeze(500, channels=1, source=RESNET).decides("repeat-the-channel: 1 channel"),
    ),
    silent=(images(channels=3), images()),
)
def repeat_the_channel(outcome: Outcome) -> Remark | None:
    if outcome.case.job.channels != 1:
        return None
    return Remark("repeat-the-channel", "/dataset/channels", "1 channel")


@JOB_NOTICES.rule(
    "notice-scale-bit-depth",
    "Images of more than 8 bits a value are mapped to the range that the checkpoint learned from.",
    fires=(images(bit_depth=16).decides("scale-bit-depth: 16 bits > 8"),),
    silent=(images(bit_depth=8), images()),
)
def scale_bit_depth(outcome: Outcome) -> Remark | None:
    bits, usual = known(outcome.request.dataset.bit_depth), outcome.know.number("image-bits")
    if bits is None or bits <= usual:
        return None
    return Remark("scale-bit-depth", "/dataset/bit_depth", f"{bits} bits > {usual:g}")


@NOTICES.rule(
    "notice-features-once",
    "A head alone on a frozen backbone needs its features once, not in every pass.",
    grade=Grade.C,
    sources=("seed-complete-guide", "seed-calculator"),
    seeds=("R-017", "R-029"),
    fires=(
        job(50_000, task="text-classification", classes=4, compute={"kind": "cpu"}).decides(
            "compute-features-once: 10 passes over a frozen backbone"
        ),
    ),
    silent=(job(), job(fixed={"strategy": "feature-extraction", "epochs": 1})),
)
def features_once(outcome: Outcome) -> Remark | None:
    schedule = outcome.schedule
    if outcome.method is not Method.LINEAR_PROBE or schedule is None or (schedule.epochs or 1) <= 1:
        return None
    return Remark("compute-features-once", "/setup/method", f"{schedule.epochs:g} passes over a frozen backbone")
