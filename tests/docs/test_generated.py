"""The generated documents are what the rules and tables say, and no claim of the founding guides is lost."""

import pytest

from service.core.engine import rule_list, topic_view
from service.knowledge.loader import load
from tests.conftest import ROOT
from tools.docs import CLAIMS, claim_places
from tools.generated import difference, generated


def test_files_are_as_generated() -> None:
    found = [difference(path, content) for path, content in generated(load()).items()]
    assert [said for said in found if said] == []


def test_a_stale_file_is_named_with_its_line_and_the_command() -> None:
    assert difference(ROOT / "openapi" / "CHANGELOG.md", b"# Changes of the HTTP interface\n\nElse.\n") == (
        "openapi/CHANGELOG.md differs from line 3 on: run `make generated`"
    )


def test_a_missing_file_is_stale() -> None:
    assert difference(ROOT / "docs" / "none.md", b"something\n")


@pytest.mark.parametrize("claim", CLAIMS)
def test_claim_of_the_guides_is_served(claim: str) -> None:
    """A claim lives in a rule that names it, or in a page of the guide; both are served as data."""
    know = load()
    places = claim_places(know)[claim]
    assert places["rules"] or places["topics"]
    for rule in places["rules"]:
        view = next(view for view in rule_list(know).rules if view.id == rule)
        assert claim in view.descends_from
    for topic in places["topics"]:
        page = topic_view(topic, know)
        assert page is not None
        assert page.text
