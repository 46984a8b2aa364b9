# pyright: basic, reportMissingImports=false
"""Ports of models that read, hear, or write about what they see: of transformers' classes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from service.contract.words import Family, Modality, Task
from tools.catalogue.hub_ports import Port

LABELS = (Task.TEXT_CLASSIFICATION, Task.TOKEN_CLASSIFICATION, Task.QUESTION_ANSWERING)
SUMMARIES = (Task.SUMMARIZATION, Task.TRANSLATION, Task.TEXT_GENERATION)
SEEN = (Task.IMAGE_TEXT_TO_TEXT, Task.IMAGE_TO_TEXT)
SPOKEN = (Task.AUTOMATIC_SPEECH_RECOGNITION,)
WRITTEN = (Task.TEXT_GENERATION, Task.TEXT_CLASSIFICATION)
TEXT = (Modality.TEXT,)
AUDIO = (Modality.AUDIO,)
BOTH = (Modality.TEXT, Modality.IMAGE)
NONE: Mapping[str, Any] = MappingProxyType({})


def encoder(
    name: str,
    settings: Mapping[str, Any] = NONE,
    heads: tuple[str, ...] = ("classifier", "qa_outputs"),
    tasks: tuple[Task, ...] = LABELS,
) -> Port:
    """A reader of texts, with a new head."""
    return Port(
        f"{name}ForSequenceClassification",
        f"{name}Config",
        heads,
        tasks,
        Family.TEXT_ENCODER,
        settings=settings,
        modalities=TEXT,
    )


def summariser(name: str, settings: Mapping[str, Any] = NONE) -> Port:
    """An encoder and decoder of texts."""
    return Port(
        f"{name}ForConditionalGeneration",
        f"{name}Config",
        ("lm_head",),
        SUMMARIES,
        Family.ENCODER_DECODER,
        "tied",
        settings,
        TEXT,
    )


def listener(name: str, model: str, heads: tuple[str, ...], family: Family, settings: Mapping[str, Any]) -> Port:
    """A model that writes what it hears."""
    kind = "tied" if family is Family.SPEECH_SEQ2SEQ else "lm"
    return Port(model, f"{name}Config", heads, SPOKEN, family, kind, settings, AUDIO)


def seer(name: str, head_kind: str, settings: Mapping[str, Any], family: Family = Family.DECODER_LM) -> Port:
    """A model that writes about what it sees, and without pictures too where it is a decoder."""
    tasks = (*SEEN, Task.TEXT_GENERATION) if family is Family.DECODER_LM else SEEN
    return Port(
        f"{name}ForConditionalGeneration", f"{name}Config", ("lm_head",), tasks, family, head_kind, settings, BOTH
    )


def decoder(kind: str, layers: int, width: int, inner: int, heads: int, shared: int, words: int) -> dict[str, Any]:
    """The numbers of a model that writes, in the order in which papers state them."""
    return {
        "model_type": kind,
        "num_hidden_layers": layers,
        "hidden_size": width,
        "intermediate_size": inner,
        "num_attention_heads": heads,
        "num_key_value_heads": shared,
        "vocab_size": words,
    }


def _siglip(layers: int, width: int, inner: int, heads: int, patch: int, px: int) -> dict[str, Any]:
    return {
        "num_hidden_layers": layers,
        "hidden_size": width,
        "intermediate_size": inner,
        "num_attention_heads": heads,
        "patch_size": patch,
        "image_size": px,
    }


def _so400m(px: int) -> dict[str, Any]:
    return _siglip(27, 1152, 4304, 16, 14, px)


def _pali(text: dict[str, Any], px: int) -> Port:
    sight = {"model_type": "siglip_vision_model", **_so400m(px), "vision_use_head": False}
    settings = {"text_config": text, "vision_config": sight, "projection_dim": text["hidden_size"]}
    return seer("PaliGemma", "tied", settings)


def _smol(text: dict[str, Any], sight: dict[str, Any], joined: int) -> Port:
    whole = {**text, "tie_word_embeddings": False}
    return seer("SmolVLM", "lm", {"text_config": whole, "vision_config": sight, "scale_factor": joined})


def _florence(text: dict[str, Any], sight: dict[str, Any]) -> Port:
    settings = {"text_config": {"vocab_size": 51289, **text}, "vision_config": sight}
    return seer("Florence2", "tied", settings, Family.ENCODER_DECODER)


def intern(text: dict[str, Any]) -> Port:
    """InternVL over this text model; its eyes have biases in attention, which the defaults of its class leave out."""
    settings = {"text_config": text, "vision_config": {"attention_bias": True}, "tie_word_embeddings": False}
    return seer("InternVL", "lm", settings)


def _lfm2(layers: int, width: int, inner: int, heads: int, attends: list[int]) -> Port:
    settings = {
        **decoder("lfm2", layers, width, inner, heads, 8, 65536),
        "full_attn_idxs": attends,
        "block_auto_adjust_ff_dim": True,
    }
    del settings["model_type"]
    return Port("Lfm2ForCausalLM", "Lfm2Config", ("lm_head",), WRITTEN, Family.DECODER_LM, "tied", settings, TEXT)


def writer(name: str, head_kind: str, settings: Mapping[str, Any] = NONE) -> Port:
    """A model that writes on."""
    return Port(
        f"{name}ForCausalLM", f"{name}Config", ("lm_head",), WRITTEN, Family.DECODER_LM, head_kind, settings, TEXT
    )


LONG = {"vocab_size": 50265, "max_position_embeddings": 4098, "type_vocab_size": 1}
LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
LED_BASE = {
    **dict.fromkeys(("encoder_layers", "decoder_layers"), 6),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 3072),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 12),
    "d_model": 768,
}
DAVIT_LARGE = {
    "embed_dim": [256, 512, 1024, 2048],
    "num_heads": [8, 16, 32, 64],
    "num_groups": [8, 16, 32, 64],
    "projection_dim": 1024,
}
SMALL_SIGHT = _siglip(12, 768, 3072, 12, 16, 512)

PORTS: dict[str, Port] = {
    "longformer-base": encoder("Longformer", LONG),
    "longformer-large": encoder("Longformer", {**LONG, **LARGE}),
    "bigbird-base": encoder("BigBird"),
    "xlnet-base": encoder(
        "XLNet",
        {"d_model": 768, "n_layer": 12, "n_head": 12, "d_inner": 3072},
        ("sequence_summary", "logits_proj"),
        (Task.TEXT_CLASSIFICATION,),
    ),
    "xlnet-large": encoder("XLNet", NONE, ("sequence_summary", "logits_proj"), (Task.TEXT_CLASSIFICATION,)),
    "eurobert-210m": encoder("EuroBert", NONE, ("dense", "classifier"), (Task.TEXT_CLASSIFICATION,)),
    "layoutlm-base": Port(
        "LayoutLMForTokenClassification",
        "LayoutLMConfig",
        ("classifier",),
        (Task.TOKEN_CLASSIFICATION, Task.TEXT_CLASSIFICATION),
        Family.TEXT_ENCODER,
        modalities=TEXT,
    ),
    "jina-embeddings-v3": encoder(
        "JinaEmbeddingsV3", heads=("classifier",), tasks=(Task.SENTENCE_SIMILARITY, Task.TEXT_CLASSIFICATION)
    ),
    "led-base": summariser("LED", LED_BASE),
    "led-large": summariser("LED"),
    "pegasus-large": summariser("Pegasus", {"vocab_size": 96103, "encoder_layers": 16, "decoder_layers": 16}),
    "lfm2-350m": _lfm2(16, 1024, 6656, 16, [2, 5, 8, 10, 12, 14]),
    "lfm2-700m": _lfm2(16, 1536, 10240, 24, [2, 5, 8, 10, 12, 14]),
    "lfm2-1.2b": _lfm2(16, 2048, 12288, 32, [2, 5, 8, 10, 12, 14]),
    "mamba-130m": writer("Mamba", "tied", {"num_hidden_layers": 24}),
    "deepseek-v3": writer("DeepseekV3", "lm"),
    "gpt-j-6b": writer("GPTJ", "lm"),
    "gpt-neo-1.3b": writer("GPTNeo", "tied"),
    "biogpt": writer("BioGpt", "tied")._replace(heads=("output_projection",)),
    "moonshine-tiny": listener(
        "Moonshine", "MoonshineForConditionalGeneration", ("proj_out",), Family.SPEECH_SEQ2SEQ, NONE
    ),
    "moonshine-base": listener(
        "Moonshine",
        "MoonshineForConditionalGeneration",
        ("proj_out",),
        Family.SPEECH_SEQ2SEQ,
        {
            "hidden_size": 416,
            "encoder_num_hidden_layers": 8,
            "decoder_num_hidden_layers": 8,
            "intermediate_size": 1664,
        },
    ),
    "parakeet-tdt-0.6b": listener("ParakeetTDT", "ParakeetForTDT", ("joint.head",), Family.SPEECH_ENCODER, NONE),
    "florence-2-base": _florence(LED_BASE, {"projection_dim": 768}),
    "florence-2-large": _florence({}, DAVIT_LARGE),
    "paligemma-3b-224": _pali(decoder("gemma", 18, 2048, 16384, 8, 1, 257216), 224),
    "paligemma-3b-448": _pali(decoder("gemma", 18, 2048, 16384, 8, 1, 257216), 448),
    "paligemma2-3b-224": _pali(decoder("gemma2", 26, 2304, 9216, 8, 4, 257216), 224),
    "paligemma2-3b-448": _pali(decoder("gemma2", 26, 2304, 9216, 8, 4, 257216), 448),
    "qwen2-vl-2b": seer(
        "Qwen2VL",
        "tied",
        {
            "text_config": decoder("qwen2_vl_text", 28, 1536, 8960, 12, 2, 151936),
            "vision_config": {"hidden_size": 1536},
            "tie_word_embeddings": True,
        },
    ),
    "qwen2-vl-7b": seer(
        "Qwen2VL",
        "lm",
        {
            "text_config": decoder("qwen2_vl_text", 28, 3584, 18944, 28, 4, 152064),
            "vision_config": {"hidden_size": 3584},
            "tie_word_embeddings": False,
        },
    ),
    "internvl3-1b": intern(decoder("qwen2", 24, 896, 4864, 14, 2, 151674)),
    "internvl3-2b": intern(decoder("qwen2", 28, 1536, 8960, 12, 2, 151674)),
    "llava-1.5-7b": seer("Llava", "lm", {"text_config": {"model_type": "llama", "vocab_size": 32064}}),
    "llava-1.6-mistral-7b": seer("LlavaNext", "lm", {"text_config": decoder("mistral", 32, 4096, 14336, 32, 8, 32064)}),
    "llama-3.2-11b-vision": seer("Mllama", "lm", NONE),
    "llama-3.2-11b-vision-560": seer("Mllama", "lm", {"vision_config": {"image_size": 560}}),
    "blip2-opt-2.7b": seer(
        "Blip2",
        "tied",
        {
            "text_config": {
                "model_type": "opt",
                "vocab_size": 50304,
                "hidden_size": 2560,
                "num_hidden_layers": 32,
                "ffn_dim": 10240,
                "num_attention_heads": 32,
                "word_embed_proj_dim": 2560,
            }
        },
    )._replace(heads=("language_model.lm_head",), tasks=SEEN),  # it cannot run without pictures
    "smolvlm-256m": _smol(decoder("llama", 30, 576, 1536, 9, 3, 49280), SMALL_SIGHT, 4),
    "smolvlm-500m": _smol(decoder("llama", 32, 960, 2560, 15, 5, 49280), SMALL_SIGHT, 4),
    "smolvlm2-2.2b": _smol(decoder("llama", 24, 2048, 8192, 32, 32, 49280), _so400m(384), 3),
}
