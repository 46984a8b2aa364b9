"""Where a job begins: with which model, and what more memory or hours would change of that."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec
from msgspec import Struct

from service.contract.job import JobSource
from service.contract.words import Strategy
from service.core.choice.case import Case
from service.core.choice.feasibility import FEASIBILITY, TRAINED, is_timed
from service.core.choice.input_limits import refuse_for_all, refuse_untakable
from service.core.choice.models.ranking import RankedModel, rank_models
from service.core.choice.start import find_start, is_outside, names_model
from service.core.choice.strategy_ranking import Bars, first_strategy
from service.core.job.case import JobCase
from service.core.job.similarity import Pair, matches_source, resolve_similarity
from service.core.rules.resolved_inputs import Inputs, known
from service.core.rules.rule import UNTOLD, Trace

NONE_TRIED: Mapping[str, bool] = MappingProxyType({})


class Beginning(Struct, frozen=True):
    """The job with its model, and what bars strategies for it.

    `first` is the same with the first of the ranked models, where that one has no room. `instead` is a model that has
    room, where the one that the caller names has none.
    """

    case: Case
    bars: Bars
    first: "Beginning | None" = None
    instead: Case | None = None

    @property
    def is_hindered(self) -> bool:
        """Whether memory or hours leave nothing to do here, or nothing to train where that is what should be done."""
        return self.case.job.decides and _hindered(self.case, self.bars)

    @property
    def does(self) -> bool:
        """Whether what comes first here can be carried out."""
        return _does(self.case, self.bars)


class Unbound(Struct, frozen=True):
    """What would be done with more memory or hours, and the most of them that a plan for it was short of.

    `gib` are of what may be used of a device. None: it was not short of these.
    """

    case: Case
    strategy: Strategy
    gib: float | None
    hours: float | None


def begin(
    job: JobCase, ranked: list[RankedModel], inputs: Inputs, trace: Trace, tried: Mapping[str, bool] = NONE_TRIED
) -> Beginning:
    """The job with its start: where none is named, the first of the ranked models that this machine can train.

    The first of all is kept where training is not what it is best for, or where none of them can be trained here; of a
    fixed strategy it is the first that can carry it out. Where nothing at all can be done here, the smallest is named.
    `tried` are models whose whole plan has no room to train them, and whether they can be used as they are. The
    ranking turns on no memory or hours, so that with more of either no plan comes that ranks lower.
    """
    noted, resolved = len(trace.entries), dict(inputs.resolved)
    case = resolve_case(job, ranked, inputs, trace)
    bars = list(FEASIBILITY.all(case)) if job.decides else []
    if not job.decides or not (case.model.name in tried or _hindered(case, bars) or _unable(case, bars)):
        return Beginning(case, bars)
    suitable = list(_stand_ins(case, ranked or rank_models(job)))
    other = _first_with_room(case, suitable, tried)
    if names_model(job.know, job.source) or is_outside(job.source):
        return Beginning(case, bars, instead=other)
    other = other or (None if _does(case, bars) else _smallest(suitable))
    if other is None:
        return Beginning(case, bars)
    del trace.entries[noted:]
    inputs.resolved = resolved
    moved = resolve_case(job, [one for one in ranked if one.candidate.model is other.model.row], inputs, trace)
    inputs.derived("/source/model", moved.model.name, "first of the ranked models that can do this on this machine")
    return Beginning(moved, list(FEASIBILITY.all(moved)), first=Beginning(case, bars))


def unbound_choice(first: Beginning, start: Beginning, chosen: Strategy) -> Unbound | None:
    """What comes first where neither memory nor hours bar anything; None where that is chosen already.

    `first` is how the job would begin on any machine.
    """
    best = chosen if first.case.job.fixed_strategy else first_strategy(first.case, _free(first.bars))
    gib = max((bar.needs[best] for _, bar in first.bars if best in bar.needs), default=None)
    hours = max((bar.hours[best] for _, bar in first.bars if best in bar.hours), default=None)
    if (gib is None and hours is None) or (best is chosen and first is start):
        return None
    return Unbound(first.case, best, gib, hours)


def resolve_case(job: JobCase, ranked: list[RankedModel], inputs: Inputs, trace: Trace) -> Case:
    """The job with its start, and how alike the data are."""
    know, source, target = job.know, job.source, known(job.request.target)
    if job.decides and not ranked and not names_model(know, source) and not is_outside(source):
        refuse_for_all(job)
    start = find_start(job, ranked[0].candidate.model if ranked else None, inputs, trace)
    refuse_untakable(job, start)
    source_domain = known(source.domain)
    if source_domain is not None and target is not None:
        foreign = know.domains[source_domain].modality not in know.tasks[target.task].modalities
        if foreign or matches_source(know, source_domain, start.corpus):
            source_domain = None
    pair = Pair(
        know=know,
        given=known(job.request.similarity),
        corpus=start.corpus,
        source_domain=source_domain,
        target_domain=known(target.domain) if target else None,
        other_task=target is not None and known(source.task) not in (None, target.task),
    )
    similarity, level = resolve_similarity(pair, inputs, trace)
    return Case(job, start, similarity, level)


def _hindered(case: Case, bars: Bars) -> bool:
    """Whether memory or hours leave nothing to do, or nothing to train where training is what should be done."""
    free = _free(bars)
    if len(free) == len(bars) or _trains(case, bars):
        return False
    return _trains(case, free) or not _does(case, bars)


def _unable(case: Case, bars: Bars) -> bool:
    """Whether the strategy that the caller fixes is none that this model carries out on any machine."""
    return case.job.fixed_strategy is not None and not _does(case, _free(bars))


def _trains(case: Case, bars: Bars) -> bool:
    """Whether what comes first, or is fixed, trains what was pretrained, and can be carried out here."""
    barred = {strategy for _, bar in bars for strategy in bar.reasons}
    best = case.job.fixed_strategy or first_strategy(case, bars)
    return best in TRAINED and best is not Strategy.FROM_SCRATCH and best not in barred


def _does(case: Case, bars: Bars) -> bool:
    """Whether what comes first, or is fixed, can be carried out here."""
    best = case.job.fixed_strategy or first_strategy(case, bars)
    return all(best not in bar.reasons for _, bar in bars)


def _free(bars: Bars) -> Bars:
    """What bars strategies on any machine."""
    return [one for one in bars if not one[1].only_memory]


def _stand_ins(case: Case, ranked: list[RankedModel]) -> Iterator[Case]:
    """The job with each of the models that serve it, best first: others than the first, where that has no room.

    A generator that never learned to write such texts is none, nor is a model of very different data where the first
    knows the target's.
    """
    job, floor = case.job, case.know.number("stand-in-score")
    unnamed = msgspec.structs.replace(job, request=msgspec.structs.replace(job.request, source=JobSource()))
    for one in ranked:
        if job.task.track != "generation" or one.candidate.cell.score >= floor:
            other = resolve_case(unnamed, [one], Inputs(), UNTOLD)
            if case.very_different or not other.very_different:
                yield other


def _first_with_room(case: Case, others: Iterable[Case], tried: Mapping[str, bool]) -> Case | None:
    """The first of the other models that this machine can train; None where it can train none.

    Where nothing can be done with the own model, the smallest that can be used as it is will do. Where hours are
    reckoned, a model of which nobody knows how long it takes is none of them.
    """
    own, name = list(FEASIBILITY.all(case)), case.model.name
    hurried = known(case.job.request.compute.hours) is not None and is_timed(case)
    trains, stuck = _trains(case, _free(own)), not tried.get(name, _does(case, own))
    usable: list[Case] = []
    for other in others:
        here = other.model.name
        if here == name or not tried.get(here, True):
            continue
        bars = list(FEASIBILITY.all(other))
        if (hurried and not is_timed(other)) or not _does(other, bars):
            continue
        if here not in tried and (not trains or _trains(other, bars)):
            return other
        if stuck:
            usable.append(other)
    return _least(usable)


def _smallest(others: Iterable[Case]) -> Case | None:
    """The smallest of the models that can do what is asked on some machine."""
    return _least(one for one in others if not _unable(one, list(FEASIBILITY.all(one))))


def _least(cases: Iterable[Case]) -> Case | None:
    return min(cases, key=lambda case: case.model.params, default=None)
