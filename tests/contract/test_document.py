"""The OpenAPI document: served as committed, and true."""

import json
import re
from itertools import product
from operator import itemgetter
from typing import Any

import httpx
import jsonschema_rs
import pytest

import service
from service.app import create_app
from service.core.rulebook import RULES
from service.settings import Settings
from service.web.operations import OPERATIONS
from service.web.problems import KINDS
from tests.conftest import ROOT

FOLDER = ROOT / "openapi"
DOCUMENT: dict[str, Any] = json.loads((FOLDER / "openapi.json").read_bytes())
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATION_LIST = [
    (method, path, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
PARTS = [name for name, schema in SCHEMAS.items() if schema.get("additionalProperties") is False]
EXAMPLES = sorted(path.stem for path in (FOLDER / "examples").glob("*.json"))
UNLISTED = ("/docs", "/explore", "/openapi.json", "/openapi.yaml", "/parts.json")


def fits(value: object, schema: dict[str, Any]) -> None:
    whole = {**schema, "components": {"schemas": SCHEMAS}}
    jsonschema_rs.validator_for(whole).validate(value)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        reference = part["$ref"]
        part = DOCUMENT
        for token in reference.removeprefix("#/").split("/"):
            part = part[token]
    return part


def test_the_served_document_is_the_committed_one(client: httpx.Client) -> None:
    for name, media_type in (("openapi.json", "application/json"), ("openapi.yaml", "application/yaml")):
        answer = client.get(f"/{name}")
        assert answer.content == (FOLDER / name).read_bytes()
        assert answer.headers["content-type"] == media_type


def test_the_document_is_small_enough_to_read() -> None:
    assert (FOLDER / "openapi.json").stat().st_size < 1_000_000


def test_the_version_is_the_services_and_has_a_changelog() -> None:
    assert DOCUMENT["info"]["version"] == service.__version__
    assert f"## {service.__version__}\n" in (FOLDER / "CHANGELOG.md").read_text()


def test_the_document_lists_every_route() -> None:
    app = create_app(Settings())
    routes = {
        (method.lower(), route.path)
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method not in {"OPTIONS", "HEAD"}
    }
    routes |= {("get", path) for path in app.shelf.paths if not path.startswith(UNLISTED)}
    listed = {(method, path) for method, path, _ in OPERATION_LIST if "{" not in path}
    folders = {(method, path.rpartition("/")[0]) for method, path, _ in OPERATION_LIST if "{" in path}
    assert listed <= routes
    assert {(method, path[: path.index("/", 1)]) for method, path in routes - listed} == folders


@pytest.mark.parametrize("operation", [operation for _, _, operation in OPERATION_LIST], ids=itemgetter("operationId"))
def test_an_operation_says_what_it_is(operation: dict[str, Any]) -> None:
    for key in ("operationId", "summary", "description", "tags", "responses"):
        assert operation[key]
    for status, answer in operation["responses"].items():
        assert resolved(answer)["description"]
        for media_type, content in resolved(answer).get("content", {}).items():
            draining = operation["operationId"] == "getReadiness" and status == "503"
            assert (media_type == "application/problem+json") == (int(status) >= 400 and not draining)
            assert content["examples"]
            for example in content["examples"].values():
                fits(example["value"], content["schema"])


def test_the_words_are_those_of_the_field(client: httpx.Client) -> None:
    """A backbone is no trunk, a size class no band, a milestone no knot."""
    topics = [f"/guide/{topic['id']}" for topic in client.get("/guide").json()["topics"]]
    for path in ("/openapi.json", "/rules", "/tasks", *topics):
        assert not re.findall(r"\b(?:trunks?|knots?|in bands|one band|size band)\b", client.get(path).text, re.I), path


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATION_LIST]
    assert len(set(ids)) == len(ids)


def test_every_kind_of_problem_is_documented() -> None:
    documented = {
        example["value"]["type"]
        for response in DOCUMENT["components"]["responses"].values()
        for content in response.get("content", {}).values()
        for example in content["examples"].values()
    }
    # No operation of the document can be asked with a method that it does not have.
    assert documented == {kind.type for kind in KINDS} - {"/problems/method-not-allowed", "/problems/method-unknown"}


def test_every_rule_that_refuses_gives_an_example() -> None:
    examples = DOCUMENT["components"]["responses"]["Refused"]["content"]["application/problem+json"]["examples"]
    assert sorted(examples) == sorted(rule.id for rule in RULES.values() if rule.topic == "refusals")
    assert all(example["value"]["errors"] for example in examples.values())


def test_every_example_file_is_used() -> None:
    assert sorted({name for operation in OPERATIONS for name in operation.examples}) == EXAMPLES


@pytest.mark.parametrize(
    ("path", "name", "explain"),
    [
        (operation.path, name, explain)
        for operation in OPERATIONS
        for name, explain in product(operation.examples, ("true", "false"))
    ],
)
def test_an_example_is_valid_and_answered_as_documented(
    client: httpx.Client, path: str, name: str, explain: str
) -> None:
    body = json.loads((FOLDER / "examples" / f"{name}.json").read_text())
    operation = DOCUMENT["paths"][path]["post"]
    request = operation["requestBody"]["content"]["application/json"]
    assert request["examples"][name]["value"] == body
    fits(body, request["schema"])
    params = {"explain": explain} if "parameters" in operation else {}
    for media_type, content in operation["responses"]["200"]["content"].items():
        answer = client.post(path, json=body, params=params, headers={"accept": media_type})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith(media_type)
        fits(answer.json() if media_type == "application/json" else answer.text, content["schema"])


@pytest.mark.parametrize("path", [path for method, path, _ in OPERATION_LIST if method == "get"])
def test_a_page_is_answered_as_documented(client: httpx.Client, path: str) -> None:
    operation = DOCUMENT["paths"][path]["get"]
    for parameter in operation.get("parameters", ()):
        if parameter.get("in") == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    answer = client.get(path)
    documented = operation["responses"]["200"]
    fits(answer.json(), documented["content"]["application/json"]["schema"])
    assert ("etag" in answer.headers) == ("304" in operation["responses"])
    for header in documented.get("headers", ()):
        assert header in answer.headers


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_a_request_has_bounds(name: str) -> None:
    for field in SCHEMAS[name]["properties"].values():
        if field.get("type") == "integer":
            assert "maximum" in field
        if field.get("type") == "string":
            assert "maxLength" in field


def test_every_other_part_has_all_its_fields() -> None:
    for schema in SCHEMAS.values():
        if "properties" in schema and not schema["title"].startswith("Job"):
            assert schema["required"] == list(schema["properties"])
