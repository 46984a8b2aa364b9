"""What a rule is, how rules of one topic are asked, and how what they decide is noted. Nothing here knows any rule."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from msgspec import Struct

from service.contract.explain import AnswerTraceEntry
from service.contract.words import Grade
from service.knowledge.rows import Claim

Case = TypeVar("Case")
Answered = TypeVar("Answered")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Example:
    """A request that shows a rule at work, or at rest.

    `decided` is what the rule decides there, as a person can check it: the value, and the formula with its numbers; of
    a refusal the places that it points at.
    """

    route: str
    body: Mapping[str, object]
    decided: str | None = None

    def decides(self, *decided: str) -> "Example":
        """The same request with what the rule decides in it. Long texts come in parts."""
        return replace(self, decided="".join(decided))


@dataclass(frozen=True, slots=True)
class Rule(Generic[Case, Answered]):
    """One reason for one kind of decision.

    `claim` says in a sentence what holds; `fires` and `silent` are requests in whose trace the rule appears and does
    not; `seeds` are the claims of the founding guides that it carries or settles.
    """

    id: str
    topic: str
    claim: str
    grade: Grade
    sources: tuple[str, ...]
    seeds: tuple[str, ...]
    dissent: tuple[str, ...]
    fires: tuple[Example, ...]
    silent: tuple[Example, ...]
    apply: Callable[[Case], Answered | None]


class Finding(Struct, Generic[Value], frozen=True):
    """A decided value, the formula with its numbers put in, and the knowledge rows that it rests on."""

    value: Value
    formula: str
    rows: tuple[Claim, ...] = ()


RULES: dict[str, Rule[object, object]] = {}
"""Every rule by its id, in order of definition."""


class Topic(Generic[Case, Answered]):
    """The rules that answer one kind of question, in order of precedence.

    The rules of a topic stand in one module, whose order is their precedence. Those of a `gathered` topic may stand in
    several: none precedes another, and whoever asks puts the findings in order.
    """

    def __init__(self, name: str, *, gathered: bool = False) -> None:
        self.name = name
        self.gathered = gathered
        self.rules: list[Rule[Case, Answered]] = []

    def rule(
        self,
        id: str,
        claim: str,
        *,
        fires: tuple[Example, ...],
        silent: tuple[Example, ...],
        grade: Grade = Grade.D,
        sources: tuple[str, ...] = ("judgement",),
        seeds: tuple[str, ...] = (),
        dissent: tuple[str, ...] = (),
    ) -> Callable[[Callable[[Case], Answered | None]], Callable[[Case], Answered | None]]:
        """Registers the decorated function as a rule of this topic: a judgement, where no sources are named.

        Raises ValueError for an id that is taken, and for a second module of rules where precedence would hang on the
        order of imports.
        """

        def register(apply: Callable[[Case], Answered | None]) -> Callable[[Case], Answered | None]:
            if id in RULES:
                raise ValueError(f"two rules have the id {id}")
            if not self.gathered and self.rules and self.rules[0].apply.__module__ != apply.__module__:
                raise ValueError(f"{id}: the rules of the topic {self.name} stand in two modules")
            rule = Rule(id, self.name, claim, grade, sources, seeds, dissent, fires, silent, apply)
            self.rules.append(rule)
            RULES[id] = rule  # pyright: ignore[reportArgumentType] -- the registry only reads what all rules share
            return apply

        return register

    def all(self, case: Case) -> Iterator[tuple[Rule[Case, Answered], Answered]]:
        """Every rule that has something to say."""
        for rule in self.rules:
            finding = rule.apply(case)
            if finding is not None:
                yield rule, finding

    def first(self, case: Case) -> tuple[Rule[Case, Answered], Answered]:
        """The first rule that has something to say. The last rule of such a topic always does."""
        if self.gathered:
            raise LookupError(f"no rule of the topic {self.name} precedes another")
        for rule in self.rules:
            finding = rule.apply(case)
            if finding is not None:
                return rule, finding
        raise LookupError(f"no rule of the topic {self.name} had anything to say")


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
