"""The optax export of a plan, without JAX: form, patterns, losses. `make test-real` runs it."""

import ast
import re
from typing import Any

import pytest
from msgspec import structs

from service.contract.freeze import PlanExport
from service.contract.words import CurveShape, Optimizer, Trainer
from service.core.schedule.curve.curves import segments
from service.dialects.plan import Plan
from tests.dialects.hub_plans import Shapes, planned, told
from tests.dialects.jobs import shaped


def transformer(separator: str) -> Shapes:
    """Paths of a small stack of blocks."""
    dense = [("kernel", (8, 8)), ("bias", (8,))]
    blocks = [
        (separator.join(("encoder", f"block_{index}", part, leaf)), shape)
        for index in range(6)
        for part in ("attention", "mlp")
        for leaf, shape in dense
    ]
    ends = {"embed": (20, 8), "head": (8, 3)}
    return [
        (f"embed{separator}kernel", ends["embed"]),
        *blocks,
        (f"head{separator}kernel", ends["head"]),
        (f"head{separator}bias", (3,)),
    ]


def jax_plan(separator: str = "/", **body: Any) -> Plan:
    return planned(shapes=transformer(separator), family="text-encoder", similarity=7, **body)


def exported(plan: Plan) -> PlanExport:
    export = told(Trainer.OPTAX, plan)
    ast.parse(export.text)
    assert all(line == line.rstrip() for line in export.text.splitlines())
    return export


def with_shape(plan: Plan, shape: CurveShape, **changes: float) -> Plan:
    """The same plan, with another curve in every phase."""
    curve = shaped(shape, **changes)
    phases = [
        structs.replace(phase, curve=curve, segments=segments(curve), steps=curve.total_steps) for phase in plan.phases
    ]
    return structs.replace(plan, phases=phases)


@pytest.mark.parametrize("separator", ["/", "."])
@pytest.mark.parametrize("strategy", ["feature-extraction", "partial-fine-tuning", "full-fine-tuning"])
def test_each_path_has_the_rate_of_its_block(strategy: str, separator: str) -> None:
    plan = jax_plan(separator, strategy=strategy)
    export = exported(plan)
    assert export.exact
    assert f'separator="{separator}"' in export.text
    for phase, words in zip(plan.phases, export.arguments["phases"], strict=True):
        assert words["trainable"] == plan.freeze.phases[phase.index].trainable
        for name, _ in transformer(separator):
            found = [told["peak"] for pattern, told in words["transforms"].items() if re.search(pattern, name)]
            blocks = [block for block in plan.freeze.blocks if re.search(block.pattern or "", name)]
            assert len(blocks) == 1
            assert found == [rate for rate in [plan.rate(phase, blocks[0])] if rate > 0]


@pytest.mark.parametrize("shape", list(CurveShape))
@pytest.mark.parametrize("optimizer", list(Optimizer))
def test_text_is_short_for_every_curve(shape: CurveShape, optimizer: Optimizer) -> None:
    """Besides the imports and one line for the curve of each phase."""
    plan = with_shape(jax_plan(), shape, warmup_steps=10)
    plan = structs.replace(plan, schedule=structs.replace(plan.schedule, optimizer=optimizer))
    export = exported(plan)
    assert export.exact is (shape is not CurveShape.REDUCE_ON_PLATEAU)
    lines = [line for line in export.text.splitlines() if line and not line.startswith(("import", "#"))]
    assert len(lines) - len(plan.phases) <= 20
    assert len(set(export.losses)) == len(export.losses)


def test_frozen_leaves_cost_gradients() -> None:
    frozen = exported(jax_plan(strategy="feature-extraction")).losses
    assert any("Gradients of frozen leaves" in loss for loss in frozen)


def test_statistics_are_not_parameters() -> None:
    export = exported(planned(model="resnet50", strategy="feature-extraction"))
    assert any("use_running_average=True" in loss for loss in export.losses)


@pytest.mark.parametrize("model", ["resnet50", "bert-base-uncased"])
def test_names_of_pytorch_are_a_loss(model: str) -> None:
    export = exported(planned(model=model))
    assert not export.exact
    assert "ask again with `parameters`" in export.losses[0]


def test_adapters_are_the_callers() -> None:
    export = exported(planned(model="bert-base-uncased", strategy="parameter-efficient"))
    assert not export.exact
    assert any("lora_" in loss for loss in export.losses)
    assert "lora_" in export.arguments["phases"][0]["transforms"]
