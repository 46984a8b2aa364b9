"""What a part reads and gives, by the shapes of its first and its last matrix."""

from collections.abc import Iterable, Iterator

from service.core.architecture.module_tree import Node

Shape = tuple[int, ...]

RECURRENT = "weight_hh"
"""In the names of what a recurrent layer makes its gates of from its own state, whose width it gives."""

CONVOLUTION = 3
"""Dimensions, at least, of the weight of a convolution."""


def matrices(nodes: Iterable[Node]) -> Iterator[Shape]:
    """The shapes of what mixes its inputs in these modules, in the order of the list."""
    return (tensor.shape for node in nodes for tensor in node.all_tensors() if tensor.is_matrix)


def reads(nodes: Iterable[Node]) -> int | None:
    """The width of what these modules read: the inputs of their first matrix. None where they hold none."""
    first = next(matrices(nodes), None)
    return None if first is None else _inputs(first)


def gives(nodes: Iterable[Node]) -> int | None:
    """The width of what these modules give: the outputs of their last matrix. None where they hold none."""
    last = None
    for node in nodes:
        for tensor in node.all_tensors():
            last = tensor if tensor.is_matrix else last
    if last is None:
        return None
    return last.shape[1] if RECURRENT in last.name else last.shape[0]


def widths(nodes: Iterable[Node]) -> set[int]:
    """Every width that the matrices of these modules read or give."""
    return {size for shape in matrices(nodes) for size in (shape[0], _inputs(shape))}


def _inputs(shape: Shape) -> int:
    """The inputs of a matrix; of a convolution of each channel alone, its channels."""
    return shape[0] if shape[1] == 1 and len(shape) >= CONVOLUTION else shape[1]


def length(nodes: Iterable[Node]) -> int:
    """The length of what a norm scales: that of its first parameter. 0 where it has none."""
    shapes = (tensor.shape for node in nodes for tensor in node.all_tensors())
    return next((shape[0] for shape in shapes if shape), 0)
