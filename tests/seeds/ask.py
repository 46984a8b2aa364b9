"""Short ways to ask the engine, and to read what matters in its answers."""

from collections.abc import Iterable
from typing import Any

from service.contract.freeze import FreezePlan
from service.contract.matrix import Matrix
from service.contract.recommend import PlanRisk, Recommendation, StrategyOption
from service.contract.schedule import LrSchedule
from service.contract.words import BlockKind, BlockState, Strategy
from service.core import engine
from service.knowledge.loader import load
from tests.ask import frozen, recommended

TEXT = "text-classification"
GENERATION = "text-generation"
RESNET = "resnet50"
VIT = "vit_base_patch16_224"
BERT = "bert-base-uncased"
CLIP = "openai/clip-vit-base-patch32"
LLAMA = "meta-llama/Llama-3.1-8B"
BIG_GPU = {"kind": "datacenter-gpu"}


def recommend(
    examples: int = 5000,
    *,
    task: str = "image-classification",
    model: str | None = None,
    domain: str | None = None,
    classes: int | None = None,
    unlabelled: int | None = None,
    **rest: Any,
) -> Recommendation:
    """The whole plan under the guides' own rules; `rest` are further top-level fields of the request."""
    target = _given(task=task, domain=domain)
    dataset = _given(examples=examples, classes=classes, unlabelled=unlabelled)
    source = {"source": {"model": model}} if model else {}
    return recommended(**{"target": target, "dataset": dataset, "policy": "guides", **source, **rest})


def freeze(examples: int, **rest: Any) -> FreezePlan:
    """The freeze plan for so many examples."""
    return frozen(dataset={"examples": examples}, **rest)


def trained(plan: LrSchedule | None) -> LrSchedule:
    """A schedule that must be there."""
    assert plan is not None, "nothing is trained"
    return plan


def whole_matrix() -> Matrix:
    """The unfiltered matrix."""
    every = engine.MatrixFilter()
    return engine.matrix(every, load())


def page(id: str) -> str:
    """The text of a page of the guide in one line."""
    view = engine.topic_view(id, load())
    assert view is not None, f"the guide has no page {id}"
    return " ".join(view.text)


def pages() -> dict[str, str]:
    """Every page of the guide by its id."""
    return {topic.id: page(topic.id) for topic in engine.topic_list(load()).topics}


def option(answer: Recommendation, strategy: Strategy) -> StrategyOption:
    """One of the six strategies."""
    return next(one for one in answer.strategies if one.strategy is strategy)


def first(answer: Recommendation, count: int) -> list[Strategy]:
    """The strategies that rank first."""
    return [one.strategy for one in answer.strategies[:count]]


def codes(answer: Recommendation) -> list[str]:
    """The codes of the notices."""
    return [notice.code for notice in answer.notices]


def message(answer: Recommendation, code: str) -> str:
    """The words of a notice that must be there."""
    return next(notice.message for notice in answer.notices if notice.code == code)


def risk(answer: Recommendation, id: str) -> PlanRisk:
    """One risk of the list."""
    return next(one for one in answer.risks if one.id == id)


def regulariser(answer: Recommendation, name: str) -> float:
    """The value of one setting against overfitting."""
    return next(one.value for one in answer.regularisation if one.name == name)


def similarity(answer: Recommendation) -> float:
    """The similarity as it was understood."""
    value = answer.resolved["/similarity"].value
    assert isinstance(value, float | int)
    return float(value)


def backbone_states(plan: FreezePlan) -> list[BlockState]:
    """The states of the backbone's blocks from stem to top."""
    return [block.state for block in plan.blocks if block.kind is not BlockKind.HEAD]


def head_states(plan: FreezePlan) -> list[BlockState]:
    """The states of the head's blocks."""
    return [block.state for block in plan.blocks if block.kind is BlockKind.HEAD]


def missing(text: str, words: Iterable[str]) -> list[str]:
    """Those of the words that the text lacks, in any case of letters."""
    return [word for word in words if word.lower() not in text.lower()]


def _given(**fields: object) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
