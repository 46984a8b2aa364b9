"""The parts of a list without order, as of a weights file: by their roles, and what no name puts anywhere by widths."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from service.contract.words import BlockKind
from service.core.architecture.module_tree import split_number
from service.core.architecture.order.head_search import has_matrix
from service.core.architecture.order.module_roles import NAMELESS, Path, Role, Roles, words
from service.core.architecture.order.run_order import Unit
from service.core.architecture.order.width_chain import chain
from service.core.architecture.order.widths import PIXEL, gives, layers, length, reads, takes_pixels

ENTRANCE = frozenset(("in", "input"))
"""Words of what reads the input, though it is called a projection."""

FIRST = frozenset(("pre", "in", "init", "initial", "input", "stem", "first"))
LAST = frozenset(("post", "out", "output", "final", "last", "f"))
"""Words of a part before all blocks, and of one behind them."""

AFTER = {Role.NORM: 1.0, Role.NECK: 3.0, Role.HEAD: 4.0}
"""Where parts of these roles stand behind the blocks, parts without a role at 2."""

AFTER_LOOSE, AFTER_NECK = 2.5, 3.5
"""Where a norm stands that reads a part without a role, or a neck."""

SEQUENCE = 3
"""Dimensions of the weight of a convolution over a sequence. Encoders of sound that embed places by one normalise
before their blocks in small sizes and behind them in large ones, by one name."""


class FileOrder:
    """Puts the parts in order. `by_width` gathers those that widths put before the blocks or between them;
    `either_side` names norms that run before the blocks in some models of their kind and behind them in others, and
    heads that may run behind a block each.
    """

    def __init__(self, units: list[Unit], roles: Roles) -> None:
        self.roles = roles
        self.by_width: list[Unit] = []
        self.either_side: list[str] = []
        self.blocks = [unit for unit in units if unit.is_block]
        runs = [list(run) for _, run in groupby(units, key=lambda unit: unit.tower)]
        self.units = [unit for run in runs for unit in self._arranged(run)]

    def _arranged(self, run: list[Unit]) -> list[Unit]:
        """The parts of one tower: stems first, norms as their names and widths tell, the rest by its widths."""
        _read_pixels(run)
        between = self._between(run)
        self._find_entrances([unit for unit in run if id(unit) not in between], run)
        self._note_either_side(run)
        tower = _Tower(run)
        for unit in run:
            if unit.role is Role.NORM and tower.opens_with(unit):
                unit.role, unit.kind = Role.STEM, BlockKind.STEM
        tower = _Tower(run)
        loose = _loose(run)
        behind = iter(_chained([unit for unit in loose if id(unit) not in between]))
        moved = {id(unit): next(behind) for unit in loose if id(unit) not in between}
        run = [moved.get(id(unit), unit) for unit in run]
        within = self._within(run) | between
        return sorted(run, key=lambda unit: (0 if id(unit) in within else tower.place(unit), within.get(id(unit), 0)))

    def _within(self, run: list[Unit]) -> dict[int, float]:
        """The places of blocks, and of parts that were put before one, by id."""
        number = -1
        places: dict[int, float] = {}
        for unit in run:
            number += unit.is_block
            if unit.is_block or unit.placed:
                places[id(unit)] = number + (0 if unit.is_block else 0.25)
        return places

    def _find_entrances(self, run: list[Unit], whole: list[Unit]) -> None:
        """Makes stems of loose parts that run before the blocks, as far as widths tell."""
        for unit in entrances(_loose(run), whole if any(unit.is_block for unit in whole) else [*self.blocks, *whole]):
            unit.role, unit.kind = Role.STEM, BlockKind.STEM
            self.by_width.append(unit)

    def _between(self, run: list[Unit]) -> dict[int, float]:
        """The loose parts between two blocks, by id, with their places among the blocks.

        They lead from what one block gives to the other width that the next one reads; or they are the bottom of a net
        that narrows and widens.
        """
        blocks = [unit for unit in run if unit.is_block]
        gaps: dict[tuple[int | None, int | None], list[int]] = {}
        for index, (block, after) in enumerate(pairwise(blocks)):
            given, read = gives(block.nodes), reads(after.nodes)
            if given != read:
                gaps.setdefault((given, read), []).append(index)
                if block.stage != after.stage:
                    gaps.setdefault((None, read), []).append(index)
        rises = [self._way(block) is Path.UP for block in blocks]
        entry = reads(blocks[0].nodes) if blocks else None
        bottom = (rises.index(True) if True in rises else len(blocks)) - 0.5
        found: dict[int, float] = {}
        for unit in _loose(run):
            read, given = reads(unit.nodes), gives(unit.nodes)
            fitting = gaps.get((read, given)) or gaps.get((None, given), [])
            if self.roles.path(unit.name.rpartition(".")[2]) is Path.BOTTOM:
                found[id(unit)] = bottom
            elif len(fitting) == 1 and given != entry and not takes_pixels(unit.nodes):
                found[id(unit)] = fitting[0] + 0.5
                self.by_width.append(unit)
        return found

    def _way(self, block: Unit) -> Path | None:
        """What the names of a block and of the modules that hold it say of the way down and up."""
        return next((path for name in block.name.split(".") if (path := self.roles.path(name))), None)

    def _note_either_side(self, run: list[Unit]) -> None:
        waves = any(len(shape) == SEQUENCE for unit in run if unit.role is Role.STEM for shape in _shapes(unit))
        heads = Counter(split[0] for unit in run if unit.role is Role.HEAD and (split := split_number(unit.name)))
        self.either_side += [word for word, many in heads.items() if many > 1]
        norms = [unit for unit in run if unit.role is Role.NORM and not (FIRST | LAST) & said(unit)]
        self.either_side += [unit.name for unit in norms if waves]


def said(unit: Unit) -> set[str]:
    """The words of a part's own name."""
    return set(words(unit.name.rpartition(".")[2]))


def _shapes(unit: Unit) -> Iterator[tuple[int, ...]]:
    return (tensor.shape for node in unit.nodes for tensor in node.all_tensors())


def _loose(run: list[Unit]) -> list[Unit]:
    """The parts with layers that are no blocks, and whose names tell no place."""
    return [unit for unit in run if not (unit.is_block or unit.placed) and unit.role in NAMELESS and has_matrix(unit)]


def _chained(loose: list[Unit]) -> list[Unit]:
    """Parts in the order in which their widths chain."""
    owners = {id(unit.nodes[0]): unit for unit in loose}
    return [owners[id(node)] for node in chain([unit.nodes[0] for unit in loose])[0]]


def _read_pixels(run: list[Unit]) -> None:
    """What has a head's name, but reads the values of a pixel where no block does or gives them, is the stem."""
    blocks = [unit for unit in run if unit.is_block]
    known = _gives(blocks[-1:]) | {reads(unit.nodes) for unit in blocks[:1]}
    for unit in run:
        if blocks and unit.role is Role.HEAD and _sees(unit) and reads(unit.nodes) not in known:
            unit.role, unit.kind = Role.STEM, BlockKind.STEM


def entrances(loose: list[Unit], run: list[Unit]) -> list[Unit]:
    """The loose parts of a tower that run before its blocks.

    A part that reads what a block gives runs behind it, one that gives what the first block reads before it. What
    leads to a part, or from it, stands on its side; what reads a width that nothing gives is an entrance.
    """
    blocks = [unit for unit in run if unit.is_block]
    if not blocks:
        return []
    entry = reads(blocks[0].nodes)
    given = _proven(blocks)
    asked = {reads(unit.nodes) for unit in run if unit.role is Role.HEAD} - given
    side: dict[int, bool] = {}
    pixels = [unit for unit in run if takes_pixels(unit.nodes)]
    for unit in loose:
        read, gave = reads(unit.nodes), gives(unit.nodes)
        grey = takes_pixels(unit.nodes) and pixels == [unit] and gave == entry
        if FIRST & said(unit) or grey or (_sees(unit) and read not in given):
            side[id(unit)] = True
        elif read in given or gave in asked or LAST & said(unit):
            side[id(unit)] = False
        elif gave == entry:
            side[id(unit)] = True
    _spread(loose, side)
    return [unit for unit in loose if side.get(id(unit), not _may_join(unit, given))]


def _sees(unit: Unit) -> bool:
    """Whether a part begins with a convolution over the values of a pixel, more than one."""
    return takes_pixels(unit.nodes) and reads(unit.nodes) in PIXEL


def _proven(blocks: list[Unit]) -> set[int]:
    """The widths of what the last block gives, and of what others give and the next one reads.

    A block of several branches joins what its last layer gives to more.
    """
    links = {given for one, after in pairwise(blocks) if (given := gives(one.nodes)) == reads(after.nodes) and given}
    return links | ({last} if (last := gives(blocks[-1].nodes)) else set())


def _spread(loose: list[Unit], side: dict[int, bool]) -> None:
    """Puts parts on the side of those that they lead to, or that lead to them."""
    linked: dict[tuple[bool, int | None], list[Unit]] = {}
    for unit in loose:
        if id(unit) not in side:
            linked.setdefault((True, reads(unit.nodes)), []).append(unit)
            linked.setdefault((False, gives(unit.nodes)), []).append(unit)
    waiting = deque(unit for unit in loose if id(unit) in side)
    while waiting:
        unit = waiting.popleft()
        others = linked.pop((True, gives(unit.nodes)), []) + linked.pop((False, reads(unit.nodes)), [])
        for other in others:
            if id(other) not in side:
                side[id(other)] = side[id(unit)]
                waiting.append(other)


def _may_join(unit: Unit, given: Iterable[int]) -> bool:
    """Whether a part may read what blocks give flattened, joined with more of its kind, or in parts."""
    read = reads(unit.nodes) or 1
    return any(width > 1 and (read % width == 0 or width % read == 0) for width in given)


class _Tower:
    """What the widths of one tower tell of its norms."""

    def __init__(self, run: list[Unit]) -> None:
        self.blocks = any(unit.is_block for unit in run)
        self.stems = [unit for unit in run if unit.role is Role.STEM]
        self.entry = _gives(self.stems)
        self.end = _gives([unit for unit in run if unit.is_block][-1:])
        self.loose = _gives(_loose(run))
        self.necks = _gives(unit for unit in run if unit.role is Role.NECK)
        self.last = Counter(bool(LAST & said(unit)) for unit in run if unit.role is Role.NORM)[True]
        counted = (split_number(unit.name.rpartition(".")[2]) for unit in self.stems)
        self.counted = {number[1] for number in counted if number}

    def opens_with(self, norm: Unit) -> bool:
        """Whether a norm runs before the blocks: by its words, by its width, or counted like a stem's layer.

        Its width is that of what the stem gives, or of the last block.
        """
        name = said(norm)
        if name & FIRST or name & LAST:
            return not name & LAST
        width = length(norm.nodes)
        if (width in self.entry) != (width in self.end):
            return width in self.entry
        if self.last:
            return True
        number = split_number(norm.name.rpartition(".")[2])
        return number is not None and (number[1] in self.counted if self.counted else number[1] == 0)

    def place(self, unit: Unit) -> float:
        """Where a part of this role stands: stems, blocks, norms, necks, heads.

        A norm that has the width of a part behind the blocks, and not that of the last one, follows that part.
        """
        if unit.is_block or unit.placed:
            return 0
        if unit.role is Role.NORM and self.blocks and length(unit.nodes) in self.necks - self.end:
            return AFTER_NECK
        if unit.role is Role.NORM and length(unit.nodes) in self.loose - self.end:
            return AFTER_LOOSE
        if unit.role is Role.STEM or (unit.role is Role.NECK and ENTRANCE & said(unit)):
            return -1
        return AFTER.get(unit.role, 2)


def _gives(units: Iterable[Unit]) -> set[int]:
    """The widths of what the layers of these parts give."""
    return {given for unit in units for _, given in layers(unit.nodes)}
