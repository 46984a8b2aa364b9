"""Puts the modules of a model in the order in which they run: stem, blocks, norm, neck, head."""

from collections import Counter
from itertools import compress

from msgspec import Struct

from service.contract.words import BlockKind
from service.core.architecture.module_tree import Node, Overgrown
from service.core.architecture.order.block_stacks import CELL, Stack, Stacks
from service.core.architecture.order.counted_parts import SKIPS, CountedParts
from service.core.architecture.order.module_roles import KINDS, Path, Role, Roles, words
from service.core.architecture.order.sibling_order import LANGUAGE_RANK, Siblings
from service.core.architecture.order.widths import gives, reads

MOST_BLOCKS = 2000
"""As many as a depth may have."""

MOST_PARTS = 2000
"""Parts beside blocks. Models of unnumbered layers have most: Keras' InceptionResNetV2 408."""

MERGED = 4
"""Neighbours in a picture that a layer between two stages reads side by side, as in Swin."""


class Unit(Struct):
    """Modules that are one block, or part of one. `name` is the module that the block is named after.

    `placed`: its number, not its role, tells where it stands.
    """

    kind: BlockKind
    name: str
    nodes: list[Node]
    role: Role = Role.NONE
    stage: str | None = None
    tower: str | None = None
    rank: int = 0
    placed: bool = False

    @property
    def is_block(self) -> bool:
        """Whether it is one of the numbered blocks."""
        return self.kind is BlockKind.BLOCK


class RunOrder:
    """One walk through the tree. `ordered`: children are listed in the order in which the model was written.

    `siblings` puts the parts of each module in order; `beside` gathers those that may take turns with others.
    """

    def __init__(self, root: Node, roles: Roles, ordered: bool) -> None:
        self.root, self.roles, self.ordered = root, roles, ordered
        self.stacks = Stacks(root, roles)
        self._blocks = self._parts = 0
        self._begun = False
        self._widths: set[int] = set()
        matrices = [tensor.shape for tensor in root.all_tensors() if tensor.is_matrix]
        self.read = Counter(shape[1] for shape in matrices[1:])
        self.counted = CountedParts(self.stacks, roles, self.read, ordered)
        self.beside = self.counted.beside
        self.siblings = Siblings(self.stacks, roles, self.counted, ordered)

    def units(self) -> list[Unit]:
        """Blocks, and between them the parts that are none. Raises Overgrown beyond MOST_BLOCKS and MOST_PARTS."""
        return self._scope(self._unwrapped(), None, 0)

    def _unwrapped(self) -> Node:
        """The root; or the one module that holds everything, where no stack within would open it, as `net`."""
        node = self.root
        while not node.own and len(node.modules) == 1:
            (only,) = node.modules.values()
            if self.stacks.opens(only) or len(only.modules) < 2:
                break
            node = only
        return node

    def _scope(self, node: Node, tower: str | None, rank: int) -> list[Unit]:
        stacks = self.stacks.of(node)
        members = {id(member): blocks for stack in stacks for member, blocks in self.stacks.staged(stack)}
        self._blocks += sum(len(blocks) or 1 for blocks in members.values())
        if self._blocks > MOST_BLOCKS:
            raise Overgrown(f"These names make more than {MOST_BLOCKS} blocks.")
        self._note_parts(len(node.own) + len(node.modules) - len(members))
        self.counted.claim(node, stacks)
        opening = list(filter(self.stacks.opens, node.modules.values()))
        for child in opening:
            if id(child) not in members:
                self.counted.claim(node, self.stacks.of(child))
        self.counted.pair(node, stacks, opening)
        self._note_beside(node, stacks, opening)
        lone = self._first_layer(stacks, members)
        pictured = any(
            self.roles.of_child(child) is Role.TOWER and self.roles.of(child.name)[1] == 1 for child in opening
        )
        units: list[Unit] = []
        for child in self.siblings.arranged(node):
            role, own_rank = self.roles.of_child(child), self.roles.of(child.name)[1]
            if child is lone:
                nodes = [*self.counted.before.get(id(child), ()), child, *self.counted.after.get(id(child), ())]
                units.append(Unit(BlockKind.STEM, child.prefix, nodes, Role.STEM, None, tower, rank))
            elif id(child) in members and id(child) not in self.counted.claimed:
                parts = self.counted.before.get(id(child), [])
                begun = self._begun or not members[id(child)]
                joins = [part for part in parts if begun and part.name.isdigit()]
                ahead = [part for part in parts if not (begun and part.name.isdigit())]
                units += [self._part(part, tower, rank, placed=True) for part in ahead]
                blocks = self._member(child, members[id(child)], tower, rank)
                blocks[0].nodes = joins + blocks[0].nodes
                units += blocks
                units[-1].nodes += self.counted.after.get(id(child), ())
            elif self.stacks.opens(child) and id(child) not in self.counted.claimed:
                named = tower is None and (role is Role.TOWER or (pictured and role is Role.NONE))
                own_rank = own_rank if role is Role.TOWER else LANGUAGE_RANK
                units += self._scope(child, child.prefix if named else tower, own_rank if named else rank)
            else:
                units += [self._part(part, tower, rank) for part in self.counted.left(child)]
        return units

    def _note_parts(self, more: int) -> None:
        """Counts parts beside blocks before they are looked at."""
        self._parts += more
        if self._parts > MOST_PARTS:
            raise Overgrown(f"These names make more than {MOST_PARTS} parts beside the blocks.")

    def _note_beside(self, node: Node, stacks: list[Stack], opening: list[Node]) -> None:
        """Notes stacks that may take turns, without a telling name or on one way, and grids with two numbers a name."""
        members = {id(member) for stack in stacks for member in stack}
        beside: dict[Path | int, list[Node]] = {}
        counted: dict[int, list[Node]] = {}
        for one in node.modules.values():
            counted.setdefault(_counts(one), []).append(one)
        counted.pop(0, None)
        for child in opening:
            if self.roles.of_child(child) is not Role.TOWER and id(child) not in members:
                for stack in self.stacks.of(child):
                    self.beside += counted.pop(len(stack) - 1, ())
                    beside.setdefault(self.roles.path(child.name) or len(stack), []).append(child)
        nameless = sum(len(alike) for key, alike in beside.items() if not isinstance(key, Path))
        self.beside += [
            child
            for key, alike in beside.items()
            if (len(alike) if isinstance(key, Path) else nameless) > 1
            for child in alike
        ]
        self.beside += [member for stack in stacks for member in stack if CELL.fullmatch(member.name)]

    def _embeds(self, node: Node) -> bool:
        return self.roles.of(node.name)[0] is Role.STEM

    def _first_layer(self, stacks: list[Stack], members: dict[int, Stack]) -> Node | None:
        """The first member of a stack of stages, where it is a single layer: `conv1` before `conv2` to `conv5`."""
        for first, *later in stacks:
            if not members[id(first)] and first.matrices == 1 and any(members[id(member)] for member in later):
                return first
        return None

    def _part(self, part: Node, tower: str | None, rank: int, *, placed: bool = False) -> Unit:
        role = self.roles.of_part(part)
        return Unit(KINDS.get(role, BlockKind.NECK), part.prefix, [part], role, None, tower, rank, placed)

    def _member(self, member: Node, inner: Stack, tower: str | None, rank: int) -> list[Unit]:
        """A block; or the blocks of a stage, each with what stands before it, the last with what stands after."""
        if not inner:
            return [Unit(BlockKind.BLOCK, member.prefix, [member], tower=tower, rank=rank)]
        below, self._widths = self._widths, _widths(inner[-1])
        inside = {id(node) for node in inner}
        first = inner[0]
        fitted = self._fitted(member, inner)
        joined = {id(part) for parts in fitted.values() for part in parts}
        units: list[Unit] = []
        waiting: list[Node] = []

        def visit(node: Node) -> None:
            counted = all(child.name.isdigit() for child in node.modules.values())
            for child in self.siblings.arranged(node) if self.ordered or counted else self._around(node, inner):
                if id(child) in inside:
                    if not units and not self._begun:
                        units.extend(self._part(node, tower, rank) for node in waiting if self._embeds(node))
                        waiting[:] = [node for node in waiting if not self._embeds(node)]
                    nodes = [*waiting, child, *fitted.get(id(child), ())]
                    units.append(Unit(BlockKind.BLOCK, child.prefix, nodes, Role.NONE, member.prefix, tower, rank))
                    waiting.clear()
                elif any(first.prefix.startswith(child.prefix + end) for end in child.ends):
                    visit(child)
                elif id(child) not in joined:
                    self._note_parts(1)
                    waiting.append(child)

        visit(member)
        self._begun = True
        early = [_feeds(node, below, self._widths) for node in waiting]
        units[0].nodes = [*compress(waiting, early), *units[0].nodes]
        late = [node for node, is_early in zip(waiting, early, strict=True) if not is_early]
        self.beside += [node for node in late if node.matrices and SKIPS & set(words(node.prefix))]
        units[-1].nodes += late
        return units

    def _around(self, node: Node, inner: Stack) -> list[Node]:
        """What a stage of a file holds: what leads to its blocks before them, what leads away and norms behind them.

        A layer of which widths tell neither stays where the file has it, and is noted.
        """
        children = self.siblings.arranged(node)
        entry, end = reads(inner[:1]), gives(inner[-1:])
        inside, start = set(map(id, inner)), inner[0].prefix
        blocks = [
            id(child) in inside or any(start.startswith(child.prefix + mark) for mark in child.ends)
            for child in children
        ]
        first = blocks.index(True)
        places: dict[int, int] = {}
        for index, child in enumerate(children):
            leads = gives([child]) == entry
            leaves = reads([child]) == end or (reads([child]) == MERGED * (end or 0) and not leads)
            role = self.roles.of_part(child)
            told = -1 if role is Role.STEM else 1 if role is Role.NORM else 0
            if child.matrices and leads != leaves:
                told = -1 if leads else 1
            elif child.matrices and not told and not blocks[index]:
                self.siblings.ambiguous.append(child)
            places[id(child)] = 0 if blocks[index] else told or (-1 if index < first else 1)
        return sorted(children, key=lambda child: places[id(child)])

    def _fitted(self, member: Node, inner: Stack) -> dict[int, list[Node]]:
        """Layers that are counted like a stage's blocks and listed behind them, by block: `c1` runs after `b1`."""
        blocks = {block.number[1]: block for block in inner if block.number}
        names = {id(block) for block in inner}
        listed = [child for child in member.modules.values() if child.number and child.number[0]]
        if not self.ordered or not all(any(child is block for child in listed) for block in inner):
            return {}
        last = max(index for index, child in enumerate(listed) if id(child) in names)
        words_behind = {child.number[0] for child in listed[last + 1 :] if child.number}
        found: dict[int, list[Node]] = {}
        for word in words_behind:
            counted = {child.number[1]: child for child in listed if child.number and child.number[0] == word}
            if counted.keys() == blocks.keys():
                for number, part in counted.items():
                    found.setdefault(id(blocks[number]), []).append(part)
        return found


def _counts(node: Node) -> int:
    """The length of a list of parts without blocks, as of norms that run between blocks; 0 for other modules."""
    bare = all(child.name.isdigit() for child in node.modules.values())
    return len(node.modules) if bare else 0


def _widths(block: Node) -> set[int]:
    return {size for tensor in block.all_tensors() for size in tensor.shape[:2] if size > 1}


def _feeds(part: Node, below: set[int], here: set[int]) -> bool:
    """Whether a part that is listed behind a stage's blocks reads the stage below: then it runs before them."""
    matrices = [tensor.shape for tensor in part.all_tensors() if tensor.is_matrix]
    return bool(matrices) and matrices[0][1] in below and matrices[0][1] not in here and matrices[-1][0] in here
