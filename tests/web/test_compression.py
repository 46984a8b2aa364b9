"""Answers packed with gzip, where the operator asks for that."""

import gzip
from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import Process

JOB = {"target": {"task": "image-classification"}, "dataset": {"examples": 500}}
LONG = {"source": {"family": "cnn"}, "fixed": {"total_steps": 100000}, "schedule": {"points": 20000}}


@pytest.fixture(scope="module")
def packing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client, which names no coding of its own, of a service that packs from 1,000 bytes on."""
    with Process(tmp_path_factory.mktemp("packing"), gzip_from_bytes="1000") as process:
        base = f"http://127.0.0.1:{process.port()}"
        with httpx.Client(base_url=base, trust_env=False, timeout=20, headers={"accept-encoding": ""}) as client:
            yield client
        assert process.stop() == 0


def raw(
    client: httpx.Client, method: str, path: str, coding: str | None, body: object = None
) -> tuple[httpx.Response, bytes]:
    """The answer, and its body as it came."""
    headers = {} if coding is None else {"accept-encoding": coding}
    with client.stream(method, path, headers=headers, json=body) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize(("path", "body"), [("/recommend", JOB), ("/lr-schedule", LONG)])
def test_a_packed_answer_holds_the_bytes_of_the_plain_one(packing: httpx.Client, path: str, body: object) -> None:
    plain, whole = raw(packing, "POST", path, None, body)
    packed, short = raw(packing, "POST", path, "gzip, deflate, br", body)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"
    assert gzip.decompress(short) == whole
    assert len(short) < len(whole) / 2


@pytest.mark.parametrize("coding", ["identity", "br", "gzip;q=0", "*;q=0, br", "gzip;q=0.0, *"])
def test_a_client_that_does_not_want_it_gets_plain_bytes(packing: httpx.Client, coding: str) -> None:
    assert "content-encoding" not in raw(packing, "POST", "/recommend", coding, JOB)[0].headers


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "*", "br;q=1, gzip;q=0.1"])
def test_a_client_that_wants_it_gets_it(packing: httpx.Client, coding: str) -> None:
    assert raw(packing, "GET", "/rules", coding)[0].headers["content-encoding"] == "gzip"


def test_short_answers_and_heads_are_plain(packing: httpx.Client) -> None:
    assert "content-encoding" not in raw(packing, "GET", "/health/live", "gzip")[0].headers
    head, body = raw(packing, "HEAD", "/rules", "gzip")
    assert body == b""
    assert "content-encoding" not in head.headers
    assert head.headers["vary"] == "accept-encoding"


def test_the_entity_tag_of_a_packed_answer_is_known_again(packing: httpx.Client) -> None:
    packed, _ = raw(packing, "GET", "/rules", "gzip")
    plain, _ = raw(packing, "GET", "/rules", None)
    assert packed.headers["etag"] == "W/" + plain.headers["etag"]
    again = packing.get("/rules", headers={"if-none-match": packed.headers["etag"], "accept-encoding": "gzip"})
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_is_packed_unless_the_operator_says_so(client: httpx.Client) -> None:
    answer = client.get("/rules", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert "vary" not in answer.headers
