"""The rules, sources and guide as data."""

import msgspec

from service.contract.library import (
    RuleExample,
    RuleList,
    RuleView,
    SourceList,
    SourceView,
    TopicList,
    TopicSummary,
    TopicView,
)
from service.core.rulebook import RULES
from service.core.rules.rule import Example
from service.knowledge.index import Knowledge
from service.knowledge.rows import TopicRow


def rule_list(know: Knowledge) -> RuleList:
    """All rules, by topic and id."""
    rules = sorted(RULES.values(), key=lambda rule: (rule.topic, rule.id))
    return RuleList(ruleset=know.ruleset, rules=[rule_view(rule.id) for rule in rules])


def rule_view(id: str) -> RuleView:
    """One rule. Raises KeyError for an id that no rule has."""
    rule = RULES[id]
    return RuleView.from_row(
        rule,
        descends_from=sorted(rule.seeds),
        fires=[_example(example) for example in rule.fires],
        silent=[_example(example) for example in rule.silent],
    )


def source_list(know: Knowledge) -> SourceList:
    """All sources, by id."""
    rows = sorted(know.tables.sources, key=lambda row: row.id)
    return SourceList(
        ruleset=know.ruleset,
        sources=[SourceView.from_row(row) for row in rows],
    )


def topic_list(know: Knowledge) -> TopicList:
    """All pages of the guide, in reading order."""
    return TopicList(
        ruleset=know.ruleset,
        topics=[TopicSummary.from_row(row) for row in topics_in_order(know)],
    )


def topic_view(id: str, know: Knowledge) -> TopicView | None:
    """One page of the guide; None where no page has the id."""
    row = know.topics.get(id)
    return None if row is None else TopicView.from_row(row, ruleset=know.ruleset)


def topics_in_order(know: Knowledge) -> list[TopicRow]:
    """The pages in reading order."""
    return sorted(know.tables.topics, key=lambda row: (row.order, row.id))


def _example(example: Example) -> RuleExample:
    return RuleExample(route=example.route, body=msgspec.Raw(msgspec.json.encode(example.body)))
