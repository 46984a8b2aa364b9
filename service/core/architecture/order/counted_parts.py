"""Numbered parts that run with the stage or block of their number: `patch_embeds.1` with `blocks.1`."""

from collections import Counter

from service.core.architecture.module_tree import Node
from service.core.architecture.order.block_stacks import Stack, Stacks
from service.core.architecture.order.module_roles import Path, Role, Roles, words
from service.core.architecture.order.widths import gives, reads

SKIPS = frozenset(("shortcut", "shortcuts", "skip", "skips"))
"""Words of layers that lead around blocks."""

AROUND: frozenset[int] = frozenset()
"""Stands for the numbers of lists that may have fewer parts than there are blocks."""

RANKED = (Role.TOWER, Role.HEAD)

APART = (Role.HEAD, Role.NECK)
"""Roles of what is one part, though the parts within it may be counted like stages."""

Family = dict[int, Node]
"""Parts of one kind by their numbers."""

Kin = tuple[frozenset[int], Path | None, bool]
"""What families that are counted alike share: their numbers, their way, and whether nothing but numbers name them."""


class CountedParts:
    """The parts of one model that are counted like its stages or blocks, by what they run with.

    `before` and `after` hold them by the stage's or block's id, `claimed` the ids of all of them and of lists that
    were given away whole; `beside` gathers lists that may take turns.
    """

    def __init__(self, stacks: Stacks, roles: Roles, read: Counter[int], ordered: bool) -> None:
        self.stacks, self.roles, self.read, self.ordered = stacks, roles, read, ordered
        self.before: dict[int, list[Node]] = {}
        self.after: dict[int, list[Node]] = {}
        self.claimed: set[int] = set()
        self.beside: list[Node] = []
        self._counted: dict[int, dict[Kin, list[Family]]] = {}
        self._places: dict[int, dict[int, int]] = {}

    def claim(self, node: Node, stacks: list[Stack]) -> None:
        """Gives each stage or block the parts that are counted like it, as `patch_embeds.1` is like `blocks.1`.

        Norms run after their stage, other parts before it: those of a numbered list join the stage's first block.
        The layers of a stem, and of heads, are not counted like stages.
        """
        for stack in stacks:
            if not self._is_staged(stack) and not (len(stack) > 1 and stack[0].name.isdigit()):
                continue
            stages = {member.number[1]: member for member in stack if member.number}
            places = self._places_in(node)
            end = max((places[id(member)] for member in stack if id(member) in places), default=len(places))
            way = self.roles.path(stack[0].prefix[: -len(stack[0].name) - 1].rpartition(".")[2])
            for family in self._take(node, frozenset(stages), way, bare=not self._is_staged(stack)):
                for number, part in family.items():
                    widens = way is Path.UP and reads([part]) != gives([stages[number]])
                    behind = self.ordered and places[id(part)] > end and not widens
                    later = behind or self.roles.of_part(part) is Role.NORM
                    self.claimed.add(id(part))
                    (self.after if later else self.before).setdefault(id(stages[number]), []).append(part)

    def pair(self, node: Node, stacks: list[Stack], opening: list[Node]) -> None:
        """Lists of one length beside each other, on one way, take turns: the others' parts join the first one's.

        Towers do not, nor do numbered lists, which are stages, nor lists of which no part could read the other's.
        """
        inside = {id(member) for stack in stacks for member in stack}
        lists: dict[tuple[Path | None, int], list[tuple[Node, Stack]]] = {}
        for child in opening:
            found = self.stacks.of(child)
            aside = self.roles.of_child(child) in RANKED or child.number or id(child) in inside
            if not aside and len(found) == 1 and len(found[0]) == len(child.modules) > 1 and found[0][0].name.isdigit():
                lists.setdefault((self.roles.path(child.name), len(found[0])), []).append((child, found[0]))
        for (_, first), *others in lists.values():
            for child, stack in others:
                if not all(map(_takes_turns, first, stack)):
                    continue
                self.beside += [child]
                self.claimed.add(id(child))
                for member, part in zip(first, stack, strict=True):
                    self.after.setdefault(id(member), []).append(part)

    def left(self, child: Node) -> list[Node]:
        """What is left of a module when the parts of stages are taken out: itself, its other parts, or nothing."""
        if id(child) in self.claimed:
            return []
        if self.claimed and any(id(below) in self.claimed for below in child.children):
            return [below for below in child.children if id(below) not in self.claimed]
        return [child]

    def _take(self, node: Node, numbers: frozenset[int], way: Path | None, *, bare: bool) -> list[Family]:
        """The families of these numbers that are on a stack's way; they are taken away.

        Norms and ways around blocks may be fewer; the first stack takes them, or nothing does. `bare`: only lists,
        whose members are named by their numbers alone.
        """
        known = self._families(node)
        lists = known.pop((numbers, way, True), [])
        lists += [one for one in known.pop((AROUND, way, True), []) if one.keys() < numbers and one not in lists]
        found = lists + ([] if bare else known.pop((numbers, way, False), []))
        return [one for one in found if id(next(iter(one.values()))) not in self.claimed]

    def _goes_around(self, family: Family) -> bool:
        """Whether a list holds nothing that mixes its inputs, or ways around blocks."""
        parts = list(family.values())
        named = bool(SKIPS & set(words(parts[0].prefix)))
        return named or not any(part.matrices for part in parts)

    def _way(self, node: Node, family: Family) -> Path | None:
        """What the name of a family, within a module, says of the way down and up."""
        inside = next(iter(family.values())).prefix[len(node.prefix) + 1 if node.prefix else 0 :]
        return self.roles.path(inside.partition(".")[0])

    def _ends(self, family: Family) -> bool:
        """Whether a family gives answers, one at each level: layers of one output, which no other layer reads."""
        last = [[tensor.shape for tensor in part.all_tensors() if tensor.is_matrix][-1:] for part in family.values()]
        inputs, outputs = ({shape[side] for shapes in last for shape in shapes} for side in (1, 0))
        return len(outputs) == 1 < len(inputs) and not outputs & self.read.keys()

    def _is_staged(self, stack: Stack) -> bool:
        """Whether members of a stack hold blocks."""
        return any(blocks for _, blocks in self.stacks.staged(stack))

    def _places_in(self, node: Node) -> dict[int, int]:
        """Where the list has the parts of a module, and the parts within these."""
        known = self._places.get(id(node))
        if known is None:
            numbered = enumerate(node.children)
            known = {id(part): place for place, child in numbered for part in (child, *child.children)}
            self._places[id(node)] = known
        return known

    def _families(self, node: Node) -> dict[Kin, list[Family]]:
        """Numbered parts without blocks and no heads, among the children of a module or of one child, by their kin.

        Parts of one family have one word before their numbers. A family is taken away by the stages that claim it.
        """
        known = self._counted.get(id(node))
        if known is None:
            stages = {id(member) for stack in self.stacks.of(node) for member in stack}
            families: dict[tuple[str, str], Family] = {}
            for child in node.children:
                aside = child.name == "stem" or self.roles.of_child(child) in APART or bool(self.stacks.of(child))
                within = [] if aside else [(child.name, below) for below in child.children]
                for word, part in [("", child)] if child.number else within:
                    if part.number and id(part) not in stages and not self.stacks.of(part):
                        families.setdefault((word, part.number[0]), {})[part.number[1]] = part
            known = self._counted[id(node)] = {}
            for family in families.values():
                if not self._ends(family):
                    bare = all(part.name.isdigit() for part in family.values())
                    way = self._way(node, family)
                    known.setdefault((frozenset(family), way, bare), []).append(family)
                    if bare and self._goes_around(family):
                        known.setdefault((AROUND, way, True), []).append(family)
        return known


def _takes_turns(member: Node, other: Node) -> bool:
    """Whether a part may run beside another one, or behind it: it reads what that reads or gives."""
    width = reads([other])
    return width is None or width in (reads([member]), gives([member]), None)
