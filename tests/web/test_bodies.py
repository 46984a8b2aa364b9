"""Bodies that are wrong in every way we could think of: each gets a problem, none a 500."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.test_document import SCHEMAS

JSON = {"content-type": "application/json"}
JOB = '{"target":{"task":"image-classification"},"dataset":{"examples":%s}}'

LISTED = (
    '{"source": {"parameters": [{"name": "a.0.weight", "shape": [4]}, {"name": "a:b", "shape": [2, 3]}]},'
    ' "similarity": 2, "dataset": {"examples": 30}}'
)
"""A model by its parameters. A colon in a name is odd, and allowed."""


def ask(client: httpx.Client, body: bytes | str, path: str = "/recommend") -> httpx.Response:
    return client.post(path, content=body, headers=JSON)


def problem(answer: httpx.Response, status: int, name: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert list(document) == ["type", "title", "status", "detail", "errors"]
    assert (document["type"], document["status"]) == (f"/problems/{name}", status)
    return document


def test_a_job_is_answered(client: httpx.Client) -> None:
    answer = ask(client, JOB % "2000")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["verdict"]["strategy"]


@pytest.mark.parametrize("written", ["2000", "2000.0", "2e3", "20000e-1"])
def test_an_integer_is_an_integer_however_it_is_written(client: httpx.Client, written: str) -> None:
    assert ask(client, JOB % written).content == ask(client, JOB % "2000").content


SPELLINGS = {
    "whole numbers with a fraction": LISTED.replace("[2, 3]", "[2.0, 30e-1]"),
    "an escaped colon": LISTED.replace("a:b", "a\\u003ab"),
    "an escaped colon in capitals": LISTED.replace("a:b", "a\\u003Ab"),
    "a default in full": LISTED.replace('"similarity"', '"compute": {}, "similarity"'),
    "all at once": LISTED.replace("[2, 3]", "[2.0, 3]").replace("a:b", "a\\u003ab"),
}


@pytest.mark.parametrize("body", SPELLINGS.values(), ids=SPELLINGS)
def test_another_spelling_is_the_same_request(client: httpx.Client, body: str) -> None:
    assert body != LISTED
    assert (
        ask(client, body, "/freeze-plan").json()["freeze_plan"]
        == ask(client, LISTED, "/freeze-plan").json()["freeze_plan"]
    )


@pytest.mark.parametrize("body", SPELLINGS.values(), ids=SPELLINGS)
def test_another_spelling_hides_no_double(client: httpx.Client, body: str) -> None:
    doubled = body.replace('"similarity"', '"similarity": 2, "simil\\u0061rity"')
    (fault,) = problem(ask(client, doubled, "/freeze-plan"), 400, "invalid-body")["errors"]
    assert (fault["pointer"], fault["message"]) == ("/similarity", "This field is given more than once; give it once.")


@pytest.mark.parametrize("number", ["2.5", "1e300", "9007199254740993.0", "-2.0"])
def test_a_number_that_is_no_size_is_pointed_at(client: httpx.Client, number: str) -> None:
    answer = ask(client, LISTED.replace("[2, 3]", f"[2.0, {number}]"), "/freeze-plan")
    (fault,) = problem(answer, 400, "invalid-body")["errors"]
    assert fault["pointer"] == "/source/parameters/1/shape/1"


def test_a_default_that_is_spelled_out_changes_nothing_but_its_origin(client: httpx.Client) -> None:
    spelled = (
        '{"target":{"task":"image-classification"},"dataset":{"examples":9},"constraints":{"commercial_use":false}}'
    )
    assert ask(client, spelled).json()["verdict"] == ask(client, JOB % "9").json()["verdict"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}}",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b'{"target":{"task":"\xff"}}',
        b'{"target":{"task":"image-classification"},"dataset":{"examples":1}}\x00',
        (JOB % "NaN").encode(),
        (JOB % "Infinity").encode(),
        (JOB % "-Infinity").encode(),
        (JOB % "01").encode(),
        (JOB % "0x10").encode(),
        b"[" * 3_000,
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b"[" * 70_000 + b"]" * 70_000,
        "{}".encode("utf-16"),
        "{}".encode("utf-32"),
        b"{'target': 1}",
        b'{"target": 1,}',
        b'{"target": "a\nb"}',
        b"\x81\xa6target\x01",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_json_is_malformed(client: httpx.Client, body: bytes) -> None:
    document = problem(ask(client, body), 400, "malformed-body")
    assert [fault["pointer"] for fault in document["errors"]] == [""], "the body as a whole"


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"text"', b"true", b"1e999", b"9" * 50_000])
def test_what_is_not_an_object_does_not_fit(client: httpx.Client, body: bytes) -> None:
    document = problem(ask(client, body), 400, "invalid-body")
    fault: dict[str, Any] = {
        "pointer": "",
        "parameter": None,
        "message": "This must be an object.",
        "allowed": [],
        "nearest": None,
    }
    assert document["errors"] == [fault]


@pytest.mark.parametrize(
    "value",
    ['"10"', "true", "null", "1.5", "0", "-1", "1e999", "-1e999", "1e30", "9" * 400, "9" * 5_000, "[1]", "{}", '""'],
    ids=lambda value: value[:20],
)
def test_what_is_not_a_number_of_examples_is_pointed_at(client: httpx.Client, value: str) -> None:
    (fault,) = problem(ask(client, JOB % value), 400, "invalid-body")["errors"]
    assert fault["pointer"] == "/dataset/examples"
    assert fault["message"].startswith("This must be an integer from 1 up to 10000000000.")


@pytest.mark.parametrize("name", ["resnet50\\n", "resnet 50", "", "\\ud800", "-x", "a" * 121, "résnet", "../../etc"])
def test_what_is_not_a_name_is_pointed_at(client: httpx.Client, name: str) -> None:
    body = '{"source":{"model":"%s"},"dataset":{"examples":10}}' % name  # noqa: UP031 -- braces are JSON's here
    (fault,) = problem(ask(client, body, "/freeze-plan"), 400, "invalid-body")["errors"]
    assert fault["pointer"] == "/source/model"
    assert "1 to 120 characters" in fault["message"]


def test_every_fault_is_told_with_its_pointer(client: httpx.Client) -> None:
    body = """{"target": {"task": "image-clasification", "domain": 7}, "dataset": {"examples": "10", "size": null},
               "simularity": 3, "a/b~c": {}, "similarity": 10.5, "constraints": {"commercial_use": 1, "x": 1, "x": 2},
               "fixed": [], "compute": {"count": 1, "count": 2}}"""
    document = problem(ask(client, body), 400, "invalid-body")
    told = {(fault["pointer"], fault["message"]): fault for fault in document["errors"]}
    unknown = "This field is not known here."
    advice = "A string was sent: send the number alone, without quotes and unit. It is: Labelled training examples."
    assert sorted(told) == [
        ("/a~1b~0c", unknown),
        ("/compute/count", "This field is given more than once; give it once."),
        ("/constraints/commercial_use", "This must be true or false."),
        ("/constraints/x", unknown),
        ("/dataset/examples", f"This must be an integer from 1 up to 10000000000. {advice}"),
        ("/dataset/size", "This must be one of the allowed words. Leave the field out if it is not known."),
        ("/fixed", "This must be an object."),
        ("/similarity", "This must be a number from 0 up to 10."),
        ("/simularity", unknown),
        ("/target/domain", "This must be one of the allowed words."),
        ("/target/task", "This must be one of the allowed words."),
    ]
    task = told["/target/task", "This must be one of the allowed words."]
    assert task["nearest"] == "image-classification"
    assert "summarization" in task["allowed"]
    assert told["/simularity", unknown]["nearest"] == "similarity"
    assert told["/dataset/size", sorted(told)[5][1]]["allowed"] == ["huge", "large", "medium", "small", "tiny"]


def test_a_missing_field_is_told_with_what_it_must_be(client: httpx.Client) -> None:
    document = problem(
        ask(client, '{"target":{"domain":"news"},"source":{"safetensors_index":{"weight_map":{}}}}'),
        400,
        "invalid-body",
    )
    first, second = document["errors"]
    assert (first["pointer"], first["message"]) == (
        "/target/task",
        "This is required and must be one of the allowed words.",
    )
    assert (second["pointer"], second["message"]) == (
        "/source/safetensors_index/shapes",
        "This is required and must be an object with 0 to 20000 members.",
    )


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"target":{"task":"summarization"},"target":{"task":"summarization"},"dataset":{"examples":1}}', "/target"),
        ('{"target":{"task":"summarization"},"dataset":{"examples":1,"examples":2}}', "/dataset/examples"),
        ('{"target":{"task":"summarization","t\\u0061sk":"translation"},"dataset":{"examples":1}}', "/target/task"),
    ],
)
def test_a_key_that_is_given_twice_is_refused(client: httpx.Client, body: str, pointer: str) -> None:
    (fault,) = problem(ask(client, body), 400, "invalid-body")["errors"]
    assert (fault["pointer"], fault["message"]) == (pointer, "This field is given more than once; give it once.")


def test_a_lone_surrogate_in_a_key_can_be_pointed_at(client: httpx.Client) -> None:
    document = problem(ask(client, '{"\\ud800":1}'), 400, "invalid-body")
    assert document["errors"][0]["pointer"] == "/?"


def test_the_search_for_faults_ends(client: httpx.Client) -> None:
    body = "{" + ",".join(f'"k{number}":1' for number in range(9_000)) + "}"
    assert len(problem(ask(client, body), 400, "invalid-body")["errors"]) <= 102


def test_a_request_that_contradicts_itself_is_refused(client: httpx.Client) -> None:
    body = '{"target":{"task":"summarization"},"dataset":{"examples":10,"size":"small"}}'
    document = problem(ask(client, body), 422, "refused")
    assert document["errors"]


def containers(name: str, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[Any] | dict[str, Any]]]:
    """The place of every list and object that a request need not give, with an empty one."""
    for field, schema in SCHEMAS[name]["properties"].items():
        part = schema.get("$ref", "").rpartition("/")[2]
        kind = SCHEMAS[part]["type"] if part else schema["type"]
        if kind in ("array", "object"):
            yield (*place, field), [] if kind == "array" else {}
        if kind == "object" and part and "required" not in SCHEMAS[part]:
            yield from containers(part, (*place, field))


PLACES = dict(containers("Job"))


def test_the_walk_finds_what_is_deep_and_what_has_needed_members() -> None:
    assert {("target",), ("schedule", "adapter"), ("schedule", "options", "milestones")} <= PLACES.keys()
    assert PLACES["schedule", "known_rate"] == PLACES["source", "safetensors_index"] == {}


@pytest.mark.parametrize("place", PLACES, ids="/".join)
def test_an_empty_list_or_object_is_one_that_is_not_given(client: httpx.Client, place: tuple[str, ...]) -> None:
    job = {"dataset": {"examples": 10}, "source": {"model": "resnet50"}, "fixed": {"strategy": "full-fine-tuning"}}
    given: dict[str, Any] = json.loads(json.dumps(job))
    inner = given
    for part in place[:-1]:
        inner = inner.setdefault(part, {})
    inner.setdefault(place[-1], PLACES[place])
    answer = client.post("/freeze-plan", json=given)
    assert answer.status_code == 200, answer.text
    assert answer.content == client.post("/freeze-plan", json=job).content


@pytest.mark.parametrize("body", ['{"similarity":{}}', '{"dataset":{"examples":{}}}', '{"dialects":{}}'])
def test_an_empty_object_where_none_belongs_is_a_fault(client: httpx.Client, body: str) -> None:
    assert len(problem(ask(client, body), 400, "invalid-body")["errors"]) == 1


def test_an_empty_target_is_none_where_one_is_needed(client: httpx.Client) -> None:
    assert ask(client, '{"target":{}}').content == ask(client, "{}").content
