"""Keras 3: layers by the paths of their variables, one optimizer for each rate, one `compile` for each phase.

Read from Keras 3.15. `MultiOptimizer` gives each variable the optimizer whose pattern matches its whole path. A layer
with `trainable = False` runs its BatchNormalization in inference mode, whatever `training` says, so that its running
statistics stay fixed; `compile` must follow each change of `trainable`.
"""

from service.contract.schedule import TrainingPhase
from service.contract.words import BlockState, CurveShape, Precision
from service.dialects.keras.schedule import export as export_schedule
from service.dialects.plan import Plan
from service.dialects.pytorch.schedule import OPTIMIZERS
from service.dialects.takes import Said, Told
from service.dialects.words.forms import PLATEAU_LOSS
from service.dialects.words.losses import optimizer_losses, phase_losses
from service.dialects.words.phase_groups import NO_DECAY, UNIT, phase_groups, phase_schedule
from service.dialects.words.setup_words import told_setup

FOREIGN_NAMES = (
    "The patterns match PyTorch's names, not those of a Keras model: ask again with `parameters` set to "
    '[{"name": v.path, "shape": list(v.shape)} for v in model.trainable_variables].'
)

OWN_NAMES = (
    "Automatic names such as dense_3 and sequential_1 count up within a session: name models and layers, or send the "
    "paths of the very model that is trained."
)

POLICIES = {
    Precision.FP32: "float32",
    Precision.BF16_MIXED: "mixed_bfloat16",
    Precision.FP16_MIXED: "mixed_float16",
}
"""What `keras.config.set_dtype_policy` takes, before the model is built."""

SCALED = {"learning_rate", "initial_learning_rate", "warmup_target", "end_learning_rate", "values"}
"""Keywords of Keras schedules that are rates."""

PLAIN = {
    CurveShape.LINEAR,
    CurveShape.SLANTED_TRIANGULAR,
    CurveShape.COSINE,
    CurveShape.ONE_CYCLE,
    CurveShape.WARMUP_STABLE_DECAY,
    CurveShape.INVERSE_SQUARE_ROOT,
    CurveShape.CONSTANT,
}
"""Curves that single precision follows to 1e-6 of the peak from their closed form."""

NO_CALLBACK = "ReduceLROnPlateau cannot set the rates of a MultiOptimizer, so they stay at their peaks."

UNSAVED = "No Keras schedule is this curve, and a function is not saved with a model: save its weights only."

NOT_OPTIONS = {"optimizer", "weight_decay", "schedule", "callback", "factor", "patience"}
"""What an exported schedule holds beside its keywords."""

FOLLOWED = """\
    rate = lambda peak: lambda: peak * factor(keras.ops.cast(model.optimizer.iterations, "float32"))
"""

ADAPT = """\
def adapt(model):  # before start
    for layer in model._flatten_layers(include_self=False):
        if layer.name in {targets}:
            layer.enable_lora({rank}, lora_alpha={alpha})"""

START = """\
# For each of arguments["phases"]: start(model, phase, loss=...), then model.fit for its epochs, with
# callbacks=[keras.callbacks.EarlyStopping(patience=phase["patience"])].
def start(model, phase, **compile):
    rates, decays, {kind} = phase["learning_rates"], phase["weight_decays"], {kind}s[phase["index"]]
    trains = lambda weight: any(re.search(pattern, weight.path) for pattern in rates)
    model.trainable = True
    for layer in model._flatten_layers(include_self=False):
        if layer.weights and not any(map(trains, layer.weights)):
            layer.trainable = False  # a BatchNormalization then keeps its statistics, in training too
    for weight in model.trainable_variables:
        weight.trainable = trains(weight)
    assert phase["trainable"] in (None, sum(math.prod(weight.shape) for weight in model.trainable_variables))
    plain = [each for each in model.trainable_variables if len(each.shape) < 2 or re.search(NO_DECAY, each.path)]
    made = {{}}
{followed}    for pattern, peak in rates.items():
        made[f".*(?:{{pattern}}).*"] = optimizer = keras.optimizers.{optimizer}({rate}, weight_decay=decays[pattern])
        optimizer.exclude_from_weight_decay(var_list=plain)
    model.compile(keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(optimizer, made)), **compile)"""


def export(plan: Plan) -> Said:
    """The layers' `trainable`, and for each phase the rates by pattern; the text starts a phase."""
    found = [_schedule(phase, plan) for phase in plan.phases]
    schedules = [each for each in found if each]
    known = len(schedules) == len(found)
    native = plan.checkpoint is None and any("/" in (block.pattern or "") for block in plan.freeze.blocks)
    plateau = any(phase.curve.shape is CurveShape.REDUCE_ON_PLATEAU for phase in plan.phases)
    followed = known or all(phase.curve.shape in PLAIN for phase in plan.phases)
    losses = [
        OWN_NAMES if native else FOREIGN_NAMES,
        *([PLATEAU_LOSS, NO_CALLBACK] if plateau else []),
        *([] if known else [UNSAVED]),
        *([] if followed else ["Single precision may lose this curve's rates by more than 1e-6 of the peak."]),
        *phase_losses(plan),
        *_adapter_losses(plan),
        *optimizer_losses(plan),
    ]
    return Said(
        exact=native and followed and not plateau and not plan.adapter,
        arguments=_arguments(plan),
        text=_text(plan, "schedule", schedules) if known else _text(plan, "factor", [*map(_factor, plan.phases)]),
        losses=losses,
    )


def _arguments(plan: Plan) -> Told:
    told: Told = {
        "optimizer": f"keras.optimizers.{OPTIMIZERS[plan.schedule.optimizer]}",
        "layers": [
            {"pattern": block.pattern, "trainable": block.state is not BlockState.FROZEN}
            for block in plan.freeze.blocks
            if block.params != 0
        ],
        "phases": [_phase(plan, phase) for phase in plan.phases],
        "dtype_policy": POLICIES[plan.setup.precision],
        "setup": told_setup(plan),
    }
    if adapter := plan.freeze.adapter:
        told["enable_lora"] = {"layers": adapter.targets, "rank": adapter.rank, "lora_alpha": adapter.alpha}
    return told


def _phase(plan: Plan, phase: TrainingPhase) -> Told:
    """One phase; its schedule, where Keras has one, is that of the highest rate."""
    groups = phase_groups(plan, phase)
    schedule = dict(phase_schedule(plan, phase, export_schedule).arguments)
    for name in ("optimizer", "weight_decay", "callback"):
        schedule.pop(name, None)
    return {
        "index": phase.index,
        "name": phase.name,
        "epochs": phase.epochs,
        "steps": phase.steps,
        "patience": phase.patience,
        "schedule": schedule or None,
        "trainable": None if plan.adapter else plan.freeze.phases[phase.index].trainable,
        "learning_rates": {group.pattern: group.peak_rate for group in groups},
        "weight_decays": {group.pattern: group.weight_decay for group in groups},
    }


def _schedule(phase: TrainingPhase, plan: Plan) -> str | None:
    """The schedule of a peak rate, as an expression of `peak`; None where Keras has none of this curve."""
    told = export_schedule(phase.curve, [UNIT], plan.schedule.optimizer).arguments
    if not told:
        return None
    options = {name: value for name, value in told.items() if name not in NOT_OPTIONS}
    if not told.get("schedule"):
        return _scaled("learning_rate", options["learning_rate"])
    return f"{told['schedule']}({', '.join(f'{name}={_scaled(name, value)}' for name, value in options.items())})"


def _scaled(name: str, value: object) -> str:
    if name not in SCALED or value == 0:
        return repr(value)
    if isinstance(value, list):
        return f"[each * peak for each in {value!r}]"
    return "peak" if value == 1 else f"{value!r} * peak"


def _factor(phase: TrainingPhase) -> str:
    """The factor as an expression of a step, from the curve's closed form."""
    written = repr(phase.segments[-1].factor_end)
    for part in reversed(phase.segments):
        formula = part.formula.replace("max(", "maximum(").replace("pi", "math.pi")
        written = f"where(s < {part.end}, {formula}, {written})"
    return written


def _text(plan: Plan, kind: str, curves: list[str]) -> str:
    """How a phase is started; `kind` says whether a curve is the schedule of a peak rate or the factor at a step."""
    schedules = kind == "schedule"
    head = ["import math", "import re", "", "import keras"]
    if not schedules:
        used = [name for name in ("cos", "maximum", "sqrt", "where") if any(f"{name}(" in curve for curve in curves)]
        head.append(f"from keras.ops import {', '.join(used)}")
    variable = "peak" if schedules else "s"
    lists = [f"{kind}s = [", *(f"    lambda {variable}: {curve}," for curve in curves), "]  # one for each phase"]
    start = START.format(
        kind=kind,
        optimizer=OPTIMIZERS[plan.schedule.optimizer],
        rate="schedule(peak)" if schedules else "rate(peak)",
        followed="" if schedules else FOLLOWED,
    )
    adapter = plan.freeze.adapter
    told = {"targets": adapter.targets, "rank": adapter.rank, "alpha": adapter.alpha} if adapter else None
    adapt = [ADAPT.format(**told), "", ""] if told else []
    plain = 'NO_DECAY = r"' + NO_DECAY.replace(r"\.", "/") + '"'
    return "\n".join([*head, "", *lists, plain, "", "", *adapt, start])


def _adapter_losses(plan: Plan) -> list[str]:
    if not (adapter := plan.freeze.adapter):
        return []
    return [
        "enable_lora is for Dense, EinsumDense and Embedding; an EinsumDense's adapter has another size.",
        *([] if adapter.targets else ["The layers that suit an adapter are not known: name them in `adapt`."]),
        *(["LoRA in Keras has no dropout."] if adapter.dropout else []),
    ]
