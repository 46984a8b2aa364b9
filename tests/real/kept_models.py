# pyright: basic, reportMissingImports=false
"""Models of transformers with random weights, sizes of their own, and what they are asked to learn.

Dropout is off: on a CPU it keeps four bytes a number, on a GPU one.
"""

from collections.abc import Callable
from typing import Any

import torch
import transformers
from torch import nn

SURE = {"attention_probs_dropout_prob": 0.0, "hidden_dropout_prob": 0.0, "num_labels": 3}
WORDS = {"vocab_size": 500, "use_cache": False}
TEXT = {"hidden_size": 192, "num_hidden_layers": 5, "num_attention_heads": 3, "intermediate_size": 700}
GATED = {"hidden_size": 256, "num_hidden_layers": 4, "intermediate_size": 700, "num_attention_heads": 4}
TOWERS = {
    **{f"{tower}_{part}": n for tower in ("encoder", "decoder") for part, n in (("layers", 3), ("ffn_dim", 700))},
    **{f"{tower}_attention_heads": 3 for tower in ("encoder", "decoder")},
    "d_model": 192,
    "dropout": 0.0,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 1,
}
PATCHES = {**SURE, "hidden_size": 192, "num_hidden_layers": 4, "num_attention_heads": 3, "intermediate_size": 768}

BUILDS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "bert": ("BertForSequenceClassification", "BertConfig", "text-classification", {**TEXT, **SURE, "vocab_size": 500}),
    "electra": (
        "ElectraForTokenClassification",
        "ElectraConfig",
        "token-classification",
        {**TEXT, **SURE, "vocab_size": 500, "embedding_size": 192},
    ),
    "llama": ("LlamaForCausalLM", "LlamaConfig", "text-generation", {**GATED, **WORDS, "num_key_value_heads": 2}),
    "qwen3": (
        "Qwen3ForCausalLM",
        "Qwen3Config",
        "text-generation",
        {**GATED, **WORDS, "num_key_value_heads": 4, "head_dim": 64},
    ),
    "gpt2": (
        "GPT2LMHeadModel",
        "GPT2Config",
        "text-generation",
        {**WORDS, "n_embd": 192, "n_layer": 3, "n_head": 3, "resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0},
    ),
    "t5": (
        "T5ForConditionalGeneration",
        "T5Config",
        "summarization",
        {**WORDS, "d_model": 192, "d_kv": 64, "d_ff": 700, "num_layers": 3, "num_heads": 3, "dropout_rate": 0.0},
    ),
    "bart": ("BartForConditionalGeneration", "BartConfig", "summarization", {**WORDS, **TOWERS}),
    "vit": (
        "ViTForImageClassification",
        "ViTConfig",
        "image-classification",
        {**PATCHES, "image_size": 160, "patch_size": 16},
    ),
    "phi3": (
        "Phi3ForCausalLM",
        "Phi3Config",
        "text-generation",
        {**GATED, **WORDS, "num_key_value_heads": 2, "resid_pdrop": 0.0, "pad_token_id": 0},
    ),
    "phi": (
        "PhiForCausalLM",
        "PhiConfig",
        "text-generation",
        {**GATED, **WORDS, "resid_pdrop": 0.0, "embd_pdrop": 0.0},
    ),
    "starcoder2": (
        "Starcoder2ForCausalLM",
        "Starcoder2Config",
        "text-generation",
        {**GATED, **WORDS, "num_key_value_heads": 2, "residual_dropout": 0.0, "embedding_dropout": 0.0},
    ),
    "opt": (
        "OPTForCausalLM",
        "OPTConfig",
        "text-generation",
        {
            **WORDS,
            "hidden_size": 256,
            "word_embed_proj_dim": 256,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "ffn_dim": 700,
            "dropout": 0.0,
        },
    ),
    "olmo2": (
        "Olmo2ForCausalLM",
        "Olmo2Config",
        "text-generation",
        {**GATED, **WORDS, "num_key_value_heads": 2},
    ),
    "neox": ("GPTNeoXForCausalLM", "GPTNeoXConfig", "text-generation", {**GATED, **WORDS}),
    "whisper": (
        "WhisperForConditionalGeneration",
        "WhisperConfig",
        "automatic-speech-recognition",
        {**WORDS, **TOWERS, "max_target_positions": 448},
    ),
}


def build(name: str, fewer: int = 0, **other: Any) -> tuple[nn.Module, str]:
    """The model with so many layers fewer and other options, and its task."""
    kind, config, task, options = BUILDS[name]
    options = {**options, **other}
    if fewer:
        options["num_hidden_layers"] -= fewer
    return getattr(transformers, kind)(getattr(transformers, config)(**options)), task


def inputs(name: str, batch: int, length: int) -> dict[str, torch.Tensor]:
    """What it reads: texts of this length, pictures of its size, or half a minute of sound."""
    ids: Callable[[], torch.Tensor] = lambda: torch.randint(3, 99, (batch, length))  # noqa: E731
    if name == "vit":
        return {"pixel_values": torch.randn(batch, 3, 160, 160)}
    if name == "whisper":
        return {"input_features": torch.randn(batch, 80, 3000), "decoder_input_ids": ids()}
    return {"input_ids": ids()} | ({"decoder_input_ids": ids()} if name in ("t5", "bart") else {})
