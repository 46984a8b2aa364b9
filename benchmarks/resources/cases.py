"""A published run as the service sizes it."""

from collections.abc import Mapping

import msgspec

import service.core.engine  # noqa: F401  # pyright: ignore[reportUnusedImport] -- with it every rule is there
from service.contract.job import Job
from service.contract.words import MemoryPart, Optimizer
from service.core.answers.decision import decide
from service.core.resources.memory import Need
from service.core.rules.rule import Trace
from service.knowledge.index import Knowledge

UNTOLD = Trace(False, ())


def run_of(know: Knowledge, source: str, strategy: str, **told: Mapping[str, object]) -> Need:
    """The need of a run with one example at a time. `told` are parts of the job: `dataset`, `fixed`, `schedule`."""
    body = {
        "source": {"model": source},
        **told,
        "dataset": {"examples": 50_000, **told.get("dataset", {})},
        "fixed": {"strategy": strategy, **told.get("fixed", {})},
    }
    return decide(msgspec.convert(body, Job), know, "/resources", UNTOLD).outcome.need


def as_run(need: Need, batch: int, *, quantised: bool = False, checkpointing: bool = False, sgd: bool = False) -> Need:
    """The same run as its report says that it was set up."""
    need = msgspec.structs.replace(need, optimizer=Optimizer.SGD) if sgd else need
    return need.set_up(quantised, need.sharding, checkpointing, batch)


def spans(need: Need, kind: str) -> tuple[float, float, float]:
    """Low, expected and high, in GiB, of the total that a report read: `allocated`, `reserved` or `driver`."""
    terms = need.terms
    held = [term for term in terms if term.part is not MemoryPart.OVERHEAD]
    allocated = [sum(getattr(term, side) for term in held) for side in ("low", "expected", "high")]
    if kind == "allocated":
        return allocated[0], allocated[1], allocated[2]
    if kind == "reserved":
        kept = need.reserved_gib - need.allocated_gib
        return allocated[0] + kept / 2, allocated[1] + kept, allocated[2] + 2 * kept
    return (
        sum(term.low for term in terms),
        sum(term.expected for term in terms),
        sum(term.high for term in terms),
    )
