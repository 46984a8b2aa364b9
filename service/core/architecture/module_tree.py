"""The parameters of a model as the tree of modules that their names spell."""

import re

from msgspec import Struct

from service.contract.job import MOST_TENSORS

DIGITS = "0123456789"

LETTERS = "abcdefghijklmnopqrstuvwxyz"

MOST_MODULES = 3 * MOST_TENSORS // 2
"""Modules of the largest model. Mixtures of experts, which have most, have four for three tensors."""


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
    parameters directly in it. `number` splits its name, see `split_number`. `count`, `matrices` and `tensors` include
    the modules within it. All parameters of a model stand in one list, those of a module beside each other; so does
    what their matrices read and give, once that is known: `maps` from `maps_start` to `maps_end`, see `order.widths`.
    """

    __slots__ = (
        "_all", "_children", "_start", "count", "ends", "maps", "maps_end", "maps_start", "matrices", "modules", "name",
        "number", "own", "prefix", "tensors",
    )  # fmt: skip

    def __init__(self, name: str, prefix: str, children: "list[Node] | None" = None) -> None:
        self._children = children
        self.name = name
        self.prefix = prefix
        self.number = split_number(name)
        self.modules: dict[str, Node] = NO_MODULES
        self.ends = ""
        self.own: list[Tensor] = []
        self._all, self._start = self.own, 0
        self.maps: list[tuple[int, int]] | None = None
        self.maps_start = self.maps_end = 0
        self.count = 0
        self.matrices = 0
        self.tensors = 0

    def all_tensors(self) -> list[Tensor]:
        """Every parameter in it."""
        return self._all[self._start : self._start + self.tensors]

    def all_nodes(self) -> list["Node"]:
        """It and the modules within it, in the order of the list."""
        found: list[Node] = []
        waiting: list[Node] = [self]
        while waiting:
            found.append(node := waiting.pop())
            if node.modules:
                waiting.extend(reversed(node.modules.values()))
        return found

    def settle(self) -> None:
        """Once all parameters are in it: adds what is within each module to what is directly in it."""
        nodes = self.all_nodes()
        tensors: list[Tensor] = []
        for node in nodes:
            node._all, node._start = tensors, len(tensors)
            tensors += node.own
        for node in reversed(nodes):
            for module in node.modules.values():
                node.count += module.count
                node.matrices += module.matrices
                node.tensors += module.tensors

    @property
    def children(self) -> list["Node"]:
        """The parameters directly in it, each as a node, and its modules, in the order of the list."""
        if self._children is None:
            self._children = [*(leaf(tensor, self.prefix) for tensor in self.own), *self.modules.values()]
        return self._children

    @property
    def pattern(self) -> str:
        """What the names of its parameters match after `^`, and no others."""
        prefix = re.escape(self.prefix)
        if not self.ends:
            return prefix + "$"
        return prefix + (re.escape(self.ends) if len(self.ends) == 1 else f"[{''.join(sorted(self.ends))}]")


def split_number(name: str) -> tuple[str, int, str] | None:
    """The word before the number that ends a name, the number, and a letter after it; None without a number.

    `layer1`, `denselayer12`, `mixed_5b` and `7` end in numbers. Runs of digits may be as long as a name.
    """
    counted = name[:-1] if name[-1:] in LETTERS else name
    word = counted.rstrip(DIGITS)
    return None if word == counted else (word, int(counted[len(word) :]), name[len(counted) :])


COUNTED_KIND = re.compile(r"(?<=[123]d)_\d+$")
"""The number of a Keras layer that is named after its kind."""

AUTOMATIC = re.compile(r"(?<=[a-z0-9])_\d+$")
"""The number that Keras gives a layer whose name is taken."""


class Overgrown(Exception):
    """There is more of something than any model has. The message says of what."""


def grow(tensors: list[Tensor]) -> Node:
    """The tree of these parameters, its modules in the order of the list. Raises Overgrown beyond MOST_MODULES."""
    keras = any("/" in tensor.name and "." not in tensor.name.rpartition("/")[2] for tensor in tensors)
    root = Node("", "")
    known: dict[str, Node] = {"": root}
    for tensor in tensors:
        place = tensor.name.rpartition("/" if keras else ".")[0]
        node = known.get(place)
        if node is None:
            node = _grow_keras(place, known) if keras else _grow_path(place, known)
            if len(known) > MOST_MODULES:
                raise Overgrown(f"These names spell more than {MOST_MODULES} modules.")
        node.own.append(tensor)
        node.count += tensor.count
        node.matrices += len(tensor.shape) > 1
        node.tensors += 1
    if keras:
        _forget_automatic(root)
    root.settle()
    return root


def _grow_path(place: str, known: dict[str, Node]) -> Node:
    """The node of a dotted path, with all that it stands in."""
    above, _, name = place.rpartition(".")
    node = known[place] = _below(known.get(above) or _grow_path(above, known), name, place, ".")
    return node


def _grow_keras(place: str, known: dict[str, Node]) -> Node:
    """The node of a Keras path, whose layers' names have parts of their own."""
    missing: list[tuple[str, str, str]] = []
    end = "/"
    while place not in known:
        cut = max(place.rfind("/"), _last_part(place))  # Keras writes `conv2_block1_1_conv` for four parts
        missing.append((place[cut + 1 :], place, end))
        place, end = (place[:cut], place[cut]) if cut >= 0 else ("", "")
    node = known[place]
    if end and end not in node.ends:
        node.ends += end
    for name, path, end in reversed(missing):
        node = known[path] = _below(node, name, path, end)
    return node


def _last_part(layer: str) -> int:
    """Where the last part of a Keras layer's name begins, at an underscore after a number; -1 where it has one part.

    `conv2d_1` has one: so Keras itself names the second of its layers of a kind.
    """
    cut = layer.rfind("_", 0, counted.start() if (counted := COUNTED_KIND.search(layer)) else None)
    while cut >= 0 and split_number(layer[max(0, cut - 2) : cut]) is None:
        cut = layer.rfind("_", 0, cut)
    return cut


def _forget_automatic(root: Node) -> None:
    """Takes the numbers from layers that Keras named itself: `dense`, `dense_1`. They count a kind, and no place."""
    for node in root.all_nodes():
        names = {child.name for child in node.modules.values()}
        for child in node.modules.values():
            first = AUTOMATIC.sub("", child.name)
            if first in names and (first != child.name or f"{first}_1" in names):
                child.number = None


def _below(node: Node, name: str, prefix: str, end: str) -> Node:
    """A module that stands in another one and was not known before."""
    below = Node(name, prefix)
    below.ends = end
    if node.modules is NO_MODULES:
        node.modules = {}
    node.modules[name if end == "." else prefix] = below  # `a1_b` and `a1/b` are two layers
    return below


def leaf(tensor: Tensor, prefix: str) -> Node:
    """A single parameter as a node, named as it is within the module of this prefix."""
    node = Node(tensor.name[len(prefix) + 1 if prefix else 0 :], tensor.name, children=[])
    node.own.append(tensor)
    node.count, node.matrices, node.tensors = tensor.count, int(tensor.is_matrix), 1
    return node
