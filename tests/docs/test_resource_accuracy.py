"""The page on the accuracy of the estimates is what the service says now, and the bars that are met stay met."""

import pytest

from benchmarks.resources.page import PAGE, write
from benchmarks.resources.report import Row, language_models, vision
from benchmarks.resources.throughput import throughput
from service.knowledge.loader import load

KNOW = load()


def test_the_page_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVIDENCE", raising=False)
    assert PAGE.read_text(encoding="utf-8") == write(KNOW), "docs/resource-accuracy.md differs: run `make resources`"


def test_images_are_within_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVIDENCE", raising=False)
    whole = next(row for row in vision(KNOW) if row.group == "all")
    assert whole.runs > 1000
    assert meets(whole)
    assert whole.left_out is not None
    assert whole.left_out <= 0.15


def test_adapters_as_peft_measured_them_are_within_the_bars() -> None:
    assert meets(next(row for row in language_models(KNOW) if row.group.startswith("peft")))


def test_times_are_within_a_factor_of_one_and_a_half_for_four_runs_of_five() -> None:
    whole = throughput(KNOW)[0]
    assert whole.runs > 700
    assert whole.near >= 0.8
    assert whole.left_out >= 0.8
    assert whole.held >= 0.9


def meets(row: Row) -> bool:
    return row.error <= 0.15 and row.within_35 >= 0.9 and row.held >= 0.9 and row.width <= 2
