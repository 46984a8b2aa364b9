"""Puts parts that an ordered list has in an odd place where their widths fit."""

from itertools import groupby

from service.contract.words import BlockKind
from service.core.architecture.order.module_roles import Role, Roles
from service.core.architecture.order.run_order import Unit
from service.core.architecture.order.widths import gives, length, pixels, reads, takes_pixels, widths

TOGETHER = 2
"""Norms that are listed behind the layers whose outputs they scale, at least; a single one ends the list."""


def by_width(units: list[Unit], roles: Roles) -> list[Unit]:
    """The parts, those that an ordered list has in an odd place where their widths put them.

    What is listed behind blocks and alone reads pixels, or cannot read blocks and gives what the first one reads,
    becomes the stem; what is listed before them, reads the last one and gives what none reads ends the list; and what
    is called an embedding, but does not fit the first block, is none. Blocks are those of a part's tower, or all.
    """
    known: dict[str | None, _Blocks] = {None: _Blocks()}
    for index, unit in enumerate(units):
        for tower in {None, unit.tower} if unit.is_block else ():
            known.setdefault(tower, _Blocks()).add(index, unit)
    before: set[int] = set()
    seen = False
    for index, unit in enumerate(units):
        seen, first = seen or takes_pixels(unit.nodes), not seen and pixels(unit.nodes) == reads(unit.nodes)
        blocks = known.get(unit.tower, known[None])
        given = gives(unit.nodes)
        if unit.is_block and given:
            before.add(given)
        if not blocks.places or index < blocks.places[0]:
            continue
        if unit.role is Role.STEM and not unit.placed and _misfits(unit, blocks):
            unit.kind, unit.role = BlockKind.NECK, Role.NONE
        elif unit.role is Role.NONE and not unit.is_block and given is not None:
            read = reads(unit.nodes) or 0
            joined = any(read % width == 0 for width in before)
            if first or (given == blocks.first and not joined) or (index > blocks.places[-1] and _embeds(unit, roles)):
                unit.kind, unit.role = BlockKind.STEM, Role.STEM
    leaving = [unit for index, unit in enumerate(units) if _leaves(unit, index, known.get(unit.tower, known[None]))]
    late = set(map(id, leaving))
    return [*(unit for unit in units if id(unit) not in late), *leaving]


class _Blocks:
    """The blocks of one tower, or of all: their places, what the first reads, the last gives, and every width."""

    def __init__(self) -> None:
        self.places: list[int] = []
        self.first: int | None = None
        self.last: int | None = None
        self.entry: set[int] = set()
        self.inside: set[int] = set()

    def add(self, index: int, block: Unit) -> None:
        """Takes in the next block, which stands at this place."""
        held = widths(block.nodes)
        if not self.places:
            self.first, self.entry = reads(block.nodes), held
        self.last = gives(block.nodes)
        self.places.append(index)
        self.inside |= held


def _leaves(unit: Unit, index: int, blocks: _Blocks) -> bool:
    """Whether a layer without a telling name is listed before the blocks, reads the last and gives what none reads."""
    if not blocks.places or index > blocks.places[0] or unit.role is not Role.NONE or not unit.nodes[0].ends:
        return False
    return reads(unit.nodes) == blocks.last and gives(unit.nodes) not in blocks.inside


def _misfits(unit: Unit, blocks: _Blocks) -> bool:
    """Whether a layer, or a norm, gives what the first block does not read. A table alone may be read by many."""
    shapes = [tensor.shape for tensor in unit.nodes[-1].all_tensors()]
    return len(shapes) > 1 and not blocks.entry & set(shapes[-1])


def _embeds(unit: Unit, roles: Roles) -> bool:
    """Whether the first module within a part has the name of an embedding."""
    inner = next(iter(unit.nodes[0].modules.values()), None)
    return inner is not None and roles.of(inner.name)[0] is Role.STEM


def norms_behind_layers(units: list[Unit]) -> list[Unit]:
    """Norms that are listed together, each behind the layer whose outputs it scales: the next one of its width."""
    last = max((index for index, unit in enumerate(units) if unit.is_block), default=len(units))
    runs = [list(run) for role, run in groupby(units[last + 1 :], key=lambda unit: unit.role) if role is Role.NORM]
    norms = next((run for run in runs if len(run) >= TOGETHER), list[Unit]())
    joined: set[int] = set()
    layers = filter(lambda unit: unit.is_block, units)
    for norm in norms:
        width = length(norm.nodes)
        layer = next((layer for layer in layers if gives(layer.nodes) == width), None)
        if layer is not None:
            layer.nodes = [*layer.nodes, *norm.nodes]
            joined.add(id(norm))
    return [unit for unit in units if id(unit) not in joined]
