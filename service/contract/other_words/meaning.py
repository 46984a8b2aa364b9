"""What a word that is not ours usually means, in our words."""

from collections.abc import Iterable

from service.contract.other_words.domains import DOMAINS
from service.contract.other_words.tasks import NOT_ANSWERED, TASKS
from service.contract.other_words.training import TRAINING
from service.contract.words import STRATEGY_OF, Method, Strategy

SYNONYMS: dict[str, list[str]] = {}
"""What a word that we do not know usually means, in our words; several where it depends on the vocabulary."""
for _ours, _words in (*TASKS.items(), *TRAINING.items(), *DOMAINS.items()):
    for _word in _words.split():
        SYNONYMS.setdefault(_word, []).append(_ours)


def meant(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that a word of the caller's usually stands for; None where none is known."""
    plain, known = _plain(word), set(allowed)
    found = [plain, *SYNONYMS.get(plain, ())]
    if Strategy.FULL in known:
        found += [str(STRATEGY_OF[Method(one)]) for one in found if one in set(Method)]
    return next((one for one in found if one in known), None)


def is_not_answered(word: str) -> bool:
    """Whether it is a task that people train for, but none of ours."""
    return _plain(word) in NOT_ANSWERED.split()


def _plain(word: str) -> str:
    return word.strip().lower().replace("_", "-").replace(" ", "-")
