"""The published experiments nearest to a job, and whether they speak against the advice."""

import math
from heapq import nsmallest

from msgspec import Struct

from service.contract.recommend import Precedent, StrategyOption
from service.contract.words import Corpus, Distinction, Domain, Family, Objective, Strategy, Task
from service.core.choice.case import Case
from service.core.job.similarity import is_near
from service.core.rules.example_requests import job
from service.core.rules.rule import Finding, Topic, Trace
from service.knowledge.index import Knowledge
from service.knowledge.rows import ExperimentRow

ALIKE_OBJECTIVES = (Objective.CONTRASTIVE_IMAGE_TEXT, Objective.CONTRASTIVE_IMAGES, Objective.SELF_DISTILLATION)
"""Objectives nearer to each other than to the rest: features trained to be compared."""

UNKNOWN_SIZE = 0.75
"""What it adds to a distance that a number of examples is not stated."""

FARTHEST_SIZE = 1.5
"""The most that a number of examples adds: from here one set is as unlike in size as another."""


class PrecedentCase(Struct, frozen=True):
    """What the experiments are held against. `domain` None: not known."""

    know: Knowledge
    task: Task
    family: Family
    objective: Objective
    corpus: Corpus | None
    domain: Domain | None
    similarity: float
    distinction: Distinction
    examples: int
    robust: bool


class Near(Struct, frozen=True):
    """An experiment and how far it is from the job."""

    row: ExperimentRow
    distance: float


PRECEDENTS: Topic[PrecedentCase, Finding[list[Near]]] = Topic("precedents")


@PRECEDENTS.rule(
    "precedents-nearest",
    "The five published experiments nearest to the job in model family, objective, domain, distinction and size of "
    "data are shown beside the advice.",
    fires=(
        job().decides("pneumoniamnist-vit-b-16-supervised: distance 0.526; 122 experiments for the task within 3.5"),
        job(task="text-classification", classes=2).decides(
            "chemprot-roberta-base: distance 1.579; 41 experiments for the task within 3.5"
        ),
        job(50_000, similarity=3, policy="guides").decides(
            "organamnist-dino-vit-b-16: distance 0.66; 108 experiments for the task within 3.5"
        ),
    ),
    silent=(job(task="tabular-classification"),),
)
def nearest(question: PrecedentCase) -> Finding[list[Near]] | None:
    most, farthest = (question.know.constants[name] for name in ("precedents-most", "precedents-farthest"))
    known = question.know.experiments[question.task]
    own, size = _is_near(question, question.domain), math.log10(question.examples)
    as_near = {domain: _is_near(question, domain) is own for domain in {group.kind.domain for group in known}}
    found: list[tuple[float, str, ExperimentRow]] = []
    for group in known:
        distance = _distance(question, group.kind, as_near[group.kind.domain])
        if distance <= farthest.value:
            for logarithm, row in group.members:
                apart = UNKNOWN_SIZE if logarithm is None else min(FARTHEST_SIZE, abs(logarithm - size))
                if distance + apart <= farthest.value:
                    found.append((distance + apart, row.id, row))
    if not found:
        return None
    near = [Near(row, round(far, 3)) for far, _, row in nsmallest(int(most.value), found)]
    return Finding(near, f"{len(found)} experiments for the task within {farthest.value:g}", (most, farthest))


def find_precedents(case: Case, trace: Trace) -> list[Precedent]:
    """The nearest experiments, nearest first; empty where none is near."""
    model, asked = case.model, case.job
    question = PrecedentCase(
        know=case.know,
        task=asked.task.id,
        family=model.family,
        objective=model.objective,
        corpus=model.corpus,
        domain=asked.domain.id if asked.domain else None,
        similarity=case.similarity,
        distinction=asked.distinction,
        examples=asked.data.examples,
        robust=asked.constraints.robust_to_shift,
    )
    shown: list[Precedent] = []
    for rule, finding in PRECEDENTS.all(question):
        for index, near in enumerate(finding.value):
            formula = f"distance {near.distance:g}; {finding.formula}"
            trace.add(f"/precedents/{index}", rule, formula, (near.row, *finding.rows))
            shown.append(Precedent.from_row(near.row, distance=near.distance))
    return shown


def net_lead(know: Knowledge, precedents: list[Precedent], options: list[StrategyOption], chosen: Strategy) -> float:
    """The leads of experiments that order two strategies as the answer does, less those of the others.

    A near experiment weighs more than a far one, and a lead counts up to a limit. Strategies that are not feasible
    here, and experiments within one strategy, have no voice.
    """
    most = know.number("precedents-most-points")
    place = {option.strategy: option.rank for option in options if option.feasible}
    place[chosen] = 0
    total = 0.0
    for one in precedents:
        if one.winner is one.runner_up or one.winner not in place or one.runner_up not in place:
            continue
        lead = min(one.margin, most) / (0.25 + one.distance)
        total += lead if place[one.winner] < place[one.runner_up] else -lead
    return total


def _distance(question: PrecedentCase, row: ExperimentRow, as_near: bool) -> float:
    """0 for the same in everything but size; each difference adds up to one."""
    distance = 0.0 if row.family is question.family else 1.0
    if row.objective is not question.objective:
        distance += 0.5 if row.objective in ALIKE_OBJECTIVES and question.objective in ALIKE_OBJECTIVES else 1.0
    if row.domain is not question.domain:
        distance += 0.5 if as_near else 1.0
    if row.distinction is not question.distinction:
        distance += 0.5
    return distance if row.out_of_distribution is question.robust else distance + 1.0


def _is_near(question: PrecedentCase, domain: Domain | None) -> bool:
    """Whether the domain is like the model's pretraining data. The job's own is judged by its similarity."""
    know = question.know
    if domain is None or domain is question.domain:
        return is_near(know, question.similarity)
    pair = know.similarities.get((domain, question.corpus)) if question.corpus else None
    return pair is not None and is_near(know, pair.similarity)
