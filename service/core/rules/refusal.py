"""A job that fits the schema but cannot be answered: it contradicts itself, or names something unknown."""

from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher, get_close_matches

from msgspec import Struct

from service.contract.job import Job
from service.contract.other_words.meaning import is_not_answered, meant
from service.contract.problem import ProblemFault
from service.contract.words import Grade
from service.core.rules.rule import Example, Rule, Topic
from service.knowledge.index import Knowledge

SAME_PART, SAME_WHOLE = 0.66, 0.8
"""How close the parts between hyphens of a misspelt word must be to those of a known one; the whole, of other parts."""

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
    plain = given[-LONGEST_WORD:].rpartition("/")[2].lower()
    near = [one for one in get_close_matches(plain, names, n=1, cutoff=0.7) if _reads_like(plain, one)]
    return meant(given, words) or (names[near[0]] if near else None)


def _reads_like(given: str, word: str) -> bool:
    """Whether each part of a word is spelled like its counterpart: `molecule-generation` is no `text-generation`."""
    parts, own = given.replace("_", "-").replace(" ", "-").split("-"), word.split("-")
    if len(parts) != len(own):
        return SequenceMatcher(None, given, word).ratio() >= SAME_WHOLE
    return all(
        ours.startswith(one) or SequenceMatcher(None, one, ours).ratio() >= SAME_PART
        for one, ours in zip(parts, own, strict=True)
    )
