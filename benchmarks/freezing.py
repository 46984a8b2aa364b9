"""Engine time of a freeze plan for models that nobody has heard of, against the limits: a part of `make bench`."""

import statistics
import time
from typing import Any

import msgspec

from service.contract.job import Job
from service.core.engine import freeze_plan
from service.core.rules.example_requests import placed
from service.knowledge.index import Knowledge

Shapes = list[tuple[str, list[int]]]

ROUNDS = 15

ENDS = ("weight", "bias")


def vit_base() -> Shapes:
    """ViT-B/16 with 21,000 classes, by the names that timm gives its parameters: 152 tensors."""
    block: Shapes = [
        ("norm1.weight", [768]),
        ("norm1.bias", [768]),
        ("attn.qkv.weight", [2304, 768]),
        ("attn.qkv.bias", [2304]),
        ("attn.proj.weight", [768, 768]),
        ("attn.proj.bias", [768]),
        ("norm2.weight", [768]),
        ("norm2.bias", [768]),
        ("mlp.fc1.weight", [3072, 768]),
        ("mlp.fc1.bias", [3072]),
        ("mlp.fc2.weight", [768, 3072]),
        ("mlp.fc2.bias", [768]),
    ]
    stem: Shapes = [
        ("cls_token", [1, 1, 768]),
        ("pos_embed", [1, 197, 768]),
        ("patch_embed.proj.weight", [768, 3, 16, 16]),
        ("patch_embed.proj.bias", [768]),
    ]
    tail: Shapes = [("norm.weight", [768]), ("norm.bias", [768]), ("head.weight", [21843, 768]), ("head.bias", [21843])]
    return stem + _stack("blocks", 12, block) + tail


def bert() -> Shapes:
    """A BERT of 12 layers with 200 tensors, by the names of transformers."""
    layer: Shapes = []
    for name, out, inner in (
        ("attention.self.query", 768, 768),
        ("attention.self.key", 768, 768),
        ("attention.self.value", 768, 768),
        ("attention.output.dense", 768, 768),
        ("intermediate.dense", 3072, 768),
        ("output.dense", 768, 3072),
    ):
        layer += [(f"{name}.weight", [out, inner]), (f"{name}.bias", [out])]
    layer += [(f"{name}.{end}", [768]) for name in ("attention.output.LayerNorm", "output.LayerNorm") for end in ENDS]
    stem: Shapes = [
        ("bert.embeddings.word_embeddings.weight", [30522, 768]),
        ("bert.embeddings.position_embeddings.weight", [512, 768]),
        ("bert.embeddings.token_type_embeddings.weight", [2, 768]),
        ("bert.embeddings.LayerNorm.weight", [768]),
        ("bert.embeddings.LayerNorm.bias", [768]),
    ]
    tail: Shapes = [("classifier.weight", [2, 768]), ("classifier.bias", [2]), ("bert.pooler.dense.weight", [768, 768])]
    return stem + _stack("bert.encoder.layer", 12, layer) + tail


def deep() -> Shapes:
    """2,000 blocks with stem, norm and head, most of them of 10 tensors: as many as a plan may have."""
    block: Shapes = [(f"{name}.{end}", [64, 64][: 1 + (end == "weight")]) for name in "abcde" for end in ENDS]
    stem: Shapes = [("embed.weight", [1000, 64])]
    tail: Shapes = [("norm.weight", [64]), ("norm.bias", [64]), ("head.weight", [10, 64])]
    return stem + _stack("layers", 1997, block) + tail


def experts() -> Shapes:
    """A mixture of 104 experts in each of 60 layers, 19,143 tensors."""
    layer: Shapes = [(f"self_attn.{name}_proj.weight", [64, 64]) for name in "qkvo"]
    layer += [
        ("mlp.gate.weight", [104, 64]),
        ("input_layernorm.weight", [64]),
        ("post_attention_layernorm.weight", [64]),
    ]
    for expert in range(104):
        layer += [(f"mlp.experts.{expert}.{name}_proj.weight", [64, 64]) for name in ("gate", "up", "down")]
    stem: Shapes = [("model.embed_tokens.weight", [1000, 64])]
    return stem + _stack("model.layers", 60, layer) + [("model.norm.weight", [64]), ("lm_head.weight", [1000, 64])]


def _stack(name: str, many: int, block: Shapes) -> Shapes:
    return [(f"{name}.{index}.{below}", shape) for index in range(many) for below, shape in block]


CASES: list[tuple[str, Shapes, float]] = [
    ("freeze-plan, ViT-B/16", vit_base(), 3),
    ("freeze-plan, BERT", bert(), 3),
    ("freeze-plan, 2,000 blocks", deep(), 150),
    ("freeze-plan, 6,240 experts", experts(), 150),
]
"""Each with the most milliseconds that its plan may take."""


def body(shapes: Shapes) -> dict[str, Any]:
    """The request for one model."""
    return {
        "parameters": [{"name": name, "shape": shape} for name, shape in shapes],
        "dataset": {"examples": 5000, "classes": 10},
    }


def measure(know: Knowledge) -> list[tuple[str, int, float, float]]:
    """Of each case the tensors, the median of the engine's milliseconds, and the limit."""
    found: list[tuple[str, int, float, float]] = []
    for name, shapes, limit in CASES:
        request = msgspec.convert(placed(body(shapes)), Job)
        times: list[float] = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            freeze_plan(request, know, True)
            times.append(time.perf_counter() - start)
        found.append((name, len(shapes), statistics.median(times) * 1000, limit))
    return found


def report(know: Knowledge) -> None:
    """Prints one line per case."""
    print(f"\n{'case':32}{'tensors':>12}{'engine ms':>14}{'limit ms':>12}")  # noqa: T201
    for name, tensors, median, limit in measure(know):
        print(f"{name:32}{tensors:12}{median:14.3f}{limit:12g}  {'' if median <= limit else 'too slow'}".rstrip())  # noqa: T201
