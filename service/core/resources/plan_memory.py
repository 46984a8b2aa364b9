"""The memory of a whole plan."""

from service.contract.freeze import FreezePlan
from service.contract.recommend import PlanResources
from service.contract.words import Grade, Optimizer
from service.core.choice.case import Case
from service.core.resources.memory import Need, need_on
from service.core.rules.example_requests import freeze
from service.core.rules.example_requests import job as example_job
from service.core.rules.rule import Decided, Topic
from service.core.rules.trace import Trace

RESOURCES: Topic[tuple[Case, Optimizer, FreezePlan], Decided[Need]] = Topic("resources")


@RESOURCES.rule(
    "static-memory",
    "Memory before activations: 18 bytes for a parameter trained with AdamW in mixed precision, 2 for a frozen one.",
    grade=Grade.B,
    sources=("hf-memory-anatomy", "llama-factory"),
    seeds=("R-079", "R-123", "C-18"),
    fires=(example_job(),),
    silent=(freeze(depth=12),),
)
def memory_of_plan(planned: tuple[Case, Optimizer, FreezePlan]) -> Decided[Need]:
    case, optimizer, plan = planned
    frozen = plan.shares.params_frozen or 0.0
    need = need_on(case.job.machine, case.know, case.model, plan.strategy, optimizer, 1 - frozen)
    return Decided(need, need.formula, need.rows)


def resources(case: Case, optimizer: Optimizer, plan: FreezePlan, trace: Trace) -> PlanResources:
    """What the plan needs of the machine before activations, and whether that is there."""
    rule, need = RESOURCES.first((case, optimizer, plan))
    trace.decided("/resources", rule, need)
    total = case.job.machine.total_gib
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
