"""Puts the parts of one module in the order in which they run: by their names, the list, or their widths."""

from collections import Counter

from service.core.architecture.module_tree import Node
from service.core.architecture.order.block_stacks import Stack, Stacks, grid
from service.core.architecture.order.counted_parts import RANKED, CountedParts
from service.core.architecture.order.module_roles import NAMELESS, Path, Role, Roles
from service.core.architecture.order.width_chain import chain, merged
from service.core.architecture.order.widths import gives, pixels, reads, takes_pixels

NECK_RANK = 3
"""A neck reads encoders, and is read by decoders and language models."""

LANGUAGE_RANK = 4
"""The rank of decoders and text towers, and of what has no tower's name beside a tower."""

PATH_RANKS = {Path.DOWN: 2, Path.BOTTOM: 3, Path.UP: 4}
"""Where ways down and up stand among towers: as an encoder and a decoder do."""


class Siblings:
    """The parts of any module of one model. `ordered`: they are listed in the order in which the model was written.

    `ambiguous` gathers modules with blocks whose order neither names nor the list tell; `chained`, the ids of parts
    whose widths tell it, and of stacks on a way down or up.
    """

    def __init__(self, stacks: Stacks, roles: Roles, counted: CountedParts, ordered: bool) -> None:
        self.stacks, self.roles, self.counted, self.ordered = stacks, roles, counted, ordered
        self.ambiguous: list[Node] = []
        self.chained: set[int] = set()

    def arranged(self, node: Node) -> list[Node]:
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
