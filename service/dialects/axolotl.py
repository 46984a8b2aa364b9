"""axolotl: a fragment of its YAML configuration, for language models that keep their own head.

Read from axolotl 0.19. `unfrozen_parameters` are matched from the start of a name, and every dot in them becomes an
escaped one, so they are written with bare dots: an escaped dot would be escaped twice and match nothing. Parts that
are in the list train, all others are frozen. `lr_groups` look for parts of names, the first match wins, and they move
weights only: norms and biases keep the base rate, and embeddings and head have `embedding_lr`.
"""

from service.contract.freeze import FreezeBlock
from service.contract.schedule import ScheduleGroup
from service.contract.words import Attention, Family, Precision, Strategy, Task
from service.dialects.plan import Plan
from service.dialects.takes import Said, Told
from service.dialects.transformers.plan import trainer_fields, trainer_losses
from service.dialects.words.losses import phase_losses, stop_losses
from service.dialects.words.phase_groups import phase_groups
from service.dialects.words.schedule_words import highest
from service.dialects.words.setup_words import zero_stage
from service.dialects.words.yaml import written

CLASSIFYING = (Task.TEXT_CLASSIFICATION, Task.TOKEN_CLASSIFICATION)
NOT_GENERATING = "{} trains language models with their own head; nothing is said for other families and for new heads."
LR_GROUPS = (
    "lr_groups move weights only: norms and biases keep the highest rate, and embeddings and head share one rate."
)
ONE_WARMUP = "axolotl makes two of one warm-up step."
EMBEDDINGS = ("embed_tokens", "lm_head")
"""Parameters with these in their names have `embedding_lr`, and no weight decay."""

REWARD: Told = {"reward_model": True, "model_type": "AutoModelForSequenceClassification", "num_labels": 1}
"""Scores texts instead of writing them, from pairs of a better and a worse one."""

AXOLOTL_NAMES = {"lr_scheduler_type": "lr_scheduler", "optim": "optimizer"}
TOLD_ABOVE = ("learning_rate", "max_steps")


def export(plan: Plan) -> Said:
    """The last phase as configuration fields; empty for a model that axolotl does not train."""
    if not generates(plan):
        loss = NOT_GENERATING.format("axolotl")
        return Said(False, {}, "", [loss])
    phase = plan.phases[-1]
    groups = phase_groups(plan, phase)
    told = trainer_fields(plan, phase, groups)
    several = len({group.peak_rate for group in groups}) > 1
    two = told.arguments.get("warmup_steps") == 1
    arguments: Told = {
        **_freezing(plan, groups),
        "rl": "dpo" if plan.task is Task.PREFERENCE_TUNING else None,
        **(REWARD if plan.task is Task.REWARD_MODELLING else {}),
        "micro_batch_size": plan.setup.per_device_batch,
        "gradient_accumulation_steps": plan.setup.accumulation,
        "bf16": plan.setup.precision is Precision.BF16_MIXED,  # left out, it is "auto"
        "fp16": True if plan.setup.precision is Precision.FP16_MIXED else None,
        "num_epochs": phase.epochs,
        "max_steps": phase.steps,
        "learning_rate": highest(groups),
        **(_rates(plan, groups) if several else {}),
        **{AXOLOTL_NAMES.get(name, name): value for name, value in told.arguments.items() if name not in TOLD_ABOVE},
        "gradient_checkpointing": plan.setup.checkpointing or None,
        "gradient_checkpointing_kwargs": {"use_reentrant": False}
        if plan.setup.checkpointing or (plan.frozen and not plan.adapter)
        else None,
        "eager_attention": True if plan.setup.attention is Attention.EAGER else None,
        **zero_stage(plan),
    }
    arguments = {name: value for name, value in arguments.items() if value not in (None, [], {})}
    return Said(
        exact=told.exact and not several and not two and len(plan.phases) == 1,
        arguments=arguments,
        text=written(arguments),
        losses=[
            *told.losses,
            *([LR_GROUPS] if several else []),
            *([ONE_WARMUP] if two else []),
            *phase_losses(plan),
            *stop_losses(plan),
            *trainer_losses(plan),
        ],
    )


def generates(plan: Plan) -> bool:
    """Whether the model is a language model that keeps its own head."""
    new_head = plan.task in CLASSIFYING or plan.freeze.strategy is Strategy.FEATURE_EXTRACTION
    return plan.family is Family.DECODER_LM and not new_head


def bare(pattern: str) -> str:
    """The pattern with bare dots, which axolotl escapes by itself."""
    return pattern.replace(r"\.", ".")


def _freezing(plan: Plan, groups: list[ScheduleGroup]) -> Told:
    """What trains: an adapter's fields, or the names of the parameters where some are frozen."""
    adapter = plan.freeze.adapter
    if adapter is None:
        return {"unfrozen_parameters": [bare(str(group.pattern)) for group in groups] if plan.frozen else None}
    return {
        "adapter": "qlora" if plan.setup.quantised_bits else "lora",
        "load_in_4bit": True if plan.setup.quantised_bits else None,
        "lora_r": adapter.rank,
        "lora_alpha": adapter.alpha,
        "lora_dropout": adapter.dropout,
        "lora_target_modules": adapter.targets,
        "lora_modules_to_save": adapter.modules_to_save,
        "lora_fan_in_fan_out": adapter.fan_in_fan_out or None,
    }


def _rates(plan: Plan, groups: list[ScheduleGroup]) -> Told:
    """The groups below the highest rate, as far as `lr_groups` and `embedding_lr` can tell them apart."""
    lower = [group for group in groups if group.peak_rate != highest(groups)]
    blocks = {block.pattern: block for block in plan.freeze.blocks}
    parts = {group.name: _parts(blocks.get(group.pattern)) for group in lower}
    outer = [group for group in lower if any(name in part for part in parts[group.name] for name in EMBEDDINGS)]
    inner = [group for group in lower if group not in outer and parts[group.name]]
    return {
        "embedding_lr": outer[0].peak_rate if outer else None,
        "lr_groups": [{"name": group.name, "modules": parts[group.name], "lr": group.peak_rate} for group in inner],
    }


def _parts(block: FreezeBlock | None) -> list[str]:
    """The shortest parts of names that find a block's parameters; none for adapters."""
    names = [*(f"{module}." for module in block.modules), *block.parameters] if block else []
    return [name for name in names if not any(other != name and other in name for other in names)]
