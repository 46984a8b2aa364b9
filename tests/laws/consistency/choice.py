"""Verdict, ranking, models, path, edges and memory speak of one decision."""

from collections.abc import Iterator
from typing import Any

from tests.laws.consistency.asked import Asked, clause, first, only


def verdict_of(asked: Asked) -> Any:
    """The verdict; nothing where the route has none."""
    return asked.answer.get("verdict")


def is_fixed(asked: Asked) -> bool:
    """Whether the caller has made the choice."""
    return bool({"strategy", "method"} & set(asked.fixed))


def options_of(asked: Asked) -> list[Any]:
    """The six strategies."""
    return asked.answer.get("strategies", [])


def the_second_wins(asked: Asked) -> None:
    only("nothing-fits" not in asked.codes)
    asked.fixed.clear()
    asked.answer["verdict"]["strategy"] = options_of(asked)[1]["strategy"]


@clause(the_second_wins)
def the_first_feasible_is_the_verdict(asked: Asked) -> Iterator[str]:
    verdict, feasible = verdict_of(asked), [one for one in options_of(asked) if one["feasible"]]
    if not verdict:
        return
    best = [(one["strategy"], one["method"]) for one in feasible[:1]]
    told = is_fixed(asked) or "nothing-fits" in asked.codes
    if not told and best != [(verdict["strategy"], verdict["method"])]:
        yield f"{verdict['strategy']} by {verdict['method']}, and first comes {best}"
    others = [one["strategy"] for one in feasible if one["strategy"] != verdict["strategy"]]
    if verdict["runner_up"] != (others[0] if others else None):
        yield f"runner-up {verdict['runner_up']} of {others}"


def a_rank_twice(asked: Asked) -> None:
    options_of(asked)[1]["rank"] = 1


@clause(a_rank_twice)
def strategies_are_ranked(asked: Asked) -> Iterator[str]:
    options = options_of(asked)
    if [one["rank"] for one in options] != list(range(1, len(options) + 1)):
        yield "ranks"
    if [one["score"] for one in options] != sorted((one["score"] for one in options), reverse=True):
        yield f"scores {[one['score'] for one in options]}"
    for one in options:
        if one["feasible"] != (one["score"] > 0) or not (one["feasible"] or one["why_not"]):
            yield f"{one['strategy']}: feasible {one['feasible']}, score {one['score']}, why not {one['why_not']}"


def the_plan_is_another(asked: Asked) -> None:
    asked.plan["strategy"] = "full-fine-tuning" if asked.plan["strategy"] != "full-fine-tuning" else "from-scratch"


@clause(the_plan_is_another)
def one_strategy(asked: Asked) -> Iterator[str]:
    told = {part["strategy"] for part in (verdict_of(asked), asked.plan, asked.schedule) if part}
    if len(told) > 1:
        yield str(sorted(told))


def nothing_trains(asked: Asked) -> None:
    only(asked.plan and asked.schedule)
    asked.answer["lr_schedule"] = None


@clause(nothing_trains)
def what_trains_has_a_schedule(asked: Asked) -> Iterator[str]:
    """A plan with phases has a schedule where rates are known, and the other way round."""
    known = asked.resolved("/source/family") and "rates-unknown" not in asked.codes
    if asked.plan and known and bool(asked.plan["phases"]) != bool(asked.schedule):
        yield f"{len(asked.plan['phases'])} phases, schedule: {bool(asked.schedule)}"
    if asked.plan and bool(asked.phases) != bool(asked.schedule and asked.plan["phases"]):
        yield f"{len(asked.phases)} timed phases"


def a_forbidden_licence(asked: Asked) -> None:
    asked.body["constraints"] = {"commercial_use": True}
    first(one for one in asked.answer["models"] if one["commercial_use"])["commercial_use"] = False


@clause(a_forbidden_licence)
def models_keep_the_constraints(asked: Asked) -> Iterator[str]:
    limits = asked.body.get("constraints", {})
    for one in asked.answer.get("models", []):
        if limits.get("commercial_use") and one["commercial_use"] is False:
            yield f"{one['model']} may not be used"
        if one["params"] > limits.get("max_params", one["params"]):
            yield f"{one['model']} has {one['params']} parameters"


def a_model_is_larger(asked: Asked) -> None:
    asked.answer["models"][0]["params"] += 1


@clause(a_model_is_larger)
def models_are_the_catalogues(asked: Asked) -> Iterator[str]:
    for rank, one in enumerate(asked.answer.get("models", []), 1):
        row = asked.facts.models.get(one["model"])
        if row is None:
            yield f"{one['model']} is not in the catalogue"
            continue
        for name in ("checkpoint", "params", "licence", "commercial_use"):
            if one[name] != row[name]:
                yield f"{one['model']}: {name} {one[name]} is not {row[name]}"
        if asked.task not in row["tasks"]:
            yield f"{one['model']} does not do {asked.task}"
        if one["rank"] < rank:
            yield f"{one['model']}: rank {one['rank']} in place {rank}"
        if one["similarity"] is not None and not 0 <= one["similarity"] <= 10:
            yield f"{one['model']}: similarity {one['similarity']}"


def models_change_places(asked: Asked) -> None:
    one, other = asked.answer["models"][:2]
    one["score"] = other["score"] - 1
    asked.body["source"] = {}


@clause(models_change_places)
def models_are_ranked(asked: Asked) -> Iterator[str]:
    models = asked.answer.get("models", [])
    scores = [one["score"] for one in models]
    if scores != sorted(scores, reverse=True):
        yield str(scores)
    verdict, source = verdict_of(asked), asked.body.get("source", {})
    if not verdict or verdict["model"] is None or source:
        return
    more, fixed = verdict["bigger_budget"], asked.body.get("fixed", {})
    if "strategy" in fixed or "method" in fixed:  # the first that can carry it out
        return
    if models[0]["model"] not in (verdict["model"], more and more["model"]):
        yield f"{verdict['model']} before {models[0]['model']}"


def another_start(asked: Asked) -> None:
    asked.answer["verdict"]["model"] = "another"


@clause(another_start)
def one_model(asked: Asked) -> Iterator[str]:
    verdict = verdict_of(asked)
    if verdict and verdict["model"] != asked.resolved("/source/model"):
        yield f"verdict {verdict['model']}, resolved {asked.resolved('/source/model')}"


def the_path_leads_away(asked: Asked) -> None:
    asked.answer["decision_path"][-1]["answer"] = "nothing."


@clause(the_path_leads_away)
def the_path_ends_at_the_verdict(asked: Asked) -> Iterator[str]:
    path = asked.answer.get("decision_path", [])
    for step in path:
        if step["rule"] not in asked.facts.rules:
            yield f"no rule {step['rule']}"
    if path and verdict_of(asked)["strategy"] not in path[-1]["answer"]:
        yield path[-1]["answer"]


def an_edge_moves(asked: Asked) -> None:
    asked.answer["boundaries"][0]["distance"] += 1


@clause(an_edge_moves)
def edges_are_as_far_as_they_say(asked: Asked) -> Iterator[str]:
    for one in asked.answer.get("boundaries", []):
        if one["value"] != asked.resolved(one["input"]):
            yield f"{one['input']}: {one['value']} is not {asked.resolved(one['input'])}"
        away = abs(one["value"] - one["edge"])
        if abs(one["distance"] - (away / one["edge"] if one["input"] == "/dataset/examples" else away)) > 1e-3:
            yield f"{one['input']}: {one['distance']} from {one['value']} to {one['edge']}"


def sides_are_swapped(asked: Asked) -> None:
    one = first(edge for edge in asked.answer["boundaries"] if edge["changes"])
    one["above"] = one["below"]


@clause(sides_are_swapped)
def edges_change_what_they_say(asked: Asked) -> Iterator[str]:
    for one in asked.answer.get("boundaries", []):
        parts = [
            [one[side][name] for name in ("strategy", "method", "model", "frozen_share")] for side in ("below", "above")
        ]
        if one["changes"] != (parts[0] != parts[1]) and not (one["changes"] and steps_differ(one)):
            yield f"{one['input']} {one['edge']}: changes {one['changes']}, {parts}"


def steps_differ(edge: Any) -> bool:
    """Whether a run is of another length beyond the edge."""
    return edge["below"]["steps"] != edge["above"]["steps"]


def next_edges(asked: Asked) -> Iterator[Any]:
    """The edges beside the job; what lies between two edges further off need not be its plan."""
    for name in ("/dataset/examples", "/similarity"):
        told = [one for one in asked.answer["boundaries"] if one["input"] == name]
        edges = sorted(told, key=lambda one: one["edge"])
        yield from [one for one in edges if one["edge"] <= one["value"]][-1:]
        yield from [one for one in edges if one["edge"] > one["value"]][:1]


def the_near_side_is_another(asked: Asked) -> None:
    edge = first(one for one in next_edges(asked) if one["near"] and one["value"] != one["edge"])
    asked.fixed.clear()
    for side in ("below", "above"):
        edge[side]["model"] = "another"


@clause(the_near_side_is_another)
def this_side_of_an_edge_is_the_plan(asked: Asked) -> Iterator[str]:
    if not verdict_of(asked) or is_fixed(asked):
        return
    told = [verdict_of(asked)[name] for name in ("strategy", "method", "model")]
    for one in next_edges(asked):
        here = one["above"] if one["value"] >= one["edge"] else one["below"]
        if one["value"] == one["edge"] and one["input"] == "/similarity":
            continue
        if one["near"] and [here[name] for name in ("strategy", "method", "model")] != told:
            yield f"{one['input']} {one['edge']}: {here} is not {told}"
        share = asked.plan["shares"]["blocks_frozen"]
        if one["near"] and here["frozen_share"] != share:
            yield f"{one['input']} {one['edge']}: {here['frozen_share']} is frozen, {share} planned"
