"""What the name of a module says about its place in the model."""

import re
from enum import StrEnum

from service.contract.words import BlockKind
from service.core.architecture.module_tree import Node
from service.knowledge.index import Knowledge

LETTERS = re.compile(r"[A-Za-z]+")

WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
"""A word within letters in CamelCase."""


def words(name: str) -> list[str]:
    """The words of a name in snake_case or CamelCase, in small letters and without its numbers."""
    runs = LETTERS.findall(name)
    return [word.lower() for run in runs for word in ([run] if run.islower() else WORD.findall(run))]


class Role(StrEnum):
    """Where a module stands. `parallel`: its numbered parts run side by side, as experts do. `tower`: an encoder or
    decoder of its own. `blocks`: says itself that it holds blocks.
    """

    STEM = "stem"
    NORM = "norm"
    NECK = "neck"
    HEAD = "head"
    TOWER = "tower"
    PARALLEL = "parallel"
    BLOCKS = "blocks"
    NONE = "none"


NAMELESS = (Role.NONE, Role.TOWER, Role.BLOCKS, Role.PARALLEL)
"""Roles that tell no place: none, or one that tells nothing of a part without blocks."""


class Path(StrEnum):
    """Where a part stands in a net that narrows and widens again, as a U-Net: on the way down, at the bottom, or up."""

    DOWN = "down"
    BOTTOM = "bottom"
    UP = "up"


KINDS = {Role.STEM: BlockKind.STEM, Role.NORM: BlockKind.NORM, Role.NECK: BlockKind.NECK, Role.HEAD: BlockKind.HEAD}


ENDING = "ending"
"""What the table calls words of a head, such as `out`, that count in short names without another word of the table."""

LONGEST = 2
"""Words of such a name, at most: `conv_out`; a `vae_conv_out` ends something else."""


class Roles:
    """The table of roles, asked by name. A whole name, with or without its number, stands before its words.

    Words of a stem and of a neck in one name, as in `patch_merger`, tell no place.
    """

    def __init__(self, know: Knowledge) -> None:
        self.names = {row.word: row for row in know.tables.roles if row.whole}
        self.words = {row.word: row for row in know.tables.roles if not row.whole and row.role in PRECEDENCE}
        self.ends = {row.word for row in know.tables.roles if row.role == ENDING}
        self.paths = {row.word: Path(row.role) for row in know.tables.roles if row.role in frozenset(Path)}
        self._known: dict[str, tuple[Role, int]] = {}
        self._ways: dict[str, Path | None] = {}

    def of(self, name: str) -> tuple[Role, int]:
        """The role of a name, and its rank among towers."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._read(name)
        return known

    def of_child(self, child: Node) -> Role:
        """The role of a module among others. A numbered `encoder1` is a stage, and no tower."""
        role = self.of(child.name)[0]
        return Role.NONE if role is Role.TOWER and child.number and child.number[0] else role

    def of_part(self, part: Node) -> Role:
        """The role of a part by its name; of one that has a number for its name, by that of the list it is in."""
        role = self.of(part.name)[0]
        listed = role is Role.NONE and part.name.isdigit()
        return self.of(part.prefix[: -len(part.name) - 1].rpartition(".")[2])[0] if listed else role

    def path(self, name: str) -> Path | None:
        """What a name says of its place on the way down and up again."""
        if name not in self._ways:
            told = (self.paths.get(form) for word in words(name) for form in _forms(word))
            self._ways[name] = next(filter(None, told), None)
        return self._ways[name]

    def _read(self, name: str) -> tuple[Role, int]:
        bare = name.lower().strip("_")
        for whole in (*_forms(bare), *_forms(bare.rstrip("0123456789").rstrip("_"))):
            if whole in self.names:
                row = self.names[whole]
                return Role(row.role), row.rank
        found = [self.words[form] for word in words(name) for form in _forms(word) if form in self.words]
        if not found:
            said = words(name)
            return (Role.NONE if len(said) > LONGEST or self.ends.isdisjoint(said) else Role.HEAD), 0
        if {Role.STEM, Role.NECK} <= {row.role for row in found}:
            return Role.NONE, 0
        row = min(reversed(found), key=lambda row: PRECEDENCE[Role(row.role)])
        return Role(row.role), row.rank


def _forms(word: str) -> tuple[str, ...]:
    """A word, and without the ending of several: `encoders` are encoders too."""
    return (word, word[:-1]) if word.endswith("s") else (word,)


PRECEDENCE = {Role.HEAD: 0, Role.PARALLEL: 1, Role.BLOCKS: 1, Role.NECK: 2, Role.STEM: 3, Role.NORM: 4, Role.TOWER: 5}
"""`bbox_embed` is a head, `embedding_norm` belongs to the stem."""
