"""Phases open what the plan opens, one after the other, and end as the schedule."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.laws.consistency.asked import Asked, clause, first, near, only

OWN_HEADS = {"text-generation", "summarization", "translation", "time-series-forecasting"}
"""Tasks whose output layer is pretrained: there is no new head to train first."""


def states_of(plan: Any, *kinds: str) -> list[int]:
    """The blocks in one of these states."""
    return [block["index"] for block in plan["blocks"] if block["state"] in kinds]


def planned(asked: Asked) -> list[Any]:
    """The phases of the freeze plan."""
    return asked.plan["phases"] if asked.plan else []


def a_frozen_block_trains(asked: Asked) -> None:
    asked.plan["phases"][-1]["train_blocks"].insert(0, first(iter(states_of(asked.plan, "frozen"))))


@clause(a_frozen_block_trains)
def the_last_phase_trains_what_is_open(asked: Asked) -> Iterator[str]:
    if not asked.plan:
        return
    opened = states_of(asked.plan, "low-rate", "full-rate")
    trained: list[int] = planned(asked)[-1]["train_blocks"] if planned(asked) else []
    if trained != opened:
        yield f"open: {opened}, trained: {trained}"


def a_block_closes(asked: Asked) -> None:
    asked.plan["phases"][1]["train_blocks"].remove(asked.plan["phases"][0]["train_blocks"][0])


@clause(a_block_closes)
def what_is_opened_stays_open(asked: Asked) -> Iterator[str]:
    for earlier, later in pairwise(planned(asked)):
        if not set(earlier["train_blocks"]) <= set(later["train_blocks"]):
            yield f"phase {later['index']} closes a block"


def a_share_is_lost(asked: Asked) -> None:
    asked.plan["phases"][0]["epoch_share"] /= 2


@clause(a_share_is_lost)
def shares_of_epochs_are_one(asked: Asked) -> Iterator[str]:
    phases = planned(asked)
    if phases and abs(sum(phase["epoch_share"] for phase in phases) - 1) > 1e-3:
        yield str([phase["epoch_share"] for phase in phases])


def one_less_trains(asked: Asked) -> None:
    asked.plan["phases"][0]["trainable"] -= 1


@clause(one_less_trains)
def a_phase_counts_what_it_trains(asked: Asked) -> Iterator[str]:
    for phase in planned(asked):
        params = [asked.plan["blocks"][index]["params"] for index in phase["train_blocks"]]
        added = (asked.plan["adapter"] or {"params": 0})["params"]
        if None not in [*params, added, phase["trainable"]] and sum(params) + added != phase["trainable"]:
            yield f"{phase['name']}: {sum(params)} + {added} is not {phase['trainable']}"


def a_phase_is_renamed(asked: Asked) -> None:
    asked.phases[0]["name"] += " again"


@clause(a_phase_is_renamed)
def timed_phases_are_the_plans(asked: Asked) -> Iterator[str]:
    names = ("index", "name", "train_blocks", "patience", "stop")
    told = [[[phase[name] for name in names] for phase in phases] for phases in (asked.phases, planned(asked))]
    if asked.phases and told[0] != told[1]:
        yield "timed phases differ from the plan's"


def a_step_is_added(asked: Asked) -> None:
    only(asked.phases)
    asked.answer["summary"]["steps"] += 1


@clause(a_step_is_added)
def the_total_is_the_sum(asked: Asked) -> Iterator[str]:
    if not asked.phases:
        return
    total = asked.answer["summary"]
    if total["phases"] != len(asked.phases) or total["steps"] != sum(phase["steps"] for phase in asked.phases):
        yield f"{total} of {[phase['steps'] for phase in asked.phases]} steps"
    if not near(total["epochs"], sum(phase["epochs"] for phase in asked.phases)):
        yield f"{total} of {[phase['epochs'] for phase in asked.phases]} epochs"


def the_last_is_longer(asked: Asked) -> None:
    asked.phases[-1]["steps"] += 1


@clause(the_last_is_longer)
def the_last_phase_is_the_schedule(asked: Asked) -> Iterator[str]:
    if not asked.phases or not asked.schedule:
        return
    last, schedule = asked.phases[-1], asked.schedule
    told = [last[name] for name in ("steps", "warmup_steps", "curve", "segments", "backbone_rate", "head_rate")]
    rates = schedule["rates"]
    held = [schedule[name] for name in ("total_steps", "warmup_steps", "curve", "segments")]
    if told != [*held, rates["backbone_top"], rates["head"]]:
        yield "the last phase is not the schedule"


def passes_are_doubled(asked: Asked) -> None:
    asked.phases[0]["epochs"] = asked.phases[0]["epochs"] * 2 + 2


@clause(passes_are_doubled)
def steps_are_epochs_times_batches(asked: Asked) -> Iterator[str]:
    each = asked.schedule["steps_per_epoch"] if asked.schedule else None
    for phase in asked.phases if each else []:
        if abs(phase["epochs"] * each - phase["steps"]) > 1 + 1e-6 * phase["steps"]:
            yield f"{phase['name']}: {phase['epochs']} epochs of {each} are not {phase['steps']} steps"


def heads_of(asked: Asked, phase: Any) -> list[Any]:
    """The blocks of the head that a phase trains."""
    blocks = [asked.plan["blocks"][index] for index in phase["train_blocks"]]
    return [block for block in blocks if block["kind"] == "head"]


def the_head_stops(asked: Asked) -> None:
    first(phase for phase in asked.phases if heads_of(asked, phase) and phase["head_rate"])["head_rate"] = 0.0


@clause(the_head_stops)
def a_head_has_a_rate_where_it_trains(asked: Asked) -> Iterator[str]:
    for phase in asked.phases:
        trains = any(block["params"] != 0 for block in heads_of(asked, phase))
        if trains != (phase["head_rate"] > 0):
            yield f"{phase['name']}: rate {phase['head_rate']}, heads {[one['name'] for one in heads_of(asked, phase)]}"


def the_backbone_stops(asked: Asked) -> None:
    phase = first(phase for phase in asked.phases if phase["backbone_rate"])
    phase["backbone_rate"] = 0.0


@clause(the_backbone_stops)
def a_backbone_has_a_rate_where_it_trains(asked: Asked) -> Iterator[str]:
    for phase in asked.phases:
        below = [index for index in phase["train_blocks"] if asked.plan["blocks"][index]["kind"] != "head"]
        if bool(below or asked.plan["adapter"]) != (phase["backbone_rate"] > 0):
            yield f"{phase['name']}: rate {phase['backbone_rate']}, blocks {below}"


def a_head_comes_first(asked: Asked) -> None:
    only(asked.task in OWN_HEADS and asked.resolved("/source/model"))
    only(asked.plan["strategy"] != "feature-extraction")
    asked.phases[0]["name"] = "head"


@clause(a_head_comes_first)
def only_a_new_head_is_trained_alone(asked: Asked) -> Iterator[str]:
    if (
        asked.task in OWN_HEADS
        and asked.resolved("/source/model")
        and asked.plan
        and asked.plan["strategy"] != "feature-extraction"
    ):
        yield from (f"{asked.task}: {phase['name']}" for phase in asked.phases if phase["name"] == "head")
