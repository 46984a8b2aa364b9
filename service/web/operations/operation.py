"""What an operation is."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from msgspec import Struct

from service.contract.explain import Answer
from service.contract.job import Job
from service.knowledge.index import Knowledge
from service.web.problems import HEAD_TOO_LARGE, INTERNAL_ERROR, NOT_ACCEPTABLE, Kind
from service.web.request.query import Parameter
from service.web.responses import JSON

TAGS = {
    "advice": "The questions. The same request under the same ruleset gives the same bytes.",
    "knowledge": "What the answers rest on. It changes with the ruleset only; use the entity tags.",
    "service": "The service itself.",
}

LOOK_UP = (NOT_ACCEPTABLE, HEAD_TOO_LARGE, INTERNAL_ERROR)
"""How every operation can fail to answer."""


class Operation(Struct, frozen=True, kw_only=True):
    """One operation.

    `ask` answers a question about a job, and `ask_parts` the same where leaving parts out saves work. `search` answers
    a query, `page` makes the one document of the path, `pages` each by the last part of the path, which `item`
    describes. `media_types` are those of a good answer. The document names the first, the description the others:
    where an operation has several, a generated client knows what to do with none.
    """

    method: str = "get"
    path: str
    id: str
    tag: str = "knowledge"
    summary: str
    description: str
    answer: type
    ask: Callable[[Job, Knowledge, bool], Answer] | None = None
    ask_parts: Callable[[Job, Knowledge, bool, Collection[str]], Answer] | None = None
    examples: tuple[str, ...] = ()
    query: tuple[Parameter, ...] = ()
    search: Callable[[dict[str, Any], Knowledge], object] | None = None
    page: Callable[[Knowledge], object] | None = None
    pages: Callable[[Knowledge], Mapping[str, Callable[[], object]]] | None = None
    item: str = ""
    kept: bool = True
    media_types: tuple[str, ...] = (JSON,)
    problems: tuple[Kind, ...] = LOOK_UP
