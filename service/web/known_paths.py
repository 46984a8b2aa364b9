"""The nearest path of the service to one that it does not have."""

from collections import defaultdict
from collections.abc import Iterable

from service.contract.problem import ProblemFault
from service.core.rules.refusal import unknown_word

LONGEST_PATH = 1000
"""Characters of an unknown path that are looked at. No path of the service is as long."""


class KnownPaths:
    """All names by the folder that they are in, whichever depth below it."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.names: dict[str, list[str]] = defaultdict(list)
        for path in sorted(paths):
            folder, _, name = path.rpartition("/")
            if name and not folder:
                self.names[""].append(name)
            while folder:
                self.names[folder].append(path.removeprefix(f"{folder}/"))
                folder = folder.rpartition("/")[0]

    def nearest(self, path: str) -> ProblemFault:
        """The fault for an unknown path: the names in its folder, or in the first folder above it that there is."""
        *above, name = path[:LONGEST_PATH].split("/")
        folder = ""
        for part in above[1:]:
            if f"{folder}/{part}" not in self.names:
                break
            folder = f"{folder}/{part}"
        return unknown_word("path", f"There is no such name under {folder or '/'}.", name, self.names[folder])
