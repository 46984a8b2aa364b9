"""How far the job is from the edges of the decision, and what would be done on the other side.

Edges come from the data: whatever row counts examples, examples per class or similarity may be one, and is shown where
the ranking changes there. Beyond a near edge model, depth and length are decided anew.
"""

import math
from collections.abc import Iterator

import msgspec

from service.contract.recommend import BoundarySide, DecisionBoundary
from service.contract.words import Policy
from service.core.advisories.outcome import Outcome
from service.core.choice.beginning import begin
from service.core.choice.case import Case
from service.core.choice.models.ranking import rank_models, ranks_by
from service.core.choice.start import names_model
from service.core.choice.strategy_ranking import Bars, first_strategy, methods_of, outlook
from service.core.freezing.counts import shares
from service.core.freezing.plan import decide_states, freeze_case
from service.core.job.dataset_size import BANDS, Data, Size
from service.core.job.similarity import level_of
from service.core.rules.example_requests import freeze, job
from service.core.rules.refusal import Refusal
from service.core.rules.resolved_inputs import Inputs
from service.core.rules.rule import UNTOLD, Finding, Topic, Trace
from service.core.schedule.opening import open_schedule
from service.core.schedule.plan import with_length


class Neighbourhood:
    """What would be done with other numbers of examples and at other similarities than the job's.

    Ranked once for each outlook: most neighbours share one.
    """

    def __init__(self, outcome: Outcome, bars: Bars) -> None:
        self.outcome = outcome
        self.case = outcome.case
        self.bars = bars
        self.ranked: dict[tuple[object, ...], BoundarySide] = {}

    def at(self, examples: int, similarity: float) -> Case:
        """The same job there."""
        case, data = self.case, self.case.job.data
        if examples != data.examples:
            data = _resized(case, examples)
        moved = msgspec.structs.replace(case.job, size=data)
        return Case(moved, case.model, similarity, level_of(case.know, similarity))

    def side(self, case: Case) -> BoundarySide:
        """The first strategy there and its method, with the same model."""
        place = outlook(case)
        if place not in self.ranked:
            strategy = first_strategy(case, self.bars)
            self.ranked[place] = BoundarySide(strategy, methods_of(case)[strategy], None, None, None)
        return self.ranked[place]

    def whole(self, case: Case) -> BoundarySide:
        """All that would be done there. Only what turns on data and similarity is decided anew."""
        own = self.case
        if outlook(case) == outlook(own) and case.job.data.band is own.job.data.band and case.level is own.level:
            return _side(self.outcome)
        case, bars = self._with_its_model(case)
        strategy = first_strategy(case, bars)
        method = methods_of(case)[strategy]
        frozen = freeze_case(case, strategy, method)
        blocks = decide_states(frozen, UNTOLD)[1] if frozen else None
        try:
            opened = open_schedule(case, strategy, method, None, Inputs())
            steps = with_length(opened, Inputs(), UNTOLD).total_steps if opened else None
        except Refusal:
            steps = None
        row = case.model.row
        share = shares(blocks).blocks_frozen if blocks else None
        return BoundarySide(strategy, method, row.id if row else None, share, steps)

    def _with_its_model(self, case: Case) -> tuple[Case, Bars]:
        """The job there with the model that it would start from, and what bars strategies for that."""
        own = self.case
        chosen = own.model.row is not None and ranks_by(case.job.data) == ranks_by(own.job.data)
        recognised = own.model.anatomy is not None and own.model.anatomy.family is not None
        if chosen or recognised or names_model(case.know, case.job.source):
            return case, self.bars
        ranked = rank_models(case.job)
        if not ranked or ranked[0].candidate.model is case.model.row:
            return case, self.bars
        moved = begin(case.job, ranked, Inputs(), UNTOLD)
        return moved.case, moved.bars


EDGES: Topic[Neighbourhood, Finding[list[DecisionBoundary]]] = Topic("boundaries")


@EDGES.rule(
    "boundary-examples",
    "No number of examples is a hard cut: the neighbouring advice is shown with the distance to the edge.",
    seeds=("C-01",),
    fires=(
        job(900).decides("/dataset/examples: 900 between edges 200, 1000"),
        job(100, classes=10).decides("/dataset/examples: 100 between edges 80, 200"),
    ),
    silent=(freeze(depth=12),),
)
def examples_edges(nearby: Neighbourhood) -> Finding[list[DecisionBoundary]]:
    own, overlap = nearby.case.job.data.examples, nearby.case.know.constants["edge-overlap"]
    found: list[DecisionBoundary] = []
    for edge, below, above in _changes(nearby, overlap.value):
        distance = abs(own - edge) / edge
        near = distance <= overlap.value
        found.append(_boundary(nearby, "/dataset/examples", float(own), float(edge), distance, near, below, above))
    edges = ", ".join(f"{one.edge:g}" for one in found)
    return Finding(found, f"{own} between edges {edges}", (overlap,))


@EDGES.rule(
    "boundary-similarity",
    "Similarity is rarely known better than to a notch or two: the advice on the other side of an edge is shown.",
    seeds=("C-19",),
    fires=(
        job(900).decides("/similarity: 5 between edges 4, 7"),
        job(100).decides("/similarity: 5 between edges 2, 4, 7"),
    ),
    silent=(freeze(depth=12),),
)
def similarity_edges(nearby: Neighbourhood) -> Finding[list[DecisionBoundary]]:
    case, examples = nearby.case, nearby.case.job.data.examples
    near = case.know.constants["similarity-near"]
    found: list[DecisionBoundary] = []
    beyond = nearby.at(examples, 0.0)
    for edge in sorted({row.value for row in case.know.counted["similarity"] if 0 < row.value < 10}):
        # Between two edges nothing changes: what holds above one holds up to the next.
        here, beyond = beyond, nearby.at(examples, math.nextafter(edge, 10))
        above = beyond
        if outlook(here) == outlook(above) and here.level is above.level:
            continue
        below = nearby.at(examples, math.nextafter(edge, 0))
        distance = abs(case.similarity - edge)
        side = above if case.similarity >= edge and outlook(above) == outlook(case) else below
        told = (below, case) if side is above else (case, above)
        close = distance <= near.value
        found.append(_boundary(nearby, "/similarity", case.similarity, edge, distance, close, *told))
    edges = ", ".join(f"{one.edge:g}" for one in found)
    return Finding(found, f"{case.similarity:g} between edges {edges}", (near,))


def find_boundaries(outcome: Outcome, bars: Bars, trace: Trace) -> list[DecisionBoundary]:
    """The edges next to the job, examples first."""
    boundaries: list[DecisionBoundary] = []
    for rule, finding in EDGES.all(Neighbourhood(outcome, bars)):
        for boundary in finding.value:
            trace.decided(f"/boundaries/{len(boundaries)}", rule, finding)
            boundaries.append(boundary)
    return boundaries


def _boundary(
    nearby: Neighbourhood,
    input: str,
    value: float,
    edge: float,
    distance: float,
    near: bool,
    below: Case,
    above: Case,
) -> DecisionBoundary:
    """The edge with both its sides: worked out whole where it is near and nothing is fixed."""
    tell = nearby.whole if near and not nearby.outcome.is_fixed else nearby.side
    here, there = tell(below), tell(above)
    return DecisionBoundary(
        input=input,
        value=value,
        edge=edge,
        distance=round(distance, 4),
        near=near,
        below=here,
        above=there,
        changes=_differ(here, there, nearby.case.know.number("boundary-steps-ratio")),
    )


def _side(outcome: Outcome) -> BoundarySide:
    """What is done for a job whose whole decision is known."""
    row, plan, schedule = outcome.case.model.row, outcome.plan, outcome.schedule
    return BoundarySide(
        strategy=outcome.strategy,
        method=outcome.method or outcome.option(outcome.strategy).method,
        model=row.id if row else None,
        frozen_share=plan.shares.blocks_frozen if plan else None,
        steps=schedule.total_steps if schedule else None,
    )


def _differ(below: BoundarySide, above: BoundarySide, ratio: float) -> bool:
    """Whether the caller would do something else beyond the edge; a run that grows with the data is nothing else."""
    if (below.strategy, below.method, below.model, below.frozen_share) != (
        above.strategy,
        above.method,
        above.model,
        above.frozen_share,
    ):
        return True
    if below.steps is None or above.steps is None:
        return below.steps is not above.steps
    return max(below.steps, above.steps) > ratio * min(below.steps, above.steps)


def _changes(nearby: Neighbourhood, overlap: float) -> Iterator[tuple[int, Case, Case]]:
    """The numbers of examples at which the band or the outlook changes, with the jobs on both sides.

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
    """Every number of examples at which some rule may change its mind, by the units of the tables' numbers."""
    know, data = case.know, case.job.data
    totals = [row.examples_from for row in know.tables.bands if row.examples_from > 1]
    edges = [*totals, *_counted(case, "examples", 1)] if case.job.policy is Policy.EVIDENCE else totals
    if data.per_class and data.classes:
        early = [round(edge * (1 - know.number("edge-overlap"))) for edge in totals]
        per_class = _counted(case, "examples per class", data.classes)
        edges = [*edges, *early, *per_class, *(edge + 1 for edge in per_class)]
    return sorted({edge for edge in edges if edge > 1})


def _counted(case: Case, unit: str, times: int) -> list[int]:
    """The least numbers of examples that reach the numbers of the tables in a unit of so many examples."""
    return [math.ceil(row.value * times) for row in case.know.counted[unit]]


def _resized(case: Case, examples: int) -> Data:
    """The job's data with another number of examples."""
    data = case.job.data
    per_class = examples / data.classes if data.per_class and data.classes else None
    band = BANDS.first(Size(case.know, examples, per_class, data.rarest))[1].value
    return msgspec.structs.replace(data, examples=examples, per_class=per_class, band=band)
