"""Notices about unusual or unused facts of the data, the device and the task."""

from msgspec import UNSET

from service.contract.words import Family, Grade
from service.core.advisories.notices.notice import JOB_NOTICES, NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import freeze, job
from service.core.rules.resolved_inputs import known


@JOB_NOTICES.rule(
    "notice-memory-scale",
    "A memory that no single device has is taken as it is, and said.",
    fires=(
        job(compute={"memory_gib": 24576}).decides("memory-scale: 24576 GiB, 1024 or more"),
        freeze(500, model="resnet50", compute={"memory_gib": 24576}).decides("memory-scale: 24576 GiB, 1024 or more"),
    ),
    silent=(job(compute={"memory_gib": 192}), job()),
)
def memory_scale(outcome: Outcome) -> Remark | None:
    given, most = known(outcome.request.compute.memory_gib), outcome.know.number("memory-implausible")
    if given is None or given < most:
        return None
    return Remark("memory-scale", "/compute/memory_gib", f"{given:g} GiB, {most:g} or more")


@JOB_NOTICES.rule(
    "notice-hours-unused",
    "Hours are noted but not planned with where the time of the run does not follow.",
    fires=(job(compute={"memory_gib": 24, "hours": 4}).decides("hours-not-used: 4 hours"),),
    silent=(job(compute={"kind": "consumer-gpu"}), job(compute={"kind": "consumer-gpu", "hours": 4})),
)
def hours_unused(outcome: Outcome) -> Remark | None:
    hours = outcome.request.compute.hours
    if hours is UNSET or outcome.idle or outcome.hours is not None:
        return None
    return Remark("hours-not-used", "/compute/hours", f"{hours:g} hours")


@JOB_NOTICES.rule(
    "notice-hours-shorten",
    "A run that the hours shorten is said to be, with what it would have taken.",
    fires=(
        job(50_000, compute={"device": "t4", "hours": 2}).decides(
            "hours-shorten: 10 epochs take 3.67 h, 5.44 go in 2 h"
        ),
    ),
    silent=(job(50_000, compute={"device": "t4", "hours": 2000}),),
)
def hours_shorten(outcome: Outcome) -> Remark | None:
    limit = outcome.scheduled.case.limit if outcome.scheduled else None
    if limit is None:
        return None
    told = f"{limit.wanted:g} epochs take {limit.needed:.3g} h, {limit.epochs:g} go in {limit.hours:g} h"
    return Remark("hours-shorten", "/compute/hours", told)


@JOB_NOTICES.rule(
    "notice-hours-exceeded",
    "A run that takes longer than there are hours, however short it is made or as it was fixed, is said to.",
    fires=(
        job(
            50_000, compute={"device": "t4", "hours": 2}, fixed={"epochs": 100, "strategy": "full-fine-tuning"}
        ).decides("hours-exceeded: 41.9 h are expected, there are 2"),
    ),
    silent=(
        job(50_000, compute={"device": "t4", "hours": 2000}),
        job(compute={"memory_gib": 24, "hours": 4}),
        job(50_000, compute={"device": "t4", "hours": 2}),
    ),
)
def hours_exceeded(outcome: Outcome) -> Remark | None:
    hours = known(outcome.request.compute.hours)
    if hours is None or outcome.hours is None or outcome.hours <= hours:
        return None
    return Remark("hours-exceeded", "/compute/hours", f"{outcome.hours:.3g} h are expected, there are {hours:g}")


@NOTICES.rule(
    "notice-memory-differs",
    "A given memory far from the device's own is taken as it is, and said.",
    fires=(job(compute={"device": "t4", "memory_gib": 80}).decides("memory-differs-from-device: t4 has 16 GiB"),),
    silent=(
        job(compute={"device": "a100", "memory_gib": 40}),
        job(compute={"device": "t4"}),
        job(compute={"memory_gib": 80}),
    ),
)
def memory_differs(outcome: Outcome) -> Remark | None:
    device = outcome.know.devices.find(known(outcome.request.compute.device))
    given = known(outcome.request.compute.memory_gib)
    if device is None or given is None:
        return None
    gap = max(given, device.memory_gib) / min(given, device.memory_gib)
    if gap <= outcome.know.number("scale-gap"):
        return None
    return Remark("memory-differs-from-device", "/compute/memory_gib", f"{device.id} has {device.memory_gib:g} GiB")


@NOTICES.rule(
    "notice-beyond-table-limits",
    "A prior-fitted tabular model serves small tables; beyond its limits gradient-boosted trees are the measure.",
    grade=Grade.B,
    sources=("tabpfn-2025",),
    fires=(job(1_000_000, task="tabular-classification").decides("beyond-table-limits: 1000000 rows > 10000"),),
    silent=(job(5000, task="tabular-classification", classes=5), job(50_000)),
)
def beyond_table_limits(outcome: Outcome) -> Remark | None:
    examples, most = outcome.case.job.data.examples, outcome.know.number("table-rows")
    if outcome.case.model.family is not Family.TABULAR or examples <= most:
        return None
    return Remark("beyond-table-limits", "/dataset/examples", f"{examples} rows > {most:g}")
