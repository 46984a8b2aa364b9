"""Lints of published results: that each can be read, is of known models, and serves some cell."""

from collections import Counter
from collections.abc import Iterator

from service.contract.words import Grade
from service.knowledge.rows import Tables


def results_are_whole(tables: Tables) -> Iterator[str]:
    """A comparison stands once, gives one score for each model, and is measured."""
    keys = Counter((row.benchmark, row.dataset, row.frozen, row.task) for row in tables.results)
    yield from (f"{key} stands {count} times" for key, count in keys.items() if count > 1)
    for row in tables.results:
        name = f"{row.benchmark}, {row.dataset}"
        if len(row.models) != len(row.scores):
            yield f"{name}: {len(row.models)} models but {len(row.scores)} scores"
        if len(set(row.models)) != len(row.models):
            yield f"{name}: a model stands twice"
        if row.compared_count < len(row.models):
            yield f"{name}: {row.compared_count} models were compared but {len(row.models)} have scores"
        if row.grade is not Grade.A:
            yield f"{name}: a published result is graded A, not {row.grade}"


def results_resolve(tables: Tables) -> Iterator[str]:
    """A comparison holds models that are known, one of the catalogue at least, and data that its task can read."""
    inside = {row.id for row in tables.models}
    outside = {row.id for row in tables.outsiders}
    domains = {row.id: row.modality for row in tables.domains}
    tasks = {row.id: row.modalities for row in tables.tasks}
    for row in tables.results:
        name = f"{row.benchmark}, {row.dataset}"
        yield from (f"{name}: unknown model {model}" for model in row.models if model not in inside | outside)
        if not inside & set(row.models):
            yield f"{name}: no model of the catalogue"
        if row.domain is not None and domains.get(row.domain) not in tasks.get(row.task, ()):
            yield f"{name}: {row.task} cannot read {row.domain}"
    yield from (f"outsider {name} is of the catalogue" for name in outside & inside)


def results_are_used(tables: Tables) -> Iterator[str]:
    """A comparison speaks for some task, an outsider stands in two comparisons, a task is ranked in one way."""
    used = {row.results_of for row in tables.rankings}
    yield from (f"no ranking uses results of {row.task}" for row in tables.results if row.task not in used)
    held = Counter(model for row in tables.results for model in row.models)
    yield from (f"outsider {row.id} ties nothing together" for row in tables.outsiders if held[row.id] < 2)
    ranked = Counter(row.task for row in tables.rankings)
    yield from (f"{task} is ranked in {count} ways" for task, count in ranked.items() if count > 1)


def judged_cells_are_graded_d(tables: Tables) -> Iterator[str]:
    """A cell's row is a judgement, whatever its reason cites; only a computed score is measured."""
    for row in tables.cells:
        if row.grade is not Grade.D:
            yield f"{row.model} for {row.task}: a judgement is graded {row.grade}"
