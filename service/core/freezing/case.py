"""What a freeze plan is decided by, step by step."""

from functools import cached_property

import msgspec
from msgspec import Struct

from service.contract.freeze import FreezeBlock
from service.contract.job import JobCompute
from service.contract.words import (
    BlockKind,
    BlockState,
    DatasetBand,
    Family,
    Method,
    NormKind,
    Optimizer,
    SimilarityLevel,
    Strategy,
    TargetShift,
)
from service.core.architecture.architecture import Anatomy
from service.core.choice.case import Case
from service.core.choice.comparisons import trains
from service.core.job.dataset_size import SMALL_BANDS
from service.core.resources.fitting import fitted
from service.core.rules.resolved_inputs import known
from service.knowledge.index import Block, Knowledge
from service.knowledge.rows import LengthRow

FOLLOWING = (BlockKind.NORM, BlockKind.NECK)
"""Kinds of blocks that have the state of the block before them."""


class FreezeCase(Struct, frozen=True, dict=True):
    """A job whose model is to be frozen in part.

    `strategy` None leaves the depth to size and similarity alone, as in the guides' calculator. `method` None: the
    strategy's usual one. `planned` are the blocks with their states, once the depth is decided.
    """

    case: Case
    strategy: Strategy | None
    method: Method | None
    anatomy: Anatomy
    planned: tuple[FreezeBlock, ...] = ()

    def decided(self, strategy: Strategy, planned: list[FreezeBlock]) -> "FreezeCase":
        """The case with its depth decided."""
        return msgspec.structs.replace(self, strategy=strategy, planned=tuple(planned))

    @property
    def know(self) -> Knowledge:
        """The knowledge that the job is judged by."""
        return self.case.know

    @property
    def band(self) -> DatasetBand:
        """The size of the data; medium where nothing is said of it."""
        size = self.case.job.size
        return size.band if size else DatasetBand.MEDIUM

    @property
    def few(self) -> bool:
        """Whether the data are tiny or small."""
        return self.band in SMALL_BANDS

    @property
    def level(self) -> SimilarityLevel:
        """How alike pretraining and target data are."""
        return self.case.level

    @property
    def optimizer(self) -> Optimizer:
        """What turns gradients into steps."""
        return known(self.case.job.fixed.optimizer) or Optimizer.ADAMW

    @cached_property
    def most_open_share(self) -> float:
        """The largest share of the backbone's parameters, from the top down, that memory lets train.

        1 where nothing bounds it.
        """
        case, job = self.case, self.case.job
        if not case.model.sized or (not job.decides and job.request.compute == JobCompute()):
            return 1.0
        whole, given = sum(self.counted), known(job.fixed.per_device_batch_size)
        opened = whole
        for place, params in zip(self.starts, self.counted, strict=True):
            need = case.need(Strategy.PARTIAL, place)
            if fitted(need, job.machine, Strategy.PARTIAL, given or 1, given is not None) is not None:
                break
            opened -= params
        return opened / whole if whole else 1.0

    @property
    def shift(self) -> TargetShift | None:
        """How the target differs, where that was said."""
        return known(self.case.job.request.freezing.shift)

    @property
    def follows_shift(self) -> bool:
        """Whether the kind of shift says where to open: it was told, the data are few, and part is trained."""
        return self.shift is not None and self.few and self.strategy in (None, Strategy.PARTIAL)

    @property
    def new_stem(self) -> bool:
        """Whether the first layer is rebuilt, and therefore trains in every phase."""
        return self.case.needs_new_stem

    @property
    def trains(self) -> bool:
        """Whether anything is trained at all."""
        return trains(self.strategy, self.method)

    @property
    def family(self) -> Family | None:
        """The family that the model is trained as; None where it is not known."""
        return self.anatomy.family

    @property
    def norm(self) -> NormKind | None:
        """How the model normalises; None where it is not known."""
        return self.anatomy.norm

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks, stem to head."""
        return self.anatomy.blocks

    @property
    def backbone(self) -> int:
        """How many blocks depth is counted in. Norms and necks go with the block before them."""
        return len(self.counted)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The places of the blocks that depth is counted in, among those below the head."""
        kinds = [block.kind for block in self.anatomy.backbone]
        return tuple(place for place, kind in enumerate(kinds) if place == 0 or kind not in FOLLOWING)

    @cached_property
    def counted(self) -> tuple[int, ...]:
        """The parameters of each block that depth is counted in, with the norms and necks that follow it."""
        params: list[int] = []
        for block in self.anatomy.backbone:
            if params and block.kind in FOLLOWING:
                params[-1] += block.params or 0
            else:
                params.append(block.params or 0)
        return tuple(params)

    @cached_property
    def new_blocks(self) -> tuple[int, ...]:
        """Numbers of the blocks that train from random weights: a new head, or a rebuilt stem."""
        return tuple(
            block.index for block in self.planned if block.state is not BlockState.FROZEN and self._is_new(block)
        )

    @cached_property
    def open_blocks(self) -> tuple[int, ...]:
        """Numbers of the other blocks that train."""
        trained = (block.index for block in self.planned if block.state is not BlockState.FROZEN)
        return tuple(index for index in trained if index not in self.new_blocks)

    @property
    def trains_new_head(self) -> bool:
        """Whether a head that is new is among what trains, so that it can go first."""
        return any(self.planned[index].kind is BlockKind.HEAD for index in self.new_blocks)

    @property
    def length(self) -> LengthRow | None:
        """How long such a model is trained; None where no length is known."""
        family = self.family or self.case.model.family
        return self.know.lengths.get((family, self.strategy)) if self.strategy else None

    @property
    def head_share(self) -> float:
        """Share of all epochs for the head alone."""
        row = self.length
        return row.head_epochs / (row.head_epochs + row.epochs) if row else 0.0

    def _is_new(self, block: FreezeBlock) -> bool:
        if block.kind is BlockKind.HEAD:
            return block.params != 0 and not self.anatomy.keeps_head
        return block.kind is BlockKind.STEM and block.index == 0 and self.new_stem


class Depth(Struct, frozen=True):
    """How many backbone blocks to freeze, from the stem up, and how many to train at full rate, from the top down.

    `closed_above` counts the blocks at the top of the backbone that are frozen too, as in surgical fine-tuning.
    """

    frozen: int
    full_rate: int
    closed_above: int = 0
