# pyright: basic, reportMissingImports=false
"""The optax export on a tree of JAX arrays, in the plain loop that it is for; several devices share each batch."""

import os
import re
from collections.abc import Callable
from functools import cache
from typing import Any

os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={os.environ.get('DEVICES', '1')}"

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from service.contract.freeze import PlanExport
from service.contract.schedule import TrainingPhase
from service.contract.words import Precision
from service.core.schedule.curve.curves import curve
from service.dialects.plan import Plan
from tests.dialects.cells import TREE

DTYPES = {Precision.FP32: jnp.float32, Precision.BF16_MIXED: jnp.bfloat16, Precision.FP16_MIXED: jnp.float16}
SINGLE = 1e-6
"""Of the peak: JAX computes in single precision."""

Tree = dict[str, Any]


def run(plan: Plan, export: PlanExport) -> None:
    """All phases to their end: what moves, and the rate of every step."""
    assert len(jax.devices()) == plan.setup.devices
    scope: dict[str, Any] = {}
    exec(export.text, scope)  # noqa: S102
    params, gradients, inputs = tree(), gradients_in(DTYPES[plan.setup.precision]), shared_batch()
    for phase, words in zip(plan.phases, export.arguments["phases"], strict=True):
        optimizer = scope["optimizer"](params, words)
        before, unit = dict(leaves(params)), jax.tree.map(jnp.ones_like, params)
        state, beside = optimizer.init(params), optimizer.init(unit)
        for step in range(phase.steps):
            updates, state = optimizer.update(gradients(params, inputs), state, params)
            params = optax.apply_updates(params, updates)
            known, beside = optimizer.update(unit, beside, unit)
            is_the_rate(plan, phase, step, known)
        moved = {name for name, leaf in leaves(params) if not np.array_equal(leaf, before[name])}
        wanted = {name for name in before if peak_of(plan, phase, name)}
        assert moved == wanted, moved ^ wanted
        assert sum(before[name].size for name in moved) == plan.freeze.phases[phase.index].trainable


def shared_batch() -> jax.Array:
    """Inputs of which every device holds its part."""
    parts = NamedSharding(Mesh(np.array(jax.devices()), "batch"), PartitionSpec("batch"))
    return jax.device_put(np.random.default_rng(0).normal(size=(12, 6)).astype("float32"), parts)


@cache
def gradients_in(dtype: Any) -> Callable[[Tree, jax.Array], Tree]:
    """Gradients of passes in this precision; weights, and what they are told of them, stay in 32 bits."""

    def loss(params: Tree, x: jax.Array) -> jax.Array:
        logits = forward(jax.tree.map(lambda leaf: leaf.astype(dtype), params), x.astype(dtype))
        assert logits.dtype == dtype
        return optax.softmax_cross_entropy_with_integer_labels(logits.astype(jnp.float32), jnp.arange(12) % 3).mean()

    return jax.jit(jax.grad(loss))


def is_the_rate(plan: Plan, phase: TrainingPhase, step: int, updates: Tree) -> None:
    """A step of AdamW on gradients of 1, from its first on, is the rate; weights of 1 decay on top."""
    decays = {group.pattern: group.weight_decay for group in plan.schedule.groups}
    factor = curve(phase.curve)(step)
    for name, got in leaves(updates):
        peak = peak_of(plan, phase, name)
        decay = next((rate for pattern, rate in decays.items() if re.match(str(pattern), name)), 0.0)
        wanted = -peak * factor * (1 + (decay if got.ndim > 1 else 0.0))
        assert np.allclose(got, wanted, rtol=1e-5, atol=2 * SINGLE * peak), (name, step)


def peak_of(plan: Plan, phase: TrainingPhase, name: str) -> float:
    """The plan's peak rate of a leaf in a phase; 0 where it is frozen."""
    return next(plan.rate(phase, block) for block in plan.freeze.blocks if re.match(str(block.pattern), name))


def tree() -> Tree:
    """What `tests.dialects.cells` lists, as arrays: kernels are random, scales 1."""
    found: Tree = {}
    for index, one in enumerate(TREE["parameters"]):
        *places, last = one["name"].split("/")
        held = found
        for place in places:
            held = held.setdefault(place, {})
        leaf = jax.random.normal(jax.random.key(index), tuple(one["shape"])) / 3
        held[last] = jnp.ones_like(leaf) if last == "gamma" else leaf
    return found


def forward(params: Tree, x: jax.Array) -> jax.Array:
    """The network of `tests.real.recorded.watch`, with a norm without statistics."""

    def dense(at: Tree, x: jax.Array) -> jax.Array:
        return x @ at["kernel"] + at["bias"]

    x = dense(params["embeddings"], x)
    for index in range(len(params["layers"])):
        layer = params["layers"][str(index)]
        x = x + dense(layer["value"], x) * jax.nn.sigmoid(dense(layer["query"], x))
        x = x * layer["norm"]["gamma"] + layer["norm"]["beta"]
    return dense(params["head"], x)


def leaves(tree: Tree) -> list[tuple[str, jax.Array]]:
    """Every leaf by the name of its path."""
    found = jax.tree_util.tree_leaves_with_path(tree)
    return [(jax.tree_util.keystr(path, simple=True, separator="/"), leaf) for path, leaf in found]
