"""How well each pretrained model serves each task."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Struct

from service.contract.job import JobConstraints
from service.contract.matrix import Matrix, MatrixCell, MatrixModel
from service.contract.problem import ProblemFault
from service.contract.words import Framework, Grade, Modality, Task
from service.core.catalogue.near_names import near_model
from service.core.rules.refusal import Refusal, fault, unknown_word
from service.knowledge.index import Knowledge
from service.knowledge.rows import ModelRow
from service.knowledge.standings.merits import Cell

COMMERCIAL: Mapping[str, bool | None] = {"yes": True, "no": False, "unclear": None}

MOST_FAULTS = 10
"""Unknown names that are told, each with the nearest that is known."""


class MatrixFilter(Struct, frozen=True, rename={"tasks": "task", "modalities": "modality", "models": "model"}):
    """Which part of the matrix to answer, as a query says it. An empty set, an empty tuple or None does not filter."""

    tasks: frozenset[Task] = frozenset()
    modalities: frozenset[Modality] = frozenset()
    models: tuple[str, ...] = ()
    licence: str | None = None
    commercial_use: bool | None = None
    max_params: int | None = None


def matrix(wanted: MatrixFilter, know: Knowledge) -> Matrix:
    """The matrix of the models and tasks that pass the filter, a cell for each pair.

    Raises Refusal for a model or a licence that the catalogue does not hold, and for a task of other modalities.
    """
    named = _named(wanted, know)
    rows = [row for row in know.tables.models if _passes(row, wanted, named)]
    tasks = [
        row.id
        for row in know.tables.tasks
        if (not wanted.tasks or row.id in wanted.tasks)
        and (not wanted.modalities or wanted.modalities & set(row.modalities))
    ]
    return Matrix(
        ruleset=know.ruleset,
        tasks=tasks,
        models=[_model(row) for row in rows],
        cells=[cell(know, row, task) for row in rows for task in tasks],
    )


SEED_MATRIX = "R-002"
"""The matrix of the founding guides. Its models and tasks bear this mark, and keep what they were judged."""


def told_score(know: Knowledge, cell: Cell) -> int | None:
    """The score that a cell tells: as computed, or as the guides' own models are judged at the guides' own tasks.

    Elsewhere a judgement orders the models of a ranking, and is no evidence.
    """
    from_guides = all(SEED_MATRIX in row.seeds for row in (know.models[cell.model], know.tasks[cell.task]))
    return cell.score if from_guides or not cell.judged else None


def cell(know: Knowledge, model: ModelRow, task: Task) -> MatrixCell:
    """One cell. A pair without a row cannot serve: the score is None, and the reason says why."""
    known = know.merits.cells.get((model.id, task))
    if known is not None:
        told = MatrixCell.from_row(known)
        if told_score(know, known) is not None:
            return told
        few = f"no evidence: {known.results or 'no'} published results are too few to compute a score from"
        sources = list(dict.fromkeys(source for row in know.results_of(known) for source in row.sources))
        return msgspec.structs.replace(told, score=None, judged=False, reason=few, sources=sources)
    able, wanted = know.serves(model, task), know.tasks[task]
    if not set(model.modalities) & set(wanted.modalities):
        reason = f"reads {' and '.join(model.modalities)}, the task needs {' or '.join(wanted.modalities)}"
    elif able:
        reason = "no evidence: can do it by its build, and no result is known"
    else:
        reason = f"a {model.family} has no usual way to do this task"
    return MatrixCell(
        model=model.id,
        task=task,
        score=None,
        judged=not able,
        results=0,
        benchmarks=[],
        agreement=None,
        reason=reason,
        grade=Grade.D,
        sources=["judgement"],
    )


def allowed_models(know: Knowledge, task: Task, limits: JobConstraints) -> list[ModelRow]:
    """The models that can do the task and that no constraint forbids."""
    return [
        row
        for row in know.serving[task]
        if not (limits.commercial_use and COMMERCIAL[row.commercial_use] is False)
        and (limits.max_params is UNSET or row.params <= limits.max_params)
        and (limits.framework is Framework.ANY or limits.framework in row.frameworks)
    ]


def faults_of_licence(licence: str | None, know: Knowledge) -> list[ProblemFault]:
    """A fault where no model of the catalogue is under this licence."""
    licences = {row.licence for row in know.tables.models}
    if licence is None or licence.lower() in {known.lower() for known in licences}:
        return []
    return [unknown_word("licence", "No model is under this licence.", licence, licences)]


def faults_of_tasks(tasks: frozenset[Task], modalities: frozenset[Modality], know: Knowledge) -> list[ProblemFault]:
    """A fault for each task that reads none of the modalities."""
    return [
        fault("task", f"{task} reads none of these modalities.")
        for task in sorted(tasks)
        if modalities and not modalities & set(know.tasks[task].modalities)
    ]


def is_allowed(row: ModelRow, licence: str | None, commercial_use: bool | None, max_params: int | None) -> bool:
    """Whether a model is under this licence, may be used so, and is no larger. None does not filter."""
    return (
        (licence is None or row.licence.lower() == licence.lower())
        and (commercial_use is None or COMMERCIAL[row.commercial_use] is commercial_use)
        and (max_params is None or row.params <= max_params)
    )


def _named(wanted: MatrixFilter, know: Knowledge) -> frozenset[str]:
    unknown = [name for name in wanted.models if name.lower() not in know.spellings]
    message = "The catalogue, which GET /models lists, does not hold this model."
    faults = [near_model("model", message, name, know) for name in unknown[:MOST_FAULTS]]
    faults += faults_of_licence(wanted.licence, know) + faults_of_tasks(wanted.tasks, wanted.modalities, know)
    if faults:
        raise Refusal(faults)
    return frozenset(know.spellings[name.lower()].id for name in wanted.models)


def _passes(row: ModelRow, wanted: MatrixFilter, named: frozenset[str]) -> bool:
    return (
        (not named or row.id in named)
        and (not wanted.modalities or bool(wanted.modalities & set(row.modalities)))
        and is_allowed(row, wanted.licence, wanted.commercial_use, wanted.max_params)
    )


def _model(row: ModelRow) -> MatrixModel:
    note = " ".join(part for part in (row.note, row.restriction) if part)
    return MatrixModel.from_row(row, commercial_use=COMMERCIAL[row.commercial_use], note=note)
