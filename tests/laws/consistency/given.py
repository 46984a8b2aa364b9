"""Choices that the caller has made are in the plan."""

from collections.abc import Iterator
from typing import Any

from tests.laws.consistency.asked import Asked, clause, near, only
from tests.laws.consistency.schedule import method_of


def fixed_to_another(name: str, value: Any) -> Any:
    """A spoil that claims another choice than the plan's."""

    def spoil(asked: Asked) -> None:
        only(asked.schedule)
        asked.body.setdefault("fixed", {})[name] = value

    return spoil


@clause(fixed_to_another("strategy", "no-strategy"))
def the_strategy(asked: Asked) -> Iterator[str]:
    wanted = asked.fixed.get("strategy")
    for part in (asked.answer.get("verdict"), asked.plan, asked.schedule):
        if wanted and part and part["strategy"] != wanted:
            yield f"{wanted} became {part['strategy']}"


def another_method(asked: Asked) -> None:
    only(method_of(asked))
    asked.body.setdefault("fixed", {})["method"] = "no-method"


@clause(another_method)
def the_method(asked: Asked) -> Iterator[str]:
    wanted, told = asked.fixed.get("method"), method_of(asked)
    if wanted and told and wanted != told:
        yield f"{wanted} became {told}"


@clause(fixed_to_another("optimizer", "no-optimizer"))
def the_optimizer(asked: Asked) -> Iterator[str]:
    wanted = asked.fixed.get("optimizer")
    if wanted and asked.schedule and asked.schedule["optimizer"] != wanted:
        yield f"{wanted} became {asked.schedule['optimizer']}"


def another_batch(asked: Asked) -> None:
    only(asked.schedule["batch_scaling"]["batch_size"] > 1)
    asked.body["fixed"] = {"batch_size": 1}


@clause(another_batch)
def the_batch(asked: Asked) -> Iterator[str]:
    fixed = asked.fixed
    each, devices = fixed.get("per_device_batch_size"), asked.resolved("/compute/count") or 1
    wanted = each * fixed.get("accumulation", 1) * devices if each else fixed.get("batch_size")
    seen = [size for size in (wanted, asked.resolved("/dataset/examples")) if size]
    if wanted and asked.schedule and asked.schedule["batch_scaling"]["batch_size"] != min(seen):
        yield f"{wanted} became {asked.schedule['batch_scaling']['batch_size']}"


@clause(fixed_to_another("attention", "no-attention"))
def the_setup(asked: Asked) -> Iterator[str]:
    for name in ("checkpointing", "sharding", "attention"):
        wanted, told = asked.fixed.get(name), asked.answer["setup"][name]
        shared = name != "sharding" or asked.answer["setup"]["devices"] != 1
        if (
            wanted is not None
            and asked.schedule
            and shared
            and told != wanted
            and f"/fixed/{name}" not in spoken(asked)
        ):
            yield f"{name} {wanted} became {told}"


@clause(fixed_to_another("epochs", 9999.5))
def the_epochs(asked: Asked) -> Iterator[str]:
    wanted = asked.fixed.get("epochs")
    if wanted and asked.schedule and asked.schedule["epochs"] != wanted and "less-than-a-step" not in asked.codes:
        yield f"{wanted} became {asked.schedule['epochs']}"


@clause(fixed_to_another("total_steps", 10**9))
def the_steps(asked: Asked) -> Iterator[str]:
    wanted = asked.fixed.get("total_steps")
    if wanted and asked.schedule and asked.schedule["total_steps"] != wanted:
        yield f"{wanted} became {asked.schedule['total_steps']}"


@clause(fixed_to_another("peak_rate", 99.0))
def the_rate(asked: Asked) -> Iterator[str]:
    wanted = asked.fixed.get("peak_rate")
    if wanted and asked.schedule:
        told = asked.schedule["rates"]["backbone_top"] or asked.schedule["rates"]["head"]
        if not near(wanted, told):
            yield f"{wanted} became {told}"


def another_shape(asked: Asked) -> None:
    only(asked.schedule)
    asked.body["schedule"] = {"shape": "no-shape"}


@clause(another_shape)
def the_curve(asked: Asked) -> Iterator[str]:
    wished = asked.body.get("schedule", {})
    if not asked.schedule:
        return
    curve = asked.schedule["curve"]
    told = {
        "shape": curve["shape"],
        "warmup_kind": curve["warmup_kind"],
        "warmup_steps": curve["warmup_steps"],
        "layer_decay": asked.schedule["layer_decay"],
    }
    if curve["warmup_steps"] == 0:
        del told["warmup_kind"]  # a warm-up of no steps is of no kind
    for name, value in told.items():
        if name in wished and wished[name] != value and f"/schedule/{name}" not in spoken(asked):
            yield f"{name} {wished[name]} became {value}"
    for name, value in wished.get("options", {}).items():
        if name in curve and curve[name] != value and f"/schedule/options/{name}" not in spoken(asked):
            yield f"{name} {value} became {curve[name]}"


def spoken(asked: Asked) -> set[str]:
    """What the notices speak of: a wish that is not met is refused aloud."""
    return {notice["pointer"] for notice in asked.answer["notices"]}


def another_rank(asked: Asked) -> None:
    only(asked.plan["adapter"])
    asked.body["schedule"] = {"adapter": {"rank": 1_000_000}}


@clause(another_rank)
def the_adapter(asked: Asked) -> Iterator[str]:
    wished = asked.body.get("schedule", {}).get("adapter")
    if wished and asked.plan and asked.plan["adapter"]:
        for name, value in wished.items():
            if asked.plan["adapter"][name] != value:
                yield f"{name} {value} became {asked.plan['adapter'][name]}"
