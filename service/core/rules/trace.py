"""Collects why each decided value is what it is."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from service.contract.explain import AnswerTraceEntry
from service.core.rules.rule import Finding, Rule, Topic
from service.knowledge.rows import Claim

Case = TypeVar("Case")
Value = TypeVar("Value")


class Trace:
    """The trace of one answer, which holds these parts. With `explain` false it stays empty."""

    def __init__(self, explain: bool, parts: Collection[str]) -> None:
        self.explain = explain
        self.parts = frozenset(parts)
        self.entries: list[AnswerTraceEntry] = []

    def add(
        self,
        pointer: str,
        rule: Rule[Any, Any],
        formula: str,
        rows: Sequence[Claim] = (),
        dissent: tuple[str, ...] = (),
    ) -> None:
        """Notes that `rule` decided what `pointer` names. The rows' sources and dissent stand before the rule's own."""
        if not self.explain or not self.answers(pointer):
            return
        sources, against, grade = list(rule.sources), [*dissent, *rule.dissent], rule.grade
        if rows:
            sources = list(dict.fromkeys([source for row in rows for source in row.sources] + sources))
            against = [sentence for row in rows for sentence in row.dissent] + against
            grade = max([row.grade for row in rows])
        self.entries.append(AnswerTraceEntry(pointer, rule.id, formula, sources, grade, against))

    def answers(self, pointer: str) -> bool:
        """Whether the answer holds the part that a pointer leads to."""
        return pointer.split("/", 2)[1] in self.parts

    def ask(self, topic: Topic[Case, Finding[Value]], case: Case, pointer: str, *members: str) -> Finding[Value]:
        """What the first rule of a topic says that has something to say; noted at a pointer, or at members below it."""
        rule, finding = topic.first(case)
        for place in [f"{pointer}/{name}" for name in members] or [pointer]:
            self.decided(place, rule, finding)
        return finding

    def decided(self, pointer: str, rule: Rule[Any, Any], finding: Finding[Any]) -> None:
        """Notes a decided value."""
        self.add(pointer, rule, finding.formula, finding.rows)


UNTOLD = Trace(False, ())
"""The trace of a decision that is only looked at."""
