"""What was given and changes nothing in this answer: each such field is said, with the reason.

Facts that were weighed and did not tip the choice are not meant: only what nothing here could read.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from service.contract.words import BlockKind, Grade, InputOrigin, Strategy, Trainer
from service.core.advisories.notices.notice import WITHOUT_EFFECT, Remark
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import BERT, CLIP, FULL, PROBED, RESNET, freeze, job, schedule
from service.core.rules.resolved_inputs import known

TRAINING = ("/fixed/", "/schedule/", "/freezing/shift", "/source/prefix", "/dialects")
"""Inputs that say how to train."""
KEPT = ("/fixed/strategy", "/fixed/method", "/fixed/precision")
"""Of those, what is kept where nothing is trained too."""
CHOOSING = ("/measurements/", "/constraints/", "/dataset/unlabelled", "/dataset/texts_per_example")
"""Inputs that only the choice of a strategy and a model reads."""
LIKENESS = ("/source/task", "/source/domain", "/source/corpus")
"""Inputs that are only held against a target."""
SIZES = ("/dataset/sequence_length", "/dataset/image_size")
MACHINE = ("/compute/memory_gib", "/compute/hours")


@WITHOUT_EFFECT.rule(
    "notice-fixed-choice-unused",
    "What says how to train has no use where nothing is trained.",
    fires=(
        job(40, classes=10, source=CLIP, fixed={"epochs": 3}).decides("fixed-choice-unused: nothing is trained"),
        schedule(family="cnn", strategy="zero-shot", total_steps=100).decides(
            "fixed-choice-unused: nothing is trained"
        ),
    ),
    silent=(job(fixed={"epochs": 3}),),
)
def nothing_trained(outcome: Outcome) -> list[Remark] | None:
    if not outcome.idle:
        return None
    unused = _given(outcome, TRAINING, KEPT)
    return [Remark("fixed-choice-unused", pointer, "nothing is trained") for pointer in unused] or None


@WITHOUT_EFFECT.rule(
    "notice-no-choice-to-weigh",
    "Without a target task and the size of the data nothing is chosen that scores, constraints and likeness speak of.",
    fires=(
        freeze(500, model="resnet50", measurements={"linear_probe": 0.7}).decides(
            "option-without-effect: No strategy is decided that it could speak for."
        ),
    ),
    silent=(job(measurements={"linear_probe": 0.7, "full_fine_tuning": 0.8}),),
)
def nothing_chosen(outcome: Outcome) -> list[Remark] | None:
    if outcome.case.job.decides:
        return None
    likeness = LIKENESS if outcome.case.job.target is None else ()
    return _said(_given(outcome, (*CHOOSING, *likeness)), "No strategy is decided that it could speak for.")


@WITHOUT_EFFECT.rule(
    "notice-no-memory-reckoned",
    "Memory is reckoned for a model whose size is known, or for a job whose strategy is decided.",
    fires=(
        schedule(family="cnn", total_steps=100, compute={"memory_gib": 16}).decides(
            "option-without-effect: Nothing tells how large the model is, and how it is built."
        ),
    ),
    silent=(freeze(500, model="resnet50", compute={"memory_gib": 16}),),
)
def no_memory(outcome: Outcome) -> list[Remark] | None:
    if outcome.case.job.decides or outcome.case.model.sized:
        return None
    given = _given(outcome, (*MACHINE, *SIZES, "/dataset/channels"))
    return _said(given, "Nothing tells how large the model is, and how it is built.")


@WITHOUT_EFFECT.rule(
    "notice-size-not-read",
    "A model that reads no tokens has no sequence length, and one that reads no pixels no image size.",
    fires=(
        freeze(500, model="resnet50", sequence_length=512).decides(
            "option-without-effect: The model reads no such input."
        ),
    ),
    silent=(freeze(500, model="resnet50", image_size=224),),
)
def size_not_read(outcome: Outcome) -> list[Remark] | None:
    if outcome.case.job.decides or not outcome.case.model.sized:
        return None
    size = outcome.need.footprint.size
    names = [pointer for pointer, read in zip(SIZES, (size.tokens, size.image_px), strict=True) if not read]
    return _said(_given(outcome, names), "The model reads no such input.")


@WITHOUT_EFFECT.rule(
    "notice-prefix-not-used",
    "Only the words of Lightning name the attribute that holds the network.",
    fires=(
        job(source=RESNET | {"prefix": "net"}).decides("option-without-effect: Only the dialect lightning uses it."),
    ),
    silent=(job(source=RESNET | {"prefix": "net"}, dialects=["lightning"]),),
)
def prefix_not_used(outcome: Outcome) -> list[Remark] | None:
    if outcome.idle or Trainer.LIGHTNING in (known(outcome.request.dialects) or ()):
        return None
    return _said(_given(outcome, ["/source/prefix"]), "Only the dialect lightning uses it.")


@WITHOUT_EFFECT.rule(
    "notice-score-alone",
    "One score orders nothing: strategies are compared by two, and a metric speaks of scores.",
    fires=(
        job(measurements={"linear_probe": 0.7}).decides(
            "option-without-effect: One score alone is compared with nothing."
        ),
        job(measurements={"metric": "accuracy"}).decides(
            "option-without-effect: One score alone is compared with nothing."
        ),
    ),
    silent=(job(measurements={"linear_probe": 0.7, "full_fine_tuning": 0.8}),),
)
def score_alone(outcome: Outcome) -> list[Remark] | None:
    if not outcome.case.job.decides:
        return None
    given = _given(outcome, ["/measurements/"])
    scores = [pointer for pointer in given if pointer != "/measurements/metric"]
    return _said(given, "One score alone is compared with nothing.") if len(scores) < 2 else None


@WITHOUT_EFFECT.rule(
    "notice-classes-not-told-apart",
    "What tells classes apart, how an example carries them and how many there are speak of tasks with classes.",
    fires=(job(task="summarization", classes=5).decides("option-without-effect: summarization has no classes."),),
    silent=(job(classes=5), freeze(depth=50)),
)
def no_classes(outcome: Outcome) -> list[Remark] | None:
    task = outcome.case.job.target
    if task is None or task.has_classes:
        return None
    told = _given(outcome, ["/dataset/classes", "/target/distinction"])
    return _said(told, f"{task.id} has no classes.")


@WITHOUT_EFFECT.rule(
    "notice-one-rate-for-all",
    "A factor between blocks needs blocks of the backbone with rates of their own.",
    grade=Grade.C,
    sources=("seed-complete-guide", "lora-2021"),
    fires=(
        job(source=RESNET, fixed=PROBED, schedule={"layer_decay": 0.5}).decides(
            "option-without-effect: No two blocks of the backbone have rates of their own."
        ),
        job(
            task="text-classification",
            source=BERT,
            fixed={"strategy": "parameter-efficient"},
            schedule={"layer_decay": 0.5},
        ).decides("option-without-effect: No two blocks of the backbone have rates of their own."),
    ),
    silent=(job(source=RESNET, fixed=FULL, schedule={"layer_decay": 0.5}), schedule(family="cnn", examples=100)),
)
def one_rate(outcome: Outcome) -> list[Remark] | None:
    plan, blocks = outcome.schedule, outcome.plan.blocks if outcome.plan else None
    if plan is None or blocks is None:
        return None
    backbone = {block.name for block in blocks if block.kind is not BlockKind.HEAD}
    if len({group.peak_rate for group in plan.groups if group.name in backbone and group.peak_rate}) > 1:
        return None
    return _said(_given(outcome, ["/schedule/layer_decay"]), "No two blocks of the backbone have rates of their own.")


@WITHOUT_EFFECT.rule(
    "notice-shift-not-used",
    "How the target differs says where to open a backbone of which part is trained on few labels.",
    grade=Grade.A,
    sources=("lee-2022",),
    fires=(
        job(source=RESNET, fixed=FULL, freezing={"shift": "input-level"}).decides(
            "option-without-effect: Only partial tuning on few labels is opened by it."
        ),
    ),
    silent=(freeze(500, depth=12, freezing={"shift": "input-level"}), schedule(family="cnn", examples=100)),
)
def shift_not_used(outcome: Outcome) -> list[Remark] | None:
    if outcome.idle or outcome.scheduled is None or (outcome.freezing and outcome.freezing.follows_shift):
        return None
    return _said(_given(outcome, ["/freezing/shift"]), "Only partial tuning on few labels is opened by it.")


@WITHOUT_EFFECT.rule(
    "notice-of-another-strategy",
    "An adapter is trained by the strategy parameter-efficient; features of length one move a rate that is published "
    "for them, of a head that is trained alone.",
    fires=(
        job(source=RESNET, schedule={"unit_features": True}).decides(
            "option-without-effect: Neither the strategy nor the rate of this plan goes by it."
        ),
    ),
    silent=(
        job(source=RESNET, fixed=PROBED, schedule={"unit_features": True}),
        job(task="text-generation", schedule={"adapter": {"rank": 8}}),
    ),
)
def of_another_strategy(outcome: Outcome) -> list[Remark] | None:
    if outcome.scheduled is None:
        return None
    used = {
        "/schedule/adapter/": outcome.strategy is Strategy.PARAMETER_EFFICIENT,
        "/schedule/unit_features": outcome.rates is not None and outcome.rates.unit_features,
    }
    names = [pointer for pointer, does in used.items() if not does]
    return _said(_given(outcome, names), "Neither the strategy nor the rate of this plan goes by it.")


@WITHOUT_EFFECT.rule(
    "notice-setup-not-read",
    "Where no gradient passes a block, none is computed anew; attention is reckoned between all tokens of a sequence.",
    fires=(
        freeze(500, model="bert-base-uncased", fixed=PROBED | {"checkpointing": True}).decides(
            "option-without-effect: No gradient passes a block."
        ),
        job(source=RESNET, fixed={"attention": "eager"}).decides(
            "option-without-effect: The attention of this model is not reckoned."
        ),
    ),
    silent=(job(task="text-classification", source=BERT, fixed={"checkpointing": True, "attention": "eager"}),),
)
def setup_not_read(outcome: Outcome) -> list[Remark] | None:
    if outcome.idle:
        return None
    # where a strategy is chosen, those that it was chosen from are reckoned with it
    passes = outcome.case.job.decides or outcome.need.first < len(outcome.need.footprint.stored_from) - 1
    anew = [] if passes else _said(_given(outcome, ["/fixed/checkpointing"]), "No gradient passes a block.")
    unread = outcome.setup.attention is None and _given(outcome, ["/fixed/attention"])
    return [*(anew or []), *(_said(unread or [], "The attention of this model is not reckoned.") or [])] or None


@WITHOUT_EFFECT.rule(
    "notice-no-incomplete-batch",
    "Where each pass ends with a whole batch, there is none to leave out.",
    fires=(
        job(3200, source=RESNET, fixed={"batch_size": 32}, schedule={"drop_last": True}).decides(
            "option-without-effect: Each pass has 100 steps either way."
        ),
    ),
    silent=(job(3210, source=RESNET, fixed={"batch_size": 32}, schedule={"drop_last": True}),),
)
def nothing_to_leave_out(outcome: Outcome) -> list[Remark] | None:
    planned, plan = outcome.scheduled, outcome.schedule
    if planned is None or plan is None:
        return None
    whole = replace(planned.case, wishes=replace(planned.case.wishes, drop_last=False))
    found = _given(outcome, ["/schedule/drop_last"]) if whole.steps_per_epoch == plan.steps_per_epoch else []
    return _said(found, f"Each pass has {plan.steps_per_epoch} steps either way.")


def _given(outcome: Outcome, begins: Iterable[str], beside: Iterable[str] = ()) -> list[str]:
    """The given inputs whose pointers begin like this, in the order of the request, but for some."""
    starts = tuple(begins)
    return [
        pointer
        for pointer, told in outcome.inputs.resolved.items()
        if told.origin is InputOrigin.GIVEN and pointer.startswith(starts) and pointer not in beside
    ]


def _said(pointers: Iterable[str], reason: str) -> list[Remark] | None:
    return [Remark("option-without-effect", pointer, reason, told=reason) for pointer in pointers] or None
