"""Everything that stays the same under one ruleset: made once, then served as bytes with an entity tag."""

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from mmap import ACCESS_READ, mmap
from pathlib import Path

import msgspec
from litestar.types import Scope
from msgspec import Struct

import service
from service.core.catalogue.near_names import near_model
from service.core.engine import model_view
from service.knowledge.index import Knowledge
from service.texts.rendering import RENDERINGS, WRITERS, written
from service.web.document.parts import parts_schema
from service.web.explore import explore_page
from service.web.operations import OPERATIONS
from service.web.problems import NOT_FOUND, sent_problem
from service.web.request.headers import choose, demand_tag, header, matches
from service.web.responses import DATA_ONLY, JSON, NOT_KEPT, JsonResponse, Ready, Sent

OPENAPI = Path(service.__file__).parent.parent / "openapi"
STATIC = Path(__file__).parent / "static"
YAML = "application/yaml"
DOCS = "/docs"
UNKNOWN_MODEL = "There is no model of that name. GET /models lists what there is."
ASSETS = {
    "index.html": "text/html; charset=utf-8",
    "init.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
VARIED = (b"vary", b"accept")
KEPT = b"public, max-age=300"
POLICY = b"content-security-policy"
LOCAL_ONLY = (
    POLICY,
    (
        b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
)


class BrokenFile(Exception):
    """A file to be served is empty, or no text. Raised at start. The message is a sentence."""


class Page(Struct, frozen=True):
    """An answer that does not change. Without an `etag` no cache may keep it.

    `document` is what the page was made of, where that can be written as text, too.
    """

    media_type: str
    body: bytes
    etag: str
    policy: tuple[bytes, bytes] = DATA_ONLY
    document: object = None

    @property
    def offered(self) -> tuple[str, ...]:
        """The media types that it can be had in."""
        return media_types(type(self.document)) if self.document else (self.media_type,)

    def in_type(self, media_type: str) -> "Page":
        """The page in one of these."""
        if media_type == self.media_type:
            return self
        body = written(self.document, media_type)
        return Page(f"{media_type}; charset=utf-8", body, etag(body), document=self.document)

    def sent(self) -> Sent:
        """The page as it goes out."""
        kept = _kept(self.etag) if self.etag else (NOT_KEPT,)
        varied = (VARIED,) if self.document else ()
        return Sent(200, self.media_type, self.body, (self.policy, *kept, *varied))


class Shelf:
    """All pages by their path. Each is made when it is first asked for, and kept: there are as many as rows.

    `spellings` are further paths, each with the one that it stands for.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Page]], spellings: Mapping[str, str]) -> None:
        self.paths = makers.keys()
        self.spellings = spellings
        self._makers = makers
        self._made: dict[str, Page] = {}

    def get(self, path: str) -> Page | None:
        """The page at this path, if there is one."""
        path = self.spellings.get(path, path)
        page = self._made.get(path)
        if page is None and path in self._makers:
            page = self._made[path] = self._makers[path]()
        return page


def serve(page: Page, scope: Scope) -> Sent:
    """The page, or 304 for whoever holds it.

    Raises NotAnswered where none of its media types is accepted, or another entity tag is demanded.
    """
    page = page.in_type(choose(scope, page.offered))
    if page.etag and knows(scope, page.etag):
        return not_modified(page.etag)
    return page.sent()


def respelling(shelf: Shelf, knowledge: Knowledge) -> Callable[[Scope], JsonResponse | None]:
    """What finds a model whose path differs in case only, or whose page is not kept, because nobody judged it.

    A model that is not known is answered with those whose names resemble it.
    """
    models = {spelling.lower(): path for spelling, path in shelf.spellings.items()}

    def find(scope: Scope) -> JsonResponse | None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return None
        path = scope["path"].lower()
        name = path.removeprefix("/models/")
        page = shelf.get(models.get(path, "")) or _computed(name, knowledge)
        if page is None and name != path:
            return Ready(sent_problem(NOT_FOUND, faults=[near_model("path", UNKNOWN_MODEL, name, knowledge)]))
        return page and Ready(serve(page, scope))

    return find


def _computed(name: str, knowledge: Knowledge) -> Page | None:
    """The page of a model that is computed; None for any other name."""
    row = knowledge.spellings.get(name)
    return row and _document_page(partial(model_view, row, knowledge))


def media_types(kind: type) -> tuple[str, ...]:
    """What answers of this kind can be had in, JSON first."""
    return (JSON, *RENDERINGS) if kind in WRITERS else (JSON,)


def knows(scope: Scope, tag: str) -> bool:
    """Whether the caller holds the answer with this entity tag. Raises NotAnswered where another one is demanded."""
    demand_tag(scope, tag)
    return matches(header(scope, b"if-none-match"), tag)


def moved(place: str) -> Sent:
    """A redirect to a place relative to the request, which holds behind a path prefix, too."""
    return Sent(308, JSON, b"", ((b"location", place.encode()), DATA_ONLY))


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
    return {path: make() for path, make in _documents(knowledge).items()}


def _documents(knowledge: Knowledge) -> dict[str, Callable[[], object]]:
    """What makes each document, by path."""
    makers: dict[str, Callable[[], object]] = {}
    for operation in OPERATIONS:
        folder = operation.path.rpartition("{")[0]
        if operation.page:
            makers[operation.path] = partial(operation.page, knowledge)
        if operation.pages:
            makers |= {f"{folder}{name}": make for name, make in operation.pages(knowledge).items()}
    return makers


def shelve(knowledge: Knowledge) -> Shelf:
    """The shelf of this knowledge. Raises OSError where a file cannot be read, BrokenFile where it holds no text."""
    unkept = {operation.path for operation in OPERATIONS if not operation.kept}
    makers: dict[str, Callable[[], Page]] = {
        path: partial(_document_page, make, kept=path not in unkept) for path, make in _documents(knowledge).items()
    }
    for name, media_type in (("openapi.json", JSON), ("openapi.yaml", YAML)):
        makers[f"/{name}"] = _file_page(media_type, OPENAPI / name)
    makers["/parts.json"] = lambda: _page(JSON, parts_schema(_read(OPENAPI / "openapi.json")))
    for name, media_type in ASSETS.items():
        path = DOCS if name == "index.html" else f"{DOCS}/{name}"
        makers[path] = _file_page(media_type, STATIC / name, LOCAL_ONLY)
    body, policy = explore_page(STATIC)
    makers["/explore"] = partial(_page, "text/html; charset=utf-8", body, (POLICY, policy))
    return Shelf(makers, _model_spellings(knowledge))


def _read(file: Path) -> bytes:
    content = file.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError:
        raise BrokenFile(f"{file.name} is not UTF-8.") from None
    if not content.strip():
        raise BrokenFile(f"{file.name} is empty.")
    return content


def _file_page(media_type: str, file: Path, policy: tuple[bytes, bytes] = DATA_ONLY) -> Callable[[], Page]:
    """What makes the page of a file. It is checked now, and stays out of memory until it is asked for."""
    _read(file)
    with file.open("rb") as opened:
        content = mmap(opened.fileno(), 0, access=ACCESS_READ)
    return lambda: _page(media_type, content[:], policy)


def _model_spellings(knowledge: Knowledge) -> dict[str, str]:
    """The path of each model by every spelling of it: id, checkpoint, aliases, and all in lower case."""
    return {
        f"/models/{spelling}": f"/models/{row.id}"
        for row in knowledge.tables.models
        for name in (row.id, row.checkpoint, *row.aliases)
        for spelling in (name, name.lower())
    }


def _document_page(make: Callable[[], object], *, kept: bool = True) -> Page:
    document = make()
    body = msgspec.json.encode(document)
    return Page(JSON, body, etag(body) if kept else "", document=document if type(document) in WRITERS else None)


def _page(media_type: str, body: bytes, policy: tuple[bytes, bytes] = DATA_ONLY) -> Page:
    return Page(media_type, body, etag(body), policy)
