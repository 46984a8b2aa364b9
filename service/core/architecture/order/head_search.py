"""Finds the head of a model among its parts: by name, or as what ends a list that names none."""

from collections import Counter
from collections.abc import Sequence
from itertools import compress
from operator import not_

from service.contract.words import BlockKind
from service.core.architecture.module_tree import Node, Tensor, split_number
from service.core.architecture.order.module_roles import NAMELESS, Role, Roles, words
from service.core.architecture.order.run_order import Unit
from service.core.architecture.order.sibling_order import LANGUAGE_RANK
from service.core.architecture.order.widths import IMAGE_CONVOLUTION, gives, reads, takes_pixels

FEW = 3
"""Blocks below the last one from which it may be a head as a whole."""

FITTED = frozenset(("pooler", "projector", "summary"))
"""Words of what libraries put between a pretrained model and a new head."""

AROUND = frozenset(("downsample", "residual", "shortcut", "skip"))
"""Words of a layer that leads around others."""

AUXILIARY = "aux"
"""The word of a head that helps in training: another one gives the answers."""


def number_heads(units: list[Unit]) -> list[Unit]:
    """Of layers that are counted through (`fc1`, `fc2`, `fc3`) the last one is the head, the others are blocks.

    Where a head without a number is listed behind them, all of them are blocks. Those that give as much as the last
    one are heads too, one a level.
    """
    heads = [unit for unit in units if unit.role is Role.HEAD]
    counted = [(unit, number) for unit in heads if (number := split_number(unit.name))]
    highest = {word: unit for unit, (word, _, _) in sorted(counted, key=lambda pair: pair[1][1])}
    closed = bool(heads) and not split_number(heads[-1].name)
    for unit, (word, _, _) in counted:
        if gives(unit.nodes) != gives(highest[word].nodes) or closed:
            unit.kind, unit.role = BlockKind.BLOCK, Role.NONE
    return units


def named_heads(units: list[Unit], ordered: bool) -> list[Unit]:
    """The parts with the name of a head. A head within a tower that others read is a neck.

    In an ordered list, so is one that another head is listed behind, with layers or norms between them, unless both are
    counted and give as much, one a level.
    """
    last = next((unit for unit in reversed(units) if unit.is_block), None)
    heads = [
        unit
        for unit in units
        if unit.role is Role.HEAD and (last is None or unit.tower in (None, last.tower) or unit.rank >= LANGUAGE_RANK)
    ]
    heads = _outermost(heads)
    if not ordered:
        return _without_feeders(_read_by_loose(units, heads)) if heads else []
    heads = [unit for unit in heads if not _enters(unit, units)]
    heads = _without_feeders(_read_on(units, heads)) if heads else []
    known = set(map(id, heads))
    if not heads:
        return []
    end = max(index for index, unit in enumerate(units) if id(unit) in known)
    start = end
    while start and (id(units[start - 1]) in known or not _divides(units[start - 1])):
        start -= 1
    levels = {_level(unit) for unit in units[start : end + 1] if id(unit) in known}
    for unit in units[:start]:
        one_a_level = split_number(unit.name) is not None and _level(unit) in levels
        if id(unit) in known and not one_a_level and AUXILIARY not in words(unit.name):
            unit.kind, unit.role = BlockKind.NECK, Role.NECK
    return [unit for unit in heads if unit.role is Role.HEAD]


def _outermost(heads: list[Unit]) -> list[Unit]:
    """The heads without those of a wrapped model that has another one beside it, which gives other values than they do.

    They were pretrained with the model.
    """
    outside = {gives(unit.nodes) for unit in heads if "." not in unit.name}
    for unit in heads:
        if outside and "." in unit.name and gives(unit.nodes) not in outside:
            unit.kind, unit.role = BlockKind.NECK, Role.NECK
    return [unit for unit in heads if unit.role is Role.HEAD]


def _level(head: Unit) -> tuple[str, int | None]:
    """What heads of several levels share: the word before their numbers, and how much they give."""
    number = split_number(head.name)
    return (number[0] if number else head.name, gives(head.nodes))


def fitted_beside(units: list[Unit], heads: list[Unit]) -> list[Unit]:
    """What was put beside a whole model together with its head, as `pooler` and `classifier` beside `deberta`."""
    beside = [unit for unit in units if "." not in unit.name and FITTED.intersection(words(unit.name))]
    apart = set(map(id, (*beside, *heads)))
    wrapped = {node.prefix.partition(".")[0] for unit in units if id(unit) not in apart for node in unit.nodes}
    if not heads or len(wrapped) != 1 or any("." in unit.name for unit in heads):
        return []
    known = set(map(id, heads))
    return [unit for unit in beside if id(unit) not in known]


def leading_parts(heads: list[Unit], roles: Roles, ordered: bool) -> list[Unit]:
    """What a head's last layer reads, taken out of it: it was pretrained, and belongs to the backbone.

    These are norms and what has a neck's name, and convolutions with a name before a linear layer. In no order, the
    last layer is the one with a head's name, or the one linear layer.
    """
    found: list[Unit] = []
    for unit in heads:
        nodes, unit.nodes = unit.nodes, []
        for node in nodes:
            parts = node.children or [node]
            *before, last = parts if ordered else sorted(parts, key=lambda part: _ends(part, roles))
            flat = not _convolutional(last)
            leads = [_leads(part, roles) or (flat and _named(part) and _convolutional(part)) for part in before]
            if (
                not last.matrices
                or not (ordered or _ends(last, roles)[0])
                or any(part.matrices for part, led in zip(before, leads, strict=True) if not led)
            ):
                leads = [False] * len(leads)
            unit.nodes += [*compress(before, map(not_, leads)), last] if any(leads) else [node]
            for part in compress(before, leads):
                kind, role = (BlockKind.NECK, Role.NECK) if part.matrices else (BlockKind.NORM, Role.NORM)
                found.append(Unit(kind, part.prefix, [part], role, None, unit.tower, unit.rank))
    return found


def _ends(part: Node, roles: Roles) -> tuple[bool, bool]:
    """How likely a part of a head is to be its last layer."""
    named = roles.of(part.name)[0] is Role.HEAD
    maps = named or (part.matrices == 1 and reads([part]) != gives([part]))
    return maps and not _convolutional(part) and not _leads(part, roles), named


def _leads(part: Node, roles: Roles) -> bool:
    """Whether a part of a head is a norm or a neck by its name."""
    role = roles.of(part.name)[0]
    return _named(part) and (role is Role.NECK or (role is Role.NORM and not part.matrices))


def _named(part: Node) -> bool:
    """Whether it is a module with a name, and no number."""
    return bool(part.ends) and not part.name.isdigit()


def _enters(head: Unit, units: list[Unit]) -> bool:
    """Whether what has a head's name takes in pictures: it is listed before all blocks, and reads a pixel's values."""
    before = next((index for index, unit in enumerate(units) if unit.is_block), 0)
    enters = takes_pixels(head.nodes) and any(unit is head for unit in units[:before])
    if enters:
        head.kind, head.role = BlockKind.STEM, Role.STEM
    return enters


def _read_on(units: list[Unit], heads: list[Unit]) -> list[Unit]:
    """The heads; or the last layer of the list, where it reads what they give or stands outside what holds them."""
    last = next((unit for unit in reversed(units) if has_matrix(unit)), None)
    if last is None or last.role not in NAMELESS or last.kind is BlockKind.STEM:
        return heads
    if last.is_block and sum(node.matrices for node in last.nodes) > 1:
        return heads
    outside = not last.is_block and all(unit.name.count(".") > last.name.count(".") for unit in heads)
    if reads(last.nodes) != gives(heads[-1].nodes) and not outside:
        return heads
    for unit in heads:
        unit.kind, unit.role = (BlockKind.BLOCK, Role.NONE) if last.is_block else (BlockKind.NECK, Role.NECK)
    last.kind, last.role = BlockKind.HEAD, Role.HEAD
    return [last]


def _read_by_loose(units: list[Unit], heads: list[Unit]) -> list[Unit]:
    """The heads of a list without order; or the parts without a place of their own that read what one of them gives.

    Blocks do not give that, and nothing reads what these parts give.
    """
    given = {gives(unit.nodes) for unit in heads} - {gives(unit.nodes) for unit in units if unit.is_block}
    read = {reads(unit.nodes) for unit in units}
    loose = [unit for unit in units if unit.role is Role.NONE and not unit.is_block and reads(unit.nodes) in given]
    found = [unit for unit in loose if has_matrix(unit) and gives(unit.nodes) not in read]
    asked = {reads(unit.nodes) for unit in found}
    for unit in heads:
        if gives(unit.nodes) in asked:
            unit.kind, unit.role = BlockKind.NECK, Role.NECK
    for unit in found:
        unit.kind, unit.role = BlockKind.HEAD, Role.HEAD
    return [unit for unit in (*heads, *found) if unit.role is Role.HEAD]


def _without_feeders(heads: list[Unit]) -> list[Unit]:
    """The heads without layers that another one reads: `final_conv` before `head.fc`, `fc` before `cls_score`."""
    readers: dict[int | None, list[Unit]] = {}
    for unit in heads:
        if not _convolves(unit):
            readers.setdefault(reads(unit.nodes), []).append(unit)
    kept = [unit for unit in heads if not any(_feeds(unit, one) for one in readers.get(gives(unit.nodes), ()))]
    known = set(map(id, kept))
    for unit in heads:
        if id(unit) not in known:
            unit.kind, unit.role = BlockKind.NECK, Role.NECK
    return kept


def _feeds(unit: Unit, reader: Unit) -> bool:
    """Whether a head that another one could read by its width is a layer: it is a convolution, or just called `fc`."""
    bare = [one.name.rpartition(".")[2].rstrip("0123456789_") == "fc" for one in (unit, reader)]
    return unit is not reader and (_convolves(unit) or bare == [True, False])


def _convolves(unit: Unit) -> bool:
    """Whether a part holds a convolution over images."""
    return any(map(_convolutional, unit.nodes))


def _convolutional(node: Node) -> bool:
    return any(len(tensor.shape) >= IMAGE_CONVOLUTION for tensor in node.all_tensors())


def told_heads(units: list[Unit], told: Sequence[str]) -> list[Unit]:
    """The parts that a request names as the head, taken out of all others; what else has a head's name is a neck.

    Raises Unmatched for a name that nothing has.
    """
    patterns = [name.replace("/", ".").split(".") for name in told]
    found: list[Node] = []
    used: set[int] = set()

    def left(node: Node) -> list[Node]:
        parts = node.prefix.replace("/", ".").split(".")
        fits = [index for index, pattern in enumerate(patterns) if _begins(parts, pattern)]
        if fits:
            used.update(fits)
            found.append(node)
            return []
        if not any(_begins(pattern, parts) for pattern in patterns):
            return [node]
        rest = [left(child) for child in node.children]
        whole = [child for children in rest for child in children]
        return [node] if whole == node.children else whole

    for unit in units:
        unit.nodes = [one for node in unit.nodes for one in left(node)]
        if unit.role is Role.HEAD:
            unit.kind, unit.role = BlockKind.NECK, Role.NECK
    missing = next((index for index in range(len(patterns)) if index not in used), None)
    if missing is not None:
        raise Unmatched(missing)
    units[:] = [unit for unit in units if unit.nodes]
    return [Unit(BlockKind.HEAD, node.prefix, [node], Role.HEAD) for node in found]


class Unmatched(Exception):
    """Nothing has the name that a request gives as the head's; its argument is the place of the name."""


def _begins(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the parts of a name begin as a pattern says, in which `*` is any part."""
    return len(pattern) <= len(parts) and all(
        "*" in (part, wanted) or part == wanted for part, wanted in zip(parts, pattern, strict=False)
    )


def ending(tail: list[Unit]) -> list[Unit]:
    """What ends an ordered list: a part without a place of its own, with neighbours that read what it reads."""
    if not tail or tail[-1].role not in NAMELESS or not has_matrix(tail[-1]):
        return []
    width, start = reads(tail[-1].nodes), len(tail) - 1
    while start and tail[start - 1].role is Role.NONE and reads(tail[start - 1].nodes) == width:
        start -= 1
    return tail[start:]


def is_lone_help(heads: list[Unit]) -> bool:
    """Whether no head gives the answers: there are none, or only biases, or heads that help in training."""
    return all(AUXILIARY in words(unit.name) or not has_matrix(unit) for unit in heads)


def within(block: Unit, before: Sequence[Unit], read: Counter[int], classes: int | None) -> list[Node]:
    """What of the last block is the head: all of it, its last layer, or nothing.

    The last layer gives answers where no other block reads what it gives (`read` counts layers by the width that they
    read), or where it gives as many as there are classes. Then the block is the head as a whole where it is unlike
    those before it, or has no other layer.
    """
    found = [(node, tensor) for node in block.nodes for tensor in node.all_tensors() if tensor.is_matrix]
    if not found or not before:
        return []
    node, tensor = found[-1]
    own = sum(other.shape[1] == tensor.shape[0] for _, other in found)
    alike = _kinds(block) & _kinds(before[-1])
    unlike = len(before) >= FEW and 2 * len(alike) < len(_kinds(block))
    if _reads_levels(block) and not _reads_levels(before[-1]):
        return block.nodes
    if tensor.shape[0] > 1 and read[tensor.shape[0]] > own and tensor.shape[0] != classes:
        return []
    path = _path(node, tensor)
    square = tensor.shape[0] == tensor.shape[1] > 1
    if unlike or square or sum(bool(child.matrices) for child in node.modules.values()) < 2:
        return block.nodes
    return [path[-1]] if path[-1].matrices < node.matrices and not AROUND & set(words(path[-1].name)) else []


def _reads_levels(block: Unit) -> bool:
    """Whether a block reads several levels, as a detector's head does: its lists have a part for each."""
    lengths = [
        len(list_.modules)
        for node in block.nodes
        for list_ in node.modules.values()
        if list_.modules
        and all(one.isdigit() for one in list_.modules)
        and len({reads([one]) for one in list_.modules.values()}) > 1
    ]
    return len(lengths) > 1 and len(set(lengths)) == 1


def without(nodes: list[Node], head: Node) -> list[Node]:
    """Modules without one of the modules within them."""
    rest: list[Node] = []
    for node in nodes:
        if node is head:
            continue
        rest += without(node.children, head) if _holds(node, head) else [node]
    return rest


def has_matrix(unit: Unit) -> bool:
    """Whether a part mixes its inputs."""
    return any(node.matrices for node in unit.nodes)


def _holds(node: Node, head: Node) -> bool:
    return bool(node.ends) and head.prefix.startswith(tuple(node.prefix + end for end in node.ends))


def _path(node: Node, tensor: Tensor) -> list[Node]:
    """The modules from one down to that which a parameter is directly in."""
    path = [node]
    while tensor not in path[-1].own:
        path.append(next(child for child in path[-1].modules.values() if tensor in child.all_tensors()))
    return path


def _kinds(unit: Unit) -> set[str]:
    """The names of a block's parts."""
    return {child.name for node in unit.nodes for child in node.children}


def _divides(unit: Unit) -> bool:
    """Whether a part between two heads runs before the second."""
    return unit.role is Role.NORM or unit.is_block or has_matrix(unit)
