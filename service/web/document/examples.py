"""Examples of answers for the document: real ones, lists shortened."""

from typing import Any

import msgspec

import service
from service.contract.job import Job
from service.contract.library import ServiceReadiness
from service.knowledge.index import Knowledge
from service.web.operations.operation import Operation
from service.web.pages import OPENAPI, documents
from service.web.request.body import decode

Document = dict[str, Any]

LONGEST_LIST = 2
"""Entries of a list in an example answer. Examples show the form; whole answers would fill megabytes."""

SHORTENED = f"Abridged: of each list at most {LONGEST_LIST} entries are shown."


def answer_examples(operation: Operation, knowledge: Knowledge) -> Document:
    """Real answers of an operation by name, lists shortened."""
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
            name: operation.ask(decode(msgspec.json.encode(request_example(name)), Job), knowledge, False)
            for name in operation.examples
        }
    elif operation.search:
        answers = {"all": operation.search({}, knowledge)}
    elif operation.id == "getReadiness":
        answers = {"ready": ServiceReadiness("ready", service.__version__, knowledge.ruleset)}
    elif operation.item:
        path = first_item(operation, knowledge)
        answers = {path.rpartition("/")[2]: documents(knowledge)[path]}
    else:
        answers = {operation.id: documents(knowledge)[operation.path]}
    return answers


def first_item(operation: Operation, knowledge: Knowledge) -> str:
    """The path of the first page that an operation serves."""
    folder = operation.path.rpartition("{")[0]
    return next(path for path in documents(knowledge) if path.startswith(folder) and path != folder)


def request_example(name: str) -> object:
    """A request of `openapi/examples` by its name."""
    return msgspec.json.decode((OPENAPI / "examples" / f"{name}.json").read_bytes())


def _shorten(value: Any) -> Any:
    if isinstance(value, list):
        return [_shorten(item) for item in value[:LONGEST_LIST]]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- JSON
    if isinstance(value, dict):
        return {name: _shorten(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType] -- JSON
    return value
