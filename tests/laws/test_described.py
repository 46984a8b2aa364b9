"""A model that is described instead of named is answered as the named one: the same strategy, method and rates."""

from typing import Any

import pytest

from service.contract.recommend import Recommendation
from service.contract.words import BlockKind, Task
from service.core.engine import recommend
from service.knowledge.index import Knowledge
from service.knowledge.loader import load
from service.knowledge.rows import ModelRow
from tests.ask import job

AGREEING = 0.97
"""Share of the models for which strategy and method are the same."""

NEAR = 0.05
"""How far the rates of the same strategy may be apart."""


def jobs(know: Knowledge) -> list[tuple[ModelRow, Task]]:
    """Every model once for each way in which its description differs, with the first task that it serves."""
    found: dict[tuple[object, ...], tuple[ModelRow, Task]] = {}
    for model in know.models:
        row = know.models[model]
        task = next(iter(know.tasks_of(row)), None)
        if task is not None:
            found.setdefault((row.family, row.params, row.objective, row.corpus, task), (row, task))
    return list(found.values())


def description(know: Knowledge, row: ModelRow) -> dict[str, Any]:
    """What a caller knows of a model whose parameters are not at hand."""
    depth = [block.kind for block in know.blocks[row.id]].count(BlockKind.BLOCK)
    told = {"family": row.family, "params": row.params, "objective": row.objective, "corpus": row.corpus}
    return told | ({"depth": depth} if depth else {})


def answered(know: Knowledge, task: Task, source: dict[str, Any]) -> Recommendation:
    """The answer to a usual job of the task."""
    dataset: dict[str, Any] = {"examples": 3000} | ({"classes": 10} if know.tasks[task].has_classes else {})
    body = {"target": {"task": task}, "dataset": dataset, "source": source, "compute": {"memory_gib": 80}}
    return recommend(job(body), know, explain=False)


def rates(answer: Recommendation, row: ModelRow) -> list[float | None]:
    """Peak rates of the last phase: of the backbone, and of the head.

    A tied output has no parameters of its own and so no rate; a description cannot say that it is tied.
    """
    if not answer.phases:
        return []
    last = answer.phases[-1]
    return [last.backbone_rate, *([] if row.head_kind == "tied" else [last.head_rate])]


def test_a_described_model_is_answered_as_the_named_one() -> None:
    know = load()
    unlike: list[str] = []
    apart: list[str] = []
    asked = jobs(know)
    for row, task in asked:
        named = answered(know, task, {"model": row.id})
        told = answered(know, task, description(know, row))
        if (named.verdict.strategy, named.verdict.method) != (told.verdict.strategy, told.verdict.method):
            unlike.append(f"{row.id} for {task}: {named.verdict.method}, described {told.verdict.method}")
        elif rates(named, row) != pytest.approx(rates(told, row), rel=NEAR):
            apart.append(f"{row.id} for {task}: {rates(named, row)}, described {rates(told, row)}")
    assert len(asked) > 1000
    assert len(unlike) <= (1 - AGREEING) * len(asked), unlike
    assert len(apart) <= (1 - AGREEING) * len(asked), apart


@pytest.mark.parametrize("task", [Task.SENTENCE_SIMILARITY, Task.IMAGE_FEATURE_EXTRACTION])
def test_a_described_embedder_has_no_head_to_train_either(task: Task) -> None:
    know = load()
    rows = [know.models[model] for model in know.models]
    for row in [row for row in rows if task in know.tasks_of(row)][::40]:
        named, told = answered(know, task, {"model": row.id}), answered(know, task, description(know, row))
        assert [phase.head_rate for phase in told.phases] == [phase.head_rate for phase in named.phases], row.id
