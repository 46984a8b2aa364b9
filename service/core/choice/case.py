"""The job with its starting model: what strategies are chosen by."""

from functools import cached_property

import msgspec
from msgspec import Struct

from service.contract.words import (
    Attention,
    BlockKind,
    Family,
    Optimizer,
    Policy,
    Precision,
    SimilarityLevel,
    Strategy,
    Task,
)
from service.core.architecture.architecture import Anatomy
from service.core.catalogue.heads import (
    BACKBONES,
    COMPARES_TEXTS,
    GENERATORS,
    HEADLESS_TASKS,
    OWNERS,
    TOGETHER,
    can_zero_shot,
    has_new_head,
    keeps_head,
)
from service.core.choice.comparisons import Comparison, Setting, consult, setting_of
from service.core.choice.start import Start
from service.core.job.case import JobCase
from service.core.job.similarity import is_very_different
from service.core.resources.adapter_size import adapter_rank
from service.core.resources.footprint import (
    ExampleSize,
    Footprint,
    example_size,
    footprint,
    repeated,
    stores_scores,
)
from service.core.resources.memory import Need, Wished
from service.core.resources.precision import PRECISION, PrecisionCase
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Rule
from service.knowledge.index import Block, Knowledge

WORDS = (Family.TEXT_ENCODER, Family.ENCODER_DECODER, Family.DECODER_LM)
"""Families whose first block embeds words, which can stay frozen."""


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
        """Whether the first layer must be rebuilt, because the input has other channels."""
        return self.job.rebuilds_stem(self.model.channels or int(self.know.number("image-channels")))

    @property
    def together(self) -> bool:
        """Whether each example is held against the others that a device sees at a time: parts of a batch teach less."""
        return self.job.target is not None and self.job.target.id in TOGETHER

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
        device = self.know.devices.find(known(job.request.compute.device))
        return PRECISION.first(PrecisionCase(known(job.fixed.precision), job.machine.kind, device, self.model.row))

    @cached_property
    def anatomy(self) -> Anatomy | None:
        """How the model is built for the task; None where nothing tells."""
        return self.build(None)

    def build(self, strategy: Strategy | None) -> Anatomy | None:
        """How the model is built, with the head that task and strategy ask for, and a first layer for the channels."""
        job = self.job
        task, classes = job.target.id if job.target else None, job.size.classes if job.size else None
        anatomy, more = self.model.build(self.know, task, classes, strategy), self.stem_growth
        if anatomy is None or more == 0:
            return anatomy
        stem, *others = anatomy.blocks
        params = None if more is None or stem.params is None else stem.params + more
        return msgspec.structs.replace(anatomy, blocks=(msgspec.structs.replace(stem, params=params), *others))

    @cached_property
    def stem_growth(self) -> int | None:
        """Numbers that a rebuilt first layer has more than its own; None where that is not known, 0 if it stays."""
        own, told = self.model.channels, self.job.channels
        if not self.needs_new_stem:
            return 0
        each = self.model.channel_params(self.know)
        return None if told is None or not own or not each else (told - own) * each

    @cached_property
    def head_params(self) -> int:
        """The numbers of a new head that is not counted among the model's own; 0 where they are not known."""
        anatomy = self.anatomy
        if self.model.row is None or anatomy is None or anatomy.keeps_head:
            return 0
        return sum(block.params or 0 for block in anatomy.blocks if block.kind is BlockKind.HEAD)

    @cached_property
    def sized_as(self) -> Start:
        """The model as memory and time take it: a backbone in a detector or segmenter as one of these.

        What neck and head keep and compute beside a backbone nobody has counted.
        """
        owner = OWNERS.get(self.job.target.id) if self.job.target else None
        lent = owner is not None and self.model.family in BACKBONES
        return msgspec.structs.replace(self.model, family=owner, row=None) if lent else self.model

    @cached_property
    def example_size(self) -> ExampleSize:
        """How large the longest example is."""
        data = self.job.request.dataset
        return example_size(self.know, self.sized_as, known(data.sequence_length), known(data.image_size))

    @cached_property
    def layers(self) -> tuple[Block, ...]:
        """The blocks below the head."""
        return self.anatomy.backbone if self.anatomy else ()

    @property
    def attention(self) -> Attention | None:
        """How attention runs: as given, else fused where the model can; None between no tokens, or within windows."""
        windows = self.model.family is Family.VISION_TRANSFORMER and not self.model.plain
        if windows or self.know.footprints[self.sized_as.family].bytes_of_params:
            return None
        usual = Attention.EAGER if stores_scores(self.know, self.model.row) else Attention.FUSED
        return known(self.job.fixed.attention) or usual

    @cached_property
    def footprint(self) -> Footprint:
        """What the model keeps of an example, block by block."""
        model, built, task = self.sized_as, self.anatomy, self.job.target.id if self.job.target else None
        clip = task is Task.VIDEO_CLASSIFICATION and model.family is Family.VISION_TRANSFORMER
        frames = (model.row.frames if model.row else None) or int(self.know.number("clip-frames"))
        one = footprint(
            self.know,
            model,
            self.layers,
            built.sizes if built else None,
            built.targets if built else (),
            self.example_size,
            self.job.channels or int(self.know.number("image-channels")),
            self.precision[1].value,
            generates=model.family in GENERATORS and task not in HEADLESS_TASKS and keeps_head(model, task),
            pixel_classes=self._pixel_classes,
            planes=frames // int(self.know.number("frames-a-plane")) if clip else 1,
            eager=self.attention is Attention.EAGER,
        )
        return repeated(one, int(self.know.number("preference-texts"))) if task in COMPARES_TEXTS else one

    @property
    def _pixel_classes(self) -> int:
        """Classes that each pixel is scored against; 0 where a picture is segmented object by object, or not at all."""
        target, row = self.job.target, self.model.row
        whole = target is not None and target.id is Task.IMAGE_SEGMENTATION
        if not whole or (row is not None and self.know.serves(row, Task.INSTANCE_SEGMENTATION)):
            return 0
        return self.job.data.classes or int(self.know.number("usual-pixel-classes"))

    @cached_property
    def idle_need(self) -> Need:
        """The memory of using the model as it comes."""
        blocks = sum(block.params or 0 for block in self.layers if block.kind is BlockKind.BLOCK) or self.model.params
        beyond = self.anatomy.beyond_linear if self.anatomy else 0
        return Need(
            know=self.know,
            footprint=self.footprint,
            kind=self.job.machine.kind,
            optimizer=known(self.job.fixed.optimizer) or Optimizer.ADAMW,
            precision=self.precision[1].value,
            held=self.model.params + (self.stem_growth or 0),
            opened=0,
            head=0,
            adapter=0,
            first=len(self.footprint.params_from) - 1,
            blocks_in_bits=0 if self.attention is None else max(0, blocks - beyond),
            beyond_bits=beyond,
            trains=False,
            devices=self.job.machine.count,
            new_head=self.job.target is not None and self.gets_new_head,
            referred=self.job.target is not None and self.job.target.id is Task.PREFERENCE_TUNING,
            wished=Wished(known(self.job.fixed.checkpointing), known(self.job.fixed.sharding)),
        )

    @cached_property
    def tunes_overnight(self) -> bool:
        """Whether a processor without a GPU tunes the whole model in a night: three forward passes for each step."""
        know, examples, size = self.know, self.job.data.examples, self.footprint
        usual = know.lengths.get((self.model.family, Strategy.FULL))
        if usual is None:
            return False
        batch = min(usual.batch_size, examples)
        seen = max(examples * usual.epochs, min(usual.min_steps * batch, know.number("passes-most") * examples))
        counted = size.operations_from
        forward = counted[0] if counted else 2.0 * self.model.params * max(1, self.example_size.tokens)
        return 3.0 * forward * seen <= know.number("night-operations")

    def need(self, strategy: Strategy, first: int | None = None) -> Need:
        """The memory that a strategy takes, before a plan counts its parameters.

        `first`: the lowest block that partial tuning opens; by default the last that holds any parameters.
        """
        idle, params_from = self.idle_need, self.footprint.params_from
        match strategy:
            case Strategy.ZERO_SHOT:
                return idle
            case Strategy.FEATURE_EXTRACTION:
                return msgspec.structs.replace(idle, head=self.head_params, trains=True)
            case Strategy.PARAMETER_EFFICIENT:
                return msgspec.structs.replace(
                    idle, head=self.head_params, adapter=self.adapter_params, first=self.first_layer, trains=True
                )
            case Strategy.PARTIAL:
                kept_head = max(0, idle.held - params_from[0])
                first = self._last_held if first is None else first
                opened = min(idle.held, params_from[first] + kept_head)
                return msgspec.structs.replace(idle, opened=opened, head=self.head_params, first=first, trains=True)
            case _:
                return msgspec.structs.replace(idle, opened=idle.held, head=self.head_params, first=0, trains=True)

    def least_need(self, strategy: Strategy) -> Need:
        """The least memory that a strategy takes: full tuning of a text model can do without its word embeddings."""
        if strategy is Strategy.FULL and self.model.family in WORDS and len(self.footprint.params_from) > 2:
            return self.need(Strategy.PARTIAL, 1)
        return self.need(strategy, None)

    @cached_property
    def first_layer(self) -> int:
        """The lowest block that adapters stand in."""
        kinds = [block.kind for block in self.layers]
        return kinds.index(BlockKind.BLOCK) if BlockKind.BLOCK in kinds else 0

    @property
    def adapter_params(self) -> int:
        """The numbers of the adapters: exact where the width of their layers is known."""
        width = self.anatomy.target_width if self.anatomy else None
        if width is None:
            return round(self.model.params * self.know.number("adapter-share"))
        return adapter_rank(self.know, self.model.family, known(self.job.request.schedule.adapter))[0] * width

    @property
    def _last_held(self) -> int:
        held = self.footprint.params_from
        return next((index for index in range(len(held) - 2, -1, -1) if held[index] > held[index + 1]), 0)

    @cached_property
    def consulted(self) -> tuple[Rule[Setting, Comparison] | None, Comparison]:
        """What published comparisons say of the case; nothing where the guides alone are to be followed."""
        if self.job.policy is Policy.GUIDES:
            return None, Comparison(None, "")
        model, job = self.model, self.job
        setting = setting_of(
            job,
            family=model.family,
            objective=model.objective,
            params=model.params,
            similarity=self.similarity,
            plain=model.plain,
            adapters=model.adaptable,
            zero_shot=self.works_untrained,
        )
        return consult(setting)

    def under(self, policy: Policy) -> "Case":
        """The same case under another policy."""
        return Case(msgspec.structs.replace(self.job, policy=policy), self.model, self.similarity, self.level)
