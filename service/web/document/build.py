"""Builds the OpenAPI document: operations from the table, schemas from the Structs, examples from the engine.

`make generated` writes it to `openapi/`, from where it is served as it stands.
"""

import inspect
from copy import copy
from itertools import groupby
from typing import Any

import msgspec

import service
from service.contract.explain import Ruleset
from service.contract.job import Job
from service.contract.library import ServiceReadiness
from service.contract.problem import Problem
from service.core import engine
from service.knowledge.index import Knowledge
from service.web.document.portable import name_words, open_words, referred, rewrite
from service.web.document.refused import refusals
from service.web.operations import OPERATIONS, TAGS, Operation
from service.web.pages import JSON, OPENAPI, documents, media_types
from service.web.problems import INVALID_BODY, KINDS, PROBLEM_JSON, REFUSED, Kind, NotAnswered, problem
from service.web.request.body import decode
from service.web.request.query import Parameter

Document = dict[str, Any]

LONGEST_LIST = 2
"""Entries of a list in an example answer. Examples show the form; whole answers would fill megabytes."""

SHORTENED = f"Abridged: of each list at most {LONGEST_LIST} entries are shown."

DESCRIPTION = """\
Tell it about a transfer-learning job, and it answers with a plan that a trainer can run unchanged: strategy, model,
layers to freeze, learning rates, memory, risks; each number with its rule, its sources and their grade.

Stateless and deterministic: the same request under the same `ruleset` gives the same bytes. Nothing of a request is
kept. Every error that the service answers is an RFC 9457 problem, its `errors` naming all that is wrong by JSON
pointer. A path asked with a method that it does not have answers 405 with `Allow`.

An answer marked `x-also-as` can be asked for in these media types, too, with `Accept`.

With `?fields=verdict,freeze_plan.counts` a POST answers these parts of the JSON alone, and saves the work of others.
Such an answer has a schema of its own, which `x-parts` names; no operation here knows the parameter.

In the examples `ruleset.hash` is 64 zeros: the true hash changes with every change of the rules."""

COMPATIBILITY = """\
**What may change.** A change that can break a caller raises the second number of the version while the first is 0, and
the first number afterwards; any other change of this document raises the last. No break, and to be expected by a
client: new operations; new fields of a request that need not be given; new fields of an answer; new words in the
vocabularies that are marked `x-extensible-enum`; new notices, rules, sources, topics, models and kinds of problem;
wider bounds of a request; other headers, texts, examples and order of members. The vocabularies of a request may get
new words, and lose none. An `enum` of an answer is complete. What a version takes away, the changelog of the version
before announces. Advice may change with every `ruleset`: pin it with `If-Match`."""


IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "Answer with this entity tag or not at all: as the ETag of an answer has it, where a job is asked "
    "about the hash of the ruleset in quotes. `*` takes any.",
    "schema": {"type": "string"},
    "example": "*",
}

HEADERS = {
    "ETag": {"description": "Entity tag for If-None-Match.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long the answer may be kept.", "schema": {"type": "string"}},
    "Ruleset": {
        "description": "The hash of the ruleset, in quotes: sent back as If-Match, it asks for the same.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "format": "int64", "minimum": 0},
    },
}

HEADERS_OF = {412: {"ETag": "ETag"}, 503: {"Retry-After": "Retry-After"}}
"""What the problems of a status tell in headers."""

KEPT_FOR_A_WHILE = ("ETag", "Cache-Control")


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
            "responses": _responses(knowledge),
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
        examples = {name: {"value": _example(name)} for name in operation.examples}
        content = {JSON: {"schema": _reference(Job), "examples": examples}}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = _answers(operation, knowledge)
    return described


def _answers(operation: Operation, knowledge: Knowledge) -> Document:
    is_table = operation.answer is str
    success = _table(operation.media_types) if is_table else _success(operation, knowledge)
    also = [*operation.media_types, *media_types(operation.answer)[1:]][1:]
    if also and not is_table:
        success["x-also-as"] = also
    if operation.ask:
        success["headers"] = {"ETag": _header("Ruleset")}
        if not is_table:
            success["x-parts"] = f"parts.json#/$defs/{operation.answer.__name__}"
    answers: Document = {"200": success}
    if operation.kept:
        success["headers"] = _headers()
        answers["304"] = {"$ref": "#/components/responses/NotModified"}
        answers["412"] = {"$ref": f"#/components/responses/{_response_name(412)}"}
    for kind in operation.problems:
        answers[str(kind.status)] = {"$ref": f"#/components/responses/{_response_name(kind.status)}"}
    if operation.id == "getReadiness":
        draining = ServiceReadiness("draining", service.__version__, knowledge.ruleset)
        example = {"draining": {"value": msgspec.to_builtins(draining)}}
        content = {JSON: {"schema": _reference(ServiceReadiness), "examples": example}}
        answers["503"] = {"description": "The service is about to stop.", "content": content}
    return dict(sorted(answers.items()))


def _success(operation: Operation, knowledge: Knowledge) -> Document:
    content = {"schema": _reference(operation.answer), "examples": _answer_examples(operation, knowledge)}
    return {"description": inspect.getdoc(operation.answer), "content": {JSON: content}}


def _table(media_types: tuple[str, ...]) -> Document:
    rows = {"type": "string", "description": "Steps by groups, with a header."}
    example = {"table": {"value": "step,factor,backbone,head\r\n0,0.0,0.0,0.0\r\n10,1.0,3e-05,0.0001\r\n"}}
    content = {media_type: {"schema": rows, "examples": example} for media_type in media_types}
    return {"description": "The points of the schedule.", "content": content}


def _answer_examples(operation: Operation, knowledge: Knowledge) -> Document:
    """Real answers, lists shortened."""
    answers = _real_answers(operation, knowledge).items()
    return {name: _shortened(msgspec.json.decode(msgspec.json.encode(answer))) for name, answer in answers}


def _shortened(answer: object) -> Document:
    """An example of an answer, which says so where it holds less than the answer does."""
    short = _shorten(answer)
    return {"value": short} if short == answer else {"summary": SHORTENED, "value": short}


def _real_answers(operation: Operation, knowledge: Knowledge) -> dict[str, object]:
    answers: dict[str, object]
    if operation.ask:
        answers = {
            name: operation.ask(decode(msgspec.json.encode(_example(name)), Job), knowledge, False)
            for name in operation.examples
        }
    elif operation.path == "/matrix":
        answers = {"all": engine.matrix(engine.MatrixFilter(frozenset(), frozenset(), (), None, None, None), knowledge)}
    elif operation.path == "/models":
        answers = {"all": engine.model_list(engine.CatalogueFilter(), knowledge)}
    elif operation.id == "getReadiness":
        answers = {"ready": ServiceReadiness("ready", service.__version__, knowledge.ruleset)}
    elif operation.item:
        path = _first_item(operation, knowledge)
        answers = {path.rpartition("/")[2]: documents(knowledge)[path]}
    else:
        answers = {operation.id: documents(knowledge)[operation.path]}
    return answers


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
    example = _first_item(operation, knowledge).rpartition("/")[2]
    schema = {"type": "string", "minLength": 1, "examples": [example]}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": operation.item,
        "schema": schema,
        "example": example,
    }


def _first_item(operation: Operation, knowledge: Knowledge) -> str:
    folder = operation.path.rpartition("{")[0]
    return next(path for path in documents(knowledge) if path.startswith(folder) and path != folder)


def _responses(knowledge: Knowledge) -> Document:
    responses: Document = {
        "NotModified": {
            "description": "What the caller holds under this entity tag is still right.",
            "headers": _headers(),
        }
    }
    answered = {kind.status for operation in OPERATIONS for kind in operation.problems}
    for status, kinds in groupby(KINDS, key=lambda kind: kind.status):
        if status not in answered:
            continue
        alike = list(kinds)
        examples = {kind.name: {"summary": kind.title, "value": _problem_example(kind)} for kind in alike}
        if REFUSED in alike:
            examples = dict(refusals(knowledge, LONGEST_LIST))
        responses[_response_name(status)] = {
            "description": " ".join(f"{kind.title}: {kind.meaning}" for kind in alike),
            "content": {PROBLEM_JSON: {"schema": _reference(Problem), "examples": examples}},
        }
        if told := HEADERS_OF.get(status):
            responses[_response_name(status)]["headers"] = {name: _header(known) for name, known in told.items()}
    return responses


def _response_name(status: int) -> str:
    """The name of the first kind of problem with this status, as a component is named."""
    first = next(kind for kind in KINDS if kind.status == status)
    return "".join(word.capitalize() for word in first.name.split("-"))


def _problem_example(kind: Kind) -> object:
    document = problem(kind)
    if kind is INVALID_BODY:
        try:
            decode(b'{"target":{"task":"text-clasification"},"dataset":{"examples":"many"}}', Job)
        except NotAnswered as refusal:
            document = problem(kind, faults=refusal.faults)
    return msgspec.to_builtins(document)


def _headers() -> Document:
    return {name: _header(name) for name in KEPT_FOR_A_WHILE}


def _header(name: str) -> Document:
    return {"$ref": f"#/components/headers/{name}"}


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


def _reference(kind: type) -> Document:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _example(name: str) -> object:
    return msgspec.json.decode((OPENAPI / "examples" / f"{name}.json").read_bytes())


def _shorten(value: Any) -> Any:
    if isinstance(value, list):
        return [_shorten(item) for item in value[:LONGEST_LIST]]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- JSON
    if isinstance(value, dict):
        return {name: _shorten(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType] -- JSON
    return value
