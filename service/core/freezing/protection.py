"""How pretrained weights are kept: hard freezing, soft freezing, both or neither."""

from service.contract.freeze import FreezeBlock, FreezeProtection
from service.contract.words import BlockKind, BlockState, Family, Grade, Protection
from service.core.freezing.case import FreezeCase
from service.core.rules.example_requests import BARE, freeze
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic
from service.core.schedule.curve.curves import steady

PROTECTION: Topic[FreezeCase, Finding[FreezeProtection]] = Topic("protection")


@PROTECTION.rule(
    "protection-none",
    "Where everything is random or everything may move at one rate, nothing is protected.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide"),
    seeds=("R-071",),
    fires=(freeze(500, depth=12, strategy="from-scratch").decides("none: no block is lower"),),
    silent=(freeze(500, depth=12),),
)
def protection_none(case: FreezeCase) -> Finding[FreezeProtection] | None:
    if {block.state for block in _backbone(case)} != {BlockState.FULL_RATE}:
        return None
    return Finding(FreezeProtection(Protection.NONE, None, "Every block trains at the full rate."), "no block is lower")


@PROTECTION.rule(
    "protection-hard",
    "Where no open block has a rate below that of the top, freezing alone protects: it also saves gradients, "
    "optimizer state and, below the lowest open block, activations, which a low rate does not.",
    grade=Grade.B,
    sources=("hf-memory-anatomy", "seed-calculator"),
    seeds=("R-009",),
    fires=(
        freeze(500, depth=12, strategy="feature-extraction").decides("hard: frozen blocks, and none at a low rate"),
        freeze(500, parameters=BARE).decides("hard: frozen blocks, and none at a low rate"),
        freeze(500, depth=12, shift="input-level").decides("hard: frozen blocks, and none at a low rate"),
    ),
    silent=(freeze(50_000, depth=12, strategy="full-fine-tuning"), freeze(100, depth=12)),
)
def protection_hard(case: FreezeCase) -> Finding[FreezeProtection] | None:
    backbone = _backbone(case)
    opened = [block for block in backbone if block.state is not BlockState.FROZEN]
    if len(opened) > 1 and any(block.state is BlockState.LOW_RATE for block in opened):
        return None
    reason = "Frozen blocks cannot be lost, and need neither gradients nor optimizer state."
    return Finding(FreezeProtection(Protection.HARD, None, reason), "frozen blocks, and none at a low rate")


@PROTECTION.rule(
    "protection-even",
    "How rates fall from block to block in a model of no known family nobody has published: what trains takes one.",
    fires=(freeze(50_000, depth=12, strategy="full-fine-tuning").decides("soft: the family is not known"),),
    silent=(freeze(50_000, depth=12, family="cnn", strategy="full-fine-tuning"),),
)
def protection_even(case: FreezeCase) -> Finding[FreezeProtection] | None:
    given = known(case.case.job.request.schedule.layer_decay)
    if case.case.model.family is not Family.UNKNOWN or given is not None:
        return None
    reason = "One low rate for all blocks that train: nothing tells how rates should fall in such a model."
    return Finding(FreezeProtection(_kind(case), 1.0, reason), "the family is not known")


@PROTECTION.rule(
    "protection-soft",
    "Open blocks below the top take decaying rates: they protect as freezing does where data are enough, and "
    "let early features move where the domain asks for it.",
    grade=Grade.B,
    sources=("timm", "howard-ruder-2018", "mae-2022"),
    seeds=("R-034", "R-055"),
    fires=(
        freeze(50_000, depth=12, family="cnn", strategy="full-fine-tuning").decides(
            "soft: 0.8 in a backbone of 12: 0.8"
        ),
        freeze(5000, depth=50, family="cnn").decides("hard-and-soft: 0.8 in a backbone of 12: 0.9479"),
    ),
    silent=(freeze(500, depth=12, strategy="feature-extraction"),),
    dissent=("MAE's partial fine-tuning reaches full accuracy with 4 to 6 open blocks, the rest hard frozen.",),
)
def protection_soft(case: FreezeCase) -> Finding[FreezeProtection]:
    row = case.know.layer_decay[case.level]
    depth = max(1, len(_backbone(case)))
    usual = steady(row.decay ** (case.know.number("decay-reference-depth") / depth))
    given = known(case.case.job.request.schedule.layer_decay)
    decay = usual if given is None else given
    kind = _kind(case)
    reason = (
        "The lower blocks are frozen; between them and the top, rates decay from block to block."
        if kind is Protection.BOTH
        else "Nothing is frozen; rates decay from the top block to the stem."
    )
    formula = f"{row.decay:g} in a backbone of 12: {usual:.4g}" if given is None else "given in the request"
    return Finding(FreezeProtection(kind, decay, reason), formula, (row,))


def _kind(case: FreezeCase) -> Protection:
    frozen = any(block.state is BlockState.FROZEN for block in _backbone(case))
    return Protection.BOTH if frozen else Protection.SOFT


def _backbone(case: FreezeCase) -> list[FreezeBlock]:
    return [block for block in case.planned if block.kind is not BlockKind.HEAD]
