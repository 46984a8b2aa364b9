"""Lints of computed models: that they are whole, count as others count them, and have names of their own."""

from collections import Counter
from collections.abc import Iterator

from service.contract.words import BlockKind
from service.knowledge.blocks import built_blocks
from service.knowledge.catalogue.formulas import BrokenFormula
from service.knowledge.catalogue.models import Models
from service.knowledge.rows import CheckpointRow, Tables

UNCOUNTED = (BrokenFormula, KeyError, RecursionError)
"""What counting raises for a row that another lint finds fault with."""

SAID_ONCE = ("corpus", "objective", "year", "licence", "commercial_use", "pretraining")
"""What a checkpoint must say that has no other one to take it from."""

TELLING = 1000
"""A total that ends in fewer noughts than this number has was counted, not rounded."""


def checkpoints_are_whole(tables: Tables) -> Iterator[str]:
    """A checkpoint states its build, or takes it from one other model, which exists and does not lead back to it."""
    known = {row.id for row in tables.models} | {row.id for row in tables.checkpoints}
    likes = {row.id: row.like for row in tables.checkpoints}
    architectures = {row.id for row in tables.architectures}
    builds = {row.id for row in tables.builds}
    for row in tables.checkpoints:
        if sum(map(bool, (row.architecture, row.like, row.build))) != 1:
            yield f"{row.id} needs one of an architecture, a build, and a model that it is like"
        if not row.like:
            yield from (f"{row.id} does not say its {name}" for name in SAID_ONCE if not getattr(row, name))
        if row.config and row.architecture is None:
            yield f"{row.id} has numbers without an architecture"
        if row.architecture and row.architecture not in architectures:
            yield f"{row.id}: unknown architecture {row.architecture}"
        if row.build and row.build not in builds:
            yield f"{row.id}: unknown build {row.build}"
        yield from (f"{row.id}: unknown model {name}" for name in (row.like, row.parent) if name and name not in known)
        if row.architecture and row.config_source in (None, "judgement"):
            yield f"{row.id} does not say where its configuration can be read"
        if _leads_back(row.id, likes):
            yield f"{row.id} is like itself"


def checkpoints_can_be_counted(tables: Tables) -> Iterator[str]:
    """Every formula has its numbers, and a model ends with its head."""
    models = Models(tables)
    for row in tables.checkpoints:
        try:
            blocks = models.blocks(row.id)
        except UNCOUNTED as error:
            yield f"{row.id} cannot be counted: {error}"
            continue
        if [block.kind for block in blocks].count(BlockKind.HEAD) != 1 or blocks[-1].kind is not BlockKind.HEAD:
            yield f"{row.id} does not end with one head"


def totals_agree(tables: Tables) -> Iterator[str]:
    """The parameters are as many as another source says, to its last digit."""
    models = Models(tables)
    for row in tables.checkpoints:
        if bool(row.total_params) != (row.total_source is not None) or (row.extra_params and not row.total_params):
            yield f"{row.id}: a total, its source and what it counts more stand together"
        if row.total_params:
            last = rounding(row.total_params)
            try:
                ours = sum(block.params or 0 for block in models.blocks(row.id)) + row.extra_params
            except UNCOUNTED:
                continue  # another lint says so
            if abs(row.total_params - ours) > (last if last >= TELLING else 0):
                yield f"{row.id}: {ours} parameters, {row.total_source} says {row.total_params}"


def rounding(total: int) -> int:
    """What one more in the last digit that a total states is worth: 1000000 for 118000000, and 1 for 117653761."""
    return int(10 ** (len(str(total)) - len(str(total).rstrip("0"))))


def builds_add_up(tables: Tables) -> Iterator[str]:
    """Generated rows resolve, their blocks add up, and none is left over."""
    recipes = {row.id for row in tables.recipes}
    builds = {row.id for row in tables.builds}
    for row in tables.builds:
        blocks = built_blocks(row)
        if sum(block.params or 0 for block in blocks) != row.params:
            yield f"{row.id}: the blocks do not add up"
        if blocks[-1].kind is not BlockKind.HEAD:
            yield f"{row.id} does not end with a head"
    for row in tables.tags:
        if row.build not in builds or row.recipe not in recipes:
            yield f"{row.id}: unknown build {row.build} or recipe {row.recipe}"
    used = {row.build for row in tables.tags} | {row.build for row in tables.checkpoints}
    yield from (f"{build} is the build of no checkpoint" for build in builds - used)


def names_are_unique(tables: Tables) -> Iterator[str]:
    """No two models share a spelling; a tag that a curated model stands for has given its name up."""
    found = Counter((name.lower(), model) for name, model in Models(tables).names())
    shared = Counter(name for name, _ in found)
    curated = {name.lower() for row in tables.models for name in (row.id, row.checkpoint, *row.aliases)}
    yield from (f"{name} names two models" for name, many in shared.items() if many > 1 and name not in curated)
    stated = {name.lower() for row in tables.checkpoints for name in (row.id, *row.aliases)}
    yield from (f"{name} is a checkpoint and a curated model" for name in sorted(stated & curated))


def computed_models_can_be_trained(tables: Tables) -> Iterator[str]:
    """The family of every architecture and build has rates, and reads what its tasks need."""
    trainable = {family for row in tables.rates for family in row.families}
    tasks = {row.id: set(row.modalities) for row in tables.tasks}
    for row in (*tables.architectures, *tables.builds):
        if row.family not in trainable:
            yield f"{row.id}: no rate is known for a {row.family}"
        if any(not tasks[task] & set(row.modalities) for task in row.tasks):
            yield f"{row.id} cannot read what one of its tasks needs"


def facts_of(row: CheckpointRow) -> tuple[str, ...]:
    """The sources that a checkpoint names."""
    named = (row.config_source, row.pretraining_source, row.licence_source, row.total_source, row.fp16_source)
    return tuple(source for source in named if source is not None)


def checkpoints_cite_sources(tables: Tables) -> Iterator[str]:
    """Each source that a checkpoint names is a row."""
    known = {row.id for row in tables.sources}
    for row in tables.checkpoints:
        yield from (f"{row.id}: unknown source {source}" for source in facts_of(row) if source not in known)


def _leads_back(model: str, likes: dict[str, str]) -> bool:
    """Whether a model is like one that is like it."""
    seen = {model}
    while model := likes.get(model, ""):
        if model in seen:
            return True
        seen.add(model)
    return False
