"""Blocks from names alone. The lists are those of the libraries' models, with fewer layers and narrower ones."""

import re
from math import prod
from typing import Any

import pytest

from service.contract.freeze import FreezeBlock, FreezePlan
from service.contract.words import BlockKind, BlockState, Family, LayoutCertainty, NormKind
from service.core.rules.refusal import Refusal
from tests.ask import ask, frozen, recommended

Shapes = list[tuple[str, list[int]]]

DATA = {"examples": 5000}


def parts(prefix: str, *lines: str) -> Shapes:
    """`"fc 4x8"` has a weight and a bias, `"fc 4x8 -"` a weight alone, and `"token 1x4 ="` is a parameter itself."""
    shapes: Shapes = []
    for line in lines:
        name, size, *mark = line.split()
        shape = [int(one) for one in size.split("x")]
        whole = f"{prefix}.{name}" if prefix else name
        shapes.append((whole if mark == ["="] else f"{whole}.weight", shape))
        if not mark:
            shapes.append((f"{whole}.bias", shape[:1]))
    return shapes


def repeated(count: int, prefix: str, *lines: str, start: int = 0) -> Shapes:
    """The same parts in `prefix.0`, `prefix.1` and so on."""
    return [one for index in range(start, start + count) for one in parts(f"{prefix}.{index}", *lines)]


def numbered(count: int, prefix: str) -> list[str]:
    return [f"{prefix}.{index}" for index in range(count)]


def planned(shapes: Shapes, **rest: Any) -> FreezePlan:
    return frozen(parameters=[{"name": n, "shape": s} for n, s in shapes], **{"dataset": DATA, **rest})


def from_header(shapes: Shapes, **rest: Any) -> FreezePlan:
    """The plan for the same names as a weights file has them: sorted."""
    header = {name: {"dtype": "F32", "shape": shape} for name, shape in sorted(shapes)}
    return frozen(safetensors=header, **{"dataset": DATA, **rest})


def owner(plan: FreezePlan, name: str) -> FreezeBlock:
    """The one block whose pattern matches a name."""
    (found,) = [block for block in plan.blocks if re.search(block.pattern or "(?!)", name)]
    return found


def kind(plan: FreezePlan, name: str) -> BlockKind:
    return owner(plan, name).kind


def names(plan: FreezePlan) -> list[str]:
    """The numbered blocks in their order."""
    return [block.name for block in plan.blocks if block.kind is BlockKind.BLOCK]


def places(plan: FreezePlan, *parameters: str) -> list[int]:
    return [owner(plan, name).index for name in parameters]


def size(shapes: Shapes) -> int:
    return sum(prod(shape) for _, shape in shapes)


def resolved(shapes: Shapes) -> dict[str, Any]:
    """The family and norm that the answer says it derived."""
    body = {"parameters": [{"name": n, "shape": s} for n, s in shapes], "dataset": DATA}
    return {pointer: value.value for pointer, value in ask("/freeze-plan", body).resolved.items()}


BASIC = ("conv1 8x8x3x3 -", "bn1 8", "conv2 8x8x3x3 -", "bn2 8")
RESNET = [
    *parts("", "conv1 8x3x7x7 -", "bn1 8"),
    *repeated(2, "layer1", *BASIC),
    *(one for i in (2, 3, 4) for one in parts(f"layer{i}.0", *BASIC, "downsample.0 8x8x1x1 -", "downsample.1 8")),
    *(one for i in (2, 3, 4) for one in parts(f"layer{i}.1", *BASIC)),
    *parts("", "fc 10x8"),
]
VIT_TIMM = [
    *parts("", "cls_token 1x1x8 =", "pos_embed 1x5x8 =", "patch_embed.proj 8x3x4x4"),
    *repeated(4, "blocks", "norm1 8", "attn.qkv 24x8", "attn.proj 8x8", "norm2 8", "mlp.fc1 32x8", "mlp.fc2 8x32"),
    *parts("", "norm 8", "head 10x8"),
]
VIT_STEM = (
    "cls_token 1x1x8 =",
    "position_embeddings 1x5x8 =",
    "patch_embeddings.projection 8x3x4x4",
)
VIT_4 = [
    *parts("vit.embeddings", *VIT_STEM),
    *repeated(
        4,
        "vit.encoder.layer",
        *(f"attention.attention.{one} 8x8" for one in ("query", "key", "value")),
        *("attention.output.dense 8x8", "intermediate.dense 32x8", "output.dense 8x32"),
        *("layernorm_before 8", "layernorm_after 8"),
    ),
    *parts("", "vit.layernorm 8", "classifier 2x8"),
]
VIT_5 = [
    *parts("vit.embeddings", *VIT_STEM),
    *repeated(
        4,
        "vit.layers",
        *(f"attention.{one}_proj 8x8" for one in "qkvo"),
        *("layernorm_before 8", "layernorm_after 8", "mlp.fc1 32x8", "mlp.fc2 8x32"),
    ),
    *parts("", "vit.layernorm 8", "classifier 2x8"),
]
SWIN_TIMM = [
    *parts("", "patch_embed.proj 4x3x4x4", "patch_embed.norm 4"),
    *(
        one
        for stage, width in enumerate((4, 8, 16))
        for one in (
            *(
                parts(f"layers.{stage}.downsample", f"norm {2 * width}", f"reduction {width}x{2 * width} -")
                * (stage > 0)
            ),
            *repeated(
                2,
                f"layers.{stage}.blocks",
                *(f"norm1 {width}", "attn.relative_position_bias_table 169x1 ="),
                *(f"attn.qkv {3 * width}x{width}", f"attn.proj {width}x{width}", f"mlp.fc1 {4 * width}x{width}"),
            ),
        )
    ),
    *parts("", "norm 16", "head.fc 10x16"),
]
SWIN_HF = [
    *parts("swin.embeddings", "patch_embeddings.projection 4x3x4x4", "norm 4"),
    *(
        one
        for stage, width in enumerate((4, 8, 16))
        for one in (
            *repeated(
                2,
                f"swin.encoder.layers.{stage}.blocks",
                *(f"attention.{part}_proj {width}x{width}" for part in "qkvo"),
                *(f"layernorm_before {width}", f"mlp.fc1 {4 * width}x{width}", f"mlp.fc2 {width}x{4 * width}"),
            ),
            *(
                parts(
                    f"swin.encoder.layers.{stage}.downsample",
                    f"reduction {2 * width}x{4 * width} -",
                    f"norm {4 * width}",
                )
                * (stage < 2)
            ),
        )
    ),
    *parts("", "swin.layernorm 16", "classifier 2x16"),
]
CONVNEXT_TIMM = [
    *parts("stem", "0 4x3x4x4", "1 4"),
    *(
        one
        for stage, width in enumerate((4, 8, 16))
        for one in (
            *(parts(f"stages.{stage}.downsample", f"0 {width // 2}", f"1 {width}x{width // 2}x2x2") * (stage > 0)),
            *repeated(
                2,
                f"stages.{stage}.blocks",
                *(f"gamma {width} =", f"conv_dw {width}x1x7x7", f"norm {width}"),
                *(f"mlp.fc1 {4 * width}x{width}", f"mlp.fc2 {width}x{4 * width}"),
            ),
        )
    ),
    *parts("head", "norm 16", "fc 10x16"),
]
MBCONV = (
    *("conv_pw 8x4x1x1 -", "bn1 8", "conv_dw 8x1x3x3 -", "bn2 8", "se.conv_reduce 2x8x1x1", "se.conv_expand 8x2x1x1"),
    *("conv_pwl 4x8x1x1 -", "bn3 4"),
)
EFFICIENTNET = [
    *parts("", "conv_stem 4x3x3x3 -", "bn1 4"),
    *parts("blocks.0.0", "conv_dw 4x1x3x3 -", "bn1 4", "conv_pw 4x4x1x1 -", "bn2 4"),
    *(one for stage in (1, 2, 3) for one in repeated(stage, f"blocks.{stage}", *MBCONV)),
    *parts("", "conv_head 16x4x1x1 -", "bn2 16", "classifier 10x16"),
]
DENSENET = [
    *parts("features", "conv0 4x3x7x7 -", "norm0 4"),
    *(
        one
        for block in (1, 2)
        for one in (
            *(
                layer
                for i in range(1, 4)
                for layer in parts(
                    f"features.denseblock{block}.denselayer{i}",
                    *("norm1 8", "conv1 8x8x1x1 -", "norm2 8", "conv2 2x8x3x3 -"),
                )
            ),
            *(parts(f"features.transition{block}", "norm 8", "conv 4x8x1x1 -") * (block < 2)),
        )
    ),
    *parts("", "features.norm5 8", "classifier 10x8"),
]
VGG16 = [
    *(
        one
        for place, (out, inner) in {
            0: (64, 3),
            2: (64, 64),
            5: (128, 64),
            7: (128, 128),
            10: (256, 128),
            12: (256, 256),
            14: (256, 256),
            17: (512, 256),
            19: (512, 512),
            21: (512, 512),
            24: (512, 512),
            26: (512, 512),
            28: (512, 512),
        }.items()
        for one in parts("", f"features.{place} {out}x{inner}x3x3")
    ),
    *parts("classifier", "0 4096x25088", "3 4096x4096", "6 1000x4096"),
]
LENET = parts("", "conv1 6x1x5x5", "conv2 16x6x5x5", "fc1 120x400", "fc2 84x120", "fc3 10x84")
MLP = parts("", "0 64x784", "2 64x64", "4 64x64", "6 10x64")
BERT_LAYER = (
    *(f"attention.self.{one} 8x8" for one in ("query", "key", "value")),
    *("attention.output.dense 8x8", "attention.output.LayerNorm 8"),
    *("intermediate.dense 32x8", "output.dense 8x32", "output.LayerNorm 8"),
)
BERT = [
    *parts(
        "bert.embeddings", *(f"{one}_embeddings 9x8 -" for one in ("word", "position", "token_type")), "LayerNorm 8"
    ),
    *repeated(12, "bert.encoder.layer", *BERT_LAYER),
    *parts("", "bert.pooler.dense 8x8", "classifier 2x8"),
]
GPT2 = [
    *parts("transformer", "wte 50x8 -", "wpe 16x8 -"),
    *repeated(
        11,
        "transformer.h",
        *("ln_1 8", "attn.c_attn 8x24", "attn.c_proj 8x8", "ln_2 8", "mlp.c_fc 8x32", "mlp.c_proj 32x8"),
    ),
    *parts("transformer", "ln_f 8"),
]
LLAMA_ATTENTION = (
    "self_attn.q_proj 8x8 -",
    "self_attn.k_proj 4x8 -",
    "self_attn.v_proj 4x8 -",
    "self_attn.o_proj 8x8 -",
)
LLAMA_NORMS = ("input_layernorm 8 -", "post_attention_layernorm 8 -")
LLAMA_LAYER = (
    *LLAMA_ATTENTION,
    *("mlp.gate_proj 16x8 -", "mlp.up_proj 16x8 -", "mlp.down_proj 8x16 -"),
    *LLAMA_NORMS,
)
LLAMA = [
    *parts("model", "embed_tokens 50x8 -"),
    *repeated(4, "model.layers", *LLAMA_LAYER),
    *parts("", "model.norm 8 -", "lm_head 50x8 -"),
]
MIXTRAL_5 = [
    *parts("model", "embed_tokens 50x8 -"),
    *repeated(
        4,
        "model.layers",
        *LLAMA_ATTENTION,
        *("mlp.gate 3x8 -", "mlp.experts.gate_up_proj 3x32x8 =", "mlp.experts.down_proj 3x8x16 ="),
        *LLAMA_NORMS,
    ),
    *parts("", "model.norm 8 -", "lm_head 50x8 -"),
]
MIXTRAL_4 = [
    *parts("model", "embed_tokens 50x8 -"),
    *repeated(
        4,
        "model.layers",
        *LLAMA_ATTENTION,
        "block_sparse_moe.gate 3x8 -",
        *(f"block_sparse_moe.experts.{i}.{one} -" for i in range(3) for one in ("w1 16x8", "w2 8x16", "w3 16x8")),
        *LLAMA_NORMS,
    ),
    *parts("", "model.norm 8 -", "lm_head 50x8 -"),
]


def t5_stack(tower: str, count: int) -> Shapes:
    shapes: Shapes = []
    for i in range(count):
        block = f"{tower}.block.{i}.layer"
        shapes += parts(f"{block}.0", *(f"SelfAttention.{one} 8x8 -" for one in "qkvo"))
        shapes += parts(f"{block}.0", "SelfAttention.relative_attention_bias 32x2 -") if i == 0 else []
        shapes += parts(f"{block}.0", "layer_norm 8 -")
        if tower.endswith("decoder"):
            shapes += parts(f"{block}.1", *(f"EncDecAttention.{one} 8x8 -" for one in "qkvo"), "layer_norm 8 -")
        feed = f"{block}.{2 if tower.endswith('decoder') else 1}"
        shapes += parts(feed, "DenseReluDense.wi 32x8 -", "DenseReluDense.wo 8x32 -", "layer_norm 8 -")
    return shapes + parts(tower, "final_layer_norm 8 -")


T5 = [*parts("", "shared 50x8 -"), *t5_stack("encoder", 3), *t5_stack("decoder", 3)]
ATTENDS = tuple(f"self_attn.{one}_proj 8x8" for one in ("k", "v", "q", "out"))
CROSS = tuple(f"encoder_attn.{one}_proj 8x8" for one in ("k", "v", "q", "out"))
FEEDS = ("fc1 32x8", "fc2 8x32")
BART = [
    *parts("model", "shared 50x8 -", "encoder.embed_positions 18x8 -"),
    *repeated(3, "model.encoder.layers", *ATTENDS, "self_attn_layer_norm 8", *FEEDS, "final_layer_norm 8"),
    *parts("model", "encoder.layernorm_embedding 8", "decoder.embed_positions 18x8 -"),
    *repeated(
        3,
        "model.decoder.layers",
        *(*ATTENDS, "self_attn_layer_norm 8", *CROSS, "encoder_attn_layer_norm 8", *FEEDS, "final_layer_norm 8"),
    ),
    *parts("model", "decoder.layernorm_embedding 8"),
]
ALBERT = [
    *parts(
        "albert.embeddings",
        *(f"{one}_embeddings 9x4 -" for one in ("word", "position", "token_type")),
        "LayerNorm 4",
    ),
    *parts("albert.encoder", "embedding_hidden_mapping_in 16x4"),
    *parts(
        "albert.encoder.albert_layer_groups.0.albert_layers.0",
        "full_layer_layer_norm 16",
        *(f"attention.{one} 16x16" for one in ("query", "key", "value", "dense")),
        *("attention.LayerNorm 16", "ffn 64x16", "ffn_output 16x64"),
    ),
    *parts("", "albert.pooler 16x16", "classifier 2x16"),
]
CLIP_LAYER = (*ATTENDS, "layer_norm1 8", "mlp.fc1 32x8", "mlp.fc2 8x32", "layer_norm2 8")
CLIP = [
    *parts("", "logit_scale 1 =", "text_model.embeddings.token_embedding 50x8 -"),
    *parts("text_model.embeddings", "position_embedding 7x8 -"),
    *repeated(4, "text_model.encoder.layers", *CLIP_LAYER),
    *parts("", "text_model.final_layer_norm 8", "vision_model.embeddings.class_embedding 8 ="),
    *parts("vision_model.embeddings", "patch_embedding 8x3x4x4 -", "position_embedding 5x8 -"),
    *parts("vision_model", "pre_layrnorm 8"),
    *repeated(4, "vision_model.encoder.layers", *CLIP_LAYER),
    *parts("", "vision_model.post_layernorm 8", "visual_projection 8x8 -", "text_projection 8x8 -"),
]
LLAVA = [
    *parts("model.vision_tower.embeddings", "class_embedding 8 =", "patch_embedding 8x3x4x4 -"),
    *parts("model.vision_tower", "pre_layrnorm 8"),
    *repeated(3, "model.vision_tower.encoder.layers", *CLIP_LAYER),
    *parts("model", "vision_tower.post_layernorm 8", "multi_modal_projector.linear_1 8x8"),
    *parts("model", "multi_modal_projector.linear_2 8x8", "language_model.embed_tokens 50x8 -"),
    *repeated(4, "model.language_model.layers", *LLAMA_LAYER),
    *parts("", "model.language_model.norm 8 -", "lm_head 50x8 -"),
]
WHISPER = [
    *parts("model.encoder", "conv1 8x4x3", "conv2 8x8x3", "embed_positions 15x8 -"),
    *repeated(3, "model.encoder.layers", *ATTENDS, "self_attn_layer_norm 8", *FEEDS, "final_layer_norm 8"),
    *parts("model", "encoder.layer_norm 8", "decoder.embed_tokens 50x8 -", "decoder.embed_positions 7x8 -"),
    *repeated(
        3,
        "model.decoder.layers",
        *(*ATTENDS, "self_attn_layer_norm 8", *CROSS, "encoder_attn_layer_norm 8", *FEEDS, "final_layer_norm 8"),
    ),
    *parts("model", "decoder.layer_norm 8"),
]
WAV2VEC2 = [
    *parts("wav2vec2", "masked_spec_embed 8 ="),
    *parts("wav2vec2.feature_extractor.conv_layers.0", "conv 4x1x10 -", "layer_norm 4"),
    *repeated(6, "wav2vec2.feature_extractor.conv_layers", "conv 4x4x3 -", start=1),
    *parts("wav2vec2", "feature_projection.layer_norm 4", "feature_projection.projection 8x4"),
    *parts("wav2vec2.encoder", "pos_conv_embed.conv.bias 8 =", "layer_norm 8"),
    *repeated(
        4,
        "wav2vec2.encoder.layers",
        *(f"attention.{one}_proj 8x8" for one in ("k", "v", "q", "out")),
        *("layer_norm 8", "feed_forward.intermediate_dense 32x8", "feed_forward.output_dense 8x32"),
        "final_layer_norm 8",
    ),
    *parts("", "projector 4x8", "classifier 2x4"),
]
DETR_LAYER = (*(f"self_attn.{one}_proj 8x8" for one in "kvqo"), "self_attn_layer_norm 8", "final_layer_norm 8")
DETR = [
    *parts("model.backbone.model", "conv1 8x3x7x7 -"),
    *(
        one
        for i in (1, 2, 3, 4)
        for one in repeated(2, f"model.backbone.model.layer{i}", "conv1 8x8x1x1 -", "conv2 8x8x3x3 -")
    ),
    *parts("model", "query_position_embeddings 10x8 -", "input_projection 8x8x1x1"),
    *repeated(3, "model.encoder.layers", *DETR_LAYER, "mlp.fc1 32x8", "mlp.fc2 8x32"),
    *repeated(3, "model.decoder.layers", *DETR_LAYER, *(f"encoder_attn.{one}_proj 8x8" for one in "kvqo"), *FEEDS),
    *parts("", "model.decoder.layernorm 8", "class_labels_classifier 3x8"),
    *parts("bbox_predictor.layers", "0 8x8", "1 8x8", "2 4x8"),
]
SEGFORMER_5 = [
    *(
        one
        for stage, width in enumerate((4, 8, 16))
        for one in (
            *parts(f"segformer.stages.{stage}.patch_embeddings", f"proj {width}x3x3x3", f"layer_norm {width}"),
            *repeated(
                2,
                f"segformer.stages.{stage}.blocks",
                f"layernorm_before {width}",
                *(f"attention.{part}_proj {width}x{width}" for part in "qkvo"),
                *(f"layernorm_after {width}", f"mlp.fc1 {4 * width}x{width}", f"mlp.fc2 {width}x{4 * width}"),
            ),
            *parts(f"segformer.stages.{stage}", f"layer_norm {width}"),
        )
    ),
    *parts("", "classifier 2x16"),
]
SEGFORMER_4 = [
    *(
        one
        for stage, width in enumerate((4, 8, 16))
        for one in parts(f"segformer.encoder.patch_embeddings.{stage}", f"proj {width}x3x3x3", f"layer_norm {width}")
    ),
    *(
        one
        for stage, width in enumerate((4, 8, 16))
        for one in repeated(
            2,
            f"segformer.encoder.block.{stage}",
            f"layer_norm_1 {width}",
            *(f"attention.self.{part} {width}x{width}" for part in ("query", "key", "value")),
            *(f"attention.output.dense {width}x{width}", f"layer_norm_2 {width}"),
            *(f"mlp.dense1 {4 * width}x{width}", f"mlp.dense2 {width}x{4 * width}"),
        )
    ),
    *(
        one
        for stage, width in enumerate((4, 8, 16))
        for one in parts("segformer.encoder.layer_norm", f"{stage} {width}")
    ),
    *parts("", "classifier 2x16"),
]

STAGED = [f"{stage}.blocks.{i}" for stage in numbered(3, "layers") for i in range(2)]
OUTLINES: dict[str, tuple[Shapes, list[str]]] = {
    "resnet": (RESNET, [f"layer{stage}.{i}" for stage in (1, 2, 3, 4) for i in range(2)]),
    "vit-timm": (VIT_TIMM, numbered(4, "blocks")),
    "vit-4": (VIT_4, numbered(4, "vit.encoder.layer")),
    "vit-5": (VIT_5, numbered(4, "vit.layers")),
    "swin-timm": (SWIN_TIMM, STAGED),
    "swin-hf": (SWIN_HF, [f"swin.encoder.{name}" for name in STAGED]),
    "convnext-timm": (CONVNEXT_TIMM, [f"stages.{stage}.blocks.{i}" for stage in range(3) for i in range(2)]),
    "bert": (BERT, numbered(12, "bert.encoder.layer")),
    "gpt2": (GPT2, numbered(11, "transformer.h")),
    "llama": (LLAMA, numbered(4, "model.layers")),
    "mixtral-4": (MIXTRAL_4, numbered(4, "model.layers")),
    "mixtral-5": (MIXTRAL_5, numbered(4, "model.layers")),
    "t5": (T5, numbered(3, "encoder.block") + numbered(3, "decoder.block")),
    "bart": (BART, numbered(3, "model.encoder.layers") + numbered(3, "model.decoder.layers")),
    "whisper": (WHISPER, numbered(3, "model.encoder.layers") + numbered(3, "model.decoder.layers")),
    "wav2vec2": (WAV2VEC2, numbered(4, "wav2vec2.encoder.layers")),
    "llava": (LLAVA, numbered(3, "model.vision_tower.encoder.layers") + numbered(4, "model.language_model.layers")),
    "segformer-5": (SEGFORMER_5, [f"segformer.stages.{stage}.blocks.{i}" for stage in range(3) for i in range(2)]),
    "segformer-4": (SEGFORMER_4, [f"segformer.encoder.block.{stage}.{i}" for stage in range(3) for i in range(2)]),
    "detr": (
        DETR,
        [f"model.backbone.model.layer{stage}.{i}" for stage in (1, 2, 3, 4) for i in range(2)]
        + numbered(3, "model.encoder.layers")
        + numbered(3, "model.decoder.layers"),
    ),
}


@pytest.mark.parametrize("model", OUTLINES)
def test_blocks_stand_in_the_order_in_which_they_run(model: str) -> None:
    shapes, expected = OUTLINES[model]
    plan = planned(shapes)
    assert names(plan) == expected
    assert plan.counts.total == size(shapes)


@pytest.mark.parametrize("model", OUTLINES)
def test_a_weights_file_says_the_same(model: str) -> None:
    """A header is sorted: `layer.10` stands before `layer.2` there, and the decoder before the encoder."""
    shapes, expected = OUTLINES[model]
    plan = from_header(shapes)
    assert names(plan) == expected
    assert plan.counts.total == size(shapes)


@pytest.mark.parametrize("model", OUTLINES)
def test_heads_and_stems_are_told_by_name(model: str) -> None:
    shapes, _ = OUTLINES[model]
    plan = planned(shapes)
    stems = ("conv1", "cls_token", "patch_embed", "embeddings", "stem", "wte", "embed_tokens", "shared", "conv_stem")
    first = shapes[0][0]
    if first.split(".")[0] in stems or ("embed" in first and "stages" not in first):
        assert kind(plan, first) is BlockKind.STEM
        assert plan.blocks[0].kind is BlockKind.STEM
    last = shapes[-1][0]
    if last.split(".")[0] in ("fc", "head", "classifier", "lm_head"):
        assert kind(plan, last) is BlockKind.HEAD
        assert plan.blocks[-1].kind is BlockKind.HEAD


def test_resnet_stages_and_stem() -> None:
    plan = planned(RESNET)
    assert [block.stage for block in plan.blocks if block.kind is BlockKind.BLOCK] == [
        f"layer{stage}" for stage in (1, 1, 2, 2, 3, 3, 4, 4)
    ]
    assert places(plan, "conv1.weight", "bn1.bias", "layer1.0.conv1.weight", "fc.bias") == [0, 0, 1, 9]
    assert plan.norm.kind is NormKind.BATCH
    assert plan.norm.frozen_statistics
    assert resolved(RESNET)["/source/family"] == Family.CNN


def test_what_leads_into_a_stage_belongs_to_the_block_that_reads_it() -> None:
    """timm puts the down-sampling before a stage, transformers' Swin behind the one before."""
    timm, hub = planned(SWIN_TIMM), planned(SWIN_HF)
    assert owner(timm, "layers.1.downsample.reduction.weight").name == "layers.1.blocks.0"
    assert owner(hub, "swin.encoder.layers.0.downsample.reduction.weight").name == "swin.encoder.layers.0.blocks.1"
    assert owner(planned(CONVNEXT_TIMM), "stages.1.downsample.1.weight").name == "stages.1.blocks.0"


def test_convnext_and_vit_families() -> None:
    assert resolved(VIT_TIMM)["/source/family"] == Family.VISION_TRANSFORMER
    assert resolved(VIT_5)["/source/family"] == Family.VISION_TRANSFORMER
    assert resolved(CONVNEXT_TIMM)["/source/family"] == Family.CONVNEXT
    assert kind(planned(VIT_TIMM), "norm.weight") is BlockKind.NORM
    assert kind(planned(VIT_TIMM), "pos_embed") is BlockKind.STEM


@pytest.mark.parametrize(
    ("shapes", "family", "norm"),
    [
        (BERT, Family.TEXT_ENCODER, NormKind.LAYER),
        (GPT2, Family.DECODER_LM, NormKind.LAYER),
        (LLAMA, Family.DECODER_LM, NormKind.RMS),
        (MIXTRAL_5, Family.DECODER_LM, NormKind.RMS),
        (T5, Family.ENCODER_DECODER, NormKind.RMS),
        (BART, Family.ENCODER_DECODER, NormKind.LAYER),
        (WAV2VEC2, Family.SPEECH_ENCODER, NormKind.LAYER),
    ],
)
def test_family_and_norm_by_names(shapes: Shapes, family: Family, norm: NormKind) -> None:
    told = resolved(shapes)
    assert told["/source/family"] == family
    assert told["/freezing/norm"] == norm


def test_efficientnet() -> None:
    plan = planned(EFFICIENTNET)
    stages = [(0, 0), (1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]
    assert names(plan) == [f"blocks.{stage}.{i}" for stage, i in stages]
    assert kind(plan, "conv_stem.weight") is kind(plan, "bn1.weight") is BlockKind.STEM
    assert kind(plan, "conv_head.weight") is BlockKind.NECK, "a convolution of the backbone, whatever its name"
    assert places(plan, "bn2.weight") >= places(plan, "conv_head.weight")
    assert plan.norm.kind is NormKind.BATCH


def test_torchvision_convolution_and_its_norm_are_one_block() -> None:
    """`features.0` and the last of `features` are a convolution with its norm, not two blocks."""
    shapes = [
        *parts("features", "0.0 4x3x3x3 -", "0.1 4"),
        *(
            one
            for stage in (1, 2, 3)
            for one in repeated(
                2, f"features.{stage}", "block.0.0 8x4x1x1 -", "block.0.1 8", "block.1.0 4x8x1x1 -", "block.1.1 4"
            )
        ),
        *parts("", "features.4.0 16x4x1x1 -", "features.4.1 16", "classifier.1 10x16"),
    ]
    plan = planned(shapes)
    assert owner(plan, "features.0.0.weight") == owner(plan, "features.0.1.weight")
    assert owner(plan, "features.4.0.weight") == owner(plan, "features.4.1.weight")
    assert all(
        any(len(shape) > 1 for name, shape in shapes if re.search(block.pattern or "", name)) for block in plan.blocks
    )


def test_densenet_layers_and_transitions() -> None:
    plan = planned(DENSENET)
    order = places(
        plan,
        "features.conv0.weight",
        "features.denseblock1.denselayer1.conv1.weight",
        "features.denseblock1.denselayer3.conv1.weight",
        "features.transition1.conv.weight",
        "features.denseblock2.denselayer1.conv1.weight",
        "features.norm5.weight",
        "classifier.weight",
    )
    assert order == sorted(order)
    assert kind(plan, "features.norm0.weight") is BlockKind.STEM
    assert kind(plan, "features.norm5.weight") is BlockKind.NORM
    assert "features.denseblock2.denselayer3" in names(plan)


def test_vgg16_counts_are_those_of_its_library() -> None:
    """torchvision counts 138,357,544, of which the last layer of 1,000 classes holds 4,097,000."""
    plan = planned(VGG16)
    assert plan.counts.total == 138_357_544
    assert plan.counts.head == 4_097_000
    assert names(plan)[:3] == ["features.0", "features.2", "features.5"]
    assert names(plan)[-2:] == ["classifier.0", "classifier.3"]


def test_a_list_without_norms_may_hide_batch_norms_that_have_no_parameters() -> None:
    """`BatchNorm2d(affine=False)` has statistics alone, which no list of parameters shows."""
    assert planned(VGG16).norm.kind is NormKind.UNKNOWN
    assert planned(VGG16).norm.frozen_statistics


def test_plain_layers_are_blocks_and_the_last_one_is_the_head() -> None:
    lenet, mlp = planned(LENET), planned(MLP)
    assert [block.name for block in lenet.blocks] == ["conv1", "conv2", "fc1", "fc2", "fc3"]
    assert lenet.counts.total == 61_706
    assert lenet.counts.head == 850
    assert lenet.blocks[-1].kind is mlp.blocks[-1].kind is BlockKind.HEAD
    assert [block.name for block in mlp.blocks] == ["0", "2", "4", "6"]
    assert mlp.layout.certainty is LayoutCertainty.ORDER
    assert "order-from-list" in {
        notice.code
        for notice in ask(
            "/freeze-plan", {"parameters": [{"name": n, "shape": s} for n, s in MLP], "dataset": DATA}
        ).notices
    }


def test_bert_pooler_stands_between_the_layers_and_the_head() -> None:
    plan = planned(BERT)
    assert [block.kind for block in plan.blocks[-2:]] == [BlockKind.NECK, BlockKind.HEAD]
    assert places(plan, "bert.embeddings.LayerNorm.weight") == [0]
    assert plan.layout.certainty is LayoutCertainty.STRUCTURE
    assert names(plan)[2] == "bert.encoder.layer.2", "ten comes after nine"


@pytest.mark.parametrize("shapes", [MIXTRAL_4, MIXTRAL_5])
def test_experts_are_part_of_their_layer(shapes: Shapes) -> None:
    plan = planned(shapes)
    sizes = {block.params for block in plan.blocks if block.kind is BlockKind.BLOCK}
    assert sizes == {8 * 8 * 2 + 4 * 8 * 2 + 3 * 8 + 3 * (3 * 16 * 8) + 16}


def test_adapters_leave_the_router_of_experts_alone() -> None:
    adapter = planned(MIXTRAL_5, strategy="parameter-efficient").adapter
    assert adapter is not None
    assert "gate" not in adapter.targets


def test_encoder_runs_before_decoder_with_its_own_stem_and_norm() -> None:
    plan = planned(T5)
    order = places(
        plan,
        "shared.weight",
        "encoder.block.0.layer.0.SelfAttention.q.weight",
        "encoder.final_layer_norm.weight",
        "decoder.block.0.layer.0.SelfAttention.q.weight",
        "decoder.final_layer_norm.weight",
    )
    assert order == sorted(set(order))
    assert {block.tower for block in plan.blocks if block.kind is BlockKind.BLOCK} == {"encoder", "decoder"}


def test_bart_normalises_its_embeddings_before_its_layers() -> None:
    plan = planned(BART)
    first, norm, third = places(
        plan,
        "model.shared.weight",
        "model.encoder.layernorm_embedding.weight",
        "model.encoder.layers.0.fc1.weight",
    )
    assert first <= norm < third
    positions, norm, layer, end = places(
        plan,
        "model.decoder.embed_positions.weight",
        "model.decoder.layernorm_embedding.weight",
        "model.decoder.layers.0.fc1.weight",
        "model.encoder.layers.2.fc1.weight",
    )
    assert positions < layer
    assert norm < layer
    assert positions < end or positions == end + 1


@pytest.mark.parametrize("strategy", ["feature-extraction", "partial-fine-tuning", "full-fine-tuning", None])
def test_a_tied_head_counts_once_and_shares_the_state_of_the_embedding(strategy: str | None) -> None:
    """FLAN-T5 lists its head beside the embedding in one line of transformers, and ties it in the other."""
    shapes = [*T5, *parts("", "lm_head 50x8 -")]
    rest: dict[str, Any] = {"strategy": strategy} if strategy else {}
    try:
        tied = planned(shapes, tied=[["shared.weight", "lm_head.weight"]], **rest)
    except Refusal as refused:
        assert strategy == "feature-extraction", "there is no head to train alone"
        assert [fault.pointer for fault in refused.faults] == ["/fixed/strategy"]  # noqa: PT017 -- refused is right, too
        return
    assert tied.counts.total == size(T5)
    assert owner(tied, "lm_head.weight").state is owner(tied, "shared.weight").state
    untied = planned(shapes, **rest)
    assert untied.counts.total == size(T5) + 400
    assert untied.counts.head == 400


@pytest.mark.parametrize("shapes", [GPT2, T5, WHISPER, BART])
def test_a_model_whose_head_is_the_embedding_gets_no_new_one(shapes: Shapes) -> None:
    """`named_parameters()` never lists the tied head of a generator: nothing is missing."""
    body = {"parameters": [{"name": n, "shape": s} for n, s in shapes], "dataset": DATA}
    messages = [notice.message for notice in ask("/freeze-plan", body).notices if notice.code == "no-head-found"]
    assert all("tied" in message for message in messages)


@pytest.mark.parametrize(
    ("shapes", "task"),
    [(T5, "summarization"), (WHISPER, "automatic-speech-recognition"), (GPT2, "text-generation")],
)
def test_a_task_that_needs_no_new_head_misses_none(shapes: Shapes, task: str) -> None:
    body = {"parameters": [{"name": n, "shape": s} for n, s in shapes], "dataset": DATA, "target": {"task": task}}
    assert "no-head-found" not in {notice.code for notice in ask("/freeze-plan", body).notices}


def test_shared_layer_of_albert_is_one_block() -> None:
    plan = planned(ALBERT)
    assert len(names(plan)) == 1
    assert kind(plan, "albert.encoder.embedding_hidden_mapping_in.weight") is BlockKind.STEM
    assert kind(plan, "albert.pooler.weight") is BlockKind.NECK


def test_partial_tuning_of_a_shared_layer_trains_more_than_the_pooler() -> None:
    """Half of a shared layer cannot be frozen: it is open, or this is feature extraction and called so."""
    plan = planned(ALBERT)
    opened = any(block.kind is BlockKind.BLOCK and block.state is not BlockState.FROZEN for block in plan.blocks)
    assert opened or plan.strategy == "feature-extraction"


def test_towers_of_clip_take_turns() -> None:
    """Both end in one space: freezing half of the model freezes the lower half of each tower."""
    plan = planned(CLIP)
    assert plan.counts.total == size(CLIP)
    towers = [block.name.partition(".")[0] for block in plan.blocks if block.kind is BlockKind.BLOCK]
    assert sorted(towers[:2]) == ["text_model", "vision_model"]
    assert sorted(towers[2:4]) == ["text_model", "vision_model"]
    closed = [
        block.name.partition(".")[0]
        for block in plan.blocks
        if block.state is BlockState.FROZEN and "layers" in block.name
    ]
    assert abs(closed.count("text_model") - closed.count("vision_model")) <= 1
    for tower in ("text_model", "vision_model"):
        layers = [name for name in names(plan) if name.startswith(tower)]
        assert layers == numbered(4, f"{tower}.encoder.layers")


def test_a_temperature_is_no_head() -> None:
    plan = planned(CLIP)
    assert kind(plan, "logit_scale") is not BlockKind.HEAD
    assert all(phase.trainable != 1 for phase in plan.phases)


def test_vision_tower_projector_and_language_model_run_one_after_another() -> None:
    plan = planned(LLAVA)
    order = places(
        plan,
        "model.vision_tower.embeddings.class_embedding",
        "model.vision_tower.encoder.layers.2.mlp.fc1.weight",
        "model.vision_tower.post_layernorm.weight",
        "model.multi_modal_projector.linear_1.weight",
        "model.language_model.embed_tokens.weight",
        "model.language_model.layers.0.mlp.up_proj.weight",
        "model.language_model.norm.weight",
        "lm_head.weight",
    )
    assert order == sorted(set(order))
    assert kind(plan, "model.multi_modal_projector.linear_2.weight") is BlockKind.NECK


def test_front_end_of_a_speech_encoder_is_its_stem() -> None:
    plan = planned(WAV2VEC2)
    for name in ("wav2vec2.feature_extractor.conv_layers.5.conv.weight", "wav2vec2.encoder.pos_conv_embed.conv.bias"):
        assert kind(plan, name) is BlockKind.STEM
    assert kind(plan, "projector.weight") in (BlockKind.NECK, BlockKind.HEAD)


def test_detection_heads_are_one_head() -> None:
    plan = planned(DETR)
    assert owner(plan, "class_labels_classifier.weight") == owner(plan, "bbox_predictor.layers.0.weight")
    assert plan.blocks[-1].kind is BlockKind.HEAD
    reads = places(plan, "model.backbone.model.layer4.1.conv1.weight", "model.input_projection.weight")
    assert reads == sorted(reads), "the projection reads the backbone"


def test_last_norms_of_stages_stay_with_them() -> None:
    for shapes, norm, block in (
        (SEGFORMER_5, "segformer.stages.0.layer_norm.weight", "segformer.stages.0.blocks.1"),
        (SEGFORMER_4, "segformer.encoder.layer_norm.0.weight", "segformer.encoder.block.0.1"),
    ):
        assert owner(planned(shapes), norm).name == block
    assert owner(planned(SEGFORMER_4), "segformer.encoder.patch_embeddings.1.proj.weight").name.endswith("block.1.0")


def keras(*layers: tuple[str, str, int]) -> Shapes:
    """Layers by name, kind and width."""
    shapes: Shapes = []
    for name, layer, width in layers:
        weights = {
            "conv": [("kernel", [3, 3, width, width]), ("bias", [width])],
            "bn": [("gamma", [width]), ("beta", [width])],
            "dense": [("kernel", [width, 10]), ("bias", [10])],
        }
        shapes += [(f"{name}/{weight}", shape) for weight, shape in weights[layer]]
    return shapes


KERAS_RESNET = keras(
    ("conv1_conv", "conv", 4),
    ("conv1_bn", "bn", 4),
    *(
        (f"conv{stage}_block{block}_{i}_{layer}", layer, 4 * stage)
        for stage in (2, 3, 4)
        for block in (1, 2)
        for i in (1, 2)
        for layer in ("conv", "bn")
    ),
    ("predictions", "dense", 4),
)


def test_keras_paths() -> None:
    """Keras's ResNet50 writes `conv2_block1_1_conv/kernel`."""
    plan = planned(KERAS_RESNET)
    assert names(plan)[-6:] == [f"conv{stage}_block{block}" for stage in (2, 3, 4) for block in (1, 2)]
    assert owner(plan, "conv1_conv/kernel") == owner(plan, "conv1_bn/gamma")
    assert plan.blocks[-1].kind is BlockKind.HEAD
    assert plan.counts.head == 50
    assert plan.counts.total == size(KERAS_RESNET)


def test_keras_batch_norms_are_known_by_name() -> None:
    assert planned(KERAS_RESNET).norm.kind is NormKind.BATCH


def test_flax_paths() -> None:
    """Flax numbers the layers of a module in the order in which they are called, and sorts its trees."""
    shapes: Shapes = [
        (f"params/Dense_{i}/{name}", shape) for i in range(4) for name, shape in (("bias", [8]), ("kernel", [8, 8]))
    ]
    plan = planned(shapes)
    assert [block.name for block in plan.blocks] == [f"params/Dense_{i}" for i in range(4)]
    assert plan.counts.total == size(shapes)


def test_flax_blocks() -> None:
    layer = [("attention/query/kernel", [8, 8]), ("mlp/kernel", [8, 32]), ("norm/scale", [8])]
    shapes: Shapes = [
        ("params/embed/embedding", [50, 8]),
        *((f"params/encoder/layer_{i}/{name}", shape) for i in range(12) for name, shape in layer),
        ("params/head/kernel", [8, 2]),
    ]
    assert names(planned(shapes)) == [f"params/encoder/layer_{i}" for i in range(12)]


@pytest.mark.parametrize("word", ["zorp", "étage", "層", "Blk", "my_cells"])
def test_names_that_nobody_has_heard_of(word: str) -> None:
    """Numbers tell the order, whatever the language."""
    shapes = [
        *parts("", "wobble 8x3x3x3"),
        *repeated(12, f"net.{word}", "alpha 8x8", "beta 8x8", "gamma 8x8"),
        *parts("", "classifier 2x8"),
    ]
    plan = planned(shapes)
    assert names(plan) == numbered(12, f"net.{word}")
    assert places(plan, "wobble.weight", "classifier.weight") == [0, 13]


def test_what_no_name_orders_is_refused_without_an_order() -> None:
    """Three parts without numbers: their list has an order, a file has none."""
    shapes = parts("", "alpha 8x8", "gamma 8x8", "beta 8x8", "classifier 2x8")
    assert [block.name for block in planned(shapes).blocks] == ["alpha", "gamma", "beta", "classifier"]
    with pytest.raises(Refusal) as refused:
        from_header(shapes)
    assert all(fault.pointer.startswith("/source/safetensors") for fault in refused.value.faults)


def test_one_part_is_in_order() -> None:
    """Nothing stands beside it."""
    assert [block.tensors for block in from_header(parts("", "anything 8x8 -")).blocks] == [1]


@pytest.mark.parametrize("name", ["head.weight", "fc.weight", "classifier.bias"])
def test_a_head_alone_is_planned_or_refused(name: str) -> None:
    shapes: Shapes = [(name, [2, 8])]
    for form in (planned, from_header):
        try:
            assert form(shapes).counts.total == 16
        except Refusal as refused:
            assert refused.faults[0].pointer in ("/source/parameters", "/source/safetensors")  # noqa: PT017 -- either answer will do


def test_a_convolution_outside_the_blocks_takes_no_adapter() -> None:
    """PEFT wraps every module whose name ends in a target: `proj` would wrap `patch_embed.proj` as well."""
    plan = planned(VIT_TIMM, strategy="parameter-efficient")
    assert plan.adapter is not None
    assert plan.adapter.rank == 8
    inside = {"qkv": 24 + 8}
    assert set(plan.adapter.targets) == set(inside)
    assert plan.adapter.params == 4 * 8 * sum(inside.values())


def test_adapters_of_a_listed_generator_keep_its_head() -> None:
    """`lm_head` is pretrained: to save it whole would train more numbers than the adapter."""
    plan = planned(LLAMA, strategy="parameter-efficient")
    assert plan.adapter is not None
    assert plan.adapter.modules_to_save == []
    assert owner(plan, "lm_head.weight").state is BlockState.FROZEN
    assert plan.adapter.params == 4 * 16 * (16 + 12 + 12 + 16 + 24 * 3)


def test_a_model_without_linear_layers_takes_no_adapter() -> None:
    with pytest.raises(Refusal) as refused:
        planned(RESNET, strategy="parameter-efficient")
    assert [fault.pointer for fault in refused.value.faults] == ["/fixed/strategy"]


def test_a_batch_norm_among_layer_norms_is_treated() -> None:
    """A conformer has one batch norm in each block."""
    shapes = [
        *parts("", "embeddings.proj 8x8"),
        *repeated(
            4, "layers", "ffn_layer_norm 8", "ffn.a 8x8", "attn_layer_norm 8", "attn.q 8x8", "conv_module.batch_norm 8"
        ),
        *parts("", "classifier 2x8"),
    ]
    assert planned(shapes).norm.frozen_statistics


@pytest.mark.parametrize("said", ["batch-norm", "layer-norm", "group-norm", "rms-norm", "none"])
def test_a_norm_that_is_given_is_honoured(said: str) -> None:
    plan = planned(BERT, norm=said)
    assert plan.norm.kind == said
    assert plan.norm.frozen_statistics == (said == "batch-norm")


def test_a_layer_norm_without_bias_is_not_called_another_norm() -> None:
    """ModernBERT's layer norms have no bias."""
    shapes = [
        *parts("model.embeddings", "tok_embeddings 50x8 -", "norm 8 -"),
        *repeated(
            4, "model.layers", "attn_norm 8 -", "attn.Wqkv 24x8 -", "attn.Wo 8x8 -", "mlp_norm 8 -", "mlp.Wi 32x8 -"
        ),
        *parts("", "model.final_norm 8 -", "classifier 2x8"),
    ]
    assert planned(shapes).norm.kind is not NormKind.RMS


def test_the_layer_below_the_head_is_more_than_a_norm() -> None:
    """What trains at full rate is a part of the backbone that can learn something."""
    plan = planned(GPT2)
    full = [block.kind for block in plan.blocks if block.state is BlockState.FULL_RATE]
    assert not full or BlockKind.BLOCK in full


CONFORMER = [
    *parts("", "embed.conv 8x4x3 -"),
    *repeated(3, "layers", "ff.layer_norm 8", "ff.w 8x8", "conv.layer_norm 8", "conv.sequential.1 8", "conv.w 8x8x3 -"),
]
"""torchaudio's Conformer: layer norms by name, and a batch norm at a number of a Sequential."""


@pytest.mark.parametrize(
    "shapes",
    [
        CONFORMER,
        repeated(4, "features", "conv 8x8x3x3 -", "act 1x1 -"),
        repeated(3, "blocks", "normalization 8", "linear_first 8x8", "linear_second 8x8"),
    ],
    ids=["unnamed", "without weights", "normalization"],
)
def test_statistics_rest_where_a_norm_may_be_a_batch_norm(shapes: Shapes) -> None:
    norm = planned(shapes).norm
    assert norm.kind is NormKind.UNKNOWN
    assert norm.frozen_statistics


def test_a_file_without_running_statistics_holds_no_batch_norm() -> None:
    assert from_header(CONFORMER).norm.kind is NormKind.LAYER
    assert not from_header(CONFORMER).norm.frozen_statistics


def test_names_that_tell_no_family_give_none() -> None:
    """An actor and its critic: nothing in them is of a kind whose rates anybody published."""
    critic = [*repeated(3, "shared_net", "linear 8x8", "proj 8x8"), *parts("", "actor 2x8", "critic 1x8")]
    assert resolved(critic)["/source/family"] is Family.UNKNOWN


def text_encoder_of(name: str, ends: dict[str, list[int]]) -> Shapes:
    """A list with the names of an encoder of transformers, and these parts behind it."""
    blocks = [f"{name}.encoder.layer.{i}.attention.self.{part}.weight" for i in range(3) for part in ("query", "value")]
    return [(f"{name}.embeddings.word_embeddings.weight", [100, 8]), *((one, [8, 8]) for one in blocks), *ends.items()]


def test_a_head_of_a_wrapped_model_is_no_head_where_another_one_stands_beside_it() -> None:
    plan = planned(text_encoder_of("esm", {"esm.contact_head.regression.weight": [1, 24], "classifier.weight": [5, 8]}))
    assert kind(plan, "esm.contact_head.regression.weight") is BlockKind.NECK
    assert kind(plan, "classifier.weight") is BlockKind.HEAD


def test_what_a_heads_last_layer_reads_is_no_part_of_it() -> None:
    """MaxViT's head as timm lists it: only `fc` is made anew for other classes."""
    head = {"head.norm.weight": [8], "head.pre_logits.fc.weight": [8, 8], "head.fc.weight": [5, 8]}
    plan = planned(text_encoder_of("m", head))
    assert [kind(plan, name) for name in head] == [BlockKind.NORM, BlockKind.NECK, BlockKind.HEAD]


def test_levels_that_are_counted_down_run_from_the_last() -> None:
    """A decoder whose first level gives the fewest channels, as in deep-compression autoencoders."""
    widths = [(64, 32), (128, 64), (256, 128)]
    ups = [
        (f"decoder.up.{i}.{part}.weight", shape)
        for i, (read, given) in enumerate(widths)
        for part, shape in (("conv1", [given, read, 3, 3]), ("conv2", [given, given, 3, 3]))
    ]
    plan = planned([("decoder.conv_in.weight", [256, 4, 3, 3]), *ups, ("decoder.conv_out.weight", [3, 32, 3, 3])])
    assert [name for name in names(plan) if "up" in name] == ["decoder.up.2", "decoder.up.1", "decoder.up.0"]


@pytest.mark.parametrize(
    ("name", "family", "objective"),
    [
        ("deberta", Family.TEXT_ENCODER, "replaced-token-detection"),
        ("fnet", Family.TEXT_ENCODER, "masked-language-modelling"),
    ],
)
def test_the_name_of_a_family_tells_how_it_was_pretrained(name: str, family: Family, objective: str) -> None:
    """DeBERTa-v3 was pretrained to find replaced tokens, most encoders to fill in masked ones."""
    parameters = [{"name": n, "shape": s} for n, s in text_encoder_of(name, {"classifier.weight": [5, 8]})]
    told = recommended(source={"parameters": parameters}, target={"task": "text-classification"}, dataset=DATA)
    assert told.resolved["/source/family"].value is family
    assert told.resolved["/source/objective"].value == objective


@pytest.mark.parametrize(
    ("model", "head"),
    [
        ("deit_base_distilled_patch16_224", 2 * (768 + 1) * 10),
        ("crossvit_15_240", (192 + 1 + 384 + 1) * 10),
        ("google/bigbird-roberta-base", (768 + 1) * 768 + (768 + 1) * 10),
    ],
)
def test_a_model_of_several_heads_or_layers_in_its_head_counts_them_all(model: str, head: int) -> None:
    """As timm and transformers build them for ten classes."""
    task = "text-classification" if "/" in model else "image-classification"
    told = recommended(
        source={"model": model},
        target={"task": task},
        dataset={"examples": 500, "classes": 10},
        fixed={"strategy": "feature-extraction"},
    )
    assert told.freeze_plan is not None
    assert told.freeze_plan.blocks[-1].params == head


def test_a_net_that_alone_takes_in_pictures_runs_first_wherever_it_is_listed() -> None:
    """Learning from bags of pictures: the transformer that is listed first reads what the convolutions give."""
    bag = [(f"transformer.layers.{i}.{part}.weight", [16, 16]) for i in range(3) for part in ("query", "value")]
    net = [
        (f"net.layer{i}.0.{part}.weight", [16, 3 if part == "conv1" and i == 1 else 16, 3, 3])
        for i in (1, 2, 3)
        for part in ("conv1", "conv2")
    ]
    plan = planned([*bag, *net])
    assert [name.partition(".")[0] for name in names(plan)] == ["net"] * 3 + ["transformer"] * 3


def test_a_list_of_single_layers_is_read_as_such_whatever_its_last_part_holds() -> None:
    """YOLOv3-tiny as ultralytics lists it: plain convolutions, and a head of two lists."""
    layers = [
        (f"model.{i}.{part}.weight", shape)
        for i in range(7)
        for part, shape in (("conv", [8 << i, 8 << i - 1 if i else 3, 3, 3]), ("bn", [8 << i]))
    ]
    head = [
        (f"model.7.{cv}.{level}.{layer}.weight", [20, 512 >> level if layer == 0 else 20, 1, 1])
        for cv in ("cv2", "cv3")
        for level in range(2)
        for layer in range(2)
    ]
    plan = planned([*layers, *head])
    assert [block.name for block in plan.blocks] == [f"model.{i}" for i in range(8)]
    assert plan.blocks[-1].kind is BlockKind.HEAD


def test_parts_that_are_counted_like_the_blocks_of_a_stage_are_in_a_block() -> None:
    """HRNet as timm lists it: `downsamp_modules` has as many parts as the last stage but one has blocks."""
    stages = [
        (f"stage{stage}.{i}.branches.{j}.{layer}.conv{k}.weight", [8, 8, 3, 3])
        for stage, blocks in ((2, 1), (3, 3), (4, 2))
        for i in range(blocks)
        for j in range(2)
        for layer in range(2)
        for k in (1, 2)
    ]
    downs = [(f"downsamp_modules.{i}.0.weight", [8, 8, 3, 3]) for i in range(3)]
    plan = planned([("conv1.weight", [8, 3, 3, 3]), *stages, *downs, ("classifier.weight", [5, 8])])
    patterns = [re.compile(block.pattern or "(?!)") for block in plan.blocks]
    assert [name for name, _ in downs if not any(pattern.search(name) for pattern in patterns)] == []


KERAS_NAMES = [
    ("conv2d/kernel", [3, 3, 3, 16]),
    ("batch_normalization/gamma", [16]),
    ("conv2d_1/kernel", [3, 3, 16, 32]),
    ("batch_normalization_1/gamma", [32]),
    ("dense/kernel", [32, 10]),
]
"""Layers that nobody named: Keras names them after their kinds."""


@pytest.mark.parametrize("wrapper", ["", "sequential/", "model/", "my_net/"])
def test_layers_that_keras_names_itself_are_each_a_block(wrapper: str) -> None:
    blocks = planned(
        [(wrapper + name, shape) for name, shape in KERAS_NAMES], dataset={"examples": 5000, "classes": 10}
    ).blocks
    assert [block.name for block in blocks] == [(wrapper + name).rpartition("/")[0] for name, _ in KERAS_NAMES]
    assert [block.kind for block in blocks][-1] == BlockKind.HEAD


@pytest.mark.parametrize("wrapper", ["net", "sequential", "classifier_model"])
def test_a_module_that_holds_everything_is_walked_from_inside(wrapper: str) -> None:
    names = [("conv", [16, 3, 3, 3]), ("hidden", [64, 100]), ("last", [10, 64])]
    blocks = planned(
        [(f"{wrapper}.{name}.weight", shape) for name, shape in names], dataset={"examples": 5000, "classes": 10}
    ).blocks
    assert [block.name for block in blocks] == [f"{wrapper}.{name}" for name, _ in names]
    assert blocks[-1].kind == BlockKind.HEAD


def test_numbers_that_keras_gives_are_no_stages() -> None:
    """Three blocks of one attention, two norms and two layers, as Keras counts them by kind."""
    names: Shapes = [("embedding/embeddings", [1000, 64])]
    for block in range(3):
        for kind, numbers, shape in (
            ("multi_head_attention", [block], [64, 2, 32]),
            ("layer_normalization", [2 * block], [64]),
            ("dense", [2 * block, 2 * block + 1], [64, 64]),
            ("layer_normalization", [2 * block + 1], [64]),
        ):
            for number in numbers:
                layer = f"{kind}_{number}" if number else kind
                names.append((f"{layer}/{'query/kernel' if len(shape) == 3 else 'kernel'}", shape))
    names.append(("dense_6/kernel", [64, 5]))
    blocks = planned(names, dataset={"examples": 5000, "classes": 5}).blocks
    assert [block.name for block in blocks] == [name.partition("/")[0] for name, _ in names]


def test_attention_of_several_heads_is_no_head() -> None:
    names = [
        ("embedding/embeddings", [1000, 64]),
        ("multi_head_attention/query/kernel", [64, 2, 32]),
        ("dense/kernel", [64, 3]),
    ]
    blocks = planned(names, dataset={"examples": 5000, "classes": 3}).blocks
    assert [block.name for block in blocks] == ["embedding", "multi_head_attention", "dense"]
    assert blocks[-1].kind == BlockKind.HEAD


def test_a_list_of_layers_called_base_layer_is_no_adapter() -> None:
    """As in timm's DLA."""
    names = [("base_layer.0.weight", [16, 3, 7, 7]), ("level.0.conv.weight", [32, 16, 3, 3]), ("fc.weight", [10, 32])]
    assert planned(names).blocks[-1].name == "fc"
    with pytest.raises(Refusal):
        planned([("encoder.q.base_layer.weight", [8, 8]), *names])
