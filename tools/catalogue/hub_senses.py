# pyright: basic, reportMissingImports=false
"""Ports of transformers' models that see pictures and pages, or hear, in further sizes and of further classes."""

from typing import Any

from service.contract.words import Family, Modality, Task
from tools.catalogue.hub_languages import (
    AUDIO,
    BOTH,
    LABELS,
    LARGE,
    SPOKEN,
    TEXT,
    encoder,
    listener,
    seer,
    summariser,
)
from tools.catalogue.hub_ports import BOXES, CLIPS, MASKS, PROMPTS, VIDEO, Port

SOUNDS = (Task.AUTOMATIC_SPEECH_RECOGNITION, Task.AUDIO_CLASSIFICATION)
FORMS = (Task.TOKEN_CLASSIFICATION, Task.TEXT_CLASSIFICATION)
SERIES = (Task.TIME_SERIES_FORECASTING,)


def _classifier(name: str, settings: dict[str, Any], heads: tuple[str, ...] = ("classifier",)) -> Port:
    return Port(f"{name}ForImageClassification", f"{name}Config", heads, settings=settings)


def _levit(widths: list[int], depths: list[int], heads: list[int], keys: int) -> Port:
    numbers = {"hidden_sizes": widths, "depths": depths, "num_attention_heads": heads, "key_dim": [keys] * 3}
    return _classifier("Levit", numbers, ("classifier.linear",))


def _convnextv2(depths: list[int], widths: list[int]) -> Port:
    return _classifier("ConvNextV2", {"depths": depths, "hidden_sizes": widths})


def _sam(width: int, layers: int, heads: int, whole: list[int]) -> Port:
    sight = {"hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": heads}
    settings = {"vision_config": {**sight, "global_attn_indexes": whole, "mlp_dim": 4 * width}}
    return Port("SamModel", "SamConfig", ("mask_decoder",), PROMPTS, Family.SEGMENTER, "lm", settings)


def _yolos(width: int, heads: int, px: list[int]) -> Port:
    numbers = {"hidden_size": width, "num_attention_heads": heads, "intermediate_size": 4 * width, "image_size": px}
    settings = {**numbers, "use_mid_position_embeddings": False}
    return Port(
        "YolosForObjectDetection", "YolosConfig", ("class_labels_classifier",), BOXES, Family.DETECTOR, "task", settings
    )


def _swin(width: int, heads: list[int], stages: list[str]) -> dict[str, Any]:
    """The larger Swin backbones, over windows of twelve patches."""
    numbers = {"embed_dim": width, "depths": [2, 2, 18, 2], "num_heads": heads, "window_size": 12, "image_size": 384}
    return {"model_type": "swin", **numbers, "out_features": stages}


def _rf_detr(layers: int, px: int) -> Port:
    """RF-DETR of the later sizes, over patches of 16 pixels in four windows."""
    eyes = {"patch_size": 16, "image_size": px, "num_windows": 2}
    heads = ("class_embed", "model.enc_out_class_embed")
    settings = {"decoder_layers": layers}
    return Port(
        "RfDetrForObjectDetection", "RfDetrConfig", heads, BOXES, Family.DETECTOR, "task", settings, backbone=eyes
    )


def _listener(name: str, settings: dict[str, Any]) -> Port:
    """An encoder of speech, with a new head."""
    heads = ("projector", "classifier")
    return Port(
        f"{name}ForSequenceClassification",
        f"{name}Config",
        heads,
        SOUNDS,
        Family.SPEECH_ENCODER,
        "task",
        settings,
        AUDIO,
    )


def _chronos(layers: int, width: int, inner: int, heads: int) -> Port:
    """T5 over 4,096 words for the height of a series."""
    numbers = {"num_layers": layers, "d_model": width, "d_ff": inner, "num_heads": heads, "vocab_size": 4096}
    model = "T5ForConditionalGeneration"
    return Port(model, "T5Config", ("lm_head",), SERIES, Family.TIME_SERIES, "tied", numbers, (Modality.TIME_SERIES,))


DEBERTA = {
    "vocab_size": 50265,
    "type_vocab_size": 0,
    "relative_attention": True,
    "position_biased_input": False,
    "pos_att_type": ["c2p", "p2c"],
}
DINOV2 = {"image_size": 518, "patch_size": 14}
STABLE = {"conv_bias": True, "do_stable_layer_norm": True, "feat_extract_norm": "layer"}
HUGE = {"hidden_size": 1280, "num_hidden_layers": 48, "num_attention_heads": 16, "intermediate_size": 5120}

PORTS: dict[str, Port] = {
    "cvt-21": _classifier("Cvt", {"depth": [1, 4, 16]}),
    "levit-128s": _levit([128, 256, 384], [2, 3, 4], [4, 6, 8], 16),
    "levit-256": _levit([256, 384, 512], [4, 4, 4], [4, 6, 8], 32),
    "focalnet-tiny": _classifier("FocalNet", {}),
    "poolformer-s12": _classifier("PoolFormer", {}),
    "efficientnet-b0": _classifier(
        "EfficientNet", {"width_coefficient": 1.0, "depth_coefficient": 1.0, "hidden_dim": 1280}
    ),
    "mobilenet-v1": _classifier("MobileNetV1", {}),
    "mobilevit-xx-small": _classifier(
        "MobileViT",
        {
            "hidden_sizes": [64, 80, 96],
            "neck_hidden_sizes": [16, 16, 24, 48, 64, 80, 320],
            "expand_ratio": 2.0,
        },
    ),
    "beit-large": _classifier("Beit", {**LARGE, "use_relative_position_bias": True}),
    "data2vec-vision-base": _classifier("Data2VecVision", {"use_relative_position_bias": True}),
    "convnextv2-atto": _convnextv2([2, 2, 6, 2], [40, 80, 160, 320]),
    "convnextv2-nano": _convnextv2([2, 2, 8, 2], [80, 160, 320, 640]),
    "convnextv2-large": _convnextv2([3, 3, 27, 3], [192, 384, 768, 1536]),
    "dinov2-registers-small": _classifier(
        "Dinov2WithRegisters", {**DINOV2, "hidden_size": 384, "num_attention_heads": 6}
    ),
    "dinov2-registers-base": _classifier("Dinov2WithRegisters", DINOV2),
    "dinov2-registers-large": _classifier(
        "Dinov2WithRegisters", {**DINOV2, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16}
    ),
    "dinov2-giant": _classifier(
        "Dinov2",
        {
            "hidden_size": 1536,
            "num_hidden_layers": 40,
            "num_attention_heads": 24,
            "use_swiglu_ffn": True,
            **DINOV2,
        },
    ),
    "vit-msn-base": _classifier("ViTMSN", {}),
    "ijepa-huge": _classifier(
        "IJepa",
        {
            "hidden_size": 1280,
            "num_hidden_layers": 32,
            "num_attention_heads": 16,
            "intermediate_size": 5120,
            "patch_size": 14,
        },
    ),
    "sam-vit-large": _sam(1024, 24, 16, [5, 11, 17, 23]),
    "sam-vit-huge": _sam(1280, 32, 16, [7, 15, 23, 31]),
    "yolos-tiny": _yolos(192, 3, [800, 1333]),
    "yolos-small": _yolos(384, 6, [512, 864]),
    "rf-detr-nano": _rf_detr(2, 384),
    "rf-detr-small": _rf_detr(3, 512),
    "rf-detr-medium": _rf_detr(4, 576),
    "rf-detr-large": _rf_detr(4, 704),
    "grounding-dino-base": Port(
        "GroundingDinoForObjectDetection",
        "GroundingDinoConfig",
        ("model.decoder.bbox_embed",),
        (Task.ZERO_SHOT_OBJECT_DETECTION, *BOXES),
        Family.DETECTOR,
        "lm",
        {"backbone_config": _swin(128, [4, 8, 16, 32], ["stage2", "stage3", "stage4"])},
    ),
    "mask2former-swin-large": Port(
        "Mask2FormerForUniversalSegmentation",
        "Mask2FormerConfig",
        ("class_predictor",),
        (Task.INSTANCE_SEGMENTATION, *MASKS),
        Family.SEGMENTER,
        "task",
        {"backbone_config": _swin(192, [6, 12, 24, 48], ["stage1", "stage2", "stage3", "stage4"])},
    ),
    "dab-detr-r50": Port(
        "DabDetrForObjectDetection", "DabDetrConfig", ("class_embed",), BOXES, Family.DETECTOR, "task"
    ),
    "eomt-large": Port(
        "EomtForUniversalSegmentation",
        "EomtConfig",
        ("class_predictor",),
        (Task.INSTANCE_SEGMENTATION, *MASKS),
        Family.SEGMENTER,
        "task",
    ),
    "videomae-small": Port(
        "VideoMAEForVideoClassification",
        "VideoMAEConfig",
        ("classifier",),
        CLIPS,
        settings={"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536},
        modalities=VIDEO,
    ),
    "pix2struct-base": Port(
        "Pix2StructForConditionalGeneration",
        "Pix2StructConfig",
        ("decoder.lm_head",),
        (Task.IMAGE_TEXT_TO_TEXT, Task.IMAGE_TO_TEXT),
        Family.ENCODER_DECODER,
        "lm",
        modalities=BOTH,
    ),
    "vilt-b32": Port(
        "ViltForQuestionAnswering",
        "ViltConfig",
        ("classifier",),
        (Task.IMAGE_TEXT_TO_TEXT,),
        Family.TEXT_ENCODER,
        modalities=BOTH,
    ),
    "layoutlmv3-large": Port(
        "LayoutLMv3ForTokenClassification",
        "LayoutLMv3Config",
        ("classifier",),
        FORMS,
        Family.TEXT_ENCODER,
        settings=LARGE,
        modalities=BOTH,
    ),
    "lilt-roberta-en-base": Port(
        "LiltForTokenClassification",
        "LiltConfig",
        ("classifier",),
        FORMS,
        Family.TEXT_ENCODER,
        settings={"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1},
        modalities=TEXT,
    ),
    "hubert-xlarge": _listener("Hubert", {**HUGE, **STABLE}),
    "distilhubert": _listener("Hubert", {"num_hidden_layers": 2, "feat_proj_layer_norm": False}),
    "unispeech-sat-base": _listener("UniSpeechSat", {}),
    "data2vec-audio-base": _listener("Data2VecAudio", {}),
    "wav2vec2-conformer-rope-large": _listener("Wav2Vec2Conformer", {**LARGE, "position_embeddings_type": "rotary"}),
    "mms-1b-all": listener(
        "Wav2Vec2",
        "Wav2Vec2ForCTC",
        ("lm_head",),
        Family.SPEECH_ENCODER,
        {**HUGE, **STABLE, "adapter_attn_dim": 16},
    )._replace(head_kind="task"),
    "parakeet-ctc-0.6b": listener("ParakeetCTC", "ParakeetForCTC", ("ctc_head",), Family.SPEECH_ENCODER, {})._replace(
        head_kind="task"
    ),
    "parakeet-ctc-1.1b": listener(
        "ParakeetCTC",
        "ParakeetForCTC",
        ("ctc_head",),
        Family.SPEECH_ENCODER,
        {"encoder_config": {"num_hidden_layers": 42}},
    )._replace(head_kind="task"),
    "s2t-small": listener(
        "Speech2Text", "Speech2TextForConditionalGeneration", ("lm_head",), Family.SPEECH_SEQ2SEQ, {}
    ),
    "seamless-m4t-v2-large": listener(
        "SeamlessM4Tv2", "SeamlessM4Tv2ForSpeechToText", ("lm_head",), Family.SPEECH_SEQ2SEQ, {}
    ),
    "voxtral-mini-3b": seer("Voxtral", "lm", {})._replace(tasks=SPOKEN, modalities=(Modality.TEXT, Modality.AUDIO)),
    "chronos-t5-tiny": _chronos(4, 256, 1024, 4),
    "chronos-t5-mini": _chronos(4, 384, 1536, 8),
    "chronos-t5-small": _chronos(6, 512, 2048, 8),
    "chronos-t5-base": _chronos(12, 768, 3072, 12),
    "chronos-t5-large": _chronos(24, 1024, 4096, 16),
    "deberta-base": encoder("Deberta", DEBERTA),
    "deberta-large": encoder("Deberta", {**DEBERTA, **LARGE}),
    "xlm-roberta-xl": encoder("XLMRobertaXL"),
    "squeezebert": encoder("SqueezeBert"),
    "funnel-small": encoder("Funnel", heads=("classifier",), tasks=LABELS),
    "convbert-base": encoder("ConvBert"),
    "distilbart-12-6": summariser("Bart", {"decoder_layers": 6}),
    "bigbird-pegasus-large": summariser("BigBirdPegasus", {}),
    "long-t5-tglobal-base": summariser(
        "LongT5",
        {
            "num_layers": 12,
            "num_heads": 12,
            "d_model": 768,
            "d_ff": 2048,
            "feed_forward_proj": "gated-gelu",
            "encoder_attention_type": "transient-global",
        },
    ),
    "switch-base-8": summariser("SwitchTransformers", {}),
}
