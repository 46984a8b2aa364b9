"""In which numbers the run computes."""

from msgspec import Struct

from service.contract.words import ComputeKind, Grade, Precision
from service.core.rules.example_requests import job
from service.core.rules.rule import Finding, Topic
from service.knowledge.rows import DeviceRow, ModelRow

MDEBERTA = {"model": "microsoft/mdeberta-v3-base"}


class PrecisionCase(Struct, frozen=True):
    """What the precision is decided by. `device` and `model` None: not known here."""

    given: Precision | None
    kind: ComputeKind
    device: DeviceRow | None
    model: ModelRow | None


PRECISION: Topic[PrecisionCase, Finding[Precision]] = Topic("precision")


@PRECISION.rule(
    "precision-given",
    "A precision that the caller gives is kept.",
    fires=(job(fixed={"precision": "fp32"}).decides("fp32: given in the request"),),
    silent=(job(),),
)
def given_precision(case: PrecisionCase) -> Finding[Precision] | None:
    return None if case.given is None else Finding(case.given, "given in the request")


@PRECISION.rule(
    "precision-on-cpu",
    "A CPU trains in 32 bits.",
    fires=(job(compute={"kind": "cpu"}).decides("fp32: on a CPU"),),
    silent=(job(), job(compute={"kind": "cpu"}, fixed={"precision": "bf16-mixed"})),
)
def on_cpu(case: PrecisionCase) -> Finding[Precision] | None:
    return Finding(Precision.FP32, "on a CPU") if case.kind is ComputeKind.CPU else None


@PRECISION.rule(
    "precision-of-overflowing-checkpoint",
    "A checkpoint that overflows in fp16 is trained in 32 bits on a device that has no bf16.",
    grade=Grade.B,
    sources=("mdeberta-fp16", "t5-fp16", "longt5-fp16", "pegasus-fp16", "gemma3-fp16", "vllm-fp16"),
    fires=(
        job(task="text-classification", source=MDEBERTA, compute={"device": "t4"}).decides(
            "fp32: microsoft/mdeberta-v3-base overflows in fp16, t4 has no bf16"
        ),
    ),
    silent=(job(task="text-classification", source=MDEBERTA, compute={"device": "a100"}),),
)
def of_overflowing_checkpoint(case: PrecisionCase) -> Finding[Precision] | None:
    if case.device is None or case.device.bf16 or case.model is None or case.model.fp16_source is None:
        return None
    return Finding(Precision.FP32, f"{case.model.id} overflows in fp16, {case.device.id} has no bf16", (case.device,))


@PRECISION.rule(
    "precision-without-tensor-cores",
    "Devices without tensor cores, and older than those of doubled fp16, train in 32 bits: fp16 is no faster there, or "
    "much slower, and on some computes no numbers.",
    grade=Grade.B,
    sources=("pytorch-amp", "ultralytics"),
    fires=(job(compute={"device": "gtx-1080-ti"}).decides("fp32: gtx-1080-ti has no circuits for fp16"),),
    silent=(job(compute={"device": "t4"}), job(compute={"device": "a100"})),
)
def without_tensor_cores(case: PrecisionCase) -> Finding[Precision] | None:
    if case.device is None or case.device.fp16:
        return None
    return Finding(Precision.FP32, f"{case.device.id} has no circuits for fp16", (case.device,))


@PRECISION.rule(
    "precision-without-bf16",
    "Devices older than Ampere have no circuits for bf16: there mixed precision is fp16, with a scaled loss.",
    grade=Grade.B,
    sources=("vendor-data-sheets",),
    fires=(job(compute={"device": "t4"}).decides("fp16-mixed: t4 has no bf16"),),
    silent=(job(compute={"device": "a100"}), job()),
)
def without_bf16(case: PrecisionCase) -> Finding[Precision] | None:
    if case.device is None or case.device.bf16:
        return None
    return Finding(Precision.FP16_MIXED, f"{case.device.id} has no bf16", (case.device,))


@PRECISION.rule(
    "precision-mixed",
    "Elsewhere passes run in bf16, which has the range of 32 bits.",
    grade=Grade.B,
    sources=("hf-memory-anatomy", "llama-factory"),
    fires=(job().decides("bf16-mixed: on a GPU"),),
    silent=(job(compute={"kind": "cpu"}),),
)
def mixed(case: PrecisionCase) -> Finding[Precision]:
    return Finding(Precision.BF16_MIXED, "on a GPU")
