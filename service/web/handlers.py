"""The questions: handlers of one call each."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, post, route
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

import service
from service.contract.job import Job
from service.contract.library import ServiceHealth
from service.contract.schedule import LrScheduleAnswer
from service.core import engine
from service.knowledge.index import Knowledge
from service.web.body import BodyReader
from service.web.csv_table import CSV, Table, schedule_table
from service.web.headers import choose, demand_acceptance
from service.web.operations import OPERATIONS, Operation
from service.web.pages import JSON, Page, etag, is_known, not_modified
from service.web.query import EXPLAIN, MATRIX, MODELS, Parameter, read_query
from service.web.responses import Answer, Sent

AnyRequest = Request[Any, Any, Any]


def question_routes(knowledge: Knowledge, bodies: BodyReader) -> list[HTTPRouteHandler]:
    """The three questions that take a body."""

    def route_of(operation: Operation, ask: Callable[[Job, Knowledge, bool], object]) -> HTTPRouteHandler:
        offered = (JSON, CSV) if operation.table else (JSON,)

        @post(operation.path, status_code=200)
        async def question(request: AnyRequest) -> Answer:
            media_type = choose(request.scope, offered)
            answer = ask(await bodies.read(request, Job), knowledge, explains(request))
            return (
                Table(schedule_table(answer))
                if isinstance(answer, LrScheduleAnswer) and media_type == CSV
                else Answer(answer)
            )

        return question

    return [route_of(operation, operation.ask) for operation in OPERATIONS if operation.ask]


def explains(request: AnyRequest) -> bool:
    """Whether the caller wants the trace. Raises NotAnswered for any other query."""
    return read_query(request.scope["query_string"], EXPLAIN).get("explain", True)


def filter_routes(knowledge: Knowledge) -> list[HTTPRouteHandler]:
    """The matrix and the catalogue. Entity tags come from the ruleset and the query, so that 304 costs no answer."""
    identity = f"{service.__version__} {knowledge.ruleset.hash}".encode()

    def answer(request: AnyRequest, parameters: tuple[Parameter, ...], ask: Callable[[dict[str, Any]], object]) -> Sent:
        demand_acceptance(request.scope, JSON)
        query = request.scope["query_string"]
        given = read_query(query, parameters)
        tag = etag(identity, request.scope["path"].encode(), query)
        if is_known(request.scope, tag):
            return not_modified(tag)
        return Page(JSON, msgspec.json.encode(ask(given)), tag).sent()

    @route("/matrix", http_method=["GET", "HEAD"], name="matrix", sync_to_thread=False)
    def matrix(request: AnyRequest) -> ASGIApp:
        return answer(request, MATRIX, lambda given: engine.matrix(matrix_filter(given), knowledge))

    @route("/models", http_method=["GET", "HEAD"], name="models", sync_to_thread=False)
    def models(request: AnyRequest) -> ASGIApp:
        return answer(request, MODELS, lambda given: engine.model_list(catalogue_filter(given), knowledge))

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


def health_route() -> HTTPRouteHandler:
    """Readiness, which ends before the service does, so that a gateway can look elsewhere in time."""

    @route("/health/ready", http_method=["GET", "HEAD"], name="ready", sync_to_thread=False)
    def ready(request: AnyRequest) -> Answer:
        if request.app.state.draining:
            return Answer(ServiceHealth("draining"), status_code=503)
        return Answer(ServiceHealth("ready"))

    return ready
