"""The questions: handlers of one call each."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, post, route
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

import service
from service.contract.library import ServiceReadiness
from service.knowledge.index import Knowledge
from service.texts.rendering import WRITERS
from service.web.desk import Desk
from service.web.operations import OPERATIONS
from service.web.operations.operation import Operation
from service.web.pages import Page, etag, knows, media_types, not_modified
from service.web.questions import QUESTIONS
from service.web.request.headers import choose
from service.web.request.query import read_query
from service.web.responses import JSON, JsonResponse
from service.web.server.room import Room, held

AnyRequest = Request[Any, Any, Any]
Search = Callable[[dict[str, Any], Knowledge], object]


def question_routes(desk: Desk) -> list[HTTPRouteHandler]:
    """The three questions that take a body."""

    def question_route(path: str) -> HTTPRouteHandler:
        @post(path, status_code=200)
        async def ask(request: AnyRequest) -> ASGIApp:
            return await desk.answer(path, request)

        return ask

    return [question_route(path) for path in QUESTIONS]


def search_routes(knowledge: Knowledge, room: Room) -> list[HTTPRouteHandler]:
    """What answers a query. Entity tags come from the ruleset and the query, so that 304 costs no answer."""
    identity = f"{service.__version__} {knowledge.ruleset.hash}".encode()

    def search_route(operation: Operation, search: Search) -> HTTPRouteHandler:
        @route(operation.path, http_method=["GET", "HEAD"], name=operation.id, sync_to_thread=False)
        def found(request: AnyRequest) -> ASGIApp:
            media_type = choose(request.scope, media_types(operation.answer))
            query = request.scope["query_string"]
            given = read_query(query, operation.query)
            tag = etag(identity, request.scope["path"].encode(), query, media_type.encode())
            if knows(request.scope, tag):
                return not_modified(tag)
            answered = search(given, knowledge)
            document = answered if operation.answer in WRITERS else None
            page = Page(JSON, msgspec.json.encode(answered), tag, document=document)
            return held(msgspec.structs.replace(page.in_type(media_type), etag=tag).sent(), room)

        return found

    return [search_route(operation, operation.search) for operation in OPERATIONS if operation.search]


def health_route(knowledge: Knowledge) -> HTTPRouteHandler:
    """Readiness, which ends before the service does, so that a gateway can look elsewhere in time."""

    def readiness(status: str) -> ServiceReadiness:
        return ServiceReadiness(status, service.__version__, knowledge.ruleset)

    @route("/health/ready", http_method=["GET", "HEAD"], name="ready", sync_to_thread=False)
    def ready(request: AnyRequest) -> JsonResponse:
        if request.app.state.draining:
            return JsonResponse(readiness("draining"), status_code=503)
        return JsonResponse(readiness("ready"))

    return ready
