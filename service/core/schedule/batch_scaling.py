"""How a reference rate is carried to another batch size."""

import math

from msgspec import Struct

from service.contract.words import Grade, Optimizer, Policy
from service.core.rules.example_requests import job, schedule
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic
from service.core.schedule.case import ScheduleCase


class Scaling(Struct, frozen=True):
    """How a reference rate is carried to another batch size."""

    rule: str
    factor: float


SCALING: Topic[ScheduleCase, Finding[Scaling]] = Topic("batch-scaling")


@SCALING.rule(
    "batch-none-for-given-rate",
    "A peak rate that the caller gives belongs to the caller's batch size and is not scaled.",
    fires=(job(fixed={"peak_rate": 2e-5}).decides("none: the rate was given for this batch"),),
    silent=(job(),),
)
def none_for_given_rate(case: ScheduleCase) -> Finding[Scaling] | None:
    if known(case.fixed.peak_rate) is None:
        return None
    return Finding(Scaling("none", 1.0), "the rate was given for this batch")


@SCALING.rule(
    "batch-none-for-pairs",
    "The rate of contrastive few-shot tuning is the same at every batch size.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(16, task="text-classification", classes=2).decides("none: one rate for every batch of pairs"),),
    silent=(job(16, task="text-classification", classes=2, policy="guides"),),
)
def none_for_pairs(case: ScheduleCase) -> Finding[Scaling] | None:
    return Finding(Scaling("none", 1.0), "one rate for every batch of pairs") if case.on_pairs else None


@SCALING.rule(
    "batch-none-for-unknown-family",
    "A rate that is known to a power of ten at best is the same at every batch size.",
    fires=(schedule(family="unknown", batch_size=256, total_steps=1000).decides("none: the family is not known"),),
    silent=(schedule(family="cnn", batch_size=256, total_steps=1000),),
)
def none_for_unknown_family(case: ScheduleCase) -> Finding[Scaling] | None:
    return Finding(Scaling("none", 1.0), "the family is not known") if case.unknown else None


def batch_factor(optimizer: Optimizer, batch_size: int, reference: int) -> float:
    """How much a rate grows from one batch size to another: in proportion under SGD, with the root under Adam's kin."""
    ratio = batch_size / reference
    return ratio if optimizer is Optimizer.SGD else math.sqrt(ratio)


@SCALING.rule(
    "batch-within-range",
    "A rate grows with the batch size, in proportion under SGD and with its root under Adam and its kin, up to the top "
    "of the published range.",
    grade=Grade.C,
    sources=("model-soups", "clip-rates", "judgement", "goyal-2017"),
    seeds=("C-17",),
    fires=(
        schedule(family="cnn", optimizer="sgd", batch_size=512, total_steps=1000).decides(
            "linear: min(512 / 64, 0.02 / 0.0032) = 6.25"
        ),
        schedule(
            model="openai/clip-vit-base-patch32", batch_size=8192, total_steps=1000, strategy="full-fine-tuning"
        ).decides("square-root: min(sqrt(8192 / 256), 2e-05 / 7e-06) = 2.857"),
    ),
    silent=(
        schedule(family="cnn", optimizer="sgd", batch_size=128, total_steps=1000),
        schedule(family="cnn", optimizer="sgd", batch_size=2048, total_steps=1000, policy="guides"),
        job(900),
    ),
    dissent=("Goyal and colleagues keep the proportion up to batches of 8192, in training from scratch.",),
)
def within_range(case: ScheduleCase) -> Finding[Scaling] | None:
    row = case.rates
    if case.policy is not Policy.EVIDENCE or not case.trains_backbone:
        return None
    factor, most = batch_factor(case.optimizer, case.seen_batch, row.reference_batch), row.backbone_high / row.backbone
    if factor <= most:
        return None
    linear = case.optimizer is Optimizer.SGD
    ratio = f"{case.seen_batch} / {row.reference_batch}"
    grown = ratio if linear else f"sqrt({ratio})"
    formula = f"min({grown}, {row.backbone_high:.4g} / {row.backbone:.4g}) = {most:.4g}"
    return Finding(Scaling("linear" if linear else "square-root", most), formula, (row,))


@SCALING.rule(
    "batch-linear-for-sgd",
    "Under SGD the rate grows in proportion to the batch size.",
    grade=Grade.B,
    sources=("timm", "goyal-2017"),
    seeds=("C-17",),
    fires=(
        schedule(family="cnn", strategy="full-fine-tuning", optimizer="sgd", total_steps=1000).decides(
            "linear: 32 / 64 = 0.5"
        ),
    ),
    silent=(schedule(family="cnn", strategy="full-fine-tuning", optimizer="adamw", total_steps=1000),),
)
def linear_for_sgd(case: ScheduleCase) -> Finding[Scaling] | None:
    if case.optimizer is not Optimizer.SGD:
        return None
    factor = batch_factor(case.optimizer, case.seen_batch, case.rates.reference_batch)
    return Finding(
        Scaling("linear", factor), f"{case.seen_batch} / {case.rates.reference_batch} = {factor:.4g}", (case.rates,)
    )


@SCALING.rule(
    "batch-square-root-for-adam",
    "Under Adam and its kin the rate grows with the square root of the batch size.",
    grade=Grade.B,
    sources=("timm", "malladi-2022"),
    seeds=("C-17", "R-079"),
    fires=(
        schedule(family="cnn", strategy="full-fine-tuning", total_steps=1000).decides("square-root: sqrt(32 / 32) = 1"),
        job().decides("square-root: sqrt(32 / 32) = 1"),
        schedule(family="cnn", strategy="full-fine-tuning", optimizer="adam", batch_size=128, total_steps=1000).decides(
            "square-root: sqrt(128 / 32) = 2"
        ),
    ),
    silent=(schedule(family="cnn", strategy="full-fine-tuning", optimizer="sgd", total_steps=1000),),
)
def square_root_for_adam(case: ScheduleCase) -> Finding[Scaling]:
    factor = batch_factor(case.optimizer, case.seen_batch, case.rates.reference_batch)
    formula = f"sqrt({case.seen_batch} / {case.rates.reference_batch}) = {factor:.4g}"
    return Finding(Scaling("square-root", factor), formula, (case.rates,))
