"""The Keras export of a plan, without Keras: form, patterns, losses. `make test-real` runs it."""

import ast
import re
from typing import Any

import pytest
from msgspec import structs

from service.contract.freeze import PlanExport
from service.contract.words import BlockState, CurveShape, Trainer
from service.core.schedule.curve.curves import segments
from service.dialects.plan import Plan
from tests.dialects.hub_plans import Shapes, planned, told
from tests.dialects.jobs import shaped


def layer(name: str, inputs: int, outputs: int) -> Shapes:
    return [
        (f"{name}_conv/kernel", (3, 3, inputs, outputs)),
        (f"{name}_conv/bias", (outputs,)),
        (f"{name}_bn/gamma", (outputs,)),
        (f"{name}_bn/beta", (outputs,)),
    ]


def resnet() -> Shapes:
    """Paths as those of `keras.applications.ResNet50`."""
    blocks = [(stage, block) for stage, many in ((2, 3), (3, 4), (4, 6), (5, 3)) for block in range(1, many + 1)]
    backbone = [
        tensor
        for stage, block in blocks
        for part in (1, 2, 3)
        for tensor in layer(f"conv{stage}_block{block}_{part}", 8, 8)
    ]
    return [*layer("conv1", 3, 8), *backbone, ("predictions/kernel", (8, 3)), ("predictions/bias", (3,))]


def keras_plan(**body: Any) -> Plan:
    return planned(shapes=resnet(), family="cnn", similarity=7, **body)


def exported(plan: Plan) -> PlanExport:
    export = told(Trainer.KERAS, plan)
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


@pytest.mark.parametrize("strategy", ["feature-extraction", "partial-fine-tuning", "full-fine-tuning"])
def test_each_variable_has_the_rate_of_its_block(strategy: str) -> None:
    plan = keras_plan(strategy=strategy)
    export = exported(plan)
    assert export.exact
    assert len(export.arguments["phases"]) == len(plan.phases)
    for phase, words in zip(plan.phases, export.arguments["phases"], strict=True):
        assert words["trainable"] == plan.freeze.phases[phase.index].trainable
        for name, _ in resnet():
            found = [rate for pattern, rate in words["learning_rates"].items() if re.search(pattern, name)]
            blocks = [block for block in plan.freeze.blocks if re.search(block.pattern or "", name)]
            assert len(blocks) == 1
            assert found == [rate for rate in [plan.rate(phase, blocks[0])] if rate > 0]


def test_layers_of_the_last_phase() -> None:
    plan = keras_plan(strategy="partial-fine-tuning")
    states = {block.pattern: block.state is not BlockState.FROZEN for block in plan.freeze.blocks}
    assert {layer["pattern"]: layer["trainable"] for layer in exported(plan).arguments["layers"]} == states
    assert set(states.values()) == {True, False}


@pytest.mark.parametrize("shape", list(CurveShape))
def test_text_is_short_for_every_curve(shape: CurveShape) -> None:
    """Besides the imports and one line for the curve of each phase."""
    plan = with_shape(keras_plan(strategy="partial-fine-tuning"), shape, warmup_steps=10)
    lines = [line for line in exported(plan).text.splitlines() if line and not line.startswith(("import", "from", "#"))]
    assert len(lines) - len(plan.phases) <= 20


def test_a_curve_that_keras_lacks_is_written_out() -> None:
    plan = with_shape(keras_plan(), CurveShape.LINEAR, warmup_steps=10)
    export = exported(plan)
    assert export.exact
    assert "where(s < 10, s / 10, " in export.text
    assert any("save its weights only" in loss for loss in export.losses)
    assert not exported(with_shape(keras_plan(), CurveShape.COSINE_WITH_RESTARTS)).exact


def test_plateau_is_not_exact() -> None:
    export = exported(with_shape(keras_plan(), CurveShape.REDUCE_ON_PLATEAU))
    assert not export.exact
    assert any("no rate can be told beforehand" in loss for loss in export.losses)


@pytest.mark.parametrize("model", ["resnet50", "bert-base-uncased"])
def test_names_of_pytorch_are_a_loss(model: str) -> None:
    export = exported(planned(model=model))
    assert not export.exact
    assert "ask again with `parameters`" in export.losses[0]


def test_dotted_names_are_a_loss() -> None:
    dotted = [(name.replace("/", "."), shape) for name, shape in resnet()]
    names = [
        ("conv1.weight", (8, 3, 3, 3)),
        *((f"layer{index}.{name}", shape) for index in range(4) for name, shape in dotted[:8]),
        ("fc.weight", (3, 8)),
    ]
    export = exported(planned(shapes=names, family="cnn"))
    assert not export.exact
    assert "PyTorch's names" in export.losses[0]


def test_adapters_are_keras_own() -> None:
    plan = planned(model="bert-base-uncased", strategy="parameter-efficient")
    assert plan.freeze.adapter
    export = exported(plan)
    assert not export.exact
    assert export.arguments["enable_lora"] == {
        "layers": plan.freeze.adapter.targets,
        "rank": plan.freeze.adapter.rank,
        "lora_alpha": plan.freeze.adapter.alpha,
    }
    assert f"layer.enable_lora({plan.freeze.adapter.rank}, lora_alpha={plan.freeze.adapter.alpha})" in export.text
    assert any("enable_lora is for Dense" in loss for loss in export.losses)
