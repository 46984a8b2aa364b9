"""Counts add up, shares are of what they say, and states agree with counts."""

from collections.abc import Iterator
from typing import Any

from tests.laws.consistency.asked import Asked, clause, first, only


def backbone(plan: Any) -> list[Any]:
    """The blocks below the head."""
    return [block for block in plan["blocks"] if block["kind"] != "head"]


def frozen(blocks: list[Any]) -> list[Any]:
    """Those that stay as they are."""
    return [block for block in blocks if block["state"] == "frozen"]


def one_more_trains(asked: Asked) -> None:
    asked.plan["counts"]["trainable"] += 1


@clause(one_more_trains)
def trainable_and_frozen_are_all(asked: Asked) -> Iterator[str]:
    counts = asked.plan["counts"] if asked.plan else None
    if not counts or counts["total"] is None:
        return
    if counts["trainable"] + counts["frozen"] != counts["total"]:
        yield f"{counts['trainable']} + {counts['frozen']} is not {counts['total']}"
    if counts["backbone"] + counts["head"] != counts["total"]:
        yield f"{counts['backbone']} + {counts['head']} is not {counts['total']}"


def a_block_grows(asked: Asked) -> None:
    first(one for one in frozen(asked.plan["blocks"]) if one["params"])["params"] += 1


@clause(a_block_grows)
def frozen_blocks_are_the_frozen_count(asked: Asked) -> Iterator[str]:
    if not asked.plan or asked.plan["counts"]["frozen"] is None:
        return
    params = [block["params"] for block in frozen(asked.plan["blocks"])]
    if None not in params and sum(params) != asked.plan["counts"]["frozen"]:
        yield f"blocks: {sum(params)}, counted: {asked.plan['counts']['frozen']}"


def more_is_frozen(asked: Asked) -> None:
    asked.plan["shares"]["blocks_frozen"] = 1 - asked.plan["shares"]["blocks_frozen"] / 3


@clause(more_is_frozen)
def shares_are_of_the_backbone(asked: Asked) -> Iterator[str]:
    if not asked.plan:
        return
    blocks, shares = backbone(asked.plan), asked.plan["shares"]
    if abs(shares["blocks_frozen"] - len(frozen(blocks)) / max(1, len(blocks))) > 1e-4:
        yield f"{len(frozen(blocks))} of {len(blocks)} is not {shares['blocks_frozen']}"
    params = [block["params"] for block in blocks]
    if None not in params and shares["params_frozen"] is not None:
        share = sum(block["params"] for block in frozen(blocks)) / max(1, sum(params))
        if abs(shares["params_frozen"] - share) > 1e-4:
            yield f"{share} is not {shares['params_frozen']}"


def a_block_is_lost(asked: Asked) -> None:
    asked.plan["blocks"].pop()
    asked.plan["blocks"].pop(0)


@clause(a_block_is_lost)
def blocks_are_numbered(asked: Asked) -> Iterator[str]:
    if asked.plan and [block["index"] for block in asked.plan["blocks"]] != list(range(len(asked.plan["blocks"]))):
        yield "the indices have gaps"


def a_low_block_trains(asked: Asked) -> None:
    layers = [block for block in backbone(asked.plan) if block["kind"] != "stem"]
    only("shift" not in asked.body.get("freezing", {}) and frozen(layers[1:]))
    layers[0]["state"] = "full-rate"


@clause(a_low_block_trains)
def states_rise_to_the_head(asked: Asked) -> Iterator[str]:
    """Frozen blocks lie below low-rate ones, and those below full-rate ones; a stem for new inputs stands apart."""
    if not asked.plan:
        return
    ranks = [
        ("frozen", "low-rate", "full-rate").index(block["state"])
        for block in backbone(asked.plan)
        if block["kind"] != "stem"
    ]
    if ranks != sorted(ranks) and "shift" not in asked.body.get("freezing", {}):
        yield str(ranks)
