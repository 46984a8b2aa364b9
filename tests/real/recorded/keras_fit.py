# pyright: basic, reportMissingImports=false
"""The Keras export, its text as it stands, and `model.fit` on the PyTorch backend."""

import os
import re
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ["KERAS_BACKEND"] = "torch"

import keras
import torch
from keras import layers

from service.contract.freeze import PlanExport
from service.contract.schedule import TrainingPhase
from service.core.schedule.curve.curves import curve
from service.dialects.plan import Plan
from tests.dialects.cells import BLOCKS
from tests.real.recorded.cell import NotHere

torch.set_num_threads(1)

SINGLE = 1e-6
"""Of the peak: Keras computes rates in single precision."""


class Block(layers.Layer):
    """The block of `tests.real.recorded.watch`."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.query, self.value = layers.Dense(8, name="query"), layers.Dense(8, name="value")
        self.norm = layers.BatchNormalization(name="norm")

    def build(self, shape: Any) -> None:
        for each in (self.query, self.value, self.norm):
            each.build(shape)

    def call(self, x: Any, training: bool | None = None) -> Any:
        return x + self.norm(self.value(x) * keras.ops.sigmoid(self.query(x)), training=training)


class Blocks(layers.Layer):
    """All of them, one after the other."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.blocks = [Block(name=str(index)) for index in range(BLOCKS)]

    def build(self, shape: Any) -> None:
        for each in self.blocks:
            each.build(shape)

    def call(self, x: Any, training: bool | None = None) -> Any:
        for each in self.blocks:
            x = each(x, training=training)
        return x


def run(plan: Plan, export: PlanExport) -> None:
    """All phases to their end. Raises NotHere for several devices: Keras shares batches on TensorFlow and JAX only."""
    if plan.setup.devices != 1:
        raise NotHere
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(export.arguments["dtype_policy"])
    try:
        inputs = keras.Input((6,))
        x = Blocks(name="layers")(layers.Dense(8, name="embeddings")(inputs))
        model, scope = keras.Model(inputs, layers.Dense(3, name="head")(x)), dict[str, Any]()
        exec(export.text, scope)  # noqa: S102
        for phase, words in zip(plan.phases, export.arguments["phases"], strict=True):
            scope["start"](model, words, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
            fit(plan, phase, model, words["learning_rates"])
    finally:
        keras.config.set_dtype_policy("float32")


def fit(plan: Plan, phase: TrainingPhase, model: keras.Model, rates: dict[str, float]) -> None:
    """One phase: what trains, at which rates, and what it moves."""
    wanted = {each.path for each in model.variables if peak_of(plan, phase, each.path)}
    trains = {each.path: each for each in model.trainable_variables}
    assert set(trains) == {path for path in wanted if "/moving_" not in path}
    assert sum(int(np.prod(each.shape)) for each in trains.values()) == plan.freeze.phases[phase.index].trainable
    for path in trains:
        assert [rate for pattern, rate in rates.items() if re.search(pattern, path)] == [peak_of(plan, phase, path)]
    x = np.random.default_rng(0).normal(size=(12 * phase.steps, 6)).astype("float32")
    before, look = values(model), Look(curve(phase.curve), list(rates.values()))
    model.fit(x, np.arange(len(x)) % 3, batch_size=12, verbose=0, callbacks=[look])
    assert look.steps == phase.steps
    moved = {path for path, value in values(model).items() if not np.array_equal(value, before[path])}
    assert moved == wanted, moved ^ wanted


class Look(keras.callbacks.Callback):
    """Before every step each group's optimizer has its peak rate times the curve's factor.

    Where gradients overflow in fp16, Keras leaves out the update, and its count stays.
    """

    def __init__(self, factor: Callable[[int], float], peaks: list[float]) -> None:
        super().__init__()
        self.factor, self.peaks, self.steps = factor, peaks, 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        whole = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        for peak, optimizer in zip(self.peaks, whole.optimizers, strict=True):
            updates = int(optimizer.iterations)
            assert abs(float(optimizer.learning_rate) - peak * self.factor(updates)) <= SINGLE * peak
            assert updates == self.steps or whole is not self.model.optimizer
        self.steps += 1


def peak_of(plan: Plan, phase: TrainingPhase, path: str) -> float:
    """The plan's peak rate of a variable, and of the statistics beside it; 0 where it is frozen."""
    return next(plan.rate(phase, block) for block in plan.freeze.blocks if re.match(str(block.pattern), path))


def values(model: keras.Model) -> dict[str, np.ndarray]:
    """Every variable as it is."""
    return {each.path: np.array(keras.ops.convert_to_numpy(each)) for each in model.variables}
