# pyright: basic, reportMissingImports=false
"""The optax export of a plan, run by optax on trees of JAX arrays."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from msgspec import structs

from service.contract.words import CurveShape, Optimizer, Trainer
from service.core.schedule.curve.curves import curve as factor_of
from service.core.schedule.curve.curves import segments
from service.dialects.plan import Plan
from tests.dialects.hub_plans import planned, told
from tests.dialects.jobs import shaped

SINGLE = 1e-6
"""Of the peak: JAX computes in single precision."""

BLOCKS = 5

Tree = dict[str, Any]


def dense(seed: int, inputs: int = 8, outputs: int = 8) -> Tree:
    return {"kernel": jax.random.normal(jax.random.key(seed), (inputs, outputs)) / 3, "bias": jnp.full(outputs, 0.1)}


def named() -> Tree:
    """As Flax names a model."""
    blocks = {f"block_{n}": {"attention": dense(2 * n + 1), "mlp": dense(2 * n + 2)} for n in range(BLOCKS)}
    return {"embed": dense(0), "encoder": blocks, "head": dense(99, outputs=3)}


def listed() -> Tree:
    """Blocks in a list, whose paths are numbers."""
    tree = named()
    return {**tree, "encoder": {"layers": [tree["encoder"][f"block_{n}"] for n in range(BLOCKS)]}}


def flat() -> Tree:
    """Whole names as keys, as in a file of weights."""
    return dict(leaves(named(), "."))


def leaves(tree: Tree, separator: str) -> list[tuple[str, jax.Array]]:
    found = jax.tree_util.tree_leaves_with_path(tree)
    return [(jax.tree_util.keystr(path, simple=True, separator=separator), leaf) for path, leaf in found]


def plan_of(tree: Tree, separator: str, **body: Any) -> Plan:
    shapes = [(name, leaf.shape) for name, leaf in leaves(tree, separator)]
    return planned(shapes=shapes, family="text-encoder", similarity=7, **body)


def with_optimizer(plan: Plan, optimizer: Optimizer) -> Plan:
    """The same plan, with another optimizer."""
    return structs.replace(plan, schedule=structs.replace(plan.schedule, optimizer=optimizer))


def with_shape(plan: Plan, shape: CurveShape) -> Plan:
    """The same plan, with another curve in every phase."""
    curve = shaped(shape, warmup_steps=10)
    phases = [structs.replace(phase, curve=curve, segments=segments(curve), steps=100) for phase in plan.phases]
    return structs.replace(plan, phases=phases)


def maker(plan: Plan) -> Any:
    scope: dict[str, Any] = {}
    exec(told(Trainer.OPTAX, plan).text, scope)  # noqa: S102
    return scope["optimizer"]


def loss(tree: Tree) -> jax.Array:
    """One that every leaf has a share in."""
    return sum(jnp.sum(jnp.square(leaf - 0.7)) for leaf in jax.tree.leaves(tree))


CASES = [
    (named, "/", "feature-extraction"),
    (named, "/", "partial-fine-tuning"),
    (named, "/", "full-fine-tuning"),
    (named, ".", "partial-fine-tuning"),
    (listed, "/", "partial-fine-tuning"),
    (listed, ".", "partial-fine-tuning"),
    (flat, ".", "partial-fine-tuning"),
]


@pytest.mark.parametrize(("build", "separator", "strategy"), CASES)
def test_what_trains(build: Any, separator: str, strategy: str) -> None:
    """Every phase: three steps move exactly the leaves that the plan trains, and as many as it counted."""
    params = build()
    plan = plan_of(params, separator, strategy=strategy)
    export = told(Trainer.OPTAX, plan)
    assert export.exact
    for phase, words in zip(plan.phases, export.arguments["phases"], strict=True):
        optimizer = maker(plan)(params, words)
        state, before = optimizer.init(params), dict(leaves(params, separator))
        step = jax.jit(
            lambda params, state, optimizer=optimizer: optimizer.update(jax.grad(loss)(params), state, params)
        )
        for _ in range(3):
            updates, state = step(params, state)
            params = optax.apply_updates(params, updates)
        patterns = [plan.freeze.blocks[index].pattern for index in phase.train_blocks]
        after = dict(leaves(params, separator))
        moved = {name for name in before if not np.array_equal(before[name], after[name])}
        assert moved == {name for name in before if any(re.match(pattern or "", name) for pattern in patterns)}
        assert sum(before[name].size for name in moved) == plan.freeze.phases[phase.index].trainable


@pytest.mark.parametrize("shape", [shape for shape in CurveShape if shape is not CurveShape.REDUCE_ON_PLATEAU])
def test_groups_move_at_their_rates(shape: CurveShape) -> None:
    """A step of plain SGD on gradients of 1 is the rate; weights, but no biases, decay on top."""
    params = jax.tree.map(jnp.ones_like, named())
    plan = with_optimizer(with_shape(plan_of(params, "/", strategy="partial-fine-tuning"), shape), Optimizer.SGD)
    for phase, words in zip(plan.phases, told(Trainer.OPTAX, plan).arguments["phases"], strict=True):
        optimizer, factor = maker(plan)(params, words), factor_of(phase.curve)
        step = jax.jit(lambda state, optimizer=optimizer: optimizer.update(params, state, params))
        state = optimizer.init(params)
        for index in range(phase.steps):
            updates, state = step(state)
            if index % 9:
                continue
            for name, update in leaves(updates, "/"):
                told_of = [value for pattern, value in words["transforms"].items() if re.match(pattern, name)]
                peak, decay = (told_of[0]["peak"], told_of[0]["decay"]) if told_of else (0.0, 0.0)
                wanted = -peak * factor(index) * (1 + (0 if name.endswith("bias") else decay))
                assert np.allclose(update, wanted, rtol=0, atol=SINGLE * peak * (1 + decay))


@pytest.mark.parametrize("optimizer", list(Optimizer))
def test_frozen_leaves_have_no_state(optimizer: Optimizer) -> None:
    params = named()
    plan = with_optimizer(plan_of(params, "/", strategy="feature-extraction"), optimizer)
    made = maker(plan)(params, told(Trainer.OPTAX, plan).arguments["phases"][0])
    held = sum(leaf.size for leaf in jax.tree.leaves(made.init(params)))
    assert held < 3 * (plan.freeze.phases[0].trainable or 0)


def test_another_tree_is_refused() -> None:
    """The text counts what trains: patterns that match nothing do not pass unseen."""
    plan = plan_of(named(), "/", strategy="partial-fine-tuning")
    with pytest.raises(AssertionError):
        maker(plan)(listed(), told(Trainer.OPTAX, plan).arguments["phases"][-1])
