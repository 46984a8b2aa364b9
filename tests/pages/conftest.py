"""The page in a real browser: Debian's Chromium without a window. `make test-pages` sets PAGES=1; elsewhere these tests
are not collected.
"""

# pyright: basic, reportMissingImports=false

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

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


@pytest.fixture
def page(browser: "Browser", origin: str) -> "Iterator[Page]":
    """An empty tab. Fails where the page says anything on the console, or asks anyone but the service."""
    context = browser.new_context(base_url=origin, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((origin, "data:")) else said.append(asked.url))
    yield page
    context.close()
    assert [one for one in said if "status of 4" not in one] == []


@pytest.fixture
def answers(page: "Page") -> list[Any]:
    """Every plan that the page has been answered, in order."""
    found: list[Any] = []

    def keep(answer: Any) -> None:
        if "/recommend" in answer.url and answer.status == 200:
            found.append(answer)

    page.on("response", keep)
    return found
