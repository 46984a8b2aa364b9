"""Every trainer: how it takes a whole plan, and how it takes a schedule alone where it can.

An export is exact where the trainer, run with it, trains exactly the parameters that the plan trains, at the plan's
rates, in the plan's phases. A schedule is exact where every group gets factor(step) x peak rate at every step used,
within 1e-9 where the trainer computes in double precision and 1e-6 of the peak in single precision. Both are claimed
only where the trainer was seen to do so: see `runs`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from service.contract.freeze import PlanExport
from service.contract.schedule import ScheduleCurve, ScheduleExport, ScheduleGroup
from service.contract.words import Optimizer, Trainer
from service.core.catalogue.heads import HEADLESS_TASKS
from service.dialects.axolotl import export as axolotl_plan
from service.dialects.keras.plan import export as keras_plan
from service.dialects.keras.schedule import export as keras_schedule
from service.dialects.lightning import export as lightning_plan
from service.dialects.llama_factory import export as llama_factory_plan
from service.dialects.optax.plan import export as optax_plan
from service.dialects.optax.schedule import export as optax_schedule
from service.dialects.plan import Plan
from service.dialects.pytorch.plan import export as pytorch_plan
from service.dialects.pytorch.schedule import export as pytorch_schedule
from service.dialects.runs import unseen, unseen_curve
from service.dialects.sentence_transformers import export as sentence_transformers_plan
from service.dialects.timm.plan import export as timm_plan
from service.dialects.timm.schedule import export as timm_schedule
from service.dialects.transformers.plan import export as transformers_plan
from service.dialects.transformers.schedule import export as transformers_schedule
from service.dialects.words.schedule_words import held_otherwise, optimizer_losses
from service.dialects.words.setup_words import changed_by_setup, left_by_setup
from service.knowledge.index import Knowledge

PLANS: Mapping[Trainer, Callable[[Plan], PlanExport]] = MappingProxyType(
    {
        Trainer.PYTORCH: pytorch_plan,
        Trainer.TIMM: timm_plan,
        Trainer.TRANSFORMERS: transformers_plan,
        Trainer.SENTENCE_TRANSFORMERS: sentence_transformers_plan,
        Trainer.KERAS: keras_plan,
        Trainer.LIGHTNING: lightning_plan,
        Trainer.OPTAX: optax_plan,
        Trainer.AXOLOTL: axolotl_plan,
        Trainer.LLAMA_FACTORY: llama_factory_plan,
    }
)

SCHEDULES: Mapping[Trainer, Callable[[ScheduleCurve, list[ScheduleGroup], Optimizer], ScheduleExport]] = (
    MappingProxyType(
        {
            Trainer.PYTORCH: pytorch_schedule,
            Trainer.TRANSFORMERS: transformers_schedule,
            Trainer.TIMM: timm_schedule,
            Trainer.KERAS: keras_schedule,
            Trainer.OPTAX: optax_schedule,
        }
    )
)
"""Trainers that can be told a schedule without a plan."""

PEFT = (
    Trainer.PYTORCH,
    Trainer.TIMM,
    Trainer.TRANSFORMERS,
    Trainer.LIGHTNING,
    Trainer.AXOLOTL,
    Trainer.LLAMA_FACTORY,
)
"""Trainers whose adapters are peft's, beside a head of the listed model."""

SAME_END = (
    "PEFT finds heads by the ends of names, and cannot tell these from other modules: {}. "
    "It neither trains nor saves them by itself: give them names of their own, as new_head, and ask again."
)

FAST_LAYERS = {"linear1", "linear2"}
FAST_PATH = (
    "In evaluation, torch's nn.TransformerEncoderLayer takes the weights of linear1 and linear2 past their adapters: "
    "call torch.backends.mha.set_fastpath_enabled(False) first."
)

COUNTED = {
    Trainer.TIMM: "timm is stepped by step_update(n) after n updates; its train.py steps by epochs unless "
    "--sched-on-updates.",
    Trainer.KERAS: "Keras asks for the rate by its count of updates: batches over gradient_accumulation_steps.",
}
"""What a trainer counts as a step, where it is not the call after each update that all others make."""


def export_plan(trainer: Trainer, plan: Plan, know: Knowledge) -> PlanExport:
    """The plan as that trainer takes it."""
    exported = said(trainer, plan)
    lost = unseen(trainer, plan, know) if exported.exact else []
    return msgspec.structs.replace(exported, exact=exported.exact and not lost, losses=[*lost, *exported.losses])


def said(trainer: Trainer, plan: Plan) -> PlanExport:
    """The plan as that trainer takes it by what is known of its code, whether or not it was run."""
    exported = PLANS[trainer](plan)
    if not exported.arguments:
        return exported
    changed = [*changed_by_setup(trainer, plan), *_unsaved_head(trainer, plan), *_past_adapters(trainer, plan)]
    return msgspec.structs.replace(
        exported,
        exact=exported.exact and not changed,
        losses=[*changed, *exported.losses, *left_by_setup(trainer, plan)],
    )


def _unsaved_head(trainer: Trainer, plan: Plan) -> list[str]:
    """What an adapter's export loses where a new head is not in `modules_to_save`: none is sure, or its name is not."""
    if plan.adapter and not plan.head_known and plan.task not in HEADLESS_TASKS:
        return ["No head is sure, and LoRA freezes one that it is not told: name it in source.head and ask again."]
    if plan.unsaved and trainer in PEFT:
        return [SAME_END.format(", ".join(plan.unsaved))]
    return []


def _past_adapters(trainer: Trainer, plan: Plan) -> list[str]:
    """What evaluation loses where torch may read layers that have adapters itself."""
    adapter = plan.freeze.adapter
    return [FAST_PATH] if adapter and trainer in PEFT and set(adapter.targets) >= FAST_LAYERS else []


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
    exported = SCHEDULES[trainer](curve, groups, optimizer)
    counted = [COUNTED[trainer]] if trainer in COUNTED and exported.arguments else []
    losses = [*exported.losses, *optimizer_losses(optimizer, groups), *held_otherwise(trainer, optimizer), *counted]
    return msgspec.structs.replace(exported, losses=losses)
