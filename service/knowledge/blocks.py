"""The catalogue's blocks one by one, written out from rows that stand for runs of equal ones."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from service.contract.words import BlockKind, Task
from service.knowledge.block_names import spelled
from service.knowledge.rows import BlockRow, BuildRow


class Block(Struct, frozen=True):
    """One block of a model. `params` counts it exactly; a head's is 0 until the number of classes is known.

    `modules` and `parameters` name what its pattern finds: modules with all within them, and single parameters.
    Where a class of the library wraps the model they hold both names, and no model has all of them.
    """

    name: str
    kind: BlockKind
    pattern: str | None
    params: int | None
    only_for: tuple[Task, ...] = ()
    stage: str | None = None
    tower: str | None = None
    tensors: int | None = None
    modules: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


class Blocks(Mapping[str, tuple[Block, ...]]):
    """Each model's blocks, stem to head, written out when they are asked for."""

    def __init__(self, rows: Iterable[BlockRow]) -> None:
        self._rows: dict[str, list[BlockRow]] = {}
        for row in rows:
            self._rows.setdefault(row.model, []).append(row)

    def __getitem__(self, model: str) -> tuple[Block, ...]:
        rows = sorted(self._rows[model], key=lambda row: row.order)
        return tuple(block for row in rows for block in _run(row))

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def run_of_blocks(
    name: str,
    kind: BlockKind,
    pattern: str,
    params: Sequence[int | None],
    numbers: range,
    only_for: tuple[Task, ...] = (),
) -> Iterator[Block]:
    """The blocks of these numbers: `{i}` in their name and pattern stands for it. `params` repeat from 0 on."""
    modules, parameters = spelled(pattern)
    for number in numbers:
        here = str(number)
        yield Block(
            name.replace("{i}", here),
            kind,
            pattern.replace("{i}", here),
            params[number % len(params)],
            only_for,
            modules=tuple([module.replace("{i}", here) for module in modules]),
            parameters=tuple([parameter.replace("{i}", here) for parameter in parameters]),
        )


def in_towers(blocks: tuple[Block, ...], words: frozenset[str]) -> tuple[Block, ...]:
    """The blocks, each with the outermost module around it that has a tower's word in its name, and no number."""
    return tuple(msgspec.structs.replace(block, tower=_tower(block, words)) for block in blocks)


def _tower(block: Block, words: frozenset[str]) -> str | None:
    parts = block.modules[0].split(".") if block.modules else []
    for depth, part in enumerate(parts[:-1], start=1):
        if not part[-1].isdigit() and not words.isdisjoint(part.lower().split("_")):
            return ".".join(parts[:depth])
    return None


def _run(row: BlockRow) -> Iterator[Block]:
    numbers = range(row.first, row.first + row.count)
    return run_of_blocks(row.name, row.kind, row.pattern, (row.params,), numbers, row.only_for)


def built_blocks(row: BuildRow) -> tuple[Block, ...]:
    """The blocks of a library's architecture, stem to head."""
    return tuple(block for line in row.blocks.split("\n") for block in _run_of_line(line))


def _run_of_line(line: str) -> Iterator[Block]:
    kind, name, first, count, params, *pattern = line.split("|", 5)
    written = pattern[0] if pattern else pattern_of(name)
    return run_of_blocks(name, BlockKind(kind), written, (int(params),), range(int(first), int(first) + int(count)))


def pattern_of(name: str) -> str:
    """What the parameters of the modules of this name match: `a.0 and b` are the modules `a.0` and `b`."""
    modules = [re.escape(module).replace(r"\{i\}", "{i}") + r"\." for module in name.split(" and ")]
    return f"^{modules[0]}" if len(modules) == 1 else f"^(?:{'|'.join(modules)})"
