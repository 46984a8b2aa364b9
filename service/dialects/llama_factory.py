"""LLaMA-Factory: a fragment of its YAML configuration, for language models that keep their own head.

Read from LLaMA-Factory 0.9.5. `freeze_trainable_layers` opens the last n decoder layers (the first, where negative),
whole; `freeze_extra_modules` open what is outside the layers, by the last part of a module's name. Both look for parts
of names: `norm` would also open the norms of all frozen layers. A name that the model does not have is refused.
"""

from service.contract.freeze import FreezeBlock
from service.contract.words import Attention, BlockKind, Task
from service.dialects.axolotl import NOT_GENERATING, generates
from service.dialects.plan import Plan
from service.dialects.takes import Said, Told
from service.dialects.transformers.plan import batch_fields, trainer_fields, trainer_losses
from service.dialects.words.losses import phase_losses, stop_losses
from service.dialects.words.phase_groups import phase_groups
from service.dialects.words.yaml import written

NOT_AT_THE_END = "LLaMA-Factory opens the first or the last layers; the plan opens others."
PARTS = ("norm", "ln")
"""Names of modules that are parts of the names of others, inside the layers."""

OTHER_HEADS = ("score", "classifier", "classification_head")
"""Heads that a model for generating text does not have."""

STAGES: dict[Task | None, str] = {Task.PREFERENCE_TUNING: "dpo", Task.REWARD_MODELLING: "rm"}
"""What it trains on instead of single texts. For `rm` it builds a head of its own, which trains beside any adapter."""

RATES = "One rate for all: {} rates become the highest."


def export(plan: Plan) -> Said:
    """The last phase as configuration fields; empty for a model that LLaMA-Factory does not train so."""
    freezing, losses = _freezing(plan) if generates(plan) else (None, [NOT_GENERATING.format("LLaMA-Factory")])
    if freezing is None:
        return Said(False, {}, "", losses)
    phase = plan.phases[-1]
    groups = phase_groups(plan, phase)
    told = trainer_fields(plan, phase, groups)
    rates = len({group.peak_rate for group in groups})
    arguments: Told = {
        **freezing,
        **({"stage": STAGES[plan.task]} if plan.task in STAGES else {}),
        **batch_fields(plan),
        **_checkpointing(plan),
        "flash_attn": "disabled" if plan.setup.attention is Attention.EAGER else None,
        "num_train_epochs": phase.epochs,
        **told.arguments,
    }
    if told.arguments.get("lr_scheduler_type") == "warmup_stable_decay":
        arguments["lr_scheduler_kwargs"] = _with_hold(told.arguments, phase.steps)
    if rates > 1:
        losses = [*losses, RATES.format(rates)]
    return Said(
        exact=told.exact and not losses and len(plan.phases) == 1,
        arguments=arguments,
        text=written(arguments),
        losses=[
            *losses,
            *told.losses,
            *phase_losses(plan),
            *stop_losses(plan),
            *trainer_losses(plan),
        ],
    )


def _checkpointing(plan: Plan) -> Told:
    """LLaMA-Factory computes blocks anew unless it is told not to; Trainer's own words for it must stay unsaid."""
    return {
        "gradient_checkpointing": None,
        "gradient_checkpointing_kwargs": None,
        "disable_gradient_checkpointing": None if plan.setup.checkpointing else True,
    }


def _freezing(plan: Plan) -> tuple[Told | None, list[str]]:
    """What trains, and what of it is lost; None where the plan opens layers that cannot be told."""
    adapter = plan.freeze.adapter
    if adapter is not None:
        return {
            "finetuning_type": "lora",
            "quantization_bit": plan.setup.quantised_bits,
            "lora_rank": adapter.rank,
            "lora_alpha": adapter.alpha,
            "lora_dropout": adapter.dropout,
            "lora_target": ",".join(adapter.targets),
            "additional_target": ",".join(one for one in adapter.modules_to_save if one not in OTHER_HEADS) or None,
        }, []
    if not plan.frozen:
        return {"finetuning_type": "full"}, []
    layers = [block in plan.trained for block in plan.freeze.blocks if block.kind is BlockKind.BLOCK]
    opened = sum(layers)
    if all(layers[len(layers) - opened :]):
        number = opened
    elif all(layers[:opened]):
        number = -opened
    else:
        return None, [NOT_AT_THE_END]
    others = [block for block in plan.trained if block.kind is not BlockKind.BLOCK and block.params != 0]
    extra = {block.name: _modules(block) for block in others}
    lost = [name for name, modules in extra.items() if not modules or set(modules) & set(PARTS)]
    named = [module for name, modules in extra.items() if name not in lost for module in modules]
    freezing: Told = {
        "finetuning_type": "freeze",
        "freeze_trainable_layers": number,
        "freeze_trainable_modules": "all",
        "freeze_extra_modules": ",".join(named) or None,
    }
    return freezing, [_lost(lost)] if lost else []


def _modules(block: FreezeBlock) -> list[str]:
    """The last parts of the names of a block's modules."""
    parts = [name.rpartition(".")[2] for name in (*block.modules, *block.parameters)]
    return [part for part in dict.fromkeys(parts) if part not in OTHER_HEADS]


def _lost(names: list[str]) -> str:
    return f"{', '.join(names)} stays frozen: its name is part of other names, or is not known."


def _with_hold(fields: Told, steps: int) -> Told:
    """The scheduler's keywords with its stable phase, of which LLaMA-Factory would else make a third of the run."""
    options: Told = dict(fields["lr_scheduler_kwargs"])
    return {**options, "num_stable_steps": steps - fields["warmup_steps"] - options["num_decay_steps"]}
