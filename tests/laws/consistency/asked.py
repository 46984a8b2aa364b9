"""A request with its answer, both as JSON, and what the service's own lists say of the names in it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class Facts(NamedTuple):
    """The service's lists, by id: models as `GET /models` tells them, rules, sources, pages, and domains of tasks."""

    models: dict[str, Any]
    rules: frozenset[str]
    sources: frozenset[str]
    topics: frozenset[str]
    domains_of: dict[str, list[str]]


class Asked(NamedTuple):
    """A request and its answer."""

    route: str
    body: dict[str, Any]
    answer: dict[str, Any]
    facts: Facts

    @property
    def plan(self) -> Any:
        """The freeze plan, where the route has one."""
        return self.answer.get("freeze_plan")

    @property
    def schedule(self) -> Any:
        """The schedule, where the route has one and something trains."""
        return self.answer.get("lr_schedule")

    @property
    def phases(self) -> list[Any]:
        """The timed phases."""
        return self.answer.get("phases", [])

    @property
    def fixed(self) -> dict[str, Any]:
        """The choices that the caller has made."""
        return self.body.get("fixed", {})

    @property
    def task(self) -> str | None:
        """The target's task, where there is a target."""
        return self.body.get("target", {}).get("task")

    @property
    def codes(self) -> set[str]:
        """The codes of the notices."""
        return {notice["code"] for notice in self.answer["notices"]}

    def resolved(self, pointer: str) -> Any:
        """An input as it was understood; nothing where it was not."""
        told = self.answer["resolved"].get(pointer)
        return told["value"] if told else None


Check = Callable[[Asked], Iterator[str]]
Spoil = Callable[[Asked], object]


class Clause(NamedTuple):
    """What holds of every answer: `check` yields a word for each fault.

    `spoil` makes an answer one that the clause must catch; it raises LookupError or TypeError where that answer has
    nothing to spoil.
    """

    name: str
    check: Check
    spoil: Spoil


CLAUSES: list[Clause] = []


def clause(spoil: Spoil) -> Callable[[Check], Check]:
    """Registers a check beside the way to spoil an answer for it."""

    def register(check: Check) -> Check:
        CLAUSES.append(Clause(f"{check.__module__.rpartition('.')[2]}.{check.__name__}", check, spoil))
        return check

    return register


def first(found: Iterator[Any] | list[Any]) -> Any:
    """The first of them. Raises LookupError where there is none."""
    for one in found:
        return one
    raise LookupError


def only(told: object) -> None:
    """Raises LookupError where a spoil does not apply."""
    if not told:
        raise LookupError


def near(one: float, other: float, part: float = 1e-9) -> bool:
    """Whether two numbers are the same but for rounding."""
    return abs(one - other) <= part * max(abs(one), abs(other))


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that holds no other, with its pointer."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from leaves(inner, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from leaves(inner, f"{pointer}/{index}")
    else:
        yield pointer, value


def holds(whole: Any, pointer: str) -> bool:
    """Whether a JSON pointer names something."""
    value: Any = whole
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(key) if type(value) is list else key]
        except (LookupError, TypeError, ValueError):
            return False
    return True
