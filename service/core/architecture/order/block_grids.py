"""Grids of blocks, whose names have two numbers, as in U-Net++: the order in which their cells run."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from service.core.architecture.module_tree import Node

CELL = re.compile(r"(?:^|.*\D)(\d{1,3})_(\d{1,3})$")

LEAST = 6
"""Cells of the smallest grid: a triangle of three rows."""

Cells = dict[tuple[int, int], Node]


def grid(children: Iterable[Node]) -> list[Node]:
    """The cells among the parts of a module in the order in which they run; empty where they make no grid.

    A grid is a triangle. Where the second number is that of the column (`conv0_1`), each column has a cell less than
    the one before, and cells run along its edge: `0_0`, `1_0`, `0_1`, `2_0`. Where both name levels (`x_0_1`, with no
    second number below the first), those of one distance run together: `0_0`, `1_1`, `2_2`, `0_1`.
    """
    named = (child for child in children if "_" in child.name)
    found = [((int(at[1]), int(at[2])), child) for child in named if (at := CELL.fullmatch(child.name))]
    cells: Cells = dict(found)
    if len(cells) < LEAST or len(cells) < len(found):
        return []
    if all(row <= column for row, column in cells) and _narrows(Counter(column - row for row, column in cells)):
        return [cells[at] for at in sorted(cells, key=lambda at: (at[1] - at[0], at[0]))]
    if _narrows(Counter(column for _, column in cells)):
        return [cells[at] for at in sorted(cells, key=lambda at: (sum(at), at[1]))]
    return []


def _narrows(many: Counter[int]) -> bool:
    """Whether each next line of cells has fewer than the one before, or the last two one each."""
    lengths = [many[line] for line in sorted(many)]
    return len(lengths) > 2 and all(one > other or one == other == 1 for one, other in pairwise(lengths))
