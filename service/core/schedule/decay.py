"""How rates fall from block to block, and how weights decay."""

from service.contract.words import Grade, Method, Optimizer, Strategy
from service.core.rules.example_requests import CLIP, freeze, job, schedule
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic
from service.core.schedule.case import ScheduleCase
from service.core.schedule.curve.curves import steady
from service.knowledge.rows import DecayRow

DECAY: Topic[ScheduleCase, Finding[float]] = Topic("layer-decay")
WEIGHT_DECAY: Topic[ScheduleCase, Finding[float]] = Topic("weight-decay")


@DECAY.rule(
    "decay-given",
    "A factor between neighbouring blocks that the caller gives is kept.",
    sources=("judgement", "howard-ruder-2018"),
    seeds=("C-10",),
    fires=(schedule(model="bert-base-uncased", total_steps=100, layer_decay=0.9).decides("0.9: given in the request"),),
    silent=(schedule(model="bert-base-uncased", total_steps=100),),
)
def decay_given(case: ScheduleCase) -> Finding[float] | None:
    given = known(case.wishes.layer_decay)
    return None if given is None else Finding(given, "given in the request")


@DECAY.rule(
    "decay-none",
    "Heads, adapters, encoders tuned on pairs of texts, training from scratch and models of no known family take one "
    "rate for all their blocks.",
    grade=Grade.C,
    sources=("seed-complete-guide", "lora-2021"),
    seeds=("R-071",),
    fires=(
        schedule(family="cnn", strategy="from-scratch", total_steps=1000).decides("1.0: from-scratch: 1"),
        freeze(depth=50).decides("1.0: the family is not known: 1"),
        job(64, task="text-classification", classes=8).decides("1.0: contrastive-few-shot: 1"),
    ),
    silent=(schedule(family="cnn", strategy="full-fine-tuning", total_steps=1000),),
)
def no_decay(case: ScheduleCase) -> Finding[float] | None:
    pairs = case.method is Method.CONTRASTIVE_FEW_SHOT
    if case.strategy in (Strategy.PARTIAL, Strategy.FULL) and not pairs and not case.unknown:
        return None
    return Finding(
        1.0, "the family is not known: 1" if case.unknown else f"{case.method if pairs else case.strategy}: 1"
    )


@DECAY.rule(
    "decay-by-similarity",
    "Neighbouring blocks differ by 0.7 to 0.9 in a backbone of twelve, less the more alike the data; other "
    "depths keep the ratio end to end.",
    grade=Grade.B,
    sources=("timm", "autogluon", "howard-ruder-2018"),
    seeds=("R-055", "R-068", "R-074", "R-077", "C-10", "C-14"),
    fires=(
        schedule(family="vision-transformer", strategy="full-fine-tuning", total_steps=1000).decides(
            "0.8: 0.8 ^ (12 / 12 blocks) = 0.8"
        ),
    ),
    silent=(schedule(family="cnn", strategy="feature-extraction", total_steps=1000),),
    dissent=("ULMFiT divides by 2.6 from group to group; fastai spans a factor of 100 over the whole model.",),
)
def decay_by_similarity(case: ScheduleCase) -> Finding[float]:
    row: DecayRow = case.know.layer_decay[case.level]
    reference = case.know.number("decay-reference-depth")
    decay = steady(row.decay ** (reference / max(1, case.depth)))
    return Finding(decay, f"{row.decay:g} ^ ({reference:g} / {case.depth} blocks) = {decay:.4g}", (row,))


@WEIGHT_DECAY.rule(
    "weight-decay-coupled",
    "SGD and Adam add weight decay to the gradient, where it acts otherwise: 1e-4 under SGD, none under Adam.",
    grade=Grade.B,
    sources=("torchvision", "pytorch"),
    seeds=("R-078",),
    fires=(
        schedule(family="cnn", optimizer="sgd", total_steps=100).decides("backbone: sgd: 0.0001"),
        schedule(family="cnn", optimizer="adam", total_steps=100).decides("backbone: adam: 0"),
    ),
    silent=(schedule(family="cnn", total_steps=100),),
)
def weight_decay_coupled(case: ScheduleCase) -> Finding[float] | None:
    if case.optimizer not in (Optimizer.SGD, Optimizer.ADAM):
        return None
    row = case.know.constants[f"weight-decay-{case.optimizer}"]
    return Finding(row.value, f"{case.optimizer}: {row.value:g}", (row,))


@WEIGHT_DECAY.rule(
    "weight-decay-by-family",
    "Decoupled weight decay is set by the family: 0.05 in vision transformers, 0.01 in text and speech, 1e-4 in "
    "batch-norm networks; norms and biases get none.",
    grade=Grade.B,
    sources=("timm", "transformers", "seed-explainer"),
    seeds=("R-078",),
    fires=(job().decides("cls_token and 2 more: vision-transformer: 0.05"),),
    silent=(job(40, classes=10, source=CLIP),),
)
def weight_decay_by_family(case: ScheduleCase) -> Finding[float]:
    row = case.know.weight_decay[case.family]
    return Finding(row.weight_decay, f"{case.family}: {row.weight_decay:g}", (row,))
