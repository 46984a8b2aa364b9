"""What becomes of norms, and of the statistics that some of them keep."""

from service.contract.freeze import FreezeNorm
from service.contract.words import Grade, NormKind, Strategy
from service.core.freezing.case import FreezeCase
from service.core.rules.example_requests import freeze, job
from service.core.rules.rule import Finding, Topic

NORM: Topic[FreezeCase, Finding[FreezeNorm]] = Topic("normalisation")


@NORM.rule(
    "norm-small-batches",
    "Below 16 examples at a time batch statistics are noise: all running statistics stay those of the pretraining, in "
    "open blocks too.",
    grade=Grade.B,
    sources=("keras-transfer-guide", "torchvision"),
    seeds=("C-17", "C-18"),
    fires=(freeze(500, model="resnet50", batch_size=8).decides("batch-norm: 8 examples at a time < 16"),),
    silent=(
        freeze(500, model="resnet50", batch_size=64),
        freeze(500, model="vit_base_patch16_224", batch_size=8),
        job(),
        freeze(500, model="resnet50", batch_size=16),
    ),
)
def small_batches(case: FreezeCase) -> Finding[FreezeNorm] | None:
    least = case.know.constants["batch-norm-least"]
    batch = case.case.job.device_batch(int(least.value))
    few = batch is not None and batch < least.value
    if case.norm is not NormKind.BATCH or batch is None or not few or case.strategy is Strategy.FROM_SCRATCH:
        return None
    reason = "With so few examples at a time, keep every batch-norm layer in evaluation mode, in open blocks as well."
    formula = f"{batch:g} examples at a time < {least.value:g}"
    return Finding(FreezeNorm(NormKind.BATCH, "follows-block", True, reason), formula, (least,))


@NORM.rule(
    "norm-batch-statistics",
    "The running statistics of a frozen batch-norm layer are frozen too.",
    grade=Grade.B,
    sources=("keras-transfer-guide", "torchvision"),
    seeds=("C-17", "C-18"),
    fires=(freeze(500, model="resnet50").decides("batch-norm: batch normalisation"),),
    silent=(freeze(500, model="vit_base_patch16_224"),),
)
def batch_statistics(case: FreezeCase) -> Finding[FreezeNorm] | None:
    if case.norm is not NormKind.BATCH:
        return None
    scratch = case.strategy is Strategy.FROM_SCRATCH
    reason = (
        "From scratch the statistics are learned; keep at least 16 examples per device."
        if scratch
        else "A batch-norm layer in training mode moves its statistics even when its weights are frozen."
    )
    return Finding(FreezeNorm(NormKind.BATCH, "follows-block", not scratch, reason), "batch normalisation")


@NORM.rule(
    "norm-follows-block",
    "Norms without running statistics are frozen and trained with their block.",
    sources=("judgement", "timm"),
    seeds=("R-043",),
    fires=(freeze(500, model="vit_base_patch16_224").decides("layer-norm: layer-norm"),),
    silent=(freeze(500, model="resnet50"), freeze(500, depth=12)),
)
def follows_block(case: FreezeCase) -> Finding[FreezeNorm] | None:
    if case.norm is None:
        return None
    return Finding(
        FreezeNorm(case.norm, "follows-block", False, "This norm keeps no running statistics."), f"{case.norm}"
    )


@NORM.rule(
    "norm-unknown",
    "Where the kind of norm is not known, batch-norm layers of frozen blocks, if there are any, keep their "
    "statistics frozen.",
    sources=("judgement", "keras-transfer-guide"),
    fires=(freeze(500, depth=12).decides("unknown: no model given"),),
    silent=(freeze(500, model="resnet50"),),
)
def norm_unknown(case: FreezeCase) -> Finding[FreezeNorm]:
    return Finding(
        FreezeNorm(
            NormKind.UNKNOWN, "follows-block", True, "The kind of norm is not known; this holds if it is batch norm."
        ),
        "no model given",
    )
