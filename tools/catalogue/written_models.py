# pyright: basic, reportMissingImports=false
"""Models of transformers that write about what they see: built from the numbers of their own configurations."""

from collections.abc import Iterator
from typing import Any

import torch
import transformers

from service.contract.words import Family, Modality, Task
from service.knowledge.index import Knowledge
from service.knowledge.rows import BuildRow
from tools.catalogue.built_blocks import build_row

SEEN = (Task.IMAGE_TEXT_TO_TEXT, Task.IMAGE_TO_TEXT, Task.TEXT_GENERATION)


def _text(layers: int, width: int, inner: int, heads: int, shared: int, **other: Any) -> dict[str, Any]:
    return {
        "num_hidden_layers": layers,
        "hidden_size": width,
        "intermediate_size": inner,
        "num_attention_heads": heads,
        "num_key_value_heads": shared,
        **other,
    }


def _qwen2_5(text: dict[str, Any], tied: bool) -> dict[str, Any]:
    sight = {"hidden_size": 1280, "intermediate_size": 3420, "depth": 32, "out_hidden_size": text["hidden_size"]}
    return {"text_config": text, "vision_config": sight, "tie_word_embeddings": tied}


def _qwen3(text: dict[str, Any], *, large: bool) -> dict[str, Any]:
    depth, width, inner = (27, 1152, 4304) if large else (24, 1024, 4096)
    sight = {
        "depth": depth,
        "hidden_size": width,
        "intermediate_size": inner,
        "out_hidden_size": text["hidden_size"],
        "deepstack_visual_indexes": [8, 16, 24] if large else [5, 11, 17],
    }
    return {"text_config": {**text, "head_dim": 128}, "vision_config": sight, "tie_word_embeddings": not large}


def _gemma4(text: dict[str, Any], shared_layers: int, wide: bool, every: int) -> dict[str, Any]:
    layers = text["num_hidden_layers"]
    kinds = ["full_attention" if (at + 1) % every == 0 else "sliding_attention" for at in range(layers)]
    own = {"num_kv_shared_layers": shared_layers, "use_double_wide_mlp": wide, "layer_types": kinds}
    whole = {**text, **own, "head_dim": 256, "global_head_dim": 512, "hidden_size_per_layer_input": 256}
    return {
        "text_config": whole,
        "vision_config": {"model_type": "gemma4_vision"},
        "audio_config": {"model_type": "gemma4_audio"},
    }


SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen2.5-vl-3b": ("Qwen2_5_VL", _qwen2_5(_text(36, 2048, 11008, 16, 2, vocab_size=151936), tied=True)),
    "qwen2.5-vl-7b": ("Qwen2_5_VL", _qwen2_5(_text(28, 3584, 18944, 28, 4, vocab_size=152064), tied=False)),
    "qwen3-vl-2b": ("Qwen3VL", _qwen3(_text(28, 2048, 6144, 16, 8), large=False)),
    "qwen3-vl-4b": ("Qwen3VL", _qwen3(_text(36, 2560, 9728, 32, 8), large=False)),
    "qwen3-vl-8b": ("Qwen3VL", _qwen3(_text(36, 4096, 12288, 32, 8), large=True)),
    "gemma-4-e2b": ("Gemma4", _gemma4(_text(35, 1536, 6144, 8, 1), 20, wide=True, every=5)),
    "gemma-4-e4b": ("Gemma4", _gemma4(_text(42, 2560, 10240, 8, 2), 18, wide=False, every=6)),
}


def builds(know: Knowledge, left_out: dict[str, str]) -> Iterator[BuildRow]:
    """The models, built on the meta device; why where one is left out."""
    for name, (kind, settings) in SETTINGS.items():
        try:
            yield _seer(name, kind, settings, know)
        except Exception as error:
            left_out[name] = f"{type(error).__name__}: {error}"[:200]


def _seer(name: str, kind: str, settings: dict[str, Any], know: Knowledge) -> BuildRow:
    config = getattr(transformers, f"{kind}Config")(**settings)
    with torch.device("meta"):
        model = getattr(transformers, f"{kind}ForConditionalGeneration")(config)
    return build_row(
        f"transformers/{name}",
        model,
        ("lm_head",),
        SEEN,
        "tied" if config.tie_word_embeddings else "lm",
        know,
        Family.DECODER_LM,
        (Modality.TEXT, Modality.IMAGE),
    )
