"""`/docs` as its readers use it: it opens on a request that can be sent at once, and every other one can, too."""

# pyright: basic, reportMissingImports=false

import json
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as Unanswered

from tests.conftest import ROOT
from tests.pages.conftest import watched

EXAMPLE = json.loads((ROOT / "openapi" / "examples" / "recommend-minimal.json").read_bytes())
DOCUMENT = json.loads((ROOT / "openapi" / "openapi.json").read_bytes())
OPERATIONS = [one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()]

CLICKS = 3


def sent(operation: Locator) -> str:
    """The status that an open operation is answered with. A click is lost where the page is just drawn anew."""
    status = operation.locator(".live-responses-table .response .response-col_status")
    for _ in range(CLICKS):
        operation.get_by_role("button", name="Execute").click()
        with suppress(Unanswered):
            status.wait_for(timeout=10_000)
            break
    return status.inner_text().strip()


def opens_and_is_answered(page: Page, address: str) -> None:
    """The first operation is open and filled in, and answers as soon as it is told to."""
    page.goto(address)
    first = page.locator(".opblock").first
    expect(page.locator(".opblock.is-open")).to_have_count(1)
    expect(first.locator(".opblock-summary-path")).to_have_text("/recommend")
    assert json.loads(first.locator("textarea").input_value()) == EXAMPLE
    with page.expect_response("**/recommend*") as answered:
        assert sent(first) == "200"
    assert json.loads(answered.value.request.post_data or "") == EXAMPLE
    assert answered.value.json()["verdict"]["strategy"]


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("prefix", [False, True], ids=["plain", "prefix"])
def test_it_opens_on_a_request_that_is_answered(
    browser: Browser, origin: str, prefixed: str, width: int, prefix: bool
) -> None:
    base = prefixed if prefix else origin
    with watched(browser, base) as page:
        page.set_viewport_size({"width": width, "height": 900})
        opens_and_is_answered(page, f"{base}/docs")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_address_that_names_another_operation_opens_that_one(page: Page) -> None:
    page.goto("/docs#/knowledge/listTasks")
    expect(page.locator(".opblock.is-open .opblock-summary-path")).to_have_text(["/tasks"])


def test_every_operation_is_answered_as_it_is_filled_in(page: Page) -> None:
    page.goto("/docs")
    operations = page.locator(".opblock")
    expect(operations).to_have_count(len(OPERATIONS))
    told: dict[str, str] = {}
    for number, name in enumerate(OPERATIONS):
        operation = operations.nth(number)
        if number:
            operation.locator(".opblock-summary-control").click()
        told[name] = sent(operation)
        operation.locator(".opblock-summary-control").click()
    assert told == dict.fromkeys(OPERATIONS, "200")
