"""Finds the layer that gives the answers by its width, where no name and no place in the list tells it."""

from service.contract.words import BlockKind
from service.core.architecture.module_tree import Node
from service.core.architecture.order.head_search import without
from service.core.architecture.order.module_roles import NAMELESS, Role, Roles
from service.core.architecture.order.run_order import Unit
from service.core.architecture.order.widths import gives, layers, own_layers


def answering(units: list[Unit], classes: int | None, ordered: bool, roles: Roles) -> list[Unit]:
    """The parts, with the one layer that alone gives as many values as there are classes behind them, as the head.

    Nothing reads it, and no part has a head's name but what it reads, which is a neck then; a part of a head's name
    that holds it is the head whole. Layers beside it that read the same and that nothing reads are heads too, as the
    value beside the advantages; a bias tells them from tables. Where no part has a head's name, the last layer of an
    ordered list is left to those who look there.
    """
    nodes = [node for unit in units for node in unit.nodes]
    if all(given != classes for _, given in layers(nodes)):
        return units
    parts = [part for node in nodes for part in node.all_nodes()]
    found = [(part, width, given) for part in parts for width, given in own_layers(part)]
    read = {width for _, width, _ in found}
    ends = [(node, width, given) for node, width, given in found if given not in read and _may_answer(node, roles)]
    lone = [(node, width) for node, width, given in ends if given == classes]
    if len(lone) != 1:
        return units
    head, width = lone[0]
    named = [unit for unit in units if unit.role is Role.HEAD]
    at_end = ordered and not named and found[-1][0] is head
    if at_end or any(gives(unit.nodes) != width or head.prefix.startswith(f"{unit.name}.") for unit in named):
        return units
    for unit in named:
        unit.kind, unit.role = BlockKind.NECK, Role.NECK
    twins = [node for node, reads, _ in ends if reads == width and _place(node) == _place(head)]
    beside = [node for node in twins if node is head or len(node.own) > 1]
    for node in beside:
        for unit in units:
            unit.nodes = without(unit.nodes, node)
    heads = [Unit(BlockKind.HEAD, node.prefix, [node], Role.HEAD) for node in beside]
    return [*(unit for unit in units if unit.nodes), *heads]


def _may_answer(node: Node, roles: Roles) -> bool:
    """Whether it is a module without a telling name, or a head within one, and neither a table nor a named part."""
    parts = node.prefix.replace("/", ".").split(".")
    told = roles.of_part(node)
    answers = told in NAMELESS or (told is Role.HEAD and len(parts) > 1)
    return bool(node.ends) and answers and all(roles.of(part)[0] is not Role.STEM for part in parts)


def _place(node: Node) -> str:
    """The module that holds it."""
    return node.prefix.rpartition(".")[0]
