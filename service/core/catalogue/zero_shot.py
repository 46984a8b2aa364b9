"""Whether a model does a task without any training."""

from service.contract.words import Family, Objective, Task
from service.core.catalogue.heads import NUMBER_TASKS, Pretrained, is_ready_ranker

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
