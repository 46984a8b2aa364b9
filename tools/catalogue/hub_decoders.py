# pyright: basic, reportMissingImports=false
"""Ports of transformers' decoders that only write: hybrids, mixtures of experts, and makers of one family each."""

from typing import Any

from tools.catalogue.hub_languages import decoder, writer
from tools.catalogue.hub_ports import Port


def _numbers(layers: int, width: int, inner: int, heads: int, shared: int, words: int, **other: Any) -> dict[str, Any]:
    numbers = decoder("", layers, width, inner, heads, shared, words)
    del numbers["model_type"]
    return {**numbers, **other}


def _granite4(numbers: dict[str, Any], *, shared: int, experts: int = 0, mamba_heads: int = 0) -> Port:
    """Granite 4: attention alone, or in each tenth layer where the others are Mamba's."""
    layers = numbers["num_hidden_layers"]
    kinds = ["attention" if not mamba_heads or at % 10 == 5 else "mamba" for at in range(layers)]
    hybrid = {"mamba_n_heads": mamba_heads, "mamba_d_head": 64, "mamba_d_state": 128, "mamba_n_groups": 1}
    own = {"shared_intermediate_size": shared, "num_local_experts": experts, "layer_types": kinds}
    settings = {**numbers, **own, **(hybrid if mamba_heads else {}), "tie_word_embeddings": True}
    return writer("GraniteMoeHybrid", "tied", settings)


def _falcon_h1(numbers: dict[str, Any], heads: int, inner: int, state: int, *, normed: bool) -> Port:
    own = {"mamba_d_ssm": heads * inner, "mamba_n_heads": heads, "mamba_d_head": inner, "mamba_d_state": state}
    settings = {**numbers, **own, "mamba_n_groups": 1, "mamba_rms_norm": normed, "tie_word_embeddings": False}
    return writer("FalconH1", "lm", settings)


def _latent(name: str, numbers: dict[str, Any]) -> Port:
    """DeepSeek's attention through a latent, with 64 experts of which two are shared."""
    own = {"q_lora_rank": None, "kv_lora_rank": 512, "n_routed_experts": 64, "n_shared_experts": 2}
    own |= {"moe_intermediate_size": 1408, "first_k_dense_replace": 1, "tie_word_embeddings": False}
    return writer(name, "lm", {**numbers, **own})


def _big_code(layers: int, width: int, heads: int) -> Port:
    numbers = {"n_layer": layers, "n_embd": width, "n_head": heads, "n_inner": 4 * width}
    settings = {**numbers, "vocab_size": 49152, "n_positions": 8192, "multi_query": True}
    return writer("GPTBigCode", "tied", settings)


def _neo(layers: int, width: int, heads: int) -> Port:
    kinds = [[["global", "local"], layers // 2]]
    numbers = {"num_layers": layers, "hidden_size": width, "num_heads": heads, "attention_types": kinds}
    return writer("GPTNeo", "tied", numbers)


def _hunyuan(*numbers: int) -> Port:
    layers, width, inner, heads, shared, words = numbers
    settings = _numbers(layers, width, inner, heads, shared, words, head_dim=128, tie_word_embeddings=True)
    return writer("HunYuanDenseV1", "tied", settings)


PORTS: dict[str, Port] = {
    "granite-4.0-micro": _granite4(_numbers(40, 2560, 8192, 40, 8, 100352), shared=8192),
    "granite-4.0-1b": _granite4(_numbers(40, 2048, 4096, 16, 4, 100352), shared=4096),
    "granite-4.0-350m": _granite4(_numbers(28, 1024, 2048, 16, 4, 100352), shared=2048),
    "granite-4.0-h-micro": _granite4(_numbers(40, 2048, 8192, 32, 8, 100352), shared=8192, mamba_heads=64),
    "granite-4.0-h-tiny": _granite4(_numbers(40, 1536, 512, 12, 4, 100352), shared=1024, experts=64, mamba_heads=48),
    "granite-4.0-h-small": _granite4(_numbers(40, 4096, 768, 32, 8, 100352), shared=1536, experts=72, mamba_heads=128),
    "powermoe-3b": writer(
        "GraniteMoe",
        "tied",
        _numbers(32, 1536, 512, 24, 8, 49152, num_local_experts=40, tie_word_embeddings=True),
    ),
    "deepseek-v2-lite": _latent("DeepseekV2", _numbers(27, 2048, 10944, 16, 16, 102400)),
    "moonlight-16b-a3b": _latent("DeepseekV3", _numbers(27, 2048, 11264, 16, 16, 163840)),
    "glm-4-9b-chat": writer("Glm", "lm"),
    "glm-4.5-air": writer("Glm4Moe", "lm", {"head_dim": 128, "attention_bias": True}),
    "glm-4.7-flash": writer("Glm4MoeLite", "lm"),
    "minimax-m2": writer("MiniMaxM2", "lm"),
    "falcon-h1-0.5b": _falcon_h1(_numbers(36, 1024, 2048, 8, 2, 32784, head_dim=64), 24, 64, 128, normed=False),
    "falcon-h1-7b": _falcon_h1(_numbers(44, 3072, 12288, 12, 2, 130049, head_dim=128), 24, 128, 256, normed=True),
    "falcon-40b": writer(
        "Falcon",
        "lm",
        {
            "hidden_size": 8192,
            "num_hidden_layers": 60,
            "num_attention_heads": 128,
            "num_kv_heads": 8,
            "new_decoder_architecture": True,
            "tie_word_embeddings": False,
        },
    ),
    "falcon-mamba-7b": writer(
        "FalconMamba",
        "lm",
        {"vocab_size": 65024, "hidden_size": 4096, "num_hidden_layers": 64, "tie_word_embeddings": False},
    ),
    "exaone-4.0-32b": writer("Exaone4", "lm", _numbers(64, 5120, 27392, 40, 8, 102400, tie_word_embeddings=False)),
    "aya-8b": writer("Cohere", "tied", _numbers(32, 4096, 14336, 32, 8, 256000)),
    "command-r": writer("Cohere", "tied"),
    "command-r7b": writer("Cohere2", "tied", _numbers(32, 4096, 14336, 32, 8, 256000)),
    "command-a": writer("Cohere2", "tied", _numbers(64, 12288, 36864, 96, 8, 256000)),
    "tiny-aya": writer("Cohere2", "tied", _numbers(36, 2048, 11008, 16, 4, 262144)),
    "lfm2-2.6b": writer(
        "Lfm2",
        "tied",
        _numbers(
            30,
            2048,
            10752,
            32,
            8,
            65536,
            full_attn_idxs=[2, 6, 10, 14, 18, 21, 24, 27],
            block_auto_adjust_ff_dim=False,
        ),
    ),
    "lfm2-8b-a1b": writer(
        "Lfm2Moe",
        "tied",
        _numbers(
            24,
            2048,
            7168,
            32,
            8,
            65536,
            layer_types=["full_attention" if at in (2, 6, 10, 14, 18, 21) else "conv" for at in range(24)],
            moe_intermediate_size=1792,
            num_experts=32,
            num_dense_layers=2,
        ),
    ),
    "glm-4.5": writer(
        "Glm4Moe",
        "lm",
        _numbers(
            92,
            5120,
            12288,
            96,
            8,
            151552,
            moe_intermediate_size=1536,
            n_routed_experts=160,
            first_k_dense_replace=3,
            use_qk_norm=True,
            attention_bias=True,
            head_dim=128,
        ),
    ),
    "ernie-4.5-21b-a3b": writer("Ernie4_5_Moe", "tied"),
    "hunyuan-0.5b": _hunyuan(24, 1024, 3584, 16, 8, 120818),
    "hunyuan-1.8b": _hunyuan(32, 2048, 6144, 16, 4, 120818),
    "hunyuan-7b": _hunyuan(32, 4096, 14336, 32, 8, 128167),
    "apertus-70b": writer("Apertus", "lm", _numbers(80, 8192, 43008, 64, 8, 131072)),
    "olmo-1b": writer("Olmo", "tied", _numbers(16, 2048, 8192, 16, 16, 50304, tie_word_embeddings=True)),
    "gpt-neo-125m": _neo(12, 768, 12),
    "gpt-neo-2.7b": _neo(32, 2560, 20),
    "openai-gpt": writer("OpenAIGPT", "tied")._replace(model="OpenAIGPTLMHeadModel"),
    "starcoderbase-1b": _big_code(24, 2048, 16),
    "starcoder": _big_code(40, 6144, 48),
    "tiny-starcoder": _big_code(20, 768, 12),
    "jamba-reasoning-3b": writer(
        "Jamba",
        "tied",
        _numbers(
            28,
            2560,
            8192,
            20,
            1,
            65536,
            num_experts=1,
            num_experts_per_tok=1,
            attn_layer_period=14,
            attn_layer_offset=7,
            mamba_dt_rank=160,
            use_mamba_kernels=False,
            tie_word_embeddings=True,
        ),
    ),
    "qwen1.5-moe-a2.7b": writer("Qwen2Moe", "lm", _numbers(24, 2048, 5632, 16, 16, 151936, tie_word_embeddings=False)),
}
