"""Short ways to write the requests that show a rule at work."""

from service.core.rules.rule import Example

CLIP = {"model": "openai/clip-vit-base-patch32"}
LLAMA = {"model": "meta-llama/Llama-3.1-8B"}
RESNET = {"model": "resnet50"}
VIT = {"model": "vit_base_patch16_224"}
BARE = [
    {"name": "embed.weight", "shape": [10, 4]},
    {"name": "inner.weight", "shape": [4, 4]},
    {"name": "outer.weight", "shape": [4, 4]},
    {"name": "last.weight", "shape": [4, 4]},
    {"name": "classifier.weight", "shape": [2, 4]},
]
"""A model whose names say little: nothing is numbered."""
TINY_BERT = [
    {"name": "embeddings.word_embeddings.weight", "shape": [30, 4]},
    *(
        {"name": f"encoder.layer.{i}.{part}", "shape": shape}
        for i in range(4)
        for part, shape in (
            ("attention.self.query.weight", [4, 4]),
            ("output.dense.weight", [4, 4]),
            ("output.LayerNorm.weight", [4]),
            ("output.LayerNorm.bias", [4]),
        )
    ),
    {"name": "classifier.weight", "shape": [2, 4]},
]
"""The names of a small text encoder."""
TINY_CONVNET = [
    {"name": "stem.weight", "shape": [8, 3, 3, 3]},
    *(
        {"name": f"blocks.{i}.{part}", "shape": shape}
        for i in range(4)
        for part, shape in (
            ("first.weight", [8, 8, 3, 3]),
            ("norm.weight", [8]),
            ("norm.bias", [8]),
            ("second.weight", [8, 8, 3, 3]),
        )
    ),
]
"""The names of a small convolutional network, of which nobody can tell how it normalises; it has no head."""


def job(
    examples: int = 5000,
    *,
    task: str = "image-classification",
    domain: str | None = None,
    classes: int | None = None,
    **rest: object,
) -> Example:
    """A request to `/recommend`; `rest` are further top-level fields."""
    target = {"task": task, **({"domain": domain} if domain else {})}
    dataset = {"examples": examples, **({"classes": classes} if classes else {})}
    return Example("/recommend", {"target": target, "dataset": dataset, **rest})


def freeze(examples: int = 5000, **rest: object) -> Example:
    """A request to `/freeze-plan`."""
    return Example("/freeze-plan", {"dataset": {"examples": examples}, **rest})


def schedule(**fields: object) -> Example:
    """A request to `/lr-schedule`."""
    return Example("/lr-schedule", fields)
