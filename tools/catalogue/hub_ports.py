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
CLIPS = (Task.VIDEO_CLASSIFICATION,)
PROMPTS = (Task.MASK_GENERATION,)
IMAGE = (Modality.IMAGE,)
VIDEO = (Modality.VIDEO,)


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
    backbone: Mapping[str, Any] = MappingProxyType({})
    """What differs in the configuration of its backbone."""


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


def _swinv2(width: int, depths: list[int], heads: list[int]) -> Port:
    settings = {"embed_dim": width, "depths": depths, "num_heads": heads, "image_size": 256, "window_size": 8}
    return Port("Swinv2ForImageClassification", "Swinv2Config", ("classifier",), settings=settings)


def _owl(name: str, settings: dict[str, Any]) -> Port:
    return Port(
        f"{name}ForObjectDetection",
        f"{name}Config",
        ("class_head",),
        (Task.ZERO_SHOT_OBJECT_DETECTION, Task.OBJECT_DETECTION),
        Family.DETECTOR,
        "lm",
        settings,
    )


def segformer(depths: list[int], widths: list[int], decoder: int) -> Port:
    """SegFormer of so many blocks a stage, of these widths, and the width of its decoder."""
    return Port(
        "SegformerForSemanticSegmentation",
        "SegformerConfig",
        ("decode_head.classifier",),
        MASKS,
        Family.SEGMENTER,
        settings={"depths": depths, "hidden_sizes": widths, "decoder_hidden_size": decoder},
    )


def _mask2former(backbone: Mapping[str, Any]) -> Port:
    return Port(
        "Mask2FormerForUniversalSegmentation",
        "Mask2FormerConfig",
        ("class_predictor",),
        (Task.INSTANCE_SEGMENTATION, Task.IMAGE_SEGMENTATION),
        Family.SEGMENTER,
        "task",
        backbone=backbone,
    )


def _hiera(widths: list[int], own: dict[str, Any]) -> dict[str, Any]:
    trunk = {
        "model_type": "sam2_hiera_det_model",
        "num_attention_heads": 2,
        "num_attention_heads_per_stage": [2, 4, 8, 16],
        "embed_dim_per_stage": widths,
        **own,
    }
    sight = {"model_type": "sam2_vision_model", "backbone_channel_list": widths[::-1], "backbone_config": trunk}
    return {"vision_config": sight}


HIERA_SMALL = {
    "vision_config": {
        "model_type": "sam2_vision_model",
        "backbone_config": {"model_type": "sam2_hiera_det_model", "blocks_per_stage": [1, 2, 11, 2]},
    }
}


HIERA_BASE_PLUS = _hiera(
    [112, 224, 448, 896],
    {"hidden_size": 112, "blocks_per_stage": [2, 3, 16, 3], "window_positional_embedding_background_size": [14, 14]},
)
HIERA_LARGE = _hiera(
    [144, 288, 576, 1152],
    {
        "hidden_size": 144,
        "blocks_per_stage": [2, 6, 36, 4],
        "window_size_per_stage": [8, 4, 16, 8],
        "global_attention_blocks": [23, 33, 43],
    },
)


def _promptable(name: str, settings: Mapping[str, Any] = MappingProxyType({})) -> Port:
    return Port(f"{name}Model", f"{name}Config", ("mask_decoder",), PROMPTS, Family.SEGMENTER, "lm", settings)


WIDE = [64, 128, 320, 512]
CLASSES = ("model.decoder.class_embed", "model.enc_score_head", "model.denoising_class_embed")


def _hgnet(
    ins: list[int], mids: list[int], outs: list[int], layers: int, stem: list[int], blocks: list[int]
) -> dict[str, Any]:
    """The backbone of a D-FINE; those below the large one scale each activation by learnt numbers."""
    return {
        "hidden_sizes": outs,
        "stem_channels": stem,
        "stage_in_channels": ins,
        "stage_mid_channels": mids,
        "stage_out_channels": outs,
        "stage_num_blocks": blocks,
        "stage_numb_of_layers": [layers] * 4,
        "use_learnable_affine_block": layers < 6,
    }


def _dfine(backbone: dict[str, Any], settings: dict[str, Any]) -> Port:
    own = {"encoder_in_channels": backbone["hidden_sizes"][1:], "decoder_n_points": [3, 6, 3], **settings}
    return Port(
        "DFineForObjectDetection",
        "DFineConfig",
        CLASSES,
        BOXES,
        Family.DETECTOR,
        "task",
        settings=own,
        backbone=backbone,
    )


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
    "segformer-b1": segformer([2, 2, 2, 2], WIDE, 256),
    "segformer-b3": segformer([3, 4, 18, 3], WIDE, 768),
    "segformer-b4": segformer([3, 8, 27, 3], WIDE, 768),
    "segformer-b5": segformer([3, 6, 40, 3], WIDE, 768),
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
    "dfine-s": _dfine(
        _hgnet([16, 64, 256, 512], [16, 32, 64, 128], [64, 256, 512, 1024], 3, [3, 16, 16], [1, 1, 2, 1]),
        {"decoder_layers": 3, "hidden_expansion": 0.5, "depth_mult": 0.34},
    ),
    "dfine-m": _dfine(
        _hgnet([32, 96, 384, 768], [32, 64, 128, 256], [96, 384, 768, 1536], 4, [3, 24, 32], [1, 1, 3, 1]),
        {"decoder_layers": 4, "depth_mult": 0.67},
    ),
    "dfine-l": _dfine(
        _hgnet([48, 128, 512, 1024], [48, 96, 192, 384], [128, 512, 1024, 2048], 6, [3, 32, 48], [1, 1, 3, 1]),
        {},
    ),
    "videomae-base": Port("VideoMAEForVideoClassification", "VideoMAEConfig", ("classifier",), CLIPS, modalities=VIDEO),
    "timesformer-base": Port(
        "TimesformerForVideoClassification", "TimesformerConfig", ("classifier",), CLIPS, modalities=VIDEO
    ),
    "vivit-b-16x2": Port("VivitForVideoClassification", "VivitConfig", ("classifier",), CLIPS, modalities=VIDEO),
    "vjepa2-vitl": Port("VJEPA2ForVideoClassification", "VJEPA2Config", ("classifier",), CLIPS, modalities=VIDEO),
    "vitpose-base": Port(
        "VitPoseForPoseEstimation", "VitPoseConfig", ("head",), (Task.KEYPOINT_DETECTION,), head_kind="task"
    ),
    "swinv2-tiny-256": _swinv2(96, [2, 2, 6, 2], [3, 6, 12, 24]),
    "swinv2-small-256": _swinv2(96, [2, 2, 18, 2], [3, 6, 12, 24]),
    "swinv2-base-256": _swinv2(128, [2, 2, 18, 2], [4, 8, 16, 32]),
    "mobilevit-small": Port("MobileViTForImageClassification", "MobileViTConfig", ("classifier",)),
    "conditional-detr-r50": Port(
        "ConditionalDetrForObjectDetection",
        "ConditionalDetrConfig",
        ("class_labels_classifier",),
        BOXES,
        Family.DETECTOR,
        "task",
    ),
    "table-transformer": Port(
        "TableTransformerForObjectDetection",
        "TableTransformerConfig",
        ("class_labels_classifier",),
        BOXES,
        Family.DETECTOR,
        "task",
    ),
    "maskformer-swin-base": Port(
        "MaskFormerForInstanceSegmentation",
        "MaskFormerConfig",
        ("class_predictor",),
        (Task.IMAGE_SEGMENTATION, Task.INSTANCE_SEGMENTATION),
        Family.SEGMENTER,
        "task",
    ),
    "owlv2-base-ensemble": _owl("Owlv2", {"vision_config": {"image_size": 960}}),
    "owlvit-base-patch32": _owl("OwlViT", {}),
    "clipseg-rd64-refined": Port(
        "CLIPSegForImageSegmentation",
        "CLIPSegConfig",
        ("decoder",),
        MASKS,
        Family.SEGMENTER,
        "lm",
        {"use_complex_transposed_convolution": True},
    ),
    "sam2.1-hiera-base-plus": _promptable("Sam2", HIERA_BASE_PLUS),
    "sam2.1-hiera-large": _promptable("Sam2", HIERA_LARGE),
    "sam-vit-base": _promptable("Sam"),
    "sam2.1-hiera-tiny": _promptable("Sam2"),
    "sam2.1-hiera-small": _promptable("Sam2", HIERA_SMALL),
    "sam3": Port(
        "Sam3Model",
        "Sam3Config",
        ("mask_decoder",),
        (*PROMPTS, Task.INSTANCE_SEGMENTATION, Task.ZERO_SHOT_OBJECT_DETECTION),
        Family.SEGMENTER,
        "lm",
    ),
    "grounding-dino-tiny": Port(
        "GroundingDinoForObjectDetection",
        "GroundingDinoConfig",
        ("model.decoder.bbox_embed",),
        (Task.ZERO_SHOT_OBJECT_DETECTION, Task.OBJECT_DETECTION),
        Family.DETECTOR,
        "lm",
    ),
    "mask2former-swin-small": _mask2former({}),
    "mask2former-swin-base": _mask2former(
        {"embed_dim": 128, "num_heads": [4, 8, 16, 32], "hidden_size": 1024, "window_size": 12, "image_size": 384}
    ),
    "timesfm-2.0-500m": Port(
        "TimesFmModelForPrediction",
        "TimesFmConfig",
        ("horizon_ff_layer",),
        (Task.TIME_SERIES_FORECASTING,),
        Family.TIME_SERIES,
        "lm",
        modalities=(Modality.TIME_SERIES,),
    ),
    "blip-base": Port(
        "BlipForConditionalGeneration",
        "BlipConfig",
        ("text_decoder.cls",),
        (Task.IMAGE_TO_TEXT,),
        Family.ENCODER_DECODER,
        "lm",
    ),
    "layoutlmv3-base": Port(
        "LayoutLMv3ForTokenClassification",
        "LayoutLMv3Config",
        ("classifier",),
        (Task.TOKEN_CLASSIFICATION,),
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


def builds(ports: Mapping[str, Port], know: Knowledge, left_out: dict[str, str]) -> Iterator[BuildRow]:
    """The ports, built on the meta device; why where one is left out."""
    for name, port in ports.items():
        try:
            yield _build(f"transformers/{name}", port, know)
        except Exception as error:
            left_out[name] = f"{type(error).__name__}: {error}"[:200]


def built(port: Port, device: str = "meta") -> Any:
    """The port's model, on the meta device without numbers."""
    settings = getattr(transformers, port.config)(**port.settings)
    if getattr(settings, "use_timm_backbone", False):
        settings.use_pretrained_backbone = False
    for setting, value in port.backbone.items():
        setattr(settings.backbone_config, setting, value)
    with torch.device(device):
        return getattr(transformers, port.model)(settings)


def _build(id: str, port: Port, know: Knowledge) -> BuildRow:
    model = built(port)
    return build_row(id, model, port.heads, port.tasks, port.head_kind, know, port.family, port.modalities)
