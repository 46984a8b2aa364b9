"""Every model by name: the curated rows, and those that are computed when somebody asks for them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import structs

from service.contract.words import Task
from service.knowledge.blocks import Block, Blocks, built_blocks, in_towers
from service.knowledge.catalogue.computed import JUDGED_NOTE, built_row, first_row, like_row, tag_row
from service.knowledge.catalogue.counting import count
from service.knowledge.rows import CheckpointRow, ModelRow, Tables, TagRow

WORD = re.compile(r"[a-z]+")

IN_FEWER_BITS = re.compile(
    r"(?:-unsloth)?-(?:bnb-4bit|[3-8]bit|bf16|awq(?:-int4)?|gptq(?:-int[48])?|fp8(?:-dynamic|-block)?)$", re.IGNORECASE
)
"""How the ids of copies end whose weights lie in other bits, and in a form that trainers load."""

MIRRORS = ("unsloth/",)
"""Owners on the hub who publish the weights of others, whole, under the names that these have."""

KEPT_MODELS = 256
"""Models whose written blocks are kept: about 5 MiB at most, by ids of the catalogue and never by a caller's words."""


class Models(Mapping[str, ModelRow]):
    """The models by id, in the order: curated, checkpoints, tags of libraries. Only curated rows are held whole."""

    def __init__(self, tables: Tables) -> None:
        self._curated = {row.id: row for row in tables.models}
        named = {name.lower() for row in tables.models for name in (row.id, row.checkpoint, *row.aliases)}
        self._checkpoints = {row.id: row for row in tables.checkpoints}
        ranked = self._curated.keys()
        self._tags = {row.id: row for row in tables.tags if row.id in ranked or row.id.lower() not in named}
        self._architectures = {row.id: row for row in tables.architectures}
        self._builds = {row.id: row for row in tables.builds}
        self._recipes = {row.id: row for row in tables.recipes}
        self._judged = Blocks(tables.blocks)
        self._computed: dict[str, ModelRow] = {}
        self._judged_tasks: dict[str, tuple[Task, ...]] = {}
        for cell in tables.cells:
            self._judged_tasks[cell.model] = (*self._judged_tasks.get(cell.model, ()), cell.task)

    def __getitem__(self, model: str) -> ModelRow:
        """The row of a model, computed when it is first asked for. Raises KeyError for an id that no table has."""
        row = self._curated.get(model) or self._computed.get(model)
        if row is None:
            row = self._computed[model] = self._compute(model)
        return row

    def _compute(self, model: str) -> ModelRow:
        if model in self._checkpoints:
            return self._checkpoint(self._checkpoints[model])
        tag = self._tags[model]
        return tag_row(tag, self._builds[tag.build], self._recipes[tag.recipe])

    def __iter__(self) -> Iterator[str]:
        yield from self._curated
        yield from (model for model in self._checkpoints if model not in self._curated)
        yield from (model for model in self._tags if model not in self._curated)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, model: object) -> bool:
        return model in self._curated or model in self._checkpoints or model in self._tags

    def is_ranked(self, model: str) -> bool:
        """Whether the maintainers have judged the model, and the answers rank it."""
        return model in self._curated

    def judged(self) -> tuple[ModelRow, ...]:
        """The ranked models: the curated ones, and those of the others that have a cell."""
        computed = (self[model] for model in self._judged_tasks if model not in self._curated)
        return (
            *map(self._with_build, self._curated.values()),
            *(structs.replace(row, note=JUDGED_NOTE) for row in computed),
        )

    def _with_build(self, row: ModelRow) -> ModelRow:
        """A curated row with what its library's build says of images, where the row does not."""
        build = self._builds.get(row.checkpoint.partition(".")[0])
        if build is None or row.cell_px:
            return row
        return structs.replace(row, cell_px=build.cell_px, position_table=build.position_table)

    def names(self) -> Iterator[tuple[str, str]]:
        """Every spelling of every model with the model's id; curated models come last, and so prevail."""
        computed: tuple[Iterable[TagRow | CheckpointRow], ...] = (self._tags.values(), self._checkpoints.values())
        for row in (row for rows in computed for row in rows):
            yield from ((name, row.id) for name in (row.id, *row.aliases))
        for row in self._curated.values():
            yield from ((name, row.id) for name in (row.id, row.checkpoint, *row.aliases))

    def blocks(self, model: str) -> tuple[Block, ...]:
        """The blocks of a model, stem to head. Raises KeyError for an id that no table has."""
        if model in self._judged:
            return self._judged[model]
        if model in self._curated and self._curated[model].build:
            return built_blocks(self._builds[self._curated[model].build])
        if model in self._tags:
            return built_blocks(self._builds[self._tags[model].build])
        row = self._checkpoints[model]
        if row.like:
            return self.blocks(row.like)
        if row.build:
            return built_blocks(self._builds[row.build])
        return count(self._architectures[row.architecture or ""], row.config).blocks

    def build_of(self, model: ModelRow) -> str:
        """The library's architecture that a model is built as: told by its tag, or by the name before the first dot."""
        row = self._checkpoints.get(model.id)
        while row is not None and row.like:
            if row.like in self._tags or row.like in self._curated:
                return self.build_of(self[row.like])
            row = self._checkpoints.get(row.like)
        if row is not None:
            return row.build
        tag = self._tags.get(model.id)
        return tag.build if tag else model.checkpoint.partition(".")[0]

    def _checkpoint(self, row: CheckpointRow) -> ModelRow:
        if row.like:
            other = self[row.like]
            return like_row(row, other, self._judged_tasks.get(other.id, ()))
        if row.build:
            return built_row(row, self._builds[row.build])
        return first_row(row, self._architectures[row.architecture or ""], row.config)


class Spellings(Mapping[str, ModelRow]):
    """The models by every spelling of theirs, in lower case, which are put in order when one is asked for.

    A copy in other bits, or in a mirror, is found by what it is a copy of: `somebody/qwen3-8b-awq` is `Qwen/Qwen3-8B`.
    """

    def __init__(self, models: Models) -> None:
        self._models = models

    def __getitem__(self, spelling: str) -> ModelRow:
        return self._models[self._ids[spelling if spelling in self._ids else self._copied(spelling)]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, spelling: object) -> bool:
        return spelling in self._ids or (isinstance(spelling, str) and self._copied(spelling) in self._ids)

    def _copied(self, spelling: str) -> str:
        """The spelling of what this is a copy of, by the owner's own name or by the model's alone; else itself."""
        whole = IN_FEWER_BITS.sub("", spelling)
        if whole in self._ids or (whole == spelling and not spelling.startswith(MIRRORS)):
            return whole
        return self._without_owner.get(whole.rpartition("/")[2], spelling)

    @cached_property
    def _without_owner(self) -> dict[str, str]:
        """A spelling of each model by its part behind the owner; a model's own id prevails."""
        hub = [(name.rpartition("/")[2], name, model.lower()) for name, model in self._ids.items() if "/" in name]
        return {own: name for own, name, _ in hub} | {own: name for own, name, model in hub if name == model}

    @cached_property
    def _ids(self) -> dict[str, str]:
        return {name.lower(): model for name, model in self._models.names()}

    @cached_property
    def by_word(self) -> dict[str, list[str]]:
        """The spellings by the words of the name without its owner: `openai/clip-vit` by `clip` and by `vit`."""
        found: dict[str, list[str]] = {}
        for spelling in self._ids:
            for word in set(WORD.findall(spelling.rpartition("/")[2])):
                found.setdefault(word, []).append(spelling)
        return found


class ModelBlocks(Mapping[str, tuple[Block, ...]]):
    """The blocks of the models by their id, kept for `KEPT_MODELS` of them. `towers` are the words of towers' names."""

    def __init__(self, models: Models, towers: frozenset[str]) -> None:
        self._models, self._towers = models, towers
        self._kept: dict[str, tuple[Block, ...]] = {}

    def __getitem__(self, model: str) -> tuple[Block, ...]:
        blocks = self._kept.get(model)
        if blocks is None:
            if len(self._kept) >= KEPT_MODELS:
                self._kept.clear()
            blocks = self._kept[model] = in_towers(self._models.blocks(model), self._towers)
        return blocks

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)
