"""Models whose names resemble one that the catalogue does not hold: of one family and modality, and few of them."""

from collections.abc import Iterable
from difflib import get_close_matches

from service.contract.problem import ProblemFault
from service.contract.words import Modality
from service.knowledge.catalogue.models import FIRST_WORD
from service.knowledge.index import Knowledge

COMPARED = 24
"""Names that are looked at closely."""

SHOWN = 8
"""Names that a fault lists at most."""

ALIKE = 0.4
"""Share of three-letter parts that two names must have in common for one to be offered in place of the other."""

ANOTHER_WORD = 0.75
"""How close a misspelt first word must be to a known one."""


def near_model(
    pointer: str, message: str, name: str, know: Knowledge, modalities: Iterable[Modality] = ()
) -> ProblemFault:
    """A fault for a model that is not known, with near names and the nearest; with none where nothing is alike."""
    near = near_names(know, name, modalities)
    return ProblemFault(pointer=pointer, message=message, allowed=near, nearest=near[0] if near else None)


def near_names(know: Knowledge, name: str, modalities: Iterable[Modality] = ()) -> list[str]:
    """The ids of models with names like this one, nearest first.

    All are of the family that the nearest is of, and read what it reads; `modalities` says what they must read, where
    the request tells. Only names that begin with the same word are compared, so that the cost stays small.
    """
    given = _plain(name)
    parts = _parts(given)
    scored = [(_share(parts, _parts(_plain(spelling))), spelling) for spelling in _kin(know, given)]
    scored = [pair for pair in scored if pair[0] >= ALIKE]
    nearest = [spelling for _, spelling in sorted(scored, key=lambda pair: (-pair[0], len(pair[1]), pair[1]))]
    rows = [know.spellings[spelling] for spelling in nearest[:COMPARED]]
    wanted = set(modalities)
    rows = [row for row in rows if not wanted or wanted & set(row.modalities)]
    alike = [row.id for row in rows if (row.family, row.modalities) == (rows[0].family, rows[0].modalities)]
    return list(dict.fromkeys(alike))[:SHOWN]


def _kin(know: Knowledge, given: str) -> Iterable[str]:
    """The spellings that begin with the same word, or with the word nearest to it."""
    word = FIRST_WORD.search(given)
    if word is None:
        return ()
    known = know.spellings.by_first_word
    if word[0] not in known:
        near = get_close_matches(word[0][:32], known, n=1, cutoff=ANOTHER_WORD)
        return known[near[0]] if near else ()
    return known[word[0]]


def _plain(name: str) -> str:
    return name.rpartition("/")[2].lower()


def _parts(name: str) -> frozenset[str]:
    """Every three neighbouring letters of a name, with its ends."""
    ends = f"^{name}$"
    return frozenset(ends[i : i + 3] for i in range(len(ends) - 2))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))
