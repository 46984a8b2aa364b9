"""Builds the OpenAPI document: operations from the table, schemas from the Structs, examples from the engine.

`make generated` writes it to `openapi/`, from where it is served as it stands.
"""

import inspect
from copy import copy

import msgspec

import service
from service.contract.explain import Ruleset
from service.contract.job import Job
from service.contract.problem import Problem
from service.knowledge.index import Knowledge
from service.web.document.examples import Document, first_item, request_example
from service.web.document.portable import name_words, open_words, referred, rewrite
from service.web.document.prose import COMPATIBILITY, DESCRIPTION
from service.web.document.responses import HEADERS, answers_of, reference, responses
from service.web.operations import OPERATIONS
from service.web.operations.operation import TAGS, Operation
from service.web.request.query import Parameter
from service.web.responses import JSON

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "Answer with this entity tag or not at all: as the ETag of an answer has it, where a job is asked "
    "about the hash of the ruleset in quotes. `*` takes any.",
    "schema": {"type": "string"},
    "example": "*",
}


def build(knowledge: Knowledge) -> Document:
    """The whole document. Depends on nothing but the code, the tables and `openapi/examples`."""
    knowledge = _without_hash(knowledge)
    answers = [operation.answer for operation in OPERATIONS if operation.answer is not str]
    parameters = [parameter for operation in OPERATIONS for parameter in operation.query]
    types = [Problem, Job, *answers, *(parameter.values for parameter in parameters)]
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        _complete(schema, knowledge)
    name_words(schemas)
    rewrite(schemas)
    asked = [name for parameter in parameters for name in referred(_values(parameter))]
    open_words(schemas, ("Job", *asked), [kind.__name__ for kind in (Problem, *answers)])
    paths: Document = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, knowledge)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Transfer Advisor",
            "version": service.__version__,
            "summary": "Transfer-learning plans that a trainer can run unchanged.",
            "description": f"{DESCRIPTION}\n\n{COMPATIBILITY}",
            # no address: each instance has another, and openapi-generator refuses a relative one
            "contact": {"name": "Whoever runs this service"},
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
            "x-ruleset-version": knowledge.ruleset.version,
        },
        "externalDocs": {"description": "The guide behind the advice, page by page.", "url": "guide"},
        "servers": [{"url": ".", "description": "The service that this document comes from."}],
        "security": [],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": {"IfMatch": IF_MATCH},
            "responses": responses(knowledge),
            "headers": HEADERS,
        },
    }


def render(document: Document) -> tuple[bytes, bytes]:
    """The document as JSON and as YAML, byte for byte what is committed and served."""
    encoded = msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
    return encoded, msgspec.yaml.encode(msgspec.json.decode(encoded))


def _without_hash(knowledge: Knowledge) -> Knowledge:
    """The same knowledge, which does not say from which sources it is: else each line of code changed the examples."""
    same = copy(knowledge)
    same.ruleset = Ruleset(knowledge.ruleset.version, "0" * 64)
    return same


def _operation(operation: Operation, knowledge: Knowledge) -> Document:
    parameters = [_parameter(parameter) for parameter in operation.query]
    if operation.ask or operation.kept:
        parameters.append({"$ref": "#/components/parameters/IfMatch"})
    if operation.item:
        parameters.insert(0, _item(operation, knowledge))
    described: Document = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
    }
    if parameters:
        described["parameters"] = parameters
    if operation.ask:
        examples = {name: {"value": request_example(name)} for name in operation.examples}
        content = {JSON: {"schema": reference(Job), "examples": examples}}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = answers_of(operation, knowledge)
    return described


def _parameter(parameter: Parameter) -> Document:
    described: Document = {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.description,
        "schema": _values(parameter),
    }
    if parameter.many:
        described |= {"style": "form", "explode": True}
    if parameter.example:
        described["example"] = [parameter.example] if parameter.many else parameter.example
    return described


def _values(parameter: Parameter) -> Document:
    """The schema of what a parameter holds."""
    (schema,), _ = msgspec.json.schema_components([parameter.values], ref_template="#/components/schemas/{name}")
    rewrite(schema)
    return schema


def _item(operation: Operation, knowledge: Knowledge) -> Document:
    name = operation.path.rpartition("/")[2].strip("{}")
    example = first_item(operation, knowledge).rpartition("/")[2]
    schema = {"type": "string", "minLength": 1, "examples": [example]}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": operation.item,
        "schema": schema,
        "example": example,
    }


def _complete(schema: Document, knowledge: Knowledge) -> None:
    """Adds what msgspec leaves out: that an enumeration holds strings, and names to start from.

    Python up to 3.12 keeps the indentation of docstrings, later ones do not: the document must not depend on it.
    """
    if "description" in schema:
        schema["description"] = inspect.cleandoc(schema["description"])
    if "enum" in schema:
        schema.setdefault("type", "string")
    if schema.get("additionalProperties") is False:
        for name, examples in (("model", knowledge.models), ("device", knowledge.devices)):
            if name in schema["properties"]:
                schema["properties"][name]["examples"] = list(examples)[:3]
