"""How large a model is, and how many blocks it has that nobody counted."""

from math import log

from service.contract.words import BlockKind, Family
from service.knowledge.index import Knowledge

NEAR = 2.0
"""Sizes within this ratio are near: the depths of all such models are told."""


def usual_depth(know: Knowledge, family: Family | None, params: int | None) -> tuple[int, str]:
    """The number of blocks, and where it is from. `params` None: the size that is typical of the family."""
    kin = [row for row in know.tables.models if row.family is family]
    if family is None or not kin:
        return int(know.number("decay-reference-depth")), "neither parameters nor a depth were given"
    size = params or know.families[family].typical_params
    nearest = min(kin, key=lambda row: abs(log(row.params / size)))
    near = [_depth(know, row.id) for row in kin if 1 / NEAR <= row.params / size <= NEAR] or [_depth(know, nearest.id)]
    return _depth(know, nearest.id), (
        f"as {nearest.id} has, the nearest of its family in size; those of half to twice the size have "
        f"{min(near)} to {max(near)}"
    )


def _depth(know: Knowledge, model: str) -> int:
    return sum(block.kind is BlockKind.BLOCK for block in know.blocks[model])


def is_large(know: Knowledge, params: int) -> bool:
    """Whether a model is so large that adapters are its usual way of tuning."""
    return params >= know.number("large-model-parameters")
