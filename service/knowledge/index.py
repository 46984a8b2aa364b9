"""The tables, arranged for the questions that the rules ask."""

import math
from collections.abc import Mapping
from functools import cached_property
from itertools import product

import msgspec
from msgspec import Struct, UnsetType

from service.contract.explain import Ruleset
from service.contract.words import (
    STEPS_AS,
    BlockKind,
    Family,
    Modality,
    Optimizer,
    Policy,
    Strategy,
    Task,
    Trainer,
)
from service.knowledge.blocks import Block
from service.knowledge.catalogue.models import ModelBlocks, Models, Spellings
from service.knowledge.compiled import Compiled
from service.knowledge.devices import Devices
from service.knowledge.identity import RULESET_VERSION
from service.knowledge.rows import (
    ActivationRow,
    DomainRow,
    ExperimentRow,
    Lineage,
    ModelRow,
    Place,
    RateRow,
    ResultRow,
    RunsRow,
    Tables,
    TaskRow,
    put_back,
)
from service.knowledge.standings.merits import Cell, Merits

ANYWHERE = Place()
"""No place that a rate could differ by."""


class Alike(Struct, frozen=True):
    """Experiments on models and data of one kind: each with the logarithm of its examples, where they are known."""

    kind: ExperimentRow
    members: tuple[tuple[float | None, ExperimentRow], ...]


class Knowledge:
    """Every table by its key. Built once; nothing changes it afterwards."""

    def __init__(self, compiled: Compiled, digest: str) -> None:
        self.tables = tables = compiled.tables
        self._catalogue = compiled.catalogue
        self.ruleset = Ruleset(version=RULESET_VERSION, hash=digest)
        self.sources = {row.id: row for row in tables.sources}
        self.constants = {row.id: row for row in tables.constants}
        self.bands = {row.id: row for row in tables.bands}
        self.preferences = {
            (row.track, band, level): row for row in tables.preferences for band in row.bands for level in row.levels
        }
        self.votes = {
            rule: tuple(row for row in tables.votes if row.rule == rule) for rule in {row.rule for row in tables.votes}
        }
        self.orders = {row.id: row for row in tables.orders}
        self.experiments = {task: _alike(tables.experiments, task) for task in Task}
        self.strategies = {row.id: row for row in tables.strategies}
        self.freeze_shares = {(row.band, row.level): row for row in tables.freeze_shares}
        self.rates: dict[tuple[Family, Strategy, Optimizer, Policy], list[RateRow]] = {}
        for row in sorted(tables.rates, key=lambda row: (-row.narrowness, row.max_params or float("inf"))):
            for key in product(row.families, row.strategies, row.optimizers, row.policies):
                self.rates.setdefault(key, []).append(row)
        self.trainable = {
            family: frozenset(strategy for known, strategy, _, _ in self.rates if known is family) for family in Family
        }
        self.lengths = {key: row for row in tables.lengths for key in product(row.families, row.strategies)}
        self.shapes = {row.shape: row for row in tables.shapes}
        self.layer_decay = {row.level: row for row in tables.layer_decay}
        self.weight_decay = {family: row for row in tables.weight_decay for family in row.families}
        self.families = {row.id: row for row in tables.families}
        self.devices = Devices(tables.devices)
        self.footprints = {row.family: row for row in tables.footprints}
        self.tasks = {row.id: row for row in tables.tasks}
        self.metrics = {row.id: row for row in tables.metrics}
        self.domains = {row.id: row for row in tables.domains}
        self.corpora = {row.id: row for row in tables.corpora}
        self.similarities = {(row.domain, row.corpus): row for row in tables.similarities}
        self.counted = {
            unit: tuple(row for row in tables.constants if row.unit == unit)
            for unit in {row.unit for row in tables.constants}
        }
        """The numbers of the tables by the unit that they count."""
        self.adaptable = frozenset(row.family for row in tables.models if row.lora_targets)
        """Families with models that adapters can be put beside."""
        self._plain: dict[str, bool] = {}
        self.buffers = frozenset(row.name for row in tables.buffers)
        """Last parts of the names under which libraries save what is no parameter."""
        self.statistics = frozenset(row.name for row in tables.buffers if row.statistic)
        """Those of them that are parameters nowhere."""
        self.buffer_pattern = rf"(?:^|[./])(?:{'|'.join(sorted(self.buffers))})$"
        self.lineage = {kind: tuple(row.word for row in tables.lineage if row.kind is kind) for kind in Lineage}
        """The words by which the kin of a model is recognised."""
        self.cells = {(row.model, row.task): row for row in tables.cells}
        self.serving = {task: tuple(row for row in tables.models if (row.id, task) in self.cells) for task in Task}
        """The models that were judged for a task, in catalogue order."""
        self.merits = Merits(compiled.cells, compiled.marks)
        self.topics = {row.id: row for row in tables.topics}
        self.risks = {row.id: row for row in tables.risks}
        self.notices = {row.code: row for row in tables.notices}

    @cached_property
    def catalogue(self) -> Tables:
        """All tables, those of the catalogue among them, which are opened here."""
        return put_back(self.tables, self._catalogue)

    @cached_property
    def models(self) -> Models:
        """Every model by its id."""
        return Models(self.catalogue)

    @cached_property
    def spellings(self) -> Spellings:
        """Every model by each of its spellings."""
        return Spellings(self.models)

    @cached_property
    def blocks(self) -> Mapping[str, tuple[Block, ...]]:
        """The blocks of every model, by its id."""
        return ModelBlocks(self.models, frozenset(row.word for row in self.tables.roles if row.role == "tower"))

    @cached_property
    def _activations(self) -> dict[str, ActivationRow]:
        return {row.id: row for row in self.catalogue.activations}

    @property
    def runs(self) -> dict[Trainer, RunsRow]:
        """What each trainer was seen to do; without those that were never run."""
        return {row.trainer: row for row in self.tables.runs}

    def number(self, constant: str) -> float:
        """The value of a row of `constants.toml`. Raises KeyError for an id that no row has: a fault in the code."""
        return self.constants[constant].value

    def rate(
        self,
        family: Family,
        strategy: Strategy,
        optimizer: Optimizer,
        params: int | None,
        policy: Policy = Policy.EVIDENCE,
        place: Place = ANYWHERE,
    ) -> RateRow | None:
        """The rates for a model of this size in this place: the narrowest row that holds, scaled to the size.

        Without a size the rates stand at the row's own. None where nothing is published.
        """
        rows = self.rates.get((family, strategy, STEPS_AS[optimizer], policy), [])
        row = next((row for row in rows if row.holds(params, place)), None)
        return row if row is None or params is None else self._sized(row, params)

    def size_factor(self, row: RateRow, params: int | None) -> float:
        """How much a rate of this row differs at this size from the published one; bounded on both sides."""
        if params is None or not row.reference_params:
            return 1.0
        most = self.number("rate-size-most")
        factor: float = (row.reference_params / params) ** row.size_exponent
        return min(most, max(1 / most, factor))

    def _sized(self, row: RateRow, params: int) -> RateRow:
        """The row at this size. Only the backbone's rates follow size; the head's are never below them."""
        factor = self.size_factor(row, params)
        if factor == 1:
            return row
        low, usual, high = row.backbone_low * factor, row.backbone * factor, row.backbone_high * factor
        return msgspec.structs.replace(
            row,
            backbone_low=low,
            backbone=usual,
            backbone_high=high,
            head_low=max(row.head_low, low),
            head=max(row.head, usual),
            head_high=max(row.head_high, high),
            harmful=row.harmful * factor,
        )

    def find_model(self, name: str | UnsetType) -> ModelRow | None:
        """The catalogue's row for any spelling of a model; None where it has none, or no name is given."""
        return None if isinstance(name, UnsetType) else self.spellings.get(name.lower())

    def is_plain(self, model: str) -> bool:
        """Whether a model's blocks are all of one size, as in a plain transformer; not so in a CNN or a Swin."""
        plain = self._plain.get(model)
        if plain is None:
            sizes = {block.params for block in self.blocks[model] if block.kind is BlockKind.BLOCK}
            plain = self._plain[model] = len(sizes) == 1
        return plain

    def tasks_of(self, row: ModelRow) -> tuple[Task, ...]:
        """The tasks that a model can do: those that it was judged for, or else those of its kind."""
        return tuple(task for task in Task if self.serves(row, task))

    def serves(self, row: ModelRow, task: Task) -> bool:
        """Whether a model can do the task."""
        like = self.tasks[task].like
        return (row.id, task) in self.cells or task in row.tasks or (like is not None and self.serves(row, like))

    def results_of(self, cell: Cell) -> tuple[ResultRow, ...]:
        """The published results that a cell of the matrix holds."""
        return tuple(map(self.tables.results.__getitem__, cell.rows))

    def stored_by(self, model: ModelRow) -> ActivationRow | None:
        """What the model keeps for its backward pass, where its architecture was run and counted."""
        return self._activations.get(self.models.build_of(model))

    def shares_modality(self, task: TaskRow, domain: DomainRow) -> bool:
        """Whether data of this domain can be given to this task."""
        modality: Modality = domain.modality
        return modality in task.modalities


def _alike(rows: tuple[ExperimentRow, ...], task: Task) -> tuple[Alike, ...]:
    """The experiments of a task, those together that differ from a job in all but size alike."""
    kinds: dict[tuple[object, ...], list[tuple[float | None, ExperimentRow]]] = {}
    for row in rows:
        if row.task is task:
            key = (row.family, row.objective, row.domain, row.distinction, row.out_of_distribution)
            kinds.setdefault(key, []).append((math.log10(row.examples) if row.examples else None, row))
    return tuple(Alike(members[0][1], tuple(members)) for members in kinds.values())
