"""What a part reads and gives, by the shapes of its first and its last matrix."""

from collections.abc import Iterable, Sequence

from service.core.architecture.module_tree import Node

RECURRENT = "weight_hh"
"""In the names of what a recurrent layer makes its gates of from its own state, whose width it gives."""

BACKWARDS = "_reverse"
"""In the names of what a recurrent layer reads a sequence backwards with: it gives both ways side by side."""

CONVOLUTION = 3
"""Dimensions, at least, of the weight of a convolution."""


PIXEL = (1, 3, 4)
"""Values of a pixel in pictures as most models read them."""

IMAGE_CONVOLUTION = 4
"""Dimensions, at least, of the weight of a convolution over images."""


def pixels(nodes: Iterable[Node]) -> int | None:
    """How many values of a pixel the first matrix of these modules reads, a convolution; None where it reads others."""
    matrices = (tensor.shape for node in nodes for tensor in node.all_tensors() if tensor.is_matrix)
    shape = next(matrices, (0, 0))
    return shape[1] if len(shape) >= IMAGE_CONVOLUTION and shape[1] in PIXEL else None


def takes_pixels(nodes: Iterable[Node]) -> bool:
    """Whether the first matrix of these modules is a convolution over the values of a pixel."""
    return pixels(nodes) is not None


def layers(nodes: Iterable[Node]) -> list[tuple[int, int]]:
    """What each matrix in these modules reads and gives, in the order of the list."""
    return [pair for node in nodes for pair in _layers(node)]


def _layers(node: Node) -> list[tuple[int, int]]:
    """What each matrix in a module reads and gives, in the order of the list: worked out once for all within it."""
    if node.maps is None:
        nodes, maps = node.all_nodes(), list[tuple[int, int]]()
        for one in nodes:
            one.maps, one.maps_start = maps, len(maps)
            maps += own_layers(one)
            one.maps_end = len(maps)
        for one in reversed(nodes):
            if one.modules:
                one.maps_end = next(reversed(one.modules.values())).maps_end
        return maps
    return node.maps[node.maps_start : node.maps_end]


def own_layers(node: Node) -> list[tuple[int, int]]:
    """What each matrix directly in a module reads and gives."""
    held = [tensor for tensor in node.own if len(tensor.shape) > 1]
    if not held:
        return []
    state = [tensor.shape[1] for tensor in held if RECURRENT in tensor.name]
    if state:
        both = 1 + any(BACKWARDS in tensor.name for tensor in held)
        return [(tensor.shape[1], both * state[-1]) for tensor in held if RECURRENT not in tensor.name]
    vectors = (tensor for tensor in node.own if len(tensor.shape) == 1)
    bias = next((tensor.shape[0] for tensor in vectors if tensor.name.endswith("bias")), None)
    return [_ends(tensor.shape, bias) for tensor in held]


def reads(nodes: Iterable[Node]) -> int | None:
    """The width of what these modules read: the inputs of their first matrix. None where they hold none."""
    return next((found[0][0] for node in nodes if (found := _layers(node))), None)


def gives(nodes: Sequence[Node]) -> int | None:
    """The width of what these modules give: the outputs of their last matrix. None where they hold none."""
    return next((found[-1][1] for node in reversed(nodes) if (found := _layers(node))), None)


def widths(nodes: Iterable[Node]) -> set[int]:
    """Every width that the matrices of these modules read or give."""
    return {width for pair in layers(nodes) for width in pair}


def _ends(shape: tuple[int, ...], bias: int | None) -> tuple[int, int]:
    """What a matrix reads and gives. Its bias tells which of its sides it gives: transposed ones list it second.

    A convolution of each channel alone reads as many as it gives.
    """
    given, read = shape[:2]
    if read == 1 and len(shape) >= CONVOLUTION:
        return given, given
    return (given, read) if bias not in (None, given) and bias == read else (read, given)


def length(nodes: Iterable[Node]) -> int:
    """The length of what a norm scales: that of its first parameter. 0 where it has none."""
    shapes = (tensor.shape for node in nodes for tensor in node.all_tensors())
    return next((shape[0] for shape in shapes if shape), 0)
