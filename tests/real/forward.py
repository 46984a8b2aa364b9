# pyright: basic, reportMissingImports=false
"""The order in which a real model runs, watched with hooks, against the order of a plan's blocks."""

from collections.abc import Callable
from itertools import groupby, pairwise
from typing import Any

import torch
from torch import nn

from service.contract.freeze import FreezeBlock
from service.contract.words import BlockKind
from tests.real.architectures import laid, parameters, plan


def first_runs(model: nn.Module, inputs: dict[str, torch.Tensor] | tuple[torch.Tensor, ...]) -> dict[str, int]:
    """When each module without modules of its own ran for the first time, by name."""
    seen: dict[str, int] = {}

    def watch(name: str) -> Callable[..., None]:
        return lambda *_: seen.update({name: seen.get(name, len(seen))})

    hooks = [
        module.register_forward_pre_hook(watch(name))
        for name, module in model.named_modules()
        if not any(True for _ in module.children())
    ]
    with torch.no_grad():
        model(**inputs) if isinstance(inputs, dict) else model(*inputs)
    for hook in hooks:
        hook.remove()
    return seen


def take_turns(blocks: list[FreezeBlock]) -> bool:
    """Whether towers run side by side: then their blocks are mixed."""
    towers = [tower for tower, _ in groupby(block.tower for block in blocks if block.kind is BlockKind.BLOCK)]
    return len(towers) > len(set(towers))


def _reads_towers(block: FreezeBlock) -> bool:
    """Whether a block stands behind all towers. It may have a part for each, and counts where the last one runs."""
    return block.tower is None and block.kind in (BlockKind.NORM, BlockKind.NECK, BlockKind.HEAD)


def out_of_order(model: nn.Module, inputs: Any) -> list[str]:
    """Blocks that start to run before a block that is listed earlier, within each tower where towers take turns."""
    made = plan(parameters=parameters(model))
    place, faults = laid(made, model)
    assert not faults
    runs = first_runs(model, inputs)
    held: dict[int, list[int]] = {}
    for name, index in place.items():
        module = name.rpartition(".")[0]
        if module in runs:
            held.setdefault(index, []).append(runs[module])
    towers = {block.tower for block in made.blocks} if take_turns(made.blocks) else {None}
    starts = {index: min(started) for index, started in held.items()}
    if len(towers) > 1:
        starts |= {b.index: max(held[b.index]) for b in made.blocks if b.index in held and _reads_towers(b)}
    found: list[str] = []
    for tower in towers:
        ran = [b for b in made.blocks if b.index in starts and (len(towers) == 1 or b.tower in (None, tower))]
        found += [
            f"{after.name} runs before {before.name}"
            for before, after in pairwise(ran)
            if starts[after.index] < starts[before.index]
        ]
    return found
