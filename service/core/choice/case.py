"""The job with its starting model: what strategies are chosen by."""

from functools import cached_property

import msgspec
from msgspec import Struct

from service.contract.words import BlockKind, LabelsPerExample, Optimizer, Policy, Precision, SimilarityLevel, Strategy
from service.core.catalogue.heads import has_new_head
from service.core.catalogue.zero_shot import can_zero_shot
from service.core.choice.comparisons import Comparison, Setting, consult
from service.core.choice.start import Start
from service.core.job.case import JobCase
from service.core.job.similarity import is_very_different
from service.core.resources.memory import Need, need_on
from service.core.resources.precision import PRECISION, PrecisionCase
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Rule
from service.knowledge.index import Knowledge


class Case(Struct, frozen=True, dict=True):
    """The job with the model that it starts from, and how alike their data are."""

    job: JobCase
    model: Start
    similarity: float
    level: SimilarityLevel

    @property
    def know(self) -> Knowledge:
        """The knowledge that the job is judged by."""
        return self.job.know

    @property
    def works_untrained(self) -> bool:
        """Whether the model does the task as it comes."""
        return can_zero_shot(self.model, self.job.task.id)

    @property
    def gets_new_head(self) -> bool:
        """Whether the task puts a new head on the model, which can be trained alone."""
        return has_new_head(self.model, self.job.task.id)

    @property
    def needs_new_stem(self) -> bool:
        """Whether the first layer must be rebuilt, because the input has other channels.

        One channel is repeated instead.
        """
        channels = self.job.channels
        if channels is not None:
            return channels not in (1, int(self.know.number("image-channels")))
        return self.job.domain is not None and self.job.domain.other_channels

    @property
    def alike(self) -> bool:
        """Whether pretraining and target data are much alike."""
        return self.level is SimilarityLevel.HIGH

    @property
    def unlike(self) -> bool:
        """Whether they are little alike."""
        return self.level is SimilarityLevel.LOW

    @property
    def very_different(self) -> bool:
        """Whether they are so unlike that training from scratch is a rival."""
        return is_very_different(self.know, self.similarity)

    @cached_property
    def precision(self) -> tuple[Rule[PrecisionCase, Finding[Precision]], Finding[Precision]]:
        """What the run computes in, and why."""
        job = self.job
        device = self.know.find_device(known(job.request.compute.device))
        return PRECISION.first(PrecisionCase(known(job.fixed.precision), job.machine.kind, device, self.model.row))

    @cached_property
    def head_params(self) -> int:
        """The numbers of a new head that is not counted among the model's own; 0 where they are not known."""
        task, classes = (
            self.job.target.id if self.job.target else None,
            self.job.size.classes if self.job.size else None,
        )
        anatomy = self.model.build(self.know, task, classes, None)
        if self.model.row is None or anatomy is None or anatomy.keeps_head:
            return 0
        return sum(block.params or 0 for block in anatomy.blocks if block.kind is BlockKind.HEAD)

    def need(self, strategy: Strategy, open_share: float) -> Need:
        """The memory that a strategy takes on the machine of the job, before a plan counts its parameters."""
        return need_on(
            self.job.machine,
            self.know,
            self.model.params,
            strategy,
            known(self.job.fixed.optimizer) or Optimizer.ADAMW,
            open_share,
            head=self.head_params,
            precision=self.precision[1].value,
        )

    @cached_property
    def consulted(self) -> tuple[Rule[Setting, Comparison] | None, Comparison]:
        """What published comparisons say of the case; nothing where the guides alone are to be followed."""
        if self.job.policy is Policy.GUIDES:
            return None, Comparison(None, "")
        model, job = self.model, self.job
        setting = Setting(
            know=job.know,
            task=job.task,
            family=model.family,
            objective=model.objective,
            params=model.params,
            examples=job.data.examples,
            per_class=job.data.per_class,
            similarity=self.similarity,
            distinction=job.distinction,
            plain=model.plain,
            adapters=model.adaptable,
            zero_shot=self.works_untrained,
            robust=job.constraints.robust_to_shift,
            paired=job.request.dataset.texts_per_example == 2,
            several_labels=job.labels is LabelsPerExample.SEVERAL,
            keep_source_ability=job.constraints.keep_source_ability,
        )
        return consult(setting)

    def under(self, policy: Policy) -> "Case":
        """The same case under another policy."""
        return Case(msgspec.structs.replace(self.job, policy=policy), self.model, self.similarity, self.level)
