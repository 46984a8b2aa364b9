"""All tables together, and those that are opened when the first model is asked for."""

import msgspec
from msgspec import Struct

from service.knowledge.rows.checkpoint import ArchitectureRow, BuildRow, CheckpointRow, RecipeRow, TagRow
from service.knowledge.rows.claim import ConstantRow, SourceRow
from service.knowledge.rows.guidance import AdaptationRow, ChecklistRow, NoticeRow, RiskRow, TopicRow
from service.knowledge.rows.model import BlockRow, BufferRow, CellRow, LineageRow, ModelRow, RoleRow
from service.knowledge.rows.resources import ActivationRow, FootprintRow
from service.knowledge.rows.standing import OutsiderRow, RankingRow, ResultRow
from service.knowledge.rows.strategy import BandRow, ExperimentRow, OrderRow, PreferenceRow, StrategyRow, VoteRow
from service.knowledge.rows.target import CorpusRow, DomainRow, MetricRow, SimilarityRow, TaskRow
from service.knowledge.rows.training import (
    DecayRow,
    DeviceRow,
    FamilyRow,
    FreezeShareRow,
    LengthRow,
    RateRow,
    RunsRow,
    ShapeRow,
    WeightDecayRow,
)


class Tables(Struct, frozen=True):
    """All tables, as decoded. The field's name is the file's name."""

    sources: tuple[SourceRow, ...]
    constants: tuple[ConstantRow, ...]
    bands: tuple[BandRow, ...]
    preferences: tuple[PreferenceRow, ...]
    votes: tuple[VoteRow, ...]
    orders: tuple[OrderRow, ...]
    experiments: tuple[ExperimentRow, ...]
    strategies: tuple[StrategyRow, ...]
    freeze_shares: tuple[FreezeShareRow, ...]
    rates: tuple[RateRow, ...]
    lengths: tuple[LengthRow, ...]
    shapes: tuple[ShapeRow, ...]
    layer_decay: tuple[DecayRow, ...]
    weight_decay: tuple[WeightDecayRow, ...]
    devices: tuple[DeviceRow, ...]
    footprints: tuple[FootprintRow, ...]
    activations: tuple[ActivationRow, ...]
    families: tuple[FamilyRow, ...]
    tasks: tuple[TaskRow, ...]
    metrics: tuple[MetricRow, ...]
    domains: tuple[DomainRow, ...]
    corpora: tuple[CorpusRow, ...]
    similarities: tuple[SimilarityRow, ...]
    models: tuple[ModelRow, ...]
    blocks: tuple[BlockRow, ...]
    architectures: tuple[ArchitectureRow, ...]
    checkpoints: tuple[CheckpointRow, ...]
    builds: tuple[BuildRow, ...]
    recipes: tuple[RecipeRow, ...]
    tags: tuple[TagRow, ...]
    roles: tuple[RoleRow, ...]
    buffers: tuple[BufferRow, ...]
    lineage: tuple[LineageRow, ...]
    cells: tuple[CellRow, ...]
    results: tuple[ResultRow, ...]
    rankings: tuple[RankingRow, ...]
    outsiders: tuple[OutsiderRow, ...]
    topics: tuple[TopicRow, ...]
    risks: tuple[RiskRow, ...]
    adaptation: tuple[AdaptationRow, ...]
    checklist: tuple[ChecklistRow, ...]
    notices: tuple[NoticeRow, ...]
    runs: tuple[RunsRow, ...]


class Catalogue(Struct, frozen=True):
    """The tables from which models are computed: most of all rows, and needed by no start."""

    activations: tuple[ActivationRow, ...]
    blocks: tuple[BlockRow, ...]
    architectures: tuple[ArchitectureRow, ...]
    checkpoints: tuple[CheckpointRow, ...]
    builds: tuple[BuildRow, ...]
    recipes: tuple[RecipeRow, ...]
    tags: tuple[TagRow, ...]


SET_ASIDE = Catalogue.__struct_fields__


def set_aside(tables: Tables) -> tuple[Tables, bytes]:
    """The tables without the catalogue's, and those encoded."""
    catalogue = Catalogue(**{name: getattr(tables, name) for name in SET_ASIDE})
    return msgspec.structs.replace(tables, **dict.fromkeys(SET_ASIDE, ())), msgspec.msgpack.encode(catalogue)


def put_back(tables: Tables, catalogue: bytes | memoryview) -> Tables:
    """All tables again."""
    opened = msgspec.msgpack.decode(catalogue, type=Catalogue)
    return msgspec.structs.replace(tables, **{name: getattr(opened, name) for name in SET_ASIDE})
