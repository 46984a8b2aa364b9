"""Where everything meets."""

from functools import partial

from litestar.datastructures import State

from service.knowledge.index import Knowledge
from service.knowledge.loader import load
from service.settings import Settings
from service.web.desk import Desk
from service.web.front import Application
from service.web.handlers import health_route, question_routes, search_routes
from service.web.manners import Manners
from service.web.pages import respelling, shelve
from service.web.problems import handlers
from service.web.questions import answer_bytes
from service.web.responses import JsonResponse
from service.web.server.room import Room
from service.web.server.workshop import Workshop


def create_app(settings: Settings, knowledge: Knowledge | None = None) -> Application:
    """The application. Without `knowledge` it loads its own.

    Raises BrokenTable when a table contradicts itself, OSError and BrokenFile when a served file is broken.
    """
    knowledge = knowledge or load()
    shelf = shelve(knowledge)
    room, workshop = Room(settings.max_held_bytes), Workshop(settings)
    desk = Desk(knowledge, settings, room, workshop)
    routes = [*question_routes(desk), *search_routes(knowledge, room), health_route(knowledge)]
    answer = partial(answer_bytes, know=knowledge)
    paths = {*shelf.paths, *(path for handler in routes for path in handler.paths)}
    return Application(
        shelf,
        Manners(settings.cors_origins),
        route_handlers=routes,
        exception_handlers=handlers(paths, respelling(shelf, knowledge)),
        response_class=JsonResponse,
        state=State({"draining": False, "workshop": workshop, "open_workshop": partial(workshop.open, answer)}),
        openapi_config=None,
        logging_config=None,
    )
