"""The last phase as flags of timm's train.py, which counts whole epochs and cannot freeze."""

import math

from service.contract.words import STEPS_AS, BlockKind, Precision
from service.dialects.plan import Plan
from service.dialects.takes import Told
from service.dialects.words.losses import phase_losses

SCHEDULERS = {"CosineLRScheduler": "cosine", "PolyLRScheduler": "poly", "StepLRScheduler": "step"}
AMP = {Precision.BF16_MIXED: "bfloat16", Precision.FP16_MIXED: "float16"}


def train_flags(plan: Plan, phase: Told) -> tuple[Told, list[str]]:
    """The flags by name (True for a switch), and what they cannot say. `phase` is the timm export's last phase."""
    losses = [f"train.py: {loss}" for loss in phase_losses(plan)]
    if plan.adapter or phase["freeze"] or phase["freeze_parameters"]:
        losses.append("train.py has no flag to freeze: call apply_plan in a script of your own.")
    name = SCHEDULERS.get(str(phase["scheduler"]).rpartition(".")[2])
    updates = plan.schedule.steps_per_epoch
    if name is None or updates is None:
        return {}, [*losses, "train.py has no flags for this curve, or the updates of an epoch are not known."]
    options = phase["scheduler_kwargs"]
    warmup, length = options.get("warmup_t", 0), options.get("t_initial", plan.schedule.total_steps)
    if warmup % updates or length % updates:
        losses.append(f"train.py counts whole epochs, of {updates} updates: {warmup} updates of warm-up are rounded.")
    scales = layer_scales(plan)
    if any(not math.isclose(scale, scales.get(each, 0), rel_tol=1e-9) for each, scale in phase["lr_scale"].items()):
        losses.append(f"train.py: the groups' rates are not --layer-decay {plan.schedule.layer_decay!r} from the head.")
    flags: Told = {
        "--batch-size": plan.setup.per_device_batch,
        "--grad-accum-steps": plan.setup.accumulation,
        "--opt": STEPS_AS[plan.schedule.optimizer].value,
        "--lr": phase["lr"],
        "--weight-decay": max(phase["weight_decay"].values()),
        "--layer-decay": plan.schedule.layer_decay,
        "--layer-decay-min-scale": 0.0,
        "--sched": name,
        "--sched-on-updates": True,
        "--epochs": max(1, round(length / updates)),
        "--warmup-epochs": round(warmup / updates),
        "--cooldown-epochs": 0,
    }
    if plan.setup.precision is not Precision.FP32:
        flags |= {"--amp": True, "--amp-dtype": AMP[plan.setup.precision]}
    if plan.setup.checkpointing:
        flags |= {"--grad-checkpointing": True}
    if warmup:
        flags |= {"--warmup-lr": options["warmup_lr_init"], "--warmup-prefix": True}
    told = {"--min-lr": options.get("lr_min"), "--decay-rate": options.get("power", options.get("decay_rate"))}
    if "decay_t" in options:
        told["--decay-epochs"] = options["decay_t"] / updates
    if "cycle_limit" in options:
        told |= {"--lr-cycle-limit": options["cycle_limit"], "--lr-cycle-decay": options["cycle_decay"]}
        told["--lr-cycle-mul"] = options.get("cycle_mul")
    return flags | {flag: value for flag, value in told.items() if value is not None}, losses


def layer_scales(plan: Plan) -> dict[str, float]:
    """What `--layer-decay` makes of each block's rate: decay^(layers above it), 1 for the head.

    As in timm, a norm or a neck above the blocks is of one layer with the last of them.
    """
    scales: dict[str, float] = {}
    scale = 1.0
    for block in reversed(plan.freeze.blocks):
        if block.kind is BlockKind.HEAD:
            scales[block.name] = 1.0
            scale = plan.schedule.layer_decay
        else:
            scales[block.name] = scale
            if block.kind not in (BlockKind.NORM, BlockKind.NECK):
                scale *= plan.schedule.layer_decay
    return scales
