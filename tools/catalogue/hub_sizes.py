# pyright: basic, reportMissingImports=false
"""Ports of transformers' classes in the sizes that people tune beside those of `hub_languages` and `hub_ports`."""

from typing import Any

from service.contract.words import Family, Task
from tools.catalogue.hub_languages import BOTH, LARGE, decoder, encoder, intern, listener, seer, writer
from tools.catalogue.hub_ports import BOXES, CLASSES, CLIPS, VIDEO, Port


def _qwen(name: str, text: dict[str, Any], sight: dict[str, Any]) -> Port:
    return seer(name, "lm", {"text_config": text, "vision_config": sight, "tie_word_embeddings": False})


def _qwen2_5(text: dict[str, Any]) -> Port:
    sight = {"hidden_size": 1280, "intermediate_size": 3456, "depth": 32, "out_hidden_size": text["hidden_size"]}
    return _qwen("Qwen2_5_VL", text, sight)


def _deep(width: int) -> dict[str, Any]:
    """The eyes of the larger Qwen3-VL, whose deeper layers are read too."""
    return {
        "depth": 27,
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "out_hidden_size": width,
        "deepstack_visual_indexes": [8, 16, 24],
    }


def _sighted(layers: int, width: int, inner: int, heads: int, patch: int, px: int) -> dict[str, Any]:
    return {
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "image_size": px,
        "patch_size": patch,
    }


def _idefics3(text: dict[str, Any], sight: dict[str, Any], joined: int, head_kind: str) -> Port:
    tied = head_kind == "tied"
    settings = {"text_config": text, "vision_config": sight, "scale_factor": joined, "tie_word_embeddings": tied}
    return seer("Idefics3", head_kind, settings)


def _onevision(text: dict[str, Any], tied: bool) -> Port:
    sight = {"model_type": "siglip_vision_model", **_sighted(26, 1152, 4304, 16, 14, 384), "vision_use_head": False}
    settings = {"text_config": text, "vision_config": sight, "tie_word_embeddings": tied}
    return seer("LlavaOnevision", "tied" if tied else "lm", settings)


def _plain(kind: str, layers: int, width: int, inner: int, heads: int, shared: int, words: int) -> dict[str, Any]:
    """The numbers of a model that only writes, whose class tells its kind."""
    numbers = decoder(kind, layers, width, inner, heads, shared, words)
    return {name: number for name, number in numbers.items() if name != "model_type"}


def _rtdetr(version: str, depths: list[int], basic: bool, settings: dict[str, Any]) -> Port:
    backbone: dict[str, Any] = {"depths": depths}
    if basic:
        backbone |= {"hidden_sizes": [64, 128, 256, 512], "layer_type": "basic"}
        settings = {"encoder_in_channels": [128, 256, 512], **settings}
    return Port(
        f"RTDetr{version}ForObjectDetection",
        f"RTDetr{version}Config",
        CLASSES,
        BOXES,
        Family.DETECTOR,
        "task",
        settings=settings,
        backbone=backbone,
    )


DETECTORS: dict[str, tuple[list[int], bool, dict[str, Any]]] = {
    "r18": ([2, 2, 2, 2], True, {"hidden_expansion": 0.5, "decoder_layers": 3}),
    "r34": ([3, 4, 6, 3], True, {"hidden_expansion": 0.5, "decoder_layers": 4}),
    "r101": (
        [3, 4, 23, 3],
        False,
        {"encoder_hidden_dim": 384, "encoder_ffn_dim": 2048, "decoder_in_channels": [384] * 3},
    ),
}

PORTS: dict[str, Port] = {
    "glm-4-9b": writer("Glm4", "lm"),
    "glm-4-32b": writer("Glm4", "lm", {**_plain("glm4", 61, 6144, 23040, 48, 2, 151552), "attention_bias": False}),
    "glm-4.1v-9b": seer("Glm4v", "lm", {}),
    "qwen3-next-80b-a3b": writer("Qwen3Next", "lm"),
    "qwen3.5-35b-a3b": seer("Qwen3_5Moe", "lm", {"vision_config": {"out_hidden_size": 2048}}),
    "phi-3.5-moe": writer("Phimoe", "lm", {"attention_bias": True, "lm_head_bias": True}),
    "olmoe-1b-7b": writer("Olmoe", "lm", {"intermediate_size": 1024}),
    "seed-oss-36b": writer("SeedOss", "lm", _plain("seed_oss", 64, 5120, 27648, 80, 8, 155136)),
    "ernie-4.5-0.3b": writer("Ernie4_5", "tied"),
    "apertus-8b": writer("Apertus", "lm", _plain("apertus", 32, 4096, 21504, 32, 8, 131072)),
    "afm-4.5b": writer("Arcee", "lm", {**_plain("arcee", 36, 2560, 18432, 20, 4, 128005), "head_dim": 128}),
    "exaone-4.0-1.2b": writer(
        "Exaone4", "tied", {**_plain("exaone4", 30, 2048, 4096, 32, 8, 102400), "tie_word_embeddings": True}
    ),
    "falcon-7b": writer("Falcon", "tied"),
    "stablelm-3b": writer("StableLm", "lm"),
    "stablelm-2-1.6b": writer(
        "StableLm", "lm", {**_plain("stablelm", 24, 2048, 5632, 32, 32, 100352), "use_qkv_bias": True}
    ),
    "mamba-2.8b": writer("Mamba", "tied", {"hidden_size": 2560, "num_hidden_layers": 64}),
    "llama-4-scout": seer(
        "Llama4",
        "lm",
        {
            "vision_config": {
                **_sighted(34, 1408, 5632, 16, 14, 336),
                "vision_output_dim": 4096,
                "projector_input_dim": 4096,
                "projector_output_dim": 4096,
            }
        },
    )._replace(heads=("language_model.lm_head",)),
    "mistral-small-3.1-24b": seer("Mistral3", "lm", {"tie_word_embeddings": False}),
    "got-ocr-2.0": seer("GotOcr2", "tied", {}),
    "internvl3-8b": intern(decoder("qwen2", 28, 3584, 18944, 28, 4, 151674)),
    "internvl3-14b": intern(decoder("qwen2", 48, 5120, 13824, 40, 8, 151674)),
    "internvl3.5-1b": intern({**decoder("qwen3", 28, 1024, 3072, 16, 8, 151936), "head_dim": 128}),
    "internvl3.5-2b": intern({**decoder("qwen3", 28, 2048, 6144, 16, 8, 151936), "head_dim": 128}),
    "internvl3.5-4b": intern({**decoder("qwen3", 36, 2560, 9728, 32, 8, 151936), "head_dim": 128}),
    "internvl3.5-8b": intern({**decoder("qwen3", 36, 4096, 12288, 32, 8, 151936), "head_dim": 128}),
    "qwen2-vl-72b": _qwen("Qwen2VL", decoder("qwen2_vl_text", 80, 8192, 29568, 64, 8, 152064), {"hidden_size": 8192}),
    "qwen2.5-vl-32b": _qwen2_5(decoder("qwen2_5_vl_text", 64, 5120, 27648, 40, 8, 152064)),
    "qwen2.5-vl-72b": _qwen2_5(decoder("qwen2_5_vl_text", 80, 8192, 29568, 64, 8, 152064)),
    "qwen3-vl-32b": _qwen(
        "Qwen3VL", {**decoder("qwen3_vl_text", 64, 5120, 25600, 64, 8, 151936), "head_dim": 128}, _deep(5120)
    ),
    "qwen3-vl-30b-a3b": _qwen(
        "Qwen3VLMoe",
        {
            **decoder("qwen3_vl_moe_text", 48, 2048, 6144, 32, 4, 151936),
            "head_dim": 128,
            "moe_intermediate_size": 768,
            "num_experts": 128,
            "num_experts_per_tok": 8,
        },
        _deep(2048),
    ),
    "llava-1.5-13b": seer("Llava", "lm", {"text_config": decoder("llama", 40, 5120, 13824, 40, 40, 32064)}),
    "llava-1.6-vicuna-7b": seer("LlavaNext", "lm", {"text_config": decoder("llama", 32, 4096, 11008, 32, 32, 32064)}),
    "llava-onevision-0.5b": _onevision(decoder("qwen2", 24, 896, 4864, 14, 2, 152000), tied=True),
    "llava-onevision-7b": _onevision(decoder("qwen2", 28, 3584, 18944, 28, 4, 152128), tied=False),
    "idefics3-8b": _idefics3(
        decoder("llama", 32, 4096, 14336, 32, 8, 128259), _sighted(27, 1152, 4304, 16, 14, 364), 2, "lm"
    ),
    "smolvlm-2.2b": _idefics3(
        decoder("llama", 24, 2048, 8192, 32, 32, 49155), _sighted(27, 1152, 4304, 16, 14, 384), 3, "lm"
    ),
    "granite-docling-258m": _idefics3(
        decoder("llama", 30, 576, 1536, 9, 3, 100352), _sighted(12, 768, 3072, 12, 16, 512), 4, "tied"
    ),
    "git-base": Port(
        "GitForCausalLM", "GitConfig", ("output",), (Task.IMAGE_TO_TEXT,), Family.DECODER_LM, "lm", modalities=BOTH
    ),
    "mobilebert": encoder("MobileBert"),
    "speecht5-asr": listener(
        "SpeechT5", "SpeechT5ForSpeechToText", ("text_decoder_postnet",), Family.SPEECH_SEQ2SEQ, {}
    ),
    **{f"rtdetr-{size}": _rtdetr("", *numbers) for size, numbers in DETECTORS.items()},
    **{f"rtdetr-v2-{size}": _rtdetr("V2", *numbers) for size, numbers in DETECTORS.items()},
    "videomae-large": Port(
        "VideoMAEForVideoClassification", "VideoMAEConfig", ("classifier",), CLIPS, settings=LARGE, modalities=VIDEO
    ),
    "cvt-13": Port("CvtForImageClassification", "CvtConfig", ("classifier",)),
    "mobilenet-v2": Port("MobileNetV2ForImageClassification", "MobileNetV2Config", ("classifier",)),
    "regnet-y-040": Port("RegNetForImageClassification", "RegNetConfig", ("classifier.1",)),
    "bit-50": Port("BitForImageClassification", "BitConfig", ("classifier.1",)),
    "efficientnet-b7": Port("EfficientNetForImageClassification", "EfficientNetConfig", ("classifier",)),
    "mobilevitv2-1.0": Port("MobileViTV2ForImageClassification", "MobileViTV2Config", ("classifier",)),
}
