"""The run as it is set up, decided once for memory, notices and exports."""

from typing import Any

from msgspec import Struct

from service.contract.schedule import TrainingSetup
from service.contract.words import Grade, LabelsPerExample, Loss, Method, Precision
from service.core.job.dataset_size import Data
from service.core.job.device_batch import DeviceBatch
from service.core.job.machine import Machine
from service.core.resources.memory import Need, fitted, usable_gib
from service.core.rules.example_requests import LLAMA, freeze, job
from service.core.rules.rule import Example, Finding, Rule, Topic
from service.core.rules.trace import Trace
from service.knowledge.index import Knowledge


class SetupCase(Struct, frozen=True):
    """A run to be set up. `labelled`: its target is a class, or several. `size` None: nothing is said of the data.

    `limited`: the memory of the machine binds, because it or the target was named. `batch` None: nothing is trained.
    """

    know: Knowledge
    machine: Machine
    method: Method | None
    labels: LabelsPerExample
    labelled: bool
    size: Data | None
    need: Need
    limited: bool
    batch: DeviceBatch | None


LOSS: Topic[SetupCase, Finding[Loss | None]] = Topic("loss")
BASE: Topic[SetupCase, Finding[Need]] = Topic("base-in-bits")
BATCH: Topic[SetupCase, Finding[DeviceBatch]] = Topic("device-batch")

SEVERAL = {"target": {"task": "text-classification"}, "dataset": {"examples": 5000, "labels_per_example": "several"}}
RARE = {
    "target": {"task": "text-classification"},
    "dataset": {"examples": 5000, "classes": 5, "rarest_class": 40},
}


@LOSS.rule(
    "loss-of-pairs",
    "Training on pairs draws texts of one class together, and others apart.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(64, task="text-classification", classes=8),),
    silent=(job(5000, task="text-classification", classes=8),),
)
def loss_of_pairs(case: SetupCase) -> Finding[Loss | None] | None:
    return Finding(Loss.PAIR_SIMILARITY, "trained on pairs") if case.method is Method.CONTRASTIVE_FEW_SHOT else None


@LOSS.rule(
    "loss-of-several-labels",
    "With several labels per example each class is judged by itself, by a binary loss.",
    grade=Grade.B,
    sources=("transformers", "pytorch"),
    fires=(Example("/recommend", SEVERAL),),
    silent=(Example("/recommend", RARE), job(task="summarization")),
)
def loss_of_several(case: SetupCase) -> Finding[Loss | None] | None:
    if not case.labelled or case.labels is LabelsPerExample.ONE or case.batch is None:
        return None
    rare = _rarity(case)
    if rare is None:
        return Finding(Loss.BINARY_CROSS_ENTROPY, "several labels per example")
    return Finding(Loss.WEIGHTED_BINARY_CROSS_ENTROPY, f"several labels per example; {rare.formula}", rare.rows)


@LOSS.rule(
    "loss-of-rare-class",
    "A class much rarer than the mean class is counted more, so that it is not given up.",
    fires=(Example("/recommend", RARE),),
    silent=(job(5000, task="text-classification", classes=5),),
)
def loss_of_rare(case: SetupCase) -> Finding[Loss | None] | None:
    rare = _rarity(case)
    if not case.labelled or rare is None or case.batch is None:
        return None
    return Finding(Loss.WEIGHTED_CROSS_ENTROPY, rare.formula, rare.rows)


@LOSS.rule(
    "loss-usual",
    "One class per example is learned by cross-entropy; other tasks have the loss of their own code.",
    grade=Grade.B,
    sources=("transformers", "pytorch"),
    fires=(job(), job(task="summarization")),
    silent=(Example("/recommend", SEVERAL),),
)
def loss_usual(case: SetupCase) -> Finding[Loss | None]:
    if case.batch is None:
        return Finding(None, "nothing is trained")
    if not case.labelled:
        return Finding(None, "the task's own loss")
    return Finding(Loss.CROSS_ENTROPY, "one class per example")


@BASE.rule(
    "base-in-four-bits",
    "A base that stays untouched and does not fit is held in 4 bits, with room left for activations.",
    grade=Grade.B,
    sources=("qlora-2023", "llama-factory"),
    seeds=("R-092",),
    fires=(job(task="text-generation", source=LLAMA),),
    silent=(
        job(task="text-generation", source=LLAMA, compute={"kind": "datacenter-gpu"}),
        job(task="text-generation", source=LLAMA, compute={"kind": "cpu"}),
    ),
)
def in_four_bits(case: SetupCase) -> Finding[Need] | None:
    need = fitted(case.need, case.machine) if case.limited else case.need
    if not need.quantised:
        return None
    usable = f"{case.need.gib:.4g} GiB > {usable_gib(case.machine, case.know):.4g} usable"
    return Finding(need, usable, (case.know.constants["memory-usable-share"], case.know.constants["quantised-bits"]))


@BASE.rule(
    "base-in-run-precision",
    "Otherwise the base is held in the precision of the run.",
    fires=(job(), freeze(depth=12)),
    silent=(job(task="text-generation", source=LLAMA),),
)
def in_run_precision(case: SetupCase) -> Finding[Need]:
    return Finding(case.need, f"in {case.need.precision}")


@BATCH.rule(
    "batch-over-devices",
    "The devices share a step's batch in equal parts: all of them, or the most that divide it.",
    fires=(job(compute={"kind": "multi-gpu"}), freeze(500, model="resnet50")),
    silent=(job(fixed={"strategy": "zero-shot"}, task="text-generation", source=LLAMA),),
)
def over_devices(case: SetupCase) -> Finding[DeviceBatch] | None:
    batch = case.batch
    if batch is None:
        return None
    whole = batch.per_device * batch.accumulation * batch.devices
    formula = f"{batch.per_device} x {batch.accumulation} accumulated x {batch.devices} of {case.machine.count} devices"
    return Finding(batch, f"{formula} = {whole}")


def set_up(
    case: SetupCase, precision: tuple[Rule[Any, Any], Finding[Precision]], trace: Trace
) -> tuple[TrainingSetup, Need]:
    """The setup, with the reasons of each part, and the memory that it needs."""
    trace.decided("/setup/precision", *precision)
    loss_rule, loss = LOSS.first(case)
    trace.decided("/setup/loss", loss_rule, loss)
    base_rule, base = BASE.first(case)
    trace.decided("/setup/quantised_bits", base_rule, base)
    for rule, found in BATCH.all(case):
        for name in ("devices", "per_device_batch", "accumulation"):
            trace.decided(f"/setup/{name}", rule, found)
    batch = case.batch
    told = TrainingSetup(
        method=case.method,
        loss=loss.value,
        precision=precision[1].value,
        quantised_bits=int(case.know.number("quantised-bits")) if base.value.quantised else None,
        devices=batch.devices if batch else None,
        per_device_batch=batch.per_device if batch else None,
        accumulation=batch.accumulation if batch else None,
    )
    return told, base.value


def _rarity(case: SetupCase) -> Finding[None] | None:
    """That the rarest class is much rarer than the mean class."""
    rarest, mean = (case.size.rarest, case.size.per_class) if case.size else (None, None)
    row = case.know.constants["imbalance-ratio"]
    if rarest is None or mean is None or rarest >= mean / row.value:
        return None
    return Finding(None, f"{rarest} examples < {mean:.4g} / {row.value:g}", (row,))
