"""The generated documents are what the rules and tables say, and no claim of the founding guides is lost."""

from pathlib import Path

import pytest

from service.core.engine import rule_list, topic_view
from service.knowledge.loader import load
from tools.docs import CLAIMS, claim_places, documents

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["rules.md", "seed-coverage.md"])
def test_document_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text() == documents(load())[name], "run `make docs`"


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
