"""A document that changes has a later version, and one that breaks a caller a much later one."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.test_document import DOCUMENT, FOLDER
from tools.breaks import breaks, owed

RELEASED = json.loads((FOLDER / "released.json").read_bytes())


def schemas(document: dict[str, Any]) -> dict[str, Any]:
    return document["components"]["schemas"]


def posted(document: dict[str, Any]) -> dict[str, Any]:
    return document["paths"]["/recommend"]["post"]


Change = Callable[[dict[str, Any]], object]
BREAKS: list[tuple[str, Change]] = [
    ("GET /matrix is gone.", lambda new: new["paths"].pop("/matrix")),
    (
        "GET /tasks is called tasks, and was listTasks.",
        lambda new: new["paths"]["/tasks"]["get"].update(operationId="tasks"),
    ),
    (
        "POST /recommend lost the parameter explain.",
        lambda new: new["paths"]["/recommend"]["post"]["parameters"].pop(0),
    ),
    (
        "Verdict lost the field summary.",
        lambda new: schemas(new)["Verdict"]["properties"].pop("summary"),
    ),
    (
        "Verdict may lack the field model.",
        lambda new: schemas(new)["Verdict"]["required"].remove("model"),
    ),
    (
        "JobTarget needs the field domain.",
        lambda new: schemas(new)["JobTarget"]["required"].append("domain"),
    ),
    ("Task lost the word translation.", lambda new: schemas(new)["Task"]["enum"].remove("translation")),
    ("The schema Verdict is gone.", lambda new: schemas(new).pop("Verdict")),
    ("Grade got the word E, which no answer had.", lambda new: schemas(new)["Grade"]["enum"].append("E")),
    (
        "JobDataset.classes has the minimum 3, and had 1.",
        lambda new: schemas(new)["JobDataset"]["properties"]["classes"].update(minimum=3),
    ),
    (
        "JobCompute.device has the maxLength 5, and had 120.",
        lambda new: schemas(new)["JobCompute"]["properties"]["device"].update(maxLength=5),
    ),
    (
        "JobSchedule.steps.items has the maximum 9, and had 10000000.",
        lambda new: schemas(new)["JobSchedule"]["properties"]["steps"]["items"].update(maximum=9),
    ),
]


@pytest.mark.parametrize(("words", "change"), BREAKS, ids=[words for words, _ in BREAKS])
def test_a_break_is_told_in_words_and_wants_another_version(words: str, change: Change) -> None:
    new = copy.deepcopy(DOCUMENT)
    change(new)
    assert words in breaks(DOCUMENT, new)
    assert words in owed(DOCUMENT, new)
    new["info"]["version"] = "0.2.9"
    assert owed(DOCUMENT, new).startswith("The version must grow past a break")
    new["info"]["version"] = "0.3.0"
    assert owed(DOCUMENT, new) == ""


def test_what_only_grows_breaks_nothing_and_wants_a_later_version() -> None:
    new = copy.deepcopy(DOCUMENT)
    schemas(new)["Task"]["enum"].append("image-to-text")
    schemas(new)["TaskWord"]["x-extensible-enum"].append("image-to-text")
    schemas(new)["Verdict"]["properties"]["of_tomorrow"] = {"type": "string"}
    schemas(new)["JobTarget"]["properties"]["of_tomorrow"] = {"type": "string"}
    assert breaks(DOCUMENT, new) == []
    assert owed(DOCUMENT, new) == "The document changed: its version must grow."
    new["info"]["version"] = "0.2.1"
    assert owed(DOCUMENT, new) == ""


def test_texts_are_no_change() -> None:
    new = copy.deepcopy(DOCUMENT)
    new["paths"]["/matrix"]["get"]["description"] = "Otherwise."
    assert owed(DOCUMENT, new) == ""


def test_a_field_named_as_a_text_is_none() -> None:
    new = copy.deepcopy(DOCUMENT)
    schemas(new)["JobDataset"]["properties"]["examples"]["maximum"] *= 10
    assert owed(DOCUMENT, new) == "The document changed: its version must grow."


def test_the_document_is_later_than_the_released_one_by_what_it_breaks() -> None:
    assert RELEASED["info"]["version"] == "0.1.0"
    assert breaks(RELEASED, DOCUMENT)
    assert owed(RELEASED, DOCUMENT) == ""
