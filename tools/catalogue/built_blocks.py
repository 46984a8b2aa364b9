# pyright: basic, reportMissingImports=false
"""What a library's own model says of its build: its blocks, its head, its norms and the layers that LoRA suits."""

import re
from collections import Counter
from itertools import groupby
from math import prod
from typing import Any

import msgspec
from torch import nn

from service.contract.words import BlockKind, Family, Modality, NormKind, Task
from service.core.architecture.module_tree import Tensor, grow
from service.core.architecture.order.block_list import Assembly
from service.core.architecture.order.module_roles import Roles
from service.core.architecture.order.run_order import RunOrder, Unit
from service.core.architecture.parameter_list import Listing, name_parts
from service.core.architecture.recognition import beyond_linear, linear_targets, recognise_family
from service.knowledge.blocks import Block, pattern_of
from service.knowledge.index import Knowledge
from service.knowledge.rows import BuildRow

NORMS = {
    "batchnorm": NormKind.BATCH,
    "rmsnorm": NormKind.RMS,
    "groupnorm": NormKind.GROUP,
    "layernorm": NormKind.LAYER,
}
"""Norms by what the names of their modules hold."""

POSITION_TABLES = ("pos_embed", "pos_embedding")
"""Last parts of the names of a table of positions of patches."""


def build_row(
    id: str,
    model: nn.Module,
    heads: tuple[str, ...],
    tasks: tuple[Task, ...],
    head_kind: str,
    know: Knowledge,
    family: Family | None = None,
    modalities: tuple[Modality, ...] = (Modality.IMAGE,),
    channels: int = 3,
) -> BuildRow:
    """The row of a model whose head stands in the modules `heads`. Raises ValueError where it has no such head.

    A head of its own vocabulary or output, `lm`, is kept and counted; any other is new and is not.
    """
    shapes = {name: tuple(p.shape) for name, p in model.named_parameters()}
    listing, units = parts_of(shapes, know)
    family = family or recognise_family(units, listing, know)[0] or Family.CNN
    blocks = blocks_of(shapes, units, heads, shares_embedding=head_kind == "tied")
    width, *further = widths_of(model, heads)
    if head_kind == "lm":
        kept = sum(prod(shape) for name, shape in shapes.items() if name.startswith(tuple(f"{one}." for one in heads)))
        blocks[-1] = msgspec.structs.replace(blocks[-1], params=kept)
    targets, lora_width = linear_targets(units, listing, family, know)
    return BuildRow(
        id=id,
        family=family,
        tasks=tasks,
        norm=norm_of(model),
        head_kind="dense-linear" if head_kind == "linear" and has_dense(model, heads) else head_kind,
        params=sum(block.params or 0 for block in blocks),
        width=width,
        further_widths=tuple(further),
        lora_targets=targets,
        lora_width=lora_width or 0,
        beyond_linear=0 if modalities == (Modality.IMAGE,) else beyond_linear(units),
        head_modules=heads,
        modalities=modalities,
        channels=channels,
        cell_px=cell_of(model),
        position_table=has_position_table(model),
        blocks="\n".join(lines_of(blocks)),
    )


def cell_of(model: Any) -> int:
    """Pixels a side of the model's patches, or of a cell of its last map sees; 0 where its library does not say."""
    maps, said = getattr(model, "feature_info", None), getattr(model, "config", model)
    size = getattr(said, "output_stride", None) or getattr(said, "patch_size", 0)
    return maps[-1]["reduction"] if maps else size if isinstance(size, int) else 0


def has_position_table(model: nn.Module) -> bool:
    """Whether the model is built for one size of image: its positions are parameters, or it refuses other sizes."""
    learned = any(name.rpartition(".")[2] in POSITION_TABLES for name, _ in model.named_parameters())
    return learned or bool(getattr(getattr(model, "patch_embed", None), "strict_img_size", False))


def parts_of(shapes: dict[str, tuple[int, ...]], know: Knowledge) -> tuple[Listing, list[Unit]]:
    """The parameters as a list, and the parts that the service infers from such a list."""
    tensors = [Tensor(name, shape, prod(shape)) for name, shape in shapes.items()]
    walk = RunOrder(grow(tensors), Roles(know), True)
    listing = Listing(tensors=tensors, parts=name_parts(shapes), tied={}, ordered=True, buffers=None, batch_norm=False)
    return listing, Assembly(walk.units(), walk).blocks


def blocks_of(
    shapes: dict[str, tuple[int, ...]], units: list[Unit], heads: tuple[str, ...], *, shares_embedding: bool = False
) -> list[Block]:
    """The blocks of the parameters, the new head apart and without numbers.

    A head that shares the embedding has no parameters of its own.
    """
    starts = tuple(f"{head}." for head in heads)
    if not shares_embedding and not any(name.startswith(starts) for name in shapes):
        raise ValueError("no parameter of the new head")
    blocks: list[Block] = []
    for unit in units:
        inside = [tensor.name for node in unit.nodes for tensor in node.all_tensors()]
        kept = [name for name in inside if not name.startswith(starts)]
        if not kept:
            continue
        if len(kept) == len(inside):
            patterns = [node.pattern for node in unit.nodes]
            pattern = f"^{patterns[0]}" if len(patterns) == 1 else f"^(?:{'|'.join(patterns)})"
        else:
            pattern = f"^(?:{'|'.join(sorted({parent_pattern(name) for name in kept}))})"
        kind, name = unit.kind, unit.name
        if kind is BlockKind.HEAD:
            kind = BlockKind.NECK if any(len(shapes[one]) > 1 for one in kept) else BlockKind.NORM
            modules = list(dict.fromkeys(parent(one) for one in kept))
            name = modules[0] if len(modules) == 1 else f"{modules[0]} and {len(modules) - 1} more"
        blocks.append(Block(name, kind, pattern, sum(prod(shapes[name]) for name in kept)))
    known = "|".join(re.escape(head) for head in heads)
    pattern = f"^{known}\\." if len(heads) == 1 else f"^(?:{known})\\."
    return [*blocks, Block(" and ".join(heads), BlockKind.HEAD, pattern, 0)]


def parent(name: str) -> str:
    """The module that holds a parameter, or the parameter where the model itself holds it."""
    return name.rpartition(".")[0] or name


def parent_pattern(name: str) -> str:
    """What the names of the parameters of that module start with."""
    module = name.rpartition(".")[0]
    return re.escape(module) + "\\." if module else re.escape(name) + "$"


def lines_of(blocks: list[Block]) -> list[str]:
    """The blocks as lines of a BuildRow: neighbours that differ only in their number stand as one run."""
    lines: list[str] = []
    for _, run in groupby(numbered(blocks), key=lambda one: one[0]):
        members = list(run)
        (kind, name, pattern, params, _), _, number = members[0]
        parts = [kind, name, str(number), str(len(members)), str(params)]
        lines.append("|".join(parts if pattern == pattern_of(name) else [*parts, pattern]))
    return lines


def numbered(blocks: list[Block]) -> Any:
    """Each block with what it shares with its neighbours of one run; a run counts up by one."""
    for index, block in enumerate(blocks):
        found = re.search(r"\d+(?=\D*$)", block.name)
        pattern = block.pattern or ""
        if found is None or " and " in block.name or block.kind is not BlockKind.BLOCK:
            yield (block.kind.value, block.name, pattern, block.params, index), block, 0
            continue
        number = int(found[0])
        name = f"{block.name[: found.start()]}{{i}}{block.name[found.end() :]}"
        places = list(re.finditer(rf"(?<!\d){number}(?!\d)", pattern))
        place = places[-1] if len(places) == 1 or name.endswith("{i}") else None
        if place is None:
            yield (block.kind.value, block.name, pattern, block.params, index), block, 0
        else:
            shared = f"{pattern[: place.start()]}{{i}}{pattern[place.end() :]}"
            yield (block.kind.value, name, shared, block.params, index - number), block, number


def norm_of(model: nn.Module) -> NormKind:
    """The kind of norm that most of a model's norms are of."""
    found = Counter(
        kind for module in model.modules() for word, kind in NORMS.items() if word in type(module).__name__.lower()
    )
    return found.most_common(1)[0][0] if found else NormKind.NONE


def widths_of(model: nn.Module, heads: tuple[str, ...]) -> list[int]:
    """The lengths of the vectors that the new head reads: several where heads beside each other give as many values."""
    ends = [layers_of(model, head)[-1] for head in heads if has_module(model, head)]
    return [end.weight.shape[1] for end in ends if end is ends[0] or len(end.weight) == len(ends[0].weight)]


def has_dense(model: nn.Module, heads: tuple[str, ...]) -> bool:
    """Whether the head is a layer as wide as what it reads, and another one on top of it."""
    layers = [layer.weight for head in heads if has_module(model, head) for layer in layers_of(model, head)]
    return len(layers) == 2 and len(layers[0]) == layers[0].shape[1] == layers[1].shape[1] != len(layers[1])


def has_module(model: nn.Module, name: str) -> bool:
    """Whether the model has this module: some heads are those of one task alone."""
    return any(name == found for found, _ in model.named_modules())


def layers_of(model: nn.Module, name: str) -> list[Any]:
    """The linear and convolution layers of a module."""
    kinds = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d
    return [module for module in model.get_submodule(name).modules() if isinstance(module, kinds)]
