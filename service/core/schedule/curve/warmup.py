"""How long the rate rises."""

import math

from msgspec import UNSET

from service.contract.words import Grade, Strategy, WarmupKind
from service.core.rules.example_requests import job, schedule
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic
from service.core.schedule.case import ScheduleCase

WARMUP: Topic[ScheduleCase, Finding[int]] = Topic("warm-up")


@WARMUP.rule(
    "warmup-given",
    "A number of warm-up steps that the caller gives is kept, and so is the wish for none.",
    fires=(
        schedule(family="cnn", total_steps=1000, warmup_steps=7).decides("7: given in the request"),
        schedule(family="cnn", total_steps=1000, warmup_kind="none").decides("0: no warm-up was asked for"),
    ),
    silent=(schedule(family="cnn", total_steps=1000),),
)
def warmup_given(case: ScheduleCase) -> Finding[int] | None:
    if case.wishes.warmup_kind is WarmupKind.NONE:
        return Finding(0, "no warm-up was asked for")
    given = known(case.wishes.warmup_steps)
    return None if given is None else Finding(given, "given in the request")


@WARMUP.rule(
    "warmup-of-the-shape",
    "One-cycle, slanted-triangular and tri-stage schedules rise for a share of the run that belongs to their shape.",
    grade=Grade.A,
    sources=("howard-ruder-2018", "pytorch", "wav2vec2-recipes"),
    seeds=("C-15",),
    fires=(schedule(family="cnn", total_steps=1000, shape="one-cycle").decides("300: floor(0.3 x 1000) = 300"),),
    silent=(schedule(family="cnn", total_steps=1000, shape="cosine"),),
)
def warmup_of_shape(case: ScheduleCase) -> Finding[int] | None:
    row = case.know.shapes[case.shape]
    if not row.warmup_share:
        return None
    steps = math.floor(row.warmup_share * case.total_steps)
    return Finding(steps, f"floor({row.warmup_share:g} x {case.total_steps}) = {steps}", (row,))


@WARMUP.rule(
    "warmup-none-for-heads",
    "A head alone needs no warm-up: nothing pretrained can be destroyed.",
    seeds=("C-15",),
    fires=(schedule(family="cnn", strategy="feature-extraction", total_steps=1000).decides("0: head only: 0"),),
    silent=(schedule(family="cnn", strategy="full-fine-tuning", total_steps=1000),),
    dissent=("The calculator always warms up.",),
)
def no_warmup_for_heads(case: ScheduleCase) -> Finding[int] | None:
    if case.strategy is not Strategy.FEATURE_EXTRACTION or case.wishes.warmup_kind is not UNSET:
        return None
    return Finding(0, "head only: 0")


@WARMUP.rule(
    "warmup-share",
    "Warm up for 6 % of the steps: at most one epoch and, in short runs, 500 steps; at least 10 steps; never "
    "above 10 %.",
    grade=Grade.C,
    sources=("seed-calculator", "autogluon", "bit-2020"),
    seeds=("R-004", "R-069", "C-15"),
    fires=(
        schedule(family="cnn", strategy="full-fine-tuning", total_steps=1000).decides(
            "60: min(max(0.06 x 1000, 10), 100, 500) = 60"
        ),
        job().decides("94: min(max(0.06 x 1570, 10), 157, 157, 500) = 94"),
        job(5_000_000, similarity=1).decides("421875: min(max(0.06 x 7031250, 10), 703125) = 421875"),
    ),
    silent=(schedule(family="cnn", strategy="feature-extraction", total_steps=1000),),
    dissent=("The Hugging Face trainer warms up for 0 steps by default, one-cycle schedules for 30 %.",),
)
def warmup_share(case: ScheduleCase) -> Finding[int]:
    number, total = case.know.number, case.total_steps
    share, least, most = number("warmup-share"), int(number("warmup-least-steps")), number("warmup-most-share")
    wanted = max(round(share * total), least)
    caps = [math.floor(most * total)]
    if case.steps_per_epoch and case.strategy is not Strategy.FROM_SCRATCH:
        caps.append(case.steps_per_epoch)
    if total <= number("warmup-long-run"):
        caps.append(int(number("warmup-most-steps")))
    steps = min([wanted, *caps])
    names = ("warmup-share", "warmup-long-run", "warmup-most-steps", "warmup-least-steps", "warmup-most-share")
    formula = f"min(max({share:g} x {total}, {least}), {', '.join(map(str, caps))}) = {steps}"
    return Finding(steps, formula, tuple(case.know.constants[name] for name in names))
