"""The pretrained model that a job starts from: one of the catalogue, or any other as far as it is known."""

import msgspec
from msgspec import Struct

from service.contract.job import JobSource
from service.contract.words import BlockKind, Corpus, Family, NormKind, Objective, Strategy, Task
from service.core.architecture.architecture import Anatomy, catalogue_anatomy, depth_anatomy
from service.core.architecture.inference import infer_anatomy
from service.core.catalogue.heads import GENERATORS, WRITING_TASKS, keeps_head
from service.core.catalogue.sizes import usual_depth
from service.core.job.case import JobCase
from service.core.rules.resolved_inputs import Inputs, known
from service.core.rules.rule import Trace
from service.knowledge.index import Block, Knowledge
from service.knowledge.rows import ModelRow

FINDERS = (Family.DETECTOR, Family.SEGMENTER)

LISTINGS = ("parameters", "safetensors", "safetensors_index")
"""Forms of a source that name the parameters of a model."""

DESCRIPTIONS = ("family", "params", "objective", "corpus")
"""What a source may say of a model outside the catalogue without naming its parameters."""


class Start(Struct, frozen=True):
    """A pretrained model.

    `row` None: it is not of the catalogue.
    `sized` False: `params` are those that are typical of the family. `corpus` None: nobody said what it learned from.
    `head_kind` is as in `ModelRow`. `adaptable`: layers are known that adapters can be put beside. `plain`: all its
    blocks are of one size, as in a plain transformer. `anatomy` is the build of a model outside the catalogue, None
    where neither its parameters nor its depth are known.
    """

    name: str
    row: ModelRow | None
    family: Family
    params: int
    objective: Objective
    corpus: Corpus | None
    norm: NormKind | None
    head_kind: str
    adaptable: bool
    plain: bool
    anatomy: Anatomy | None = None
    sized: bool = True

    def build(
        self, know: Knowledge, task: Task | None, classes: int | None, strategy: Strategy | None
    ) -> Anatomy | None:
        """How the model is built, with the head that task and strategy ask for; None where that is not known."""
        if self.row:
            return catalogue_anatomy(know, self.row, task, classes, strategy)
        if self.anatomy is None or self.anatomy.params is not None:
            return self.anatomy
        return msgspec.structs.replace(self.anatomy, keeps_head=keeps_head(self, task, strategy))

    def backbone(self, know: Knowledge) -> tuple[Block, ...]:
        """The blocks below the head, stem first; empty where nothing tells how the model is built."""
        blocks = know.blocks[self.row.id] if self.row else self.anatomy.blocks if self.anatomy else ()
        return tuple(block for block in blocks if block.kind is not BlockKind.HEAD)

    @property
    def lists_head(self) -> bool:
        """Whether a head can be trained: the catalogue's models get one, a listed model must have one of its own."""
        blocks = self.anatomy.blocks if self.anatomy else None
        return blocks is None or any(block.kind is BlockKind.HEAD and block.params != 0 for block in blocks)

    @property
    def cell_px(self) -> int:
        """Pixels a side of its patches, or of what one cell of its last map sees; 0 where that is not known."""
        return self.row.cell_px if self.row else self.anatomy.cell_px if self.anatomy else 0

    @property
    def channels(self) -> int:
        """Values of one pixel that its first layer reads; 0 where that is not known."""
        if self.row is not None:
            return self.row.channels
        return self.anatomy.sizes.channels if self.anatomy and self.anatomy.sizes else 0

    def channel_params(self, know: Knowledge) -> int:
        """The weights of its first layer for one value of a pixel; 0 where they are not known."""
        if self.row is None:
            return self.anatomy.sizes.channel_params if self.anatomy and self.anatomy.sizes else 0
        counted = know.stored_by(self.row)
        return counted.channel_params if counted else 0

    @property
    def image_px(self) -> int | None:
        """Pixels a side of the images that it was made for; None where that is not known."""
        if self.row is not None:
            return self.row.image_px
        return (self.anatomy.sizes.image_px or None) if self.anatomy and self.anatomy.sizes else None

    @property
    def longest(self) -> int | None:
        """Tokens of the longest text that it was made for; None where that is not known."""
        return self.row.longest if self.row else self.anatomy.longest if self.anatomy else None

    @property
    def restricted(self) -> bool:
        """Whether the licence is known not to leave all use free, or does not settle it."""
        return self.row is not None and (self.row.commercial_use != "yes" or bool(self.row.restriction))

    @property
    def published_params(self) -> int | None:
        """The size by which rates are looked up: without a new head, as sizes are published; None if not known."""
        return max(1, self.params - self._listed_head) if self.sized else None

    @property
    def _listed_head(self) -> int:
        """The numbers of a new head that stands among the listed parameters."""
        if self.row is not None or self.anatomy is None or self.anatomy.keeps_head:
            return 0
        if self.params != self.anatomy.params:  # a size that the caller gave
            return 0
        return sum(block.params or 0 for block in self.anatomy.blocks if block.kind is BlockKind.HEAD)


def start_from(row: ModelRow, know: Knowledge) -> Start:
    """A model of the catalogue as a start."""
    return Start(
        name=row.id,
        row=row,
        family=row.family,
        params=row.params,
        objective=row.objective,
        corpus=row.corpus,
        norm=row.norm,
        head_kind=row.head_kind,
        adaptable=bool(row.lora_targets),
        plain=know.is_plain(row.id),
    )


def find_start(job: JobCase, best: ModelRow | None, inputs: Inputs, trace: Trace) -> Start:
    """The model that the source names, lists or describes; without any of these the best of the ranking.

    `best` is None where no target names a task to rank models for. Raises Refusal where listed parameters cannot be
    ordered.
    """
    know, source = job.know, job.source
    named = know.find_model(source.model)
    if named is not None:
        inputs.given("/source/model", named.id)
        inputs.derived("/source/family", named.family, "the family of the model")
        return start_from(named, know)
    if is_outside(source) or best is None:
        return _outside(job, best, inputs, trace)
    inputs.derived("/source/model", best.id, "first of the ranked models")
    inputs.derived("/source/family", best.family, "the family of the model")
    return start_from(best, know)


def names_model(know: Knowledge, source: JobSource) -> bool:
    """Whether the source alone tells the model to start from, so that none need be ranked for it."""
    return know.find_model(source.model) is not None or known(source.family) is not None


def is_outside(source: JobSource) -> bool:
    """Whether the source is a model that is listed, counted or described instead of named."""
    return any(known(getattr(source, name)) is not None for name in (*LISTINGS, "depth", *DESCRIPTIONS))


def _outside(job: JobCase, best: ModelRow | None, inputs: Inputs, trace: Trace) -> Start:
    """A model outside the catalogue. What nobody said of it is taken from its family, and noted as assumed."""
    anatomy = _anatomy(job, best, inputs, trace)
    family = _family(job, anatomy, best, inputs)
    usual = job.know.families[family]
    objective, params = known(job.source.objective), known(job.source.params) or (anatomy.params if anatomy else None)
    if objective is None and anatomy is not None and anatomy.objective is not None:
        objective = anatomy.objective
        inputs.derived("/source/objective", objective, "by the name of its modules")
    if job.decides and objective is None:
        inputs.assumed("/source/objective", usual.objective, f"usual for the family {family}")
    if job.decides and params is None:
        inputs.assumed("/source/params", usual.typical_params, f"typical of the family {family}")
    listed = anatomy is not None and anatomy.params is not None
    return Start(
        name="the given model",
        row=None,
        family=family,
        params=params or usual.typical_params,
        objective=objective or usual.objective,
        corpus=known(job.source.corpus),
        norm=anatomy.norm if anatomy else known(job.request.freezing.norm),
        head_kind="lm" if _keeps_vocabulary(job, family, anatomy) else "task",
        adaptable=bool(anatomy and anatomy.targets) if listed else family in (*job.know.adaptable, Family.UNKNOWN),
        plain=anatomy is None or len({block.params for block in anatomy.blocks if block.kind is BlockKind.BLOCK}) <= 1,
        anatomy=anatomy,
        sized=params is not None,
    )


def _keeps_vocabulary(job: JobCase, family: Family, anatomy: Anatomy | None) -> bool:
    """Whether its head is a pretrained one: a generator without a head of its own writes with its word embedding, and
    what learned from images with their texts finds what is named or pointed at, whatever the classes are.
    """
    if family in FINDERS and known(job.source.corpus) is Corpus.WEB_IMAGE_TEXT:
        return True
    if anatomy is None or anatomy.sizes is None:
        writes = job.target is not None and job.target.id in WRITING_TASKS
        return bool(anatomy and anatomy.keeps_head) or family in GENERATORS or (family is Family.UNKNOWN and writes)
    headless = not any(block.kind is BlockKind.HEAD for block in anatomy.blocks)
    return anatomy.keeps_head or (headless and family in GENERATORS and anatomy.sizes.vocabulary > 0)


def _anatomy(job: JobCase, best: ModelRow | None, inputs: Inputs, trace: Trace) -> Anatomy | None:
    """The build, from parameters or a depth. A whole plan needs one: then a depth is assumed where none is given."""
    source, norm = job.source, known(job.request.freezing.norm)
    if any(known(getattr(source, name)) is not None for name in LISTINGS):
        return infer_anatomy(job.request, job.know, inputs, trace)
    depth = known(source.depth)
    if depth is None and job.decides:
        family = known(source.family) or (best.family if best else None)
        depth, because = usual_depth(job.know, family, known(source.params))
        inputs.assumed("/source/depth", depth, because)
    task = job.target.id if job.target else None
    return depth_anatomy(depth, known(source.family), norm, task) if depth else None


def _family(job: JobCase, anatomy: Anatomy | None, best: ModelRow | None, inputs: Inputs) -> Family:
    """The family: given, told by the names, else that of the best model for the task; unknown without a task."""
    family = known(job.source.family) or (anatomy.family if anatomy else None)
    if family is not None:
        return family
    if best is not None and job.decides:
        inputs.assumed("/source/family", best.family, "the family of the first of the ranked models")
        return best.family
    inputs.assumed("/source/family", Family.UNKNOWN, "nothing tells it")
    return Family.UNKNOWN
