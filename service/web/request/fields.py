"""Parts of an answer that are asked for by name: `?fields=verdict,freeze_plan.counts`."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from service.contract.problem import ProblemFault
from service.core.rules.refusal import fault, unknown_word
from service.web.problems import INVALID_QUERY, NotAnswered
from service.web.request.query import Parameter

MOST_FIELDS = 100

FIELDS = Parameter(
    "fields",
    Annotated[str, Meta(max_length=4000)],
    "Only these parts of the JSON, by their names, separated by commas; a dot leads to a part of a part.",
)
"""It stands in no operation of the document: what it leads to is no whole answer, and no client's type."""

Tree = dict[str, "Tree"]
"""Names of parts, each with the parts of it that are wanted; with none, it is wanted whole."""


def read_fields(text: str, kind: type, media_type: str) -> Tree:
    """The parts of an answer of this kind. Raises NotAnswered with every name that is none of its parts, and where the
    answer is no JSON.
    """
    if media_type != "application/json":
        raise NotAnswered(INVALID_QUERY, faults=[fault("fields", "Parts are of the JSON: ask for application/json.")])
    paths = text.split(",")
    if len(paths) > MOST_FIELDS:
        raise NotAnswered(INVALID_QUERY, faults=[fault("fields", f"There may be {MOST_FIELDS} parts at most.")])
    faults: list[ProblemFault] = []
    wanted: Tree = {}
    for path in paths:
        names = path.split(".")
        faults += _unknown(names, kind)
        _add(wanted, names)
    if faults:
        raise NotAnswered(INVALID_QUERY, faults=faults)
    return wanted


def select(value: Any, wanted: Tree) -> Any:
    """The wanted parts of a value; of each item, where it is a list. Without any, all of it."""
    if not wanted or value is None:
        return value
    if isinstance(value, list):
        return [select(item, wanted) for item in value]  # pyright: ignore[reportUnknownVariableType] -- of any struct
    return {name: select(getattr(value, name), wanted[name]) for name in value.__struct_fields__ if name in wanted}


def wants(wanted: Tree, *path: str) -> bool:
    """Whether the part that this path leads to is wanted, alone or with a whole."""
    for name in path:
        if not wanted:
            return True
        if name not in wanted:
            return False
        wanted = wanted[name]
    return True


def _add(wanted: Tree, names: list[str]) -> None:
    """Adds a path. One that is wanted whole stays so."""
    *above, last = names
    for name in above:
        known = name in wanted
        below = wanted.setdefault(name, {})
        if known and not below:
            return
        wanted = below
    wanted[last] = {}


def _unknown(names: list[str], kind: type | None) -> Iterator[ProblemFault]:
    for place, name in enumerate(names):
        parts = get_type_hints(kind) if kind else {}
        if name not in parts:
            above = ".".join(names[:place]) or "the answer"
            message = f"There is no such part of {above}." if parts else f"There are no parts of {above}."
            yield unknown_word("fields", message, name, parts)
            return
        kind = _struct(parts[name])


def _struct(hint: Any) -> type | None:
    """The struct that a part is, or is a list of; None where it is neither, so that nothing of it can be asked for."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    if get_origin(hint) in (list, UnionType):
        return next(filter(None, map(_struct, get_args(hint))), None)
    return None
