"""Fields of a job by other names, and where each stands."""

from collections.abc import Iterator, Mapping
from functools import cache

import msgspec
from msgspec import Struct, inspect

from service.contract.job import Job

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
    "gradient_checkpointing": ("checkpointing",),
    "activation_checkpointing": ("checkpointing",),
    "optim": ("optimizer",),
    "attn_implementation": ("attention",),
    "flash_attn": ("attention",),
    "fsdp": ("sharding",),
    "deepspeed": ("sharding",),
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
