"""Blocks from the compact form in which generated tables hold them."""

import re
from collections.abc import Iterator

from service.contract.words import BlockKind
from service.knowledge.blocks import Block, run_of_blocks
from service.knowledge.rows import BuildRow


def built_blocks(row: BuildRow) -> tuple[Block, ...]:
    """The blocks of a library's architecture, stem to head."""
    return tuple(block for line in row.blocks.split("\n") for block in _run(line))


def _run(line: str) -> Iterator[Block]:
    kind, name, first, count, params, *pattern = line.split("|", 5)
    written = pattern[0] if pattern else pattern_of(name)
    return run_of_blocks(name, BlockKind(kind), written, (int(params),), range(int(first), int(first) + int(count)))


def pattern_of(name: str) -> str:
    """What the parameters of the modules of this name match: `a.0 and b` are the modules `a.0` and `b`."""
    modules = [re.escape(module).replace(r"\{i\}", "{i}") + r"\." for module in name.split(" and ")]
    return f"^{modules[0]}" if len(modules) == 1 else f"^(?:{'|'.join(modules)})"
