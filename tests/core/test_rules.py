"""Every rule has examples, and does in them what it says."""

from collections.abc import Callable
from typing import Any

import pytest

from service.core.rulebook import RULES
from service.core.rules.refusal import Refusal
from service.core.rules.rule import Example, Rule, Topic, Trace
from service.knowledge.lints.references import RULE_ONLY_SOURCES
from service.knowledge.loader import load
from tests.ask import ask
from tools.examples import decided

AnyRule = Rule[object, object]
Asking = Callable[[Topic[Any, Any], object], object]
EVERY = sorted(RULES.values(), key=lambda rule: rule.id)
FIRING = [pytest.param(rule, example, id=f"{rule.id}-{i}") for rule in EVERY for i, example in enumerate(rule.fires)]
SILENT = [pytest.param(rule, example, id=f"{rule.id}-{i}") for rule in EVERY for i, example in enumerate(rule.silent)]


ALWAYS = {
    "adapter-lora",
    "ask-checkpoint",
    "ask-compute",
    "ask-labels",
    "ask-measured",
    "ask-similarity",
    "ask-verdict",
    "boundary-examples",
    "boundary-similarity",
    "curve-from-shape",
    "embeddings-follow-stem",
    "peak-memory",
    "phase-plan-rate",
    "weight-decay-by-family",
}
"""Rules that speak whenever they are asked. Their counterexamples are questions that do not come to them."""


def rules_at_work(example: Example) -> set[str]:
    """The rules in the trace of an answer, or those that refused it."""
    try:
        return {entry.rule for entry in ask(example.route, example.body).trace}
    except Refusal as refusal:
        return set(refusal.rules)


@pytest.mark.parametrize(("rule", "example"), FIRING)
def test_a_rule_decides_in_its_example_what_the_example_says(rule: AnyRule, example: Example) -> None:
    assert rule.id in rules_at_work(example)
    assert example.decided, "say what the rule decides here: `python -m tools.examples` writes it, you judge it"
    assert decided(rule, example) == example.decided


@pytest.mark.parametrize("rule", [rule for rule in EVERY if rule.topic == "refusals"], ids=lambda rule: rule.id)
def test_a_refusal_says_where_and_what_would_be_right(rule: AnyRule) -> None:
    for example in rule.fires:
        with pytest.raises(Refusal) as refused:
            ask(example.route, example.body)
        for fault in refused.value.faults:
            assert fault.pointer.startswith("/")
            assert fault.message.endswith(".")


@pytest.mark.parametrize(("rule", "example"), SILENT)
def test_rule_is_silent_in_its_counterexample(rule: AnyRule, example: Example) -> None:
    assert rule.id not in rules_at_work(example)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_a_counterexample_asks_the_topic(rule: AnyRule, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()

    def watched(answer: Asking) -> Asking:
        def noting(topic: Topic[Any, Any], case: object) -> object:
            asked.add(topic.name)
            return answer(topic, case)

        return noting

    monkeypatch.setattr(Topic, "first", watched(Topic[Any, Any].first))
    monkeypatch.setattr(Topic, "all", watched(Topic[Any, Any].all))
    for example in rule.silent:
        rules_at_work(example)
    assert (rule.topic in asked) is (rule.id not in ALWAYS)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_rule_is_complete(rule: AnyRule) -> None:
    know = load()
    assert rule.fires, "a rule without an example that fires is unfinished"
    assert rule.silent, "a rule that never rests decides nothing"
    assert rule.claim.endswith(".")
    assert rule.sources
    assert set(rule.sources) <= set(know.sources)
    if set(rule.sources) == {"judgement"}:
        assert rule.grade == "D"


def test_sources_that_only_rules_cite_are_cited_by_rules() -> None:
    cited = {source for rule in EVERY for source in rule.sources}
    assert cited >= RULE_ONLY_SOURCES


def test_every_notice_and_risk_and_rung_can_be_reached() -> None:
    know = load()
    deciding = [rule for rule in EVERY if rule.topic != "refusals"]
    answers = [ask(example.route, example.body) for rule in deciding for example in rule.fires]
    notices = {notice.code for answer in answers for notice in answer.notices}
    assert notices == set(know.notices) - {"trainer-takes-plans-only"}, "which the exporters give"
    likely = {
        risk.id for answer in answers for risk in getattr(answer, "risks", ()) if risk.likelihood not in ("unlikely",)
    }
    assert likely == set(know.risks)
    advised = {step.id for answer in answers for step in getattr(answer, "adaptation", ()) if step.advised}
    assert advised == {row.id for row in know.tables.adaptation}


def test_what_several_rows_decide_is_as_sure_as_the_least_sure_of_them() -> None:
    rows = {row.grade: row for row in load().tables.rates}
    trace, rule = Trace(explain=True, parts=("lr_schedule",)), next(iter(RULES.values()))
    trace.add("/lr_schedule/rates", rule, "", [rows[grade] for grade in sorted(rows)])
    assert trace.entries[0].grade == max(rows)
    assert len(rows) > 1
