"""Counts an architecture: its blocks, its widths and its head, from the numbers of a checkpoint's configuration."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from service.contract.words import BlockKind
from service.knowledge.blocks import Block, run_of_blocks
from service.knowledge.catalogue.formulas import Numbers, value
from service.knowledge.rows import ArchitectureRow, PartRow


class Count(Struct, frozen=True):
    """What the formulas of an architecture come to for one configuration. `params` counts all blocks."""

    blocks: tuple[Block, ...]
    params: int
    width: int
    lora_width: int
    beyond_linear: int
    head_kind: str
    input: str
    cell_px: int


def count(row: ArchitectureRow, config: Numbers) -> Count:
    """The build of a checkpoint with this configuration. Raises BrokenFormula where a number is missing."""
    numbers = complete(row, config)
    blocks = tuple(block for part in row.parts for block in _blocks(part, numbers))
    return Count(
        blocks=blocks,
        params=sum(block.params or 0 for block in blocks),
        width=value(row.width, numbers),
        lora_width=value(row.lora_width, numbers),
        beyond_linear=value(row.beyond_linear, numbers),
        head_kind="tied" if value(row.tied, numbers) else row.head_kind,
        input=row.input.format_map(numbers),
        cell_px=value(row.cell_px, numbers),
    )


def complete(row: ArchitectureRow, config: Numbers) -> dict[str, Any]:
    """The configuration with what it leaves out: the architecture's own numbers, then what follows from others."""
    numbers: dict[str, Any] = {**row.numbers, **config}
    for name, inner in row.numbers.items():
        if isinstance(inner, Mapping):
            given = config.get(name, {})
            numbers[name] = {**inner, **(given if isinstance(given, Mapping) else {})}
    for name, formula in row.derived.items():
        if name not in numbers:
            numbers[name] = value(formula, numbers)
    return numbers


def _blocks(part: PartRow, config: Numbers) -> list[Block]:
    """The blocks of one part; a part without parameters is there only where it is a head."""
    first, many = value(part.first, config), value(part.count, config)
    params = [value(formula, config) for formula in part.params]
    if part.kind is not BlockKind.HEAD and not any(params):
        return []
    numbers = range(first, first + many)
    return list(run_of_blocks(part.name, part.kind, part.pattern, params, numbers, part.only_for))
