# pyright: basic, reportMissingImports=false
"""torchvision: a row for each entry of its weights, and one for each builder that has some."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import timm
import torch
import torchvision
from torchvision.models import WeightsEnum

from service.contract.words import Family, Modality, Task
from service.knowledge.index import Knowledge
from service.knowledge.rows import BuildRow, TagRow
from tools.catalogue.built_blocks import build_row

TASKS = {
    "torchvision.models": (Task.IMAGE_CLASSIFICATION, Task.IMAGE_FEATURE_EXTRACTION),
    "torchvision.models.detection": (Task.OBJECT_DETECTION,),
    "torchvision.models.segmentation": (Task.IMAGE_SEGMENTATION,),
    "torchvision.models.video": (Task.VIDEO_CLASSIFICATION,),
}
"""What the models of a package do; other packages hold quantised models and models of flow."""

OF_NAMES = {"maskrcnn": (Task.OBJECT_DETECTION, Task.INSTANCE_SEGMENTATION), "keypointrcnn": (Task.KEYPOINT_DETECTION,)}
"""What models of these names do instead."""

FAMILIES = {
    Task.OBJECT_DETECTION: Family.DETECTOR,
    Task.KEYPOINT_DETECTION: Family.DETECTOR,
    Task.INSTANCE_SEGMENTATION: Family.SEGMENTER,
    Task.IMAGE_SEGMENTATION: Family.SEGMENTER,
}
"""The families of what is built whole, by the last of its tasks; layers tell those of backbones."""

RECIPES = {"torchvision.models": "in1k", "torchvision.models.video": "kinetics"}
"""What the weights of a package learned from; the others' are of COCO."""

PREDICTORS = (
    "box_predictor",
    "mask_predictor",
    "keypoint_predictor",
    "cls_logits",
    "low_classifier",
    "high_classifier",
)
"""Parts of detectors and segmenters that give scores for classes: these are new for other classes."""

CLASSIFIERS = ("fc", "heads.head", "head", "classifier", "aux_classifier")
"""Modules whose last layer gives the scores, where nothing has a predictor's name."""


def entries() -> Iterator[tuple[str, str, Any]]:
    """The name of a builder, of its package, and each entry of its weights."""
    for name in torchvision.models.list_models():
        builder = torchvision.models.get_model_builder(name)
        package = builder.__module__.rpartition(".")[0]
        if package in TASKS:
            yield from ((name, package, entry) for entry in torchvision.models.get_model_weights(name))


def tags() -> Iterator[TagRow]:
    """Every entry of weights, under the name under which torchvision loads it."""
    for name, package, entry in entries():
        default = entry == torchvision.models.get_model_weights(name).DEFAULT
        recipe = "swag" if "SWAG" in entry.name else RECIPES.get(package, "coco")
        crop = getattr(entry.transforms(), "crop_size", None) or getattr(entry.transforms(), "resize_size", None) or [0]
        yield TagRow(
            id=f"{type(entry).__name__}.{entry.name}",
            build=f"torchvision/{name}",
            recipe=f"torchvision-{recipe}",
            licence="cc-by-nc-4.0" if recipe == "swag" else "bsd-3-clause",
            image_px=crop[-1],
            aliases=(f"torchvision/{name}", *(() if timm.is_model(name) else (name,))) if default else (),
        )


def builds(know: Knowledge, left_out: dict[str, str]) -> Iterator[BuildRow]:
    """The builders' models, without numbers; why where one is left out."""
    for name, package in dict.fromkeys((name, package) for name, package, _ in entries()):
        try:
            yield _build(name, package, know)
        except Exception as error:
            left_out[f"torchvision/{name}"] = f"{type(error).__name__}: {error}"[:200]


def _build(name: str, package: str, know: Knowledge) -> BuildRow:
    model = as_loaded(name)
    kind = "linear" if package in RECIPES else "task"
    tasks = OF_NAMES.get(name.partition("_")[0], TASKS[package])
    reads = (Modality.VIDEO,) if package.endswith("video") else (Modality.IMAGE,)
    heads = _heads(dict(model.named_modules()))
    return build_row(f"torchvision/{name}", model, heads, tasks, kind, know, FAMILIES.get(tasks[-1]), modalities=reads)


def as_loaded(name: str) -> torch.nn.Module:
    """A builder's model as it is when its weights are loaded, without loading them.

    What a model is depends on whether it has weights: which norms are fixed, and which classifiers stand on the way.
    """
    weights = torchvision.models.get_model_weights(name).DEFAULT
    device = torch.device("cpu" if "regnet" in name else "meta")
    with (
        device,
        patch.object(WeightsEnum, "get_state_dict", lambda *_, **__: {}),
        patch.object(torch.nn.Module, "load_state_dict", lambda *_, **__: None),
    ):
        return torchvision.models.get_model_builder(name)(weights=weights)


def _heads(modules: dict[str, torch.nn.Module]) -> tuple[str, ...]:
    """The modules that are new for other classes."""
    predictors = tuple(name for name in modules if name.rpartition(".")[2] in PREDICTORS and "rpn" not in name)
    if predictors or "head.classification_head" in modules:
        return predictors or ("head.classification_head",)
    return tuple(_last_layer(name, modules) for name in CLASSIFIERS if name in modules and _has_layer(modules[name]))


def _has_layer(module: torch.nn.Module) -> bool:
    return any(isinstance(one, torch.nn.Linear | torch.nn.Conv2d | torch.nn.Conv3d) for one in module.modules())


def _last_layer(head: str, modules: dict[str, torch.nn.Module]) -> str:
    """The layer of a classifier that gives the scores."""
    layers = [name for name in modules if name == head or name.startswith(f"{head}.")]
    return next(
        name
        for name in reversed(layers)
        if isinstance(modules[name], torch.nn.Linear | torch.nn.Conv2d | torch.nn.Conv3d)
    )
