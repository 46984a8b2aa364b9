# pyright: basic, reportMissingImports=false
"""Writes `activations.json`: what each block of an architecture for images keeps for its backward pass.

Models are built and run as in training, most of them without arithmetic; hooks count what autograd keeps. Attention is
fused, as PyTorch runs it by itself: it keeps queries, keys, values, outputs and one number a row. With names as
arguments only these are run anew, and the other rows stay.
"""

import gc
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import tests.real.operators  # noqa: F401

# isort: split

import msgspec
import timm
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from service.knowledge.blocks import Block, built_blocks
from service.knowledge.build import read_tables
from service.knowledge.loader import load
from service.knowledge.rows.tables import Tables
from tools.catalogue.dense_models import Step, dense, without_compiled_operators

TABLE = Path(__file__).parents[2] / "service" / "knowledge" / "tables" / "activations.json"
CLASSES = 1000
CLOSE = 0.02
"""A head is told apart where what it keeps alone differs by more of it from what a whole run tells."""


class FusedAttention(torch.autograd.Function):
    """Attention as the fused kernels keep it, without the arithmetic."""

    @staticmethod
    def forward(ctx: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """Keeps what the kernel keeps."""
        *outer, heads, length, _ = query.shape
        out = query.new_empty((*outer, length, heads, value.shape[-1])).transpose(-2, -3)
        ctx.save_for_backward(query, key, value, out, query.new_empty(query.shape[:-1]))
        return out

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> None:
        """Never run."""
        raise NotImplementedError


def main() -> None:
    """One row an architecture, and on standard error what could not be run."""
    torch.nn.functional.scaled_dot_product_attention = lambda query, key, value, *_, **__: FusedAttention.apply(
        query, key, value
    )
    without_compiled_operators()
    tables, asked, left_out = read_tables(), set(sys.argv[1:]), dict[str, str]()
    rows = {row["id"]: row for row in msgspec.json.decode(TABLE.read_bytes())} if asked else {}
    steps = chain(classifiers(tables, asked, left_out), dense(tables, load(), asked, left_out))
    for step in steps:
        try:
            rows[step.id] = {"id": step.id, "px": step.px} | measured(step)
        except Exception as why:
            left_out[step.id] = f"{type(why).__name__} {why}"
        gc.collect()  # hooks and models hold each other
    TABLE.write_bytes(b"[\n" + b",\n".join(map(msgspec.json.encode, rows.values())) + b"\n]\n")
    for name, why in left_out.items():
        sys.stderr.write(f"left out {name}: {why[:120]}\n")
    sys.stderr.write(f"{len(rows)} architectures\n")


def classifiers(tables: Tables, asked: set[str], left_out: dict[str, str]) -> Iterator[Step]:
    """Every architecture of timm and torchvision that tells classes of an image, at the size of its first weights."""
    sizes: dict[str, int] = {}
    for tag in tables.tags:
        sizes.setdefault(tag.build, tag.image_px)
    for row in tables.builds:
        if asked and row.id not in asked:
            continue
        try:
            model, px = built(row.id, sizes.get(row.id, 0))
        except Exception as why:
            left_out[row.id] = f"{type(why).__name__} {why}"
            continue
        if model is not None:
            images = torch.empty(2, 3, px, px, device="meta")
            yield Step(row.id, built_blocks(row), model, px, 2, partial(model, images))


def built(name: str, px: int) -> tuple[nn.Module | None, int]:
    """The architecture without numbers, and the side of its images; None where it does not classify images."""
    with torch.device("meta"):
        if name.startswith("torchvision/"):
            classifiers = torchvision.models.list_models(module=torchvision.models)
            word = name.removeprefix("torchvision/")
            return (torchvision.models.get_model(word), px or 224) if word in classifiers else (None, 0)
        if not timm.is_model(name):
            return None, 0
        model = timm.create_model(name, num_classes=CLASSES)
    return model, model.pretrained_cfg["input_size"][-1]


def measured(step: Step) -> dict[str, Any]:
    """Bytes kept for one image in 32 bits, and millions of operations of the forward pass, a number for each block.

    A tensor is kept by the first block that keeps it. `again` are the bytes that a block and those above it keep of
    tensors that blocks below keep as well: where those are frozen, they are kept for its sake alone. `channel_params`
    are the weights of the first layer for one value of a pixel, 0 where more layers read the image. `alone_bytes`: what
    the head keeps where it trains alone, if that is another number than its own: the loss comes after all blocks.
    """
    model, blocks = step.model, step.blocks
    places = {name: place for name, _ in model.named_parameters() if (place := _place(name, blocks)) is not None}
    stored, again, operations = [0] * len(blocks), [0] * len(blocks), [0.0] * len(blocks)
    own = {tensor.untyped_storage()._cdata for tensor in (*model.parameters(), *model.buffers())}
    kept: dict[int, tuple[Any, int, int]] = {}
    now, counter = [0], FlopCounterMode(display=False)
    seen = [0]

    def enter(place: int) -> Callable[..., None]:
        def hook(*_: object) -> None:
            settle()
            now[0] = place

        return hook

    def settle() -> None:
        whole = counter.get_total_flops()
        operations[now[0]] += whole - seen[0]
        seen[0] = whole

    for name, module in model.named_modules():
        first = next((f"{name}.{part}" for part, _ in module.named_parameters(recurse=False)), None)
        if name and first in places:
            module.register_forward_pre_hook(enter(places[first]))

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            _, begun, ended = kept.get(storage._cdata, (storage, now[0], now[0]))
            kept[storage._cdata] = (storage, begun, max(ended, now[0]))
        return tensor

    model.train()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), counter:
        given = step.run()
        settle()
    for storage, begun, ended in kept.values():
        stored[begun] += storage.nbytes()
        for place in range(begun + 1, ended + 1):
            again[place] += storage.nbytes()
    read = {"source_tokens": given.shape[1]} if step.reads else told_apart(step, places, stored[-1] + again[-1])
    stems = [p.numel() // p.shape[1] for p in model.parameters() if p.dim() == 4 and p.shape[1] == 3]
    return {
        "channel_params": stems[0] if len(stems) == 1 else 0,
        "stored": _written([n // step.images for n in stored]),
        "again": _written([n // step.images for n in again]),
        "operations": _written([round(n / step.images / 1e6) for n in operations]),
    } | read


def told_apart(step: Step, places: dict[str, int], usual: int) -> dict[str, int]:
    """What the last block keeps where it trains alone, what it reads and its loss; nothing if it is as `usual`."""
    kept: dict[int, Any] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    for name, parameter in step.model.named_parameters():
        parameter.requires_grad_(places.get(name) == len(step.blocks) - 1)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        step.run()
    own = {tensor.untyped_storage()._cdata for tensor in (*step.model.parameters(), *step.model.buffers())}
    alone = sum(storage.nbytes() for place, storage in kept.items() if place not in own)
    return {} if abs(alone - usual) <= CLOSE * alone else {"alone_bytes": alone // step.images}


def _place(name: str, blocks: tuple[Block, ...]) -> int | None:
    return next((place for place, block in enumerate(blocks) if re.match(block.pattern or "", name)), None)


def _written(numbers: list[int]) -> str:
    """Numbers with a star for repeats: `5 7*3`."""
    runs = [(number, len(list(run))) for number, run in groupby(numbers)]
    return " ".join(str(number) if count == 1 else f"{number}*{count}" for number, count in runs)


if __name__ == "__main__":
    main()
