"""Everything that stays the same under one ruleset: made once at start, then served as bytes with an entity tag."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, route
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Scope
from msgspec import Struct

import service
from service.contract.base import Response
from service.contract.explain import Ruleset
from service.contract.library import ServiceHealth
from service.core.engine import domain_list, model_view, rule_list, source_list, task_list, topic_list, topic_view
from service.knowledge.index import Knowledge
from service.web.headers import demand_acceptance, header, matches
from service.web.problems import KINDS, ProblemKind
from service.web.responses import DATA_ONLY, NOT_KEPT, Answer, Sent

OPENAPI = Path(service.__file__).parent.parent / "openapi"
JSON = "application/json"
YAML = "application/yaml"
ASSETS = {
    "index.html": "text/html; charset=utf-8",
    "init.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
KEPT = b"public, max-age=300"
LOCAL_ONLY = (
    b"content-security-policy",
    (
        b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
)


class ServiceIndex(Response, frozen=True):
    """What this service is, and where to go from here."""

    service: str
    version: str
    ruleset: Ruleset
    links: dict[str, str]


class Page(Struct, frozen=True):
    """An answer that does not change. Without an `etag` no cache may keep it."""

    media_type: str
    body: bytes
    etag: str
    policy: tuple[bytes, bytes] = DATA_ONLY

    def sent(self) -> Sent:
        """The page as it goes out."""
        kept = _kept(self.etag) if self.etag else (NOT_KEPT,)
        return Sent(200, self.media_type, self.body, (self.policy, *kept))


def page_routes(pages: Mapping[str, Page]) -> HTTPRouteHandler:
    """One handler for all pages. Each path is a route of its own, so that no path of a caller is ever remembered."""

    @route(sorted(pages), http_method=["GET", "HEAD"], name="pages", sync_to_thread=False)
    def page(request: Request[Any, Any, Any]) -> ASGIApp:
        return serve(pages[request.scope["path"]], request.scope)

    return page


def serve(page: Page, scope: Scope) -> Sent:
    """The page, or 304 for whoever holds it. Raises NotAnswered where its media type is not accepted."""
    demand_acceptance(scope, page.media_type)
    if page.etag and is_known(scope, page.etag):
        return not_modified(page.etag)
    return page.sent()


class Respelled(Answer):
    """A page that was asked for in another case than its path is written in."""

    def __init__(self, sent: Sent) -> None:
        super().__init__(sent)

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **_: Any) -> Sent:
        """The page as it stands."""
        return self.content


def respelling(pages: Mapping[str, Page]) -> Callable[[Scope], Answer | None]:
    """What finds a model whose path differs in case only. No route does: the framework would remember the path."""
    models = {path.lower(): page for path, page in pages.items() if path.startswith("/models/")}

    def find(scope: Scope) -> Answer | None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return None
        page = models.get(scope["path"].lower())
        return page and Respelled(serve(page, scope))

    return find


def is_known(scope: Scope, tag: str) -> bool:
    """Whether the caller says that it holds the answer with this entity tag."""
    return matches(header(scope, b"if-none-match"), tag)


def not_modified(tag: str) -> Sent:
    """304, which has no body and says nothing about one."""
    answer = Sent(304, JSON, b"", ())
    answer.fields = list(_kept(tag))
    return answer


def _kept(tag: str) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"etag", tag.encode()), (b"cache-control", KEPT))


def etag(*parts: bytes) -> str:
    """A strong entity tag for whatever the parts determine."""
    return f'"{sha256(b"/".join(parts)).hexdigest()[:32]}"'


def documents(knowledge: Knowledge) -> dict[str, object]:
    """What is served as JSON under a path of its own."""
    rules = rule_list(knowledge)
    topics = topic_list(knowledge)
    return {
        "/": _index(knowledge),
        "/rules": rules,
        **{f"/rules/{rule.id}": rule for rule in rules.rules},
        "/sources": source_list(knowledge),
        "/tasks": task_list(knowledge),
        "/domains": domain_list(knowledge),
        **{f"/models/{row.id}": model_view(row, knowledge) for row in knowledge.tables.models},
        "/guide": topics,
        **{f"/guide/{topic.id}": topic_view(topic.id, knowledge) for topic in topics.topics},
        "/health/live": ServiceHealth("alive"),
        **{kind.type: ProblemKind(kind.type, kind.status, kind.title, kind.meaning) for kind in KINDS},
    }


def build_pages(knowledge: Knowledge) -> dict[str, Page]:
    """Every page by its path. Raises FileNotFoundError where the OpenAPI document is missing."""
    pages = {path: _page(JSON, msgspec.json.encode(document)) for path, document in documents(knowledge).items()}
    pages["/health/live"] = msgspec.structs.replace(pages["/health/live"], etag="")
    pages["/openapi.json"] = _page(JSON, (OPENAPI / "openapi.json").read_bytes())
    pages["/openapi.yaml"] = _page(YAML, (OPENAPI / "openapi.yaml").read_bytes())
    folder = files("service.web") / "static"
    for name, media_type in ASSETS.items():
        path = "/docs" if name == "index.html" else f"/docs/{name}"
        pages[path] = _page(media_type, (folder / name).read_bytes(), LOCAL_ONLY)
    return pages


def model_spellings(knowledge: Knowledge, pages: Mapping[str, Page]) -> dict[str, Page]:
    """The pages of the models under every other spelling of theirs: checkpoint, aliases, and all in lower case."""
    return {
        f"/models/{spelling}": pages[f"/models/{row.id}"]
        for row in knowledge.tables.models
        for name in (row.id, row.checkpoint, *row.aliases)
        for spelling in (name, name.lower())
        if f"/models/{spelling}" not in pages
    }


def _page(media_type: str, body: bytes, policy: tuple[bytes, bytes] = DATA_ONLY) -> Page:
    return Page(media_type, body, etag(body), policy)


def _index(knowledge: Knowledge) -> ServiceIndex:
    names = ("docs", "guide", "rules", "sources", "models", "tasks", "domains", "matrix")
    links = {"openapi": "/openapi.json", **{name: f"/{name}" for name in names}}
    return ServiceIndex("transfer-advisor", service.__version__, knowledge.ruleset, links)
