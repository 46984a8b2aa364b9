"""Counts of models whose library's defaults are not their own configuration's."""

from pathlib import Path

import pytest

from service.knowledge.build import read_tables
from service.knowledge.loader import load
from service.knowledge.rows.checkpoint import CheckpointRow

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions.md"


@pytest.mark.parametrize(
    ("model", "params"),
    [
        ("zai-org/GLM-4.5-Air", 106_852_245_504),
        ("meta-llama/Llama-3.2-11B-Vision", 10_642_941_475),
        ("meta-llama/Llama-3.2-11B-Vision-Instruct", 10_670_220_835),
    ],
)
def test_a_model_is_counted_by_its_own_configuration(model: str, params: int) -> None:
    """Heads 128 wide, as its makers say: 106 billion; pictures of 448 px in the base model, of 560 px in its sister."""
    assert load().models[model].params == params


def test_the_page_tells_how_many_counts_and_licences_a_second_source_states() -> None:
    rows = {row.id: row for row in read_tables().checkpoints}

    def base(row: CheckpointRow) -> str:
        return base(rows[row.like]) if row.like in rows else row.like or row.build or row.id

    stated = [row for row in rows.values() if row.total_params]
    bases = {base(row) for row in stated}
    alike = sum(not row.total_params and base(row) in bases for row in rows.values())
    nameless = sum(row.licence == "unknown" for row in rows.values())
    said = " ".join(DECISIONS.read_text().split())
    assert f"Of {len(rows):,} checkpoints {len(stated):,} have a total that a second source states" in said
    assert f"{alike:,} are built as one of these, and {len(rows) - len(stated) - alike:,} rest on" in said
    assert f"licence of {nameless:,} is named by no package" in said
