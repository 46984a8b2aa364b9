# pyright: basic, reportMissingImports=false
"""Small models of transformers with random weights, each with an input that it takes."""

from collections.abc import Callable
from typing import Any

import torch
import transformers
from torch import nn

from tests.real.hub_models import DISTIL, GPT2, LLAMA, MARKS, SIZE, SPEECH, T5, TEXT, TOWERS, WHISPER

Inputs = Callable[[], dict[str, torch.Tensor]]

DEEP = {**TEXT, "num_hidden_layers": 3}
IMAGE = {**SIZE, "num_hidden_layers": 3, "image_size": 32, "patch_size": 8, "num_labels": 3}
DECODER = {**LLAMA, "num_hidden_layers": 3, "head_dim": 8, **MARKS}
EXPERTS = {**DECODER, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16}
STAGES = {"depths": [2, 3], "embedding_size": 16, "hidden_sizes": [16, 32], "num_labels": 3}
WINDOWS = {
    "image_size": 32,
    "patch_size": 2,
    "embed_dim": 16,
    "depths": [2, 2],
    "num_heads": [2, 4],
    "window_size": 4,
    "num_labels": 3,
}
PYRAMID = {
    "image_size": 64,
    "depths": [2, 2, 2, 2],
    "hidden_sizes": [16, 16, 32, 32],
    "num_attention_heads": [1, 2, 2, 4],
    "num_labels": 3,
}
PAIR = {"projection_dim": 16, "text_config": {**DEEP, **MARKS}, "vision_config": IMAGE}
SERIES = {"context_length": 32, "prediction_length": 8, "num_input_channels": 2, "patch_length": 8}


def _ids(length: int = 12) -> torch.Tensor:
    return torch.randint(3, 99, (2, length))


def words() -> dict[str, torch.Tensor]:
    return {"input_ids": _ids()}


def two_texts() -> dict[str, torch.Tensor]:
    return {"input_ids": _ids(), "decoder_input_ids": _ids(6)}


def pixels(size: int = 32) -> Inputs:
    return lambda: {"pixel_values": torch.randn(2, 3, size, size)}


def captioned() -> dict[str, torch.Tensor]:
    return {"input_ids": _ids(), "pixel_values": torch.randn(2, 3, 32, 32)}


def sound() -> dict[str, torch.Tensor]:
    return {"input_values": torch.randn(2, 4000)}


def spectrum_and_text() -> dict[str, torch.Tensor]:
    return {"input_features": torch.randn(2, 16, 100), "decoder_input_ids": _ids(6)}


def frames_and_text() -> dict[str, torch.Tensor]:
    return {"input_features": torch.randn(2, 64, 16), "decoder_input_ids": _ids(6)}


def spectrum() -> dict[str, torch.Tensor]:
    return {"input_values": torch.randn(2, 64, 16)}


def series() -> dict[str, torch.Tensor]:
    return {"past_values": torch.randn(2, 32, 2), "observed_mask": torch.ones(2, 32, 2)}


def seen_text() -> dict[str, torch.Tensor]:
    ids = _ids(24)
    ids[:, 2:18] = 99
    return {"input_ids": ids, "pixel_values": torch.randn(2, 3, 32, 32)}


MODELS: dict[str, tuple[str, dict[str, Any], Inputs]] = {
    "BertForSequenceClassification": ("BertConfig", DEEP, words),
    "BertForMaskedLM": ("BertConfig", DEEP, words),
    "RobertaForTokenClassification": ("RobertaConfig", DEEP, words),
    "DistilBertForSequenceClassification": ("DistilBertConfig", DISTIL, words),
    "AlbertForSequenceClassification": ("AlbertConfig", {**DEEP, "embedding_size": 16}, words),
    "DebertaV2ForSequenceClassification": (
        "DebertaV2Config",
        {**DEEP, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "conv_kernel_size": 3},
        words,
    ),
    "ModernBertForSequenceClassification": (
        "ModernBertConfig",
        {**DEEP, **MARKS, "cls_token_id": 1, "sep_token_id": 2},
        words,
    ),
    "ElectraForSequenceClassification": ("ElectraConfig", {**DEEP, "embedding_size": 16}, words),
    "MPNetForSequenceClassification": ("MPNetConfig", DEEP, words),
    "XLMRobertaForSequenceClassification": ("XLMRobertaConfig", DEEP, words),
    "FNetForSequenceClassification": ("FNetConfig", DEEP, words),
    "FunnelModel": ("FunnelConfig", {"d_model": 32, "n_head": 4, "d_head": 8, "d_inner": 64, "vocab_size": 100}, words),
    "GPT2LMHeadModel": ("GPT2Config", GPT2, words),
    "GPT2ForSequenceClassification": ("GPT2Config", {**GPT2, "pad_token_id": 0}, words),
    "LlamaForCausalLM": ("LlamaConfig", DECODER, words),
    "Qwen2ForCausalLM": ("Qwen2Config", DECODER, words),
    "Qwen3ForCausalLM": ("Qwen3Config", DECODER, words),
    "MistralForCausalLM": ("MistralConfig", DECODER, words),
    "GemmaForCausalLM": ("GemmaConfig", DECODER, words),
    "Gemma2ForCausalLM": ("Gemma2Config", DECODER, words),
    "Gemma3ForCausalLM": ("Gemma3TextConfig", DECODER, words),
    "PhiForCausalLM": ("PhiConfig", {**DECODER, "num_key_value_heads": 4}, words),
    "Phi3ForCausalLM": ("Phi3Config", DECODER, words),
    "FalconForCausalLM": ("FalconConfig", {**TEXT, **MARKS, "num_hidden_layers": 3}, words),
    "OPTForCausalLM": ("OPTConfig", {**DECODER, "ffn_dim": 64, "word_embed_proj_dim": 16}, words),
    "BloomForCausalLM": ("BloomConfig", {"hidden_size": 32, "n_layer": 3, "n_head": 4, "vocab_size": 100}, words),
    "GPTNeoXForCausalLM": ("GPTNeoXConfig", DECODER, words),
    "MambaForCausalLM": ("MambaConfig", {"hidden_size": 32, "num_hidden_layers": 3, "vocab_size": 100}, words),
    "MixtralForCausalLM": ("MixtralConfig", {**DECODER, "num_local_experts": 4}, words),
    "Qwen2MoeForCausalLM": ("Qwen2MoeConfig", {**EXPERTS, "num_experts": 4}, words),
    "DeepseekV3ForCausalLM": (
        "DeepseekV3Config",
        {
            **EXPERTS,
            "num_key_value_heads": 4,
            "n_routed_experts": 8,
            "n_group": 2,
            "topk_group": 1,
            "first_k_dense_replace": 1,
            "kv_lora_rank": 8,
            "q_lora_rank": 8,
            "qk_rope_head_dim": 8,
            "qk_nope_head_dim": 8,
            "v_head_dim": 8,
        },
        words,
    ),
    "T5ForConditionalGeneration": ("T5Config", T5, two_texts),
    "T5EncoderModel": ("T5Config", T5, words),
    "BartForConditionalGeneration": ("BartConfig", TOWERS, two_texts),
    "MBartForConditionalGeneration": ("MBartConfig", TOWERS, two_texts),
    "MarianMTModel": ("MarianConfig", {**TOWERS, "pad_token_id": 0, "decoder_start_token_id": 0}, two_texts),
    "PegasusForConditionalGeneration": ("PegasusConfig", TOWERS, two_texts),
    "ProphetNetForConditionalGeneration": (
        "ProphetNetConfig",
        {
            "hidden_size": 32,
            "num_encoder_layers": 2,
            "num_decoder_layers": 2,
            "num_encoder_attention_heads": 4,
            "num_decoder_attention_heads": 4,
            "vocab_size": 100,
        },
        two_texts,
    ),
    "ViTForImageClassification": ("ViTConfig", IMAGE, pixels()),
    "DeiTForImageClassificationWithTeacher": ("DeiTConfig", IMAGE, pixels()),
    "BeitForImageClassification": ("BeitConfig", IMAGE, pixels()),
    "Dinov2ForImageClassification": ("Dinov2Config", IMAGE, pixels()),
    "Dinov2WithRegistersForImageClassification": ("Dinov2WithRegistersConfig", IMAGE, pixels()),
    "DINOv3ViTModel": ("DINOv3ViTConfig", IMAGE, pixels()),
    "ViTMAEForPreTraining": (
        "ViTMAEConfig",
        {**IMAGE, "decoder_hidden_size": 32, "decoder_num_hidden_layers": 2, "decoder_num_attention_heads": 4},
        pixels(),
    ),
    "SwinForImageClassification": ("SwinConfig", WINDOWS, pixels()),
    "Swinv2ForImageClassification": ("Swinv2Config", WINDOWS, pixels()),
    "ConvNextForImageClassification": (
        "ConvNextConfig",
        {"depths": [2, 3], "hidden_sizes": [16, 32], "num_stages": 2, "num_labels": 3},
        pixels(),
    ),
    "ConvNextV2ForImageClassification": (
        "ConvNextV2Config",
        {"depths": [2, 3], "hidden_sizes": [16, 32], "num_stages": 2, "num_labels": 3},
        pixels(),
    ),
    "ResNetForImageClassification": ("ResNetConfig", STAGES, pixels()),
    "BitForImageClassification": ("BitConfig", {**STAGES, "num_groups": 4}, pixels()),
    "RegNetForImageClassification": ("RegNetConfig", {**STAGES, "groups_width": 8}, pixels()),
    "MobileNetV1ForImageClassification": ("MobileNetV1Config", {"depth_multiplier": 0.25}, pixels()),
    "MobileNetV2ForImageClassification": ("MobileNetV2Config", {"depth_multiplier": 0.35}, pixels()),
    "EfficientNetForImageClassification": (
        "EfficientNetConfig",
        {"width_coefficient": 0.25, "depth_coefficient": 0.25, "hidden_dim": 320},
        pixels(),
    ),
    "MobileViTForImageClassification": ("MobileViTConfig", {"image_size": 64, "num_labels": 3}, pixels(64)),
    "SegformerForImageClassification": ("SegformerConfig", PYRAMID, pixels(64)),
    "SegformerForSemanticSegmentation": ("SegformerConfig", {**PYRAMID, "decoder_hidden_size": 32}, pixels(64)),
    "PvtForImageClassification": ("PvtConfig", {**PYRAMID, "num_attention_heads": [1, 2, 2, 4]}, pixels(64)),
    "PvtV2ForImageClassification": ("PvtV2Config", {**PYRAMID, "image_size": 64}, pixels(64)),
    "CvtForImageClassification": (
        "CvtConfig",
        {"embed_dim": [16, 32, 32], "num_heads": [1, 2, 4], "depth": [1, 2, 3], "num_labels": 3},
        pixels(64),
    ),
    "PoolFormerForImageClassification": (
        "PoolFormerConfig",
        {"depths": [2, 2, 2, 2], "hidden_sizes": [16, 16, 32, 32], "num_labels": 3},
        pixels(64),
    ),
    "LevitForImageClassification": ("LevitConfig", {"image_size": 64, "num_labels": 3}, pixels(64)),
    "YolosForObjectDetection": ("YolosConfig", {**IMAGE, "image_size": [32, 32], "num_detection_tokens": 4}, pixels()),
    "DPTForSemanticSegmentation": (
        "DPTConfig",
        {
            **IMAGE,
            "num_hidden_layers": 4,
            "backbone_out_indices": [0, 1, 2, 3],
            "neck_hidden_sizes": [4, 4, 8, 8],
            "fusion_hidden_size": 4,
        },
        pixels(),
    ),
    "CLIPModel": ("CLIPConfig", PAIR, captioned),
    "CLIPForImageClassification": ("CLIPConfig", PAIR, pixels()),
    "SiglipModel": ("SiglipConfig", PAIR, captioned),
    "BlipForConditionalGeneration": ("BlipConfig", PAIR, captioned),
    "LlavaForConditionalGeneration": (
        "LlavaConfig",
        {
            "text_config": {**DECODER, "model_type": "llama"},
            "vision_config": {**IMAGE, "model_type": "clip_vision_model"},
            "image_token_index": 99,
            "image_token_id": 99,
        },
        seen_text,
    ),
    "Wav2Vec2ForSequenceClassification": ("Wav2Vec2Config", SPEECH, sound),
    "Wav2Vec2ForCTC": ("Wav2Vec2Config", SPEECH, sound),
    "HubertForCTC": ("HubertConfig", SPEECH, sound),
    "WavLMForSequenceClassification": ("WavLMConfig", SPEECH, sound),
    "UniSpeechSatForSequenceClassification": ("UniSpeechSatConfig", SPEECH, sound),
    "WhisperForConditionalGeneration": ("WhisperConfig", WHISPER, spectrum_and_text),
    "ASTForAudioClassification": ("ASTConfig", {**SIZE, "max_length": 64, "num_mel_bins": 16}, spectrum),
    "Speech2TextForConditionalGeneration": (
        "Speech2TextConfig",
        {**TOWERS, **MARKS, "input_feat_per_channel": 16, "conv_channels": 32, "decoder_start_token_id": 1},
        frames_and_text,
    ),
    "PatchTSTForPrediction": (
        "PatchTSTConfig",
        {**SERIES, "patch_stride": 8, "d_model": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "ffn_dim": 64},
        series,
    ),
    "PatchTSMixerForPrediction": ("PatchTSMixerConfig", {**SERIES, "patch_stride": 8, "d_model": 16}, series),
}


def build(name: str) -> nn.Module:
    """The model, with random weights."""
    config, options, _ = MODELS[name]
    return getattr(transformers, name)(getattr(transformers, config)(**options)).eval()
