"""In which order blocks are opened, and for how long."""

from msgspec import Struct

from service.contract.freeze import FreezeBlock, UnfreezePhase
from service.contract.words import BlockKind, BlockState, DatasetBand, Family, Grade, Method, Strategy
from service.core.rules.example_requests import freeze, job
from service.core.rules.rule import Decided, Topic
from service.core.rules.trace import Trace
from service.core.schedule.curves import steady
from service.knowledge.index import Knowledge
from service.knowledge.rows import LengthRow

GENERIC_FAMILY = Family.VISION_TRANSFORMER
"""Whose lengths are used where no family is known."""


class PhaseCase(Struct, frozen=True):
    """What the phases are decided by. `head` and `backbone` hold the numbers of the blocks that train."""

    know: Knowledge
    strategy: Strategy
    band: DatasetBand
    head: tuple[int, ...]
    backbone: tuple[int, ...]
    length: LengthRow | None
    method: Method | None = None

    @property
    def head_share(self) -> float:
        """Share of all epochs for the head alone."""
        row = self.length
        return row.head_epochs / (row.head_epochs + row.epochs) if row else 0.0


class Opening(Struct, frozen=True):
    """One phase before it is numbered."""

    name: str
    blocks: tuple[int, ...]
    share: float


PHASES: Topic[PhaseCase, Decided[list[Opening]]] = Topic("phases")


@PHASES.rule(
    "phases-none",
    "Where nothing is trained there is no phase.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(
        freeze(50, depth=12, strategy="zero-shot"),
        job(20, classes=10, source={"model": "resnet50"}),
    ),
    silent=(freeze(500, depth=12),),
)
def none(case: PhaseCase) -> Decided[list[Opening]] | None:
    nothing = case.strategy is Strategy.ZERO_SHOT or case.method is Method.NEAREST_NEIGHBOURS
    return Decided([], "nothing is trained") if nothing else None


@PHASES.rule(
    "phases-pairs",
    "Contrastive few-shot tuning opens the whole encoder for one pass over pairs of texts; the head is fitted on its "
    "embeddings.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(16, task="text-classification", classes=2),),
    silent=(job(16, task="text-classification", classes=2, policy="guides"),),
)
def pairs(case: PhaseCase) -> Decided[list[Opening]] | None:
    if case.method is not Method.CONTRASTIVE_FEW_SHOT:
        return None
    return Decided([Opening("pairs of texts", case.backbone + case.head, 1.0)], f"{case.method}: one phase")


@PHASES.rule(
    "phases-one",
    "A head or an adapter on a frozen backbone, and training from scratch, take one phase.",
    grade=Grade.C,
    sources=("seed-complete-guide", "seed-explainer"),
    seeds=("R-029", "R-035"),
    fires=(freeze(500, depth=12, strategy="feature-extraction"),),
    silent=(freeze(5000, depth=12),),
)
def one(case: PhaseCase) -> Decided[list[Opening]] | None:
    name = {
        Strategy.FEATURE_EXTRACTION: "head",
        Strategy.PARAMETER_EFFICIENT: "adapter",
        Strategy.FROM_SCRATCH: "everything",
    }.get(case.strategy)
    if name is None:
        return None
    return Decided([Opening(name, case.backbone + case.head, 1.0)], f"{case.strategy}: one phase")


@PHASES.rule(
    "phases-pretrained-head",
    "Where there is no new head to train first, as in generators and embedders, all opened blocks start together.",
    grade=Grade.B,
    sources=("transformers",),
    seeds=("C-14",),
    fires=(job(task="summarization", source={"model": "t5-small"}),),
    silent=(freeze(5000, depth=12),),
)
def pretrained_head(case: PhaseCase) -> Decided[list[Opening]] | None:
    if case.head and case.head_share > 0:
        return None
    return Decided([Opening("opened blocks", case.backbone + case.head, 1.0)], "no head-only epochs for this family")


@PHASES.rule(
    "phases-gradual",
    "With few labels blocks are opened gradually: head, then the upper half of the opened blocks, then all of them.",
    grade=Grade.C,
    sources=("howard-ruder-2018", "seed-calculator", "seed-complete-guide"),
    seeds=("R-054", "R-061", "R-062", "R-063", "C-08"),
    fires=(freeze(100, depth=50, similarity=8),),
    silent=(freeze(5000, depth=50), freeze(500, depth=12, strategy="feature-extraction")),
)
def gradual(case: PhaseCase) -> Decided[list[Opening]] | None:
    if case.band not in (DatasetBand.TINY, DatasetBand.SMALL) or len(case.backbone) < 2:
        return None
    upper = case.backbone[len(case.backbone) // 2 :]
    rest = 1 - case.head_share
    return Decided(
        [
            Opening("head", case.head, case.head_share),
            Opening("head and upper opened blocks", upper + case.head, rest / 3),
            Opening("head and all opened blocks", case.backbone + case.head, rest * 2 / 3),
        ],
        f"{case.band} data: three phases, the head for {case.head_share:.3g} of the epochs",
        (case.length,) if case.length else (),
    )


@PHASES.rule(
    "phases-head-first",
    "The new head is trained first on the frozen backbone; then the opened blocks join at a rate ten times lower or "
    "less.",
    grade=Grade.C,
    sources=("seed-explainer", "seed-complete-guide", "keras-transfer-guide"),
    seeds=("R-035", "R-061", "R-063", "R-082", "R-083", "C-08", "C-14"),
    fires=(freeze(5000, depth=50),),
    silent=(freeze(100, depth=50), freeze(500, depth=12, strategy="feature-extraction")),
    dissent=("The calculator calls opening everything at once with discriminative rates similar and simpler.",),
)
def head_first(case: PhaseCase) -> Decided[list[Opening]]:
    return Decided(
        [
            Opening("head", case.head, case.head_share),
            Opening("head and opened blocks", case.backbone + case.head, 1 - case.head_share),
        ],
        f"two phases, the head for {case.head_share:.3g} of the epochs",
        (case.length,) if case.length else (),
    )


def _is_new(block: FreezeBlock, new_stem: bool) -> bool:
    """Whether a block starts from random weights: a head with numbers of its own, or a stem that was rebuilt."""
    if block.kind is BlockKind.HEAD:
        return block.params != 0
    return block.kind is BlockKind.STEM and new_stem


def plan_phases(
    know: Knowledge,
    strategy: Strategy,
    family: Family,
    band: DatasetBand,
    blocks: list[FreezeBlock],
    new_stem: bool,
    trace: Trace,
    method: Method | None = None,
) -> list[UnfreezePhase]:
    """The phases, each with the numbers of the blocks that train in it."""
    training = [block for block in blocks if block.state is not BlockState.FROZEN]
    new = {block.index for block in training if _is_new(block, new_stem)}
    case = PhaseCase(
        know=know,
        strategy=strategy,
        band=band,
        head=tuple(sorted(new)),
        backbone=tuple(block.index for block in training if block.index not in new),
        length=know.lengths.get((family, strategy)),
        method=method,
    )
    rule, openings = PHASES.first(case)
    trace.decided("/freeze_plan/phases", rule, openings)
    patience = int(know.number("early-stopping-patience"))
    stop = f"stop when the validation metric has not improved for {patience} evaluations, and keep the best weights"
    return [
        UnfreezePhase(
            index=index,
            name=opening.name,
            train_blocks=sorted(opening.blocks),
            trainable=None,
            epoch_share=steady(opening.share),
            patience=patience,
            stop=stop,
        )
        for index, opening in enumerate(openings.value)
    ]
