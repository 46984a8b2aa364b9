"""How far the request is from the edges of the decision, and what lies on the other side."""

import math
from collections.abc import Iterator

import msgspec

from service.contract.recommend import DecisionBoundary
from service.contract.words import Policy, Strategy
from service.core.choice.case import Case
from service.core.choice.strategy_ranking import Bars, first_strategy, outlook
from service.core.job.dataset_size import BANDS, Data, Size
from service.core.job.similarity import level_of
from service.core.rules.example_requests import freeze, job
from service.core.rules.rule import Finding, Topic
from service.core.rules.trace import Trace

EXAMPLES_EDGES = (
    "evidence-least-examples",
    "probe-most-examples",
    "adapter-most-examples",
    "adapter-most-fine-examples",
    "adapter-large-least-examples",
    "adapter-large-most-examples",
)
PER_CLASS_EDGES = ("untrained-per-class", "per-class-few-shot", "per-class-thin", "contrastive-per-class")


class Neighbourhood:
    """The first strategy with other numbers of examples and at other similarities than the request's.

    Ranked once for each outlook: most neighbours share one.
    """

    def __init__(self, case: Case, bars: Bars, first: Strategy) -> None:
        self.case = case
        self.bars = bars
        self.known = {outlook(case): first}

    def at(self, examples: int, similarity: float) -> Case:
        """The same request there."""
        case, data = self.case, self.case.job.data
        if examples != data.examples:
            data = _resized(case, examples)
        job = msgspec.structs.replace(case.job, size=data)
        return Case(job, case.model, similarity, level_of(case.know, similarity))

    def first(self, case: Case) -> Strategy:
        """The strategy that comes first there."""
        place = outlook(case)
        if place not in self.known:
            self.known[place] = first_strategy(case, self.bars)
        return self.known[place]


EDGES: Topic[Neighbourhood, Finding[list[DecisionBoundary]]] = Topic("boundaries")


@EDGES.rule(
    "boundary-examples",
    "No number of examples is a hard cut: the neighbouring advice is shown with the distance to the edge.",
    seeds=("C-01",),
    fires=(job(900),),
    silent=(freeze(depth=12),),
)
def examples_edges(nearby: Neighbourhood) -> Finding[list[DecisionBoundary]]:
    case = nearby.case
    examples = case.job.data.examples
    overlap = case.know.constants["edge-overlap"]
    found: list[DecisionBoundary] = []
    for edge, below, above in _changes(nearby, overlap.value):
        distance = abs(examples - edge) / edge
        first_below, first_above = nearby.first(below), nearby.first(above)
        found.append(
            DecisionBoundary(
                input="/dataset/examples",
                value=float(examples),
                edge=float(edge),
                distance=round(distance, 4),
                near=distance <= overlap.value,
                below=first_below,
                above=first_above,
                changes=first_below is not first_above,
            )
        )
    edges = ", ".join(f"{one.edge:g}" for one in found)
    return Finding(found, f"{examples} between edges {edges}", (overlap,))


@EDGES.rule(
    "boundary-similarity",
    "Similarity is rarely known better than to a notch or two: the advice on the other side of an edge is shown.",
    seeds=("C-19",),
    fires=(job(900),),
    silent=(freeze(depth=12),),
)
def similarity_edges(nearby: Neighbourhood) -> Finding[list[DecisionBoundary]]:
    case = nearby.case
    examples = case.job.data.examples
    names = ("similarity-medium", "probe-similarity", "similarity-high", "similarity-near")
    medium, probe, high, near = (case.know.constants[name] for name in names)
    found: list[DecisionBoundary] = []
    for row in (medium, probe, high):
        distance = abs(case.similarity - row.value)
        lower, upper = nearby.at(examples, math.nextafter(row.value, 0)), nearby.at(examples, row.value)
        if row is probe and outlook(lower) == outlook(upper):
            continue
        below, above = nearby.first(lower), nearby.first(upper)
        found.append(
            DecisionBoundary(
                input="/similarity",
                value=case.similarity,
                edge=row.value,
                distance=round(distance, 4),
                near=distance <= near.value,
                below=below,
                above=above,
                changes=below is not above,
            )
        )
    edges = ", ".join(f"{one.edge:g}" for one in found)
    return Finding(found, f"{case.similarity:g} between edges {edges}", (medium, high, near))


def find_boundaries(case: Case, bars: Bars, first: Strategy, trace: Trace) -> list[DecisionBoundary]:
    """The edges next to the request, examples first. `first` is the strategy that ranks first for the request."""
    boundaries: list[DecisionBoundary] = []
    for rule, finding in EDGES.all(Neighbourhood(case, bars, first)):
        for boundary in finding.value:
            trace.decided(f"/boundaries/{len(boundaries)}", rule, finding)
            boundaries.append(boundary)
    return boundaries


def _changes(nearby: Neighbourhood, overlap: float) -> Iterator[tuple[int, Case, Case]]:
    """The numbers of examples at which the band or the outlook changes, with the requests on both sides.

    The nearest below and above are given, and all others so near that they are worth a look.
    """
    own = nearby.case.job.data.examples
    edges = _candidate_edges(nearby.case)
    lower, upper = [edge for edge in reversed(edges) if edge <= own], [edge for edge in edges if edge > own]
    for side, step in ((lower, -1), (upper, 0)):
        found, here = False, nearby.case
        for edge in side:
            if found and abs(own - edge) / edge > overlap:
                break
            # Between two candidates nothing changes: what holds on this side of one holds up to the next.
            there = nearby.at(edge + step, nearby.case.similarity)
            if here.job.data.band is not there.job.data.band or outlook(here) != outlook(there):
                found = True
                yield (edge, there, here) if step else (edge, here, there)
            here = there


def _candidate_edges(case: Case) -> list[int]:
    """Every number of examples at which some rule for the band or the strategy may change its mind."""
    number = case.know.number
    totals = [row.examples_from for row in case.know.tables.bands if row.examples_from > 1]
    early = [round(edge * (1 - number("edge-overlap"))) for edge in totals]
    edges = totals + [int(number(name)) for name in EXAMPLES_EDGES] if case.job.policy is Policy.EVIDENCE else totals
    classes = case.job.data.classes or 0
    if case.job.data.per_class:
        per_class = [math.ceil(number(name)) * classes for name in PER_CLASS_EDGES]
        edges = [*edges, *early, *per_class, int(number("per-class-thick")) * classes + 1]
    return sorted({edge for edge in edges if edge > 1})


def _resized(case: Case, examples: int) -> Data:
    """The request's data with another number of examples."""
    data = case.job.data
    per_class = examples / data.classes if data.per_class and data.classes else None
    band = BANDS.first(Size(case.know, examples, per_class))[1].value
    return msgspec.structs.replace(data, examples=examples, per_class=per_class, band=band)
