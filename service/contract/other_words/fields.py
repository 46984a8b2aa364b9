"""Fields of a job by other names, and where each stands."""

from collections.abc import Iterator, Mapping
from functools import cache

import msgspec
from msgspec import Struct, inspect

from service.contract.job import Job

FIELDS: Mapping[str, str] = {
    "model": (
        "checkpoint model_name model_id model_path model_name_or_path pretrained_model pretrained_model_name_or_path "
        "base_model backbone /source/name /source/id"
    ),
    "family": "architecture model_type /source/type",
    "params": "n_params num_params num_parameters parameter_count model_size",
    "depth": "num_layers n_layers num_hidden_layers",
    "task": "task_type task_name problem_type /target/type /target/name",
    "examples": (
        "samples num_examples n_examples num_samples n_samples num_train_examples train_examples num_train_samples "
        "train_samples train_size dataset_size max_samples"
    ),
    "classes": "num_classes n_classes nb_classes num_labels n_labels labels",
    "sequence_length": (
        "seq_len seq_length max_seq_len max_seq_length max_length max_len model_max_length sequence_len cutoff_len "
        "block_size context_length max_source_length"
    ),
    "image_size": "img_size imgsz input_size image_resolution resolution crop_size",
    "channels": "in_chans in_channels num_channels",
    "device": "gpu gpu_name gpu_type device_name accelerator hardware /compute/name",
    "kind": "/compute/type",
    "count": "gpus num_gpus n_gpus n_gpu gpu_count num_devices devices world_size nproc_per_node",
    "memory_gib": "vram vram_gb vram_gib memory memory_gb gpu_memory gpu_memory_gb gpu_memory_gib gpu_ram",
    "hours": "max_hours time_budget budget_hours",
    "method": "finetuning_type training_type tuning_method peft_method peft_type",
    "optimizer": "optim opt optimizer_name optimizer_type",
    "peak_rate": "lr learning_rate base_lr max_lr peak_lr lr_max initial_lr initial_learning_rate",
    "epochs": "num_epochs num_train_epochs max_epochs train_epochs n_epochs nb_epoch",
    "total_steps": (
        "max_steps steps_total num_steps train_steps max_train_steps training_steps num_training_steps num_train_steps "
        "total_iters max_iters iterations"
    ),
    "batch_size": "batch train_batch_size global_batch_size total_batch_size effective_batch_size",
    "per_device_batch_size": (
        "per_device_train_batch_size per_gpu_train_batch_size per_gpu_batch_size micro_batch_size "
        "train_micro_batch_size_per_gpu"
    ),
    "accumulation": (
        "gradient_accumulation gradient_accumulation_steps grad_accum grad_accum_steps grad_accumulation_steps "
        "accumulate_grad_batches"
    ),
    "precision": "fp16 bf16 amp mixed_precision dtype torch_dtype",
    "checkpointing": (
        "gradient_checkpointing use_gradient_checkpointing grad_checkpointing activation_checkpointing "
        "enable_gradient_checkpointing"
    ),
    "attention": "attn_implementation flash_attn flash_attention use_flash_attention",
    "sharding": "fsdp deepspeed zero_stage",
    "shape": (
        "scheduler scheduler_type scheduler_name sched lr_scheduler lr_scheduler_type /schedule/type /schedule/name"
    ),
    "warmup_steps": "warmup num_warmup_steps warmup_iters warmup_ratio warmup_proportion warmup_epochs",
    "cycles": "num_cycles",
    "end_ratio": "min_lr_rate min_lr_ratio min_lr eta_min lr_min",
    "layer_decay": "llrd layerwise_lr_decay layer_wise_lr_decay layer_lr_decay",
    "adapter": "lora lora_config peft_config",
    "rank": "r lora_r lora_rank",
    "alpha": "lora_alpha",
    "drop_last": "dataloader_drop_last",
    "schedule": "lr_schedule",
    "dialects": "trainer trainers exports dialect",
}
"""What trainers and callers call our fields; a pointer where the name means this one only there."""

OTHER_UNITS: Mapping[str, str] = {
    "It takes steps.": "warmup_ratio warmup_proportion warmup_epochs",
    "It takes a share of the peak rate.": "min_lr eta_min lr_min",
}
"""What is said of names whose values are not in the unit of our field."""

WITHOUT_PLACE = (
    "weight_decay wd max_grad_norm gradient_clip_val gradient_clipping clip_grad clip_norm clipnorm adam_beta1 "
    "adam_beta2 adam_epsilon lora_dropout lora_target_modules target_modules modules_to_save lora_target dropout "
    "drop_path drop_path_rate label_smoothing label_smoothing_factor smoothing mixup cutmix early_stopping "
    "early_stopping_patience patience load_in_4bit load_in_8bit quantization quantization_bit freeze_layers "
    "num_frozen_layers unfreeze_layers eval_steps save_steps logging_steps per_device_eval_batch_size seed"
)
"""Settings of trainers that no field here fixes."""


def right_place(name: str, pointer: str) -> str | None:
    """Where in a job a field belongs that is not known at `pointer`; None where no field has that name or meaning."""
    here, plain = pointer.rpartition("/")[0], _plain(name)
    for known in (name, plain, _ours().get(pointer), _ours().get(plain)):
        found = [place for place in _places().get(known or "", ()) if place != pointer]
        if found:
            return min(found, key=lambda place: (place.rpartition("/")[0] != here, len(place)))
    return None


def in_its_unit(name: str) -> str:
    """What to heed of a field that is sent to its right place; empty where its value stays as it is."""
    return next((f" {told}" for told, words in OTHER_UNITS.items() if _plain(name) in words.split()), "")


def is_not_fixed(name: str) -> bool:
    """Whether it is a setting of trainers that no field here fixes."""
    return _plain(name) in WITHOUT_PLACE.split()


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


@cache
def _ours() -> dict[str, str]:
    """Our field for each name. The cache is of our own table."""
    return {word: ours for ours, words in FIELDS.items() for word in words.split()}


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
