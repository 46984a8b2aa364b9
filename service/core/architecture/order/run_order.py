"""Puts the modules of a model in the order in which they run: stem, blocks, norm, neck, head."""

from collections import Counter
from itertools import compress

from msgspec import Struct

from service.contract.words import BlockKind
from service.core.architecture.module_tree import Node, Overgrown
from service.core.architecture.order.block_grids import CELL, grid
from service.core.architecture.order.block_stacks import Stack, Stacks
from service.core.architecture.order.counted_parts import RANKED, SKIPS, CountedParts
from service.core.architecture.order.module_roles import KINDS, NAMELESS, Path, Role, Roles, words
from service.core.architecture.order.width_chain import chain, merged
from service.core.architecture.order.widths import gives, pixels, reads, takes_pixels

MOST_BLOCKS = 2000
"""As many as a depth may have."""

MOST_PARTS = 2000
"""Parts beside blocks. Models of unnumbered layers have most: Keras' InceptionResNetV2 408."""

NECK_RANK = 3
"""A neck reads encoders, and is read by decoders and language models."""

LANGUAGE_RANK = 4
"""The rank of decoders and text towers, and of what has no tower's name beside a tower."""

MERGED = 4
"""Neighbours in a picture that a layer between two stages reads side by side, as in Swin."""


PATH_RANKS = {Path.DOWN: 2, Path.BOTTOM: 3, Path.UP: 4}
"""Where ways down and up stand among towers: as an encoder and a decoder do."""


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

    `ambiguous` gathers modules with blocks whose order neither names nor the list tell; `chained`, the ids of parts
    whose widths tell it, and of stacks on a way down or up; `beside`, those that may take turns with others.
    """

    def __init__(self, root: Node, roles: Roles, ordered: bool) -> None:
        self.root, self.roles, self.ordered = root, roles, ordered
        self.stacks = Stacks(root, roles)
        self.ambiguous: list[Node] = []
        self.chained: set[int] = set()
        self._blocks = self._parts = 0
        self._begun = False
        self._widths: set[int] = set()
        matrices = [tensor.shape for tensor in root.all_tensors() if tensor.is_matrix]
        self.read = Counter(shape[1] for shape in matrices[1:])
        self.counted = CountedParts(self.stacks, roles, self.read, ordered)
        self.beside = self.counted.beside

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
        for child in self._arranged(node):
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
            for child in self._arranged(node) if self.ordered or counted else self._around(node, inner):
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
        children = self._arranged(node)
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
                self.ambiguous.append(child)
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

    def _arranged(self, node: Node) -> list[Node]:
        """The children in the order in which they run, as far as names and the list tell.

        A list that was not sorted is in the order of the model's code: only the members of a numbered list are put in
        their numbers' order, towers in the order in which they read each other, and a bottom before what climbs up.
        """
        children = list(node.children)
        if not self.ordered:
            children.sort(key=lambda child: child.number or (child.name, -1, ""))
        members = {
            id(child): numbered
            for stack in self.stacks.of(node)
            if not self.ordered or _is_shuffled(stack, children) or grid(stack) or self._climbs(stack, children)
            for numbered in (iter(stack),)
            for child in stack
        }
        children = [next(members[id(child)]) if id(child) in members else child for child in children]
        opening = [child for child in children if self.stacks.opens(child)]
        if not self.ordered:
            self._note_ambiguous(node, opening)
            children = self._merged(node, children, opening)
        else:
            children = self._exit_last(_entrance_first(self._bottom_first(children), opening))
        towers = [child for child in children if self.stacks.opens(child) or self._is_tower(child)]
        ranked = [child for child in towers if self.roles.of_child(child) in RANKED]
        ways = not self.ordered and len({self.roles.path(child.name) for child in children} - {None}) > 1
        if not ways and (len(towers) < 2 or not ranked or (self.ordered and len(ranked) < len(towers))):
            return children
        first = children.index(towers[0]) if towers and self.ordered else 0
        places = {id(child): self._rank(child, index < first) for index, child in enumerate(children)}
        told = [places[id(child)] for child in children if self._is_told(child)]
        if self.ordered and told == sorted(told):
            return children
        return sorted(children, key=lambda child: places[id(child)])

    def _exit_last(self, children: list[Node]) -> list[Node]:
        """Puts a net that gives back the pixels which another one takes in behind what reads that one's end.

        So autoencoders list what stands between their two nets.
        """
        nets = [child for child in children if child.matrices and self.roles.of_child(child) is not Role.HEAD]
        places = [index for index, child in enumerate(nets) if child.matrices > 1 and takes_pixels([child])]
        if len(places) != 1:
            return children
        first, *others = nets[places[0] :]
        exits = [child for child in others if child.matrices > 1 and gives([child]) == pixels([first])]
        behind = others[others.index(exits[0]) + 1 :] if len(exits) == 1 else []
        if not behind or (reads(behind[:1]) or 1) % (gives([first]) or 1):
            return children
        rest = [child for child in children if child is not exits[0]]
        place = rest.index(behind[-1]) + 1
        return [*rest[:place], exits[0], *rest[place:]]

    def _climbs(self, stack: Stack, children: list[Node]) -> bool:
        """Whether a way up is listed backwards: it narrows as it runs."""
        inside = set(map(id, stack))
        listed = [child for child in children if id(child) in inside]
        return self.roles.path(stack[0].name) is Path.UP and _widens(listed) and not _widens(stack)

    def _chained(self, node: Node, children: list[Node]) -> list[Node]:
        """The children, those that no name puts anywhere in the order of their widths."""
        numbered = {id(member) for stack in self.stacks.of(node) for member in stack}
        loose = [child for child in children if child.ends and child.matrices and id(child) not in numbered]
        loose = [child for child in loose if self.roles.of_child(child) in NAMELESS]
        arranged, sure = chain(loose)
        self.chained |= sure
        places = dict(zip(map(id, loose), arranged, strict=True))
        return [places.get(id(child), child) for child in children]

    def _merged(self, node: Node, children: list[Node], opening: list[Node]) -> list[Node]:
        """The children, those that are blocks or hold them in the order of their widths."""
        stacks = self.stacks.of(node)
        numbered = {id(member) for stack in stacks for member in stack}
        begun = {id(stack[0]): stack for stack in stacks}
        opens = {id(child) for child in opening} - numbered
        lists = [begun.get(id(child), [child]) for child in children if id(child) in opens or id(child) in begun]
        arranged = merged(lists, [child for child in children if self.roles.of_child(child) is Role.STEM])
        moved = set(map(id, arranged))
        following = iter(arranged)
        return [next(following) if id(child) in moved else child for child in self._chained(node, children)]

    def _is_told(self, child: Node) -> bool:
        """Whether the name of a child tells its place."""
        opens = self.stacks.opens(child) or self._is_tower(child)
        return opens or self.roles.of_child(child) not in (Role.NONE, Role.TOWER)

    def _is_tower(self, child: Node) -> bool:
        """Whether a part of several layers has a tower's name, though none of them are numbered."""
        return self.roles.of_child(child) is Role.TOWER and child.matrices > 1

    def _bottom_first(self, children: list[Node]) -> list[Node]:
        """Puts the bottom of a net that narrows and widens before the way up, where the list has it behind."""
        paths = [self.roles.path(child.name) for child in children]
        if Path.BOTTOM not in paths or Path.UP not in paths:
            return children
        up = paths.index(Path.UP)
        late = [child for child, path in zip(children[up:], paths[up:], strict=True) if path is Path.BOTTOM]
        behind = set(map(id, late))
        return [*children[:up], *late, *(child for child in children[up:] if id(child) not in behind)]

    def _rank(self, child: Node, early: bool) -> int:
        """Where a child stands among towers: stems first, necks before what reads them, the rest behind."""
        role, rank = self.roles.of_child(child), self.roles.of(child.name)[1]
        path = self.roles.path(child.name)
        if path is not None and role is not Role.TOWER:
            return PATH_RANKS[path]
        if self._is_tower(child) or self.stacks.opens(child):
            return rank if role is Role.TOWER else LANGUAGE_RANK + (role is Role.HEAD)
        if role is Role.NECK:
            return NECK_RANK if rank == 0 else rank
        return -1 if role is Role.STEM or (early and role is not Role.HEAD) else LANGUAGE_RANK + 1

    def _note_ambiguous(self, node: Node, opening: list[Node]) -> None:
        """Without an order of the list, parts of one rank that hold blocks cannot be told apart."""
        stacks = [stack for stack in self.stacks.of(node) if id(stack[0]) not in self.counted.claimed]
        numbered = {id(member) for stack in stacks for member in stack}
        beside = [child for child in opening if id(child) not in numbered and id(child) not in self.counted.claimed]
        ranks = [self._rank(child, early=False) for child in beside]
        of_rank = Counter(ranks)
        self.ambiguous += [child for child, rank in zip(beside, ranks, strict=True) if of_rank[rank] > 1]
        if len(stacks) + bool(beside) > 1:
            self.ambiguous += [stack[0] for stack in stacks]
            self.chained.update(id(stack[0]) for stack in stacks if self.roles.path(stack[0].name))


def _entrance_first(children: list[Node], opening: list[Node]) -> list[Node]:
    """Puts the last net of a list before all others where it alone takes in pictures, and another one reads it."""
    *others, last = opening or [None]
    if last is None or not others or not takes_pixels([last]):
        return children
    rest = [child for child in children if child is not last]
    if any(takes_pixels([child]) for child in rest) or gives([last]) not in {reads([child]) for child in rest}:
        return children
    return [last, *rest]


def _counts(node: Node) -> int:
    """The length of a list of parts without blocks, as of norms that run between blocks; 0 for other modules."""
    bare = all(child.name.isdigit() for child in node.modules.values())
    return len(node.modules) if bare else 0


def _is_shuffled(stack: Stack, children: list[Node]) -> bool:
    """Whether a stack was listed out of its order: by the spelling of its numbers, or a list of bare ones."""
    inside = set(map(id, stack))
    listed = [child for child in children if id(child) in inside]
    names = [child.name for child in listed]
    bare = all(name.isdigit() for name in names)
    return listed != stack and (bare or names == sorted(names))


def _widens(blocks: list[Node]) -> bool:
    """Whether the last of these blocks gives more than the first one."""
    return (gives(blocks[:1]) or 0) < (gives(blocks[-1:]) or 0)


def _widths(block: Node) -> set[int]:
    return {size for tensor in block.all_tensors() for size in tensor.shape[:2] if size > 1}


def _feeds(part: Node, below: set[int], here: set[int]) -> bool:
    """Whether a part that is listed behind a stage's blocks reads the stage below: then it runs before them."""
    matrices = [tensor.shape for tensor in part.all_tensors() if tensor.is_matrix]
    return bool(matrices) and matrices[0][1] in below and matrices[0][1] not in here and matrices[-1][0] in here
