"""Finds the numbered siblings that are a model's blocks: `blocks.0 ... blocks.11`, `layer1 ... layer4`.

Grids of blocks, whose names have two numbers, as in U-Net++, are put in the order in which their cells run.
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from service.core.architecture.module_tree import Node
from service.core.architecture.order.module_roles import Path, Role, Roles
from service.core.architecture.order.widths import gives, reads

Stack = list[Node]
"""Numbered siblings in their order."""

ALIKE = 0.5
"""Share of equal parts from which neighbours in a stack are the same kind of module. The sublayers of T5's blocks share
a third; the blocks of a stage, of which the first may hold a shortcut, three quarters."""

MOST = 0.5
"""Share of a stage's parameters that its own blocks must hold."""

SHORTEST = 3
"""Blocks of a stage whose names are not bare numbers, where all stages are of one size: two feed-forward parts of a
block, `ffn1` and `ffn2`, are no stage."""

LEAST = 0.2
"""The same, where the module around the blocks says by its name that it holds them."""

FEWEST = 3
"""Layers of a list that is the model, more than these."""

NEARLY_ALL = 0.9
"""Share of the parameters from which a module is the model, wrapped."""

DEEPEST = 3
"""How many modules may wrap the blocks of a stage."""

CELL = re.compile(r"(?:^|.*\D)(\d{1,3})_(\d{1,3})$")

FEWEST_CELLS = 6
"""Cells of the smallest grid: a triangle of three rows."""

Cells = dict[tuple[int, int], Node]


class Stacks:
    """The stacks of one model. `plain`: the model has none of composite modules, and single layers count as blocks."""

    def __init__(self, root: Node, roles: Roles) -> None:
        self.roles = roles
        self.plain = False
        self._found: dict[int, list[Stack]] = {}
        self._holding: dict[int, bool] = {}
        self._staged: dict[int, list[tuple[Node, Stack]]] = {}
        self.root = root
        if not self.holds(root) or self._is_counted_through():
            self.plain = True
            self._found.clear()
            self._holding.clear()

    def _is_counted_through(self) -> bool:
        """Whether the model is one list of layers, most of them single, and what stacks it has within hold the less."""
        node = self.root
        while len(node.modules) == 1 and not node.own:
            node = next(iter(node.modules.values()))
        single = [child for child in node.modules.values() if child.name.isdigit() and not _is_composite(child)]
        bare = len(node.modules) > FEWEST and all(child.name.isdigit() for child in node.modules.values())
        return bare and sum(child.count for child in single) > MOST * self.root.count and not self.of(node)

    def of(self, node: Node) -> list[Stack]:
        """The stacks among the children of a module."""
        if not node.modules:
            return []
        found = self._found.get(id(node))
        if found is None:
            found = self._found[id(node)] = self._find(node)
        return found

    def holds(self, node: Node) -> bool:
        """Whether a module is, or has within it, a stack."""
        known = self._holding.get(id(node))
        if known is None:
            known = bool(self.of(node)) or any(map(self.opens, node.modules.values()))
            self._holding[id(node)] = known
        return known

    def opens(self, child: Node) -> bool:
        """Whether to look for blocks within a module: it holds some, and is no stem, neck or head as a whole."""
        return bool(child.modules) and self.holds(child) and not self._is_aside(child)

    def staged(self, stack: Stack) -> list[tuple[Node, Stack]]:
        """Each member with its blocks; without any where the members are blocks themselves."""
        known = self._staged.get(id(stack[0]))
        if known is None:
            inner = self._stages(stack)
            known = self._staged[id(stack[0])] = [(member, inner.get(id(member), [])) for member in stack]
        return known

    def _stages(self, stack: Stack) -> dict[int, Stack]:
        """The blocks within each member, by the member's id, where the members are stages; else nothing.

        Stages keep their blocks at the same place, say in `blocks`; how many they are differs from stage to stage, or
        they are all of one kind. The sublayers of a block are neither.
        """
        place = self._place(max(stack, key=lambda member: member.count))
        if place is None:
            return {}
        word, path = place
        inner = {id(member): blocks for member in stack if (blocks := _at(member, path, word))}
        whole = _is_composite if word else _has_modules
        inner = {member: blocks for member, blocks in inner.items() if any(map(whole, blocks))}
        if not inner:
            return {}
        held = sum(node.count for blocks in inner.values() for node in blocks)
        longest = max(map(len, inner.values()))
        pyramid = len({member.count for member in stack}) == len(stack)
        most = LEAST if self._says_blocks(path) else MOST
        if longest < (SHORTEST if word and not pyramid else 2) or held < most * sum(member.count for member in stack):
            return {}
        of_one_length = len(inner) == len(stack) > 1 and len(set(map(len, inner.values()))) == 1
        return {} if of_one_length and not _alike(inner.values()) else inner

    def _place(self, member: Node) -> tuple[str, tuple[str, ...]] | None:
        """Where most of a stage's parameters are: the word before the blocks' numbers, and the modules around them."""
        path: list[str] = []
        while len(path) <= DEEPEST:
            found = [stack for stack in self.of(member) if len(stack) > 1 or stack[0].name.isdigit()]
            if found:
                number = max(found, key=lambda stack: sum(node.count for node in stack))[0].number
                return (number[0] if number else "", tuple(path))
            larger = [
                child
                for child in member.modules.values()
                if child.count >= (LEAST if self._says_blocks((child.name,)) else MOST) * member.count
            ]
            if not larger or self.roles.of(larger[0].name)[0] is Role.PARALLEL:
                return None
            member = larger[0]
            path.append(member.name)
        return None

    def _says_blocks(self, path: tuple[str, ...]) -> bool:
        """Whether the last module of a path says itself that it holds blocks."""
        return bool(path) and self.roles.of(path[-1])[0] is Role.BLOCKS

    def _find(self, node: Node) -> list[Stack]:
        possible = self.plain or any(map(_is_composite, node.modules.values()))
        if not possible or (self.roles.of(node.name)[0] is Role.PARALLEL and node.count <= MOST * self.root.count):
            return []
        by_word: dict[str, list[tuple[tuple[int, str], Node]]] = {}
        for child in node.modules.values():
            number = child.number
            if number is not None:
                by_word.setdefault(number[0], []).append((number[1:], child))
        cells = grid(child for child in node.modules.values() if self._is_cell(child))
        stacks: list[Stack] = [cells] if cells else []
        inside = set(map(id, cells))
        for word, members in by_word.items():
            if any(id(child) in inside for _, child in members):
                continue
            stack = [child for _, child in sorted(members, key=lambda member: member[0])]
            if (len(stack) > 1 or word == "") and self._is_stack(word, stack, node):
                rises = self.roles.path(word or node.name) is Path.UP
                stacks.append(stack[::-1] if rises and _counts_down(stack) else stack)
        return stacks

    def _is_stack(self, word: str, stack: Stack, node: Node) -> bool:
        role = self.roles.of(word)[0] if word else Role.NONE
        if role in (Role.HEAD, Role.STEM, Role.NORM, Role.PARALLEL):
            return False
        if self.plain:
            return (
                len(stack) > 1
                and any(member.matrices for member in stack)
                and (word == "" or node.count >= NEARLY_ALL * self.root.count)
            )
        composite = 2 * sum(_is_composite(member) for member in stack)
        return composite >= len(stack) if word == "" else composite > len(stack)

    def _is_cell(self, child: Node) -> bool:
        """Whether a part may be a cell of a grid: it is made of several layers, and no head, stem or norm by name."""
        aside = (Role.HEAD, Role.STEM, Role.NORM, Role.PARALLEL)
        return _is_composite(child) and self.roles.of(child.name)[0] not in aside

    def _is_aside(self, child: Node) -> bool:
        """Whether a module is one part whatever is within it: stem, neck or head, or the bottom between two ways."""
        role = self.roles.of(child.name)[0]
        if self.roles.path(child.name) is Path.BOTTOM and len(child.modules) > 1:
            return True
        if self.plain and role is Role.STEM and all(name.isdigit() for name in child.modules):
            return True
        small = child.count <= MOST * self.root.count and self.root.count > 0
        return small and role in (Role.HEAD, Role.STEM, Role.NECK, Role.NORM, Role.PARALLEL)


def _counts_down(stack: Stack) -> bool:
    """Whether the numbers on a way up are those of levels, the last of which runs first.

    Then each may read what the next one gives, which is more where the way narrows, and no next one what it gives.
    """
    faces = [(reads([member]) or 0, gives([member]) or 0) for member in stack]
    pairs = [(read, given, below, more) for (read, given), (below, more) in pairwise(faces)]
    return faces[0][1] < faces[-1][1] and all(
        given <= more <= read and given != below for read, given, below, more in pairs
    )


def _is_composite(node: Node) -> bool:
    """Whether a module is made of several layers."""
    return node.matrices > 1 and len(node.modules) > 0


def _has_modules(node: Node) -> bool:
    return bool(node.modules)


def _at(member: Node, path: tuple[str, ...], word: str) -> Stack:
    """The numbered modules of a member at a place."""
    for name in path:
        found = next((child for child in member.modules.values() if child.name == name), None)
        if found is None:
            return []
        member = found
    numbered = [
        (child.number[1:], child) for child in member.modules.values() if child.number and child.number[0] == word
    ]
    return [child for _, child in sorted(numbered, key=lambda pair: pair[0])]


def _alike(stacks: Iterable[Stack]) -> bool:
    """Whether neighbours in these stacks are mostly the same kind of module."""
    shares: list[float] = []
    for stack in stacks:
        kinds = [_parts(member) for member in stack[:4]]
        shares += [len(a & b) / max(1, len(a | b)) for a, b in pairwise(kinds)]
    return not shares or sum(shares) / len(shares) >= ALIKE


def _parts(node: Node) -> set[str]:
    """The names of a module's parts and of their parts."""
    return {
        f"{child.name}.{below}"
        for child in node.modules.values()
        for below in ([one.name for one in child.modules.values()] or ("",))
    }


def grid(children: Iterable[Node]) -> list[Node]:
    """The cells among the parts of a module in the order in which they run; empty where they make no grid.

    A grid is a triangle. Where the second number is that of the column (`conv0_1`), each column has a cell less than
    the one before, and cells run along its edge: `0_0`, `1_0`, `0_1`, `2_0`. Where both name levels (`x_0_1`, with no
    second number below the first), those of one distance run together: `0_0`, `1_1`, `2_2`, `0_1`.
    """
    named = (child for child in children if "_" in child.name)
    found = [((int(at[1]), int(at[2])), child) for child in named if (at := CELL.fullmatch(child.name))]
    cells: Cells = dict(found)
    if len(cells) < FEWEST_CELLS or len(cells) < len(found):
        return []
    if all(row <= column for row, column in cells) and _narrows(Counter(column - row for row, column in cells)):
        return [cells[at] for at in sorted(cells, key=lambda at: (at[1] - at[0], at[0]))]
    if _narrows(Counter(column for _, column in cells)):
        return [cells[at] for at in sorted(cells, key=lambda at: (sum(at), at[1]))]
    return []


def _narrows(many: Counter[int]) -> bool:
    """Whether each next line of cells has fewer than the one before, or the last two one each."""
    lengths = [many[line] for line in sorted(many)]
    return len(lengths) > 2 and all(one > other or one == other == 1 for one, other in pairwise(lengths))
