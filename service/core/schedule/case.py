"""What a schedule is decided by, step by step."""

import math

import msgspec
from msgspec import Struct

from service.contract.freeze import FreezeBlock
from service.contract.job import JobFixed, JobSchedule
from service.contract.words import (
    BlockKind,
    CurveShape,
    Family,
    Method,
    NormKind,
    Objective,
    Optimizer,
    Policy,
    SimilarityLevel,
    Strategy,
    Task,
)
from service.core.catalogue.heads import GENERATORS, LEAST_TOGETHER, TOGETHER
from service.core.job.machine import DeviceBatch, split_batch
from service.core.rules.resolved_inputs import known
from service.knowledge.index import Knowledge
from service.knowledge.rows import ConstantRow, LengthRow, Place, RateRow


class KnownPlace(Struct, frozen=True):
    """Where a rate worked: the rate, the row of the table for that place, and how it was trained there."""

    rate: float
    row: RateRow
    optimizer: Optimizer
    batch_size: int | None


class TimeLimit(Struct, frozen=True):
    """The hours that there are, those that the run would take at its usual `wanted` passes, and the passes that go."""

    hours: float
    needed: float
    wanted: float
    epochs: float


class ScheduleCase(Struct, frozen=True):
    """A training run whose rates are asked for.

    `rates` and `length` are the rows that the schedule rests on. `params` None: the size is not known; `blocks` None:
    neither is the build. `keeps_head`: the head is pretrained. The fields from `batch_size` on are decided one after
    the other, in this order; until then they are 0, or the family's usual. `limit` None: the hours
    that there are do not shorten the run.
    """

    know: Knowledge
    task: Task | None
    family: Family
    objective: Objective
    strategy: Strategy
    method: Method | None
    level: SimilarityLevel
    policy: Policy
    place: Place
    params: int | None
    norm: NormKind | None
    blocks: list[FreezeBlock] | None
    examples: int | None
    classes: int | None
    devices: int
    fixed: JobFixed
    wishes: JobSchedule
    given_batch: int | None
    known_place: KnownPlace | None
    optimizer: Optimizer
    rates: RateRow
    length: LengthRow
    keeps_head: bool
    batch_size: int = 0
    epochs: float | None = None
    total_steps: int = 0
    shape: CurveShape = CurveShape.LINEAR
    warmup_steps: int = 0
    factor: float = 1.0
    limit: TimeLimit | None = None

    def decided(self, **changes: object) -> "ScheduleCase":
        """The case with more of it decided."""
        return msgspec.structs.replace(self, **changes)

    @property
    def accumulation(self) -> int:
        """Passes whose gradients one optimizer step adds up."""
        return known(self.fixed.accumulation) or 1

    @property
    def device_batch(self) -> DeviceBatch:
        """The batch as the devices see it; one that is larger than the data holds the data."""
        return split_batch(self.fixed, self.seen_batch, self.devices, self.least_per_device)

    @property
    def least_per_device(self) -> int:
        """Examples that a device must see at a time: batch norms need some, and so does what is held together."""
        least = int(self.know.number("batch-norm-least")) if self.norm is NormKind.BATCH else 1
        if not self.together:
            return least
        return max(least, self.length.batch_size if self.given_batch is None else LEAST_TOGETHER)

    @property
    def together(self) -> bool:
        """Whether the loss holds each example against the others that a device sees at a time."""
        return self.task in TOGETHER

    @property
    def per_device(self) -> int:
        """Examples that one device sees at a time."""
        return self.device_batch.per_device

    @property
    def batch_pointer(self) -> str:
        """Where the request gives its batch size, or else the answer."""
        if known(self.fixed.per_device_batch_size) is not None:
            return "/fixed/per_device_batch_size"
        return "/setup/per_device_batch" if known(self.fixed.batch_size) is None else "/fixed/batch_size"

    @property
    def seen_batch(self) -> int:
        """The batch that rates are scaled to: a batch larger than the data holds the data."""
        return min(self.batch_size, self.pairs or self.examples or self.batch_size)

    @property
    def depth(self) -> int:
        """Blocks of the backbone; where they are not known, those of the backbone that decays are published for."""
        backbone = [block for block in self.blocks or [] if block.kind is not BlockKind.HEAD]
        return len(backbone) or int(self.know.number("decay-reference-depth"))

    @property
    def trains_backbone(self) -> bool:
        """Whether the backbone, or an adapter in it, has a rate of its own."""
        return self.rates.backbone > 0

    @property
    def unknown(self) -> bool:
        """Whether nothing tells the family: then a rate is known to a power of ten at best."""
        return self.family is Family.UNKNOWN

    @property
    def on_pairs(self) -> bool:
        """Whether the published rates of contrastive few-shot tuning hold."""
        return self.method is Method.CONTRASTIVE_FEW_SHOT and self.optimizer not in (Optimizer.SGD, Optimizer.ADAFACTOR)

    @property
    def writes(self) -> bool:
        """Whether the run teaches to write or to find answers, which few passes do."""
        return self.family in GENERATORS or self.task is Task.QUESTION_ANSWERING

    @property
    def most_passes(self) -> ConstantRow:
        """The bound of the passes over the labelled data."""
        if self.writes:
            return self.know.constants["passes-most-writing"]
        if self.family is Family.SPEECH_SEQ2SEQ:
            return self.know.constants["passes-most-transcribing"]
        tunes_texts = self.family is Family.TEXT_ENCODER and self.strategy in (Strategy.FULL, Strategy.PARTIAL)
        return self.know.constants["passes-most-texts" if tunes_texts else "passes-most"]

    @property
    def pairs(self) -> int | None:
        """Pairs of texts that are drawn, as many of one class as of two; None where none are formed."""
        if self.method is not Method.CONTRASTIVE_FEW_SHOT or not self.examples or not self.classes:
            return None
        number = self.know.number
        return int(min(number("pairs-per-text") * self.examples, number("pairs-most")))

    @property
    def steps_per_epoch(self) -> int | None:
        """Optimizer steps in one pass over the data, incomplete accumulation and, unless dropped, batch included."""
        if self.examples is None:
            return None
        share = (self.pairs or self.examples) / max(1, self.batch_size // self.accumulation)
        batches = math.floor(share) if self.wishes.drop_last else math.ceil(share)
        return math.ceil(batches / self.accumulation)

    @property
    def less_than_a_step(self) -> bool:
        """Whether the given epochs come to less than one optimizer step."""
        epochs, per_epoch = known(self.fixed.epochs), self.steps_per_epoch
        return epochs is not None and per_epoch is not None and epochs * per_epoch < 1
