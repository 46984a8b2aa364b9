# pyright: basic, reportMissingImports=false
"""What the formulas and the generated tables say, against the libraries' own models: every name, every count.

Models are built on the meta device, without numbers. Nothing is downloaded. With REAL_FAST=1 a spread part of them.
"""

import logging
import os
import re
from collections.abc import Iterator
from typing import Any

import tests.real.operators  # noqa: F401

# isort: split

import pytest
import timm
import torch
import torchvision
import transformers
from torch import nn

from service.contract.words import BlockKind, Modality
from service.knowledge.blocks import Block, built_blocks
from service.knowledge.catalogue.counting import complete, count
from service.knowledge.loader import load
from service.knowledge.rows import ArchitectureRow, BuildRow, CheckpointRow
from tests.real.architectures import unfilled
from tools.catalogue.torchvision_weights import as_loaded

pytestmark = pytest.mark.filterwarnings("ignore")

FAST = os.environ.get("REAL_FAST") == "1"
LOADED = load()
TABLES = LOADED.catalogue
ARCHITECTURES = {row.id: row for row in TABLES.architectures}
STATED = [row for row in TABLES.checkpoints if row.architecture is not None]
BUILDS = {row.id: row for row in TABLES.builds}
TIMM = [row for row in TABLES.builds if "/" not in row.id]

TIED_SINCE = {"t5-gated"}
"""Architectures whose files hold a head of their own, which transformers 5 ties to the embedding all the same."""


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """transformers warns of token ids that a small vocabulary does not have."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def build(row: ArchitectureRow, config: Any) -> nn.Module:
    """The library's model of this configuration."""
    model, settings = (getattr(transformers, name) for name in row.builds)
    whole: dict[str, Any] = {**row.words, **complete(row, config)}
    with torch.device("meta"), unfilled():
        return model(settings(**whole))


def differences(blocks: tuple[Block, ...], model: nn.Module, *, counts_head: bool) -> list[str]:
    """Parameters that are in no block or in two, and blocks with other counts than theirs."""
    patterns = [re.compile(block.pattern or "") for block in blocks]
    counts = [0] * len(blocks)
    found: list[str] = []
    for name, parameter in model.named_parameters():
        places = [index for index, pattern in enumerate(patterns) if pattern.search(name)]
        if len(places) != 1:
            found.append(f"{name} is in the blocks {places}")
        for place in places[:1]:
            counts[place] += parameter.numel()
    compared = [
        (block, count)
        for block, count in zip(blocks, counts, strict=True)
        if counts_head or block.kind is not BlockKind.HEAD
    ]
    return found + [f"{block.name}: {count}, not {block.params}" for block, count in compared if count != block.params]


@pytest.mark.parametrize("row", STATED[:: 7 if FAST else 1], ids=lambda row: row.id)
def test_a_checkpoint_is_named_and_counted_as_transformers_builds_it(row: CheckpointRow) -> None:
    architecture = ARCHITECTURES[row.architecture or ""]
    counted = count(architecture, row.config)
    kept = counted.head_kind in ("lm", "tied") and architecture.id not in TIED_SINCE
    assert differences(counted.blocks, build(architecture, row.config), counts_head=kept) == []


def test_every_architecture_has_a_checkpoint() -> None:
    assert {row.architecture for row in STATED} == set(ARCHITECTURES)


@pytest.mark.parametrize("row", STATED[:: 7 if FAST else 1], ids=lambda row: row.id)
def test_adapters_have_the_width_that_their_layers_have(row: CheckpointRow) -> None:
    architecture = ARCHITECTURES[row.architecture or ""]
    model = build(architecture, row.config)
    ends = tuple(f".{target}" for target in architecture.lora_targets)
    layers = [one for name, one in model.named_modules() if name.endswith(ends) and hasattr(one, "weight")]
    assert count(architecture, row.config).lora_width == sum(sum(layer.weight.shape) for layer in layers)


@pytest.mark.parametrize("row", STATED[:: 7 if FAST else 1], ids=lambda row: row.id)
def test_a_text_is_as_long_as_the_table_of_positions(row: CheckpointRow) -> None:
    """A table has a row for each token, behind those that are kept for padding; other positions are computed."""
    architecture = ARCHITECTURES[row.architecture or ""]
    ends = ("position_embeddings", "position_embedding", "embed_positions", "wpe")
    tables = [
        one.num_embeddings - (getattr(one, "offset", 0) or (one.padding_idx or -1) + 1)
        for name, one in build(architecture, row.config).named_modules()
        if name.endswith(ends) and isinstance(one, nn.Embedding) and "vision" not in name
    ]
    if Modality.TEXT in architecture.modalities or architecture.id == "whisper":
        assert architecture.position_table == bool(tables)
    if tables and architecture.position_table and Modality.IMAGE not in architecture.modalities:
        assert LOADED.models[row.id].longest == min(tables)


@pytest.mark.parametrize("row", TIMM[:: 97 if FAST else 13], ids=lambda row: row.id)
def test_a_generated_row_is_what_timm_builds(row: BuildRow) -> None:
    with torch.device("meta"), unfilled():
        model = timm.create_model(row.id, num_classes=1000)
    assert differences(built_blocks(row), model, counts_head=False) == []


def test_torchvision_says_the_same_totals() -> None:
    """Each entry of weights carries the number of its parameters, the head for its own classes among them."""
    wrong: dict[str, Any] = {}
    for name in {row.build.partition("/")[2] for row in TABLES.tags if row.build.startswith("torchvision/")}:
        model, row = as_loaded(name), BUILDS[f"torchvision/{name}"]
        starts = tuple(f"{head}." for head in row.head_modules)
        head = sum(p.numel() for at, p in model.named_parameters() if at.startswith(starts))
        said = torchvision.models.get_model_weights(name).DEFAULT.meta["num_params"]
        if row.params + head != said or differences(built_blocks(row), model, counts_head=False):
            wrong[name] = (row.params + head, said)
    assert wrong == {}
