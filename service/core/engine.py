"""The engine's front: one function for each question. All are pure functions of a request and the knowledge."""

from service.core.answers.freeze_plan import freeze_plan
from service.core.answers.lr_schedule import lr_schedule
from service.core.answers.recommend import recommend
from service.core.answers.resources import resources
from service.core.answers.rules_and_guide import rule_list, rule_view, source_list, topic_list, topic_view
from service.core.answers.tasks_and_domains import domain_list, task_list
from service.core.catalogue.matrix import MatrixFilter, matrix
from service.core.catalogue.models import CatalogueFilter, model_list, model_view

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
    "resources",
    "rule_list",
    "rule_view",
    "source_list",
    "task_list",
    "topic_list",
    "topic_view",
]
