"""A model that is listed gets the very rates of the same model by its name: a new head is no part of its size."""

from typing import Any

from tests.ask import recommended

WIDTH, CLASSES = 768, 21_841
BLOCK = {
    "norm1": [WIDTH],
    "attn.qkv": [3 * WIDTH, WIDTH],
    "attn.proj": [WIDTH, WIDTH],
    "norm2": [WIDTH],
    "mlp.fc1": [4 * WIDTH, WIDTH],
    "mlp.fc2": [WIDTH, 4 * WIDTH],
}


def parameters() -> list[dict[str, Any]]:
    """ViT-B/16 as timm builds it."""
    layers = {"patch_embed.proj": [WIDTH, 3, 16, 16]}
    layers |= {f"blocks.{number}.{name}": shape for number in range(12) for name, shape in BLOCK.items()}
    layers |= {"norm": [WIDTH], "head": [CLASSES, WIDTH]}
    tokens = [{"name": "cls_token", "shape": [1, 1, WIDTH]}, {"name": "pos_embed", "shape": [1, 197, WIDTH]}]
    pairs = (((f"{name}.weight", shape), (f"{name}.bias", shape[:1])) for name, shape in layers.items())
    return tokens + [{"name": name, "shape": shape} for pair in pairs for name, shape in pair]


def test_named_and_listed_models_train_at_the_same_rates() -> None:
    job: dict[str, Any] = {
        "target": {"task": "image-classification"},
        "dataset": {"examples": 500_000, "classes": CLASSES},
        "similarity": 6,
        "fixed": {"strategy": "full-fine-tuning"},
    }
    listed = {"parameters": parameters(), "objective": "supervised", "corpus": "imagenet"}
    answers = [recommended(**job, source=source) for source in ({"model": "vit_base_patch16_224"}, listed)]
    schedules = [answer.lr_schedule for answer in answers]
    assert schedules[0] is not None
    assert schedules[1] is not None
    assert schedules[0].rates == schedules[1].rates
