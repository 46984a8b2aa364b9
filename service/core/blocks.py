"""The blocks of a model, stem to head, with the new head that a task asks for."""

import msgspec

from service.contract.words import BlockKind, Family, Task
from service.knowledge.index import Block, Knowledge
from service.knowledge.model import ModelRow

TOKEN_TASKS = (Task.TOKEN_CLASSIFICATION, Task.QUESTION_ANSWERING)
"""Tasks that label tokens: their heads read every token, so a pooler and a dense layer before the head fall away."""

LABEL_TASKS = (Task.TEXT_CLASSIFICATION, Task.TOKEN_CLASSIFICATION)
"""Tasks for which a decoder gives up its vocabulary projection for a new head without bias."""


def keeps_head(model: ModelRow, task: Task | None) -> bool:
    """Whether the model keeps its pretrained head for the task, as generators do."""
    relabelled = model.family is Family.DECODER_LM and task in LABEL_TASKS
    return model.head_kind in ("lm", "tied") and not relabelled


def model_blocks(know: Knowledge, model: ModelRow, task: Task | None, classes: int | None) -> tuple[Block, ...]:
    """The blocks of a catalogue model; empty where its blocks are not in the catalogue. `task` None: classification."""
    blocks = know.blocks.get(model.id, ())
    if task in TOKEN_TASKS:
        blocks = tuple(block for block in blocks if block.name != "pooler")
    return tuple(
        msgspec.structs.replace(block, params=_head_params(model, block, task, classes))
        if block.kind is BlockKind.HEAD
        else block
        for block in blocks
    )


def depth_blocks(depth: int) -> tuple[Block, ...]:
    """`depth` layers without names of their own, and a head."""
    trunk = tuple(Block(f"layer {i + 1}", BlockKind.BLOCK, None, None) for i in range(depth))
    return (*trunk, Block("head", BlockKind.HEAD, None, None))


def _head_params(model: ModelRow, block: Block, task: Task | None, classes: int | None) -> int | None:
    """Parameters of the head: of the new one where its outputs are known, of the pretrained one where it is kept."""
    outputs = _outputs(task, classes)
    width = model.width
    if keeps_head(model, task):
        return block.params
    match model.head_kind:
        case "lm" | "tied":
            return None if outputs is None else width * outputs
        case "linear" if outputs is not None:
            return (width + 1) * outputs
        case "dense-linear" if outputs is not None:
            dense = 0 if task in TOKEN_TASKS else (width + 1) * width
            return dense + (width + 1) * outputs
        case _:
            return None


def _outputs(task: Task | None, classes: int | None) -> int | None:
    """How many numbers the new head gives; None where that is not known."""
    if task is Task.QUESTION_ANSWERING:
        return 2
    return classes
