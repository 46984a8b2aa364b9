"""How long the run takes, what it draws, and what it costs."""

from msgspec import Struct

from service.contract.resources import PhaseTime, RunTime
from service.contract.words import Family, Grade
from service.core.job.machine import Machine
from service.core.resources.device_speed import DeviceSpeed, speed_of
from service.core.resources.memory import Need
from service.core.resources.operations import Work, work_of
from service.core.rules.example_requests import CLIP, RESNET, job
from service.core.rules.rule import Finding, Topic, Trace

HOUR = 3600


class Stretch(Struct, frozen=True):
    """A phase: its steps, and the need of what trains in it."""

    name: str
    steps: int
    need: Need


class TimeCase(Struct, frozen=True):
    """A run to be timed. `stretches` are empty where nothing is trained or the length is not known.

    `accumulation`: passes of one step. `price`: of one device for an hour. `runs`: how many with other seeds are
    planned.
    """

    machine: Machine
    family: Family
    stretches: tuple[Stretch, ...]
    accumulation: int
    price: float | None
    runs: int


TIME: Topic[TimeCase, Finding[RunTime | None]] = Topic("time")


@TIME.rule(
    "time-without-steps",
    "Where nothing is trained, or the length is not known, there is no time to tell.",
    fires=(job(40, classes=10, source=CLIP).decides("None: no steps are planned"),),
    silent=(job(),),
)
def without_steps(case: TimeCase) -> Finding[RunTime | None] | None:
    return None if case.stretches else Finding(None, "no steps are planned")


@TIME.rule(
    "time-on-unknown-device",
    "The time on a device follows from its data sheet; where only its memory is known, it is not told.",
    fires=(job(compute={"memory_gib": 24}).decides("None: nothing tells how fast the device is"),),
    silent=(job(),),
)
def on_unknown_device(case: TimeCase) -> Finding[RunTime | None] | None:
    return Finding(None, "nothing tells how fast the device is") if _speed(case) is None else None


@TIME.rule(
    "time-of-unknown-operations",
    "Operations follow from names and shapes for transformers, and were counted on the networks of the libraries; for "
    "others time is not told.",
    fires=(
        job(task="object-detection", source=RESNET).decides(
            "None: the operations of this architecture were not counted"
        ),
    ),
    silent=(job(),),
)
def of_unknown_operations(case: TimeCase) -> Finding[RunTime | None] | None:
    if work_of(case.stretches[-1].need) is not None:
        return None
    return Finding(None, "the operations of this architecture were not counted")


@TIME.rule(
    "time-of-steps",
    "A step takes what its operations take at the share of the peak that products reach, and what it moves takes at "
    "the bandwidth of the memory, but no less than the start of its blocks; then come the optimizer's step and the "
    "exchange between devices. No run is faster than the peak of the data sheet.",
    grade=Grade.B,
    sources=("timm-throughput", "llm-foundry", "own-card"),
    fires=(
        job(compute={"device": "rtx-3090"}).decides("0.405: (1570 x 0.405 s) / 3600 = 0.177 h"),
        job().decides("1.09: (1570 x 1.09 s) / 3600 = 0.475 h"),
        job(compute={"kind": "multi-gpu", "count": 2}).decides("0.0729: (1570 x 0.0729 s) / 3600 = 0.0318 h"),
    ),
    silent=(job(compute={"memory_gib": 24}),),
)
def of_steps(case: TimeCase) -> Finding[RunTime | None] | None:
    speed = _speed(case)
    if speed is None:
        return None
    phases = [PhaseTime(one.name, one.steps, _rounded(_seconds(case, one, speed))) for one in case.stretches]
    hours = sum(one.steps * one.seconds_per_step for one in phases) / HOUR
    least = sum(one.steps * _least_seconds(case, one, speed) for one in case.stretches) / HOUR
    last = case.stretches[-1].need
    device_hours = hours * last.devices
    told = RunTime(
        seconds_per_step=phases[-1].seconds_per_step,
        steps=sum(one.steps for one in phases),
        hours_low=_rounded(max(hours / speed.spread, least)),
        hours=_rounded(hours),
        hours_high=_rounded(hours * speed.spread),
        energy_kwh=_rounded(device_hours * speed.watts / 1000) if speed.watts else None,
        cost=None if case.price is None else _rounded(device_hours * case.price),
        phases=phases,
        assumptions=_assumptions(case, last, speed),
    )
    steps = " + ".join(f"{one.steps} x {one.seconds_per_step:g} s" for one in phases)
    rows = tuple(last.know.constants[name] for name in ("peak-reached", "moved-per-kept-byte", "block-start"))
    return Finding(told, f"({steps}) / {HOUR} = {told.hours:g} h", rows)


def tell_time(case: TimeCase, trace: Trace) -> tuple[RunTime | None, str]:
    """The time of the run, or None and why it is not told."""
    rule, found = TIME.first(case)
    trace.decided("/resources/time", rule, found)
    return found.value, found.formula


def _speed(case: TimeCase) -> DeviceSpeed | None:
    need = case.stretches[-1].need
    return speed_of(case.machine, case.family, need.precision, need.know)


def _seconds(case: TimeCase, stretch: Stretch, speed: DeviceSpeed) -> float:
    return speed.seconds(_work(stretch), stretch.need.per_device, case.accumulation)


def _least_seconds(case: TimeCase, stretch: Stretch, speed: DeviceSpeed) -> float:
    return speed.least_seconds(_work(stretch), stretch.need.per_device, case.accumulation)


def _work(stretch: Stretch) -> Work:
    work = work_of(stretch.need)
    if work is None:
        raise LookupError("the operations of this architecture were not counted")
    return work


def _assumptions(case: TimeCase, need: Need, speed: DeviceSpeed) -> list[str]:
    """What the numbers stand for, in words."""
    size, row = need.footprint.size, case.machine.row
    told = [
        f"Each example is {size.tokens} tokens long; shorter ones take less."
        if size.tokens
        else f"Each image has {size.image_px} x {size.image_px} pixels.",
        f"As fast as {row.id if row else 'the device'}, within a factor of {speed.spread:g} either way.",
        "Reading data keeps up with the device; evaluation and saving come on top.",
    ]
    if case.runs > 1:
        told.append(f"Of one run: {case.runs} with different seeds take {case.runs} times as long.")
    if need.devices > 1:
        told.append("The devices stand in one machine.")
    return told


def _rounded(value: float) -> float:
    """To three digits: no estimate of time is better."""
    return float(f"{value:.3g}")
