"""The memory of a whole plan."""

from msgspec import Struct

from service.contract.recommend import PlanResources
from service.contract.words import Grade, Precision
from service.core.job.machine import Machine
from service.core.resources.memory import Need, usable_gib
from service.core.rules.example_requests import freeze, job
from service.core.rules.rule import Finding, Topic
from service.core.rules.trace import Trace


class MemoryCase(Struct, frozen=True):
    """A plan to be held in memory, as it is set up."""

    machine: Machine
    need: Need


RESOURCES: Topic[MemoryCase, Finding[Need]] = Topic("resources")


@RESOURCES.rule(
    "static-memory",
    "Memory before activations: 18 bytes for a parameter trained with AdamW in mixed precision, 16 in 32 bits; 2 or 4 "
    "for a frozen one.",
    grade=Grade.B,
    sources=("hf-memory-anatomy", "llama-factory"),
    seeds=("R-079", "R-123", "C-18"),
    fires=(job(),),
    silent=(freeze(depth=12),),
)
def memory_of_plan(case: MemoryCase) -> Finding[Need]:
    share = case.need.know.constants["memory-usable-share"]
    return Finding(case.need, case.need.formula, (*case.need.rows, share))


def resources(case: MemoryCase, trace: Trace) -> PlanResources:
    """What the plan needs of the machine before activations, and whether that is there."""
    rule, need = RESOURCES.first(case)
    trace.decided("/resources", rule, need)
    usable = usable_gib(case.machine, need.value.know)
    return PlanResources(
        static_memory_gib=round(need.value.gib, 3),
        available_memory_gib=case.machine.total_gib,
        usable_memory_gib=round(usable, 3),
        static_fits=need.value.gib <= usable,
        assumption=_assumption(need.value),
    )


def _assumption(need: Need) -> str:
    """What the numbers stand for."""
    rest = "in 32 bits" if need.precision is Precision.FP32 else "in mixed precision"
    held = f"The frozen base in 4 bits, the rest {rest}" if need.quantised else "Weights, gradients and optimizer state"
    return f"{held if need.quantised else f'{held} {rest}'}; activations and buffers come on top."
