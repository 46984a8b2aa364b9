"""Which answers can be read as text, and in which media types."""

from collections.abc import Callable
from typing import Any

from service.contract.freeze import FreezePlanAnswer
from service.contract.library import RuleView, TopicView
from service.contract.matrix import Matrix
from service.contract.models import ModelView
from service.contract.recommend import Recommendation
from service.contract.resources import ResourcesAnswer
from service.contract.schedule import LrScheduleAnswer
from service.texts import library, plans
from service.texts.page import Text, markdown, plain

WRITERS: dict[type, Callable[[Any], Text]] = {
    Recommendation: plans.recommendation,
    FreezePlanAnswer: plans.freeze_plan,
    LrScheduleAnswer: plans.lr_schedule,
    ResourcesAnswer: plans.resources,
    Matrix: library.matrix,
    ModelView: library.model,
    RuleView: library.rule,
    TopicView: library.topic,
}
"""How each kind of answer is told."""

PLAIN = "text/plain"
MARKDOWN = "text/markdown"
RENDERINGS: dict[str, Callable[[Text], str]] = {PLAIN: plain, MARKDOWN: markdown}
"""How a text is written, by media type."""


def written(answer: object, media_type: str) -> bytes:
    """The answer as text in UTF-8. Raises KeyError for an answer, or a media type, that has none."""
    return RENDERINGS[media_type](WRITERS[type(answer)](answer)).encode()
