"""Words and places that callers use for ours: common synonyms, and where a field stands in a job."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import msgspec
from msgspec import Struct, inspect

from service.contract.job import Job
from service.contract.words import STRATEGY_OF, Method, Strategy

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "ner": ("token-classification",),
    "pos-tagging": ("token-classification",),
    "sequence-classification": ("text-classification",),
    "sentiment-analysis": ("text-classification",),
    "nli": ("text-classification",),
    "qa": ("question-answering",),
    "extractive-qa": ("question-answering",),
    "mt": ("translation",),
    "asr": ("automatic-speech-recognition",),
    "speech-recognition": ("automatic-speech-recognition",),
    "speech-to-text": ("automatic-speech-recognition",),
    "sts": ("sentence-similarity",),
    "embeddings": ("sentence-similarity", "image-feature-extraction"),
    "causal-lm": ("text-generation", "causal-language-modelling", "decoder-lm"),
    "lm": ("text-generation", "causal-language-modelling", "decoder-lm"),
    "llm": ("text-generation", "decoder-lm"),
    "chat": ("text-generation", "conversations"),
    "instruction-tuning": ("text-generation",),
    "sft": ("text-generation", "full-fine-tuning"),
    "vqa": ("image-text-to-text",),
    "vlm": ("image-text-to-text",),
    "visual-question-answering": ("image-text-to-text",),
    "ocr": ("image-to-text",),
    "captioning": ("image-to-text",),
    "image-captioning": ("image-to-text",),
    "action-recognition": ("video-classification", "human-actions"),
    "pose-estimation": ("keypoint-detection",),
    "promptable-segmentation": ("mask-generation",),
    "reranking": ("text-ranking",),
    "cross-encoder": ("text-ranking",),
    "regression": ("tabular-regression", "text-regression", "image-regression"),
    "dpo": ("preference-tuning",),
    "rlhf": ("preference-tuning", "reward-modelling"),
    "reward-model": ("reward-modelling",),
    "segmentation": ("image-segmentation", "instance-segmentation"),
    "semantic-segmentation": ("image-segmentation",),
    "detection": ("object-detection",),
    "forecasting": ("time-series-forecasting", "forecasting"),
    "tabular": ("tabular-classification", "tabular-regression", "tabular"),
    "lora": ("parameter-efficient", "adapters"),
    "qlora": ("parameter-efficient", "adapters"),
    "peft": ("parameter-efficient", "adapters"),
    "adapter": ("parameter-efficient", "adapters"),
    "full": ("full-fine-tuning",),
    "fine-tuning": ("full-fine-tuning",),
    "finetune": ("full-fine-tuning",),
    "full-finetuning": ("full-fine-tuning",),
    "partial": ("partial-fine-tuning",),
    "gradual-unfreezing": ("partial-fine-tuning",),
    "probe": ("linear-probe", "feature-extraction"),
    "frozen": ("feature-extraction",),
    "head-only": ("feature-extraction", "linear-probe"),
    "scratch": ("from-scratch",),
    "knn": ("nearest-neighbours",),
    "prototypes": ("class-means",),
    "nearest-centroid": ("class-means",),
    "setfit": ("contrastive-few-shot",),
    "lp-ft": ("probe-then-fine-tune", "full-fine-tuning"),
    "gpu": ("consumer-gpu",),
    "cuda": ("consumer-gpu",),
    "adamw8bit": ("adamw",),
    "adamw_torch": ("adamw",),
    "vit": ("vision-transformer",),
    "resnet": ("cnn",),
    "bert": ("text-encoder",),
    "encoder": ("text-encoder",),
    "decoder": ("decoder-lm",),
    "gpt": ("decoder-lm",),
    "seq2seq": ("encoder-decoder",),
    "t5": ("encoder-decoder",),
    "mlm": ("masked-language-modelling",),
    "clip": ("contrastive-image-text",),
    "dino": ("self-distillation",),
    "mae": ("masked-reconstruction",),
    "cosine-annealing": ("cosine",),
    "warm-restarts": ("cosine-with-restarts",),
    "onecycle": ("one-cycle",),
    "wsd": ("warmup-stable-decay",),
    "plateau": ("reduce-on-plateau",),
    "torch": ("pytorch",),
    "huggingface": ("transformers",),
    "tensorflow": ("keras",),
    "flax": ("optax", "jax"),
    "medical": ("radiology", "clinical-text", "medical-tables"),
    "x-ray": ("radiology",),
    "german": ("non-english-text",),
    "french": ("non-english-text",),
    "chinese": ("non-english-text",),
    "code": ("source-code",),
    "bn": ("batch-norm",),
    "ln": ("layer-norm",),
    "rmsnorm": ("rms-norm",),
}
"""What a word that we do not know usually means, in our words; several where it depends on the vocabulary."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "lr": ("peak_rate",),
    "learning_rate": ("peak_rate",),
    "num_epochs": ("epochs",),
    "num_train_epochs": ("epochs",),
    "max_steps": ("total_steps",),
    "steps_total": ("total_steps",),
    "batch": ("batch_size",),
    "per_device_train_batch_size": ("per_device_batch_size",),
    "gradient_accumulation_steps": ("accumulation",),
    "gpu": ("device",),
    "gpus": ("count",),
    "devices": ("count",),
    "vram": ("memory_gib",),
    "memory": ("memory_gib",),
    "num_classes": ("classes",),
    "num_labels": ("classes",),
    "labels": ("classes", "examples"),
    "samples": ("examples",),
    "num_examples": ("examples",),
    "train_size": ("examples",),
    "scheduler": ("shape",),
    "lr_scheduler_type": ("shape",),
    "warmup": ("warmup_steps",),
    "lora": ("adapter",),
    "checkpoint": ("model",),
    "model_name": ("model",),
    "pretrained_model": ("model",),
    "architecture": ("family",),
    "trainers": ("dialects",),
    "exports": ("dialects",),
    "framework": ("framework",),
}
"""Fields of ours by the names that trainers and callers give them."""


def meant(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that a word of the caller's usually stands for; None where none is known."""
    plain, known = word.strip().lower().replace("_", "-").replace(" ", "-"), set(allowed)
    found = [plain, *SYNONYMS.get(plain, ()), *SYNONYMS.get(word.lower(), ())]
    if Strategy.FULL in known and plain in set(Method):
        found.append(str(STRATEGY_OF[Method(plain)]))
    return next((one for one in found if one in known), None)


def right_place(name: str, pointer: str) -> str | None:
    """Where in a job a field belongs that is not known at `pointer`; None where no field has that name or meaning."""
    for known in (name, *FIELDS.get(name.lower(), ())):
        found = [place for place in _places().get(known, ()) if place != pointer]
        if found:
            return min(found, key=len)
    return None


@cache
def _places() -> dict[str, list[str]]:
    """Every field of a job with its JSON pointers. The cache is of our own structure, and holds nothing of a caller."""
    places: dict[str, list[str]] = {}
    for name, pointer in _fields(Job, ""):
        places.setdefault(name, []).append(pointer)
    return places


def _fields(part: type[Struct], pointer: str) -> Iterator[tuple[str, str]]:
    for field in msgspec.structs.fields(part):
        place = f"{pointer}/{field.name}"
        yield field.name, place
        for kind in _structs(inspect.type_info(field.type)):
            yield from _fields(kind, place)


def _structs(kind: inspect.Type) -> Iterator[type[Struct]]:
    """The Structs that a field may hold itself."""
    if isinstance(kind, inspect.StructType):
        yield kind.cls
    if isinstance(kind, inspect.Metadata):
        yield from _structs(kind.type)
    if isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _structs(one)
