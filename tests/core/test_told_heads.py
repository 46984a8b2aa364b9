"""The head that a request names, in a listed model."""

from typing import Any

import pytest

from service.contract.words import BlockKind
from service.core.rules.refusal import Refusal
from tests.ask import frozen

NET = {
    "stem.weight": [8, 3, 3, 3],
    **{f"blocks.{i}.{part}.weight": [8, 8, 3, 3] for i in range(3) for part in ("a", "b")},
    "blocks.2.tail.weight": [8, 8],
    "classifier.weight": [5, 8],
}
"""Its names speak for `classifier`; another part may be the head all the same."""


def heads(*told: str, form: str = "parameters") -> list[str]:
    """The modules and parameters of the head that the plan has, for the names that a request gives."""
    listed: dict[str, Any] = {"parameters": [{"name": name, "shape": shape} for name, shape in NET.items()]}
    filed = {"safetensors": {name: {"dtype": "F32", "shape": shape} for name, shape in NET.items()}}
    source = (listed if form == "parameters" else filed) | ({"head": list(told)} if told else {})
    blocks = frozen(source=source, dataset={"examples": 5000}).blocks
    assert sum(block.tensors or 0 for block in blocks) == len(NET)
    return sorted(name for b in blocks if b.kind is BlockKind.HEAD for name in (*b.modules, *b.parameters))


@pytest.mark.parametrize("form", ["parameters", "safetensors"])
def test_what_a_request_names_is_the_head_and_nothing_else(form: str) -> None:
    assert heads(form=form) == ["classifier"]
    assert heads("blocks.2", form=form) == ["blocks.2"]
    assert heads("blocks.2.tail", "classifier", form=form) == ["blocks.2.tail", "classifier"]
    assert heads("blocks.2.b.weight", form=form) == ["blocks.2.b.weight"]


def test_a_star_is_any_part_of_a_name() -> None:
    assert heads("blocks.*.tail") == ["blocks.2.tail"]
    assert heads("blocks.*.b") == ["blocks.0.b", "blocks.1.b", "blocks.2.b"]


@pytest.mark.parametrize("name", ["block", "blocks.2.c", "*.*.*.*.*", "classifier.bias"])
def test_a_name_that_nothing_has_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        heads("classifier", name)
    assert [fault.pointer for fault in refused.value.faults] == ["/source/head/1"]


def test_a_head_that_is_the_whole_model_is_refused() -> None:
    with pytest.raises(Refusal):
        heads("*")
