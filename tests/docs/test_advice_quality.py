"""The page on the quality of the advice is what the engine scores, and what must be reached is reached."""

import pytest

from benchmarks.advice import tables
from benchmarks.advice.page import DATE, PAGE, write
from benchmarks.advice.report import Report, judge
from service.knowledge.loader import load

KNOW = load()


@pytest.fixture(scope="module")
def report() -> Report:
    return judge(KNOW)


def test_the_page_is_true(report: Report) -> None:
    page = PAGE.read_text(encoding="utf-8")
    day = DATE.search(page)
    assert day, "the page names the day"
    assert page == write(report, KNOW.ruleset, day.group(1)), "run `make advice`"


def test_what_must_be_reached_is_reached(report: Report) -> None:
    assert [goal.decision for goal in report.goals if not goal.meets_must] == []


def test_every_figure_has_a_source() -> None:
    cited = {
        one.source for one in [*tables.strategies(), *tables.sweeps(), *tables.language_sweeps(), *tables.standings()]
    }
    assert cited <= set(KNOW.sources)
    assert all(one.where for one in tables.judged_models())


def test_engine_and_guides_are_told_apart(report: Report) -> None:
    """A policy that the judge did not pass on would give both the same columns."""
    both = [table for table in report.tables if {"engine", "guides"} <= set(table.columns)]
    assert len(both) == 2
    for table in both:
        ours, guides = table.columns.index("engine"), table.columns.index("guides")
        assert any(row[ours] != row[guides] for row in table.rows)


def test_the_tables_are_whole() -> None:
    assert len([one for one in tables.strategies() if one.study == "MedMNIST+"]) == 120
    sweeps = [*tables.sweeps(), *tables.language_sweeps()]
    assert len(sweeps) == 563 + 38
    assert all(len(one.lost) >= 2 and min(one.lost.values()) == 0 for one in sweeps)
    best: dict[tuple[str, str], float] = {}
    for row in tables.standings():
        best[row.group, row.dataset] = min(row.behind, best.get((row.group, row.dataset), row.behind))
    assert set(best.values()) == {0.0}


def test_the_judged_models_have_what_their_group_is_ranked_by() -> None:
    judged = {(one.group, one.model) for one in tables.judged_models()}
    same = {"CNNs, a second study": "CNNs"}
    assert {(same.get(row.group, row.group), row.model) for row in tables.standings()} <= judged
