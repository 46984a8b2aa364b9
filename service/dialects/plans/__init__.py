"""A whole plan in the words of each trainer: what is frozen, at which rates, in which phases.

PlanExport.exact means: the trainer, run with these arguments, trains exactly the parameters that the plan trains, at
the plan's rates, in the plan's phases.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from service.contract.freeze import PlanExport
from service.contract.words import PlanDialect
from service.dialects.plans import (
    axolotl,
    keras,
    lightning,
    llama_factory,
    optax,
    pytorch,
    sentence_transformers,
    timm,
    transformers,
)
from service.dialects.plans.plan import Plan

EXPORTERS: Mapping[PlanDialect, Callable[[Plan], PlanExport]] = MappingProxyType(
    {
        PlanDialect.PYTORCH: pytorch.export,
        PlanDialect.TIMM: timm.export,
        PlanDialect.TRANSFORMERS: transformers.export,
        PlanDialect.SENTENCE_TRANSFORMERS: sentence_transformers.export,
        PlanDialect.KERAS: keras.export,
        PlanDialect.LIGHTNING: lightning.export,
        PlanDialect.OPTAX: optax.export,
        PlanDialect.AXOLOTL: axolotl.export,
        PlanDialect.LLAMA_FACTORY: llama_factory.export,
    }
)


def export_plan(dialect: PlanDialect, plan: Plan) -> PlanExport:
    """The plan as that trainer takes it."""
    return EXPORTERS[dialect](plan)
