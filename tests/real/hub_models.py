# pyright: basic, reportMissingImports=false
"""Small models with random weights, by the name of their architecture: family, class and configuration."""

from typing import Any

import tests.real.operators  # noqa: F401

# isort: split
import transformers as hub
from torch import nn

SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
TEXT = {**SIZE, "vocab_size": 100, "num_labels": 3}
SPEECH = {
    **TEXT,
    "conv_dim": (16, 16),
    "conv_stride": (5, 2),
    "conv_kernel": (10, 3),
    "num_feat_extract_layers": 2,
    "num_conv_pos_embedding_groups": 4,
    "classifier_proj_size": 16,
}
TOWERS = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "vocab_size": 100,
    "num_labels": 3,
}
T5 = {
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 64,
    "num_layers": 2,
    "num_heads": 4,
    "vocab_size": 100,
    "num_labels": 3,
    "decoder_start_token_id": 0,
}
MARKS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
GPT2 = {"n_embd": 32, "n_layer": 3, "n_head": 4, "vocab_size": 100, "n_positions": 64, "num_labels": 3, **MARKS}
LLAMA = {**TEXT, "num_hidden_layers": 4, "num_key_value_heads": 2, "tie_word_embeddings": True}
WHISPER = {**TOWERS, **MARKS, "decoder_start_token_id": 1, "num_mel_bins": 16, "max_source_positions": 50}
DISTIL = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "vocab_size": 100, "num_labels": 3}

VIT = {**SIZE, "image_size": 32, "num_labels": 3}

MODELS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "bert": ("text-encoder", "BertForSequenceClassification", "BertConfig", TEXT),
    "bert tokens": ("text-encoder", "BertForTokenClassification", "BertConfig", TEXT),
    "bert answers": ("text-encoder", "BertForQuestionAnswering", "BertConfig", {**TEXT, "num_labels": 2}),
    "distilbert": ("text-encoder", "DistilBertForSequenceClassification", "DistilBertConfig", DISTIL),
    "roberta": ("text-encoder", "RobertaForSequenceClassification", "RobertaConfig", TEXT),
    "electra": ("text-encoder", "ElectraForSequenceClassification", "ElectraConfig", {**TEXT, "embedding_size": 32}),
    "deberta-v3": (
        "text-encoder",
        "DebertaV2ForSequenceClassification",
        "DebertaV2Config",
        {**TEXT, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "share_att_key": True},
    ),
    "modernbert": (
        "text-encoder",
        "ModernBertForSequenceClassification",
        "ModernBertConfig",
        {**TEXT, **MARKS, "cls_token_id": 1, "sep_token_id": 2},
    ),
    "gpt2": ("decoder-lm", "GPT2LMHeadModel", "GPT2Config", GPT2),
    "gpt2 labels": ("decoder-lm", "GPT2ForSequenceClassification", "GPT2Config", GPT2),
    "llama": ("decoder-lm", "LlamaForCausalLM", "LlamaConfig", LLAMA),
    "llama labels": ("decoder-lm", "LlamaForSequenceClassification", "LlamaConfig", LLAMA),
    "t5": ("encoder-decoder", "T5ForConditionalGeneration", "T5Config", T5),
    "bart labels": ("encoder-decoder", "BartForSequenceClassification", "BartConfig", TOWERS),
    "wav2vec2": ("speech-encoder", "Wav2Vec2ForSequenceClassification", "Wav2Vec2Config", SPEECH),
    "wav2vec2 ctc": ("speech-encoder", "Wav2Vec2ForCTC", "Wav2Vec2Config", SPEECH),
    "whisper": ("speech-seq2seq", "WhisperForConditionalGeneration", "WhisperConfig", WHISPER),
    "vit": (
        "vision-transformer",
        "ViTForImageClassification",
        "ViTConfig",
        {**SIZE, "image_size": 32, "num_labels": 3},
    ),
}


def build(name: str) -> nn.Module:
    """The model, with random weights."""
    _, model, config, options = MODELS[name]
    return getattr(hub, model)(getattr(hub, config)(**options))


def shapes(model: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    """What a request says of a model."""
    return [(name, tuple(p.shape)) for name, p in model.named_parameters()]
