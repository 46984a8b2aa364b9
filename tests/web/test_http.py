"""Methods, media types, lengths, times, headers."""

import socket
from collections.abc import Iterator
from itertools import product

import httpx
import pytest

JOB = b'{"target":{"task":"image-classification"},"dataset":{"examples":10}}'
JSON = {"content-type": "application/json"}


def test_answers_to_questions_are_not_kept(client: httpx.Client) -> None:
    answer = client.post("/recommend", content=JOB, headers=JSON)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/recommend"), ("GET", "/recommend"), ("GET", "/rules"), ("GET", "/nowhere"), ("GET", "/health/ready")],
)
def test_security_headers_are_everywhere(client: httpx.Client, method: str, path: str) -> None:
    headers = client.request(method, path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_explain_leaves_the_trace_out(client: httpx.Client) -> None:
    told = client.post("/recommend", content=JOB, headers=JSON).json()
    silent = client.post("/recommend?explain=false", content=JOB, headers=JSON).json()
    assert told["trace"]
    assert silent["trace"] == []
    assert {**told, "trace": []} == silent
    assert client.post("/recommend?explain=true", content=JOB, headers=JSON).json() == told


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("explain=yes", "explain"),
        ("explain=1", "explain"),
        ("explain=", "explain"),
        ("explain", "explain"),
        ("explain=true&explain=true", "explain"),
        ("explian=true", "explian"),
        ("%ff=1", "�"),
        ("&".join(["explain=true"] * 300), "query"),
    ],
)
def test_a_query_that_is_not_known_is_refused(client: httpx.Client, query: str, pointer: str) -> None:
    answer = client.post(f"/recommend?{query}", content=JOB, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/invalid-query"
    assert {(fault["pointer"], fault["parameter"]) for fault in answer.json()["errors"]} == {(None, pointer)}


def test_a_truth_value_is_read_as_python_writes_it(client: httpx.Client) -> None:
    silent = client.post("/recommend?explain=False", content=JOB, headers=JSON)
    assert silent.json() == client.post("/recommend?explain=false", content=JOB, headers=JSON).json()
    (fault,) = client.post("/recommend?explain=no", content=JOB, headers=JSON).json()["errors"]
    assert fault["allowed"] == ["false", "true"]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'],
)
def test_json_in_utf8_is_supported(client: httpx.Client, content_type: str) -> None:
    assert client.post("/recommend", content=JOB, headers={"content-type": content_type}).status_code == 200


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("application/json;q=0.5, text/plain", "text/plain"),
        ("text/markdown;q=0.9, text/plain;q=0.2, application/json;q=0.1", "text/markdown"),
        ("text/plain, application/json", "application/json"),
        ("text/plain;q=much, application/json;q=0.9", "text/plain"),
    ],
)
def test_the_highest_weight_is_answered(client: httpx.Client, accept: str, answered: str) -> None:
    answer = client.get("/matrix", headers={"accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == answered


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/merge-patch+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/vnd.msgpack",
        "application/json; charset=latin-1",
        "application/json, text/plain",
    ],
)
def test_other_media_types_are_not(client: httpx.Client, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    answer = client.post("/recommend", content=JOB, headers=headers)
    assert answer.status_code == 415
    assert answer.json()["type"] == "/problems/unsupported-media-type"


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json", "application/*", "text/html, application/json;q=0.1", "text/html, */*;q=0.8", ""],
)
def test_an_accept_header_that_admits_json_is_content(client: httpx.Client, accept: str) -> None:
    assert client.post("/recommend", content=JOB, headers={**JSON, "accept": accept}).status_code == 200


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        *product(["/recommend", "/matrix", "/rules"], ["text/html", "image/*, text/csv;q=0", "*/*;q=0.0"]),
        *product(["/rules", "/models"], ["application/xml, text/*", "application/json;q=0, */*"]),
    ],
)
def test_an_accept_header_that_excludes_all_that_is_offered_gets_406(
    client: httpx.Client, path: str, accept: str
) -> None:
    method = "POST" if path == "/recommend" else "GET"
    answer = client.request(method, path, content=JOB, headers={**JSON, "accept": accept})
    assert answer.status_code == 406
    assert answer.json()["type"] == "/problems/not-acceptable"


def test_yaml_and_html_have_types_of_their_own(client: httpx.Client) -> None:
    assert client.get("/openapi.yaml", headers={"accept": "application/yaml"}).status_code == 200
    assert client.get("/openapi.yaml", headers={"accept": "application/json"}).status_code == 406
    assert client.get("/docs", headers={"accept": "text/html"}).status_code == 200
    assert client.get("/docs", headers={"accept": "application/json"}).status_code == 406


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/recommend", {"POST", "OPTIONS"}),
        ("DELETE", "/rules", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/matrix", {"GET", "HEAD", "OPTIONS"}),
        ("PATCH", "/health/live", {"GET", "HEAD", "OPTIONS"}),
        ("QUERY", "/recommend", {"POST", "OPTIONS"}),
    ],
)
def test_other_methods_get_405_and_the_right_ones(
    client: httpx.Client, method: str, path: str, allow: set[str]
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allow
    assert answer.json()["type"] == "/problems/method-not-allowed"


def test_a_method_that_http_does_not_know_gets_501(client: httpx.Client) -> None:
    answer = client.request("FOO", "/recommend")
    assert (answer.status_code, answer.json()["type"]) == (501, "/problems/method-unknown")


def test_options_lists_the_methods(client: httpx.Client) -> None:
    answer = client.options("/recommend")
    assert answer.status_code == 204
    assert set(answer.headers["allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.parametrize("path", ["/", "/rules", "/matrix", "/docs", "/openapi.json", "/health/live", "/health/ready"])
def test_head_is_get_without_the_body(client: httpx.Client, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    for headers in (got.headers, head.headers):
        del headers["date"]
    assert head.headers == got.headers


def test_a_body_at_the_limit_is_read(client: httpx.Client) -> None:
    assert client.post("/recommend", content=JOB.ljust(150_000), headers=JSON).status_code == 200


def test_a_body_over_the_limit_is_refused(client: httpx.Client) -> None:
    answer = client.post("/recommend", content=JOB.ljust(150_001), headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/body-too-large"
    assert "150000 bytes" in answer.json()["detail"]


def test_a_chunked_body_over_the_limit_is_refused(client: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 5_000

    assert client.post("/recommend", content=chunks(), headers=JSON).status_code == 413


def test_a_chunked_body_is_read(client: httpx.Client) -> None:
    assert client.post("/recommend", content=iter([JOB[:20], JOB[20:]]), headers=JSON).status_code == 200


def talk(port: int, *parts: bytes) -> bytes:
    """Sends bytes as they are, and gives what comes back until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b""
        while received := connection.recv(65536):
            answer += received
        return answer


def test_a_body_that_does_not_come_is_not_waited_for(port: int) -> None:
    head = b"POST /recommend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    answer = talk(port, head)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer
    assert b'"type":"/problems/body-timeout"' in answer


def test_a_length_over_the_limit_is_not_waited_for(port: int) -> None:
    head = b"POST /recommend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n"
    answer = talk(port, head)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /rules HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /rules/%ff%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /rules/../../etc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET //// HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /matrix?%zz=%zz&&=& HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /rules HTTP/1.1\r\nHost: x\r\nAccept: ;;,/;q=,\xff\r\nConnection: close\r\n\r\n",
        b"GET /rules HTTP/1.1\r\nHost: x\r\nIf-None-Match: ,,W/,\xff\r\nConnection: close\r\n\r\n",
        b"POST /recommend HTTP/1.1\r\nHost: x\r\nContent-Type: ;=\xff\r\nA: b\r\nConnection: close\r\n\r\n",
        b"not http at all\r\n\r\n",
    ],
)
def test_odd_requests_never_get_500(port: int, raw: bytes) -> None:
    status = int(talk(port, raw).split(b" ")[1])
    assert 200 <= status < 500


def test_a_bad_host_is_a_problem(port: int) -> None:
    answer = talk(port, b"GET /rules HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n")
    assert b'"type":"/problems/bad-request"' in answer
