"""What a word that is not ours usually means, in our words."""

from collections.abc import Iterable, Mapping

from service.contract.other_words.domains import DOMAINS
from service.contract.other_words.tasks import TASKS
from service.contract.other_words.training import TRAINING
from service.contract.words import STRATEGY_OF, Method, Strategy

SYNONYMS: Mapping[str, tuple[str, ...]] = {**TASKS, **TRAINING, **DOMAINS}
"""What a word that we do not know usually means, in our words; several where it depends on the vocabulary."""


def meant(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that a word of the caller's usually stands for; None where none is known."""
    plain, known = word.strip().lower().replace("_", "-").replace(" ", "-"), set(allowed)
    found = [plain, *SYNONYMS.get(plain, ())]
    if Strategy.FULL in known:
        found += [str(STRATEGY_OF[Method(one)]) for one in found if one in set(Method)]
    return next((one for one in found if one in known), None)
