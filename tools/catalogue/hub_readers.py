# pyright: basic, reportMissingImports=false
"""Ports of transformers' models that read pages and write about what they see, in further sizes."""

from typing import Any

from service.contract.words import Family, Task
from tools.catalogue.hub_languages import decoder, seer
from tools.catalogue.hub_ports import IMAGE, Port

PAGES = (Task.IMAGE_TO_TEXT, Task.IMAGE_TEXT_TO_TEXT)


def _page_reader(encoder: dict[str, Any], writer: dict[str, Any], head: str, tasks: tuple[Task, ...] = PAGES) -> Port:
    """An encoder of pages and a decoder that writes through its own embedding."""
    settings = {"encoder": encoder, "decoder": {"is_decoder": True, "add_cross_attention": True, **writer}}
    config = "VisionEncoderDecoderConfig"
    heads = (f"decoder.{head}",)
    return Port("VisionEncoderDecoderModel", config, heads, tasks, Family.ENCODER_DECODER, "tied", settings, IMAGE)


def _donut(px: list[int], window: int, layers: int, words: int, places: int) -> Port:
    eyes = {"model_type": "donut-swin", "image_size": px, "window_size": window, "embed_dim": 128}
    eyes |= {"depths": [2, 2, 14, 2], "num_heads": [4, 8, 16, 32]}
    hand = {"model_type": "mbart", "vocab_size": words, "decoder_layers": layers, "max_position_embeddings": places}
    return _page_reader(eyes, {**hand, "is_encoder_decoder": False, "add_final_layer_norm": True}, "lm_head")


def _eyes(kind: str, layers: int, width: int, inner: int, heads: int, **other: Any) -> dict[str, Any]:
    numbers = {"num_hidden_layers": layers, "hidden_size": width, "intermediate_size": inner}
    return {"model_type": kind, **numbers, "num_attention_heads": heads, **other}


def _gemma3n(layers: int, inner: int, shared: int) -> Port:
    text: dict[str, Any] = {
        "num_hidden_layers": layers,
        "intermediate_size": inner,
        "num_kv_shared_layers": shared,
        "activation_sparsity_pattern": [0.95] * 10 + [0.0] * (layers - 10),
    }
    return seer("Gemma3n", "tied", {"text_config": text})


def _lfm2_vl(width: int, inner: int, heads: int, sight: tuple[int, int, int, int]) -> Port:
    text = decoder("lfm2", 16, width, inner, heads, 8, 65536)
    text |= {"full_attn_idxs": [2, 5, 8, 10, 12, 14], "block_auto_adjust_ff_dim": True}
    eyes = _eyes("siglip2_vision_model", *sight, num_patches=256, patch_size=16, vision_use_head=False)
    return seer("Lfm2Vl", "tied", {"text_config": text, "vision_config": eyes})


PORTS: dict[str, Port] = {
    "donut-base": _donut([2560, 1920], 10, 4, 57525, 1536),
    "trocr-base": _page_reader(
        _eyes("vit", 12, 768, 3072, 12, image_size=384, qkv_bias=False),
        {"model_type": "trocr", "cross_attention_hidden_size": 768},
        "output_projection",
        (Task.IMAGE_TO_TEXT,),
    ),
    "trocr-large": _page_reader(
        _eyes("vit", 24, 1024, 4096, 16, image_size=384, qkv_bias=False),
        {"model_type": "trocr", "cross_attention_hidden_size": 1024},
        "output_projection",
    ),
    "pixtral-12b": seer(
        "Llava",
        "lm",
        {
            "text_config": {**decoder("mistral", 40, 5120, 14336, 32, 8, 131072), "head_dim": 128},
            "vision_config": _eyes("pixtral", 24, 1024, 4096, 16, image_size=1024, patch_size=16),
            "tie_word_embeddings": False,
        },
    ),
    "lfm2-vl-450m": _lfm2_vl(1024, 6656, 16, (12, 768, 3072, 12)),
    "lfm2-vl-1.6b": _lfm2_vl(2048, 12288, 32, (26, 1152, 4304, 16)),
    "gemma-3n-e2b": _gemma3n(30, 8192, 10),
    "gemma-3n-e4b": _gemma3n(35, 16384, 15),
}
