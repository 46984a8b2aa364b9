"""`GET /matrix`: how well each pretrained model serves each task."""

from service.contract.base import Response
from service.contract.explain import Ruleset
from service.contract.words import Family, Grade, Modality, Task


class MatrixModel(Response, frozen=True):
    """One row's model."""

    id: str
    checkpoint: str
    family: Family
    modalities: list[Modality]
    params: int
    licence: str
    commercial_use: bool | None
    note: str


class MatrixCell(Response, frozen=True):
    """How well one model serves one task: 1 to 5, higher is better.

    A score is computed from published results (grade A) or judged (grade D), which the founding guides' ten models are
    at their eight tasks. `null` where there is no evidence, and, `judged`, where the model cannot do the task.
    `results` and `benchmarks` are the results that are known, be they enough or not. `agreement` is how alike these
    benchmarks order the models that they share: the mean Kendall's tau-b, -1 to 1, `null` where no two share three
    models.
    """

    model: str
    task: Task
    score: int | None
    judged: bool
    results: int
    benchmarks: list[str]
    agreement: float | None
    reason: str
    grade: Grade
    sources: list[str]


class Matrix(Response, frozen=True):
    """Models times tasks; `cells` has one entry for each pair."""

    ruleset: Ruleset
    tasks: list[Task]
    models: list[MatrixModel]
    cells: list[MatrixCell]
