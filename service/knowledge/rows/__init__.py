"""The rows of the knowledge tables. Each file `tables/<name>.toml` is one array of tables of one of these."""

# pyright: reportUnusedImport=false

from service.knowledge.rows.checkpoint import (
    ArchitectureRow,
    BuildRow,
    CheckpointRow,
    PartRow,
    RecipeRow,
    TagRow,
)
from service.knowledge.rows.claim import Claim, ConstantRow, Row, SourceRow
from service.knowledge.rows.guidance import AdaptationRow, ChecklistRow, NoticeRow, RiskRow, TopicRow
from service.knowledge.rows.model import BlockRow, BufferRow, CellRow, Lineage, LineageRow, ModelRow, RoleRow
from service.knowledge.rows.resources import ActivationRow, FootprintRow
from service.knowledge.rows.standing import OutsiderRow, Prior, RankingRow, ResultRow
from service.knowledge.rows.strategy import BandRow, ExperimentRow, OrderRow, PreferenceRow, StrategyRow, VoteRow
from service.knowledge.rows.tables import Tables, put_back, set_aside
from service.knowledge.rows.target import TRACKS, CorpusRow, DomainRow, MetricRow, SimilarityRow, TaskRow
from service.knowledge.rows.training import (
    DecayRow,
    DeviceRow,
    FamilyRow,
    FreezeShareRow,
    LengthRow,
    Place,
    RateRow,
    RunCells,
    RunsRow,
    ShapeRow,
    WeightDecayRow,
)
