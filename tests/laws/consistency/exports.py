"""What a trainer is told is the plan: hash, steps, rates, what is frozen, batch; or `losses` say what is lost."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.laws.consistency.asked import Asked, clause, first, near


class Run(NamedTuple):
    """One phase as an export tells it: steps, rates by pattern or name, and the patterns that it freezes."""

    steps: int | None
    rates: dict[str, float]
    frozen: list[str] | None


def pytorch(arguments: Any) -> list[Run]:
    return [Run(one["steps"], one["lr"], None) for one in arguments["phases"]]


def timm(arguments: Any) -> list[Run]:
    return [
        Run(one["steps"], {name: one["lr"] * scale for name, scale in one["lr_scale"].items()}, None)
        for one in arguments["phases"]
    ]


def transformers(arguments: Any) -> list[Run]:
    return [
        Run(one["training_arguments"]["max_steps"], one["rates"], one["frozen_patterns"])
        for one in [*arguments["earlier_phases"], arguments]
    ]


def keras(arguments: Any) -> list[Run]:
    return [Run(one["steps"], one["learning_rates"], None) for one in arguments["phases"]]


def optax(arguments: Any) -> list[Run]:
    return [
        Run(one["steps"], {name: told["peak"] for name, told in one["transforms"].items()}, None)
        for one in arguments["phases"]
    ]


ADAPTER = "lora_"
SAVED = r"\.modules_to_save\."
"""How PEFT names an adapter, and the head that is trained whole beside it."""

BY_NAME = {"pytorch": pytorch, "timm": timm}
"""Trainers that are told groups by name."""

BY_PATTERN = {"transformers": transformers, "keras": keras, "optax": optax}
"""Trainers that are told groups by pattern."""


def exports_of(asked: Asked, *dialects: str) -> list[Any]:
    """The exports of plans to these trainers that say something; to all, where none is named."""
    told = asked.answer.get("exports", [])
    return [one for one in told if one["arguments"] and (not dialects or one["dialect"] in dialects)]


def another_hash(asked: Asked) -> None:
    asked.answer["exports"][0]["plan_hash"] = "0"


@clause(another_hash)
def exports_are_of_this_plan(asked: Asked) -> Iterator[str]:
    wanted, told = asked.body.get("dialects", []), asked.answer.get("exports", [])
    if told and [one["dialect"] for one in told] != wanted:
        yield f"{wanted} asked for, {[one['dialect'] for one in told]} told"
    for one in told:
        if one["plan_hash"] != asked.plan["plan_hash"]:
            yield f"{one['dialect']}: {one['plan_hash']}"
        if not one["exact"] and not one["losses"]:
            yield f"{one['dialect']} is not exact, and nothing is lost"


def expected(asked: Asked, phase: Any, key: str) -> dict[str, float]:
    """The rates of a phase's groups, by name or by pattern; of heads, the phase's own."""
    blocks = [asked.plan["blocks"][index] for index in phase["train_blocks"]]
    heads = {block["pattern"] for block in blocks if block["kind"] == "head"}
    trained = {block["pattern"] for block in blocks}
    return {
        group[key]: phase["head_rate"] if group["pattern"] in heads else group["peak_rate"]
        for group in asked.schedule["groups"]
        if group["pattern"] in trained or group["name"] == "adapters"
    }


def a_rate_is_another(asked: Asked) -> None:
    one = exports_of(asked, *BY_NAME, *BY_PATTERN)[0]
    for phase in [*one["arguments"].get("phases", []), one["arguments"]]:
        for name in ("lr", "rates", "learning_rates", "transforms"):
            phase.pop(name, None) if isinstance(phase.get(name), dict) else None
            phase[name] = {} if name != "lr" or one["dialect"] == "pytorch" else 0.5


@clause(a_rate_is_another)
def exports_have_the_rates(asked: Asked) -> Iterator[str]:
    for readers, key in ((BY_NAME, "name"), (BY_PATTERN, "pattern")):
        for one in exports_of(asked, *readers):
            runs = readers[one["dialect"]](one["arguments"])
            if len(runs) != len(asked.phases):
                yield f"{one['dialect']}: {len(runs)} phases of {len(asked.phases)}"
                continue
            for run, phase in zip(runs, asked.phases, strict=True):
                wanted = expected(asked, phase, key)
                if one["dialect"] == "transformers" and asked.plan["adapter"]:
                    wanted = {name if name == ADAPTER else SAVED: rate for name, rate in wanted.items()}
                if {name for name, rate in run.rates.items() if rate} != set(wanted):
                    yield f"{one['dialect']}, {phase['name']}: {sorted(run.rates)} are not {sorted(wanted)}"
                elif not all(near(run.rates[name], rate, 1e-8) for name, rate in wanted.items()):
                    yield f"{one['dialect']}, {phase['name']}: {run.rates} are not {wanted}"


def a_step_is_missing(asked: Asked) -> None:
    one = exports_of(asked, *BY_NAME, "keras", "optax")[0]
    one["arguments"]["phases"][0]["steps"] -= 1


@clause(a_step_is_missing)
def exports_have_the_steps(asked: Asked) -> Iterator[str]:
    for one in exports_of(asked, *BY_NAME, *BY_PATTERN):
        runs = {**BY_NAME, **BY_PATTERN}[one["dialect"]](one["arguments"])
        told, wanted = [run.steps for run in runs], [phase["steps"] for phase in asked.phases]
        if told != wanted:
            yield f"{one['dialect']}: {told} steps, planned {wanted}"


def a_longer_run(asked: Asked) -> None:
    exports_of(asked, "axolotl", "llama-factory")[0]["arguments"]["max_steps"] += 1


@clause(a_longer_run)
def files_have_rate_and_length(asked: Asked) -> Iterator[str]:
    """axolotl and LLaMA-Factory are told one run, of the last phase."""
    for one in exports_of(asked, "axolotl", "llama-factory"):
        told = one["arguments"]
        if told["max_steps"] != asked.schedule["total_steps"]:
            yield f"{one['dialect']}: {told['max_steps']} steps of {asked.schedule['total_steps']}"
        peaks = [group["peak_rate"] for group in asked.schedule["groups"]]
        if not any(near(told["learning_rate"], peak) for peak in peaks):
            yield f"{one['dialect']}: {told['learning_rate']} of {peaks}"


def something_thaws(asked: Asked) -> None:
    first(one for one in exports_of(asked, "transformers") if one["arguments"]["frozen_patterns"])["arguments"][
        "frozen_patterns"
    ].pop()


@clause(something_thaws)
def exports_freeze_what_does_not_train(asked: Asked) -> Iterator[str]:
    for one in exports_of(asked, "transformers"):
        for run, phase in zip(transformers(one["arguments"]), asked.phases, strict=True):
            blocks = asked.plan["blocks"]
            wanted = {one["pattern"] for one in blocks if one["index"] not in phase["train_blocks"] and one["params"]}
            unknown = {one["pattern"] for one in blocks if not one["params"]}
            if set(run.frozen or []) - unknown != wanted - unknown:
                yield f"{phase['name']}: {sorted(run.frozen or [])} are not {sorted(wanted)}"


def another_adapter(asked: Asked) -> None:
    first(one["arguments"]["lora_config"] for one in exports_of(asked) if one["arguments"].get("lora_config"))["r"] += 1


@clause(another_adapter)
def exports_have_the_adapter(asked: Asked) -> Iterator[str]:
    adapter = asked.plan["adapter"] if asked.plan else None
    for one in exports_of(asked):
        told = one["arguments"].get("lora_config")
        if not told:
            continue
        if adapter is None:
            yield f"{one['dialect']} adds an adapter"
        elif [told["r"], told["lora_alpha"], told["lora_dropout"]] != [
            adapter["rank"],
            adapter["alpha"],
            adapter["dropout"],
        ]:
            yield f"{one['dialect']}: {told} is not {adapter}"


def a_schedule_is_lost(asked: Asked) -> None:
    one = asked.schedule["exports"][0]
    one["exact"], one["losses"] = False, []


@clause(a_schedule_is_lost)
def schedules_say_what_they_lose(asked: Asked) -> Iterator[str]:
    told: list[Any] = asked.schedule["exports"] if asked.schedule else []
    for one in told:
        if not one["exact"] and not one["losses"]:
            yield f"{one['dialect']} is not exact, and nothing is lost"
        if one["exact"] and not one["arguments"]:
            yield f"{one['dialect']} is exact, and says nothing"
