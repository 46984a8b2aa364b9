"""Which strategy: sizes of datasets, the guides' preferences, published comparisons, the strategies in words."""

from typing import Annotated

import msgspec
from msgspec import Meta

from service.contract.words import (
    DatasetBand,
    Degree,
    Distinction,
    Domain,
    Family,
    Method,
    Modality,
    Objective,
    SimilarityLevel,
    SizeWord,
    Strategy,
    Task,
)
from service.knowledge.rows.claim import Claim, Id, Text


class BandRow(Claim, frozen=True, kw_only=True):
    """A band of dataset sizes: `examples_from` inclusive, `examples_to` exclusive (0: no end)."""

    id: DatasetBand
    examples_from: int
    examples_to: int
    word: SizeWord
    typical_examples: int
    claim: Text


class PreferenceRow(Claim, frozen=True, kw_only=True):
    """Strategies for these bands and similarities, first choice first. `track` is `features` or `generation`."""

    track: str
    bands: tuple[DatasetBand, ...]
    levels: tuple[SimilarityLevel, ...]
    order: tuple[Strategy, ...]
    claim: Text


class VoteRow(Claim, frozen=True, kw_only=True):
    """How strongly one rule speaks for a strategy, in pushes (negative: against it)."""

    rule: Id
    strategy: Strategy
    pushes: float


class OrderRow(Claim, frozen=True, kw_only=True):
    """Ways to use a model in the order in which published comparisons place them, one for each strategy.

    `also`: further ways to carry out one of them that are its rivals, best first.
    """

    id: Id
    order: tuple[Method, ...]
    also: tuple[Method, ...] = ()
    claim: Text


class ExperimentRow(Claim, frozen=True, kw_only=True):
    """A published experiment in which two or more ways to use one model met on one dataset.

    `examples` and `classes` are None where the source does not state them. `margin` is the lead, in `unit` (`points`
    or `ratio`), over the best run of another strategy, or of another method where all runs share one strategy.
    `runs` counts the models or tasks pooled in the row, `agreeing_runs` those that order the two as the row does.
    """

    id: Id
    dataset: Text
    task: Task
    modality: Modality
    domain: Domain
    distinction: Distinction = Distinction.COARSE
    examples: Annotated[int, Meta(ge=1)] | None = None
    classes: Annotated[int, Meta(ge=1)] | None = None
    model: Text
    family: Family
    objective: Objective
    out_of_distribution: bool = False
    winner: Strategy
    winner_method: Text
    score: float
    runner_up: Strategy
    runner_up_method: Text
    margin: Annotated[float, Meta(ge=0)]
    unit: Text
    metric: Text
    lower_is_better: bool = False
    runs: int = 1
    agreeing_runs: int = 1
    note: str = ""


class StrategyRow(Claim, frozen=True, kw_only=True):
    """A strategy in words. `capacity` orders strategies by how much of the model they train.

    `methods`: the titles of its methods other than the usual one.
    """

    id: Strategy
    title: Text
    what: Text
    strength: Text
    weakness: Text
    capacity: int
    risk: Degree
    effort: Degree
    topic: Id
    methods: dict[Method, Text] = msgspec.field(default_factory=dict[Method, Text])
