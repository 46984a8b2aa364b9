# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Constructs that are valid OpenAPI and break a generated client: the document has none of them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.test_document import DOCUMENT, PARTS, SCHEMAS

TASK = {"target": {"task": "image-classification"}, "dataset": {"examples": 100}}
VALUES = {"example", "examples", "enum", "const"}


def schemas(part: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the document that is no example, with its pointer."""
    if isinstance(part, dict):
        yield pointer, part
        for name, below in part.items():
            if name not in VALUES or pointer.endswith("/properties"):
                yield from schemas(below, f"{pointer}/{name}")
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from schemas(item, f"{pointer}/{index}")


def number_without_format(schema: dict[str, Any]) -> bool:
    """Java and Go take 32 bits, and lose numbers above 2^31 and the last digits of the others."""
    return schema.get("type") in ("integer", "number") and schema.get("format") not in ("int64", "double")


def default_of_a_container(schema: dict[str, Any]) -> bool:
    """Go writes it down as it stands, which is no Go."""
    return isinstance(schema.get("default"), dict | list)


def pattern_beyond_re2(schema: dict[str, Any]) -> bool:
    """Go and Envoy have no look-around and no references back; a Java constant does not take them all."""
    pattern = schema.get("pattern")
    return isinstance(pattern, str) and bool(re.search(r"\(\?[=!<]|\\\d", pattern))


def union_of_types(schema: dict[str, Any]) -> bool:
    """Go and Java make a class of each that they cannot read back; one type beside null is read well."""
    options = [option for union in ("anyOf", "oneOf") for option in schema.get(union, ())]
    return sum(option != {"type": "null"} for option in options) > 1 or isinstance(schema.get("type"), list)


def object_that_says_nothing(schema: dict[str, Any]) -> bool:
    """Some generators make an empty class of it, and lose what it held."""
    return schema.get("type") == "object" and not {"properties", "additionalProperties"} & schema.keys()


def fields_beside_free_ones(schema: dict[str, Any]) -> bool:
    """Java makes a map of it, and sends none of the fields."""
    return "properties" in schema and schema.get("additionalProperties", False) is not False


def enumeration_without_names(schema: dict[str, Any]) -> bool:
    """Words with hyphens, or that begin with a digit, get names that change with the next word."""
    named = schema.get("x-enum-varnames", ())
    return "enum" in schema and not (
        schema["type"] == "string"
        and len(named) == len(set(named)) == len(schema["enum"])
        and all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) for name in named)
    )


def enumeration_without_component(schema: dict[str, Any]) -> bool:
    """A list of words that stands in a field gets a name made up of where it stands."""
    return any("enum" in below for below in schema.get("properties", {}).values())


def media_types_of_several_kinds(schema: dict[str, Any]) -> bool:
    """A client of one operation reads one of them."""
    kinds = [json.dumps(media.get("schema")) for media in schema.get("content", {}).values()]
    return len(set(kinds)) > 1


def list_that_may_not_be_empty(schema: dict[str, Any]) -> bool:
    """Java sends an empty one for each that it is not given."""
    optional = [below for name, below in schema.get("properties", {}).items() if name not in schema.get("required", ())]
    return any({"minItems", "minProperties"} & below.keys() for below in optional)


def relative_contact(schema: dict[str, Any]) -> bool:
    """openapi-generator refuses the document."""
    return "url" in schema.get("contact", {}) and not schema["contact"]["url"].startswith("https://")


def empty_requirement(schema: dict[str, Any]) -> bool:
    """JSON Schema up to draft 4 forbids it."""
    return schema.get("required") == []


HAZARDS = (
    number_without_format,
    default_of_a_container,
    pattern_beyond_re2,
    union_of_types,
    object_that_says_nothing,
    fields_beside_free_ones,
    enumeration_without_names,
    enumeration_without_component,
    media_types_of_several_kinds,
    list_that_may_not_be_empty,
    relative_contact,
    empty_requirement,
)


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.__name__)
def test_no_construct_breaks_a_generator(hazard: Any) -> None:
    assert [pointer for pointer, schema in schemas(DOCUMENT) if hazard(schema)] == []


BROKEN: list[tuple[Any, dict[str, Any]]] = [
    (number_without_format, {"type": "integer"}),
    (default_of_a_container, {"default": {}}),
    (pattern_beyond_re2, {"pattern": r"^a$(?!\n)"}),
    (union_of_types, {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]}),
    (object_that_says_nothing, {"type": "object"}),
    (fields_beside_free_ones, {"properties": {}, "additionalProperties": {"type": "string"}}),
    (enumeration_without_names, {"type": "string", "enum": ["a-b"]}),
    (enumeration_without_component, {"properties": {"a": {"enum": ["b"]}}}),
    (
        media_types_of_several_kinds,
        {"content": {"application/json": {"schema": {}}, "text/csv": {"schema": {"type": "string"}}}},
    ),
    (list_that_may_not_be_empty, {"properties": {"a": {"type": "array", "minItems": 1}}}),
    (relative_contact, {"contact": {"url": "docs"}}),
    (empty_requirement, {"required": []}),
]


@pytest.mark.parametrize(("hazard", "schema"), BROKEN, ids=lambda part: getattr(part, "__name__", ""))
def test_a_hazard_is_seen(hazard: Any, schema: dict[str, Any]) -> None:
    assert hazard(schema)


def test_every_component_is_used() -> None:
    said = json.dumps(DOCUMENT)
    for kind, parts in DOCUMENT["components"].items():
        for name in parts:
            assert f'"#/components/{kind}/{name}"' in said, name


@pytest.mark.parametrize("name", PARTS)
def test_every_field_of_a_request_is_described(name: str) -> None:
    for field, schema in SCHEMAS[name]["properties"].items():
        assert schema["description"].endswith("."), field
        if schema.get("type") in ("integer", "number"):
            assert {"minimum", "exclusiveMinimum"} & schema.keys(), field
            assert "maximum" in schema, field


def test_an_example_that_is_abridged_says_so(client: httpx.Client) -> None:
    for path, field in (("/tasks", "tasks"), ("/matrix", "cells"), ("/models", "models")):
        content = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        (example,) = content["examples"].values()
        assert len(example["value"][field]) < len(client.get(path).json()[field])
        assert example["summary"].startswith("Abridged")
    refused = DOCUMENT["components"]["responses"]["Refused"]["content"]["application/problem+json"]["examples"]
    whole = client.post("/recommend", json={**TASK, "source": {"model": "resnet5O"}}).json()["errors"][0]["allowed"]
    assert len(refused["refuse-unknown-model"]["value"]["errors"][0]["allowed"]) == 2 < len(whole)
    assert refused["refuse-unknown-model"]["summary"].endswith("entries are shown.")
    assert not refused["refuse-two-models"]["summary"].endswith("entries are shown.")
    live = DOCUMENT["paths"]["/health/live"]["get"]["responses"]["200"]["content"]["application/json"]["examples"]
    assert [set(example) for example in live.values()] == [{"value"}]


def test_a_word_that_comes_later_breaks_no_answer() -> None:
    """An answer holds the words of a vocabulary that may grow as strings; the words of today are told beside."""
    verdict = SCHEMAS["Verdict"]["properties"]
    assert SCHEMAS[verdict["strategy"]["$ref"].rpartition("/")[2]]["enum"]
    method = SCHEMAS[verdict["method"]["$ref"].rpartition("/")[2]]
    assert method["type"] == "string"
    assert "enum" not in method
    assert set(method["x-extensible-enum"]) == set(SCHEMAS["Method"]["enum"])
