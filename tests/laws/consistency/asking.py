"""Asks the service in process, and reads its own lists: the only module here that knows the engine."""

from typing import Any

import msgspec

from service.contract.explain import Answer
from service.contract.job import Job
from service.core import engine
from service.core.rules.refusal import Refusal
from service.dialects import exports
from service.knowledge.loader import load
from tests.laws.consistency.asked import Facts
from tests.laws.consistency.drawing import Fault

QUESTIONS = {"/recommend": exports.recommend, "/freeze-plan": exports.freeze_plan, "/lr-schedule": exports.lr_schedule}


def ask(route: str, body: Any) -> dict[str, Any] | list[Fault]:
    """The answer as JSON, or the faults of a refusal. Raises ValidationError for what the contract does not allow."""
    try:
        answer: Answer = QUESTIONS[route](msgspec.convert(body, Job), load(), True)
    except Refusal as refused:
        return [(fault.pointer, list(fault.allowed)) for fault in refused.faults]
    return _json(answer)


def facts() -> Facts:
    """What the service lists."""
    know = load()
    models = _json(engine.model_list(engine.CatalogueFilter(), know))["models"]
    domains = _json(engine.domain_list(know))["domains"]
    return Facts(
        models={model["id"]: model for model in models},
        rules=frozenset(rule["id"] for rule in _json(engine.rule_list(know))["rules"]),
        sources=frozenset(source["id"] for source in _json(engine.source_list(know))["sources"]),
        topics=frozenset(topic["id"] for topic in _json(engine.topic_list(know))["topics"]),
        domains_of={
            task["id"]: sorted(one["id"] for one in domains if one["modality"] in task["modalities"])
            for task in _json(engine.task_list(know))["tasks"]
        },
    )


def _json(answer: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(answer))
