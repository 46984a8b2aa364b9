"""The parameters of a model as the tree of modules that their names spell."""

import re
from collections.abc import Iterator

from msgspec import Struct

NUMBERED = re.compile(r"^(.*?)(\d+)([a-z]?)$")
"""A name that ends in a number, with at most one letter after it: `layer1`, `denselayer12`, `mixed_5b`, `7`."""

KERAS_PARTS = re.compile(r"/|(?<=\d)_|(?<=\d[a-z])_")
"""Keras writes layers as one word: `conv2_block1_1_conv/kernel` has five parts."""


class Tensor(Struct, frozen=True, gc=False):
    """A parameter: its name, its shape and how many numbers it holds. `count` is 0 for a second name of one."""

    name: str
    shape: tuple[int, ...]
    count: int

    @property
    def is_matrix(self) -> bool:
        """Whether it mixes its inputs, as the weights of linear and convolution layers do."""
        return len(self.shape) > 1


NO_MODULES: dict[str, "Node"] = {}
"""What the many modules share that hold parameters alone. Nothing is ever put into it."""


class Node:
    """A module, or a single parameter.

    `prefix` is how the names of everything in it begin, `ends` are the separators that follow there; `own` are the
    parameters directly in it. `count`, `matrices` and `tensors` include the modules within it.
    """

    __slots__ = ("_children", "count", "ends", "matrices", "modules", "name", "own", "parent", "prefix", "tensors")

    def __init__(self, name: str, prefix: str, parent: "Node | None") -> None:
        self._children: list[Node] | None = None
        self.name = name
        self.prefix = prefix
        self.parent = parent
        self.modules: dict[str, Node] = NO_MODULES
        self.ends = ""
        self.own: list[Tensor] = []
        self.count = 0
        self.matrices = 0
        self.tensors = 0

    def all_tensors(self) -> Iterator[Tensor]:
        """Every parameter in it."""
        yield from self.own
        for module in self.modules.values():
            yield from module.all_tensors()

    @property
    def children(self) -> list["Node"]:
        """The parameters directly in it, each as a node, and its modules, in the order of the list."""
        if self._children is None:
            leaves = [leaf(tensor, self) for tensor in self.own] if self.ends or self.parent is None else []
            self._children = [*leaves, *self.modules.values()]
        return self._children

    @property
    def number(self) -> tuple[str, int, str] | None:
        """The word before the number that ends the name, the number, and a letter after it; None without a number."""
        if not self.name[-1:].isdigit() and not self.name[-2:-1].isdigit():
            return None
        match = NUMBERED.match(self.name)
        return (match[1], int(match[2]), match[3]) if match else None

    @property
    def pattern(self) -> str:
        """What the names of its parameters match after `^`, and no others."""
        prefix = re.escape(self.prefix)
        if not self.ends:
            return prefix + "$"
        return prefix + (re.escape(self.ends) if len(self.ends) == 1 else f"[{''.join(sorted(self.ends))}]")


def grow(tensors: list[Tensor]) -> Node:
    """The tree of these parameters, its modules in the order of the list."""
    keras = any("/" in tensor.name for tensor in tensors)
    root = Node("", "", None)
    known: dict[str, Node] = {"": root}
    for tensor in tensors:
        place = _keras_place(tensor.name) if keras else tensor.name.rpartition(".")[0]
        node = known.get(place)
        if node is None:
            node = _grow_keras(tensor.name, root) if keras else _grow_path(place, known)
            known[place] = node
        node.own.append(tensor)
        node.count += tensor.count
        node.matrices += len(tensor.shape) > 1
        node.tensors += 1
    _sum(root)
    return root


def _grow_path(place: str, known: dict[str, Node]) -> Node:
    """The node of a dotted path, with all that it stands in."""
    missing: list[str] = []
    while place not in known:
        missing.append(place)
        place = place.rpartition(".")[0]
    node = known[place]
    for path in reversed(missing):
        name = path.rpartition(".")[2]
        node = known[path] = _below(node, name, path, ".")
    return node


def _keras_place(name: str) -> str:
    return name.rpartition("/")[0]


def _grow_keras(name: str, root: Node) -> Node:
    """The node of a Keras path, whose layers' names have parts of their own."""
    cuts = [match.span() for match in KERAS_PARTS.finditer(name)]
    node, start = root, 0
    for cut, end in cuts[: _last_slash(name, cuts) + 1]:
        node = _below(node, name[start:cut], name[:cut], name[cut:end])
        start = end
    return node


def _last_slash(name: str, cuts: list[tuple[int, int]]) -> int:
    return max((index for index, (cut, _) in enumerate(cuts) if name[cut] == "/"), default=-1)


def _below(node: Node, name: str, prefix: str, end: str) -> Node:
    key = name if end == "." else prefix  # `a1_b` and `a1/b` are two layers
    below = node.modules.get(key)
    if below is None:
        below = Node(name, prefix, node)
        if node.modules is NO_MODULES:
            node.modules = {}
        node.modules[key] = below
    if end not in below.ends:
        below.ends += end
    return below


def leaf(tensor: Tensor, parent: Node | None) -> Node:
    """A single parameter as a node, named as it is within its module."""
    start = len(parent.prefix) + 1 if parent and parent.prefix else 0
    node = Node(tensor.name[start:], tensor.name, parent)
    node.own = [tensor]
    node.count, node.matrices, node.tensors = tensor.count, int(tensor.is_matrix), 1
    return node


def _sum(root: Node) -> None:
    """Adds what is within each module to what is directly in it."""
    order = [root]
    for node in order:
        order.extend(node.modules.values())
    for node in reversed(order):
        if node.parent is not None:
            node.parent.count += node.count
            node.parent.matrices += node.matrices
            node.parent.tensors += node.tensors
