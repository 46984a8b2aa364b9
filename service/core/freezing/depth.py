"""How deep to freeze."""

import math

from service.contract.words import Family, Grade, Method, Optimizer, Policy, Strategy, TargetShift, Task
from service.core.choice.case import WORDS
from service.core.freezing.case import Depth, FreezeCase
from service.core.resources.memory import FROZEN_BACKBONE
from service.core.rules.example_requests import BERT, RESNET, VIT, freeze, job
from service.core.rules.rule import Finding, Topic

VIT_LARGE = {"model": "vit_large_patch16_224"}

DEPTH: Topic[FreezeCase, Finding[Depth]] = Topic("freezing")


@DEPTH.rule(
    "freeze-whole-backbone",
    "Zero-shot use, feature extraction and adapters leave the whole backbone as it is.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("R-029", "R-032", "R-091"),
    fires=(
        freeze(500, depth=12, strategy="feature-extraction").decides("0: feature-extraction: 12 of 12 backbone blocks"),
    ),
    silent=(freeze(500, depth=12),),
)
def whole_backbone(case: FreezeCase) -> Finding[Depth] | None:
    if case.strategy not in FROZEN_BACKBONE:
        return None
    return Finding(Depth(case.backbone, 0), f"{case.strategy}: {case.backbone} of {case.backbone} backbone blocks")


@DEPTH.rule(
    "freeze-nothing-from-scratch",
    "Random weights have nothing worth keeping: from scratch, every block trains at full rate.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide"),
    seeds=("R-071",),
    fires=(freeze(500, depth=12, strategy="from-scratch").decides("0: from-scratch: 0 of 12 backbone blocks frozen"),),
    silent=(freeze(500, depth=12),),
)
def nothing_from_scratch(case: FreezeCase) -> Finding[Depth] | None:
    if case.strategy is not Strategy.FROM_SCRATCH:
        return None
    return Finding(Depth(0, case.backbone), f"from-scratch: 0 of {case.backbone} backbone blocks frozen")


@DEPTH.rule(
    "freeze-all-but-shifted-part",
    "With few labels and a known kind of shift only the part that the shift touches is tuned: the first block for "
    "input-level shifts, the middle for feature-level ones, the last block with the head for output-level ones.",
    grade=Grade.A,
    sources=("lee-2022",),
    fires=(
        freeze(500, depth=12, shift="input-level").decides("0: input-level: 2 of 12 backbone blocks open, from 0"),
        freeze(500, depth=12, shift="output-level").decides("0: output-level: 1 of 12 backbone blocks open, from 11"),
        freeze(500, depth=12, shift="feature-level").decides("0: feature-level: 4 of 12 backbone blocks open, from 4"),
    ),
    silent=(freeze(500, depth=12), freeze(50_000, depth=12, shift="input-level")),
    dissent=("The gain over tuning everything shrinks as the target set grows.",),
)
def only_the_shifted_part(case: FreezeCase) -> Finding[Depth] | None:
    if case.shift is None or not case.follows_shift:
        return None
    opened = {
        TargetShift.INPUT_LEVEL: range(min(2, case.backbone)),
        TargetShift.FEATURE_LEVEL: range(case.backbone // 3, case.backbone - case.backbone // 3),
        TargetShift.OUTPUT_LEVEL: range(case.backbone - 1, case.backbone),
    }[case.shift]
    depth = Depth(opened.start, len(opened), closed_above=case.backbone - opened.stop)
    return Finding(depth, f"{case.shift}: {len(opened)} of {case.backbone} backbone blocks open, from {opened.start}")


@DEPTH.rule(
    "freeze-embeddings-under-sgd",
    "Under SGD the patch embedding of a vision transformer or ConvNeXt stays frozen: its gradients are much larger "
    "than those of the other layers, and without it SGD is as good as AdamW.",
    grade=Grade.A,
    sources=("kumar-sgd-2022",),
    fires=(
        freeze(50_000, model="vit_base_patch16_224", strategy="full-fine-tuning", optimizer="sgd").decides(
            "0: 1 frozen, 3 of 12 at full rate: the stem's gradients are too large for SGD"
        ),
        freeze(50_000, model="convnext_tiny", strategy="full-fine-tuning", optimizer="sgd").decides(
            "0: 1 frozen, 5 of 18 at full rate: the stem's gradients are too large for SGD"
        ),
    ),
    silent=(
        freeze(50_000, model="vit_base_patch16_224", strategy="full-fine-tuning"),
        freeze(50_000, model="resnet50", strategy="full-fine-tuning", optimizer="sgd"),
    ),
)
def embeddings_under_sgd(case: FreezeCase) -> Finding[Depth] | None:
    early = case.family in (Family.VISION_TRANSFORMER, Family.CONVNEXT)
    if case.strategy is not Strategy.FULL or case.optimizer is not Optimizer.SGD or not early:
        return None
    return _stem_alone(case, "the stem's gradients are too large for SGD") if not case.new_stem else None


@DEPTH.rule(
    "freeze-embeddings-for-memory",
    "Where full fine-tuning does not fit the memory and does without the word embeddings, they alone are frozen: they "
    "are up to two thirds of a text model's parameters.",
    grade=Grade.B,
    sources=("hf-memory-anatomy", "transformers"),
    fires=(
        freeze(
            50_000, model="xlm-roberta-base", strategy="full-fine-tuning", similarity=8, compute={"memory_gib": 5}
        ).decides("0: 1 frozen, 1 of 12 at full rate: 85054464 of 277453056 parameters train; memory lets 8.505e+07"),
    ),
    silent=(freeze(50_000, model="xlm-roberta-base", strategy="full-fine-tuning", similarity=8),),
    dissent=("A new language or new tokens need trained embeddings.",),
)
def embeddings_for_memory(case: FreezeCase) -> Finding[Depth] | None:
    if case.strategy is not Strategy.FULL or case.family not in WORDS:
        return None
    whole, rest = sum(case.counted), sum(case.counted[1:])
    most = case.most_open_share * whole
    if whole <= most or rest > most:
        return None
    return _stem_alone(case, f"{rest} of {whole} parameters train; memory lets {most:.4g}")


@DEPTH.rule(
    "freeze-deeper-for-memory",
    "Where the open blocks of partial tuning do not fit the memory, more blocks are frozen until they do.",
    grade=Grade.B,
    sources=("hf-memory-anatomy",),
    seeds=("R-017", "R-125"),
    fires=(
        job(
            50_000, similarity=2, source={"model": "vit_large_patch16_224"}, compute={"memory_gib": 3}, policy="guides"
        ).decides("0: 21 frozen instead of 3: at most 5.039e+07 parameters train"),
    ),
    silent=(job(5000, source=VIT), freeze(5000, depth=50)),
)
def deeper_for_memory(case: FreezeCase) -> Finding[Depth] | None:
    if case.strategy is not Strategy.PARTIAL:
        return None
    params = case.counted
    row = case.know.freeze_shares[case.band, case.level]
    share = case.know.number("text-frozen-share") if _is_text_of_some_labels(case) else row.frozen_share
    wanted = min(_rounded(share * case.backbone), case.backbone - 1)
    most = case.most_open_share * sum(params)
    if sum(params[wanted:]) <= most:
        return None
    frozen = next((k for k in range(wanted, case.backbone) if sum(params[k:]) <= most), case.backbone - 1)
    full = _rounded(row.full_rate_share * (case.backbone - frozen))
    return Finding(
        Depth(frozen, full), f"{frozen} frozen instead of {wanted}: at most {most:.4g} parameters train", (row,)
    )


@DEPTH.rule(
    "freeze-front-end",
    "The convolutional front end of a speech encoder stays frozen, also when everything else is tuned.",
    grade=Grade.B,
    sources=("wav2vec2-recipes",),
    seeds=("R-008",),
    fires=(
        freeze(50_000, model="facebook/wav2vec2-base", strategy="full-fine-tuning").decides(
            "0: front end frozen; 3 of 13 at full rate"
        ),
    ),
    silent=(freeze(50_000, model="bert-base-uncased", strategy="full-fine-tuning"),),
)
def front_end(case: FreezeCase) -> Finding[Depth] | None:
    if case.strategy is not Strategy.FULL or case.family is not Family.SPEECH_ENCODER or case.backbone < 2:
        return None
    row = case.know.freeze_shares[case.band, case.level]
    full = _rounded(row.full_rate_share * (case.backbone - 1))
    return Finding(Depth(1, full), f"front end frozen; {full} of {case.backbone - 1} at full rate", (row,))


@DEPTH.rule(
    "freeze-nothing-for-pairs",
    "Contrastive few-shot tuning trains the whole encoder at one rate.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(
        job(16, task="text-classification", classes=2).decides(
            "0: contrastive-few-shot: 0 of 13 backbone blocks frozen"
        ),
    ),
    silent=(job(16, task="text-classification", classes=2, policy="guides"),),
)
def nothing_for_pairs(case: FreezeCase) -> Finding[Depth] | None:
    if case.method is not Method.CONTRASTIVE_FEW_SHOT:
        return None
    return Finding(Depth(0, case.backbone), f"{case.method}: 0 of {case.backbone} backbone blocks frozen")


@DEPTH.rule(
    "freeze-soft-when-full",
    "Full fine-tuning freezes nothing; decaying rates protect the lower blocks instead.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer", "timm"),
    seeds=("R-034", "R-055", "R-060", "C-08"),
    fires=(freeze(50_000, depth=12, strategy="full-fine-tuning").decides("0: 0 frozen; 0.25 x 12 = 3 at full rate"),),
    silent=(freeze(50_000, depth=12),),
)
def soft_when_full(case: FreezeCase) -> Finding[Depth] | None:
    if case.strategy is not Strategy.FULL:
        return None
    row = case.know.freeze_shares[case.band, case.level]
    full = _rounded(row.full_rate_share * case.backbone)
    return Finding(Depth(0, full), f"0 frozen; {row.full_rate_share:g} x {case.backbone} = {full} at full rate", (row,))


@DEPTH.rule(
    "freeze-texts-moderately",
    "In partial tuning on fifty to a thousand labelled texts a moderate share of an encoder is frozen, whatever the "
    "domain.",
    sources=("lee-2019", "judgement"),
    fires=(job(300, task="text-classification", classes=2, source=BERT).decides("0: round(0.4 x 13) = 5 frozen"),),
    silent=(
        freeze(500, model="bert-base-uncased"),
        freeze(500, model="bert-base-uncased", strategy="partial-fine-tuning", policy="guides"),
        freeze(5000, model="bert-base-uncased", strategy="partial-fine-tuning"),
        freeze(500, model="vit_base_patch16_224", strategy="partial-fine-tuning"),
    ),
    dissent=("The guides freeze three quarters and more of so few.",),
)
def texts_moderately(case: FreezeCase) -> Finding[Depth] | None:
    if case.strategy is not Strategy.PARTIAL or not _is_text_of_some_labels(case):
        return None
    return _by_constant(case, "text-frozen-share")


@DEPTH.rule(
    "freeze-backbone-below-decoder",
    "Below a new detector or decoder a convolutional backbone is frozen for its first fifth, as libraries do with its "
    "stem and first stage.",
    grade=Grade.B,
    sources=("torchvision", "detectron2"),
    fires=(job(500, task="object-detection", source=RESNET).decides("0: round(0.2 x 17) = 3 frozen"),),
    silent=(
        job(500, task="object-detection", source=RESNET, policy="guides"),
        job(500, source=RESNET, fixed={"strategy": "partial-fine-tuning"}),
        freeze(depth=50),
    ),
    dissent=("torchvision freezes two fifths of the stages of a pretrained backbone, Mask2Former none.",),
)
def backbone_below_decoder(case: FreezeCase) -> Finding[Depth] | None:
    target, family = case.case.job.target, case.family
    dense = target is not None and target.id in (Task.OBJECT_DETECTION, Task.IMAGE_SEGMENTATION)
    if case.strategy is not Strategy.PARTIAL or not dense or family not in (Family.CNN, Family.CONVNEXT):
        return None
    if case.case.job.policy is Policy.GUIDES:
        return None
    return _by_constant(case, "dense-frozen-share")


@DEPTH.rule(
    "freeze-by-size-and-similarity",
    "The share of frozen blocks falls with the size of the data and rises with similarity; partial tuning freezes one "
    "block at least beside a stem that is built anew.",
    grade=Grade.C,
    sources=("seed-calculator", "yosinski-2014", "seed-complete-guide"),
    seeds=("R-009", "R-033", "R-043", "R-056", "R-057", "R-058", "R-059", "R-060", "C-02", "C-06"),
    fires=(
        freeze(100, depth=50, similarity=8).decides(
            "0: round(0.85 x 50), at least 0 = 43 frozen; round(0 x 7) = 0 at full rate"
        ),
        freeze(5000, depth=50).decides(
            "0: round(0.66 x 50), at least 0 = 33 frozen; round(0.15 x 17) = 3 at full rate"
        ),
        freeze(50_000, depth=50, similarity=2).decides(
            "0: round(0.1 x 50), at least 0 = 5 frozen; round(0.5 x 45) = 23 at full rate"
        ),
        job(policy="guides").decides("0: round(0.66 x 13), at least 1 = 9 frozen; round(0.15 x 4) = 1 at full rate"),
        freeze(depth=50, similarity=7).decides(
            "0: round(0.67 x 50), at least 0 = 34 frozen; round(0 x 16) = 0 at full rate"
        ),
        freeze(100, depth=1, similarity=8).decides(
            "0: round(0.85 x 1), at least 0 = 0 frozen; round(0 x 1) = 0 at full rate"
        ),
    ),
    silent=(freeze(5000, depth=50, strategy="full-fine-tuning"),),
    dissent=("Ultralytics advises never to freeze; others freeze by memory, not by data.",),
)
def by_size_and_similarity(case: FreezeCase) -> Finding[Depth]:
    row = case.know.freeze_shares[case.band, case.level]
    least = 0 if case.strategy is not Strategy.PARTIAL else 2 if case.new_stem else 1
    frozen = min(max(_rounded(row.frozen_share * case.backbone), least), case.backbone - 1)
    full = _rounded(row.full_rate_share * (case.backbone - frozen))
    formula = (
        f"round({row.frozen_share:g} x {case.backbone}), at least {least} = {frozen} frozen; "
        f"round({row.full_rate_share:g} x {case.backbone - frozen}) = {full} at full rate"
    )
    return Finding(Depth(frozen, full), formula, (row,))


def _is_text_of_some_labels(case: FreezeCase) -> bool:
    """Whether a text encoder is to learn from so many labels that a moderate share is frozen."""
    size, number = case.case.job.size, case.know.number
    if case.family is not Family.TEXT_ENCODER or size is None or case.case.job.policy is Policy.GUIDES:
        return False
    return number("text-partly-least-examples") <= size.examples < number("language-tuned-least-examples")


def _by_constant(case: FreezeCase, name: str) -> Finding[Depth]:
    """A share of the table frozen, and of the open blocks as many at full rate as the guides say."""
    row, share = case.know.freeze_shares[case.band, case.level], case.know.constants[name]
    least = 0 if case.strategy is not Strategy.PARTIAL else 2 if case.new_stem else 1
    frozen = min(max(_rounded(share.value * case.backbone), least), case.backbone - 1)
    full = _rounded(row.full_rate_share * (case.backbone - frozen))
    return Finding(Depth(frozen, full), f"round({share.value:g} x {case.backbone}) = {frozen} frozen", (share, row))


def _stem_alone(case: FreezeCase, because: str) -> Finding[Depth]:
    """The first block frozen, the others as in full fine-tuning."""
    row = case.know.freeze_shares[case.band, case.level]
    full = _rounded(row.full_rate_share * (case.backbone - 1))
    return Finding(Depth(1, full), f"1 frozen, {full} of {case.backbone - 1} at full rate: {because}", (row,))


def _rounded(value: float) -> int:
    """To the nearest integer, halves up, so that a larger share never gives fewer blocks."""
    return math.floor(value + 0.5)
