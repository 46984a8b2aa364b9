# pyright: basic, reportMissingImports=false
"""Every architecture of timm, transformers and torchvision, built without numbers, and a plan laid over it.

Models are built on the meta device, or in memory that is never written. Nothing is downloaded.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

os.environ["HF_HUB_OFFLINE"] = "1"
import tests.real.operators  # noqa: F401

# isort: split

import timm
import torch
import torchvision
import transformers
from timm.models._manipulate import group_with_matcher
from torch import nn
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from service.contract.freeze import FreezePlan
from service.contract.words import BlockKind, LayoutCertainty
from service.core.engine import freeze_plan
from service.core.rules.refusal import Refusal
from service.knowledge.loader import load
from tests.ask import job, merged

FILLING = ("uniform_", "normal_", "erfinv_", "mul_", "add_", "sub_", "div_", "clamp_", "fill_", "zero_", "copy_")
"""What initialisation does to tensors. Left out, a model is built three times as fast."""

TASKS = """
MODEL FOR_SEQUENCE_CLASSIFICATION FOR_IMAGE_CLASSIFICATION FOR_CAUSAL_LM FOR_SEQ_TO_SEQ_CAUSAL_LM
FOR_TOKEN_CLASSIFICATION FOR_AUDIO_CLASSIFICATION FOR_CTC FOR_SPEECH_SEQ_2_SEQ FOR_OBJECT_DETECTION
FOR_SEMANTIC_SEGMENTATION FOR_MASKED_LM FOR_IMAGE_TEXT_TO_TEXT FOR_ZERO_SHOT_IMAGE_CLASSIFICATION
FOR_UNIVERSAL_SEGMENTATION FOR_DEPTH_ESTIMATION FOR_QUESTION_ANSWERING FOR_VIDEO_CLASSIFICATION
FOR_TIME_SERIES_PREDICTION
"""
"""The tasks of transformers whose classes are built."""

LISTED = "weights_backbone"
"""torchvision's detectors and segmenters take the weights of their backbone apart."""


class Finding(NamedTuple):
    """What was found of one architecture. `faults` say where the plan does not cover it exactly.

    `unlike` says where the order is not timm's, None where timm has none; `descending` names the stacks whose numbers
    do not ascend, `short` the layer counts of the configuration that no stack reaches. `unordered` compares the plan
    from a file's header, which has no order: the same, refused, the same but for buffers whose names do not tell that
    they are some, or what is different.
    """

    faults: list[str]
    unlike: list[str] | None
    descending: list[str]
    short: list[str]
    unordered: str


@contextmanager
def unfilled() -> Iterator[None]:
    """Tensors keep whatever they hold."""
    kept: dict[str, Any] = {name: lambda tensor, *_, **__: tensor for name in FILLING}
    with patch.multiple(torch.Tensor, **kept):
        yield


def plan(**body: Any) -> FreezePlan:
    """The plan of a request, over the public surface."""
    request = job(merged({"dataset": {"examples": 5000}, **body}))
    return freeze_plan(request, load(), explain=False).freeze_plan


def parameters(model: nn.Module) -> list[dict[str, Any]]:
    """The model as a request lists it."""
    return [{"name": name, "shape": list(p.shape)} for name, p in model.named_parameters()]


def header(model: nn.Module) -> dict[str, Any]:
    """The header of a safetensors file of this model: sorted names, buffers among them, tied tensors once."""
    owned = dict(model.named_parameters())
    whole = dict(model.named_parameters(remove_duplicate=False))
    saved = {name: t for name, t in model.state_dict().items() if name in owned or name not in whole}
    return {
        name: {
            "dtype": "I64" if tensor.dtype == torch.int64 else "F32",
            "shape": list(tensor.shape),
            "data_offsets": [0, 0],
        }
        for name, tensor in sorted(saved.items())
    }


def laid(made: FreezePlan, model: nn.Module) -> tuple[dict[str, int], list[str]]:
    """The block of every parameter, and what keeps the plan from covering the model exactly once."""
    patterns = [re.compile(block.pattern or "") for block in made.blocks]
    place: dict[str, int] = {}
    faults: list[str] = []
    tensors, numbers = [0] * len(patterns), [0] * len(patterns)
    for name, p in model.named_parameters():
        found = [index for index, pattern in enumerate(patterns) if pattern.search(name)]
        if len(found) != 1:
            faults.append(f"{name} is in the blocks {found}")
            continue
        place[name] = found[0]
        tensors[found[0]] += 1
        numbers[found[0]] += p.numel()
    for block, many, count in zip(made.blocks, tensors, numbers, strict=True):
        if (block.tensors, block.params) != (many, count):
            faults.append(f"{block.name} has {many} tensors of {count} numbers, not {block.tensors} of {block.params}")
    counts, whole = made.counts, sum(p.numel() for p in model.parameters())
    if counts.total != whole or (counts.trainable or 0) + (counts.frozen or 0) != whole:
        faults.append(f"{whole} numbers, not {counts.total} of which {counts.frozen} are frozen")
    return place, faults


def timm_groups(model: nn.Module) -> Iterator[dict[str, int]]:
    """timm's group of every parameter, fine and coarse, where the model has both."""
    for coarse in (False, True):
        try:
            matcher = model.group_matcher(coarse=coarse)
        except AssertionError:
            continue
        yield group_with_matcher(model.named_parameters(), matcher, reverse=True)


def unlike(made: FreezePlan, place: dict[str, int], model: nn.Module) -> list[str]:
    """Where the plan's order is not that of timm's own groups, fine and coarse.

    The criterion, with `timm(p)` the number of the group that holds p and `ours(p)` that of the block:

    - never inverted: `ours(a) < ours(b)` implies `timm(a) <= timm(b)`, for all parameters;
    - as fine: where `timm(a) < timm(b)` and a or b is in a block of kind `block`, `ours(a) < ours(b)`. Only the stem, a
      norm, the neck and the head may join several of timm's groups at their end of the model.
    """
    found: list[str] = []
    for groups in timm_groups(model):
        held: list[set[int]] = [set() for _ in made.blocks]
        for name, index in place.items():
            held[index].add(groups[name])
        highest = -1
        for block, group in zip(made.blocks, held, strict=True):
            if block.kind is BlockKind.BLOCK and len(group) > 1:
                found.append(f"{block.name} joins the groups {sorted(group)}")
            if group and min(group) < highest:
                found.append(f"{block.name} stands after group {highest}, and holds group {min(group)}")
            highest = max(highest, *group)
    return found


def stacks(made: FreezePlan) -> dict[str, list[list[int]]]:
    """The numbers in the names of blocks, by the name without them."""
    found: dict[str, list[list[int]]] = {}
    for block in made.blocks:
        if block.kind is BlockKind.BLOCK:
            numbers = [int(number) for number in re.findall(r"\d+", block.name)]
            found.setdefault(re.sub(r"\d+", "#", block.name), []).append(numbers)
    return found


def descending(made: FreezePlan) -> list[str]:
    """Stacks whose numbers do not ascend."""
    return [name for name, numbers in stacks(made).items() if numbers != sorted(numbers)]


def layer_counts(config: Any) -> dict[str, int]:
    """How many layers each tower of a configuration has, by the field that says so."""
    found: dict[str, int] = {}
    depths = getattr(config, "depths", None)
    if depths:
        found["depths"] = sum(sum(one) if isinstance(one, list | tuple) else one for one in depths)
    else:
        towers = [("encoder_layers", "decoder_layers"), ("num_layers", "num_decoder_layers"), ("num_hidden_layers",)]
        names = next((names for names in towers if all(isinstance(getattr(config, n, None), int) for n in names)), ())
        found |= {name: getattr(config, name) for name in names}
    for name, below in vars(config).items():
        if isinstance(below, transformers.PreTrainedConfig):
            found |= {f"{name}.{field}": count for field, count in layer_counts(below).items()}
    return found


def short(made: FreezePlan, model: nn.Module) -> list[str]:
    """Layer counts of the configuration that no stack reaches: the longest finds the longest stack, and so on.

    A count of layers is left out where the model holds no list of that many: it has not that tower, or shares layers.
    """
    lists = Counter(len(one) for one in model.modules() if isinstance(one, nn.ModuleList | nn.Sequential))
    wanted: list[tuple[int, str]] = []
    for field, count in layer_counts(model.config).items():
        if field.endswith("depths") or lists[count] > 0:
            lists[count] -= 1
            wanted.append((count, field))
    lengths = sorted(map(len, stacks(made).values()), reverse=True) + [0] * len(wanted)
    return [
        f"{field} is {count}, its stack {length}"
        for (count, field), length in zip(sorted(wanted, reverse=True), lengths, strict=False)
        if length < count
    ]


def unordered(made: FreezePlan, model: nn.Module) -> str:
    """How the plan from a header compares with that from the list; `unsure`: it differs, and says that it may."""
    try:
        other = plan(safetensors=header(model))
    except Refusal:
        return "refused"
    ours, theirs = ([b.name for b in one.blocks if b.kind is BlockKind.BLOCK] for one in (made, other))
    if ours != theirs and other.layout.certainty is LayoutCertainty.ORDER:
        return "unsure"
    if ours != theirs:
        return f"other: {[pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]][:2]}"
    extra = (other.counts.total or 0) - (made.counts.total or 0)
    if extra == 0:
        return "same"
    saved = header(model).keys() - dict(model.named_parameters()).keys()
    unknown = {
        name: tensor
        for name, tensor in model.named_buffers()
        if name in saved and name.rpartition(".")[2] not in load().buffers
    }
    kinds = sorted({name.rpartition(".")[2] for name in unknown})
    whole = sum(tensor.numel() for tensor in unknown.values() if tensor.dtype != torch.int64)
    return f"buffers: {kinds}" if extra == whole else f"other: {extra} numbers too many, buffers {kinds}"


def find(model: nn.Module) -> Finding:
    """Lays the plan over a model."""
    made = plan(parameters=parameters(model))
    place, faults = laid(made, model)
    return Finding(
        faults=faults,
        unlike=unlike(made, place, model) if hasattr(model, "group_matcher") and not faults else None,
        descending=descending(made),
        short=short(made, model) if isinstance(model, transformers.PreTrainedModel) else [],
        unordered=unordered(made, model),
    )


def timm_models(names: list[str]) -> Iterator[tuple[str, nn.Module]]:
    """timm's models."""
    for name in names:
        with torch.device("meta"), unfilled():
            model = timm.create_model(name)
        yield name, model


def torchvision_models(names: list[str]) -> Iterator[tuple[str, nn.Module]]:
    """torchvision's models. Its RegNets compute their widths with tensors, which the meta device cannot."""
    for name in names:
        builder = torchvision.models.get_model_builder(name)
        backbone = {LISTED: None} if LISTED in builder.__annotations__ else {}
        with torch.device("cpu" if "regnet" in name else "meta"), unfilled():
            model = builder(weights=None, **backbone)
        yield name, model


def transformers_classes() -> dict[str, str]:
    """The classes of the tasks, and the types of their configurations."""
    found: dict[str, str] = {}
    for task in TASKS.split():
        name = "MODEL_MAPPING_NAMES" if task == "MODEL" else f"MODEL_{task}_MAPPING_NAMES"
        for kind, classes in getattr(modeling_auto, name).items():
            for one in [classes] if isinstance(classes, str) else classes:
                found.setdefault(one, kind)
    return found


def transformers_models(classes: dict[str, str]) -> Iterator[tuple[str, nn.Module | None]]:
    """Models with the default configuration; None where there is none that can be built."""
    for name, kind in classes.items():
        try:
            with torch.device("meta"), unfilled():
                model = getattr(transformers, name)(CONFIG_MAPPING[kind]())
        except Exception:
            model = None
        yield name, model
