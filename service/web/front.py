"""What is asked first: pages are answered before the framework, which would need a route and a handler for each path.

So it neither remembers a path nor starts slower with every model of the catalogue.
"""

from typing import Any

from litestar import Litestar
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from service.web.manners import Manners, beside
from service.web.pages import DOCS, Page, Shelf, moved, serve
from service.web.problems import METHOD_NOT_ALLOWED, NotAnswered, sent_crash, sent_problem, sent_refusal
from service.web.request.headers import names_a_host
from service.web.responses import EVERYWHERE, Sent

ALLOW = (b"allow", b"GET, HEAD, OPTIONS")

BELOW = (f"{DOCS}/", "/explore/")
"""Where the links of a page would lead astray, so that it stands elsewhere."""


class Application(Litestar):
    """The framework with a shelf of pages before it."""

    def __init__(self, shelf: Shelf, manners: Manners, **options: Any) -> None:
        super().__init__(**options)  # pyright: ignore[reportUnknownMemberType] -- the framework's own
        self.shelf = shelf
        self.manners = manners

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        """Answers a page, or hands the request on."""
        if scope["type"] == "http":
            fields = self.manners.fields(scope)
            if fields:
                send = beside(send, fields)  # pyright: ignore[reportArgumentType, reportAssignmentType] -- of a request
            sent = self._page(scope) if names_a_host(scope) else None
            if sent is not None:
                await sent(scope, receive, send)  # pyright: ignore[reportArgumentType] -- those of a request
                return
        await super().__call__(scope, receive, send)

    def _page(self, scope: HTTPScope) -> Sent | None:
        try:
            preflight = self.manners.preflight(scope)
            if preflight is not None:
                return preflight
            if scope["path"] in BELOW:
                return moved(f"..{scope['path'].rstrip('/')}")
            page = self.shelf.get(scope["path"].rstrip("/") or "/")
            return page and answer(page, scope)
        except Exception as error:
            return sent_crash(error)


def answer(page: Page, scope: Scope) -> Sent:
    """The answer to any request for the path of a page."""
    if scope["type"] == "http" and scope["method"] == "OPTIONS":
        listed = Sent(204, "", b"", ())
        listed.fields = [ALLOW, *EVERYWHERE]
        return listed
    if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
        return sent_problem(METHOD_NOT_ALLOWED, headers=(ALLOW,))
    try:
        return serve(page, scope)
    except NotAnswered as refusal:
        return sent_refusal(refusal)
