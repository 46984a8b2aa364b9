"""A request that fits the schema but cannot be answered: it contradicts itself, or names something unknown."""

from collections.abc import Iterable
from difflib import get_close_matches

from service.contract.problem import ProblemFault


class Refusal(Exception):
    """Raised with every fault that was found. The web layer turns it into a 422 problem."""

    def __init__(self, faults: list[ProblemFault]) -> None:
        super().__init__("the request was refused")
        self.faults = faults


def fault(pointer: str, message: str) -> ProblemFault:
    """A fault that has no list of allowed words."""
    return ProblemFault(pointer=pointer, message=message, allowed=[], nearest=None)


def unknown_word(pointer: str, message: str, given: str, allowed: Iterable[str]) -> ProblemFault:
    """A fault for a word outside a vocabulary, with the whole vocabulary and the nearest word in it."""
    words = sorted(allowed)
    names = {word.rpartition("/")[2].lower(): word for word in reversed(words)}
    near = get_close_matches(given.rpartition("/")[2].lower(), names, n=1, cutoff=0.5)
    return ProblemFault(pointer=pointer, message=message, allowed=words, nearest=names[near[0]] if near else None)
