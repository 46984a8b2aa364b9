"""The log's allowlist."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from service.observe import log, take_over

SECRET = "the caller's own words"  # noqa: S105 -- a word to look for

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def taken_over() -> Iterator[None]:
    handlers, level, hook = logging.root.handlers[:], logging.root.level, sys.excepthook
    take_over()
    yield
    logging.root.handlers[:], logging.root.level, sys.excepthook = handlers, level, hook


def fail() -> None:
    quoted = SECRET
    raise ValueError(quoted)


def printed(capture: Capture) -> str:
    output, errors = capture.readouterr()
    assert SECRET not in output + errors
    assert errors == ""
    return output


def test_keys_that_are_not_listed_are_dropped(capsys: Capture) -> None:
    log().info("started", port=1, body=SECRET, path=SECRET, headers={SECRET: SECRET})
    told = json.loads(printed(capsys))
    assert told.pop("timestamp")
    assert told == {"event": "started", "level": "info", "port": 1}


def test_events_that_are_not_listed_are_dropped(capsys: Capture) -> None:
    log().error(SECRET)
    assert printed(capsys) == ""


def test_an_exception_is_its_type_and_its_places(capsys: Capture) -> None:
    try:
        fail()
    except ValueError:
        log().exception("failed", body=SECRET)
    told = json.loads(printed(capsys))
    assert told["error"] == "ValueError"
    assert told["frames"][-1].startswith("test_log.fail:")


@pytest.mark.usefixtures("taken_over")
def test_what_libraries_report_loses_its_words(capsys: Capture) -> None:
    logger = logging.getLogger("uvicorn.error")
    logger.info(SECRET)
    logger.warning(SECRET)
    assert printed(capsys) == ""
    try:
        fail()
    except ValueError:
        logger.exception(SECRET)
    logger.error(SECRET)
    first, second = [json.loads(line) for line in printed(capsys).splitlines()]
    assert (first["event"], first["error"]) == ("failed", "ValueError")
    assert second["event"] == "failed"


@pytest.mark.usefixtures("taken_over")
def test_an_exception_that_nobody_caught_loses_its_words(capsys: Capture) -> None:
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert json.loads(printed(capsys))["error"] == "ValueError"
