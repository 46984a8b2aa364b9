"""Where everything meets."""

from litestar.datastructures import State

from service.knowledge.index import Knowledge
from service.knowledge.loader import load
from service.settings import Settings
from service.web.body import BodyReader
from service.web.front import Application
from service.web.handlers import filter_routes, health_route, question_routes
from service.web.pages import respelling, shelve
from service.web.problems import handlers
from service.web.responses import Answer


def create_app(settings: Settings, knowledge: Knowledge | None = None) -> Application:
    """The application. Without `knowledge` it loads its own.

    Raises BrokenTable when a table contradicts itself, FileNotFoundError when the OpenAPI document is missing.
    """
    knowledge = knowledge or load()
    shelf = shelve(knowledge)
    routes = [*question_routes(knowledge, BodyReader(settings)), *filter_routes(knowledge), health_route()]
    paths = {*shelf.paths, *(path for handler in routes for path in handler.paths)}
    return Application(
        shelf,
        route_handlers=routes,
        exception_handlers=handlers(paths, respelling(shelf, knowledge)),
        response_class=Answer,
        state=State({"draining": False}),
        openapi_config=None,
        logging_config=None,
    )
