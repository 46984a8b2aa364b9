# pyright: basic, reportMissingImports=false
"""Models of transformers whose blocks no formula counts: built once, and read as the models of the other libraries.

Their configurations are transformers' own defaults, or those numbers of timm's model of the same name.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
import transformers

from service.contract.words import Family, Modality, Task
from service.knowledge.index import Knowledge
from service.knowledge.rows import BuildRow
from tools.catalogue.built_blocks import build_row

IMAGES = (Task.IMAGE_CLASSIFICATION, Task.IMAGE_FEATURE_EXTRACTION)
BOXES = (Task.OBJECT_DETECTION,)
MASKS = (Task.IMAGE_SEGMENTATION,)
IMAGE = (Modality.IMAGE,)


class Port(NamedTuple):
    """A class, its configuration with the settings that differ from its defaults, and the modules of its new head."""

    model: str
    config: str
    heads: tuple[str, ...]
    tasks: tuple[Task, ...] = IMAGES
    family: Family | None = None
    head_kind: str = "linear"
    settings: Mapping[str, Any] = MappingProxyType({})
    modalities: tuple[Modality, ...] = IMAGE


def _resnet(depths: list[int], basic: bool = False) -> Port:
    settings: dict[str, Any] = {"depths": depths}
    if basic:
        settings |= {"hidden_sizes": [64, 128, 256, 512], "layer_type": "basic"}
    return Port("ResNetForImageClassification", "ResNetConfig", ("classifier.1",), settings=settings)


def _convnext(version: str, depths: list[int], widths: list[int]) -> Port:
    settings = {"depths": depths, "hidden_sizes": widths}
    return Port(
        f"ConvNext{version}ForImageClassification", f"ConvNext{version}Config", ("classifier",), settings=settings
    )


def _swin(width: int, depths: list[int], heads: list[int]) -> Port:
    settings = {"embed_dim": width, "depths": depths, "num_heads": heads}
    return Port("SwinForImageClassification", "SwinConfig", ("classifier",), settings=settings)


def _segformer(depths: list[int], widths: list[int], decoder: int) -> Port:
    return Port(
        "SegformerForSemanticSegmentation",
        "SegformerConfig",
        ("decode_head.classifier",),
        MASKS,
        Family.SEGMENTER,
        settings={"depths": depths, "hidden_sizes": widths, "decoder_hidden_size": decoder},
    )


WIDE = [64, 128, 320, 512]
CLASSES = ("model.decoder.class_embed", "model.enc_score_head", "model.denoising_class_embed")

PORTS: dict[str, Port] = {
    "resnet-18": _resnet([2, 2, 2, 2], basic=True),
    "resnet-34": _resnet([3, 4, 6, 3], basic=True),
    "resnet-50": _resnet([3, 4, 6, 3]),
    "resnet-101": _resnet([3, 4, 23, 3]),
    "resnet-152": _resnet([3, 8, 36, 3]),
    "convnext-tiny": _convnext("", [3, 3, 9, 3], [96, 192, 384, 768]),
    "convnext-small": _convnext("", [3, 3, 27, 3], [96, 192, 384, 768]),
    "convnext-base": _convnext("", [3, 3, 27, 3], [128, 256, 512, 1024]),
    "convnext-large": _convnext("", [3, 3, 27, 3], [192, 384, 768, 1536]),
    "convnextv2-tiny": _convnext("V2", [3, 3, 9, 3], [96, 192, 384, 768]),
    "convnextv2-base": _convnext("V2", [3, 3, 27, 3], [128, 256, 512, 1024]),
    "swin-tiny": _swin(96, [2, 2, 6, 2], [3, 6, 12, 24]),
    "swin-small": _swin(96, [2, 2, 18, 2], [3, 6, 12, 24]),
    "swin-base": _swin(128, [2, 2, 18, 2], [4, 8, 16, 32]),
    "swin-large": _swin(192, [2, 2, 18, 2], [6, 12, 24, 48]),
    "segformer-b1": _segformer([2, 2, 2, 2], WIDE, 256),
    "segformer-b3": _segformer([3, 4, 18, 3], WIDE, 768),
    "segformer-b4": _segformer([3, 8, 27, 3], WIDE, 768),
    "segformer-b5": _segformer([3, 6, 40, 3], WIDE, 768),
    "rtdetr-v2-r50": Port("RTDetrV2ForObjectDetection", "RTDetrV2Config", CLASSES, BOXES, Family.DETECTOR, "task"),
    "yolos-base": Port(
        "YolosForObjectDetection", "YolosConfig", ("class_labels_classifier",), BOXES, Family.DETECTOR, "task"
    ),
    "deformable-detr": Port(
        "DeformableDetrForObjectDetection", "DeformableDetrConfig", ("class_embed",), BOXES, Family.DETECTOR, "task"
    ),
    "rf-detr-base": Port(
        "RfDetrForObjectDetection",
        "RfDetrConfig",
        ("class_embed", "model.enc_out_class_embed"),
        BOXES,
        Family.DETECTOR,
        "task",
    ),
    "videomae-base": Port("VideoMAEForVideoClassification", "VideoMAEConfig", ("classifier",), ()),
    "layoutlmv3-base": Port(
        "LayoutLMv3ForTokenClassification",
        "LayoutLMv3Config",
        ("classifier",),
        (),
        Family.TEXT_ENCODER,
        modalities=(Modality.TEXT, Modality.IMAGE),
    ),
    "beit-base": Port(
        "BeitForImageClassification",
        "BeitConfig",
        ("classifier",),
        settings={"use_relative_position_bias": True, "layer_scale_init_value": 0.1},
    ),
}


def builds(know: Knowledge, left_out: dict[str, str]) -> Iterator[BuildRow]:
    """The ports, built on the meta device; why where one is left out."""
    for name, port in PORTS.items():
        try:
            yield _build(f"transformers/{name}", port, know)
        except Exception as error:
            left_out[name] = f"{type(error).__name__}: {error}"[:200]


def _build(id: str, port: Port, know: Knowledge) -> BuildRow:
    settings = getattr(transformers, port.config)(**port.settings)
    if getattr(settings, "use_timm_backbone", False):
        settings.use_pretrained_backbone = False
    with torch.device("meta"):
        model = getattr(transformers, port.model)(settings)
    return build_row(id, model, port.heads, port.tasks, port.head_kind, know, port.family, port.modalities)
