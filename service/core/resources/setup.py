"""The run as it is set up, decided once for memory, notices and exports."""

from functools import cached_property
from typing import Any

from msgspec import Struct

from service.contract.schedule import TrainingSetup
from service.contract.words import Attention, Grade, LabelsPerExample, Loss, Method, Precision, Strategy
from service.core.job.dataset_size import Data
from service.core.job.machine import DeviceBatch, Machine
from service.core.resources.fitting import divisors, fitted, setups
from service.core.resources.memory import Need, usable_gib
from service.core.rules.example_requests import LLAMA, RESNET, freeze, job
from service.core.rules.rule import Example, Finding, Rule, Topic, Trace
from service.knowledge.index import Knowledge


class SetupCase(Struct, frozen=True, dict=True):
    """A run to be set up. `labelled`: its target is a class, or several. `size` None: nothing is said of the data.

    `limited`: the memory of the machine binds, because it or the target was named. `batch` None: nothing is trained.
    `per_device_given`: the caller says what a device sees at a time. `together`: each example is held against the
    others that a device sees at a time, so a batch in parts teaches less.
    """

    know: Knowledge
    machine: Machine
    method: Method | None
    labels: LabelsPerExample
    labelled: bool
    size: Data | None
    strategy: Strategy
    need: Need
    limited: bool
    batch: DeviceBatch | None
    per_device_given: bool
    attention: Attention | None
    together: bool

    @cached_property
    def fitted(self) -> Need | None:
        """The setup that fits with the fewest changes, or with the most at a time; None where none does."""
        share = self.batch.per_device if self.batch else 1
        if not self.together or self.per_device_given:
            return fitted(self.need, self.machine, self.strategy, share, self.per_device_given)
        parts = (fitted(self.need, self.machine, self.strategy, part, fixed=True) for part in divisors(share))
        return next(filter(None, parts), None)


LOSS: Topic[SetupCase, Finding[Loss | None]] = Topic("loss")
FIT: Topic[SetupCase, Finding[Need]] = Topic("setup-that-fits")

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
    fires=(job(64, task="text-classification", classes=8).decides("pair-similarity: trained on pairs"),),
    silent=(job(5000, task="text-classification", classes=8),),
)
def loss_of_pairs(case: SetupCase) -> Finding[Loss | None] | None:
    return Finding(Loss.PAIR_SIMILARITY, "trained on pairs") if case.method is Method.CONTRASTIVE_FEW_SHOT else None


@LOSS.rule(
    "loss-of-several-labels",
    "With several labels per example each class is judged by itself, by a binary loss.",
    grade=Grade.B,
    sources=("transformers", "pytorch"),
    fires=(Example("/recommend", SEVERAL).decides("binary-cross-entropy: several labels per example"),),
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
    fires=(Example("/recommend", RARE).decides("weighted-cross-entropy: 40 examples < 1000 / 3"),),
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
    fires=(
        job().decides("cross-entropy: one class per example"),
        job(task="summarization").decides("None: the task's own loss"),
    ),
    silent=(Example("/recommend", SEVERAL),),
)
def loss_usual(case: SetupCase) -> Finding[Loss | None]:
    if case.batch is None:
        return Finding(None, "nothing is trained")
    if not case.labelled:
        return Finding(None, "the task's own loss")
    return Finding(Loss.CROSS_ENTROPY, "one class per example")


@FIT.rule(
    "setup-as-told",
    "Where neither the machine nor the job was named, nothing is changed for memory: the devices see the batch "
    "in equal parts, all of them or the most that divide it.",
    fires=(freeze(500, model="resnet50").decides("None: 32 x 1 accumulated x 1 of 1 devices = 32"),),
    silent=(job(),),
)
def as_told(case: SetupCase) -> Finding[Need] | None:
    return None if case.limited else Finding(_plain(case), _batch(case))


@FIT.rule(
    "base-in-four-bits",
    "A base that stays untouched and does not fit is held in 4 bits.",
    grade=Grade.B,
    sources=("qlora-2023", "llama-factory"),
    seeds=("R-092",),
    fires=(
        job(task="text-generation", source=LLAMA).decides(
            "4: 16 x 1 accumulated x 1 of 1 devices = 16: 143.1 GiB, of a device 10.8 usable; 1 at a time, ",
            "none, computed anew, in 4 bits: 10.21 GiB",
        ),
    ),
    silent=(
        job(task="text-generation", source=LLAMA, compute={"kind": "datacenter-gpu"}),
        job(task="text-generation", source=LLAMA, compute={"kind": "cpu"}),
    ),
)
def in_four_bits(case: SetupCase) -> Finding[Need] | None:
    need = case.fitted
    if need is None or not need.quantised:
        return None
    rows = (case.know.constants["memory-usable-share"], case.know.constants["quantised-bits"])
    return Finding(need, f"{_room(case)}; {_told(need)}", rows)


@FIT.rule(
    "setup-fitted",
    "Of the setups that fit, the one with the fewest changes is taken: as many examples at a time as go, the rest "
    "accumulated; then blocks computed anew; then states sharded over the devices. The batch of a step stays.",
    grade=Grade.B,
    sources=("hf-memory-anatomy", "transformers"),
    seeds=("R-017",),
    fires=(
        job().decides(
            "None: 32 x 1 accumulated x 1 of 1 devices = 32: 11.38 GiB, of a device 10.8 usable; 16 at a ",
            "time, none: 6.427 GiB",
        ),
    ),
    silent=(job(task="text-generation", source=LLAMA),),
)
def as_fits(case: SetupCase) -> Finding[Need] | None:
    need = case.fitted
    if need is None or need.quantised:
        return None
    return Finding(need, f"{_room(case)}; {_told(need)}", (case.know.constants["memory-usable-share"],))


@FIT.rule(
    "setup-without-fit",
    "Where no setup fits, the leanest in the precision of the run is told; more memory or another strategy is needed.",
    fires=(
        job(task="text-generation", source=LLAMA, compute={"memory_gib": 1}).decides(
            "None: nothing is trained: 16.65 GiB, of a device 0.9 usable; 1 at a time, none: 16.65 GiB"
        ),
        job(source=RESNET, compute={"memory_gib": 0.01}).decides(
            "None: 32 x 1 accumulated x 1 of 1 devices = 32: 1.43 GiB, of a device 0.009 usable; 1 at a ",
            "time, none: 1.357 GiB",
        ),
    ),
    silent=(job(),),
)
def without_fit(case: SetupCase) -> Finding[Need]:
    lean = [one for one in setups(case.need, case.strategy) if not one.quantised][-1]
    share = case.batch.per_device if case.batch else 1
    need = lean.set_up(lean.quantised, lean.sharding, lean.checkpointing, share if case.per_device_given else 1)
    return Finding(need, f"{_room(case)}; {_told(need)}", (case.know.constants["memory-usable-share"],))


def set_up(
    case: SetupCase, precision: tuple[Rule[Any, Any], Finding[Precision]], trace: Trace
) -> tuple[TrainingSetup, Need]:
    """The setup, with the reasons of each part, and the memory that it needs."""
    trace.decided("/setup/precision", *precision)
    loss_rule, loss = LOSS.first(case)
    trace.decided("/setup/loss", loss_rule, loss)
    rule, fit = FIT.first(case)
    need, batch = fit.value, case.batch
    trace.decided("/setup/quantised_bits", rule, fit)
    for name in ("devices", "per_device_batch", "accumulation", "checkpointing", "sharding") if batch else ():
        trace.decided(f"/setup/{name}", rule, fit)
    told = TrainingSetup(
        method=case.method,
        loss=loss.value,
        precision=precision[1].value,
        quantised_bits=int(case.know.number("quantised-bits")) if need.quantised else None,
        devices=batch.devices if batch else None,
        per_device_batch=need.per_device if batch else None,
        accumulation=batch.accumulation * (batch.per_device // need.per_device) if batch else None,
        checkpointing=need.checkpointing if batch else None,
        sharding=need.sharding if batch else None,
        attention=case.attention,
    )
    return told, need


def _plain(case: SetupCase) -> Need:
    """The run without a change for memory."""
    first = next(setups(case.need, case.strategy))
    return first.set_up(False, first.sharding, first.checkpointing, case.batch.per_device if case.batch else 1)


def _batch(case: SetupCase) -> str:
    """How the devices share the batch."""
    batch = case.batch
    if batch is None:
        return "nothing is trained"
    whole = batch.per_device * batch.accumulation * batch.devices
    shared = f"{batch.devices} of {case.machine.count} devices"
    return f"{batch.per_device} x {batch.accumulation} accumulated x {shared} = {whole}"


def _room(case: SetupCase) -> str:
    """What there is, and what the run takes without any change."""
    return (
        f"{_batch(case)}: {_plain(case).peak_gib:.4g} GiB, of a device {usable_gib(case.machine, case.know):.4g} usable"
    )


def _told(need: Need) -> str:
    """The setup in words."""
    parts = [f"{need.per_device} at a time", need.sharding]
    parts += ["computed anew"] if need.checkpointing else []
    parts += ["in 4 bits"] if need.quantised else []
    return f"{', '.join(parts)}: {need.peak_gib:.4g} GiB"


def _rarity(case: SetupCase) -> Finding[None] | None:
    """That the rarest class is much rarer than the mean class."""
    rarest, mean = (case.size.rarest, case.size.per_class) if case.size else (None, None)
    row = case.know.constants["imbalance-ratio"]
    if rarest is None or mean is None or rarest >= mean / row.value:
        return None
    return Finding(None, f"{rarest} examples < {mean:.4g} / {row.value:g}", (row,))
