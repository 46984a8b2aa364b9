"""A model of the catalogue has one plan, whether it is named or its parameters are listed.

`tools/catalogued_models.py` recorded the lists from the libraries' own models.
"""

import json
import lzma
import re
from pathlib import Path
from typing import Any

import pytest

from service.contract.freeze import FreezePlan
from service.contract.words import BlockKind
from service.core.rules.refusal import Refusal
from tests.ask import frozen

FILE = Path(__file__).parent.parent / "architectures" / "catalogued.json.xz"
LISTS: dict[str, list[tuple[str, list[int]]]] = json.loads(lzma.decompress(FILE.read_bytes()))

UNLIKE = {
    "Alibaba-NLP/gte-modernbert-base": "the layer before its classifier is pretrained, which no name tells",
    "google/t5-v1_1-small": "its files hold a head of its own, which the library has tied to the embedding since",
    "google/flan-t5-base": "its files hold a head of its own, which the library has tied to the embedding since",
    "facebook/wav2vec2-large-xlsr-53": "its last norm is listed before the layers that it follows",
    "openai/clip-vit-base-patch16": "the id is of its class for pictures; the list holds the text tower and no head",
    "google/siglip-base-patch16-224": "the id is of its class for pictures; the list holds the text tower and no head",
    "google/gemma-3-4b-pt": "by id its vision tower is one block",
    "Qwen/Qwen3.5-0.8B": "by id its vision tower is one block",
}
"""Models whose two plans differ, and why."""

STRATEGIES = ("full-fine-tuning", "partial-fine-tuning", "parameter-efficient")


def planned(source: dict[str, Any], strategy: str) -> FreezePlan | None:
    """The plan; None where the strategy is refused."""
    try:
        return frozen(source=source, dataset={"examples": 5000}, fixed={"strategy": strategy})
    except Refusal:
        return None


def parts(plan: FreezePlan, names: list[str]) -> list[tuple[BlockKind, str, frozenset[str]]]:
    """The blocks that hold parameters, by their kind, state and parameters."""
    found = [
        (block.kind, block.state.value, frozenset(name for name in names if re.search(block.pattern or "(?!)", name)))
        for block in plan.blocks
    ]
    return [block for block in found if block[2]]


def adapter(plan: FreezePlan, names: list[str]) -> tuple[int | None, set[str]] | None:
    """How many numbers the adapter has, and the layers that it is put beside."""
    if plan.adapter is None:
        return None
    ends = tuple(f".{target}.weight" for target in plan.adapter.targets)
    return plan.adapter.params, {name for name in names if name.endswith(ends)}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("model", LISTS.keys() - UNLIKE.keys())
def test_one_plan_by_id_and_by_list(model: str, strategy: str) -> None:
    names = [name for name, _ in LISTS[model]]
    listed = {"parameters": [{"name": name, "shape": shape} for name, shape in LISTS[model]]}
    by_id, by_list = planned({"model": model}, strategy), planned(listed, strategy)
    assert (by_id is None) == (by_list is None)
    if by_id is None or by_list is None:
        return
    assert parts(by_id, names) == parts(by_list, names)
    assert adapter(by_id, names) == adapter(by_list, names)
    if by_id.counts.total is not None:
        assert by_id.counts.total == by_list.counts.total
        assert by_id.counts.backbone == by_list.counts.backbone


@pytest.mark.parametrize("model", UNLIKE)
def test_models_said_to_differ_do(model: str) -> None:
    with pytest.raises(AssertionError):
        test_one_plan_by_id_and_by_list(model, "full-fine-tuning")
