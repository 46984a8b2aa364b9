"""Lints of references: ids stand once, and what a row names exists."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from service.contract.words import Family
from service.knowledge.catalogue.models import Models
from service.knowledge.lints.catalogue import UNCOUNTED, facts_of
from service.knowledge.rows import TRACKS, Claim, Tables


def ids_are_unique(tables: Tables) -> Iterator[str]:
    for name in (
        "sources",
        "constants",
        "rates",
        "devices",
        "models",
        "topics",
        "risks",
        "adaptation",
        "checklist",
        "orders",
        "experiments",
    ):
        yield from repeated(name, (row.id for row in getattr(tables, name)))
    yield from repeated("notices", (row.code for row in tables.notices))
    yield from repeated("cells", ((row.model, row.task) for row in tables.cells))
    yield from repeated("similarities", ((row.domain, row.corpus) for row in tables.similarities))


def sources_resolve(tables: Tables) -> Iterator[str]:
    known = {row.id for row in tables.sources}
    for field in msgspec.structs.fields(Tables):
        for row in getattr(tables, field.name):
            cited = getattr(row, "sources", ())
            if isinstance(row, Claim) and not cited:
                yield f"{field.name}: a claim has no source: {row}"
            yield from (f"{field.name}: unknown source {source}" for source in cited if source not in known)


def sources_are_used(tables: Tables) -> Iterator[str]:
    used = {
        source
        for field in msgspec.structs.fields(Tables)
        for row in getattr(tables, field.name)
        for source in getattr(row, "sources", ())
    }
    used |= {source for row in tables.checkpoints for source in facts_of(row)}
    yield from (f"{row.id} is cited by no row" for row in tables.sources if row.id not in used | RULE_ONLY_SOURCES)


def judgement_is_graded_d(tables: Tables) -> Iterator[str]:
    for field in msgspec.structs.fields(Tables):
        for row in getattr(tables, field.name):
            if isinstance(row, Claim) and set(row.sources) == {"judgement"} and row.grade != "D":
                yield f"{field.name}: rests on judgement alone but is graded {row.grade}: {row}"


def topics_resolve(tables: Tables) -> Iterator[str]:
    known = {row.id for row in tables.topics}
    for table in (tables.strategies, tables.risks, tables.adaptation, tables.notices):
        yield from (f"unknown topic {row.topic}" for row in table if row.topic not in known)
    yield from (
        f"{row.id} sees unknown topic {other}" for row in tables.topics for other in row.see if other not in known
    )


def cells_resolve(tables: Tables) -> Iterator[str]:
    models = Models(tables)
    tasks = {row.id: row for row in tables.tasks}
    for row in tables.cells:
        if row.model not in models:
            yield f"unknown model {row.model}"
            continue
        try:
            read = models[row.model].modalities
        except UNCOUNTED:
            continue  # another lint says so
        if not set(read) & set(tasks[row.task].modalities):
            yield f"{row.model} cannot read what {row.task} needs"


def spellings_are_unique(tables: Tables) -> Iterator[str]:
    names = (
        {row.id.lower(), row.checkpoint.lower(), *(alias.lower() for alias in row.aliases)} for row in tables.models
    )
    yield from repeated("models", (name for group in names for name in group))


def closed_words(tables: Tables) -> Iterator[str]:
    for row in tables.models:
        if row.head_kind not in ("linear", "dense-linear", "tied", "lm", "task"):
            yield f"{row.id}: unknown head kind {row.head_kind}"
        if row.commercial_use not in ("yes", "no", "unclear"):
            yield f"{row.id}: commercial use is yes, no or unclear"
        if not set(row.frameworks) <= {"pytorch", "keras", "jax"}:
            yield f"{row.id}: unknown framework"
    yield from (f"{row.id}: unknown track" for row in tables.tasks if row.track not in TRACKS)
    families = set(Family)
    yield from (f"{row.id}: unknown family" for row in tables.models if row.family not in families)


RULE_ONLY_SOURCES = frozenset({"pytorch", "mteb", "goyal-2017", "malladi-2022", "distil-whisper", "in-batch-negatives"})
"""Sources that only rules cite, not rows; a test holds them against the rules."""


def repeated(name: str, keys: Iterator[object]) -> Iterator[str]:
    """A finding for each key that stands more than once in the table of this name."""
    yield from (f"{name}: {key} stands {count} times" for key, count in Counter(keys).items() if count > 1)
