"""`POST /recommend`: the whole plan for a transfer-learning job."""

from service.contract.base import Response
from service.contract.explain import Answer
from service.contract.freeze import FreezePlan, PlanExport
from service.contract.resources import PlanResources
from service.contract.schedule import LrSchedule, TrainingPhase, TrainingSetup
from service.contract.summary import PlanSummary
from service.contract.words import (
    Degree,
    Distinction,
    Domain,
    Family,
    Grade,
    Likelihood,
    Method,
    Objective,
    Strategy,
    Task,
)


class BiggerBudget(Response, frozen=True):
    """What would be done if neither memory nor hours were short, and how much it `needs`, in words.

    Asked again with `memory_gib` of one device and `hours`, the job is answered so. Both are `null` where no such
    number was found, one where there is enough of it already.
    """

    strategy: Strategy
    model: str | None
    needs: str
    memory_gib: float | None
    hours: float | None


class Verdict(Response, frozen=True):
    """What to do, in one sentence and a few words. `runner_up` is the next strategy that is feasible.

    `model` is `null` where the job starts from a model outside the catalogue. `bigger_budget` is `null` where more
    memory and more hours would change nothing.
    """

    strategy: Strategy
    method: Method
    model: str | None
    summary: str
    runner_up: Strategy | None
    bigger_budget: BiggerBudget | None


class StrategyOption(Response, frozen=True):
    """One strategy. `score` orders the feasible ones within this answer (0 for the others); it is no probability.

    `also`: other methods of this strategy that were measured to be its rivals here, worth a try beside it, best first.
    """

    strategy: Strategy
    method: Method
    also: list[Method]
    rank: int
    score: int
    feasible: bool
    why: list[str]
    why_not: list[str]
    risk: Degree
    effort: Degree


class DecisionStep(Response, frozen=True):
    """One question of the decision tree, its answer here, and the rule that asks it."""

    question: str
    answer: str
    rule: str


class BoundarySide(Response, frozen=True):
    """What would be done on one side of an edge. `model`, `frozen_share` and `steps` are `null` where it is far.

    `frozen_share` is of the backbone's blocks, `steps` are those of the last phase; both are `null` too where there are
    none.
    """

    strategy: Strategy
    method: Method
    model: str | None
    frozen_share: float | None
    steps: int | None


class DecisionBoundary(Response, frozen=True):
    """An edge of the decision: how far the job is from it, and what would be done on either side.

    `changes`: something is done differently beyond it. Near edges are worked out whole, far ones for the strategy and
    its method with the same model.
    """

    input: str
    value: float
    edge: float
    distance: float
    near: bool
    below: BoundarySide
    above: BoundarySide
    changes: bool


class ModelOption(Response, frozen=True):
    """One pretrained model for this job. `matrix_score` is the matrix's 1 to 5, or `null`; `score` adds what
    this job asks for.

    `results` are the published results that the score rests on, `results_on_domain` those on the target's own domain,
    and `benchmarks` where they stand; `judged`: the score starts from a judgement instead, because there are
    too few of them or the policy is `guides`.
    """

    rank: int
    model: str
    checkpoint: str
    params: int
    licence: str
    commercial_use: bool | None
    matrix_score: int | None
    judged: bool
    results: int
    results_on_domain: int
    benchmarks: list[str]
    similarity: float | None
    score: float
    reason: str
    grade: Grade


class Precedent(Response, frozen=True):
    """A published experiment near to this job, in which two ways to use one model met.

    `margin` is the winner's lead in `unit`: points, or a ratio. Counts that the source does not state are `null`.
    `distance` is 0 for the same model family, objective, domain, distinction and number of examples, and grows by
    about one with each that differs. `agreeing_runs` of all `runs` order the two ways as the experiment does.
    """

    id: str
    dataset: str
    task: Task
    domain: Domain
    distinction: Distinction
    examples: int | None
    classes: int | None
    model: str
    family: Family
    objective: Objective
    out_of_distribution: bool
    winner: Strategy
    winner_method: str
    score: float
    runner_up: Strategy
    runner_up_method: str
    margin: float
    unit: str
    metric: str
    runs: int
    agreeing_runs: int
    distance: float
    note: str
    grade: Grade
    sources: list[str]


class Regulariser(Response, frozen=True):
    """One setting against overfitting or forgetting."""

    name: str
    value: float
    reason: str


class PlanRisk(Response, frozen=True):
    """What can go wrong, how likely it is here, how to notice it and what to do."""

    id: str
    title: str
    likelihood: Likelihood
    because: str
    symptoms: list[str]
    fixes: list[str]
    topic: str


class AdaptationStep(Response, frozen=True):
    """One rung of the ladder for shifted domains; climb only while each rung gains more than the noise."""

    order: int
    id: str
    title: str
    action: str
    when: str
    stop: str
    advised: bool


class ChecklistItem(Response, frozen=True):
    """One item of the production checklist."""

    id: str
    item: str
    why: str
    pass_criterion: str


class Recommendation(Answer, frozen=True):
    """The plan: what to do, with which model, which layers, which rates, and why."""

    verdict: Verdict
    summary: PlanSummary
    strategies: list[StrategyOption]
    decision_path: list[DecisionStep]
    boundaries: list[DecisionBoundary]
    models: list[ModelOption]
    setup: TrainingSetup
    freeze_plan: FreezePlan
    lr_schedule: LrSchedule | None
    phases: list[TrainingPhase]
    regularisation: list[Regulariser]
    resources: PlanResources
    risks: list[PlanRisk]
    adaptation: list[AdaptationStep]
    checklist: list[ChecklistItem]
    precedents: list[Precedent]
    exports: list[PlanExport]
