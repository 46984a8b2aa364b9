"""How many bytes of requests and answers the service holds at once, all callers together."""

from litestar.types import Receive, Scope, Send

from service.web.problems import UNAVAILABLE, NotAnswered
from service.web.responses import PIECE, Sent

FULL = "The service holds as many bytes of requests and answers as the operator allows. Ask again a little later."


class Room:
    """What is left of the bytes that may be held."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, size: int) -> None:
        """Raises NotAnswered where there is not so much left."""
        if size > self.left:
            raise NotAnswered(UNAVAILABLE, FULL)
        self.left -= size

    def give_back(self, size: int) -> None:
        """What is no longer held."""
        self.left += size


class Held(Sent):
    """An answer that takes up room until its last piece is on its way."""

    __slots__ = ("room",)

    def __init__(self, sent: Sent, room: Room) -> None:
        self.status, self.fields, self.content = sent.status, sent.fields, sent.content
        self.room = room
        room.take(len(self.content))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.room.give_back(len(self.content))


def held(sent: Sent, room: Room) -> Sent:
    """The answer, which takes up room if it is long."""
    return Held(sent, room) if len(sent.content) > PIECE else sent
