"""The blocks of a model, stem to head, with the new head that a task asks for; and what a model does without one."""

from typing import Protocol

import msgspec

from service.contract.words import BlockKind, Family, Objective, Strategy, Task
from service.knowledge.index import Block, Knowledge
from service.knowledge.rows import ModelRow

BACKBONES = (Family.CNN, Family.CONVNEXT, Family.VISION_TRANSFORMER)
"""Families that label images, and lend their blocks to detectors and segmenters."""

TOKEN_TASKS = (Task.TOKEN_CLASSIFICATION, Task.QUESTION_ANSWERING)
"""Tasks that label tokens: their heads read every token, so a pooler and a dense layer before the head fall away."""

NUMBER_TASKS = (Task.IMAGE_REGRESSION, Task.TEXT_REGRESSION, Task.TEXT_RANKING, Task.REWARD_MODELLING)
"""Tasks whose new head gives one number."""

LINEAR_HEAD_TASKS = (
    Task.IMAGE_CLASSIFICATION,
    Task.VIDEO_CLASSIFICATION,
    Task.TEXT_CLASSIFICATION,
    Task.AUDIO_CLASSIFICATION,
    *TOKEN_TASKS,
    *NUMBER_TASKS,
)
"""Tasks whose new head is a linear layer on the features."""

HEADLESS_TASKS = (Task.SENTENCE_SIMILARITY, Task.IMAGE_FEATURE_EXTRACTION, Task.ZERO_SHOT_IMAGE_CLASSIFICATION)
"""Tasks that use the embedding itself."""

TOGETHER = (Task.SENTENCE_SIMILARITY, Task.ZERO_SHOT_IMAGE_CLASSIFICATION)
"""Tasks whose loss holds each example against the others that a device sees at a time: alone, it teaches nothing."""

LEAST_TOGETHER = 2
"""Examples below which there is none to be held against."""

OWNERS = {Task.OBJECT_DETECTION: Family.DETECTOR, Task.IMAGE_SEGMENTATION: Family.SEGMENTER}
"""Families that do a task with a head of their own, which a backbone needs anew."""

DECODER_LABEL_TASKS = (Task.TEXT_CLASSIFICATION, Task.TOKEN_CLASSIFICATION, *NUMBER_TASKS)
"""Tasks for which a decoder gives up its vocabulary projection for a new head without bias."""

WRITING_TASKS = (Task.TEXT_GENERATION, Task.SUMMARIZATION, Task.TRANSLATION, Task.PREFERENCE_TUNING)
"""Tasks that a pretrained language model does with the vocabulary projection it has, whatever its family."""

SPEECH_FAMILIES = (Family.SPEECH_ENCODER, Family.SPEECH_SEQ2SEQ)
"""Families that classify audio by a projector to `PROJECTED_WIDTH` and a classifier on top of it."""

COMPARES_TEXTS = (Task.PREFERENCE_TUNING, Task.REWARD_MODELLING)
"""Tasks an example of which is two texts: the one that was preferred, and the other."""

GENERATORS = (Family.DECODER_LM, Family.ENCODER_DECODER, Family.SPEECH_SEQ2SEQ)
"""Families that write, and are pretrained with the vocabulary projection that they write by."""

FORECASTERS = (Family.TIME_SERIES,)
"""Families whose output layer was pretrained for the very task."""

PROJECTED_WIDTH = 256
"""The outputs of that projector: `classifier_proj_size` of transformers, the same for every model of the catalogue."""

PROJECTED_HEAD = ("projector", "classifier")
"""The modules of that head, by their names in transformers."""


class Pretrained(Protocol):
    """What heads and untrained use turn on, of a model of the catalogue or of any other."""

    @property
    def family(self) -> Family:
        """Which kind of model it is."""
        ...

    @property
    def objective(self) -> Objective:
        """How it was pretrained."""
        ...

    @property
    def head_kind(self) -> str:
        """Which head it has or gets; see `ModelRow`."""
        ...


def model_blocks(
    know: Knowledge, model: ModelRow, task: Task | None, classes: int | None, strategy: Strategy | None = None
) -> tuple[Block, ...]:
    """The blocks of a catalogue model that the task runs. `task` None: all of them.

    Without a task the head is the one that the strategy asks for: a new one to train alone, else the model's usual one.
    """
    return tuple(
        _head(model, block, task, classes, strategy) if block.kind is BlockKind.HEAD else block
        for block in know.blocks[model.id]
        if _runs(block, task)
    )


def depth_blocks(depth: int, task: Task | None) -> tuple[Block, ...]:
    """`depth` layers without names of their own, and a head, unless the task uses the embedding itself."""
    backbone = tuple(Block(f"layer {i + 1}", BlockKind.BLOCK, None, None) for i in range(depth))
    return backbone if task in HEADLESS_TASKS else (*backbone, Block("head", BlockKind.HEAD, None, None))


def keeps_head(model: Pretrained, task: Task | None, strategy: Strategy | None = None) -> bool:
    """Whether the model keeps its pretrained head for the task, as generators and recognisers do."""
    if model.family in FORECASTERS:
        return task in (None, Task.TIME_SERIES_FORECASTING) and strategy is not Strategy.FEATURE_EXTRACTION
    if is_ready_ranker(model, task):
        return strategy is not Strategy.FEATURE_EXTRACTION
    if model.head_kind not in ("lm", "tied") or (task is None and strategy is Strategy.FEATURE_EXTRACTION):
        return False
    if model.family in (Family.DECODER_LM, Family.UNKNOWN):
        return task not in DECODER_LABEL_TASKS
    return task is not Task.AUDIO_CLASSIFICATION


def is_ready_ranker(model: Pretrained, task: Task | None) -> bool:
    """Whether the model was trained with labels to rank texts, and keeps the output that it learned."""
    ranks = task is Task.TEXT_RANKING and model.family is Family.TEXT_ENCODER
    return ranks and model.objective is Objective.SUPERVISED


def has_new_head(model: Pretrained, task: Task) -> bool:
    """Whether the task puts a new head on the model, which can be trained alone."""
    return task not in HEADLESS_TASKS and not keeps_head(model, task)


def has_projected_head(model: Pretrained, task: Task | None) -> bool:
    """Whether the new head of the task is a projector and a classifier."""
    return task is Task.AUDIO_CLASSIFICATION and model.family in SPEECH_FAMILIES


def acting_family(model: Pretrained, task: Task | None) -> Family:
    """The family that the model is trained as: a recogniser that classifies audio is an encoder with a new head."""
    return Family.SPEECH_ENCODER if has_projected_head(model, task) else model.family


def _runs(block: Block, task: Task | None) -> bool:
    if task is None:
        return True
    if block.kind is BlockKind.HEAD:
        return task not in HEADLESS_TASKS
    if task in TOKEN_TASKS and block.name == "pooler":
        return False
    return not block.only_for or task in block.only_for


def _head(model: ModelRow, block: Block, task: Task | None, classes: int | None, strategy: Strategy | None) -> Block:
    """The head with its parameters, and with the names that the task gives it."""
    head = msgspec.structs.replace(block, params=_head_params(model, block, task, classes, strategy))
    if not has_projected_head(model, task):
        return head
    names = "|".join(PROJECTED_HEAD)
    return msgspec.structs.replace(
        head, name=" and ".join(PROJECTED_HEAD), pattern=rf"^(?:{names})\.", modules=PROJECTED_HEAD
    )


def _head_params(
    model: ModelRow, block: Block, task: Task | None, classes: int | None, strategy: Strategy | None
) -> int | None:
    """Parameters of the head: of the new one where its outputs are known, of the pretrained one where it is kept."""
    if keeps_head(model, task, strategy) and not is_ready_ranker(model, task):
        return block.params
    outputs = 2 if task is Task.QUESTION_ANSWERING else 1 if task in NUMBER_TASKS else classes
    if outputs is None or (task is not None and task not in LINEAR_HEAD_TASKS):
        return None
    width = model.width
    if model.family in SPEECH_FAMILIES:
        return (width + 1) * PROJECTED_WIDTH + (PROJECTED_WIDTH + 1) * outputs
    match model.head_kind:
        case "lm" | "tied":
            return width * outputs
        case "linear":
            return sum(read + 1 for read in (width, *model.further_widths)) * outputs
        case "dense-linear":
            dense = 0 if task in TOKEN_TASKS else (width + 1) * width
            return dense + (width + 1) * outputs
        case _:
            return None


PROMPTED_TASKS = (Task.MASK_GENERATION, Task.ZERO_SHOT_OBJECT_DETECTION)
"""Tasks that models are pretrained for as such: told by points, boxes or words what is asked for."""


def can_zero_shot(model: Pretrained, task: Task) -> bool:
    """Whether the model does the task as it comes."""
    if task in (Task.IMAGE_CLASSIFICATION, Task.ZERO_SHOT_IMAGE_CLASSIFICATION):
        return model.objective is Objective.CONTRASTIVE_IMAGE_TEXT
    if task is Task.IMAGE_FEATURE_EXTRACTION:
        return True
    if task in PROMPTED_TASKS:
        return True
    if task in NUMBER_TASKS:
        return is_ready_ranker(model, task)
    if task is Task.SENTENCE_SIMILARITY:
        return model.objective is Objective.CONTRASTIVE_TEXT
    if model.family is Family.ENCODER_DECODER:
        return model.objective is Objective.MULTITASK_TEXT or (
            model.objective is Objective.SUPERVISED and task is Task.TRANSLATION
        )
    if model.family is Family.SPEECH_SEQ2SEQ:
        return task is Task.AUTOMATIC_SPEECH_RECOGNITION
    if model.family is Family.DECODER_LM:
        return model.objective is Objective.NEXT_TOKEN
    return model.family in (Family.TIME_SERIES, Family.TABULAR)
