"""transformers: `TrainingArguments` for each phase, peft's `LoraConfig`, and a loop that freezes by name and trains.

Read from transformers 5 and peft 0.21. `TrainingArguments` hold one rate; the loop gives Trainer an optimizer with the
rate of every group, and Trainer's own scheduler keeps their ratios. PEFT freezes what is neither adapter nor in
`modules_to_save`; a name there that the model does not have is ignored without a word.
"""

import msgspec

from service.contract.schedule import ScheduleGroup, TrainingPhase
from service.contract.words import Attention, Family, Loss, Optimizer, Precision, Sharding, Task
from service.core.schedule.param_groups import ADAPTERS
from service.dialects.plan import Plan
from service.dialects.takes import Said, Told
from service.dialects.transformers import schedule as schedules
from service.dialects.words.losses import optimizer_losses, phase_losses, stop_losses
from service.dialects.words.phase_groups import NO_DECAY, frozen_in, lora_config, phase_groups
from service.dialects.words.schedule_words import highest, strongest_decay
from service.dialects.words.setup_words import computed_anew, half_precision, zero_stage

SAVED = r"\.modules_to_save\."
"""Names of the copies that PEFT trains of the modules in `modules_to_save`."""

TASK_TYPES = {
    Task.TEXT_CLASSIFICATION: "SEQ_CLS",
    Task.TOKEN_CLASSIFICATION: "TOKEN_CLS",
    Task.QUESTION_ANSWERING: "QUESTION_ANS",
    Task.SENTENCE_SIMILARITY: "FEATURE_EXTRACTION",
}
"""peft's task types. With any other task PEFT wraps the model without changing how it is called."""

GENERATION = {Family.DECODER_LM: "CAUSAL_LM", Family.ENCODER_DECODER: "SEQ_2_SEQ_LM"}
GENERATING = (Task.TEXT_GENERATION, Task.SUMMARIZATION, Task.TRANSLATION)
TEXT_FAMILIES = (Family.TEXT_ENCODER, *GENERATION)

USUAL = ("transformers", "Trainer", "TrainingArguments")
TRAINERS = {
    Task.PREFERENCE_TUNING: ("trl", "DPOTrainer", "DPOConfig"),
    Task.REWARD_MODELLING: ("trl", "RewardTrainer", "RewardConfig"),
}
"""Where the trainer of a task is whose loss is none of a model's own, and the names of trainer and arguments."""

JUDGING_EACH = (Loss.BINARY_CROSS_ENTROPY, Loss.WEIGHTED_BINARY_CROSS_ENTROPY)
MULTI_LABEL = "multi_label_classification"
"""What `problem_type` of a model's configuration says for several labels per example: a binary loss for each class."""

NO_LOSS = (
    "A timm or torchvision model returns no loss: give Trainer a compute_loss_func and TrainingArguments label_names, "
    "and name the data's columns as the model's forward names its inputs."
)
LOST_HEAD = "The modules of the new head are not known: name them in modules_to_save, or PEFT freezes them."


def export(plan: Plan) -> Said:
    """The last phase as `training_arguments`, `frozen_patterns` and `rates`; phases before it under `earlier_phases`.

    `rates` maps patterns of parameter names to peak rates; a parameter that none finds is frozen.
    """
    groups = [phase_groups(plan, phase) for phase in plan.phases]
    fields = [trainer_fields(plan, *told) for told in zip(plan.phases, groups, strict=True)]
    phases = [
        {
            "training_arguments": {**field.arguments, **batch_fields(plan)},
            "frozen_patterns": [block.pattern for block in frozen_in(plan, phase)],
            "rates": _rates(plan, trained),
        }
        for field, phase, trained in zip(fields, plan.phases, groups, strict=True)
    ]
    config = peft_config(plan)
    untold = bool(config) and not config["modules_to_save"] and not plan.unsaved
    lost_head = untold and any(group.name != ADAPTERS for group in groups[-1])
    losses = list(dict.fromkeys(loss for field in fields for loss in field.losses))
    return Said(
        exact=all(field.exact for field in fields) and not lost_head,
        arguments={
            **phases[-1],
            "lora_config": config,
            "quantization_config": quantization_config(plan),
            **({"attn_implementation": "eager"} if plan.setup.attention is Attention.EAGER else {}),
            "problem_type": MULTI_LABEL if plan.setup.loss in JUDGING_EACH else None,
            "no_decay": NO_DECAY,
            "earlier_phases": phases[:-1],
        },
        text=_text(plan, waits="eval_strategy" in fields[-1].arguments),
        losses=[
            *losses,
            *([LOST_HEAD] if lost_head else []),
            *_rate_losses(groups),
            *phase_losses(plan),
            *stop_losses(plan),
            *trainer_losses(plan),
            *([NO_LOSS] if plan.checkpoint and "/" not in plan.checkpoint else []),
        ],
    )


def trainer_fields(plan: Plan, phase: TrainingPhase, groups: list[ScheduleGroup]) -> Said:
    """The curve as fields of `TrainingArguments`, with the highest rate of the groups for all of them."""
    peak = highest(groups)
    level = [msgspec.structs.replace(group, peak_rate=peak) for group in groups]
    told = schedules.export(phase.curve, level, plan.schedule.optimizer)
    if told.arguments:
        return told
    plain: Told = {
        "learning_rate": peak,
        "max_steps": phase.steps,
        "weight_decay": strongest_decay(groups),
        "optim": schedules.OPTIMIZERS[plan.schedule.optimizer],
    }
    return msgspec.structs.replace(told, arguments=plain)


def batch_fields(plan: Plan) -> Told:
    """What one device sees of the batch of an optimizer step, and in which numbers it computes."""
    return {
        "per_device_train_batch_size": plan.setup.per_device_batch,
        "gradient_accumulation_steps": plan.setup.accumulation,
        **half_precision(plan),
        **computed_anew(plan),
        **zero_stage(plan),
    }


def quantization_config(plan: Plan) -> Told | None:
    """The fields of `BitsAndBytesConfig`, as QLoRA has them; None where the base is held as it is."""
    if plan.setup.quantised_bits is None:
        return None
    computes = {Precision.BF16_MIXED: "bfloat16", Precision.FP16_MIXED: "float16", Precision.FP32: "float32"}
    dtype = computes[plan.setup.precision]
    return {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": dtype,
        **({"bnb_4bit_quant_storage": dtype} if plan.setup.sharding is Sharding.SHARDED else {}),
    }


def trainer_losses(plan: Plan) -> list[str]:
    """What is left open of the optimizer. Trainer itself turns off Adafactor's own scaling."""
    return [] if plan.schedule.optimizer is Optimizer.ADAFACTOR else optimizer_losses(plan)


def peft_config(plan: Plan) -> Told | None:
    """The fields of `LoraConfig`; None without an adapter.

    `task_type` is None where the task is not known or PEFT has no word for it: the wrapped model is then called as the
    bare one is. Under `SEQ_CLS` and `TOKEN_CLS` PEFT adds the names classifier and score itself.
    """
    if plan.freeze.adapter is None:
        return None
    kind = None
    if plan.family in TEXT_FAMILIES:
        kind = TASK_TYPES.get(plan.task) if plan.task else None
        if plan.task in GENERATING:
            kind = GENERATION.get(plan.family)
    return {"task_type": kind, **lora_config(plan.freeze.adapter), "bias": "none"}


def _rates(plan: Plan, groups: list[ScheduleGroup]) -> Told:
    """Pattern to peak rate. In a model that PEFT has wrapped, what trains of the head is its saved copy."""
    return {
        SAVED if plan.adapter and group.name != ADAPTERS else str(group.pattern): group.peak_rate for group in groups
    }


def _rate_losses(groups: list[list[ScheduleGroup]]) -> list[str]:
    most = max(len({group.peak_rate for group in trained}) for trained in groups)
    if most == 1:
        return []
    return [f"TrainingArguments hold one rate: without the optimizer of the text, {most} rates become the highest."]


def _text(plan: Plan, *, waits: bool) -> str:
    """The loop over the phases. `waits`: the schedule waits for evaluations."""
    statistics = plan.rests and any(frozen_in(plan, phase) for phase in plan.phases)
    rests = "not any(p.requires_grad for p in m.parameters())" if plan.adapter else 're.search(frozen, f"{name}.")'
    quantised = plan.setup.quantised_bits is not None
    lines = ["import re", ""]
    if plan.adapter:
        prepared = ", prepare_model_for_kbit_training" if quantised else ""
        lines.append(f"from peft import LoraConfig, get_peft_model{prepared}")
    if statistics:
        lines.append("from torch.nn.modules.batchnorm import _BatchNorm")
    library, trainer, arguments = TRAINERS.get(plan.task, USUAL) if plan.task else USUAL
    handed = "model, args" if library == "transformers" else "model, args=args"  # TRL's second is a reference model
    lines += [f"from {library} import {trainer}, {arguments}", ""]
    if quantised:
        lines.append(
            '# model: from_pretrained(name, quantization_config=BitsAndBytesConfig(**arguments["quantization_config"]))'
        )
    if plan.setup.attention is Attention.EAGER:
        lines.append('# model: from_pretrained(name, attn_implementation=arguments["attn_implementation"])')
    if plan.setup.loss in JUDGING_EACH:
        lines.append('# model: from_pretrained(name, num_labels=n, problem_type=arguments["problem_type"])')
    if plan.family is Family.SPEECH_ENCODER and (plan.adapter or frozen_in(plan, plan.phases[-1])):
        lines.append('getattr(model, "freeze_feature_encoder", int)()  # else it keeps what it computes, frozen or not')
    if plan.adapter and quantised:
        lines.append("model = prepare_model_for_kbit_training(model)")
    if plan.adapter:
        lines.append('model = get_peft_model(model, LoraConfig(**arguments["lora_config"]))')
    lines += [
        'for phase in [*arguments["earlier_phases"], arguments]:  # arguments: those of this export',
        '    frozen, rates, held = "|".join(phase["frozen_patterns"]) or "$^", phase["rates"], {}'
        if statistics
        else '    rates, held = phase["rates"], {}',
        "    for name, p in model.named_parameters():",
        "        rate = next((rates[pattern] for pattern in rates if re.search(pattern, name)), None)",
        "        if p.requires_grad_(rate is not None).requires_grad:",
        '            decays = p.ndim > 1 and not re.search(arguments["no_decay"], name)',
        "            held.setdefault((rate, decays), []).append(p)",
    ]
    if statistics:
        lines += [
            "    for name, m in model.named_modules():",
            '        vars(m).pop("train", None)',
            f"        if isinstance(m, _BatchNorm) and {rests}:",
            "            m.eval().train = lambda mode=True: None  # model.train() leaves it in eval mode",
        ]
    data = "train_dataset=train_dataset, eval_dataset=eval_dataset" if waits else "train_dataset=train_dataset"
    lines += [
        f'    args = {arguments}("out", **phase["training_arguments"])',
        f"    kind, options = {trainer}.get_optimizer_cls_and_kwargs(args)",
        '    groups = [{"params": ps, "lr": r, "weight_decay": args.weight_decay * d} for (r, d), ps in held.items()]',
        f"    {trainer}({handed}, {data}, optimizers=(kind(groups, **options), None)).train()",
    ]
    return "\n".join(lines)
