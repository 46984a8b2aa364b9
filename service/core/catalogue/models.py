"""The pretrained models, one by one and filtered."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from service.contract.models import ForwardCost, ModelBlock, ModelList, ModelSource, ModelSummary, ModelView
from service.contract.words import BlockKind, Domain, Family, Modality, Task
from service.core.catalogue.matrix import COMMERCIAL, cell, faults_of_licence, faults_of_tasks, is_allowed
from service.core.rules.refusal import Refusal, fault
from service.knowledge.index import Block, Knowledge
from service.knowledge.rows import ModelRow

OTHER_FACTS = "what it is and how it is used"
RECALLED = "The licence is recalled, not read: look at the checkpoint's own page."


class CatalogueFilter(Struct, frozen=True, rename={"tasks": "task", "modalities": "modality", "families": "family"}):
    """Which models to list, as a query says it. An empty set or None does not filter.

    A task keeps the models that can serve it.
    """

    tasks: frozenset[Task] = frozenset()
    modalities: frozenset[Modality] = frozenset()
    families: frozenset[Family] = frozenset()
    licence: str | None = None
    commercial_use: bool | None = None
    max_params: int | None = None
    name: str | None = None
    unranked: bool = False
    limit: int = 200
    after: str | None = None


def model_list(wanted: CatalogueFilter, know: Knowledge) -> ModelList:
    """The models that pass the filter.

    Raises Refusal for a licence that no model is under, and for a task of other modalities than those wanted.
    """
    faults = faults_of_licence(wanted.licence, know) + faults_of_tasks(wanted.tasks, wanted.modalities, know)
    if faults:
        raise Refusal(faults)
    rows = [row for row in _shelved(wanted, know) if _passes(row, wanted, know)]
    start = _start(rows, wanted.after)
    page = rows[start : start + wanted.limit]
    return ModelList(
        ruleset=know.ruleset,
        total=len(rows),
        after=page[-1].id if start + wanted.limit < len(rows) else None,
        models=[_summary(row, know) for row in page],
    )


def _shelved(wanted: CatalogueFilter, know: Knowledge) -> Iterable[ModelRow]:
    """The models that the answers rank, or all; those whose names hold the wanted word where there is one."""
    rows = know.models.values() if wanted.unranked else know.tables.models
    if wanted.name is None:
        return rows
    part = wanted.name.lower()
    return [row for row in rows if any(part in name.lower() for name in (row.id, row.checkpoint, *row.aliases))]


def _start(rows: list[ModelRow], after: str | None) -> int:
    """Where a page begins: behind the model that ended the one before. Raises Refusal where that is none of them."""
    if after is None:
        return 0
    for index, row in enumerate(rows):
        if row.id == after:
            return index + 1
    raise Refusal([fault("after", "No model of this list has this id.")])


def model_view(row: ModelRow, know: Knowledge) -> ModelView:
    """Everything that is known of one model."""
    summary = _summary(row, know)
    return ModelView.from_row(
        row,
        **msgspec.structs.asdict(summary),
        ruleset=know.ruleset,
        blocks=[_block(block, row) for block in know.blocks[row.id]],
        scores=[cell(know, row, task) for task in summary.tasks],
        sources=list(_sources(row, know)),
    )


def _passes(row: ModelRow, wanted: CatalogueFilter, know: Knowledge) -> bool:
    return (
        (not wanted.tasks or any(know.serves(row, task) for task in wanted.tasks))
        and (not wanted.modalities or bool(wanted.modalities & set(row.modalities)))
        and (not wanted.families or row.family in wanted.families)
        and is_allowed(row, wanted.licence, wanted.commercial_use, wanted.max_params)
    )


def _summary(row: ModelRow, know: Knowledge) -> ModelSummary:
    return ModelSummary.from_row(
        row,
        tasks=list(know.tasks_of(row)),
        domains=_domains(row, know),
        commercial_use=COMMERCIAL[row.commercial_use],
        licence_warning=_licence_warning(row),
        data_warning=know.corpora[row.corpus].terms or None,
        forward=ForwardCost(row.forward_gflops, row.forward_of) if row.forward_gflops else None,
        parent=row.parent or None,
        ranked=know.models.is_ranked(row.id),
    )


def _licence_warning(row: ModelRow) -> str | None:
    """What restricts the use of the weights, and whether the licence was recalled rather than read."""
    return " ".join(part for part in (row.restriction, recalled(row)) if part) or None


def recalled(row: ModelRow) -> str:
    """A sentence where nobody has read the licence; else nothing."""
    return RECALLED if row.licence_source == "judgement" else ""


def _domains(row: ModelRow, know: Knowledge) -> list[Domain]:
    """The domains that the model can read and that its pretraining data resemble, nearest first."""
    bar = know.number("similarity-high")
    alike = [
        pair
        for pair in know.tables.similarities
        if pair.corpus is row.corpus and pair.similarity >= bar and know.domains[pair.domain].modality in row.modalities
    ]
    return [pair.domain for pair in sorted(alike, key=lambda pair: (-pair.similarity, pair.domain))]


def _block(block: Block, row: ModelRow) -> ModelBlock:
    new_head = block.kind is BlockKind.HEAD and row.head_kind not in ("lm", "tied")
    return ModelBlock.from_row(block, params=None if new_head else block.params)


def _sources(row: ModelRow, know: Knowledge) -> Iterator[ModelSource]:
    facts = (
        ("parameters and blocks", row.params_source),
        ("operations of a forward pass", row.forward_source),
        ("pretraining data and objective", row.pretraining_source),
        ("licence", row.licence_source),
    )
    for source in (know.sources[name] for name in row.sources):
        carries = [fact for fact, carrier in facts if carrier == source.id] or [OTHER_FACTS]
        yield ModelSource.from_row(source, carries=carries)
