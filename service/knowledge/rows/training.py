"""How a plan trains: what is frozen, at which rates, for how long, in which shape, and on what."""

from typing import Annotated

from msgspec import Meta, Struct, structs

from service.contract.words import (
    CurveShape,
    DatasetBand,
    Distinction,
    Family,
    Method,
    Objective,
    Optimizer,
    Policy,
    SimilarityLevel,
    Strategy,
    Trainer,
    WarmupKind,
)
from service.knowledge.rows.claim import Claim, Id, Row, Text


class FreezeShareRow(Claim, frozen=True, kw_only=True):
    """Share of backbone blocks to freeze for one band and similarity, and share of the rest to train at full rate."""

    band: DatasetBand
    level: SimilarityLevel
    frozen_share: Annotated[float, Meta(ge=0, le=1)]
    full_rate_share: Annotated[float, Meta(ge=0, le=1)]
    claim: Text


class Place(Struct, frozen=True):
    """By what rates differ within a family, strategy and optimizer; None: not known, or not asked.

    `model` is an id of the catalogue. `unit_features`: a head is trained on features that are scaled to length one.
    """

    objective: Objective | None = None
    level: SimilarityLevel | None = None
    distinction: Distinction | None = None
    model: str | None = None
    unit_features: bool = False


class RateRow(Claim, frozen=True, kw_only=True):
    """Peak rates of these families, strategies and optimizers at a reference batch and size.

    A rate of 0 means: not trained. `objectives` to `unit_features` name the places that the row is for, and it goes
    before the rows that name fewer; empty: any. `models` are ids of the catalogue, or how these begin.
    """

    id: Id
    families: tuple[Family, ...]
    strategies: tuple[Strategy, ...]
    optimizers: tuple[Optimizer, ...]
    max_params: int
    """The row holds up to this many parameters; 0 means any size. The smallest row that holds is taken."""
    backbone_low: float
    backbone: float
    backbone_high: float
    head_low: float
    head: float
    head_high: float
    reference_batch: int
    claim: Text
    policies: tuple[Policy, ...] = tuple(Policy)
    objectives: tuple[Objective, ...] = ()
    levels: tuple[SimilarityLevel, ...] = ()
    distinctions: tuple[Distinction, ...] = ()
    models: tuple[str, ...] = ()
    unit_features: bool = False
    harmful: float = 0.0
    """Lowest rate that is known to destroy what was learned, at the reference size; 0: none is known."""
    rank_exponent: float = 0.0
    """Rates of an adapter rise as (rank / 16) to this power, at one and the same alpha."""
    reference_params: int = 0
    """The size at which the rates stand; 0 means any size."""
    size_exponent: float = 0.0
    """Rates fall as (reference_params / params) to this power."""
    point_low: float = 0.0
    """Lowest and highest rate at which a sweep lost less than one point on average; 0 without a sweep."""
    point_high: float = 0.0
    tried_low: float = 0.0
    """Lowest and highest rate that the sweep tried."""
    tried_high: float = 0.0
    point_batch: int = 0
    point_cells: int = 0
    """How many datasets and methods the sweep ran over."""
    point_objectives: tuple[Objective, ...] = ()
    """How the models of the sweep were pretrained; empty: in any way."""

    @property
    def narrowness(self) -> int:
        """How many kinds of place the row names."""
        return sum(map(bool, (self.objectives, self.levels, self.distinctions, self.models, self.unit_features)))

    def holds(self, params: int | None, place: Place) -> bool:
        """Whether the row is for this size and place."""
        return (
            (params is None or self.max_params == 0 or params <= self.max_params)
            and (not self.objectives or place.objective in self.objectives)
            and (not self.levels or place.level in self.levels)
            and (not self.distinctions or place.distinction in self.distinctions)
            and (not self.models or (place.model or "").startswith(self.models))
            and (not self.unit_features or place.unit_features)
        )


class LengthRow(Claim, frozen=True, kw_only=True):
    """How long to train these families with these strategies, and how."""

    families: tuple[Family, ...]
    strategies: tuple[Strategy, ...]
    epochs: float
    head_epochs: float
    """Epochs of the head-only phase that comes before; 0 where there is none."""
    min_steps: int
    shape: CurveShape
    batch_size: int
    claim: Text


class ShapeRow(Claim, frozen=True, kw_only=True):
    """A shape of schedule: its defaults, and the options that it takes. Shares are of all steps."""

    shape: CurveShape
    warmup_kind: WarmupKind
    warmup_share: float
    start_ratio: float
    end_ratio: float
    hold_share: float
    cycles: float
    power: float
    gamma: float
    every_share: float
    options: tuple[str, ...]
    claim: Text


class DecayRow(Claim, frozen=True, kw_only=True):
    """Factor between the rates of neighbouring blocks of a 12-block backbone, by similarity."""

    level: SimilarityLevel
    low: float
    decay: float
    high: float
    claim: Text


class WeightDecayRow(Claim, frozen=True, kw_only=True):
    """Decoupled weight decay for these families; norms and biases get none."""

    families: tuple[Family, ...]
    weight_decay: float
    claim: Text


class FamilyRow(Claim, frozen=True, kw_only=True):
    """What is taken of a model of this family whose description is silent: its objective, and its size."""

    id: Family
    objective: Objective
    typical_params: int
    claim: Text


class DeviceRow(Claim, frozen=True, kw_only=True):
    """A training device or a compute word, its memory, and whether it computes in bf16 and fp16 by circuits of its own.

    Of a card that drivers show as several devices, it is one of these, and `count` is how many.

    `*_tflops` are its peaks without sparsity, summed in 32 bits; 16-bit ones are left out where the device is no faster
    in them. `bandwidth_gbs`: gigabytes a second to and from its memory; `link_gbs`: to the next device and back.
    `watts`: what it may draw. Of a CPU peak and watts are of one core. `slice_count`: parts that MIG can cut its
    processors into. What is left out is not known.
    """

    id: Id
    kind: str
    count: int
    memory_gib: float
    aliases: tuple[Text, ...] = ()
    slice_count: int | None = None
    fp32_tflops: float | None = None
    tf32_tflops: float | None = None
    fp16_tflops: float | None = None
    bf16_tflops: float | None = None
    bandwidth_gbs: float | None = None
    link_gbs: float | None = None
    watts: float | None = None
    bf16: bool = True
    fp16: bool = True

    def part(self, slices: int, memory_gib: int) -> "DeviceRow | None":
        """The part of the device that MIG gives `slices` of its processors and so much memory; None where it cannot."""
        if self.slice_count is None or not 0 < slices <= self.slice_count or not 0 < memory_gib <= self.memory_gib:
            return None
        peaks = ("fp32_tflops", "tf32_tflops", "fp16_tflops", "bf16_tflops")
        shares = dict.fromkeys(peaks, slices / self.slice_count) | {"bandwidth_gbs": memory_gib / self.memory_gib}
        known = {name: getattr(self, name) * share for name, share in shares.items() if getattr(self, name) is not None}
        return structs.replace(self, memory_gib=float(memory_gib), watts=None, link_gbs=None, **known)


class RunCells(Row, frozen=True):
    """Cells in which a trainer was run: every method with every shape, precision, number of phases, and devices."""

    methods: tuple[Method, ...]
    shapes: tuple[CurveShape, ...]
    precisions: tuple[Id, ...]
    phases: tuple[int, ...]
    devices: tuple[Id, ...]


class RunsRow(Row, frozen=True):
    """What a trainer was seen to do, as `make test-real` writes it.

    `packages` are what ran, with their versions; `told` is a hash of all that they were told, by which a record is
    known to be stale. `schedules` are shapes of schedules without a plan.
    """

    trainer: Trainer
    packages: tuple[Text, ...]
    told: str
    schedules: tuple[CurveShape, ...]
    cells: tuple[RunCells, ...]

    def holds(self, method: Method, shape: CurveShape, precision: str, phases: int, devices: str) -> bool:
        """Whether the trainer was run in this cell."""
        return any(
            method in each.methods
            and shape in each.shapes
            and precision in each.precisions
            and phases in each.phases
            and devices in each.devices
            for each in self.cells
        )
