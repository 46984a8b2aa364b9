"""What stays the same under a ruleset: entity tags, ids, the documentation page."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx
import pytest

from service.web.problems import KINDS

KEPT = [
    "/explore",
    "/",
    "/rules",
    "/sources",
    "/guide",
    "/matrix",
    "/matrix?task=summarization",
    "/models",
    "/models?family=cnn",
    "/models/resnet50",
    "/models/openai/clip-vit-base-patch32",
    "/tasks",
    "/domains",
    "/problems/refused",
    "/openapi.json",
    "/openapi.yaml",
    "/parts.json",
    "/docs",
    "/docs/init.js",
    "/docs/swagger-ui.css",
    "/docs/swagger-ui-bundle.js",
]


@pytest.mark.parametrize("path", KEPT)
def test_a_page_has_a_strong_tag_and_is_not_sent_twice(client: httpx.Client, path: str) -> None:
    first = client.get(path)
    tag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert first.headers["cache-control"] == "public, max-age=300"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(path, headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == "public, max-age=300"
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    assert client.get(path, headers={"if-match": tag}).status_code == 200
    refused = client.get(path, headers={"if-match": '"other"'})
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/precondition-failed")


def test_different_queries_have_different_tags(client: httpx.Client) -> None:
    queries = ("", "?task=summarization", "?task=translation")
    paths = [path + query for path in ("/matrix", "/models") for query in queries]
    assert len({client.get(path).headers["etag"] for path in paths}) == 6


@pytest.mark.parametrize(("folder", "key"), [("/rules", "rules"), ("/guide", "topics")])
def test_every_listed_id_can_be_read(client: httpx.Client, folder: str, key: str) -> None:
    listed = [item["id"] for item in client.get(folder).json()[key]]
    assert listed
    for identity in listed:
        assert client.get(f"{folder}/{identity}").json()["id"] == identity


@pytest.mark.parametrize(("folder", "key"), [("/rules", "rules"), ("/guide", "topics")])
def test_an_unknown_id_gets_404_and_the_nearest(client: httpx.Client, folder: str, key: str) -> None:
    identity = client.get(folder).json()[key][0]["id"]
    answer = client.get(f"{folder}/{identity}x")
    assert answer.status_code == 404
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["parameter"], fault["nearest"]) == (None, "path", identity)
    assert fault["message"] == f"There is no such name under {folder}. GET {folder} lists what there is."
    assert len(fault["allowed"]) <= 10


def test_an_unknown_model_gets_few_near_names(client: httpx.Client) -> None:
    (fault,) = client.get("/models/resnet5o").json()["errors"]
    assert fault["nearest"] == "resnet50"
    assert 1 <= len(fault["allowed"]) <= 10
    assert client.get("/models/zzz-of-my-own").json()["errors"][0]["allowed"] == []


def test_an_unknown_path_gets_404_and_the_nearest(client: httpx.Client) -> None:
    answer = client.get("/recomend")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/not-found"
    assert answer.json()["errors"][0]["nearest"] == "recommend"
    assert client.get("/no/such/place").status_code == 404
    assert client.get("/docs/../../etc/passwd").status_code == 404


def test_every_problem_type_can_be_read(client: httpx.Client) -> None:
    for name in (kind.name for kind in KINDS):
        told = client.get(f"/problems/{name}").json()
        assert told["type"] == f"/problems/{name}"
        assert told["meaning"]


def test_the_index_leads_on(client: httpx.Client) -> None:
    for link in client.get("/").json()["links"].values():
        assert link.startswith("./")
        assert client.get(link.removeprefix(".")).status_code == 200


def test_health(client: httpx.Client) -> None:
    assert client.get("/health/live").json() == {"status": "alive"}
    index = client.get("/").json()
    ready = {"status": "ready", "version": index["version"], "ruleset": index["ruleset"]}
    assert client.get("/health/ready").json() == ready
    assert client.get("/health/live").headers["cache-control"] == "no-store"


def test_the_documentation_loads_from_the_service_only(client: httpx.Client) -> None:
    page = client.get("/docs")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert all(link.startswith(("docs/", "data:")) for link in loaded)  # so that it works behind a path prefix, too
    assert "<script>" not in page.text
    for link in loaded[1:]:
        assert client.get(f"/{link}").status_code == 200
    script = client.get("/docs/init.js").text
    assert "://" not in script + page.text
    assert "validatorUrl: null" in script
    there = client.get("/docs/")
    assert (there.status_code, there.headers["location"]) == (308, "../docs")


def test_the_style_sheet_loads_nothing(client: httpx.Client) -> None:
    loaded = re.findall(r"url\(([^)]*)\)|@import", client.get("/docs/swagger-ui.css").text)
    assert all(link.strip("\"'").startswith("data:") for link in loaded)


def test_explore_is_one_page_under_a_strict_policy(client: httpx.Client) -> None:
    """What it does in a browser is tested by `make test-pages`."""
    page = client.get("/explore")
    policy = page.headers["content-security-policy"]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r'(?:src|href)="([^"#]+)"', page.text) == ["data:,", "docs", "openapi.json"]
    for tag in ("script", "style"):
        (content,) = re.findall(f"<{tag}[^>]*>(.*?)</{tag}>", page.text, re.DOTALL)
        assert f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'" in policy
