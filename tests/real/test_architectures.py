# pyright: basic, reportMissingImports=false
"""Plans for models that are known by their parameters alone, against the real models of three libraries.

All architectures; with REAL_FAST=1 a spread part of them.
"""

import logging
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tests.real.operators  # noqa: F401

# isort: split

import pytest
import timm
import torch
import torchvision

from service.contract.words import BlockKind
from service.knowledge.loader import load
from tests.real import small_models
from tests.real.architectures import (
    Finding,
    find,
    laid,
    parameters,
    plan,
    timm_models,
    torchvision_models,
    transformers_classes,
    transformers_models,
    unfilled,
)
from tests.real.forward import out_of_order

pytestmark = pytest.mark.filterwarnings("ignore")

FAST = os.environ.get("REAL_FAST") == "1"
EXCEPTIONS = tomllib.loads((Path(__file__).parent / "exceptions.toml").read_text(encoding="utf-8"))["row"]

LIBRARIES = ("timm", "transformers", "torchvision")
EVERY: dict[str, int] = {"timm": 25, "transformers": 10, "torchvision": 4} if FAST else dict.fromkeys(LIBRARIES, 1)
"""One of so many architectures is built."""

LEAST = {"timm": 1350, "transformers": 1250, "torchvision": 115}
"""Architectures that must have been built, were it all of them. At least 120 classes of transformers are."""

AGREEING = 0.98
"""Share of timm's architectures whose groups agree."""

ANSWERED = {"timm": 0.9, "transformers": 0.85, "torchvision": 0.7}
"""Share of models whose order names alone tell."""

UNTOLD = {"timm": 0.01, "transformers": 0.15, "torchvision": 0.0}
"""Share of models, at most, with saved buffers that no name tells from parameters."""


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """transformers warns of every default that does not fit."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def findings() -> dict[str, dict[str, Finding]]:
    """What was found, by library and architecture."""
    classes = transformers_classes()
    built: dict[str, Any] = {
        "timm": timm_models(timm.list_models()[:: EVERY["timm"]]),
        "transformers": transformers_models(dict(list(classes.items())[:: EVERY["transformers"]])),
        "torchvision": torchvision_models(torchvision.models.list_models()[:: EVERY["torchvision"]]),
    }
    return {
        library: {name: find(model) for name, model in models if model is not None} for library, models in built.items()
    }


def excepted(library: str, test: str, names: Iterable[str]) -> set[str]:
    """The architectures in the table of exceptions."""
    patterns = [row["pattern"] for row in EXCEPTIONS if (row["library"], row["test"]) == (library, test)]
    return {name for name in names if any(re.fullmatch(pattern, name) for pattern in patterns)}


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_parameter_is_in_one_block_and_counted(findings: dict[str, dict[str, Finding]], library: str) -> None:
    found = findings[library]
    assert len(found) >= LEAST[library] // EVERY[library]
    assert {name: one.faults for name, one in found.items() if one.faults} == {}


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_numbers_of_a_stack_ascend(findings: dict[str, dict[str, Finding]], library: str) -> None:
    assert {name: one.descending for name, one in findings[library].items() if one.descending} == {}


def test_order_agrees_with_timms_own_groups(findings: dict[str, dict[str, Finding]]) -> None:
    found = {name: one for name, one in findings["timm"].items() if one.unlike is not None}
    unlike = {name for name, one in found.items() if one.unlike}
    assert unlike == excepted("timm", "groups", found)
    assert 1 - len(unlike) / len(found) >= AGREEING


def test_no_layer_of_a_configuration_is_missing(findings: dict[str, dict[str, Finding]]) -> None:
    found = findings["transformers"]
    short = {name: one.short for name, one in found.items() if one.short}
    assert set(short) == excepted("transformers", "layers", found), short


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_file_without_order(findings: dict[str, dict[str, Finding]], library: str) -> None:
    """It gives the same order, a warning, or a refusal. Buffers that no name tells are counted as parameters."""
    answers = Counter(one.unordered.partition(":")[0] for one in findings[library].values())
    other = {name: one.unordered for name, one in findings[library].items() if one.unordered.startswith("other")}
    assert set(other) == excepted(library, "unordered", findings[library]), other
    whole = answers.total()
    assert set(answers) <= {"same", "refused", "unsure", "buffers", "other"}
    assert 1 - (answers["refused"] + answers["unsure"]) / whole >= ANSWERED[library]
    assert answers["buffers"] / whole <= UNTOLD[library]


@pytest.mark.parametrize("name", list(small_models.MODELS)[:: 2 if FAST else 1])
def test_blocks_stand_in_the_order_in_which_they_run(name: str) -> None:
    torch.manual_seed(0)
    model = small_models.build(name)
    found = out_of_order(model, small_models.MODELS[name][2]())
    assert bool(found) == bool(excepted("transformers", "forward", [name])), found


RUN = {
    "timm": "resnet26 vit_tiny_patch16_224 swin_tiny_patch4_window7_224 convnext_atto efficientnet_b0 "
    "mobilenetv3_small_050 regnetx_002 densenet121 deit_tiny_distilled_patch16_224 mixer_s32_224 cait_xxs24_224 "
    "coatnet_pico_rw_224 maxvit_tiny_tf_224 pvt_v2_b0 edgenext_xx_small vgg11",
    "torchvision": "resnet18 vgg11_bn densenet121 mobilenet_v2 mobilenet_v3_small efficientnet_b0 regnet_y_400mf "
    "swin_t vit_b_32 convnext_tiny squeezenet1_1 mnasnet0_5 shufflenet_v2_x0_5 alexnet",
}
"""Models that are run."""


@pytest.mark.parametrize("library", RUN)
def test_vision_models_run_in_the_order_of_their_blocks(library: str) -> None:
    found: dict[str, list[str]] = {}
    for name in RUN[library].split()[:: 5 if FAST else 1]:
        model = timm.create_model(name) if library == "timm" else torchvision.models.get_model(name, weights=None)
        found[name] = out_of_order(model.eval(), (torch.randn(1, 3, 224, 224),))
    wrong = {name: out for name, out in found.items() if out}
    assert set(wrong) == excepted(library, "forward", found), wrong


def catalogued() -> list[str]:
    """The catalogue's models that timm builds by their ids."""
    ids = [model.id for model in load().tables.models]
    return [one for one in ids if timm.is_model(one.partition(".")[0])]


@pytest.mark.parametrize("name", catalogued())
def test_the_catalogue_says_what_the_parameters_say(name: str) -> None:
    """Both orders agree, blocks of the same parameters have the same counts, and the totals are equal."""
    with torch.device("meta"), unfilled():
        model = timm.create_model(name.partition(".")[0], num_classes=1000)
    dataset = {"examples": 5000, "classes": 1000}
    known, listed = plan(model=name, dataset=dataset), plan(parameters=parameters(model), dataset=dataset)
    (ours, faults), (theirs, others) = ((laid(one, model)) for one in (known, listed))
    assert others == []
    assert [fault for fault in faults if "is in the blocks" in fault] == []
    assert known.counts.total == listed.counts.total == sum(p.numel() for p in model.parameters())
    pairs = sorted({(theirs[each], ours[each]) for each in ours})
    assert [mine for _, mine in pairs] == sorted(mine for _, mine in pairs)
    alike = [(a, b) for a, b in pairs if Counter(x for x, _ in pairs)[a] == Counter(y for _, y in pairs)[b] == 1]
    assert len(alike) >= 0.5 * sum(block.kind is BlockKind.BLOCK for block in known.blocks)
    assert [(a, b) for a, b in alike if listed.blocks[a].params != known.blocks[b].params] == []
