"""Which strategies cannot be carried out here at all, and why."""

from msgspec import Struct

from service.contract.words import Grade, Strategy
from service.core.choice.case import Case
from service.core.job.machine import Machine
from service.core.resources.device_speed import speed_of
from service.core.resources.fitting import fitted, setups
from service.core.resources.memory import FROZEN_BACKBONE, Need, usable_gib
from service.core.resources.operations import work_of
from service.core.rules.example_requests import BERT, CLIP, LLAMA, RESNET, T5, TINY_CONVNET, VIT, job
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Rule, Topic
from service.knowledge.rows import Claim

TRAINED = (
    Strategy.FEATURE_EXTRACTION,
    Strategy.PARTIAL,
    Strategy.FULL,
    Strategy.PARAMETER_EFFICIENT,
    Strategy.FROM_SCRATCH,
)


class Bar(Struct, frozen=True):
    """Strategies that are not feasible, with one reason each.

    `needs` holds the GiB where memory is the reason, `hours` the hours where time is.
    """

    reasons: dict[Strategy, str]
    rows: tuple[Claim, ...] = ()
    needs: dict[Strategy, float] = {}
    hours: dict[Strategy, float] = {}
    only_memory: bool = False
    """Whether more memory or time alone would lift the block; the caller may know better than what is assumed."""


FEASIBILITY: Topic[Case, Bar] = Topic("feasibility")


@FEASIBILITY.rule(
    "no-zero-shot",
    "A model can be used without training only where its pretraining gave it the task: image-text models for image "
    "labels, generators for text, embedders for similarity.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer"),
    seeds=("R-027", "R-028", "R-118", "R-126"),
    fires=(job(source=RESNET).decides("zero-shot False: resnet50 cannot do the task without training"),),
    silent=(job(source=CLIP),),
)
def no_zero_shot(case: Case) -> Bar | None:
    if case.works_untrained:
        return None
    return Bar({Strategy.ZERO_SHOT: f"{case.model.name} cannot do the task without training"})


@FEASIBILITY.rule(
    "no-adapter-targets",
    "Adapters of the LoRA kind need attention or other linear layers with known names.",
    grade=Grade.B,
    sources=("peft-docs", "timm"),
    seeds=("R-091",),
    fires=(
        job(source=RESNET).decides("parameter-efficient False: no adapter targets are known for this architecture"),
    ),
    silent=(job(source=VIT),),
    dissent=("LoRA on convolutions exists; on ResNet-50 it was reported to double the memory of activations.",),
)
def no_adapter_targets(case: Case) -> Bar | None:
    if case.model.adaptable:
        return None
    return Bar({Strategy.PARAMETER_EFFICIENT: "no adapter targets are known for this architecture"})


@FEASIBILITY.rule(
    "no-published-rate",
    "A strategy for which no source gives a learning rate for this family is not advised.",
    seeds=("C-09",),
    fires=(
        job(task="tabular-classification").decides(
            "feature-extraction False: no published learning rate is known for the family tabular"
        ),
    ),
    silent=(job(task="text-classification", source=BERT),),
)
def no_published_rate(case: Case) -> Bar | None:
    missing = [strategy for strategy in TRAINED if strategy not in case.know.trainable[case.model.family]]
    if not missing:
        return None
    return Bar(dict.fromkeys(missing, f"no published learning rate is known for the family {case.model.family}"))


@FEASIBILITY.rule(
    "no-new-head",
    "Training a head alone needs a new head: embedders have none, generators and recognisers keep their "
    "pretrained one.",
    grade=Grade.B,
    sources=("transformers",),
    seeds=("R-029", "R-086"),
    fires=(
        job(task="summarization", source=T5).decides(
            "feature-extraction False: there is no new head to train for this task"
        ),
        job(task="sentence-similarity").decides(
            "feature-extraction False: there is no new head to train for this task"
        ),
        job(source={"parameters": TINY_CONVNET}).decides(
            "feature-extraction False: the listed model has no head: list it with its new head"
        ),
    ),
    silent=(job(),),
)
def no_new_head(case: Case) -> Bar | None:
    if not case.gets_new_head:
        return Bar({Strategy.FEATURE_EXTRACTION: "there is no new head to train for this task"})
    if not case.model.lists_head:
        return Bar({Strategy.FEATURE_EXTRACTION: "the listed model has no head: list it with its new head"})
    return None


@FEASIBILITY.rule(
    "stem-must-train",
    "Input with other channels than the checkpoint's rebuilds the first layer, which a frozen backbone would "
    "leave untrained.",
    grade=Grade.C,
    sources=("seed-explainer", "judgement"),
    seeds=("R-053", "C-12"),
    fires=(
        job(domain="satellite-multispectral", source=RESNET).decides(
            "zero-shot False: the rebuilt first layer must be trained"
        ),
    ),
    silent=(job(domain="satellite-rgb"), job(domain="satellite-multispectral", task="image-segmentation")),
)
def stem_must_train(case: Case) -> Bar | None:
    if not case.needs_new_stem:
        return None
    return Bar(dict.fromkeys(FROZEN_BACKBONE, "the rebuilt first layer must be trained"))


@FEASIBILITY.rule(
    "scratch-forgets-all",
    "Training from scratch keeps nothing of the source, so it is barred where the source ability must be kept.",
    fires=(
        job(constraints={"keep_source_ability": True}).decides(
            "from-scratch False: nothing of the source ability would be kept"
        ),
    ),
    silent=(job(),),
)
def scratch_forgets_all(case: Case) -> Bar | None:
    if not case.job.constraints.keep_source_ability:
        return None
    return Bar({Strategy.FROM_SCRATCH: "nothing of the source ability would be kept"})


@FEASIBILITY.rule(
    "memory-exceeded",
    "A strategy whose peak exceeds what may be used of a device is not feasible, even with one example at a time, "
    "blocks computed anew, states sharded over all devices and an untouched base in 4 bits.",
    grade=Grade.B,
    sources=("hf-memory-anatomy", "llama-factory", "seed-calculator"),
    seeds=("R-125", "R-017"),
    fires=(
        job(task="text-generation", source=LLAMA).decides(
            "partial-fine-tuning False: needs 26.5 GiB at the least, of the 12 GiB of a device 10.8 may be ", "used"
        ),
    ),
    silent=(job(source=RESNET),),
)
def memory_exceeded(case: Case) -> Bar | None:
    machine, fixed = case.job.machine, known(case.job.fixed.per_device_batch_size)
    reasons: dict[Strategy, str] = {}
    needs: dict[Strategy, float] = {}
    rows: tuple[Claim, ...] = ()
    for strategy in Strategy:
        need = case.least_need(strategy)
        if fitted(need, machine, strategy, fixed or 1, fixed is not None) is None:
            reasons[strategy], needs[strategy] = too_much(need, machine, strategy, fixed or 1)
            rows = (*need.rows, case.know.constants["memory-usable-share"])
    return Bar(reasons, rows, needs, only_memory=True) if reasons else None


@FEASIBILITY.rule(
    "hours-exceeded",
    "A strategy of which one pass over the data, or what of them it needs to see, takes longer than the hours that "
    "there are is not feasible; nor is one whose run, made as short as it may be, does not end in them.",
    grade=Grade.B,
    sources=("timm-throughput", "llm-foundry"),
    fires=(
        job(50_000, source=VIT, compute={"device": "t4", "hours": 0.02}).decides(
            "feature-extraction False: one pass over the data takes 0.0222 h, there are 0.02"
        ),
        job(50_000, source=VIT, compute={"device": "t4", "count": 2, "hours": 0.01}).decides(
            "feature-extraction False: one pass over the data takes 0.0111 h, there are 0.01"
        ),
    ),
    silent=(
        job(50_000, source=VIT, compute={"device": "t4", "hours": 100}),
        job(50_000, source=VIT),
        job(compute={"memory_gib": 24, "hours": 4}),
    ),
)
def hours_exceeded(case: Case) -> Bar | None:
    hours, fixed, machine = known(case.job.request.compute.hours), case.job.fixed, case.job.machine
    speed = speed_of(machine, case.model.family, case.precision[1].value, case.know)
    if hours is None or speed is None or known(fixed.total_steps) is not None:
        return None
    examples = case.job.data.examples
    seen = min(examples * min(1.0, known(fixed.epochs) or 1.0), case.know.number("examples-seen"))
    late: dict[Strategy, float] = {}
    for strategy in TRAINED:
        work = work_of(case.least_need(strategy))
        if work is None:
            return None
        needed = seen * speed.busy(work) / machine.count / 3600
        if needed > hours:
            late[strategy] = needed
    told = "one pass over the data takes" if seen == examples else f"{seen:.4g} examples take"
    reasons = {one: f"{told} {took:.3g} h, there are {hours:g}" for one, took in late.items()}
    return Bar(reasons, hours=late, only_memory=True) if late else None


def is_timed(case: Case) -> bool:
    """Whether it is known how long a run takes on the machine, with the whole model open."""
    speed = speed_of(case.job.machine, case.model.family, case.precision[1].value, case.know)
    return speed is not None and work_of(case.least_need(Strategy.FULL)) is not None


def barring(id: str) -> Rule[Case, Bar]:
    """The rule of this id, for a bar that only a whole plan shows."""
    return next(rule for rule in FEASIBILITY.rules if rule.id == id)


def too_much(need: Need, machine: Machine, strategy: Strategy, per_device: int) -> tuple[str, float]:
    """What the leanest setup takes, in words and in GiB."""
    least = min(
        (one.set_up(one.quantised, one.sharding, one.checkpointing, per_device) for one in setups(need, strategy)),
        key=lambda one: one.peak_gib,
    )
    there = f"of the {machine.memory_gib:g} GiB of a device {usable_gib(machine, need.know):.4g} may be used"
    return f"needs {least.peak_gib:.3g} GiB at the least, {there}", least.peak_gib
