"""What there is to train on, and what one device of it sees of a batch."""

from msgspec import UNSET, Struct

from service.contract.job import JobCompute, JobFixed
from service.contract.words import ComputeKind
from service.core.rules.resolved_inputs import Inputs, known
from service.knowledge.index import Knowledge
from service.knowledge.rows import DeviceRow


class Machine(Struct, frozen=True):
    """What there is to train on. `memory_gib` is of one device, `total_gib` of all, with states sharded over them.

    `row` tells how fast one device is: that of its name, or of the word for it; None where only its memory is known.
    `cores` are those of a CPU.
    """

    kind: ComputeKind
    count: int
    memory_gib: float
    total_gib: float
    row: DeviceRow | None
    cores: int


def resolve_machine(compute: JobCompute, know: Knowledge, inputs: Inputs) -> Machine:
    """The machine: a compute word, or a device with its own count and memory."""
    device, named = know.devices.find(known(compute.device)), compute.device is not UNSET
    words_kind = ComputeKind.CPU if compute.kind is UNSET and compute.cores is not UNSET else known(compute.kind)
    row = device or know.devices[words_kind or ComputeKind.CONSUMER_GPU]
    count = row.count if compute.count is UNSET else compute.count
    memory = row.memory_gib if compute.memory_gib is UNSET else compute.memory_gib
    if compute.count is UNSET:
        inputs.assumed("/compute/count", count, f"usual for {row.id}")
    if compute.memory_gib is UNSET:
        inputs.assumed("/compute/memory_gib", memory, f"usual for {row.id}")
    untold = compute == JobCompute(hours=compute.hours, price_per_hour=compute.price_per_hour)
    if compute.kind is not UNSET:
        kind = compute.kind
    elif untold:
        kind = ComputeKind.CONSUMER_GPU
        inputs.assumed("/compute/kind", kind, "no compute was given")
    elif row.kind == ComputeKind.CPU:
        kind = ComputeKind.CPU
        inputs.derived("/compute/kind", kind, "what has cores is a CPU")
    else:
        kind = _kind_of(know, count, memory)
        inputs.derived("/compute/kind", kind, "from the number of devices and their memory")
    cores = known(compute.cores) or int(know.number("cpu-cores"))
    if kind is ComputeKind.CPU and compute.cores is UNSET:
        inputs.assumed("/compute/cores", cores, "usual for a CPU")
    told = device is not None or (not named and (untold or words_kind is not None))
    return Machine(kind, count, memory, memory * count, row if told else None, cores)


def _kind_of(know: Knowledge, count: int, memory_gib: float) -> ComputeKind:
    """The compute word for devices that the caller described."""
    if count > 1:
        return ComputeKind.MULTI_GPU
    return ComputeKind.CONSUMER_GPU if memory_gib <= know.number("consumer-gpu-memory") else ComputeKind.DATACENTER_GPU


class DeviceBatch(Struct, frozen=True):
    """A batch as the devices see it: `per_device` x `accumulation` x `devices` examples in one optimizer step."""

    per_device: int
    accumulation: int
    devices: int


def split_batch(fixed: JobFixed, batch: int, devices: int, least: int = 1) -> DeviceBatch:
    """The batch as the caller put it together, else spread over as many of the devices as divide it.

    `least`: examples that a device must see at a time, where so many are in the batch: batch norms need some.
    """
    per_device = known(fixed.per_device_batch_size)
    if per_device is not None:
        return DeviceBatch(per_device, known(fixed.accumulation) or 1, devices)
    most = max(1, min(devices, batch // least))
    sharing = next(count for count in range(most, 0, -1) if batch % count == 0)
    return DeviceBatch(batch // sharing, 1, sharing)
