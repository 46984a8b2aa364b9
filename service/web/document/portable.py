"""Says a schema so that every generator of clients reads it.

All that is rewritten here is valid OpenAPI, and breaks a client in some language: `tests/contract/test_hazards.py` has
the list.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from service.contract import words
from service.contract.words import FIXED

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/"

SAMPLES = frozenset(("example", "examples", "default", "enum", "const"))
"""Members of a schema that hold values, not schemas."""

ANY_VALUE = "A string, a number, true, false or null."

FORMATS = {"integer": "int64", "number": "double"}
"""Without a format generators take 32 bits."""


def rewrite(part: Any) -> None:
    """Rewrites a schema, or whatever holds schemas, in place."""
    if isinstance(part, list):
        for item in part:  # pyright: ignore[reportUnknownVariableType] -- JSON
            rewrite(item)
    if not isinstance(part, dict):
        return
    schema: Schema = part  # pyright: ignore[reportUnknownVariableType] -- JSON
    _rewrite_one(schema)
    for below in _within(schema):
        rewrite(below)


def _within(schema: Schema) -> Iterator[Any]:
    """What may hold schemas: no samples. A field may have the name of any keyword."""
    for name, below in schema.items():
        if name == "properties":
            yield from below.values()
        elif name not in SAMPLES:
            yield below


def _rewrite_one(schema: Schema) -> None:
    if _holds_anything(schema):
        del schema["anyOf"]
        schema.setdefault("description", ANY_VALUE)
    kind = schema.get("type")
    if isinstance(kind, str) and kind in FORMATS:
        schema["format"] = FORMATS[kind]
    if isinstance(pattern := schema.get("pattern"), str):
        schema["pattern"] = pattern.removesuffix(r"(?!\n)")  # only Python's $ also matches before a last line break
    for name in ("default", "required"):
        if schema.get(name) in ({}, []):
            del schema[name]
    if kind == "object" and "properties" not in schema and _is_free(schema.get("additionalProperties", {})):
        schema["additionalProperties"] = True


def _holds_anything(schema: Schema) -> bool:
    """Whether it is a union without a name of several types, which generators make a class of, or nothing."""
    return sum(option != {"type": "null"} for option in schema.get("anyOf", ())) > 1


def _is_free(schema: Schema | bool) -> bool:
    return isinstance(schema, dict) and (not schema or _holds_anything(schema))


def name_words(schemas: dict[str, Schema]) -> None:
    """Gives every enumeration the names that its words have here: not every language can make one of a word."""
    for name, schema in schemas.items():
        if "enum" in schema:
            kind: type[StrEnum] = getattr(words, name)
            schema["x-enum-varnames"] = [kind(word).name for word in schema["enum"]]


def open_words(schemas: dict[str, Schema], asked: Iterable[str], answered: Iterable[str]) -> None:
    """Makes a string of every vocabulary of an answer that may grow, so that a new word breaks no client.

    A vocabulary that is asked with, too, keeps its name there: requests take the words of the document and no others.
    """
    fixed = {kind.__name__ for kind in FIXED}
    growing = {name for name in reachable(schemas, answered) if "enum" in schemas[name]} - fixed
    both = growing & reachable(schemas, asked)
    for name in sorted(growing):
        schemas[f"{name}Word" if name in both else name] = _open(schemas[name])
    for name in reachable(schemas, answered) - growing:
        _refer(schemas[name], {f"{REFERENCE}{one}": f"{REFERENCE}{one}Word" for one in both})


def _open(schema: Schema) -> Schema:
    told = f"{schema['description']}\n\nMore words may come: take one that you do not know as a string."
    return {"description": told, "type": "string", "x-extensible-enum": schema["enum"]}


def _refer(part: Any, renamed: dict[str, str]) -> None:
    for schema in _parts(part):
        if schema.get("$ref") in renamed:
            schema["$ref"] = renamed[schema["$ref"]]


def reachable(schemas: dict[str, Schema], names: Iterable[str]) -> set[str]:
    """These components and all that they refer to."""
    found: set[str] = set()
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead.extend(referred(schemas[name]))
    return found


def referred(part: Any) -> Iterator[str]:
    """The names of the schemas that a part of the document refers to."""
    for schema in _parts(part):
        reference = schema.get("$ref", "")
        if isinstance(reference, str) and reference.startswith(REFERENCE):
            yield reference.removeprefix(REFERENCE)


def _parts(part: Any) -> Iterator[Schema]:
    """Every object in a part of the document, examples excepted."""
    if isinstance(part, list):
        for item in part:  # pyright: ignore[reportUnknownVariableType] -- JSON
            yield from _parts(item)
    if isinstance(part, dict):
        yield part
        for below in _within(part):  # pyright: ignore[reportUnknownArgumentType] -- JSON
            yield from _parts(below)
