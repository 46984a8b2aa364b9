"""Tracks of their own: points lost by the engine's first way that a table measured."""

from msgspec import Struct, convert

from benchmarks.advice.groups import Cell, Group, name
from benchmarks.advice.settings import cell
from benchmarks.advice.tables import rows
from service.contract.words import Corpus, Domain, Family, Method, Objective, Task
from service.core.choice.comparisons import consult
from service.knowledge.index import Knowledge

MEASURED_AS: dict[Method, tuple[str, ...]] = {
    Method.CLASS_MEANS: ("class-means",),
    Method.NEAREST_NEIGHBOURS: ("nearest-neighbour",),
    Method.LINEAR_PROBE: ("head-only", "probe"),
    Method.CONTRASTIVE_FEW_SHOT: ("contrastive-pairs",),
    Method.PARTIAL: ("partial", "top-third"),
    Method.FULL: ("full", "tuned", "gpl"),
    Method.ZERO_SHOT: ("untouched",),
}
"""The arms that carry out a method. Tuning an embedder on pseudo-labels is full tuning."""

FITTED = "logistic-regression"
"""What a probe of texts is carried out as, as the notice `fit-the-probe` says."""


class Arm(Struct, frozen=True):
    """One way in one cell: what it lost to the best of the cell, in the group's measure."""

    group: str
    source: str
    unit: str
    task: Task
    domain: Domain
    family: Family
    objective: Objective
    corpus: Corpus
    params: int
    examples: int
    keep: bool
    unlabelled: int
    arm: str
    lost: float
    classes: int | None = None


def of_arms(know: Knowledge, group: Group) -> list[Cell]:
    """The cells of a group: arms that follow each other and share all but arm and loss, each arm once."""
    found: list[Cell] = []
    for arms in _cells(group):
        lost = {one.arm: one.lost for one in arms}
        found.append(Cell(arms[0].unit, lost[_ours(know, arms[0], lost)], _of_policies(group, lost)))
    return found


def _cells(group: Group) -> list[list[Arm]]:
    cells: list[list[Arm]] = []
    for row in rows("arms.csv"):
        one = convert(row, Arm, strict=False)
        if one.group != group.id:
            continue
        new = not cells or cells[-1][0].unit != one.unit or any(one.arm == other.arm for other in cells[-1])
        if new:
            cells.append([])
        cells[-1].append(one)
    return cells


def _of_policies(group: Group, lost: dict[str, float]) -> dict[str, float]:
    return {policy: lost[policy] for policy in map(name, group.policies) if policy in lost}


def _ours(know: Knowledge, one: Arm, lost: dict[str, float]) -> str:
    """The first of the engine's ways that was measured."""
    setting = cell(
        know,
        task=one.task,
        family=one.family,
        objective=one.objective,
        params=one.params,
        examples=one.examples,
        classes=one.classes,
        domain=one.domain,
        corpus=one.corpus,
        keep_source_ability=one.keep,
        unlabelled=one.unlabelled,
    )
    order = consult(setting)[1].order
    if order is None:
        raise ValueError(f"{one.group}, {one.unit}: no comparison decides")
    for method in order.order:
        fitted = (FITTED,) if method is Method.LINEAR_PROBE and one.task is Task.TEXT_CLASSIFICATION else ()
        for arm in (*fitted, *MEASURED_AS.get(method, ())):
            if arm in lost:
                return arm
    raise ValueError(f"{one.group}, {one.unit}: nothing of {order.order} was measured")
