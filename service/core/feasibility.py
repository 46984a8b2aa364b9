"""Which strategies cannot be carried out here at all, and why."""

from msgspec import Struct

from service.contract.words import Corpus, Family, Grade, Objective, Optimizer, Strategy, Task
from service.core.examples import job
from service.core.job import Case
from service.core.memory import Need
from service.core.rule import Topic
from service.knowledge.model import Claim

TRAINED = (
    Strategy.FEATURE_EXTRACTION,
    Strategy.PARTIAL,
    Strategy.FULL,
    Strategy.PARAMETER_EFFICIENT,
    Strategy.FROM_SCRATCH,
)


class Blocked(Struct, frozen=True):
    """Strategies that are not feasible, with one reason each."""

    reasons: dict[Strategy, str]
    rows: tuple[Claim, ...] = ()
    only_memory: bool = False
    """Whether more memory alone would lift the block; the caller may know better than the assumed machine."""


FEASIBILITY: Topic[Case, Blocked] = Topic("feasibility")


@FEASIBILITY.rule(
    "no-zero-shot",
    "A model can be used without training only where its pretraining gave it the task: image-text models for image "
    "labels, generators for text, embedders for similarity.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer"),
    seeds=("R-027", "R-028", "R-118", "R-126"),
    fires=(job(source={"model": "resnet50"}),),
    silent=(job(source={"model": "openai/clip-vit-base-patch32"}),),
)
def no_zero_shot(case: Case) -> Blocked | None:
    if can_zero_shot(case):
        return None
    return Blocked({Strategy.ZERO_SHOT: f"this {case.model.family} cannot do the task without training"})


@FEASIBILITY.rule(
    "no-adapter-targets",
    "Adapters of the LoRA kind need attention or other linear layers with known names.",
    grade=Grade.B,
    sources=("peft-docs", "timm"),
    seeds=("R-091",),
    fires=(job(source={"model": "resnet50"}),),
    silent=(job(source={"model": "vit_base_patch16_224"}),),
    dissent=("LoRA on convolutions exists; on ResNet-50 it was reported to double the memory of activations.",),
)
def no_adapter_targets(case: Case) -> Blocked | None:
    if case.model.lora_targets:
        return None
    return Blocked({Strategy.PARAMETER_EFFICIENT: "no adapter targets are known for this architecture"})


@FEASIBILITY.rule(
    "no-published-rate",
    "A strategy for which no source gives a learning rate for this family is not advised.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("C-09",),
    fires=(job(task="tabular-classification"),),
    silent=(job(task="text-classification", source={"model": "bert-base-uncased"}),),
)
def no_published_rate(case: Case) -> Blocked | None:
    missing = [strategy for strategy in TRAINED if strategy not in case.know.trainable[case.model.family]]
    if not missing:
        return None
    return Blocked(dict.fromkeys(missing, f"no published learning rate is known for this with a {case.model.family}"))


@FEASIBILITY.rule(
    "memory-exceeded",
    "A strategy whose weights, gradients and optimizer state exceed the memory of all devices is not feasible.",
    grade=Grade.B,
    sources=("hf-memory-anatomy", "llama-factory", "seed-calculator"),
    seeds=("R-125", "R-017"),
    fires=(job(task="text-generation", source={"model": "meta-llama/Llama-3.1-8B"}),),
    silent=(job(source={"model": "resnet50"}),),
)
def memory_exceeded(case: Case) -> Blocked | None:
    optimizer = Optimizer.ADAMW
    open_share = 1 - case.know.freeze_shares[case.job.data.band, case.level].frozen_share
    total = case.job.machine.total_gib
    reasons: dict[Strategy, str] = {}
    rows: tuple[Claim, ...] = ()
    for strategy in TRAINED:
        need = Need(case.know, case.model, strategy, optimizer, open_share)
        if need.gib > total:
            reasons[strategy] = f"needs {need.gib:.1f} GiB before activations, {total:g} GiB are there"
            rows = need.rows
    return Blocked(reasons, rows, only_memory=True) if reasons else None


def can_zero_shot(case: Case) -> bool:
    """Whether the model does the task as it comes."""
    model, task = case.model, case.job.task.id
    if task in (Task.IMAGE_CLASSIFICATION, Task.ZERO_SHOT_IMAGE_CLASSIFICATION):
        return model.objective is Objective.CONTRASTIVE and model.corpus is Corpus.WEB_IMAGE_TEXT
    if task is Task.IMAGE_FEATURE_EXTRACTION:
        return True
    if task is Task.SENTENCE_SIMILARITY:
        return model.objective is Objective.CONTRASTIVE
    if model.family is Family.ENCODER_DECODER:
        return model.objective is Objective.SPAN_CORRUPTION
    return model.family in (Family.DECODER_LM, Family.SPEECH_SEQ2SEQ, Family.TIME_SERIES, Family.TABULAR)
