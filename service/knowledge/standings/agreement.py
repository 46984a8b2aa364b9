"""How far benchmarks agree on the order of the models that they share."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from math import sqrt

from service.knowledge.standings.placing import Result


def tau_b(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    """Kendall's tau-b over the names that both have; None where either does not differ."""
    both = sorted(set(one) & set(other))
    agree = first = second = 0
    for a, b in combinations(both, 2):
        here, there = _sign(one[a] - one[b]), _sign(other[a] - other[b])
        agree, first, second = agree + here * there, first + abs(here), second + abs(there)
    return agree / sqrt(first * second) if first and second else None


def agreements(results: Iterable[Result], least: int) -> dict[tuple[str, str], tuple[float, frozenset[str]]]:
    """For each two benchmarks that share so many models: tau-b between their mean standings, and those models.

    Frozen and tuned results of one benchmark count as two.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for one in results:
        standings = found.setdefault(f"{one.benchmark}, {'frozen' if one.frozen else 'tuned'}", {})
        for name, standing in one.standings.items():
            standings.setdefault(name, []).append(standing)
    means = {key: {name: sum(rows) / len(rows) for name, rows in group.items()} for key, group in found.items()}
    pairs: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}
    for one, other in combinations(sorted(means), 2):
        shared = frozenset(means[one]) & frozenset(means[other])
        tau = tau_b(means[one], means[other])
        if len(shared) >= least and tau is not None:
            pairs[one, other] = (tau, shared)
    return pairs


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
