"""The nearest path of the service to one that it does not have."""

from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property

from service.contract.problem import ProblemFault
from service.core.rules.refusal import unknown_word

MOST_NAMES = 10
"""Names that are told for one that is not known."""

LONGEST_PATH = 1000
"""Characters of an unknown path that are looked at. No path of the service is as long."""


class KnownPaths:
    """All names by the folder that they are in, whichever depth below it."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = frozenset(paths)

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """The names in each folder: worked out when they are first asked for."""
        names: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.paths):
            folder, _, name = path.rpartition("/")
            if name and not folder:
                names[""].append(name)
            while folder:
                names[folder].append(path.removeprefix(f"{folder}/"))
                folder = folder.rpartition("/")[0]
        return names

    def nearest(self, path: str) -> ProblemFault:
        """The fault for an unknown path: the names in its folder, or in the first folder above it that there is."""
        *above, name = path[:LONGEST_PATH].split("/")
        folder = ""
        for part in above[1:]:
            if f"{folder}/{part}" not in self.names:
                break
            folder = f"{folder}/{part}"
        place = folder or "/"
        listing = place if place in self.paths else "/"
        message = f"There is no such name under {place}. GET {listing} lists what there is."
        return unknown_word("path", message, name, _near(name, self.names[folder]))


def _near(name: str, names: list[str]) -> list[str]:
    """The names that look like this one; all of them where they are few."""
    if len(names) <= MOST_NAMES:
        return names
    plain = {known.lower(): known for known in reversed(names)}
    return [plain[near] for near in get_close_matches(name.lower(), plain, n=MOST_NAMES)]
