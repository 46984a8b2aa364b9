"""What the caller of `/freeze-plan` should know beside the plan."""

from msgspec import UNSET

from service.contract.words import BlockKind, BlockState, Grade, InputOrigin, LayoutCertainty, NormKind, Strategy
from service.core.advisories.notices import FREEZE_NOTICES, FreezeAsked, Warned
from service.core.rules.example_requests import BARE, TINY_CONVNET, freeze


@FREEZE_NOTICES.rule(
    "notice-freeze-head-size",
    "Without a number of classes the new head of a catalogue model cannot be counted.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(freeze(500, model="resnet50"),),
    silent=(freeze(500, depth=12),),
)
def head_size_unknown(asked: FreezeAsked) -> Warned | None:
    if asked.case.model is None or asked.plan.counts.head is not None:
        return None
    return Warned("head-size-unknown", "/freeze_plan/counts/head", "classes or the task's own head are not known")


@FREEZE_NOTICES.rule(
    "notice-order-from-list",
    "Where names alone do not say which part comes first, the order of the list decides.",
    grade=Grade.D,
    sources=("judgement", "pytorch"),
    fires=(freeze(500, parameters=BARE),),
    silent=(freeze(500, model="resnet50"), freeze(500, depth=12)),
)
def order_from_list(asked: FreezeAsked) -> Warned | None:
    if asked.plan.layout.certainty is not LayoutCertainty.ORDER:
        return None
    return Warned("order-from-list", "/freeze_plan/layout", "some parts have no name that tells their place")


@FREEZE_NOTICES.rule(
    "notice-no-head-found",
    "A model without a head gets one from the task, unless its head is tied to the embedding.",
    grade=Grade.D,
    sources=("judgement", "transformers"),
    fires=(freeze(500, parameters=TINY_CONVNET),),
    silent=(freeze(500, parameters=BARE),),
)
def no_head_found(asked: FreezeAsked) -> Warned | None:
    plan = asked.plan
    known = plan.layout.certainty is LayoutCertainty.COUNT or asked.case.anatomy.tied_to is not None
    if known or any(block.kind is BlockKind.HEAD for block in plan.blocks):
        return None
    return Warned("no-head-found", "/freeze_plan/blocks", "no parameter has the name of a head")


@FREEZE_NOTICES.rule(
    "notice-family-assumed",
    "A model whose names tell no family takes the rates of what it computes with mostly.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(freeze(500, parameters=BARE),),
    silent=(freeze(500, parameters=BARE, family="cnn"), freeze(500, model="resnet50"), freeze(500, depth=12)),
)
def family_assumed(asked: FreezeAsked) -> Warned | None:
    if asked.inputs.resolved["/family"].origin is not InputOrigin.ASSUMED or asked.case.family is None:
        return None
    return Warned("family-assumed", "/family", f"taken for {asked.case.family}")


@FREEZE_NOTICES.rule(
    "notice-rates-unknown",
    "Without a family there is no published rate: blocks and counts are answered, rates are not.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(freeze(500, depth=12),),
    silent=(
        freeze(500, depth=12, family="cnn"),
        freeze(500, model="resnet50"),
        freeze(50, strategy="zero-shot", depth=2),
    ),
)
def rates_unknown(asked: FreezeAsked) -> Warned | None:
    if asked.schedule is not None or asked.plan.strategy is Strategy.ZERO_SHOT:
        return None
    return Warned("rates-unknown", "/lr_schedule", "the family is not known, or no rate is published for it")


@FREEZE_NOTICES.rule(
    "notice-norm-unknown",
    "Names do not always tell a batch norm from another; where one may be, its statistics are treated as well.",
    grade=Grade.D,
    sources=("judgement", "keras-transfer-guide"),
    fires=(freeze(500, parameters=TINY_CONVNET),),
    silent=(
        freeze(500, parameters=TINY_CONVNET, norm="group-norm"),
        freeze(500, model="resnet50"),
        freeze(500, depth=12),
    ),
)
def norm_unknown(asked: FreezeAsked) -> Warned | None:
    plan = asked.plan
    frozen = any(block.state is BlockState.FROZEN for block in plan.blocks)
    if plan.layout.certainty is LayoutCertainty.COUNT or plan.norm.kind is not NormKind.UNKNOWN or not frozen:
        return None
    return Warned("norm-unknown", "/freeze_plan/norm", "no name or buffer says which norm the model has")


@FREEZE_NOTICES.rule(
    "notice-nothing-to-export",
    "Where nothing is trained there is nothing to say in a trainer's words.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(freeze(50, model="resnet50", strategy="zero-shot", dialects=["pytorch"]),),
    silent=(freeze(50, model="resnet50", strategy="zero-shot"),),
)
def nothing_to_export(asked: FreezeAsked) -> Warned | None:
    if asked.request.dialects is UNSET or asked.schedule is not None:
        return None
    return Warned("nothing-to-export", "/exports", "no schedule, so no export")
