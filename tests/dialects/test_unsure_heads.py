"""An adapter's export is exact only where the head that it must leave trainable is sure."""

import pytest

from service.contract.words import Trainer
from service.dialects.exports import recommend
from service.knowledge.loader import load
from tests.ask import job
from tests.core.test_inference import Shapes, parts, repeated

BLOCKS = repeated(4, "net.cells", "attn.q_proj 16x16", "attn.v_proj 16x16", "ff.up 32x16", "ff.down 16x32")
HEADS = {"none": [], "guessed": parts("", "zorp 5x16"), "sure": parts("", "classifier 5x16")}
TRAINERS = (Trainer.PYTORCH, Trainer.TRANSFORMERS, Trainer.TIMM, Trainer.LIGHTNING)
"""Those that take an adapter on a model of no known family."""


def exact(shapes: Shapes, task: str = "text-classification") -> set[bool]:
    body = {
        "target": {"task": task},
        "dataset": {"examples": 5000},
        "source": {"parameters": [{"name": name, "shape": shape} for name, shape in shapes]},
        "fixed": {"strategy": "parameter-efficient"},
        "dialects": TRAINERS,
    }
    exports = recommend(job(body), load(), explain=True).exports
    assert len(exports) == len(TRAINERS)
    return {export.exact for export in exports}


@pytest.mark.parametrize("head", ["none", "guessed"])
def test_no_adapter_is_exact_where_no_head_is_sure(head: str) -> None:
    assert exact([*parts("", "entry 16x8"), *BLOCKS, *HEADS[head]]) == {False}


def test_a_head_by_name_leaves_adapters_exact() -> None:
    assert exact([*parts("", "entry 16x8"), *BLOCKS, *HEADS["sure"]]) == {True}


def test_a_task_without_a_head_needs_none() -> None:
    assert True in exact([*parts("", "entry 16x8"), *BLOCKS], "sentence-similarity")
