"""The answers of the operations in the document: what they hold, their headers, and the problems."""

import inspect
from itertools import groupby

import msgspec

import service
from service.contract.job import Job
from service.contract.library import ServiceReadiness
from service.contract.problem import Problem
from service.knowledge.index import Knowledge
from service.web.document.examples import Document, answer_examples
from service.web.document.refused import refusals
from service.web.operations import OPERATIONS
from service.web.operations.operation import Operation
from service.web.pages import media_types
from service.web.problems import INVALID_BODY, KINDS, PROBLEM_JSON, REFUSED, Kind, NotAnswered, problem
from service.web.request.body import decode
from service.web.responses import JSON

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


def answers_of(operation: Operation, knowledge: Knowledge) -> Document:
    """What an operation answers, by status."""
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
        content = {JSON: {"schema": reference(ServiceReadiness), "examples": example}}
        answers["503"] = {"description": "The service is about to stop.", "content": content}
    return dict(sorted(answers.items()))


def _success(operation: Operation, knowledge: Knowledge) -> Document:
    content = {"schema": reference(operation.answer), "examples": answer_examples(operation, knowledge)}
    return {"description": inspect.getdoc(operation.answer), "content": {JSON: content}}


def _table(media_types: tuple[str, ...]) -> Document:
    rows = {"type": "string", "description": "Steps by groups, with a header."}
    example = {"table": {"value": "step,factor,backbone,head\r\n0,0.0,0.0,0.0\r\n10,1.0,3e-05,0.0001\r\n"}}
    content = {media_type: {"schema": rows, "examples": example} for media_type in media_types}
    return {"description": "The points of the schedule.", "content": content}


def responses(knowledge: Knowledge) -> Document:
    """The answers that operations share, by name."""
    shared: Document = {
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
            examples = dict(refusals(knowledge))
        shared[_response_name(status)] = {
            "description": " ".join(f"{kind.title}: {kind.meaning}" for kind in alike),
            "content": {PROBLEM_JSON: {"schema": reference(Problem), "examples": examples}},
        }
        if told := HEADERS_OF.get(status):
            shared[_response_name(status)]["headers"] = {name: _header(known) for name, known in told.items()}
    return shared


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


def reference(kind: type) -> Document:
    """Where the schema of a type stands."""
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
