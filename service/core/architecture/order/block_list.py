"""Puts parts together: what stands before the blocks is the stem, what stands between joins a block, then the tail."""

from collections.abc import Sequence
from itertools import groupby, pairwise

from service.contract.words import BlockKind
from service.core.architecture.module_tree import Node
from service.core.architecture.order.answering import answering
from service.core.architecture.order.file_order import ENTRANCE, LAST, FileOrder, said
from service.core.architecture.order.head_search import (
    ending,
    fitted_beside,
    has_matrix,
    is_lone_help,
    leading_parts,
    named_heads,
    number_heads,
    told_heads,
    within,
    without,
)
from service.core.architecture.order.module_roles import NAMELESS, Role, words
from service.core.architecture.order.run_order import RunOrder, Unit
from service.core.architecture.order.width_places import by_width, norms_behind_layers
from service.core.architecture.order.widths import gives, layers, reads


class Assembly:
    """The blocks of a model, stem to head.

    `by_order` names parts whose place only the order of the list tells, `either_side` norms that run before the
    blocks in some models of their kind and behind them in others, and heads that may run behind a block each;
    `guessed_head`: nothing has a head's name, and the last layer was taken for one.
    """

    def __init__(
        self, units: list[Unit], walk: RunOrder, classes: int | None = None, told: Sequence[str] | None = None
    ) -> None:
        self.told = told_heads(units, told) if told else None
        self.plain, self.ordered, self.read, self.classes = walk.stacks.plain, walk.ordered, walk.read, classes
        self.roles = walk.roles
        self.by_order: list[Unit] = []
        self.either_side: list[str] = []
        self.guessed_head = False
        if not told:
            units = answering(units, classes, self.ordered, self.roles)
        self.blocks = self._put_together(number_heads(units) if self.plain else units)

    def _put_together(self, units: list[Unit]) -> list[Unit]:
        if not any(unit.is_block for unit in units):
            units = self._parts_as_blocks(units)
        units = self._as_listed(units) if self.ordered else self._by_role(units)
        places = [index for index, unit in enumerate(units) if unit.is_block]
        first, last = (places[0], places[-1]) if places else (len(units), len(units))
        heads = named_heads(units, self.ordered) if self.told is None else []
        self.guessed_head = any(self.roles.of_part(node) in NAMELESS for unit in heads for node in unit.nodes)
        if not self.ordered and len({reads(unit.nodes) for unit in heads}) > 1:
            self.either_side += [unit.name for unit in heads]
        heads = [*fitted_beside(units, heads), *heads]
        apart = set(map(id, heads))
        rest = [(index, unit) for index, unit in enumerate(units) if id(unit) not in apart]
        tail = [unit for index, unit in rest if index > last and unit.role is not Role.STEM]
        tail += [unit for index, unit in rest if index < first and self._runs_late(unit)]
        late = set(map(id, tail))
        stem = [unit for index, unit in rest if (index < first or index > last) and id(unit) not in late]
        middle = [unit for index, unit in rest if first <= index <= last]
        unsure = [] if self.ordered else [unit for unit in middle if not unit.is_block]
        self.by_order += [unit for unit in (*stem, *unsure, *tail) if unit.role in NAMELESS]
        before = set(map(id, units[:last] if self.ordered else ()))
        early = all(id(unit) in before for unit in heads)
        if self.told is None and (early or is_lone_help(heads)) and (found := self._ending(tail)):
            self.guessed_head, heads = True, [*found, *heads]
        ended = set(map(id, heads))
        tail = [unit for unit in tail if id(unit) not in ended]
        backbone = [*_stems(stem), *self._joined_to_blocks(middle), *_runs(tail)]
        if self.told is not None:
            heads = self.told
        elif not heads:
            heads = self._last_layer(backbone) or self._within_last(backbone)
        led = leading_parts(heads, self.roles, self.ordered) if self.told is None else []
        return [*backbone, *_runs(led), *_joined(BlockKind.HEAD, heads)]

    def _as_listed(self, units: list[Unit]) -> list[Unit]:
        """The parts of an ordered list in its order, but for those that names or widths put elsewhere."""
        units = by_width(_entering(_between(units)), self.roles)
        return _stems_first(norms_behind_layers(units) if self.plain else units)

    def _by_role(self, units: list[Unit]) -> list[Unit]:
        """The parts of a list without order."""
        found = FileOrder(units, self.roles)
        self.by_order += found.by_width
        self.either_side += found.either_side
        return found.units

    def _runs_late(self, unit: Unit) -> bool:
        """Whether a part that is listed before the blocks runs after them: necks, last norms, in no order all norms."""
        leaves = unit.role is Role.NECK and not ENTRANCE & said(unit)
        return leaves or (unit.role is Role.NORM and (bool(LAST & said(unit)) or not self.ordered))

    def _joined_to_blocks(self, units: list[Unit]) -> list[Unit]:
        """What stands between two blocks goes to the next; between two towers it is a block of its own."""
        joined: list[Unit] = []
        waiting: list[Unit] = []
        for unit in units:
            if not unit.is_block:
                waiting.append(unit)
                continue
            if waiting and joined and unit.tower != joined[-1].tower:
                joined += _runs(waiting)
            elif waiting and self.plain and joined:
                joined[-1].nodes += [node for part in waiting for node in part.nodes]
            else:
                joined += [_as_block(part) for part in waiting if has_matrix(part)]
                light = [part for part in waiting if not has_matrix(part)]
                unit.nodes = [node for part in (*light, unit) for node in part.nodes]
            waiting = []
            joined.append(unit)
        return joined

    def _parts_as_blocks(self, units: list[Unit]) -> list[Unit]:
        """Nothing is numbered: each part that is no stem, norm or head is a block."""
        for unit in units:
            if unit.role in (Role.NONE, Role.TOWER, Role.NECK, Role.PARALLEL):
                unit.kind = BlockKind.BLOCK
                self.by_order.append(unit)
        return units

    def _ending(self, tail: list[Unit]) -> list[Unit]:
        """What ends the list; where it has no order, no single layer that gives what it reads."""
        found = ending(tail)
        last = found[-1].nodes if found else []
        square = sum(node.matrices for node in last) == 1 and gives(last) == reads(last)
        return [] if square and not self.ordered else found

    def _within_last(self, backbone: list[Unit]) -> list[Unit]:
        """The last block, or the last layer of it, where nothing reads it. A file does not tell which layer is last."""
        block = backbone[-1]
        if not block.is_block:
            return []
        nodes = within(block, [unit for unit in backbone[:-1] if unit.is_block], self.read, self.classes)
        if not self.ordered and nodes is not block.nodes:
            self.either_side += [block.name] if any(given not in self.read for _, given in layers(block.nodes)) else []
            return []
        if not nodes:
            return []
        self.guessed_head = True
        if nodes is block.nodes:
            return [backbone.pop()]
        block.nodes = without(block.nodes, nodes[0])
        return [Unit(BlockKind.HEAD, nodes[0].prefix, nodes, Role.HEAD)]

    def _last_layer(self, backbone: list[Unit]) -> list[Unit]:
        """The last layer of a plain list of layers, or a last part without a name that tells its role."""
        matrices = [tensor.shape for node in backbone[-1].nodes for tensor in node.all_tensors() if tensor.is_matrix]
        if len(backbone) < 3 or len(matrices) != 1:
            return []
        maps = len(matrices[0]) == 2 and matrices[0][0] != matrices[0][1]
        nameless = backbone[-1].kind is BlockKind.NECK and backbone[-1].role is Role.NONE
        if not (self.plain or (self.ordered and nameless and maps)):
            return []
        self.guessed_head = True
        return [backbone.pop()]


WAVEFORM = "feature_extractor"
"""The convolutions over a waveform in encoders of speech."""


def _stems_first(units: list[Unit]) -> list[Unit]:
    """Within each tower, what embeds its input before its blocks, wherever it is listed, with its norm behind it.

    These are the blocks of the module that holds it; where that holds none, all.
    """
    runs = [list(run) for _, run in groupby(units, key=lambda unit: unit.tower)]
    for run in runs:
        for before, unit in pairwise(run[next((i for i, one in enumerate(run) if one.is_block), len(run)) :]):
            if unit.role is Role.NORM and before.role is Role.STEM and has_matrix(before):
                unit.kind, unit.role = BlockKind.STEM, Role.STEM
        first = _first_blocks(run)
        places = [
            first.get(_place(unit.name), 0) - 0.5 if unit.role is Role.STEM and not unit.placed else index
            for index, unit in enumerate(run)
        ]
        run[:] = [unit for _, unit in sorted(zip(places, run, strict=True), key=lambda pair: pair[0])]
    return [unit for run in runs for unit in run]


def _first_blocks(run: list[Unit]) -> dict[str, int]:
    """Where the first block within each module stands; 0 within those that hold the first one of all."""
    first: dict[str, int] = {}
    for index, unit in enumerate(run):
        place = unit.name if unit.is_block else ""
        while place and (place := _place(place)) not in first:
            first[place] = index if first else 0
    return first


def _between(units: list[Unit]) -> list[Unit]:
    """Layers that are listed behind two towers, and by their widths lead from the first to the second, between them."""
    runs = [list(run) for _, run in groupby(units, key=lambda unit: unit.tower)]
    towers = [index for index, run in enumerate(runs) if run[0].tower is not None and any(u.is_block for u in run)]
    if len(towers) != 2 or len(runs) <= towers[1] + 1 or any(unit.is_block for unit in runs[towers[1] + 1]):
        return units
    first, second = towers
    loose = [unit for unit in runs[second + 1] if unit.role in (Role.NONE, Role.NECK) and has_matrix(unit)]
    if not loose or not _leads(loose, gives(_nodes(runs[first])), _nodes(runs[second])):
        return units
    moved = set(map(id, loose))
    runs[second + 1] = [unit for unit in runs[second + 1] if id(unit) not in moved]
    runs.insert(second, loose)
    return [unit for run in runs for unit in run]


def _leads(loose: list[Unit], given: int | None, second: list[Node]) -> bool:
    """Whether layers lead from what a tower gives to what the second one reads, and cannot read what that gives.

    A lone matrix may be a table, which gives what it reads.
    """
    nodes = _nodes(loose)
    lone = sum(node.matrices for node in nodes) == 1
    read = reads(nodes)
    return given == read != gives(second) and reads(second) in (gives(nodes), read if lone else None)


def _nodes(units: list[Unit]) -> list[Node]:
    return [node for unit in units for node in unit.nodes]


ENTERING = frozenset(("in", "input", "init", "initial", "start", "stem"))
"""Words of a part that reads the input, wherever it is listed."""


def _entering(units: list[Unit]) -> list[Unit]:
    """Parts that are listed behind the blocks beside them, and by their names run before them, become the stem."""
    for run in (list(run) for _, run in groupby(units, key=lambda unit: unit.tower)):
        beside = {
            _place(_place(unit.name) if unit.name.rpartition(".")[2].isdigit() else unit.name)
            for unit in run
            if unit.is_block
        }
        last = max((index for index, unit in enumerate(run) if unit.is_block), default=len(run))
        for unit in run[last + 1 :]:
            place, _, name = unit.name.rpartition(".")
            if beside == {place} and unit.role in (Role.NONE, Role.NORM, Role.NECK) and ENTERING & set(words(name)):
                unit.kind, unit.role = BlockKind.STEM, Role.STEM
    return units


def _place(name: str) -> str:
    """The module that holds one of this name."""
    return name.rpartition(".")[0]


def _as_block(unit: Unit) -> Unit:
    unit.kind = BlockKind.BLOCK
    return unit


def _runs(units: list[Unit]) -> list[Unit]:
    """Neighbours of one kind as one block each."""

    def place(unit: Unit) -> tuple[BlockKind, str | None]:
        return (BlockKind.NECK if unit.kind is BlockKind.HEAD else unit.kind, unit.tower)

    return [_merged(kind, list(run)) for (kind, _), run in groupby(units, key=place)]


def _joined(kind: BlockKind, units: list[Unit]) -> list[Unit]:
    return [_merged(kind, units)] if units else []


def _stems(units: list[Unit]) -> list[Unit]:
    """The stem as one block; convolutions over a waveform, which recipes keep frozen, as one of their own."""
    front: list[Unit] = []
    rest: list[Unit] = []
    for unit in units:
        (front if unit.name.rpartition(".")[2] == WAVEFORM else rest).append(unit)
    return [*_joined(BlockKind.STEM, front), *_joined(BlockKind.STEM, rest)]


def _merged(kind: BlockKind, units: list[Unit]) -> Unit:
    """Units as one, named after its modules, or after the first where they are many."""
    nodes = [node for unit in units for node in unit.nodes]
    names = [node.prefix for node in nodes]
    name = " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} more"
    return Unit(kind, name, nodes, units[-1].role, None, units[0].tower, units[0].rank)


def interleaved(units: list[Unit]) -> list[Unit]:
    """Two towers that run side by side take turns, by relative depth; what belongs to neither keeps its place."""
    towers = list(dict.fromkeys(unit.tower for unit in units if unit.is_block))
    lengths = {tower: sum(unit.tower == tower for unit in units) for tower in towers}
    seen = dict.fromkeys(towers, 0)
    placed: list[tuple[float, Unit]] = []
    for unit in units:
        if unit.tower not in seen:
            placed.append((1.0 if unit.kind is not BlockKind.STEM else -1.0, unit))
            continue
        placed.append(((seen[unit.tower] + 0.5) / lengths[unit.tower], unit))
        seen[unit.tower] += 1
    return [unit for _, unit in sorted(placed, key=lambda pair: pair[0])]
