"""How a model is built, as far as a freeze plan needs to know: from the catalogue, from its parameters, or by depth."""

from msgspec import Struct

from service.contract.freeze import FreezeLayout
from service.contract.words import BlockKind, Family, LayoutCertainty, NormKind, Objective, Strategy, Task
from service.core.architecture.dimensions import TRANSPOSED, Dimensions
from service.core.catalogue.heads import (
    PROJECTED_HEAD,
    acting_family,
    depth_blocks,
    has_new_head,
    has_projected_head,
    keeps_head,
    model_blocks,
)
from service.knowledge.index import Block, Knowledge
from service.knowledge.rows import Lineage, ModelRow


class Anatomy(Struct, frozen=True):
    """The build of a model.

    `targets` are the linear layers that an adapter suits, and `target_width` is the sum of their inputs and outputs
    over the whole model; `beyond_linear` is as in `ModelRow`. `head_modules` hold a new head, as far as PEFT can tell
    them from other modules.
    `keeps_head`: the head is pretrained and kept; `tied_to`: it shares the tensors of this block, mostly the embedding;
    `guessed_head`: the last layer of a list was taken for it; `head_gives`: the values of a single new head that was
    listed. `buffers` counts the tensors that are no parameters,
    where they were listed. A listed model takes texts of `longest` tokens, and cuts images into patches of `cell_px`
    pixels; `sizes` are what else its shapes tell. `objective`: how models that have its names were pretrained, where
    it is not as is usual for the family.
    """

    blocks: tuple[Block, ...]
    layout: FreezeLayout
    family: Family | None
    norm: NormKind | None
    params: int | None
    targets: tuple[str, ...] = ()
    target_width: int | None = None
    beyond_linear: int = 0
    head_modules: tuple[str, ...] = ()
    keeps_head: bool = False
    tied_to: int | None = None
    guessed_head: bool = False
    head_gives: int | None = None
    buffers: int | None = None
    longest: int | None = None
    cell_px: int = 0
    sizes: Dimensions | None = None
    objective: Objective | None = None

    @property
    def transposed(self) -> bool:
        """Whether the adapter's layers store their weights as (inputs, outputs)."""
        return any(target.rpartition(".")[2] in TRANSPOSED for target in self.targets)

    @property
    def backbone(self) -> tuple[Block, ...]:
        """The blocks below the head."""
        return tuple(block for block in self.blocks if block.kind is not BlockKind.HEAD)


def catalogue_anatomy(
    know: Knowledge, model: ModelRow, task: Task | None, classes: int | None, strategy: Strategy | None = None
) -> Anatomy:
    """The build of a catalogue model with the head that the task asks for."""
    blocks = model_blocks(know, model, task, classes, strategy)
    dropped = _counted(know.blocks[model.id]) - _counted(blocks)
    keeps = keeps_head(model, task, strategy)
    new_head = not keeps if task is None else has_new_head(model, task)
    head_modules = PROJECTED_HEAD if has_projected_head(model, task) else model.head_modules
    return Anatomy(
        blocks=blocks,
        layout=FreezeLayout(
            LayoutCertainty.VERIFIED,
            [f"The blocks of {model.id} were compared with the library's own model, name by name."],
        ),
        family=acting_family(model, task),
        norm=model.norm,
        params=model.params,
        targets=model.lora_targets,
        target_width=None if dropped else model.lora_width or None,
        beyond_linear=model.beyond_linear,
        head_modules=head_modules if new_head else (),
        keeps_head=keeps,
        tied_to=_embedding(know, blocks) if keeps and model.head_kind == "tied" else None,
    )


def _embedding(know: Knowledge, blocks: tuple[Block, ...]) -> int:
    """The number of the block that holds the word embedding; of the first one where no name tells."""
    known = set(know.lineage[Lineage.WORD_EMBEDDING])
    holds = (any(not known.isdisjoint(name.split(".")) for name in block.modules) for block in blocks)
    return next((index for index, found in enumerate(holds) if found), 0)


def _counted(blocks: tuple[Block, ...]) -> int:
    """How many of the blocks are layers proper."""
    return [block.kind for block in blocks].count(BlockKind.BLOCK)


def depth_anatomy(depth: int, family: Family | None, norm: NormKind | None, task: Task | None) -> Anatomy:
    """`depth` layers without names, and the head of the task."""
    because = "A number of layers was given; they have no names, so the plan has no patterns and no counts."
    return Anatomy(depth_blocks(depth, task), FreezeLayout(LayoutCertainty.COUNT, [because]), family, norm, None)
