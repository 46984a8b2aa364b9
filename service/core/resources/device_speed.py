"""How fast a device computes, moves and starts: its data sheet, and what runs were seen to reach of it."""

from msgspec import Struct

from service.contract.words import ComputeKind, Family, Precision
from service.core.job.machine import Machine
from service.core.resources.operations import Work
from service.knowledge.index import Knowledge

CONVOLVED = (Family.CNN, Family.DETECTOR)
"""Families whose 32-bit products PyTorch runs in TF32 by itself, where the device has it."""

FEW_KERNELS = (*CONVOLVED, Family.CONVNEXT)
"""Families whose blocks are few kernels each."""


class DeviceSpeed(Struct, frozen=True):
    """Operations and bytes a second that one device reaches, seconds to start a block, and bytes a second of its link.

    `share`: of the peak of its data sheet, that its operations are. The true time of a step is within `spread` times
    more or less. `watts` None: not known.
    """

    operations: float
    share: float
    bytes: float
    start: float
    link: float
    spread: float
    watts: float | None

    def busy(self, work: Work) -> float:
        """Seconds that one example keeps the device at work."""
        return work.operations / self.operations + work.moved / self.bytes

    def least_seconds(self, work: Work, per_device: int, accumulation: int) -> float:
        """Of one optimizer step at the peak, which no run exceeds."""
        return accumulation * per_device * work.operations * self.share / self.operations

    def seconds(self, work: Work, per_device: int, accumulation: int) -> float:
        """Of one optimizer step: what the device computes and moves, but no less than the starts of its blocks."""
        busy = per_device * self.busy(work) + work.carried / self.bytes
        one_pass = max(busy, work.started * self.start) + work.exchanged_in_pass / self.link
        return accumulation * one_pass + work.stepped / self.bytes + work.exchanged / self.link


def speed_of(machine: Machine, family: Family, precision: Precision, know: Knowledge) -> DeviceSpeed | None:
    """How fast one device of the machine is; None where that is not known."""
    row = machine.row
    if row is None or row.fp32_tflops is None or row.bandwidth_gbs is None:
        return None
    on_cpu = machine.kind is ComputeKind.CPU
    wide = row.tf32_tflops if family in CONVOLVED else None
    half = row.bf16_tflops if precision is Precision.BF16_MIXED else row.fp16_tflops
    peak = ((wide if precision is Precision.FP32 else half) or row.fp32_tflops) * (machine.cores if on_cpu else 1)
    start = "block-start" if family in FEW_KERNELS else "block-start-attention"
    measured = know.number("time-spread") if row.grade != "D" else know.number("time-spread-unmeasured")
    share = know.number("peak-reached-cpu" if on_cpu else "peak-reached")
    return DeviceSpeed(
        operations=peak * 1e12 * share,
        share=share,
        bytes=row.bandwidth_gbs * 1e9,
        start=know.number("block-start-cpu" if on_cpu else start),
        link=(row.link_gbs or know.number("link-usual")) * 1e9 * know.number("link-reached"),
        spread=measured,
        watts=row.watts * machine.cores if row.watts and on_cpu else row.watts,
    )
