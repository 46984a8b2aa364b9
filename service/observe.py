"""The log: three events as JSON lines, and nothing of any request in them.

Two processors see to it. `frames` turns an exception into its type and the places it passed, without its message;
`allowlist` then drops every key and every event that is not named here.
"""

import logging
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, FilteringBoundLogger

EVENTS = frozenset({"started", "stopped", "failed"})
KEYS = frozenset({"event", "level", "timestamp", "error", "frames", "host", "port", "version", "ruleset"})
MOST_FRAMES = 20


def frames(logger: Any, method: str, event: EventDict) -> EventDict:
    """Replaces `exc_info` by the exception's type and the functions and lines it passed. Its message is user data."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__qualname__
        event["frames"] = [
            f"{Path(frame.filename).stem}.{frame.name}:{frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
        ]
    return event


def allowlist(logger: Any, method: str, event: EventDict) -> EventDict:
    """Drops what is not named in EVENTS and KEYS."""
    if event["event"] not in EVENTS:
        raise structlog.DropEvent
    return {key: value for key, value in event.items() if key in KEYS}


PROCESSORS = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    frames,
    allowlist,
    structlog.processors.JSONRenderer(sort_keys=True),
]


def log() -> FilteringBoundLogger:
    """The logger. It writes to stdout, and needs no configuration that somebody could forget."""
    wrapper = structlog.make_filtering_bound_logger(logging.INFO)
    return structlog.wrap_logger(structlog.WriteLogger(sys.stdout), processors=PROCESSORS, wrapper_class=wrapper)


def take_over() -> None:
    """Sends into the log, without their words, the errors that libraries report and that nobody catches."""
    logging.basicConfig(handlers=[LibraryErrors(logging.ERROR)], force=True)
    sys.excepthook = _report_and_forget


class LibraryErrors(logging.Handler):
    """Logs `failed` for an error that a library reports, without the library's words."""

    def emit(self, record: logging.LogRecord) -> None:
        """Takes the exception from the record and leaves the rest."""
        log().error("failed", exc_info=record.exc_info[1] if record.exc_info else None)


def _report_and_forget(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Python's own report of an exception that nobody caught would print its message."""
    log().error("failed", exc_info=error)
