"""What of one OpenAPI document a later one breaks, in words: `python -m tools.breaks` compares with the last release.

`openapi/released.json` is the last released document without texts and examples; it is replaced with each release.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from service.web.document.portable import reachable, referred
from service.web.pages import OPENAPI

Document = dict[str, Any]

RELEASED = OPENAPI / "released.json"
TEXTS = frozenset(("description", "summary", "title"))
METHODS = ("get", "post")
LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def breaks(old: Document, new: Document) -> list[str]:
    """Every change that can break a caller of the old document."""
    found: list[str] = []
    told = _answered(old)
    for path, methods in old["paths"].items():
        for method in METHODS:
            if method not in methods:
                continue
            there = new["paths"].get(path, {}).get(method)
            name = f"{method.upper()} {path}"
            found += [f"{name} is gone."] if there is None else _of_operation(name, methods[method], there)
    for name, schema in old["components"]["schemas"].items():
        there = new["components"]["schemas"].get(name)
        found += [f"The schema {name} is gone."] if there is None else _of_schema(name, schema, there)
        found += [
            f"{name} got the word {word}, which no answer had."
            for word in _new_words(schema, there or {})
            if name in told
        ]
    return found


def _answered(document: Document) -> set[str]:
    """The schemas that answers hold."""
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    return reachable(document["components"]["schemas"], referred([one["responses"]["200"] for one in operations]))


def _new_words(old: Document, new: Document) -> list[str]:
    """What a complete vocabulary has more than before."""
    return [word for word in new.get("enum", ()) if word not in old.get("enum", (word,))]


def _of_operation(name: str, old: Document, new: Document) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"{name} is called {new['operationId']}, and was {old['operationId']}."
    was = {parameter["name"] for parameter in old.get("parameters", ()) if "name" in parameter}
    now = {parameter["name"]: parameter for parameter in new.get("parameters", ()) if "name" in parameter}
    for parameter in sorted(was - now.keys()):
        yield f"{name} lost the parameter {parameter}."
    for parameter, schema in now.items():
        if schema.get("required") and parameter not in was:
            yield f"{name} needs the parameter {parameter}."
    if _answer(old) != _answer(new):
        yield f"{name} answers {_answer(new)}, and answered {_answer(old)}."


def _answer(operation: Document) -> str:
    """The first media type of a good answer, with its schema's name."""
    media_type, content = next(iter(operation["responses"]["200"]["content"].items()))
    return f"{media_type} {content['schema'].get('$ref', '').rpartition('/')[2]}".strip()


def _of_schema(name: str, old: Document, new: Document) -> Iterator[str]:
    is_request = old.get("additionalProperties") is False
    for field, schema in old.get("properties", {}).items():
        there = new.get("properties", {}).get(field)
        if there is None:
            yield f"{name} lost the field {field}."
            continue
        if _kind(schema) != _kind(there):
            yield f"{name}.{field} is {_kind(there)}, and was {_kind(schema)}."
        yield from _narrowed(f"{name}.{field}", schema, there) if is_request else ()
    for field in new.get("required", ()) if is_request else ():
        if field not in old.get("required", ()):
            yield f"{name} needs the field {field}."
    for field in old.get("required", ()) if not is_request else ():
        if field in new.get("properties", {}) and field not in new.get("required", ()):
            yield f"{name} may lack the field {field}."
    for word in old.get("enum", ()):
        if word not in new.get("enum", new.get("x-extensible-enum", ())):
            yield f"{name} lost the word {word}."


def _narrowed(name: str, old: Document, new: Document) -> Iterator[str]:
    """Each bound of what is asked, items included, that leaves out what was taken before."""
    for bound in (*LEAST, *MOST):
        was, now = old.get(bound), new.get(bound)
        if now is not None and (was is None or (now > was if bound in LEAST else now < was)):
            yield f"{name} has the {bound} {now}, and had {'none' if was is None else was}."
    if new.get("pattern", old.get("pattern")) != old.get("pattern"):
        yield f"{name} has another pattern."
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
            yield from _narrowed(f"{name}.{part}", old[part], new[part])


def _kind(schema: Document) -> str:
    """What a field holds, as a word: the formats and bounds of numbers are none of it."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2].removesuffix("Word")
    if "anyOf" in schema:
        return " or ".join(sorted(_kind(option) for option in schema["anyOf"]))
    inner: Any = schema.get("items") or schema.get("additionalProperties")
    return f"{schema.get('type', 'anything')} of {_kind(inner)}" if isinstance(inner, dict) else schema.get("type", "")  # pyright: ignore[reportUnknownArgumentType] -- JSON


def without_texts(part: Any, *, is_named: bool = False) -> Any:
    """A document as it is kept: without what only tells, and without its version. Names of fields are no keywords."""
    if isinstance(part, dict):
        members: Document = part  # pyright: ignore[reportUnknownVariableType] -- JSON
        return {
            name: without_texts(value, is_named=name == "properties" and not is_named)
            for name, value in members.items()
            if is_named or not _tells(name, value)
        }
    return [without_texts(item) for item in part] if isinstance(part, list) else part  # pyright: ignore[reportUnknownVariableType] -- JSON


def _tells(name: str, value: Any) -> bool:
    return name in ("info", "example", "examples") or (name in TEXTS and isinstance(value, str | list))


def owed(old: Document, new: Document) -> str:
    """What is wrong with the version of the new document, in a sentence; empty where nothing is."""
    was, now = (_numbers(document["info"]["version"]) for document in (old, new))
    broken = breaks(old, new)
    if broken and now[: 1 + (was[0] == 0)] <= was[: 1 + (was[0] == 0)]:
        return f"The version must grow past a break: {' '.join(broken)}"
    if without_texts(old) != without_texts(new) and now <= was:
        return "The document changed: its version must grow."
    return ""


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def main() -> None:
    """Prints what breaks since the last release."""
    old, new = (json.loads((OPENAPI / name).read_bytes()) for name in (RELEASED.name, "openapi.json"))
    sys.stdout.write("\n".join([*breaks(old, new), owed(old, new)]).strip() + "\n")


if __name__ == "__main__":
    main()
