"""More memory or more hours never lead to a plan that ranks lower, and what is said to come with them comes."""

from collections.abc import Iterable
from typing import Any

import pytest

from service.contract.recommend import Recommendation
from service.contract.words import Strategy, Task
from tests.ask import recommended

MEMORY = (1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 9, 10.5, 12, 13.25, 16, 20, 24, 32, 40, 48, 80)
"""GiB of one device."""

HOURS = (0.0001, 0.001, 0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.6, 1, 2, 3, 6, 10, 30, 100)

BOUNDLESS = {"compute": {"memory_gib": 4000}}

Place = tuple[bool, int, int]


def place(told: Recommendation, job: dict[str, Any], orders: dict[str | None, list[Strategy]]) -> Place | None:
    """Whether nothing is trained that should be, the rank of the model, and of its strategy; None where none fits."""
    chosen, model = told.verdict.strategy, told.verdict.model
    if not next(one.feasible for one in told.strategies if one.strategy is chosen):
        return None
    if model not in orders:
        free = recommended(**{**job, **BOUNDLESS, "source": {"model": model}})
        orders[model] = [one.strategy for one in free.strategies if one.feasible]
    order = orders[model]
    idle = Strategy.ZERO_SHOT in order and order.index(Strategy.ZERO_SHOT) <= order.index(chosen)
    return idle, next(one.rank for one in told.models if one.model == model), order.index(chosen)


def assert_never_falls(job: dict[str, Any], budgets: Iterable[dict[str, Any]]) -> None:
    orders: dict[str | None, list[Strategy]] = {}
    best: tuple[Place, dict[str, Any]] | None = None
    for compute in budgets:
        here = place(recommended(**job, compute=compute), job, orders)
        if best is not None:
            assert (here or (True, 99, 99)) <= best[0], f"{compute} is worse off than {best[1]}"
        best = (here, compute) if here is not None else best


@pytest.mark.parametrize("task", sorted(Task))
@pytest.mark.parametrize("examples", [300, 20_000])
def test_a_bigger_budget_never_leads_to_a_plan_that_ranks_lower(task: Task, examples: int) -> None:
    job: dict[str, Any] = {"target": {"task": task}, "dataset": {"examples": examples}}
    assert_never_falls(job, ({"memory_gib": gib} for gib in MEMORY))
    assert_never_falls(job, ({"device": "T4", "hours": hours} for hours in HOURS))


def test_the_texts_of_a_batch_are_never_parted_by_the_choice() -> None:
    """Its loss tells a text from the others that the device sees with it: alone it teaches nothing."""
    job: dict[str, Any] = {"target": {"task": "sentence-similarity"}, "dataset": {"examples": 20_000}}
    answers = [recommended(**job, compute={"memory_gib": gib}) for gib in MEMORY]
    assert {told.setup.accumulation for told in answers} <= {None, 1}
    assert answers[-1].verdict.strategy is Strategy.FULL


SHORT = (
    {"memory_gib": 3},
    {"memory_gib": 7.5},
    {"device": "T4", "hours": 0.02},
    {"memory_gib": 8, "device": "4090", "hours": 0.1},
)


@pytest.mark.parametrize("task", sorted(Task))
@pytest.mark.parametrize("compute", SHORT, ids=str)
def test_what_a_bigger_budget_promises_comes_with_what_it_needs(task: Task, compute: dict[str, Any]) -> None:
    job: dict[str, Any] = {"target": {"task": task}, "dataset": {"examples": 20_000}}
    told = recommended(**job, compute=compute).verdict.bigger_budget
    if told is None:
        return
    more = {name: value for name in ("memory_gib", "hours") if (value := getattr(told, name)) is not None}
    assert more, "a number is told wherever one leads there"
    then = recommended(**job, compute=compute | more).verdict
    assert (then.strategy, then.model) == (told.strategy, told.model)
    assert then.bigger_budget is None
