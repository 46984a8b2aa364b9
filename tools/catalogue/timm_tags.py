# pyright: basic, reportMissingImports=false
"""timm: a row for each pretrained tag, and one for each architecture that a tag has weights for."""

from collections.abc import Iterator
from typing import Any

import timm
import torch
from timm.models import get_pretrained_cfg

from service.contract.words import Task
from service.knowledge.index import Knowledge
from service.knowledge.rows import BuildRow, TagRow
from tools.catalogue.built_blocks import build_row
from tools.catalogue.recipes import recipe_of

TASKS = (Task.IMAGE_CLASSIFICATION, Task.IMAGE_FEATURE_EXTRACTION)

WHOLE = "Florence-2"
"""How the pages of a model begin whose eye alone is timm's."""


def tags() -> Iterator[TagRow]:
    """Every tag with weights whose pretraining its name tells."""
    first: set[str] = set()
    for name in timm.list_pretrained():
        config: Any = get_pretrained_cfg(name)
        recipe = recipe_of(config.tag) or recipe_of(config.architecture)
        if recipe is None:
            continue
        aliases = [config.hf_hub_id] if config.hf_hub_id and _own(config.hf_hub_id, name) else []
        if config.architecture not in first and timm.models.get_pretrained_cfg(config.architecture).tag == config.tag:
            first.add(config.architecture)
            aliases.append(config.architecture)
        yield TagRow(
            id=name,
            build=config.architecture,
            recipe=recipe.id,
            licence=config.license or "",
            image_px=config.input_size[-1],
            aliases=tuple(dict.fromkeys(aliases)),
        )


def builds(names: list[str], know: Knowledge, left_out: dict[str, str]) -> Iterator[BuildRow]:
    """The architectures, built on the meta device with a head for a thousand classes; why where one is left out."""
    for name in names:
        try:
            with torch.device("meta"):
                model = timm.create_model(name, num_classes=1000)
            heads = model.default_cfg["classifier"]
            heads = (heads,) if isinstance(heads, str) else tuple(heads or ())
            yield build_row(name, model, heads, TASKS, "linear", know)
        except Exception as error:
            left_out[name] = f"{type(error).__name__}: {error}"[:200]


def _own(hub_id: str, name: str) -> bool:
    """Whether a page of the hub is this checkpoint's alone: some hold one of another name, or a whole model."""
    owner, _, page = hub_id.partition("/")
    return page == name or (owner != "timm" and not page.startswith(WHOLE))
