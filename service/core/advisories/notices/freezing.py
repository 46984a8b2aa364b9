"""Notices about the freeze plan, and about the model that it is for."""

from msgspec import UNSET

from service.contract.words import BlockKind, BlockState, Family, InputOrigin, LayoutCertainty, NormKind, Task
from service.core.advisories.notices.notice import FREEZE_NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.job.dataset_size import LABELLED, classes_of
from service.core.rules.example_requests import BARE, RESNET, TINY_CONVNET, freeze, job
from service.core.rules.resolved_inputs import known

UNNAMED = [*BARE[:-1], {"name": "zeta.weight", "shape": [2, 4]}]
"""A model whose last layer has no name that tells what it is."""

LAYER = 2
"""Tensors of one layer, at most: a matrix and its bias."""


@FREEZE_NOTICES.rule(
    "notice-head-unknown",
    "Without the number of classes the size of the new head is not known, and neither is the exact trainable count.",
    fires=(
        job(source=RESNET).decides("head-size-unknown: classes or the task's own head are not known"),
        freeze(500, model="resnet50").decides("head-size-unknown: classes or the task's own head are not known"),
    ),
    silent=(job(source=RESNET, classes=10), freeze(500, depth=12), freeze(50, model="resnet50", strategy="zero-shot")),
)
def head_unknown(outcome: Outcome) -> Remark | None:
    case = outcome.case
    headless = case.job.decides and not case.gets_new_head
    if case.model.row is None or outcome.freeze_plan.counts.head is not None or headless or outcome.idle:
        return None
    return Remark("head-size-unknown", "/freeze_plan/counts/head", "classes or the task's own head are not known")


@FREEZE_NOTICES.rule(
    "notice-order-from-list",
    "Where names alone do not say which part comes first, the order of the list decides, or in a file the widths.",
    sources=("judgement", "pytorch"),
    fires=(freeze(500, parameters=BARE).decides("order-from-list: some parts have no name that tells their place"),),
    silent=(freeze(500, model="resnet50"), freeze(500, depth=12)),
)
def order_from_list(outcome: Outcome) -> Remark | None:
    if outcome.freeze_plan.layout.certainty is not LayoutCertainty.ORDER:
        return None
    return Remark("order-from-list", "/freeze_plan/layout", "some parts have no name that tells their place")


@FREEZE_NOTICES.rule(
    "notice-head-guessed",
    "A layer without a telling name is taken for the head where nothing reads it: the last, or that of the classes.",
    sources=("judgement", "pytorch"),
    fires=(freeze(500, parameters=UNNAMED).decides("head-guessed: no name tells the head"),),
    silent=(freeze(500, parameters=BARE), freeze(500, parameters=TINY_CONVNET)),
)
def head_guessed(outcome: Outcome) -> Remark | None:
    if outcome.freezing is None or not outcome.freezing.anatomy.guessed_head:
        return None
    return Remark("head-guessed", "/freeze_plan/blocks", "no name tells the head")


@FREEZE_NOTICES.rule(
    "notice-head-of-other-classes",
    "A head is counted as it is listed; one for another number of classes is replaced before it is trained. Without a "
    "task only a head of one layer tells its classes: others give boxes or masks too.",
    sources=("judgement", "pytorch"),
    fires=(freeze(500, parameters=BARE, classes=10).decides("head-of-other-classes: 2 values, 10 classes"),),
    silent=(
        freeze(500, parameters=[*BARE, {"name": "classifier.boxes.weight", "shape": [8, 4]}], classes=10),
        freeze(500, parameters=BARE),
        freeze(500, parameters=BARE, classes=2),
        freeze(500, parameters=[*BARE[:-1], {"name": "classifier.weight", "shape": [1, 4]}], classes=2),
    ),
)
def head_of_other_classes(outcome: Outcome) -> Remark | None:
    job, target = outcome.case.job.request, known(outcome.case.job.request.target)
    gives = outcome.freezing.anatomy.head_gives if outcome.freezing else None
    classes = classes_of(job.dataset)
    if gives is None or classes is None or gives == classes or (gives, classes) == (1, 2):
        return None
    layered = any(block.kind is BlockKind.HEAD and (block.tensors or 0) > LAYER for block in outcome.freeze_plan.blocks)
    if layered if target is None else target.task not in (*LABELLED, Task.TOKEN_CLASSIFICATION):
        return None
    return Remark("head-of-other-classes", "/freeze_plan/counts/head", f"{gives} values, {classes} classes")


@FREEZE_NOTICES.rule(
    "notice-no-head-found",
    "A model without a head gets one, unless its head is tied to the embedding or the task needs no new one.",
    sources=("judgement", "transformers"),
    fires=(freeze(500, parameters=TINY_CONVNET).decides("no-head-found: no parameter has the name of a head"),),
    silent=(freeze(500, parameters=BARE),),
)
def no_head_found(outcome: Outcome) -> Remark | None:
    plan, case = outcome.freeze_plan, outcome.case
    tied = outcome.freezing is not None and outcome.freezing.anatomy.tied_to is not None
    if (
        tied
        or (case.job.decides and not case.gets_new_head)
        or plan.layout.certainty is LayoutCertainty.COUNT
        or any(block.kind is BlockKind.HEAD for block in plan.blocks)
    ):
        return None
    return Remark("no-head-found", "/freeze_plan/blocks", "no parameter has the name of a head")


@FREEZE_NOTICES.rule(
    "notice-family-assumed",
    "A model whose names tell no family takes the rates of what it computes with mostly.",
    fires=(
        freeze(
            500,
            parameters=[{"name": f"part{i}.weight", "shape": [8, 8, 3, 3, 3]} for i in range(3)]
            + [{"name": "classifier.weight", "shape": [2, 8]}],
        ).decides("family-assumed: taken for cnn"),
    ),
    silent=(freeze(500, parameters=BARE), freeze(500, model="resnet50"), freeze(500, depth=12)),
)
def family_assumed(outcome: Outcome) -> Remark | None:
    assumed = outcome.inputs.origin("/source/family") is InputOrigin.ASSUMED
    if not assumed or outcome.case.model.family is Family.UNKNOWN:
        return None
    return Remark("family-assumed", "/source/family", f"taken for {outcome.case.model.family}")


@FREEZE_NOTICES.rule(
    "notice-rates-unknown",
    "Where no rate is published for family and strategy, blocks and counts are answered, rates are not.",
    fires=(
        freeze(500, depth=12, family="tabular", strategy="from-scratch").decides(
            "rates-unknown: none is published for tabular with from-scratch"
        ),
    ),
    silent=(freeze(500, depth=12), freeze(500, model="resnet50"), freeze(500, model="resnet50", strategy="zero-shot")),
)
def rates_unknown(outcome: Outcome) -> Remark | None:
    if outcome.schedule is not None or outcome.idle:
        return None
    why = f"none is published for {outcome.case.model.family} with {outcome.strategy}"
    return Remark("rates-unknown", "/lr_schedule", why)


@FREEZE_NOTICES.rule(
    "notice-norm-unknown",
    "Names do not always tell a batch norm from another; where one may be, its statistics are treated as well.",
    sources=("judgement", "keras-transfer-guide"),
    fires=(
        freeze(500, parameters=TINY_CONVNET).decides("norm-unknown: no name or buffer says which norm the model has"),
    ),
    silent=(
        freeze(500, parameters=TINY_CONVNET, norm="group-norm"),
        freeze(500, model="resnet50"),
        freeze(500, depth=12),
        job(source={"parameters": TINY_CONVNET}),
    ),
)
def norm_unknown(outcome: Outcome) -> Remark | None:
    plan = outcome.freeze_plan
    frozen = any(block.state is BlockState.FROZEN for block in plan.blocks)
    if plan.layout.certainty is LayoutCertainty.COUNT or plan.norm.kind is not NormKind.UNKNOWN or not frozen:
        return None
    return Remark("norm-unknown", "/freeze_plan/norm", "no name or buffer says which norm the model has")


@FREEZE_NOTICES.rule(
    "notice-nothing-to-export",
    "Where nothing is trained there is nothing to say in a trainer's words.",
    fires=(
        freeze(50, model="resnet50", strategy="zero-shot", dialects=["pytorch"]).decides(
            "nothing-to-export: no schedule, so no export"
        ),
    ),
    silent=(freeze(50, model="resnet50", strategy="zero-shot"), job(dialects=["keras", "timm"])),
)
def nothing_to_export(outcome: Outcome) -> Remark | None:
    if outcome.request.dialects is UNSET or outcome.schedule is not None:
        return None
    return Remark("nothing-to-export", "/dialects", "no schedule, so no export")


@FREEZE_NOTICES.rule(
    "notice-exports-need-names",
    "A plan is exported by the names of its parameters: a model that is known by its depth alone has none.",
    fires=(
        freeze(500, depth=12, family="cnn", dialects=["pytorch"]).decides(
            "exports-need-names: a depth names no parameters"
        ),
    ),
    silent=(freeze(500, depth=12, family="cnn"), freeze(500, model="resnet50", dialects=["pytorch"])),
)
def exports_need_names(outcome: Outcome) -> Remark | None:
    counted = outcome.freeze_plan.layout.certainty is LayoutCertainty.COUNT
    if outcome.request.dialects is UNSET or outcome.schedule is None or not counted:
        return None
    return Remark("exports-need-names", "/dialects", "a depth names no parameters")


@FREEZE_NOTICES.rule(
    "notice-model-described",
    "Where a model outside the catalogue is not described, its family's usual pretraining, size and depth are taken.",
    fires=(
        job(source={"family": "vision-transformer"}).decides(
            "model-facts-assumed: assumed: /source/objective, /source/params, /source/depth"
        ),
    ),
    silent=(job(), job(source=RESNET), freeze(depth=50)),
)
def model_described(outcome: Outcome) -> Remark | None:
    pointers = ("/source/family", "/source/objective", "/source/params", "/source/depth")
    assumed = [pointer for pointer in pointers if outcome.inputs.origin(pointer) is InputOrigin.ASSUMED]
    if not outcome.case.job.decides or outcome.case.model.row is not None or not assumed:
        return None
    return Remark("model-facts-assumed", assumed[0], f"assumed: {', '.join(assumed)}")
