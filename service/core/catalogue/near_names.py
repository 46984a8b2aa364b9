"""Models whose names resemble one that the catalogue does not hold: of one family and modality, and few of them."""

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

from service.contract.other_words.models import why_no_model
from service.contract.problem import ProblemFault
from service.contract.words import Modality
from service.knowledge.catalogue.models import WORD
from service.knowledge.index import Knowledge

COMPARED = 24
"""Names that are looked at closely."""

SHOWN = 8
"""Names that a fault lists at most."""

ALIKE = 0.4
"""Share of three-letter parts that two names must have in common for one to be offered in place of the other."""

ANOTHER_WORD = 0.75
"""How close a misspelt first word must be to a known one."""

LONG = 5
"""Letters and digits that a known name must have for a longer one that begins with it to mean it."""


def near_model(
    pointer: str, message: str, name: str, know: Knowledge, modalities: Iterable[Modality] = ()
) -> ProblemFault:
    """A fault for a model that is not known, with near names and the nearest.

    With none where nothing is alike, and with the reason where the name is of what no checkpoint here can stand for.
    """
    why = why_no_model(name)
    near = [] if why else near_names(know, name, modalities)
    message = f"{message} {why}" if why else message
    return ProblemFault(pointer=pointer, message=message, allowed=near, nearest=near[0] if near else None)


def near_names(know: Knowledge, name: str, modalities: Iterable[Modality] = ()) -> list[str]:
    """The ids of models with names like this one, nearest first.

    All are of the family that the nearest is of, and read what it reads; `modalities` says what they must read, where
    the request tells. Only names that hold the same word are compared, so that the cost stays small. A word of a family
    leads to what most people tune of it: the judged models first, and those that most others were made from.
    """
    given = _plain(name)
    word, kin = _kin(know, given)
    first = [spelling for spelling in kin if _plain(spelling).startswith(word)]
    nearest = _begun(know, given, word, first) or _alike(given, first) or _begun(know, given, word, kin)
    rows = [know.spellings[spelling] for spelling in nearest[:COMPARED]]
    wanted = set(modalities)
    rows = [row for row in rows if not wanted or wanted & set(row.modalities)]
    same = [row.id for row in rows if (row.family, row.modalities) == (rows[0].family, rows[0].modalities)]
    return list(dict.fromkeys(same))[:SHOWN]


def _kin(know: Knowledge, given: str) -> tuple[str, Iterable[str]]:
    """The first word that names of models hold, or the known word nearest to it, and the spellings that hold it."""
    known = know.spellings.by_word
    words = [found[0] for found in (WORD.search(given), WORD.search(_joined(given))) if found]
    near = get_close_matches(words[0][:32], known, n=1, cutoff=ANOTHER_WORD) if words else ()
    word = next((one for one in (*words, *near) if one in known), "")
    return word, known.get(word, ())


def _begun(know: Knowledge, given: str, word: str, kin: Iterable[str]) -> list[str]:
    """The spellings that go on where the name ends, from the word on, or that it goes on from, each word known."""
    whole, spelt = _joined(given), all(one in know.spellings.by_word for one in WORD.findall(given))
    tails = {spelling: _joined(_plain(spelling)[_plain(spelling).index(word) :]) for spelling in kin}
    shared = {
        spelling: min(len(whole), len(tail))
        for spelling, tail in tails.items()
        if tail.startswith(whole) or (spelt and len(tail) >= LONG and whole.startswith(tail))
    }
    tuned = Counter(row.parent for row in know.catalogue.checkpoints) + Counter(
        tag.build for tag in know.catalogue.tags
    )

    def place(spelling: str) -> tuple[int, bool, int, int, str]:
        row = know.spellings[spelling]
        many = tuned[row.id] + tuned[know.models.build_of(row)]
        return -shared[spelling], not know.models.is_ranked(row.id), -many, len(spelling), spelling

    return sorted(shared, key=place)


def _alike(given: str, kin: Iterable[str]) -> list[str]:
    parts = _parts(given)
    scored = [(_share(parts, _parts(_plain(spelling))), spelling) for spelling in kin]
    scored = [pair for pair in scored if pair[0] >= ALIKE]
    return [spelling for _, spelling in sorted(scored, key=lambda pair: (-pair[0], len(pair[1]), pair[1]))]


def _plain(name: str) -> str:
    return name.rpartition("/")[2].lower()


def _joined(name: str) -> str:
    """The letters and digits alone: `Llama-3` and `llama3` are one."""
    return "".join(filter(str.isalnum, name))


def _parts(name: str) -> frozenset[str]:
    """Every three neighbouring letters of a name, with its ends."""
    ends = f"^{name}$"
    return frozenset(ends[i : i + 3] for i in range(len(ends) - 2))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))
