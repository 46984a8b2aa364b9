"""Published results by which models are ranked."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from service.contract.words import Domain, Task
from service.knowledge.rows.claim import Claim, Id, Text


class ResultRow(Claim, frozen=True, kw_only=True):
    """What one benchmark measured on one dataset: a score for each model, in the models' order.

    `compared_count`, `mean` and `spread` are of all models in the source. `frozen`: the backbone was not trained.
    Without a domain the data are of several, or of none that has a word. `examples`: trained on; 0: not read.
    """

    benchmark: Id
    dataset: Annotated[str, Meta(min_length=2, max_length=80)]
    task: Task
    domain: Domain | None = None
    examples: Annotated[int, Meta(ge=0)] = 0
    frozen: bool
    metric: Text
    higher_is_better: bool
    compared_count: Annotated[int, Meta(ge=2)]
    mean: float
    spread: Annotated[float, Meta(gt=0)]
    models: tuple[str, ...]
    scores: tuple[float, ...]
    note: str = ""


class Prior(StrEnum):
    """What stands for a model before its results."""

    TOP1 = "imagenet-top-1"
    YEAR = "year"
    NONE = "none"


class RankingRow(Claim, frozen=True, kw_only=True):
    """How results speak for a task: whose results, in which use the backbone serves, and what is known before them.

    `prior_suffices`: a model with a figure for the prior needs no other result for a computed cell.
    """

    task: Task
    results_of: Task
    frozen: bool
    prior: Prior
    prior_suffices: bool
    claim: Text


class OutsiderRow(Claim, frozen=True, kw_only=True):
    """A model outside the catalogue that ties comparisons together, because the catalogue's were compared with it."""

    id: str
    params: int
