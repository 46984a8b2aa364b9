"""The memory of a whole plan."""

from msgspec import Struct

from service.contract.recommend import PlanResources
from service.contract.words import Grade, Optimizer, Strategy
from service.core.job.machine import Machine
from service.core.resources.memory import Need, need_on
from service.core.rules.example_requests import freeze, job
from service.core.rules.rule import Finding, Topic
from service.core.rules.trace import Trace
from service.knowledge.index import Knowledge


class MemoryCase(Struct, frozen=True):
    """A plan to be held in memory: `open_share` of the model's `params` train."""

    know: Knowledge
    machine: Machine
    params: int
    strategy: Strategy
    optimizer: Optimizer
    open_share: float

    @property
    def need(self) -> Need:
        """What it takes on this machine."""
        return need_on(self.machine, self.know, self.params, self.strategy, self.optimizer, self.open_share)


RESOURCES: Topic[MemoryCase, Finding[Need]] = Topic("resources")


@RESOURCES.rule(
    "static-memory",
    "Memory before activations: 18 bytes for a parameter trained with AdamW in mixed precision, 2 for a frozen one.",
    grade=Grade.B,
    sources=("hf-memory-anatomy", "llama-factory"),
    seeds=("R-079", "R-123", "C-18"),
    fires=(job(),),
    silent=(freeze(depth=12),),
)
def memory_of_plan(case: MemoryCase) -> Finding[Need]:
    return Finding(case.need, case.need.formula, case.need.rows)


def resources(case: MemoryCase, trace: Trace) -> PlanResources:
    """What the plan needs of the machine before activations, and whether that is there."""
    rule, need = RESOURCES.first(case)
    trace.decided("/resources", rule, need)
    total = case.machine.total_gib
    return PlanResources(
        static_memory_gib=round(need.value.gib, 3),
        available_memory_gib=total,
        static_fits=need.value.gib <= total,
        assumption=(
            "The frozen base in 4 bits, the rest in mixed precision; activations and buffers come on top."
            if need.value.quantised
            else "Weights, gradients and optimizer state in mixed precision; activations and buffers come on top."
        ),
    )
