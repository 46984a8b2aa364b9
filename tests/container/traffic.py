"""Requests to a container: every route of the document, as many as one likes; and those that try to hurt."""

import json
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any, NamedTuple

import httpx

from tests.conftest import ROOT
from tests.container.podman import PORT

DOCUMENT = json.loads((ROOT / "openapi" / "openapi.json").read_text())
JSON = {"content-type": "application/json"}


class Ask(NamedTuple):
    """One request."""

    method: str
    path: str
    body: bytes | None = None


def client() -> httpx.Client:
    """A client with one connection. It must be used, too, within the container's network."""
    return httpx.Client(base_url=f"http://127.0.0.1:{PORT}", headers=JSON, trust_env=False, timeout=60)


def every_route() -> list[Ask]:
    """Each operation of the document, with each of its examples."""
    return [ask for path, methods in DOCUMENT["paths"].items() for ask in _operations(path, methods)]


def _operations(path: str, methods: dict[str, Any]) -> Iterator[Ask]:
    for method, operation in methods.items():
        if "requestBody" in operation:
            for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
                yield Ask(method.upper(), path, json.dumps(example["value"]).encode())
        else:
            examples = operation["responses"]["200"]["content"]["application/json"]["examples"]
            yield Ask(method.upper(), f"{path.partition('{')[0]}{next(iter(examples))}" if "{" in path else path)


def mixed(count: int) -> Iterator[Ask]:
    """So many requests, all routes in turn."""
    return islice(cycle(every_route()), count)


def hostile() -> Iterator[Ask]:
    """Bodies that cost as much as their senders could think of. Each may be refused; none may hurt."""
    data = {"examples": 1000, "classes": 10}
    deep = [{"name": ".".join(f"p{i}" for i in range(n % 200)) + ".weight", "shape": [2, 2]} for n in range(4000)]
    wide = [{"name": f"blocks.{i}.{part}.weight", "shape": [64, 64]} for i in range(2500) for part in "abcdefgh"]
    digits = [{"name": f"{'1' * 300}{i}.weight", "shape": [2, 2]} for i in range(4000)]
    for parameters in (deep, wide, digits):
        yield Ask("POST", "/freeze-plan", json.dumps({"parameters": parameters, "dataset": data}).encode())
    yield Ask("POST", "/recommend", b"[" * 4_000_000)
    yield Ask("POST", "/recommend", b'{"a": "' + b"\\u0041" * 600_000 + b'"}')
    yield Ask("POST", "/recommend", b"{" + b",".join(b'"k%d": 1.0' % i for i in range(250_000)) + b"}")
    yield Ask("POST", "/lr-schedule", json.dumps({"model": "resnet50", "total_steps": 10**7, "points": 10**5}).encode())
    yield Ask("GET", "/matrix?" + "&".join(["task=image-classification"] * 2000))
    yield Ask("GET", "/models/" + "a/" * 8000)
