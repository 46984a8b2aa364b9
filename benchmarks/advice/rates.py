"""Learning rates: points lost at the advised rate against the best rate of each published sweep."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.advice import tables
from benchmarks.advice.fit import adapters, flat
from benchmarks.advice.fit.replaced import with_rates
from benchmarks.advice.groups import Cell, Group, name
from benchmarks.advice.sweeps import lost_points
from benchmarks.advice.tables import Settled, Sweep
from service.contract.job import Job
from service.contract.words import Family, Optimizer, Policy
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
            known[key] = _asked(know, body)
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


def refitted(know: Knowledge, sweeps: Sequence[Sweep], left_out: str) -> Choice:
    """The engine, with the rate of the row refitted for each sweep without all that share its dataset or its maker.

    Sweeps on whose row nothing is fitted are answered as they stand.
    """
    known: dict[tuple[str, str], Choice] = {}

    def choose(one: Sweep) -> float:
        key = one.group, getattr(one, left_out)
        if key not in known:
            row = flat.row_for(one.group)
            groups = flat.ROWS.get(row, (one.group,))
            rest = [other for other in sweeps if other.group in groups and getattr(other, left_out) != key[1]]
            known[key] = engine(know)
            if row:
                fitted = flat.fit(know, row, rest) if row in flat.ROWS else adapters.fit(know, rest)
                known[key] = engine(with_rates(know, {row: fitted}))
        return known[key](one)

    return choose


def cells(know: Knowledge, group: Group) -> list[Cell]:
    """The rate that is advised, and flat ones, on the sweeps and settled rates of a group."""
    every = [*tables.sweeps(), *tables.language_sweeps()]
    choose = refitted(know, every, group.left_out) if group.left_out else engine(know)
    flat_rates = [rate for rate in group.policies if isinstance(rate, float)]
    swept = [
        Cell(one.dataset, lost_points(one, choose(one)), {name(rate): lost_points(one, rate) for rate in flat_rates})
        for one in every
        if one.group in group.sweeps
    ]
    ended = [
        Cell(
            one.dataset if group.unit == "dataset" else one.model,
            doublings(settled_choice(know, one), one.rate),
            {name(rate): doublings(rate, one.rate) for rate in flat_rates},
        )
        for one in tables.settled()
        if one.group in group.sweeps
    ]
    return swept + ended


def doublings(rate: float, other: float) -> float:
    """How many doublings lie between two rates."""
    return abs(math.log2(rate / other))


def settled_choice(know: Knowledge, one: Settled) -> float:
    """The rate that is advised where authors settled on one."""
    body = {"family": one.family, "strategy": one.strategy, "objective": one.objective, "optimizer": Optimizer.ADAMW}
    return _asked(know, body | {"params": one.params, "batch_size": one.batch_size, "total_steps": 1000, "points": 2})


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


def _middle_of_best(lost: Sequence[float]) -> float:
    """The middle, by ratio, of the candidates that lose least."""
    best = [math.log(rate) for rate, points in zip(CANDIDATES, lost, strict=True) if points <= min(lost) + 1e-9]
    return math.exp(sum(best) / len(best))


def _asked(know: Knowledge, body: dict[str, Any]) -> float:
    """The rate that the engine answers. Raises ValueError where it trains nothing."""
    schedule = lr_schedule(msgspec.convert(placed(body), Job), know, explain=False).lr_schedule
    if schedule is None:
        raise ValueError("nothing is trained")
    return schedule.rates.backbone_top or schedule.rates.head


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
    body |= {"objective": one.objective} if one.objective else {}
    body |= {"unit_features": True} if one.unit_features else {}
    if one.rank is None:
        return body
    alpha = {} if one.family is Family.DECODER_LM else {"alpha": one.rank}
    return body | {"adapter": {"rank": one.rank, **alpha}}
