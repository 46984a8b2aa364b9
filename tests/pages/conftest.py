"""The pages in a real browser: Debian's Chromium without a window. `make test-pages` sets PAGES=1; elsewhere these
tests are not collected.
"""

# pyright: basic, reportMissingImports=false

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.conftest import Process

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

collect_ignore_glob = [] if os.environ.get("PAGES") == "1" else ["test_*.py"]


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service of its own."""
    with Process(tmp_path_factory.mktemp("service")) as process:
        yield f"http://127.0.0.1:{process.port()}"
        assert process.stop() == 0, process.printed()


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Chromium. Its own sandbox needs a user that is not root."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium")
    assert found, "chromium is not installed"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def watched(browser: "Browser", base: str) -> "Iterator[Page]":
    """An empty tab. Fails where the page says anything on the console, or asks anyone but the service."""
    context = browser.new_context(base_url=base, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((base, "data:")) else said.append(asked.url))
    yield page
    context.close()
    assert [one for one in said if "status of 4" not in one] == []


@pytest.fixture
def page(browser: "Browser", origin: str) -> "Iterator[Page]":
    """A tab for pages of the service itself."""
    with watched(browser, origin) as page:
        yield page


@pytest.fixture
def prefixed(origin: str) -> Iterator[str]:
    """The service behind a gateway that takes away a prefix."""

    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.pass_on(None)

        def do_POST(self) -> None:
            self.pass_on(self.rfile.read(int(self.headers["content-length"])))

        def pass_on(self, body: bytes | None) -> None:
            assert self.path.startswith("/tools/advisor/")
            headers = {name: self.headers[name] for name in ("accept", "content-type") if name in self.headers}
            url = origin + self.path.removeprefix("/tools/advisor")
            answer = httpx.request(self.command, url, content=body, headers=headers, trust_env=False, timeout=30)
            self.send_response(answer.status_code)
            for name in {"content-type", "content-security-policy", "location"} & answer.headers.keys():
                self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/tools/advisor"
        server.shutdown()


@pytest.fixture
def answers(page: "Page") -> list[Any]:
    """Every plan that the page has been answered, in order."""
    found: list[Any] = []

    def keep(answer: Any) -> None:
        if "/recommend" in answer.url and answer.status == 200:
            found.append(answer)

    page.on("response", keep)
    return found
