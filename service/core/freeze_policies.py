"""What becomes of norms, embeddings and adapters in a freeze plan, and how the pretrained weights are kept."""

from service.contract.freeze import Adapter, EmbeddingPolicy, FreezeBlock, NormPolicy, ProtectionPolicy
from service.contract.words import (
    Band,
    BlockKind,
    Family,
    Grade,
    Norm,
    Protection,
    State,
    Strategy,
)
from service.core.curves import steady
from service.core.examples import freeze, job, schedule
from service.core.freezing import ADAPTER, EMBEDDINGS, NORM, PROTECTION, FreezeCase
from service.core.rule import Decided


@PROTECTION.rule(
    "protection-none",
    "Where everything is random or everything may move at one rate, nothing is protected.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide"),
    seeds=("R-071",),
    fires=(freeze(500, depth=12, strategy="from-scratch"),),
    silent=(freeze(500, depth=12),),
)
def protection_none(case: tuple[FreezeCase, list[FreezeBlock]]) -> Decided[ProtectionPolicy] | None:
    if {block.state for block in _trunk(case[1])} != {State.FULL_RATE}:
        return None
    return Decided(ProtectionPolicy(Protection.NONE, None, "Every block trains at the full rate."), "no block is lower")


@PROTECTION.rule(
    "protection-hard",
    "Where no open block has a rate below that of the top, freezing alone protects: it also saves gradients, "
    "optimizer state and, below the lowest open block, activations, which a low rate does not.",
    grade=Grade.B,
    sources=("hf-memory-anatomy", "seed-calculator"),
    seeds=("R-009",),
    fires=(freeze(500, depth=12, strategy="feature-extraction"),),
    silent=(freeze(50_000, depth=12, strategy="full-fine-tuning"),),
)
def protection_hard(case: tuple[FreezeCase, list[FreezeBlock]]) -> Decided[ProtectionPolicy] | None:
    trunk = _trunk(case[1])
    opened = [block for block in trunk if block.state is not State.FROZEN]
    if len(opened) > 1 and any(block.state is State.LOW_RATE for block in opened):
        return None
    reason = "Frozen blocks cannot be lost, and need neither gradients nor optimizer state."
    return Decided(ProtectionPolicy(Protection.HARD, None, reason), "frozen blocks, and none at a low rate")


@PROTECTION.rule(
    "protection-soft",
    "Open blocks below the top take decaying rates: they protect as freezing does where data are enough, and "
    "let early features move where the domain asks for it.",
    grade=Grade.B,
    sources=("timm", "howard-ruder-2018", "mae-2022"),
    seeds=("R-034", "R-055"),
    fires=(freeze(50_000, depth=12, strategy="full-fine-tuning"), freeze(5000, depth=50)),
    silent=(freeze(500, depth=12, strategy="feature-extraction"),),
    dissent=("MAE's partial fine-tuning reaches full accuracy with 4 to 6 open blocks, the rest hard frozen.",),
)
def protection_soft(case: tuple[FreezeCase, list[FreezeBlock]]) -> Decided[ProtectionPolicy]:
    freezing, blocks = case
    row = freezing.know.layer_decay[freezing.level]
    depth = max(1, len(_trunk(blocks)))
    decay = steady(row.decay ** (freezing.know.number("decay-reference-depth") / depth))
    both = any(block.state is State.FROZEN for block in _trunk(blocks))
    kind = Protection.BOTH if both else Protection.SOFT
    reason = (
        "The lower blocks are frozen; between them and the top, rates decay from block to block."
        if both
        else "Nothing is frozen; rates decay from the top block to the stem."
    )
    return Decided(ProtectionPolicy(kind, decay, reason), f"{row.decay:g} in a trunk of 12: {decay:.4g}", (row,))


@NORM.rule(
    "norm-small-batches",
    "Below 16 examples at a time batch statistics are noise: all running statistics stay those of the pretraining, in "
    "open blocks too.",
    grade=Grade.B,
    sources=("keras-transfer-guide", "torchvision"),
    seeds=("C-17", "C-18"),
    fires=(freeze(500, model="resnet50", batch_size=8),),
    silent=(freeze(500, model="resnet50", batch_size=64), freeze(500, model="vit_base_patch16_224", batch_size=8)),
)
def small_batches(case: FreezeCase) -> Decided[NormPolicy] | None:
    least = case.know.constants["batch-norm-least"]
    few = case.batch_size is not None and case.batch_size < least.value
    if case.norm is not Norm.BATCH or not few or case.strategy is Strategy.FROM_SCRATCH:
        return None
    reason = "With so few examples at a time, keep every batch-norm layer in evaluation mode, in open blocks as well."
    formula = f"{case.batch_size} examples at a time < {least.value:g}"
    return Decided(NormPolicy(Norm.BATCH, "follows-block", True, reason), formula, (least,))


@NORM.rule(
    "norm-batch-statistics",
    "The running statistics of a frozen batch-norm layer are frozen too.",
    grade=Grade.B,
    sources=("keras-transfer-guide", "torchvision"),
    seeds=("C-17", "C-18"),
    fires=(freeze(500, model="resnet50"),),
    silent=(freeze(500, model="vit_base_patch16_224"),),
)
def batch_statistics(case: FreezeCase) -> Decided[NormPolicy] | None:
    if case.norm is not Norm.BATCH:
        return None
    scratch = case.strategy is Strategy.FROM_SCRATCH
    reason = (
        "From scratch the statistics are learned; keep at least 16 examples per device."
        if scratch
        else "A batch-norm layer in training mode moves its statistics even when its weights are frozen."
    )
    return Decided(NormPolicy(Norm.BATCH, "follows-block", not scratch, reason), "batch normalisation")


@NORM.rule(
    "norm-follows-block",
    "Norms without running statistics are frozen and trained with their block.",
    grade=Grade.D,
    sources=("judgement", "timm"),
    seeds=("R-043",),
    fires=(freeze(500, model="vit_base_patch16_224"),),
    silent=(freeze(500, model="resnet50"), freeze(500, depth=12)),
)
def follows_block(case: FreezeCase) -> Decided[NormPolicy] | None:
    if case.norm is None:
        return None
    return Decided(
        NormPolicy(case.norm, "follows-block", False, "This norm keeps no running statistics."), f"{case.norm}"
    )


@NORM.rule(
    "norm-unknown",
    "Where the kind of norm is not known, batch-norm layers of frozen blocks, if there are any, keep their "
    "statistics frozen.",
    grade=Grade.D,
    sources=("judgement", "keras-transfer-guide"),
    fires=(freeze(500, depth=12),),
    silent=(freeze(500, model="resnet50"),),
)
def norm_unknown(case: FreezeCase) -> Decided[NormPolicy]:
    return Decided(
        NormPolicy(
            Norm.UNKNOWN, "follows-block", True, "The kind of norm is not known; this holds if it is batch norm."
        ),
        "no model given",
    )


@EMBEDDINGS.rule(
    "embeddings-follow-stem",
    "Stem and embeddings are the most general part: they are frozen with the first blocks and opened last.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer", "yosinski-2014"),
    seeds=("R-006", "R-007", "R-008"),
    fires=(freeze(500, depth=12),),
    silent=(schedule(family="cnn", total_steps=100),),
    dissent=("Where the vocabulary or the input channels changed, the new part of the stem must train.",),
)
def follow_stem(case: tuple[FreezeCase, State]) -> Decided[EmbeddingPolicy]:
    state = case[1]
    reason = {
        State.FROZEN: "General features; retrain only new tokens or channels.",
        State.LOW_RATE: "Opened with the rest, at the lowest rate of all.",
        State.FULL_RATE: "Trained like every other block.",
    }[state]
    return Decided(EmbeddingPolicy(state, reason), f"the first block is {state}")


@ADAPTER.rule(
    "adapter-lora",
    "LoRA with alpha twice the rank: rank 16 in all linear layers of language models, rank 8 in the attention "
    "of others.",
    grade=Grade.B,
    sources=("lora-2021", "peft-bench", "lora-without-regret"),
    seeds=("R-091", "R-092"),
    fires=(job(task="text-generation", source={"model": "meta-llama/Llama-3.1-8B"}),),
    silent=(job(source={"model": "resnet50"}),),
    dissent=("Some recipes keep alpha at 16 for every rank; the rate then means something else.",),
)
def lora(case: FreezeCase) -> Decided[Adapter]:
    number = case.know.number
    rank_row = "lora-rank" if case.family is Family.DECODER_LM else "lora-rank-encoder"
    dropout_row = "lora-dropout-few" if case.band in (Band.TINY, Band.SMALL) else "lora-dropout"
    rank = int(number(rank_row))
    alpha = int(number("lora-alpha-per-rank") * rank)
    dropout = number(dropout_row)
    anatomy = case.anatomy
    width = anatomy.target_width
    adapter = Adapter(
        method="lora",
        rank=rank,
        alpha=alpha,
        dropout=dropout,
        targets=list(anatomy.targets),
        modules_to_save=list(anatomy.head_modules),
        fan_in_fan_out=anatomy.transposed,
        params=None if width is None else rank * width,
    )
    rows = tuple(case.know.constants[name] for name in (rank_row, "lora-alpha-per-rank", dropout_row))
    return Decided(adapter, f"alpha = {alpha // rank} x rank = {alpha}; {rank} x {width} numbers", rows)


def _trunk(blocks: list[FreezeBlock]) -> list[FreezeBlock]:
    return [block for block in blocks if block.kind is not BlockKind.HEAD]
