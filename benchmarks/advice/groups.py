"""The groups that the advice is judged in, and the trivial policies that it must beat there."""

import tomllib
from pathlib import Path
from typing import Literal

from msgspec import Struct, convert


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """Cells that are judged together. `groups.toml` says what each field means."""

    id: str
    judge: Literal["strategy", "few-labels", "depth", "tracks", "ranking", "ranking-clip", "rate"]
    unit: Literal["dataset", "model", "cell"]
    measure: str
    policies: tuple[str | float, ...]
    left_out: Literal["", "dataset", "maker"] = ""
    studies: tuple[str, ...] = ()
    sweeps: tuple[str, ...] = ()


class Cell(Struct, frozen=True):
    """One cell as it was judged: its unit, what our choice lost there, and what each policy lost that was measured."""

    unit: str
    ours: float
    policies: dict[str, float]


def groups() -> list[Group]:
    """Every group, in the order of the file."""
    with (Path(__file__).parent / "groups.toml").open("rb") as file:
        return convert(tomllib.load(file)["group"], list[Group])


def name(policy: str | float) -> str:
    """A policy as it is written."""
    return policy if isinstance(policy, str) else f"{policy:g}"
