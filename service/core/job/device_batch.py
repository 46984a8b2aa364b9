"""What one device sees of a batch."""

from msgspec import Struct

from service.contract.job import JobFixed
from service.core.rules.resolved_inputs import known


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
