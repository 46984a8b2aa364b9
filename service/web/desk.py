"""Where a question is taken in: a small one is answered on the spot, a large one goes to the workshop."""

from typing import Any

from litestar import Request

from service.knowledge.index import Knowledge
from service.settings import Settings
from service.web.questions import MEDIA_TYPES, QUESTIONS, Asked, answer, answer_small, ruleset_tag
from service.web.request.body import BodyReader
from service.web.request.fields import FIELDS, read_fields
from service.web.request.headers import choose, demand_tag
from service.web.request.query import EXPLAIN, read_query
from service.web.responses import Sent
from service.web.server.room import Room, held
from service.web.server.workshop import Workshop

ASKABLE = (*EXPLAIN, FIELDS)


class Desk:
    """Answers the questions that take a body. Without an open workshop it answers large ones itself."""

    def __init__(self, knowledge: Knowledge, settings: Settings, room: Room, workshop: Workshop) -> None:
        self.knowledge = knowledge
        self.tag = ruleset_tag(knowledge)
        self.bodies = BodyReader(settings, room)
        self.room = room
        self.workshop = workshop

    async def answer(self, path: str, request: Request[Any, Any, Any]) -> Sent:
        """The answer, ready to be sent. Raises NotAnswered and Refusal."""
        demand_tag(request.scope, self.tag)
        media_type = choose(request.scope, MEDIA_TYPES[path], QUESTIONS[path].media_types[0])
        query = read_query(request.scope["query_string"], ASKABLE)
        fields = read_fields(query["fields"], QUESTIONS[path].answer, media_type) if "fields" in query else {}
        body = await self.bodies.read(request)
        try:
            return held(
                await self._answer(Asked(path, query.get("explain", True), media_type, body, fields)), self.room
            )
        finally:
            self.room.give_back(len(body))

    async def _answer(self, asked: Asked) -> Sent:
        small = answer_small(asked, self.knowledge)
        if small is not None:
            return small
        return await self.workshop.ask(asked) if self.workshop.is_open else answer(asked, self.knowledge)
