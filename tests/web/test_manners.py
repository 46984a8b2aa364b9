"""What HTTP leaves to a service: pins, marks of a request, pages from elsewhere, what a refusal tells in headers."""

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import Process

JOB = {
    "target": {"task": "text-classification"},
    "dataset": {"size": "small"},
    "source": {"model": "bert-base-uncased"},
}
QUESTIONS = ("/recommend", "/freeze-plan", "/lr-schedule", "/lr-schedule.csv")
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service that pages from two origins may ask."""
    origins = "https://a.example http://b.example:8080"
    with (
        Process(tmp_path_factory.mktemp("cors"), cors_origins=origins) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{process.port()}", trust_env=False, timeout=20) as client,
    ):
        yield client


@pytest.mark.parametrize("path", QUESTIONS)
def test_an_answer_can_be_pinned_to_its_ruleset(client: httpx.Client, path: str) -> None:
    first = client.post(path, json=JOB)
    tag = first.headers["etag"]
    assert tag == f'"{client.get("/").json()["ruleset"]["hash"]}"'
    for pin in (tag, f"W/{tag}", "*", f'"other", {tag}'):
        assert client.post(path, json=JOB, headers={"if-match": pin}).content == first.content
    for pin in ('"other"', tag.strip('"'), ""):
        refused = client.post(path, json=JOB, headers={"if-match": pin})
        assert (refused.status_code, refused.json()["type"]) == (412, "/problems/precondition-failed")
        assert refused.headers["etag"] == tag
        assert tag in refused.json()["detail"]


def test_the_document_names_the_version_of_the_ruleset(client: httpx.Client) -> None:
    told = client.get("/openapi.json").json()["info"]["x-ruleset-version"]
    assert told == client.get("/").json()["ruleset"]["version"]


@pytest.mark.parametrize("path", ["/", "/models", "/health/ready", "/docs", "/none", "/recommend"])
def test_the_marks_of_a_request_come_back(client: httpx.Client, path: str) -> None:
    marks = {"traceparent": TRACE, "x-request-id": "job/42:a"}
    answer = client.get(path, headers=marks)
    assert {name: answer.headers[name] for name in marks} == marks
    plain = client.get(path).headers
    assert not marks.keys() & plain.keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [("traceparent", "00-x"), ("traceparent", TRACE + "-a"), ("x-request-id", "a b"), ("x-request-id", "a" * 129)],
)
def test_a_mark_that_is_none_does_not_come_back(client: httpx.Client, name: str, value: str) -> None:
    assert name not in client.get("/", headers={name: value}).headers


def test_pages_from_elsewhere_may_not_ask_unless_the_operator_says_so(client: httpx.Client) -> None:
    asked = {"origin": "https://a.example", "access-control-request-method": "POST"}
    assert not [name for name in client.options("/recommend", headers=asked).headers if name.startswith("access")]
    assert not [name for name in client.get("/", headers=asked).headers if name.startswith("access")]


@pytest.mark.parametrize("origin", ["https://a.example", "http://b.example:8080"])
def test_pages_of_a_named_origin_may_ask(ours: httpx.Client, origin: str) -> None:
    asked = {"origin": origin, "access-control-request-method": "POST"}
    may = ours.options("/recommend", headers=asked)
    assert may.status_code == 204
    assert may.headers["access-control-allow-origin"] == origin
    assert "content-type" in may.headers["access-control-allow-headers"]
    answer = ours.post("/recommend", json=JOB, headers={"origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert "etag" in answer.headers["access-control-expose-headers"]
    assert "origin" in answer.headers["vary"]


def test_pages_of_other_origins_may_not(ours: httpx.Client) -> None:
    answer = ours.get("/", headers={"origin": "https://c.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert "origin" in answer.headers["vary"]


def test_a_body_that_is_not_taken_is_answered_with_what_is(client: httpx.Client) -> None:
    for wrong in ({"content-type": "text/plain"}, {"content-type": "application/json", "content-encoding": "gzip"}):
        answer = client.post("/recommend", content=b"{}", headers=wrong)
        assert answer.status_code == 415
        assert answer.headers["accept-post"] == "application/json"
        assert answer.headers["accept-encoding"] == "identity"
