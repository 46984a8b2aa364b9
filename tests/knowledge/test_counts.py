"""Counts of models whose library's defaults are not their own configuration's."""

import pytest

from service.knowledge.loader import load
from service.knowledge.rows.checkpoint import CheckpointRow
from tools.confirmed_counts import confirmed


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


def test_checkpoints_built_as_a_confirmed_one_are_counted_with_it() -> None:
    """Of five, one is stated; a copy of its copy is alike, by way of a row that is stated nowhere."""
    rows = (
        CheckpointRow(id="a", total_params=7, licence="MIT"),
        CheckpointRow(id="b", like="a"),
        CheckpointRow(id="c", like="b"),
        CheckpointRow(id="d", licence="unknown"),
        CheckpointRow(id="e", like="d"),
    )
    assert confirmed(rows) == (5, 1, 2, 1)
