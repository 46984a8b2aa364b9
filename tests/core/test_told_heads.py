"""The head of a listed model that a request names, or that its outputs alone tell."""

from typing import Any

import pytest

from service.contract.words import BlockKind, LayoutCertainty
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


def listed(net: dict[str, list[int]], form: str) -> dict[str, Any]:
    if form == "parameters":
        return {"parameters": [{"name": name, "shape": shape} for name, shape in net.items()]}
    return {"safetensors": {name: {"dtype": "F32", "shape": shape} for name, shape in sorted(net.items())}}


FRENCH = {"sortie.weight": [7, 32], "entree.weight": [32, 9], "couche1.weight": [32, 32], "couche2.weight": [32, 32]}
ATARI = {"conv1.weight": [32, 4, 8, 8], "conv2.weight": [64, 32, 4, 4], "fc.weight": [64, 512], "fc.bias": [64]}
ACTION = {**ATARI, "action.weight": [7, 64], "action.bias": [7]}
DUEL = {**ATARI, "value.weight": [1, 64], "value.bias": [1], "advantage.weight": [7, 64], "advantage.bias": [7]}
FLAX = {
    f"Dense_{i}.{part}": shape
    for i, (read, given) in enumerate([(32, 7), (32, 32), (9, 32)])
    for part, shape in (("kernel", [read, given]), ("bias", [given]))
}
ENCODER = {
    "embeddings.token_type_embeddings.weight": [7, 32],
    **{f"layer.{i}.{part}.weight": [32, 32] for i in range(3) for part in ("a", "b")},
}


@pytest.mark.parametrize("form", ["parameters", "safetensors"])
@pytest.mark.parametrize(
    ("net", "head"),
    [
        (FRENCH, ["sortie"]),
        (ACTION, ["action"]),
        (DUEL, ["advantage", "value"]),
        (FLAX, ["Dense_0"]),
    ],
    ids=["defined-first", "read-by-fc", "beside-another", "transposed"],
)
def test_the_one_layer_that_gives_the_classes_is_the_head(
    net: dict[str, list[int]], head: list[str], form: str
) -> None:
    plan = frozen(source=listed(net, form), dataset={"examples": 500, "classes": 7})
    assert plan.blocks[-1].kind is BlockKind.HEAD
    assert sorted(plan.blocks[-1].modules) == head
    assert plan.layout.certainty is LayoutCertainty.ORDER


def test_a_file_with_such_a_head_has_it_trained_alone() -> None:
    body = {"strategy": "feature-extraction", "dataset": {"examples": 500, "classes": 7}}
    plan = frozen(source=listed(FRENCH, "safetensors"), **body)
    assert plan.counts.head == 7 * 32


def test_a_table_is_no_head() -> None:
    """Neither one of as many rows as there are classes, by its name, nor one beside the head that is as wide as it."""
    plan = frozen(source=listed(ENCODER, "safetensors"), dataset={"examples": 500, "classes": 7})
    assert plan.blocks[0].name == "embeddings"
    words = {"mots.weight": [500, 32], **FRENCH}
    plan = frozen(source=listed(words, "safetensors"), dataset={"examples": 500, "classes": 7})
    assert plan.blocks[-1].modules == ["sortie"]
