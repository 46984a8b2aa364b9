# pyright: basic, reportMissingImports=false
"""TorchGeo's models of many bands: timm's and torchvision's networks with a first layer for more channels."""

from collections.abc import Iterator

import timm
import torch
import torchvision
from torch import nn

from service.contract.words import Task
from service.knowledge.index import Knowledge
from service.knowledge.rows import BuildRow
from tools.catalogue.built_blocks import build_row

TASKS = (Task.IMAGE_SEGMENTATION, Task.IMAGE_CLASSIFICATION, Task.IMAGE_FEATURE_EXTRACTION)
ALL_BANDS, SATLAS_BANDS = 13, 9
"""The bands of Sentinel-2, and those that SatlasPretrain reads of them."""

TIMM = {
    "resnet18-13": ("resnet18", ALL_BANDS),
    "resnet50-13": ("resnet50", ALL_BANDS),
    "vit-small-13": ("vit_small_patch16_224", ALL_BANDS),
    "resnet50-9": ("resnet50", SATLAS_BANDS),
}
SWINS = {"swin-v2-t-9": "swin_v2_t", "swin-v2-b-9": "swin_v2_b"}


def builds(know: Knowledge) -> Iterator[BuildRow]:
    """The models, without numbers."""
    for name, (model, channels) in TIMM.items():
        with torch.device("meta"):
            built = timm.create_model(model, in_chans=channels, num_classes=1000)
        yield _row(name, built, built.default_cfg["classifier"], channels, know)
    for name, model in SWINS.items():
        with torch.device("meta"):
            built = torchvision.models.get_model(model, weights=None)
            stem = built.features[0][0]
            built.features[0][0] = nn.Conv2d(SATLAS_BANDS, stem.out_channels, stem.kernel_size, stem.stride)
        yield _row(name, built, "head", SATLAS_BANDS, know)


def _row(name: str, model: nn.Module, head: str, channels: int, know: Knowledge) -> BuildRow:
    return build_row(f"torchgeo/{name}", model, (head,), TASKS, "linear", know, channels=channels)
