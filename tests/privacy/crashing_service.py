"""The service with an engine that fails on every request, and that quotes the request when it does.

Started by the tests as a script. The knowledge is the real one until the service has started. With `--leak` the log
keeps the words of exceptions.
"""

import inspect
import sys

from structlog.typing import EventDict

import service.__main__ as start
from service import observe
from service.app import create_app
from service.knowledge.index import Knowledge
from service.knowledge.loader import compiled
from service.settings import Settings


class Broken(Knowledge):
    """Knowledge whose look-ups fail once it is told so, quoting what they were asked."""

    broken = False

    def __getattribute__(self, name: str) -> object:
        if name != "broken" and Broken.broken:
            frame = inspect.currentframe()
            quoted: list[str] = []
            while frame is not None:
                quoted.append(repr(frame.f_locals.get("request")) + repr(frame.f_locals.get("scope")))
                frame = frame.f_back
            raise RuntimeError(" ".join(quoted))
        return super().__getattribute__(name)


def create_broken_app(settings: Settings) -> object:
    """What `python -m service` gets instead of the application."""
    app = create_app(settings, Broken(*compiled()))
    Broken.broken = True
    return app


def leak(logger: object, method: str, event: EventDict) -> EventDict:
    """What a careless log would do: the control that shows that the tests can find something."""
    event["error"] = str(event.pop("exc_info", None))
    return event


start.create_app = create_broken_app  # pyright: ignore[reportAttributeAccessIssue] -- the application, broken
if "--leak" in sys.argv:
    observe.PROCESSORS[observe.PROCESSORS.index(observe.frames)] = leak
start.main([])
