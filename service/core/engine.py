"""The engine's front: one function for each question. All are pure functions of a request and the knowledge."""

from service.core.catalogue import CatalogueFilter, model_list, model_view
from service.core.freeze_question import freeze_plan
from service.core.library import rule_list, source_list, topic_list, topic_view
from service.core.matrix import MatrixFilter, matrix
from service.core.recommend import recommend
from service.core.schedule_question import lr_schedule
from service.core.vocabulary import domain_list, task_list

__all__ = [
    "CatalogueFilter",
    "MatrixFilter",
    "domain_list",
    "freeze_plan",
    "lr_schedule",
    "matrix",
    "model_list",
    "model_view",
    "recommend",
    "rule_list",
    "source_list",
    "task_list",
    "topic_list",
    "topic_view",
]
