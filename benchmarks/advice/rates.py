"""Learning rates: points lost at the advised rate against the best rate of each published sweep."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.advice.tables import Sweep
from service.contract.job import Job
from service.contract.words import Optimizer, Policy
from service.core.engine import lr_schedule
from service.core.rules.example_requests import placed
from service.knowledge.index import Knowledge

Choice = Callable[[Sweep], float]
CANDIDATES = [10 ** (-5 + step / 8) for step in range(33)]
"""Rates that a refit may choose."""


class Loss(Struct, frozen=True):
    """How a way to choose rates fares. `within_one`, `within_half`: shares of cells that lost no more points."""

    cells: int
    points: float
    within_one: float
    within_half: float


def engine(know: Knowledge, policy: Policy = Policy.EVIDENCE) -> Choice:
    """The peak rate that `/lr-schedule` answers for the sweep's family, size, method, optimizer, batch and rank."""
    known: dict[str, float] = {}

    def choose(one: Sweep) -> float:
        body = _body(one, policy)
        key = repr(body)
        if key not in known:
            schedule = lr_schedule(msgspec.convert(placed(body), Job), know, explain=False).lr_schedule
            if schedule is None:
                raise ValueError(f"{one.method}: nothing is trained")
            known[key] = schedule.rates.backbone_top or schedule.rates.head
        return known[key]

    return choose


def always(rate: float) -> Choice:
    """The same rate everywhere."""
    return lambda _: rate


def trainer_default(one: Sweep) -> float:
    """Trainer of transformers: AdamW at 5e-5. torch.optim.SGD: 1e-3."""
    return 1e-3 if one.optimizer is Optimizer.SGD else 5e-5


def torch_default(one: Sweep) -> float:
    """torch.optim: 1e-3, under AdamW and SGD alike."""
    return 1e-3


def keras_default(one: Sweep) -> float:
    """Keras: AdamW at 1e-3, SGD at 1e-2."""
    return 1e-2 if one.optimizer is Optimizer.SGD else 1e-3


def refitted(sweeps: Sequence[Sweep], know: Knowledge) -> Choice:
    """One rate for each group, fitted to its other datasets; adapters of high rank take less, as always."""
    free = know.number("lora-alpha-free")
    known: dict[tuple[str, str], float] = {}

    def carried(rate: float, one: Sweep) -> float:
        return rate * min(1.0, free / one.rank) if one.rank else rate

    def choose(one: Sweep) -> float:
        key = one.group, one.dataset
        if key not in known:
            others = [other for other in sweeps if other.group == one.group and other.dataset != one.dataset]
            lost = [sum(lost_points(other, carried(rate, other)) for other in others) for rate in CANDIDATES]
            known[key] = _middle_of_best(lost)
        return carried(known[key], one)

    return choose


def ceiling(sweeps: Sequence[Sweep]) -> Choice:
    """The best single rate for all sweeps of a group on one dataset, chosen with every score in view."""
    known: dict[tuple[str, str, str], float] = {}

    def choose(one: Sweep) -> float:
        key = one.group, one.dataset, one.subset
        if key not in known:
            same = [other for other in sweeps if (other.group, other.dataset, other.subset) == key]
            known[key] = _middle_of_best([sum(lost_points(other, rate) for other in same) for rate in CANDIDATES])
        return known[key]

    return choose


def judge(sweeps: Iterable[Sweep], choose: Choice) -> Loss:
    """The mean number of points lost, and how often it is small."""
    lost = [lost_points(one, choose(one)) for one in sweeps]
    count = len(lost)
    return Loss(
        count,
        sum(lost) / count,
        sum(points <= 1 + 1e-9 for points in lost) / count,
        sum(points <= 0.5 + 1e-9 for points in lost) / count,
    )


def lost_points(one: Sweep, rate: float) -> float:
    """Points lost at the tried rate that is nearest, by ratio, to this one; of two equally near the lower."""
    return one.lost[min(one.lost, key=lambda tried: (round(abs(math.log(tried / rate)), 9), tried))]


def _middle_of_best(lost: Sequence[float]) -> float:
    """The middle, by ratio, of the candidates that lose least."""
    best = [math.log(rate) for rate, points in zip(CANDIDATES, lost, strict=True) if points <= min(lost) + 1e-9]
    return math.exp(sum(best) / len(best))


def _body(one: Sweep, policy: Policy) -> dict[str, Any]:
    body: dict[str, Any] = {
        "family": one.family,
        "params": one.params,
        "strategy": one.strategy,
        "optimizer": one.optimizer,
        "batch_size": one.batch_size,
        "policy": policy,
        "points": 2,
    }
    body |= {"examples": one.examples, "epochs": 100} if one.examples else {"total_steps": 1000}
    return body | ({"adapter": {"rank": one.rank, "alpha": one.rank}} if one.rank else {})
