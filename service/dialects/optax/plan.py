"""optax: parameters labelled by the pattern of their path, one transform for each label, `set_to_zero` for frozen.

Read from optax 0.2.8. `optax.partition` gives every label a state and a count of its own. The path of a parameter is
its keys in the tree, joined by what joins the names that the plan was made of: "/" as in Flax and Keras, else ".".
"""

from service.contract.schedule import TrainingPhase
from service.contract.words import STEPS_AS, Optimizer
from service.dialects.optax.schedule import export as export_schedule
from service.dialects.plan import Plan
from service.dialects.takes import Said, Told
from service.dialects.words.losses import optimizer_losses, phase_losses, statistics_losses, stop_losses
from service.dialects.words.phase_groups import NO_DECAY, UNIT, frozen_in, phase_groups
from service.dialects.words.setup_words import told_setup

MADE = {
    Optimizer.ADAMW: "optax.adamw(rate, weight_decay=decay, mask=mask)",
    Optimizer.ADAM: "optax.chain(optax.add_decayed_weights(decay, mask), optax.adam(rate))",
    Optimizer.SGD: "optax.chain(optax.add_decayed_weights(decay, mask), optax.sgd(rate))",
    Optimizer.ADAFACTOR: "optax.adafactor(rate, weight_decay_rate=lambda s: decay * rate(s), weight_decay_mask=mask)",
}
"""Optimizers with weight decay as in PyTorch."""

FOREIGN_NAMES = (
    "The patterns match PyTorch's names, and a tree of JAX arrays may have others: ask again with `parameters` set to "
    'its own: [{"name": jax.tree_util.keystr(path, simple=True, separator="/"), "shape": list(leaf.shape)} '
    "for path, leaf in jax.tree_util.tree_leaves_with_path(params)]."
)

GRADIENTS = "Gradients of frozen leaves are computed and dropped: differentiate by trained leaves alone to save that."

STATISTICS = "They are no parameters: call frozen blocks with use_running_average=True."

ADAPTERS = "optax adds no adapter: the tree must hold one, with `lora_` in the paths of its leaves."

TEXT = """\
import re

import jax{numpy}
import optax

factors = [
{factors}
]  # one for each phase
NO_DECAY = r"{no_decay}"


# For each of arguments["phases"]; each starts with optimizer(params, phase).init(params).
def optimizer(params, phase):
    name = lambda path: jax.tree_util.keystr(path, simple=True, separator="{separator}")
    label = lambda path, _: next((each for each in phase["transforms"] if re.search(each, name(path))), "frozen")
    decays = lambda path, leaf: leaf.ndim > 1 and not re.search(NO_DECAY, name(path))
    mask = lambda tree: jax.tree_util.tree_map_with_path(decays, tree)

    def transform(peak, decay, factor=factors[phase["index"]]):
        rate = lambda step: peak * factor(step)
        return {made}

    made = {{pattern: transform(**words) for pattern, words in phase["transforms"].items()}}
    labels = jax.tree_util.tree_map_with_path(label, params)
    sizes = jax.tree.map(lambda leaf, group: 0 if group == "frozen" else leaf.size, params, labels)
    assert phase["trainable"] in (None, sum(jax.tree.leaves(sizes)))
    return optax.partition({{"frozen": optax.set_to_zero(), **made}}, labels)"""


def export(plan: Plan) -> Said:
    """For each phase the peak rate and weight decay of each pattern; the text makes the optimizer of a phase."""
    schedules = [export_schedule(phase.curve, [UNIT], plan.schedule.optimizer) for phase in plan.phases]
    lost = [loss for schedule in schedules for loss in schedule.losses if not schedule.exact]
    factors = "\n".join(f"    {_factor(schedule)}," for schedule in schedules)
    losses = [
        *([FOREIGN_NAMES] if plan.checkpoint else []),
        *lost,
        *statistics_losses(plan, STATISTICS),
        *([GRADIENTS] if any(frozen_in(plan, phase) for phase in plan.phases) else []),
        *([ADAPTERS] if plan.adapter else []),
        *phase_losses(plan),
        *stop_losses(plan),
        *optimizer_losses(plan),
    ]
    return Said(
        exact=not (plan.checkpoint or plan.adapter or lost),
        arguments={
            "phases": [_phase(plan, *each) for each in zip(plan.phases, schedules, strict=True)],
            "setup": told_setup(plan),
        },
        text=TEXT.format(
            numpy="\nimport jax.numpy as jnp" if "jnp." in factors else "",
            factors=factors,
            separator="/" if any("/" in (block.pattern or "") for block in plan.freeze.blocks) else ".",
            no_decay=NO_DECAY.replace(r"\.", "[./]"),
            made=MADE[STEPS_AS[plan.schedule.optimizer]],
        ),
        losses=list(dict.fromkeys(losses)),
    )


def _phase(plan: Plan, phase: TrainingPhase, schedule: Said) -> Told:
    """One phase; its schedule is the factor of every peak rate."""
    of_groups = ("optimizer", "peak_rates", "weight_decays")
    return {
        "index": phase.index,
        "name": phase.name,
        "epochs": phase.epochs,
        "steps": phase.steps,
        "patience": phase.patience,
        "trainable": plan.freeze.phases[phase.index].trainable,
        "schedule": {name: value for name, value in schedule.arguments.items() if name not in of_groups} or None,
        "transforms": {
            group.pattern: {"peak": group.peak_rate, "decay": group.weight_decay} for group in phase_groups(plan, phase)
        },
    }


def _factor(schedule: Said) -> str:
    """The factor as an expression; 1 where no schedule is the curve."""
    told = [line.removeprefix("factor = ") for line in schedule.text.splitlines() if line.startswith("factor = ")]
    return told[0] if told else "optax.constant_schedule(1.0)"
