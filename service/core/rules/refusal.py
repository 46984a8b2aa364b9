"""A job that fits the schema but cannot be answered: it contradicts itself, or names something unknown."""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches

from msgspec import Struct

from service.contract.job import Job
from service.contract.other_words.meaning import is_not_answered, meant
from service.contract.problem import ProblemFault
from service.contract.words import Grade
from service.core.rules.rule import Example, Rule, Topic
from service.knowledge.index import Knowledge

LONGEST_WORD = 200
"""Characters of an unknown word that are compared. No word that is known is as long."""


class Refusal(Exception):
    """Raised with every fault that was found, and the rules that found them. The web layer makes a 422 problem of it.

    `rules` may be empty for faults of a query, which no rule speaks of.
    """

    def __init__(self, faults: list[ProblemFault], *rules: "Rule[Question, list[ProblemFault]]") -> None:
        super().__init__("the request was refused")
        self.faults = faults
        self.rules = [rule.id for rule in rules]


class Question(Struct, frozen=True):
    """A job, the knowledge that it is judged by, and the route that it was sent to."""

    job: Job
    know: Knowledge
    route: str


REFUSALS: Topic[Question, list[ProblemFault]] = Topic("refusals", gathered=True)
"""What a job may not say. Every one is asked, and every fault is reported."""

Finder = Callable[[Question], Iterator[ProblemFault]]


def refusal(
    id: str, claim: str, *, fires: tuple[Example, ...], silent: tuple[Example, ...]
) -> Callable[[Finder], Finder]:
    """Registers a function that yields faults as a rule: it refuses the jobs `fires`, and not the jobs `silent`."""

    def register(find: Finder) -> Finder:
        def apply(asked: Question) -> list[ProblemFault] | None:
            return list(find(asked)) or None

        apply.__module__ = find.__module__
        REFUSALS.rule(id, claim, grade=Grade.D, sources=("judgement",), fires=fires, silent=silent)(apply)
        return find

    return register


def late_refusal(
    id: str, claim: str, *, fires: tuple[Example, ...], silent: tuple[Example, ...]
) -> Rule[Question, list[ProblemFault]]:
    """A rule whose faults are found only while the answer is worked out; whoever finds them names it in the Refusal."""

    def apply(asked: Question) -> list[ProblemFault] | None:
        return None

    REFUSALS.rule(id, claim, grade=Grade.D, sources=("judgement",), fires=fires, silent=silent)(apply)
    return REFUSALS.rules[-1]


def refuse_contradictions(job: Job, know: Knowledge, route: str) -> None:
    """Raises Refusal with every fault that shows before anything is worked out."""
    found = list(REFUSALS.all(Question(job, know, route)))
    if found:
        raise Refusal([fault for _, faults in found for fault in faults], *(rule for rule, _ in found))


def fault(pointer: str, message: str) -> ProblemFault:
    """A fault that has no list of allowed words."""
    return ProblemFault(pointer=pointer, message=message, allowed=[], nearest=None)


def unknown_word(pointer: str, message: str, given: str, allowed: Iterable[str]) -> ProblemFault:
    """A fault for a word outside a vocabulary, with the vocabulary and the word in it that is meant or nearest."""
    words = sorted(allowed)
    return ProblemFault(pointer=pointer, message=message, allowed=words, nearest=_nearest(given, words))


def _nearest(given: str, words: list[str]) -> str | None:
    if is_not_answered(given):
        return None
    names = {word.rpartition("/")[2].lower(): word for word in reversed(words)}
    near = get_close_matches(given[-LONGEST_WORD:].rpartition("/")[2].lower(), names, n=1, cutoff=0.7)
    return meant(given, words) or (names[near[0]] if near else None)
