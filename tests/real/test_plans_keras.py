# pyright: basic, reportMissingImports=false
"""The Keras export of a plan, run by Keras on models with random weights."""

import os
import re
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from service.contract.words import CurveShape, Optimizer, Trainer
from service.core.schedule.curve.curves import curve as factor_of
from service.core.schedule.curve.curves import segments
from service.dialects.plan import Plan
from tests.dialects.hub_plans import Shapes, planned, told
from tests.dialects.jobs import shaped

os.environ["KERAS_BACKEND"] = "torch"

import keras
from keras import layers

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""Keras reads PyTorch's tensors in a way that NumPy is to forbid."""

SINGLE = 1e-6
"""Of the peak: Keras computes rates in single precision."""


@pytest.fixture(autouse=True)
def seeded() -> None:
    keras.utils.set_random_seed(0)


def cnn() -> keras.Model:
    """Blocks of two convolutions with batch norm, of which the second trains no scale."""
    inputs = keras.Input((16, 16, 3))
    x = layers.BatchNormalization(name="stem_bn")(layers.Conv2D(4, 3, padding="same", name="stem_conv")(inputs))
    for block in range(1, 5):
        for part in (1, 2):
            x = layers.Conv2D(4, 3, padding="same", name=f"block{block}_{part}_conv")(x)
            x = layers.BatchNormalization(name=f"block{block}_{part}_bn", scale=part == 1)(x)
            x = layers.Activation("relu", name=f"block{block}_{part}_relu")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, layers.Dense(3, name="predictions")(x))


def nested() -> keras.Model:
    """A backbone within a model, whose paths have more parts."""
    blocks = [
        keras.Sequential(
            [layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.Conv2D(4, 1)],
            name=f"block_{index}",
        )
        for index in range(4)
    ]
    backbone = keras.Sequential([layers.Conv2D(4, 3, padding="same", name="stem"), *blocks], name="backbone")
    head = layers.Dense(3, name="head")
    return keras.Sequential(
        [keras.Input((16, 16, 3)), backbone, layers.GlobalAveragePooling2D(name="pool"), head], name="model"
    )


class Block(layers.Layer):
    """A block with the two layers that an adapter is put on."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.query, self.value = layers.Dense(16, name="query"), layers.Dense(16, name="value")

    def build(self, shape: Any) -> None:
        self.query.build(shape)
        self.value.build(shape)

    def call(self, x: Any) -> Any:
        return x + self.value(keras.ops.relu(self.query(x)))


def encoder() -> keras.Model:
    inputs = keras.Input((16,))
    x = layers.Dense(16, name="embed")(inputs)
    for index in range(4):
        x = Block(name=f"block_{index}")(x)
    return keras.Model(inputs, layers.Dense(3, name="head")(x))


def mobilenet() -> keras.Model:
    return keras.applications.MobileNetV3Small(
        (64, 64, 3), weights=None, classes=3, classifier_activation=None, include_preprocessing=False
    )


def resnet() -> keras.Model:
    return keras.applications.ResNet50(input_shape=(32, 32, 3), weights=None, classes=3, classifier_activation=None)


def shapes(model: keras.Model) -> Shapes:
    """What the export asks the caller for."""
    return [(variable.path, tuple(variable.shape)) for variable in model.trainable_variables]


def plan_of(model: keras.Model, **body: Any) -> Plan:
    """At a rate at which two steps move a scale of 1 by more than single precision loses."""
    return planned(shapes=shapes(model), family="cnn", similarity=7, peak_rate=0.1, **body)


def with_optimizer(plan: Plan, optimizer: Optimizer) -> Plan:
    """The same plan, with another optimizer."""
    return structs.replace(plan, schedule=structs.replace(plan.schedule, optimizer=optimizer))


def with_shape(plan: Plan, shape: CurveShape) -> Plan:
    """The same plan, with another curve in every phase."""
    curve = shaped(shape, warmup_steps=10)
    phases = [structs.replace(phase, curve=curve, segments=segments(curve), steps=100) for phase in plan.phases]
    return structs.replace(plan, phases=phases)


def values(model: keras.Model) -> dict[str, np.ndarray]:
    return {weight.path: np.array(keras.ops.convert_to_numpy(weight)) for weight in model.weights}


def starter(plan: Plan) -> Any:
    scope: dict[str, Any] = {}
    exec(told(Trainer.KERAS, plan).text, scope)  # noqa: S102
    return scope["start"]


def run(plan: Plan, model: keras.Model, steps: int = 2) -> None:
    """Every phase: what trains, how much that is, what so many steps move."""
    start, size = starter(plan), model.input_shape[1:]
    pictures = np.random.default_rng(0).normal(size=(8, *size)).astype("float32")
    labels = np.arange(8) % 3
    for phase, words in zip(plan.phases, told(Trainer.KERAS, plan).arguments["phases"], strict=True):
        start(model, words, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        patterns = [plan.freeze.blocks[index].pattern for index in phase.train_blocks]
        trained = {
            weight.path for weight in model.weights if any(re.match(each or "", weight.path) for each in patterns)
        }
        parameters = {weight.path for weight in model.trainable_variables}
        assert parameters == {path for path in trained if "/moving_" not in path}
        count = sum(int(np.prod(weight.shape)) for weight in model.trainable_variables)
        assert count == plan.freeze.phases[phase.index].trainable
        if steps == 0:
            continue
        before = values(model)
        for _ in range(steps):
            model.train_on_batch(pictures, labels)
        assert {path for path, value in values(model).items() if not np.array_equal(value, before[path])} == trained


@pytest.mark.parametrize("strategy", ["feature-extraction", "partial-fine-tuning", "full-fine-tuning"])
@pytest.mark.parametrize("build", [cnn, nested])
def test_small_models(build: Any, strategy: str) -> None:
    model = build()
    plan = plan_of(model, strategy=strategy)
    assert told(Trainer.KERAS, plan).exact
    run(plan, model)


@pytest.mark.parametrize(("build", "steps"), [(mobilenet, 2), (resnet, 0)])
def test_keras_applications(build: Any, steps: int) -> None:
    model = build()
    plan = plan_of(model, strategy="partial-fine-tuning")
    assert plan.freeze.counts.frozen
    assert plan.freeze.counts.trainable
    run(plan, model, steps)


@pytest.mark.parametrize("optimizer", list(Optimizer))
def test_optimizers(optimizer: Optimizer) -> None:
    model = cnn()
    run(with_optimizer(plan_of(model, strategy="partial-fine-tuning"), optimizer), model)


@pytest.mark.parametrize("shape", [shape for shape in CurveShape if shape is not CurveShape.REDUCE_ON_PLATEAU])
def test_rates_of_every_curve(shape: CurveShape) -> None:
    """Each group's own optimizer has the plan's rate at every step; where the export is exact, to single precision."""
    model = cnn()
    plan = with_shape(plan_of(model, strategy="partial-fine-tuning"), shape)
    export = told(Trainer.KERAS, plan)
    tolerance = SINGLE if export.exact else 10 * SINGLE
    for phase, words in zip(plan.phases, export.arguments["phases"], strict=True):
        starter(plan)(model, words)
        factor = factor_of(phase.curve)
        assert len(words["learning_rates"]) == len(model.optimizer.optimizers)
        for peak, optimizer in zip(words["learning_rates"].values(), model.optimizer.optimizers, strict=True):
            for step in range(0, phase.steps, 7):
                model.optimizer.iterations.assign(step)
                optimizer.iterations.assign(step)
                assert abs(float(optimizer.learning_rate) - peak * factor(step)) <= tolerance * peak


def test_groups_move_at_their_rates() -> None:
    """A step of plain SGD on gradients of 1 is the rate; weights, but no norms and biases, decay on top."""
    model = cnn()
    plan = with_optimizer(
        with_shape(plan_of(model, strategy="partial-fine-tuning"), CurveShape.CONSTANT), Optimizer.SGD
    )
    words = told(Trainer.KERAS, plan).arguments["phases"][-1]
    starter(plan)(model, words)
    variables = model.trainable_variables
    model.optimizer.build(variables)
    for _ in range(11):
        before = values(model)
        model.optimizer.apply([keras.ops.ones_like(variable) for variable in variables], variables)
    after = values(model)
    for variable in variables:
        (pattern,) = [each for each in words["learning_rates"] if re.match(each, variable.path)]
        rate, decay = words["learning_rates"][pattern], words["weight_decays"][pattern]
        decay = decay if variable.path.endswith("/kernel") else 0.0
        wanted = before[variable.path] * (1 - rate * decay) - rate
        assert np.allclose(after[variable.path], wanted, rtol=0, atol=3e-7)


def test_adapter() -> None:
    """LoRA of the plan's rank on its layers; it and the new head train, and nothing else."""
    model = encoder()
    plan = planned(shapes=shapes(model), family="text-encoder", strategy="parameter-efficient")
    assert plan.freeze.adapter
    adapter = structs.replace(plan.freeze.adapter, targets=["query", "value"])
    plan = structs.replace(plan, freeze=structs.replace(plan.freeze, adapter=adapter))
    export = told(Trainer.KERAS, plan)
    scope: dict[str, Any] = {}
    exec(export.text, scope)  # noqa: S102
    scope["adapt"](model)
    scope["start"](model, export.arguments["phases"][0], loss="mse")
    trains = {weight.path for weight in model.trainable_variables}
    assert trains == {path for path in values(model) if "lora_" in path or path.startswith("head/")}
    count = sum(int(np.prod(weight.shape)) for weight in model.trainable_variables)
    assert count == 4 * 2 * adapter.rank * (16 + 16) + 16 * 3 + 3
    before = values(model)
    for _ in range(3):
        model.train_on_batch(np.ones((4, 16)), np.ones((4, 3)))
    assert {path for path, value in values(model).items() if not np.array_equal(value, before[path])} == trains


def test_model_can_be_saved_where_keras_has_the_schedule(tmp_path: Any) -> None:
    model = cnn()
    plan = with_shape(plan_of(model), CurveShape.COSINE)
    starter(plan)(model, told(Trainer.KERAS, plan).arguments["phases"][-1], loss="mse")
    model.train_on_batch(np.ones((2, 16, 16, 3)), np.ones((2, 3)))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.optimizer, keras.optimizers.MultiOptimizer)
    assert [layer.trainable for layer in loaded.layers] == [layer.trainable for layer in model.layers]


def test_another_model_is_refused() -> None:
    """The text counts what trains: patterns that match nothing do not pass unseen."""
    plan = plan_of(cnn(), strategy="partial-fine-tuning")
    with pytest.raises(AssertionError):
        starter(plan)(nested(), told(Trainer.KERAS, plan).arguments["phases"][-1])


def test_batch_norm_of_a_frozen_layer_is_in_inference_mode() -> None:
    """Keras's own rule, which the export rests on: it holds with training=True, and not for frozen variables alone."""
    layer = layers.BatchNormalization()
    pictures = np.random.default_rng(0).normal(3, 2, (8, 4)).astype("float32")
    layer.build(pictures.shape)
    layer.trainable = False
    assert np.allclose(keras.ops.convert_to_numpy(layer(pictures, training=True)), pictures, rtol=2e-3)
    assert not keras.ops.convert_to_numpy(layer.moving_mean).any()
    layer.trainable = True
    for variable in layer.trainable_variables:
        variable.trainable = False
    layer(pictures, training=True)
    assert keras.ops.convert_to_numpy(layer.moving_mean).any()
