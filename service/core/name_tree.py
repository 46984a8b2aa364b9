"""The parameters of a model as the tree that their names spell."""

import re
from collections.abc import Iterator

from msgspec import Struct

NUMBERED = re.compile(r"^(.*?)(\d+)([a-z]?)$")
"""A name that ends in a number, with at most one letter after it: `layer1`, `denselayer12`, `mixed_5b`, `7`."""

KERAS_PARTS = re.compile(r"/|(?<=\d)_|(?<=\d[a-z])_")
"""Keras writes layers as one word: `conv2_block1_1_conv/kernel` has five parts."""


class Tensor(Struct, frozen=True):
    """A parameter: its name, its shape and how many numbers it holds. `count` is 0 for a name of a tied tensor."""

    name: str
    shape: tuple[int, ...]
    count: int

    @property
    def is_matrix(self) -> bool:
        """Whether it mixes its inputs, as the weights of linear and convolution layers do."""
        return len(self.shape) > 1


class Node:
    """A module, or a parameter. `prefix` is how the names of everything in it begin; `ends` are what follows there."""

    __slots__ = ("children", "count", "ends", "matrices", "name", "own", "prefix", "tensors")

    def __init__(self, name: str, prefix: str) -> None:
        self.name = name
        self.prefix = prefix
        self.children: dict[str, Node] = {}
        self.ends: set[str] = set()
        self.own: list[Tensor] = []
        self.count = 0
        self.matrices = 0
        self.tensors = 0

    def all_tensors(self) -> Iterator[Tensor]:
        """Every parameter in it."""
        yield from self.own
        for child in self.children.values():
            yield from child.all_tensors()

    @property
    def number(self) -> tuple[str, int, str] | None:
        """The word before the number that ends the name, the number, and a letter after it; None without a number."""
        match = NUMBERED.match(self.name)
        return (match[1], int(match[2]), match[3]) if match else None

    @property
    def pattern(self) -> str:
        """What the names of its parameters match after `^`, and no others."""
        ends = sorted(self.ends)
        if ends == [""]:
            return re.escape(self.prefix) + "$"
        after = "".join(re.escape(end) for end in ends if end)
        after = after if after == re.escape(ends[-1]) else f"[{after}]"
        return re.escape(self.prefix) + (f"(?:{after}|$)" if "" in ends else after)


def grow(tensors: list[Tensor]) -> Node:
    """The tree of these parameters, its children in the order of the list."""
    keras = any("/" in tensor.name for tensor in tensors)
    root = Node("", "")
    for tensor in tensors:
        node = root
        for name, prefix, end in _parts(tensor.name, keras):
            below = node.children.get(name)
            if below is None:
                below = node.children[name] = Node(name, prefix)
            below.ends.add(end)
            node = below
        node.own.append(tensor)
    _sum(root)
    return root


def _parts(name: str, keras: bool) -> Iterator[tuple[str, str, str]]:
    """Each part of a name, with the text up to its end and the separator behind it."""
    if not keras:
        parts = name.split(".")
        end = -1
        for part in parts[:-1]:
            end += len(part) + 1
            yield part, name[:end], "."
        yield parts[-1], name, ""
        return
    start = 0
    for match in KERAS_PARTS.finditer(name):
        yield name[start : match.start()], name[: match.start()], match[0]
        start = match.end()
    yield name[start:], name, ""


def _sum(node: Node) -> None:
    node.tensors = len(node.own)
    node.count = sum(tensor.count for tensor in node.own)
    node.matrices = sum(tensor.is_matrix for tensor in node.own)
    for child in node.children.values():
        _sum(child)
        node.tensors += child.tensors
        node.count += child.count
        node.matrices += child.matrices
