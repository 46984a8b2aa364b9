"""sentence-transformers: its training arguments with `learning_rate_mapping`; and SetFit's, for a new head.

Read from sentence-transformers 6.2 and SetFit 1.2. The mapping's patterns are searched in the names of the loss, which
holds the model: `model.0.auto_model.…`, and `model.0.model.…` from version 6 on. A pattern that finds nothing is
refused, and one that finds a frozen parameter puts it into the optimizer, so the mapping names only trained blocks, and
none that have the base rate. SetFit has one rate for the body in each of its two stages.
"""

from service.contract.freeze import FreezeBlock
from service.contract.schedule import ScheduleGroup, TrainingPhase
from service.contract.words import BlockKind, Family, Method, Precision
from service.core.schedule.param_groups import ADAPTERS
from service.dialects.plan import Plan
from service.dialects.takes import Said, Told
from service.dialects.transformers.plan import batch_fields, peft_config, trainer_fields, trainer_losses
from service.dialects.words.losses import phase_losses, stop_losses
from service.dialects.words.phase_groups import frozen_in, phase_groups
from service.dialects.words.schedule_words import highest, strongest_decay

WITHIN = r"^(?:\w+\.)*"
"""What holds a SentenceTransformer: nothing, or a loss."""

TRANSFORMER = r"0\.(?:auto_)?model\."
"""The first module of a SentenceTransformer, in every version."""

NEW_HEAD = (
    "SentenceTransformerTrainer trains no classifier: the new head is SetFit's, by `setfit`, or is trained on the "
    "embeddings afterwards."
)
SETFIT = (
    "SetFit has one rate for the whole body and its own curves: a first stage on pairs with a linear fall, then the "
    "head with a rate that halves every five epochs."
)
HEAD_EPOCHS, HEAD_BATCH, HEAD_BODY_RATE = 16, 2, 1e-5
"""SetFit's own defaults for its second stage, which fits the head on embeddings: 16 passes, two texts at a time."""

SETFIT_PRECISION = "SetFit trains in 32 bits, or with use_amp in fp16."
NOT_TEXT = "sentence-transformers trains text encoders; nothing is said for other families."


def export(plan: Plan) -> Said:
    """The phases that train the encoder, as for transformers, and `setfit` for a new head with known classes."""
    if plan.family is not Family.TEXT_ENCODER:
        return Said(False, {}, "", [NOT_TEXT])
    head = _new_head(plan)
    bodies = [(phase, groups) for phase in plan.phases if (groups := _body(plan, phase))]
    fields = [trainer_fields(plan, *told) for told in bodies]
    phases = [_phase(plan, phase, groups, field) for (phase, groups), field in zip(bodies, fields, strict=True)]
    losses = list(dict.fromkeys(loss for field in fields for loss in field.losses))
    setfit = head and (plan.classes is not None or not phases)
    arguments: Told = {"training_arguments": None, "frozen_patterns": _frozen(frozen_in(plan, plan.phases[-1]))}
    return Said(
        exact=not head and all(field.exact for field in fields),
        arguments={
            **(phases[-1] if phases else arguments),
            "lora_config": _lora(plan),
            "setfit": _setfit(plan) if setfit else None,
            "earlier_phases": phases[:-1],
        },
        text=_setfit_text(bool(phases)) if setfit else _text(plan),
        losses=[
            *([NEW_HEAD] if head else []),
            *([SETFIT] if setfit else []),
            *([SETFIT_PRECISION] if setfit and plan.setup.precision is Precision.BF16_MIXED else []),
            *losses,
            *(phase_losses(plan) if len(phases) > 1 else []),
            *stop_losses(plan),
            *trainer_losses(plan),
        ],
    )


def prefixed(pattern: str) -> str:
    """The pattern for the names of a SentenceTransformer, bare or within a loss; `pattern` is one for its encoder."""
    body = pattern.removeprefix("^")
    return f"{WITHIN}{body}" if body.startswith(r"0\.") else f"{WITHIN}{TRANSFORMER}{body}"


def _new_head(plan: Plan) -> bool:
    """Whether a head of its own trains on the embeddings."""
    return any(block.kind is BlockKind.HEAD and block.params != 0 for block in plan.trained)


def _body(plan: Plan, phase: TrainingPhase) -> list[ScheduleGroup]:
    """The groups below the head that train in a phase."""
    heads = {block.pattern for block in plan.freeze.blocks if block.kind is BlockKind.HEAD}
    return [group for group in phase_groups(plan, phase) if group.pattern not in heads]


def _phase(plan: Plan, phase: TrainingPhase, groups: list[ScheduleGroup], field: Said) -> Told:
    """One phase. The base rate is the highest, which the blocks next to the pooling have."""
    base = highest(groups)
    lower = [group for group in groups if group.peak_rate != base and group.name != ADAPTERS]
    mapping = {prefixed(str(group.pattern)): group.peak_rate for group in lower}
    return {
        "training_arguments": {**field.arguments, **batch_fields(plan), "learning_rate_mapping": mapping},
        "frozen_patterns": _frozen(frozen_in(plan, phase)),
    }


def _frozen(blocks: list[FreezeBlock]) -> list[str]:
    return [prefixed(block.pattern) for block in blocks if block.pattern and block.kind is not BlockKind.HEAD]


def _lora(plan: Plan) -> Told | None:
    """The adapter of the encoder, which has no head to save."""
    config = peft_config(plan)
    return {**config, "task_type": "FEATURE_EXTRACTION", "modules_to_save": None} if config else None


def _setfit(plan: Plan) -> Told:
    """SetFit's `TrainingArguments`; lists are for its first stage, on pairs of texts, and its second, for the head.

    Where the plan itself trains on pairs, its steps are the first stage's, and the second is as SetFit has it. With a
    frozen encoder the first stage is left out.
    """
    phase = plan.phases[-1]
    groups = _body(plan, phase)
    body = highest(groups) if groups else phase.head_rate
    batch, epochs = plan.setup.per_device_batch, max(1, round(phase.epochs))
    told: Told = {
        "body_learning_rate": [body, body],
        "head_learning_rate": phase.head_rate,
        "num_epochs": [1 if groups else 0, epochs],
        "batch_size": [batch, batch],
        "warmup_proportion": phase.warmup_steps / phase.steps,
        "l2_weight": strongest_decay(phase_groups(plan, phase)),
        "end_to_end": bool(groups),
        "use_amp": plan.setup.precision is Precision.FP16_MIXED,
    }
    if plan.setup.method is not Method.CONTRASTIVE_FEW_SHOT:
        return told
    return told | {
        "body_learning_rate": [body, HEAD_BODY_RATE],
        "num_epochs": [epochs, HEAD_EPOCHS],
        "max_steps": phase.steps,
        "batch_size": [batch, HEAD_BATCH],
        "end_to_end": False,
    }


def _text(plan: Plan) -> str:
    lines = ["import re", ""]
    if plan.adapter:
        lines.append("from peft import LoraConfig")
    lines += [
        "from sentence_transformers import SentenceTransformerTrainer as Trainer",
        "from sentence_transformers import SentenceTransformerTrainingArguments as TrainingArguments",
        "",
        "# arguments: those of this export; loss: a loss of sentence_transformers.losses, built on the model",
    ]
    if plan.adapter:
        lines.append('model.add_adapter(LoraConfig(**arguments["lora_config"]))  # freezes the rest')
    lines.append('for phase in [*arguments["earlier_phases"], arguments]:')
    if not plan.adapter:
        lines += [
            '    frozen = "|".join(phase["frozen_patterns"]) or "$^"',
            "    for name, parameter in model.named_parameters():",
            "        parameter.requires_grad_(not re.search(frozen, name))",
        ]
    lines += [
        '    args = TrainingArguments("out", **phase["training_arguments"])',
        "    Trainer(model, args, train_dataset=train_dataset, loss=loss).train()",
    ]
    return "\n".join(lines[2:] if plan.adapter else lines)


def _setfit_text(encoder: bool) -> str:
    """`encoder`: it trains too. Else the first stage is not run, and the second freezes the encoder by itself."""
    lines = [
        "import re",
        "",
        "from setfit import Trainer, TrainingArguments",
        "",
        "# arguments: those of this export",
        '# model: SetFitModel.from_pretrained(name, use_differentiable_head=True, head_params={"out_features": n})',
        'frozen = "|".join(arguments["frozen_patterns"]) or "$^"',
        "for name, parameter in model.model_body.named_parameters():",
        "    parameter.requires_grad_(not re.search(frozen, name))",
        'trainer = Trainer(model, TrainingArguments("out", **arguments["setfit"]), train_dataset=train_dataset)',
        "trainer.train()" if encoder else 'trainer.train_classifier(train_dataset["text"], train_dataset["label"])',
    ]
    return "\n".join(lines)
