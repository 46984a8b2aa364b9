"""What a freeze plan is decided by."""

from msgspec import Struct

from service.contract.words import (
    BlockKind,
    DatasetBand,
    Family,
    Method,
    NormKind,
    Optimizer,
    SimilarityLevel,
    Strategy,
    TargetShift,
    Task,
)
from service.core.architecture.architecture import Anatomy
from service.knowledge.index import Block, Knowledge
from service.knowledge.rows import ModelRow

UNTRAINED_BACKBONE = (Strategy.ZERO_SHOT, Strategy.FEATURE_EXTRACTION, Strategy.PARAMETER_EFFICIENT)


FOLLOWING = (BlockKind.NORM, BlockKind.NECK)
"""Kinds of blocks that have the state of the block before them."""


class FreezeCase(Struct, frozen=True):
    """What a freeze plan is decided by. `strategy` None leaves the depth to size and similarity alone.

    `new_stem`: the first layer is rebuilt, and therefore trains in every phase. `most_open_share` is the largest share
    of the backbone's parameters that memory lets train. `method` None: the strategy's usual one.
    """

    know: Knowledge
    strategy: Strategy | None
    band: DatasetBand
    level: SimilarityLevel
    anatomy: Anatomy
    model: ModelRow | None = None
    task: Task | None = None
    optimizer: Optimizer = Optimizer.ADAMW
    batch_size: int | None = None
    shift: TargetShift | None = None
    new_stem: bool = False
    most_open_share: float = 1.0
    method: Method | None = None

    @property
    def trains(self) -> bool:
        """Whether anything is trained at all."""
        return self.strategy is not Strategy.ZERO_SHOT and self.method is not Method.NEAREST_NEIGHBOURS

    @property
    def family(self) -> Family | None:
        """The family of the model; None where it is not known."""
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

    @property
    def counted(self) -> tuple[int, ...]:
        """The parameters of each block that depth is counted in, with the norms and necks that follow it."""
        params: list[int] = []
        for block in self.anatomy.backbone:
            if params and block.kind in FOLLOWING:
                params[-1] += block.params or 0
            else:
                params.append(block.params or 0)
        return tuple(params)


class Depth(Struct, frozen=True):
    """How many backbone blocks to freeze, from the stem up, and how many to train at full rate, from the top down.

    `closed_above` counts the blocks at the top of the backbone that are frozen too, as in surgical fine-tuning.
    """

    frozen: int
    full_rate: int
    closed_above: int = 0
