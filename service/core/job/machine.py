"""What there is to train on."""

from msgspec import UNSET, Struct

from service.contract.job import JobCompute
from service.contract.words import ComputeKind
from service.core.rules.resolved_inputs import Inputs, known
from service.knowledge.index import Knowledge


class Machine(Struct, frozen=True):
    """What there is to train on. `memory_gib` is of one device, `total_gib` of all, with states sharded over them."""

    kind: ComputeKind
    count: int
    memory_gib: float
    total_gib: float


def resolve_machine(compute: JobCompute, know: Knowledge, inputs: Inputs) -> Machine:
    """The machine: a compute word, or a device with its own count and memory."""
    device = know.find_device(known(compute.device))
    row = device or know.devices[ComputeKind.CONSUMER_GPU if compute.kind is UNSET else compute.kind]
    count = row.count if compute.count is UNSET else compute.count
    memory = row.memory_gib if compute.memory_gib is UNSET else compute.memory_gib
    if compute.count is UNSET:
        inputs.assumed("/compute/count", count, f"usual for {row.id}")
    if compute.memory_gib is UNSET:
        inputs.assumed("/compute/memory_gib", memory, f"usual for {row.id}")
    if compute.kind is not UNSET:
        kind = compute.kind
    elif compute == JobCompute(hours=compute.hours):
        kind = ComputeKind.CONSUMER_GPU
        inputs.assumed("/compute/kind", kind, "no compute was given")
    else:
        kind = _kind_of(know, count, memory)
        inputs.derived("/compute/kind", kind, "from the number of devices and their memory")
    return Machine(kind, count, memory, memory * count)


def _kind_of(know: Knowledge, count: int, memory_gib: float) -> ComputeKind:
    """The compute word for devices that the caller described."""
    if count > 1:
        return ComputeKind.MULTI_GPU
    return ComputeKind.CONSUMER_GPU if memory_gib <= know.number("consumer-gpu-memory") else ComputeKind.DATACENTER_GPU
