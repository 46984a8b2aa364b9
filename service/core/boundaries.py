"""How far the request is from the edges of the decision, and what lies on the other side."""

import math
from collections.abc import Iterator

import msgspec

from service.contract.recommend import Boundary
from service.contract.words import Band, Grade, Level, Strategy
from service.core.bands import BANDS, Size
from service.core.examples import freeze, job
from service.core.job import Case
from service.core.rule import Decided, Topic
from service.core.similarity import level_of
from service.core.strategies import Bars, first_strategy
from service.core.trace import Trace


class Neighbourhood:
    """The first strategy in other bands and at other similarities than the request's, each ranked once.

    Strategies see of a similarity its level, and whether it is very different.
    """

    def __init__(self, case: Case, bars: Bars, first: Strategy) -> None:
        self.case = case
        self.bars = bars
        self.known = {self._place(case.job.data.band, case.similarity): first}

    def first(self, band: Band, similarity: float) -> Strategy:
        """The strategy that would come first there."""
        place = self._place(band, similarity)
        if place not in self.known:
            case = self.case
            data = msgspec.structs.replace(case.job.data, band=band)
            job = msgspec.structs.replace(case.job, data=data)
            self.known[place] = first_strategy(Case(job, case.model, similarity, place[1]), self.bars)
        return self.known[place]

    def _place(self, band: Band, similarity: float) -> tuple[Band, Level, bool]:
        know = self.case.know
        return band, level_of(know, similarity), similarity <= know.number("similarity-very-different")


EDGES: Topic[Neighbourhood, Decided[list[Boundary]]] = Topic("boundaries")


@EDGES.rule(
    "boundary-examples",
    "No number of examples is a hard cut: the neighbouring advice is shown with the distance to the edge.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("C-01",),
    fires=(job(900),),
    silent=(freeze(depth=12),),
)
def examples_edges(nearby: Neighbourhood) -> Decided[list[Boundary]]:
    case = nearby.case
    examples = case.job.data.examples
    overlap = case.know.constants["edge-overlap"]
    found: list[Boundary] = []
    for edge, below, above in _band_changes(case):
        distance = abs(examples - edge) / edge
        first_below, first_above = nearby.first(below, case.similarity), nearby.first(above, case.similarity)
        found.append(
            Boundary(
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
    return Decided(found, f"{examples} between edges {edges}", (overlap,))


@EDGES.rule(
    "boundary-similarity",
    "Similarity is rarely known better than to a notch or two: the advice on the other side of an edge is shown.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("C-19",),
    fires=(job(900),),
    silent=(freeze(depth=12),),
)
def similarity_edges(nearby: Neighbourhood) -> Decided[list[Boundary]]:
    case = nearby.case
    band = case.job.data.band
    names = ("similarity-medium", "similarity-high", "similarity-near")
    medium, high, near = (case.know.constants[name] for name in names)
    found: list[Boundary] = []
    for row in (medium, high):
        distance = abs(case.similarity - row.value)
        below, above = nearby.first(band, math.nextafter(row.value, 0)), nearby.first(band, row.value)
        found.append(
            Boundary(
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
    return Decided(
        found, f"{case.similarity:g} between 0, {medium.value:g}, {high.value:g} and 10", (medium, high, near)
    )


def find_boundaries(case: Case, bars: Bars, first: Strategy, trace: Trace) -> list[Boundary]:
    """The edges next to the request, examples first. `first` is the strategy that ranks first for the request."""
    boundaries: list[Boundary] = []
    for rule, finding in EDGES.all(Neighbourhood(case, bars, first)):
        for boundary in finding.value:
            trace.decided(f"/boundaries/{len(boundaries)}", rule, finding)
            boundaries.append(boundary)
    return boundaries


def _band_changes(case: Case) -> Iterator[tuple[int, Band, Band]]:
    """The nearest number of examples below and above at which the band changes, and the bands on both sides."""
    examples = case.job.data.examples
    edges = _candidate_edges(case)
    lower = [edge for edge in reversed(edges) if edge <= examples]
    upper = [edge for edge in edges if edge > examples]
    for side in (lower, upper):
        for edge in side:
            before, after = _band_at(case, edge - 1), _band_at(case, edge)
            if before is not after:
                yield edge, before, after
                break


def _candidate_edges(case: Case) -> list[int]:
    """Every number of examples at which some rule for the band may change its mind."""
    number = case.know.number
    totals = [row.examples_from for row in case.know.tables.bands if row.examples_from > 1]
    early = [round(edge * (1 - number("edge-overlap"))) for edge in totals]
    classes = case.job.data.classes or 0
    thick = int(number("per-class-thick")) * classes + 1
    thin = [int(number("per-class-few-shot")) * classes, int(number("per-class-thin")) * classes, thick]
    edges = totals + ([edge for edge in early + thin if edge > 1] if case.job.data.per_class else [])
    return sorted(set(edges))


def _band_at(case: Case, examples: int) -> Band:
    data = case.job.data
    per_class = examples / data.classes if data.per_class and data.classes else None
    return BANDS.first(Size(case.know, max(1, examples), per_class))[1].value
