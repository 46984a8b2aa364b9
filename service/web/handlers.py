"""The questions: handlers of one call each."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, post, route
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

import service
from service.contract.library import ServiceReadiness
from service.contract.matrix import Matrix
from service.contract.models import ModelList
from service.core import engine
from service.knowledge.index import Knowledge
from service.texts.rendering import WRITERS
from service.web.desk import Desk
from service.web.pages import JSON, Page, etag, knows, media_types, not_modified
from service.web.questions import QUESTIONS
from service.web.request.headers import choose
from service.web.request.query import MATRIX, MODELS, Parameter, read_query
from service.web.responses import Answer, Sent
from service.web.server.room import Room, held

AnyRequest = Request[Any, Any, Any]


def question_routes(desk: Desk) -> list[HTTPRouteHandler]:
    """The three questions that take a body."""

    def question_route(path: str) -> HTTPRouteHandler:
        @post(path, status_code=200)
        async def ask(request: AnyRequest) -> ASGIApp:
            return await desk.answer(path, request)

        return ask

    return [question_route(path) for path in QUESTIONS]


def filter_routes(knowledge: Knowledge, room: Room) -> list[HTTPRouteHandler]:
    """The matrix and the catalogue. Entity tags come from the ruleset and the query, so that 304 costs no answer."""
    identity = f"{service.__version__} {knowledge.ruleset.hash}".encode()

    def answer(
        request: AnyRequest, kind: type, parameters: tuple[Parameter, ...], ask: Callable[[dict[str, Any]], object]
    ) -> Sent:
        media_type = choose(request.scope, media_types(kind))
        query = request.scope["query_string"]
        given = read_query(query, parameters)
        tag = etag(identity, request.scope["path"].encode(), query, media_type.encode())
        if knows(request.scope, tag):
            return not_modified(tag)
        answered = ask(given)
        page = Page(JSON, msgspec.json.encode(answered), tag, document=answered if kind in WRITERS else None)
        return held(msgspec.structs.replace(page.in_type(media_type), etag=tag).sent(), room)

    @route("/matrix", http_method=["GET", "HEAD"], name="matrix", sync_to_thread=False)
    def matrix(request: AnyRequest) -> ASGIApp:
        return answer(request, Matrix, MATRIX, lambda given: engine.matrix(matrix_filter(given), knowledge))

    @route("/models", http_method=["GET", "HEAD"], name="models", sync_to_thread=False)
    def models(request: AnyRequest) -> ASGIApp:
        return answer(request, ModelList, MODELS, lambda given: engine.model_list(catalogue_filter(given), knowledge))

    return [matrix, models]


def matrix_filter(given: dict[str, Any]) -> engine.MatrixFilter:
    """The query of the matrix, as the engine takes it."""
    return engine.MatrixFilter(
        tasks=frozenset(given.get("task", ())),
        modalities=frozenset(given.get("modality", ())),
        models=tuple(given.get("model", ())),
        licence=given.get("licence"),
        commercial_use=given.get("commercial_use"),
        max_params=given.get("max_params"),
    )


def catalogue_filter(given: dict[str, Any]) -> engine.CatalogueFilter:
    """The query of the catalogue, as the engine takes it."""
    return engine.CatalogueFilter(
        tasks=frozenset(given.get("task", ())),
        modalities=frozenset(given.get("modality", ())),
        families=frozenset(given.get("family", ())),
        licence=given.get("licence"),
        commercial_use=given.get("commercial_use"),
        max_params=given.get("max_params"),
        name=given.get("name"),
        unranked=given.get("unranked", False),
        limit=given.get("limit", 200),
        after=given.get("after"),
    )


def health_route(knowledge: Knowledge) -> HTTPRouteHandler:
    """Readiness, which ends before the service does, so that a gateway can look elsewhere in time."""

    def readiness(status: str) -> ServiceReadiness:
        return ServiceReadiness(status, service.__version__, knowledge.ruleset)

    @route("/health/ready", http_method=["GET", "HEAD"], name="ready", sync_to_thread=False)
    def ready(request: AnyRequest) -> Answer:
        if request.app.state.draining:
            return Answer(readiness("draining"), status_code=503)
        return Answer(readiness("ready"))

    return ready
