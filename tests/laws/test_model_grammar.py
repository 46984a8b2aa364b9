"""Models drawn from a grammar of names: each is planned or refused, and a plan covers it exactly."""

import os
from collections.abc import Callable
from math import prod
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.rules.refusal import Refusal
from tests.ask import frozen
from tests.laws.model_grammar import Shapes, models
from tests.laws.test_freeze_laws import assert_counted, assert_covered, header, listed

DRAWN = int(os.environ.get("DRAWN_MODELS", "400"))
"""`make fuzz-models` draws 50,000, and not the same ones each time."""

FORMS: dict[str, Callable[[Shapes], dict[str, Any]]] = {
    "parameters": lambda shapes: {"parameters": listed(shapes)},
    "safetensors": lambda shapes: {"safetensors": header(shapes)},
    "index": lambda shapes: {
        "source": {"safetensors_index": {"weight_map": dict.fromkeys(dict(shapes), "a"), "shapes": dict(shapes)}}
    },
}


@given(models(), st.sampled_from(sorted(FORMS)), st.sampled_from([None, "parameter-efficient", "partial-fine-tuning"]))
@settings(
    max_examples=DRAWN,
    derandomize=DRAWN < 1000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_a_model_is_refused_or_covered_exactly(shapes: Shapes, form: str, strategy: str | None) -> None:
    rest: dict[str, Any] = {"strategy": strategy} if strategy else {}
    try:
        plan = frozen(dataset={"examples": 500}, **FORMS[form](shapes), **rest)
    except Refusal as refused:
        assert refused.faults  # noqa: PT017 -- either answer will do
        return
    kept = shapes if form == "parameters" else [one for one in shapes if not is_left_out(one[0])]
    assert_covered(plan, kept)
    if plan.adapter is None:
        assert_counted(plan)
    assert plan.counts.total == sum(prod(shape) for _, shape in kept)


def is_left_out(name: str) -> bool:
    """Names of buffers among those that the grammar draws; a file lists them beside the parameters."""
    return name.rpartition(".")[2] in ("running_mean", "inv_freq")


def squares(*names: str) -> Shapes:
    """Matrices of these names."""
    return [(name, [2, 2]) for name in names]


FOUND: dict[str, Shapes] = {
    "a name that is both a parameter and a module": squares("0.1.1.bias", "0.0.bias", "0.0", "1.0"),
    "stages that are counted like other stages": squares(
        *(f"{word}{place}.weight" for word in ("wa", "wb") for place in ("1.b.1.p", "1.b.1.q", "2.b.0.q", "2.b.1.q"))
    ),
    "a first layer that is counted like a bare parameter": [
        ("embed.0", [2]),
        *squares("embed.0.weight", *(f"embed.1.embed.{block}.{part}.weight" for block in (0, 2) for part in "pq")),
    ],
}
"""Models that once broke the service."""


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("model", FOUND)
def test_what_once_broke_is_refused_or_covered(model: str, form: str) -> None:
    shapes = FOUND[model]
    for order in (shapes, shapes[::-1], sorted(shapes)):
        try:
            plan = frozen(dataset={"examples": 500}, **FORMS[form](order))
        except Refusal as refused:
            assert refused.faults  # noqa: PT017 -- either answer will do
        else:
            assert_covered(plan, order)
            assert_counted(plan)
