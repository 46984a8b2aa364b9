"""What every export of a plan is made from."""

from functools import cached_property

from msgspec import Struct

from service.contract.freeze import FreezeBlock, FreezePlan
from service.contract.schedule import LrSchedule, ScheduleGroup, TrainingPhase, TrainingSetup
from service.contract.words import BlockKind, BlockState, Family, LayoutCertainty, Strategy, Task


class Plan(Struct, frozen=True, dict=True):
    """A freeze plan with the schedule and the phases that train it, and the setup of the run.

    `checkpoint` is the pretrained model's own name; None for a model that is not in the catalogue. `classes` and `task`
    are None where the request did not say. `holder` is the attribute under which a module that trains holds the
    network; `holds_names`: the names were listed with it. `head_known` is false where the model's list holds none, or
    its last layer was taken for one.
    """

    setup: TrainingSetup
    freeze: FreezePlan
    schedule: LrSchedule
    phases: list[TrainingPhase]
    family: Family
    checkpoint: str | None
    task: Task | None
    classes: int | None
    holder: str = "model"
    holds_names: bool = False
    head_known: bool = True

    @property
    def adapter(self) -> bool:
        """Whether an adapter is trained instead of the backbone."""
        return self.freeze.strategy is Strategy.PARAMETER_EFFICIENT

    @property
    def unsaved(self) -> list[str]:
        """The parts of a listed model's new head that PEFT cannot be told to train whole beside the adapter."""
        if self.freeze.adapter is None or not self.listed:
            return []
        heads = [block for block in self.trained if block.kind is BlockKind.HEAD and block.params != 0]
        parts = [part for head in heads for part in (*head.modules, *head.parameters)]
        return [part for part in parts if part not in self.freeze.adapter.modules_to_save]

    @property
    def frozen(self) -> list[FreezeBlock]:
        """The blocks that no phase trains."""
        return [block for block in self.freeze.blocks if block.state is BlockState.FROZEN]

    @property
    def trained(self) -> list[FreezeBlock]:
        """The blocks that the last phase trains."""
        return [block for block in self.freeze.blocks if block.state is not BlockState.FROZEN]

    @property
    def listed(self) -> bool:
        """Whether the model is not one of the catalogue, whose norms are known."""
        return self.freeze.layout.certainty is not LayoutCertainty.VERIFIED

    @property
    def rests(self) -> bool:
        """Whether a helper looks for batch-norm layers among the modules and puts the frozen ones to rest.

        Names do not tell of every batch norm: beside frozen blocks of a model that was only listed it always looks.
        """
        own = sum(block.params != 0 for block in self.freeze.blocks)
        frozen = any(len(phase.train_blocks) < own for phase in self.phases)
        return self.freeze.norm.frozen_statistics or (self.listed and frozen)

    def group(self, block: FreezeBlock) -> ScheduleGroup | None:
        """The schedule's group of a block; None for a tied head, which has no parameters of its own."""
        return self._groups.get(block.pattern)

    @cached_property
    def _groups(self) -> dict[str | None, ScheduleGroup]:
        return {group.pattern: group for group in reversed(self.schedule.groups)}

    def rate(self, phase: TrainingPhase, block: FreezeBlock) -> float:
        """The peak rate of a block in a phase; 0 where it does not train there."""
        if block.index not in phase.train_blocks:
            return 0.0
        if block.kind is BlockKind.HEAD:
            return phase.head_rate
        group = self.group(block)
        return group.peak_rate if group else 0.0
