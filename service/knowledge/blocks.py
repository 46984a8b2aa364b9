"""The catalogue's blocks one by one, written out from rows that stand for runs of equal ones."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from service.contract.words import BlockKind, Task
from service.knowledge.block_names import spelled
from service.knowledge.rows import BlockRow


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
    """Each model's blocks, stem to head. A model's are written out when they are first asked for, and kept."""

    def __init__(self, rows: Iterable[BlockRow]) -> None:
        self._rows: dict[str, list[BlockRow]] = {}
        for row in rows:
            self._rows.setdefault(row.model, []).append(row)
        self._written: dict[str, tuple[Block, ...]] = {}

    def __getitem__(self, model: str) -> tuple[Block, ...]:
        blocks = self._written.get(model)
        if blocks is None:
            rows = sorted(self._rows[model], key=lambda row: row.order)
            blocks = self._written[model] = tuple(block for row in rows for block in _run(row))
        return blocks

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def numbered(
    name: str, kind: BlockKind, pattern: str, params: int | None, number: int, only_for: tuple[Task, ...] = ()
) -> Block:
    """The block of this number of a run: `{i}` in its name and pattern stands for it."""
    here = str(number)
    name, pattern = name.replace("{i}", here), pattern.replace("{i}", here)
    modules, parameters = spelled(pattern)
    return Block(name, kind, pattern, params, only_for, modules=modules, parameters=parameters)


def _run(row: BlockRow) -> Iterator[Block]:
    for number in range(row.first, row.first + row.count):
        yield numbered(row.name, row.kind, row.pattern, row.params, number, row.only_for)
