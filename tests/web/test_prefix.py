"""Behind a gateway that takes a path prefix away, every link that the service gives leads back to it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

PREFIXED = httpx.URL("https://gateway.example/tools/advisor/")
PAGES = ("explore", "docs")


def behind(client: httpx.Client, page: str, link: str) -> httpx.Response:
    """What a reader of the page gets who follows the link, as the gateway passes it on."""
    target = PREFIXED.join(page).join(link)
    assert target.host == PREFIXED.host, link
    assert target.path.startswith(PREFIXED.path), link
    return client.get("/" + target.path.removeprefix(PREFIXED.path))


def links(part: Any) -> Iterator[str]:
    """Every address in a document, and every reference within it."""
    if isinstance(part, dict):
        for name, below in part.items():  # pyright: ignore[reportUnknownVariableType] -- JSON
            if name in ("url", "$ref") and isinstance(below, str):
                yield below
            yield from links(below)
    elif isinstance(part, list):
        for below in part:  # pyright: ignore[reportUnknownVariableType] -- JSON
            yield from links(below)


def test_the_index_leads_on(client: httpx.Client) -> None:
    for link in client.get("/").json()["links"].values():
        assert behind(client, "", link).status_code == 200, link


def test_the_document_leads_to_its_service_and_to_its_parts(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    found = {
        link for part in ("servers", "externalDocs", "info", "paths", "components") for link in links(document[part])
    }
    assert {".", "guide"} <= found
    for link in found:
        if link.startswith("#/"):
            part = document
            for step in link[2:].split("/"):
                part = part[step.replace("~1", "/").replace("~0", "~")]
        else:
            assert behind(client, "openapi.json", link).status_code == 200, link
    server = document["servers"][0]["url"]
    for path in document["paths"]:
        if "{" not in path and "get" in document["paths"][path]:
            assert behind(client, "openapi.json", f"{server}{path}").status_code == 200, path


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_and_leads_to_what_is_there(client: httpx.Client, page: str) -> None:
    text = client.get(f"/{page}").text
    found = [link for link in re.findall(r'(?:src|href)="([^"#]+)"', text) if not link.startswith("data:")]
    assert found
    for link in found:
        assert behind(client, page, link).status_code == 200, link


@pytest.mark.parametrize("page", PAGES)
def test_a_redirect_stays_behind_the_prefix(client: httpx.Client, page: str) -> None:
    moved = client.get(f"/{page}/", follow_redirects=False)
    assert moved.status_code == 308
    assert behind(client, f"{page}/", moved.headers["location"]).content == client.get(f"/{page}").content


def test_no_answer_names_an_address_elsewhere(client: httpx.Client) -> None:
    """What is sent in headers, and the document, hold nothing that only works without a prefix."""
    for path in ("/", "/models", "/models/resnet50", "/guide", "/matrix", "/docs", "/explore", "/none"):
        headers = client.get(path).headers
        assert not {"link", "location", "content-location", "refresh"} & set(headers), path
    assert "127.0.0.1" not in json.dumps(client.get("/openapi.json").json())
