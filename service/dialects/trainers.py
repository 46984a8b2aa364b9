"""Every trainer: how it takes a whole plan, and how it takes a schedule alone where it can.

An export is exact where the trainer, run with it, trains exactly the parameters that the plan trains, at the plan's
rates, in the plan's phases. A schedule is exact where every group gets factor(step) x peak rate at every step used,
within 1e-9 where the trainer computes in double precision and 1e-6 of the peak in single precision. Both are claimed
only where the trainer was seen to do so: see `runs`.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from service.contract.freeze import PlanExport
from service.contract.schedule import ScheduleCurve, ScheduleExport, ScheduleGroup
from service.contract.words import Optimizer, Trainer
from service.core.catalogue.heads import HEADLESS_TASKS
from service.dialects import axolotl, lightning, llama_factory, sentence_transformers
from service.dialects.keras import plan as keras_plan
from service.dialects.keras import schedule as keras_schedule
from service.dialects.optax import plan as optax_plan
from service.dialects.optax import schedule as optax_schedule
from service.dialects.plan import Plan
from service.dialects.pytorch import plan as pytorch_plan
from service.dialects.pytorch import schedule as pytorch_schedule
from service.dialects.runs import unseen, unseen_curve
from service.dialects.takes import Takes
from service.dialects.timm import plan as timm_plan
from service.dialects.timm import schedule as timm_schedule
from service.dialects.transformers import plan as transformers_plan
from service.dialects.transformers import schedule as transformers_schedule
from service.dialects.words.schedule_words import held_otherwise, losses_of_optimizer
from service.dialects.words.setup_words import changed_by_setup, left_by_setup
from service.knowledge.index import Knowledge

BY_UPDATES = (
    "timm is stepped by step_update(n) after n updates; its train.py steps by epochs unless --sched-on-updates."
)
BY_ITERATIONS = "Keras asks for the rate by its count of updates: batches over gradient_accumulation_steps."

TRAINERS: Mapping[Trainer, Takes] = MappingProxyType(
    {
        Trainer.PYTORCH: Takes(pytorch_plan.export, pytorch_schedule.export, peft=True),
        Trainer.TIMM: Takes(timm_plan.export, timm_schedule.export, peft=True, counted=BY_UPDATES),
        Trainer.TRANSFORMERS: Takes(
            transformers_plan.export,
            transformers_schedule.export,
            peft=True,
            settings=True,
            loads=True,
            quantises_storage=True,
        ),
        Trainer.SENTENCE_TRANSFORMERS: Takes(sentence_transformers.export, settings=True, pairs=True),
        Trainer.KERAS: Takes(keras_plan.export, keras_schedule.export, counted=BY_ITERATIONS),
        Trainer.LIGHTNING: Takes(lightning.export, peft=True),
        Trainer.OPTAX: Takes(optax_plan.export, optax_schedule.export),
        Trainer.AXOLOTL: Takes(axolotl.export, peft=True, settings=True, loads=True, preferences=True),
        Trainer.LLAMA_FACTORY: Takes(llama_factory.export, peft=True, settings=True, loads=True, preferences=True),
    }
)

SCHEDULES = {trainer: takes.schedule for trainer, takes in TRAINERS.items() if takes.schedule}
"""Trainers that can be told a schedule without a plan."""

SAME_END = (
    "PEFT finds heads by the ends of names, and cannot tell these from other modules: {}. "
    "It neither trains nor saves them by itself: give them names of their own, as new_head, and ask again."
)

FAST_LAYERS = {"linear1", "linear2"}
FAST_PATH = (
    "In evaluation, torch's nn.TransformerEncoderLayer takes the weights of linear1 and linear2 past their adapters: "
    "call torch.backends.mha.set_fastpath_enabled(False) first."
)


def export_plan(trainer: Trainer, plan: Plan, know: Knowledge) -> PlanExport:
    """The plan as that trainer takes it."""
    exported = said(trainer, plan)
    lost = unseen(trainer, plan, know) if exported.exact else []
    return msgspec.structs.replace(exported, exact=exported.exact and not lost, losses=[*lost, *exported.losses])


def said(trainer: Trainer, plan: Plan) -> PlanExport:
    """The plan as that trainer takes it by what is known of its code, whether or not it was run."""
    takes = TRAINERS[trainer]
    told = takes.plan(plan)
    exact, losses = told.exact, told.losses
    if told.arguments:
        changed = [*changed_by_setup(takes, plan), *_unsaved_head(takes, plan), *_past_adapters(takes, plan)]
        exact, losses = exact and not changed, [*changed, *losses, *left_by_setup(takes, plan)]
    return PlanExport(trainer, plan.freeze.plan_hash, exact, told.arguments, told.text, losses)


def _unsaved_head(takes: Takes, plan: Plan) -> list[str]:
    """What an adapter's export loses where a new head is not in `modules_to_save`: none is sure, or its name is not."""
    if plan.adapter and not plan.head_known and plan.task not in HEADLESS_TASKS:
        return ["No head is sure, and LoRA freezes one that it is not told: name it in source.head and ask again."]
    if plan.unsaved and takes.peft:
        return [SAME_END.format(", ".join(plan.unsaved))]
    return []


def _past_adapters(takes: Takes, plan: Plan) -> list[str]:
    """What evaluation loses where torch may read layers that have adapters itself."""
    adapter = plan.freeze.adapter
    return [FAST_PATH] if adapter and takes.peft and set(adapter.targets) >= FAST_LAYERS else []


def export_schedule(
    trainer: Trainer, curve: ScheduleCurve, groups: list[ScheduleGroup], optimizer: Optimizer, know: Knowledge
) -> ScheduleExport:
    """The schedule as that trainer takes it. Raises ValueError where no group is trained."""
    exported = said_schedule(trainer, curve, groups, optimizer)
    lost = unseen_curve(trainer, curve.shape, know) if exported.exact else []
    return msgspec.structs.replace(exported, exact=exported.exact and not lost, losses=[*lost, *exported.losses])


def said_schedule(
    trainer: Trainer, curve: ScheduleCurve, groups: list[ScheduleGroup], optimizer: Optimizer
) -> ScheduleExport:
    """The schedule as that trainer takes it by what is known of its code. Raises ValueError as `export_schedule`."""
    takes, told = TRAINERS[trainer], SCHEDULES[trainer](curve, groups, optimizer)
    counted = [takes.counted] if takes.counted and told.arguments else []
    losses = [*told.losses, *losses_of_optimizer(optimizer, groups), *held_otherwise(takes, optimizer), *counted]
    return ScheduleExport(trainer, told.exact, told.arguments, told.text, losses)
