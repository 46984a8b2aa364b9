"""What published results say of the catalogue's models: a cell for each model and task, a mark for each target."""

from collections.abc import Iterable, Mapping, Sequence
from math import log

import msgspec
from msgspec import Struct

from service.contract.words import Domain, Grade, Task

SIZES = (0, 1_000, 3_000, 10_000, 30_000, 100_000)
"""Numbers of examples that marks are made for, about half a decade apart; 0: a set of any size."""


def nearest_size(examples: int) -> int:
    """The size that a set of so many examples is marked as."""
    return min(SIZES[1:], key=lambda size: abs(log(size / examples))) if examples else 0


def target_key(domain: Domain | None, size: int) -> str:
    """Under what the marks of a target are kept."""
    return f"{domain or ''} {size}"


class Cell(Struct, frozen=True, array_like=True):
    """How well a model serves a task.

    A computed score is in standard deviations of quality among the task's computed models, around the mean of what
    these models were judged: results tell the order and the distances of models, not the level of them all, and so
    computed and judged cells of a task can be compared. `agreement` is the mean tau-b of the benchmarks that hold the
    model, where they share enough models. `rows` are the places of its results in their table; a judged cell may have
    some, but too few to compute from. `known_frozen`: the score is computed, and the use that it speaks of is frozen.
    """

    model: str
    task: Task
    score: int
    mark: float
    judged: bool
    known_frozen: bool
    results: int
    benchmarks: tuple[str, ...]
    agreement: float | None
    reason: str
    grade: Grade
    sources: tuple[str, ...]
    rows: tuple[int, ...]


class Mark(Struct, frozen=True, array_like=True):
    """How well a model serves a target, on the matrix's scale but neither rounded nor limited.

    `judged` is what it would be without results.
    `results` count for it and stand in `benchmarks`; `on_domain` of them are on the target's own domain. `far` more are
    on domains too far to count.
    """

    mark: float
    judged: float
    results: int
    on_domain: int
    far: int
    benchmarks: tuple[str, ...]


class Merits:
    """Cells of the matrix and marks for targets. The marks of a target are decoded when they are first asked for."""

    def __init__(self, cells: Iterable[Cell], marks: Mapping[Task, Mapping[str, memoryview]]) -> None:
        self.cells: dict[tuple[str, Task], Cell] = {(cell.model, cell.task): cell for cell in cells}
        self._encoded = marks
        self._marks: dict[tuple[Task, str], dict[str, Mark]] = {}

    def marks(self, task: Task, domain: Domain | None, examples: int = 0) -> dict[str, Mark]:
        """How well each model that can do the task serves the target. Without examples it is a set of any size."""
        held, key = self._encoded[task], target_key(domain, nearest_size(examples))
        key = key if key in held else target_key(domain, 0)
        return self._marks.get((task, key)) or self._decoded(task, key)

    def _decoded(self, task: Task, key: str) -> dict[str, Mark]:
        marks = msgspec.msgpack.decode(self._encoded[task][key], type=dict[str, Mark])
        self._marks[task, key] = marks
        return marks


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
