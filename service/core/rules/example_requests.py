"""Short ways to write the requests that show a rule at work."""

from collections.abc import Mapping

from service.core.rules.rule import Example

PLACES: Mapping[str, str] = {
    **dict.fromkeys(
        ("model", "parameters", "safetensors", "depth", "family", "params", "objective", "corpus", "head"), "source"
    ),
    **dict.fromkeys(
        ("examples", "size", "classes", "rarest_class", "channels", "bit_depth", "sequence_length", "image_size"),
        "dataset",
    ),
    **dict.fromkeys(
        ("strategy", "method", "optimizer", "batch_size", "per_device_batch_size", "accumulation"), "fixed"
    ),
    **dict.fromkeys(("epochs", "total_steps", "peak_rate", "precision"), "fixed"),
    **dict.fromkeys(("shape", "options", "warmup_kind", "warmup_steps", "layer_decay", "drop_last"), "schedule"),
    **dict.fromkeys(("adapter", "unit_features", "known_rate", "points", "steps"), "schedule"),
    **dict.fromkeys(("norm", "shift", "tied"), "freezing"),
}
"""In which part of a job a field stands, for examples that are written without the parts."""

FULL = {"strategy": "full-fine-tuning"}
PROBED = {"strategy": "feature-extraction"}
SCRATCH = {"strategy": "from-scratch"}
AST = {"model": "MIT/ast-finetuned-audioset-10-10-0.4593"}
BERT = {"model": "bert-base-uncased"}
BGE = {"model": "BAAI/bge-base-en-v1.5"}
CHRONOS = {"model": "amazon/chronos-bolt-small"}
CLIP = {"model": "openai/clip-vit-base-patch32"}
DINO = {"model": "vit_base_patch14_dinov2"}
IMAGES = {"task": "image-classification"}
LLAMA = {"model": "meta-llama/Llama-3.1-8B"}
MAE = {"model": "vit_base_patch16_224.mae"}
MDEBERTA = {"model": "microsoft/mdeberta-v3-base"}
MINILM = {"model": "sentence-transformers/all-MiniLM-L6-v2"}
RESNET = {"model": "resnet50"}
SEGFORMER = {"model": "nvidia/segformer-b0"}
T5 = {"model": "t5-small"}
TABPFN = {"model": "Prior-Labs/TabPFN-v2-clf"}
VIT = {"model": "vit_base_patch16_224"}
WAV2VEC2 = {"model": "facebook/wav2vec2-base"}
WHISPER = {"model": "openai/whisper-small"}
WHISPER_LARGE = {"model": "openai/whisper-large-v3"}
YOLO = {"model": "yolo11s"}
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
    """A request to `/recommend`; `rest` are further parts of the job."""
    target = {"task": task, **({"domain": domain} if domain else {})}
    dataset = {"examples": examples, **({"classes": classes} if classes else {})}
    return Example("/recommend", {"target": target, "dataset": dataset, **rest})


def freeze(examples: int = 5000, **fields: object) -> Example:
    """A request to `/freeze-plan`; fields stand in their parts of the job."""
    return Example("/freeze-plan", placed({"examples": examples, **fields}))


def schedule(**fields: object) -> Example:
    """A request to `/lr-schedule`; fields stand in their parts of the job."""
    return Example("/lr-schedule", placed(fields))


def placed(fields: Mapping[str, object]) -> dict[str, object]:
    """A job whose fields stand in their parts; what has no place is a part itself."""
    body: dict[str, object] = {}
    for name, value in fields.items():
        if name in PLACES:
            part = body.setdefault(PLACES[name], {})
            assert isinstance(part, dict)  # noqa: S101 -- only this function makes parts
            part[name] = value
        else:
            body[name] = value
    return body
