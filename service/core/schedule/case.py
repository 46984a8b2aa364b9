"""What a schedule is decided by."""

from msgspec import Struct

from service.contract.freeze import FreezeBlock
from service.contract.schedule import JobAdapter, JobShapeOptions
from service.contract.words import CurveShape, Family, Method, Optimizer, Policy, SimilarityLevel, Strategy, WarmupKind
from service.knowledge.index import Knowledge
from service.knowledge.rows import RateRow


class Known(Struct, frozen=True):
    """A rate that worked elsewhere, with the row of the table for that place."""

    rate: float
    row: RateRow
    optimizer: Optimizer
    batch_size: int | None


class RateCase(Struct, frozen=True):
    """What rates are decided by. `fixed` is the peak rate that the caller has chosen."""

    know: Knowledge
    family: Family
    strategy: Strategy
    optimizer: Optimizer
    level: SimilarityLevel
    row: RateRow
    batch_size: int
    fixed: float | None
    depth: int
    adapter: JobAdapter | None = None
    known: Known | None = None
    layer_decay: float | None = None
    params: int | None = None
    policy: Policy = Policy.EVIDENCE
    method: Method | None = None

    @property
    def on_pairs(self) -> bool:
        """Whether the published rates of contrastive few-shot tuning hold."""
        return self.method is Method.CONTRASTIVE_FEW_SHOT and self.optimizer in (Optimizer.ADAMW, Optimizer.ADAM)

    @property
    def trains_backbone(self) -> bool:
        """Whether the backbone, or an adapter in it, has a rate of its own."""
        return self.row.backbone > 0


class Wishes(Struct, frozen=True):
    """What a caller may ask of a schedule beside the plan itself. None leaves it to the rules."""

    accumulation: int = 1
    per_device: int | None = None
    warmup_kind: WarmupKind | None = None
    warmup_steps: int | None = None
    options: JobShapeOptions = JobShapeOptions()
    layer_decay: float | None = None
    adapter: JobAdapter | None = None
    known: Known | None = None
    steps: list[int] | None = None


class ScheduleCase(Struct, frozen=True):
    """What a schedule is made from. None means that the caller left it open.

    `prefix` is the JSON pointer of the request part that holds optimizer, batch size and epochs.
    """

    know: Knowledge
    prefix: str
    family: Family
    strategy: Strategy
    level: SimilarityLevel
    params: int | None
    blocks: list[FreezeBlock] | None
    optimizer: Optimizer | None
    batch_size: int | None
    examples: int | None
    epochs: float | None
    total_steps: int | None
    shape: CurveShape | None
    fixed_rate: float | None
    points: int
    wishes: Wishes = Wishes()
    policy: Policy = Policy.EVIDENCE
    method: Method | None = None
    classes: int | None = None
