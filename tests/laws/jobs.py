"""Requests for Hypothesis: jobs that do not contradict themselves, drawn from the catalogue."""

from typing import Any

from hypothesis import strategies as st

from service.contract.words import Distinction, Domain, Family, Policy, Strategy, Task
from service.knowledge.loader import load

KNOW = load()
MODELS = sorted(row.id for row in KNOW.tables.models)
TRAINED = [strategy for strategy in Strategy if strategy is not Strategy.ZERO_SHOT]

ADAPTABLE = {*KNOW.adaptable, Family.UNKNOWN}
RATED = [key for key in sorted(KNOW.rates) if key[1] is not Strategy.PARAMETER_EFFICIENT or key[0] in ADAPTABLE]

examples = st.integers(1, 20_000_000)
similarity = st.floats(0, 10, allow_nan=False)
WISHES = {
    "policy": st.sampled_from(sorted(Policy)),
    "constraints": st.fixed_dictionaries({"robust_to_shift": st.booleans()}),
}


@st.composite
def jobs(draw: st.DrawFn) -> dict[str, Any]:
    """A `/recommend` body."""
    task = draw(st.sampled_from(sorted(Task)))
    modalities = KNOW.tasks[task].modalities
    domains = [domain for domain in Domain if KNOW.domains[domain].modality in modalities]
    count = draw(examples)
    body: dict[str, Any] = {"target": {"task": task}, "dataset": {"examples": count}}
    if draw(st.booleans()):
        body["target"]["domain"] = draw(st.sampled_from(domains))
    if draw(st.booleans()):
        most = 10 if task == "tabular-classification" else 10_000
        body["dataset"]["classes"] = draw(st.integers(2, max(2, min(count, most))))
        body["dataset"]["examples"] = max(count, body["dataset"]["classes"])
    if draw(st.booleans()):
        body["dataset"]["unlabelled"] = draw(st.integers(0, 10**9))
    if draw(st.booleans()):
        body["similarity"] = draw(similarity)
    body |= draw(st.fixed_dictionaries({}, optional=WISHES))
    if draw(st.booleans()):
        body["target"]["distinction"] = draw(st.sampled_from(sorted(Distinction)))
    if draw(st.booleans()):
        body["source"] = {"model": draw(st.sampled_from([row.id for row in KNOW.serving[task]]))}
    if draw(st.booleans()):
        kinds = ["cpu", "consumer-gpu", "datacenter-gpu", "multi-gpu"]
        body["compute"] = {"kind": draw(st.sampled_from(kinds))}
    if draw(st.booleans()):
        scores = st.floats(0, 1)
        names = ["zero_shot", "linear_probe", "full_fine_tuning", "from_scratch"]
        body["measurements"] = draw(st.dictionaries(st.sampled_from(names), scores, max_size=4))
    return body


@st.composite
def freezings(draw: st.DrawFn) -> dict[str, Any]:
    """A `/freeze-plan` body."""
    count = draw(examples)
    body: dict[str, Any] = {"dataset": {"examples": count}, "similarity": draw(similarity)}
    if draw(st.booleans()):
        body["model"] = draw(st.sampled_from(MODELS))
    else:
        body["depth"] = draw(st.integers(1, 2000))
    if draw(st.booleans()):
        body["dataset"]["classes"] = draw(st.integers(1, min(count, 10_000)))
    if draw(st.booleans()):
        model = KNOW.models.get(body.get("model", ""))
        able = [
            one for one in Strategy if one is not Strategy.PARAMETER_EFFICIENT or model is None or model.lora_targets
        ]
        body["strategy"] = draw(st.sampled_from(sorted(able)))
    return body


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, Any]:
    """An `/lr-schedule` body for a family and strategy with a published rate, that its layers have room for."""
    family, strategy, optimizer, policy = draw(st.sampled_from(RATED))
    body: dict[str, Any] = {"family": family, "strategy": strategy, "optimizer": optimizer}
    if draw(st.booleans()):
        body["params"] = draw(st.integers(1_000_000, 10**12))
    models = [row.id for row in KNOW.tables.models if row.family is family]
    if models and draw(st.booleans()):
        body = {"model": draw(st.sampled_from(models)), "strategy": strategy}
    if draw(st.booleans()):
        body["policy"] = policy
    if draw(st.booleans()):
        body["total_steps"] = draw(st.integers(1, 10_000_000))
    else:
        body["examples"] = draw(st.integers(1, 1_000_000))
        body["epochs"] = draw(st.floats(0.01, 10))
    body["points"] = draw(st.integers(2, 200))
    if draw(st.booleans()):
        body["batch_size"] = draw(st.integers(1, 100_000))
    return body | draw(shapes())


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, Any]:
    """The part of an `/lr-schedule` body that says how the curve runs."""
    row = KNOW.shapes[draw(st.sampled_from(sorted(KNOW.shapes)))]
    values = {
        "cycles": st.integers(1, 20).map(float) if row.shape == "cosine-with-restarts" else st.floats(0.01, 20),
        "cycle_growth": st.floats(0.1, 10),
        "cycle_decay": st.floats(0.01, 1),
        "milestones": st.sets(st.integers(0, 1_000_000), min_size=1, max_size=20).map(sorted),
        "timescale": st.integers(1, 10_000_000),
        "decay": st.sampled_from(["linear", "cosine", "1-sqrt"]),
        "power": st.floats(0.1, 5),
        "every": st.integers(1, 10_000),
        "gamma": st.floats(0.001, 1),
        "hold_share": st.floats(0, 1),
        "end_ratio": st.floats(0.001, 1),
        "start_ratio": st.floats(0.001, 1),
    }
    body: dict[str, Any] = {"shape": row.shape}
    chosen = draw(st.lists(st.sampled_from(row.options), unique=True)) if row.options else []
    if {"every", "milestones"} <= set(chosen):
        chosen.remove("every")
    if chosen:
        body["options"] = {name: draw(values[name]) for name in chosen}
    if draw(st.booleans()):
        body["warmup_kind"] = draw(st.sampled_from(["linear", "cosine", "constant"]))
    if draw(st.booleans()):
        body["warmup_steps"] = draw(st.integers(0, 100_000))
    return body
