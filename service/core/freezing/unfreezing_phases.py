"""In which order blocks are opened, and for how long."""

from msgspec import Struct

from service.contract.freeze import FreezeAdapter, UnfreezePhase
from service.contract.words import Family, Grade, Method, Strategy
from service.core.catalogue.heads import TOKEN_TASKS
from service.core.freezing.case import FreezeCase
from service.core.freezing.counts import trainable
from service.core.rules.example_requests import BARE, RESNET, T5, TINY_BERT, freeze, job
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic, Trace
from service.core.schedule.curve.curves import steady


class Opening(Struct, frozen=True):
    """One phase before it is numbered."""

    name: str
    blocks: tuple[int, ...]
    share: float


PHASES: Topic[FreezeCase, Finding[list[Opening]]] = Topic("phases")


@PHASES.rule(
    "phases-none",
    "Where nothing is trained there is no phase.",
    fires=(
        freeze(50, depth=12, strategy="zero-shot").decides("None: nothing is trained"),
        job(20, classes=10, source=RESNET).decides("None: nothing is trained"),
    ),
    silent=(freeze(500, depth=12),),
)
def none(case: FreezeCase) -> Finding[list[Opening]] | None:
    return None if case.trains else Finding([], "nothing is trained")


@PHASES.rule(
    "phases-pairs",
    "Contrastive few-shot tuning opens the whole encoder for one pass over pairs of texts; the head is fitted on its "
    "embeddings.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(16, task="text-classification", classes=2).decides("0: contrastive-few-shot: one phase"),),
    silent=(job(16, task="text-classification", classes=2, policy="guides"),),
)
def pairs(case: FreezeCase) -> Finding[list[Opening]] | None:
    if case.method is not Method.CONTRASTIVE_FEW_SHOT:
        return None
    return Finding([Opening("pairs of texts", case.open_blocks + case.new_blocks, 1.0)], f"{case.method}: one phase")


@PHASES.rule(
    "phases-one",
    "A head or an adapter on a frozen backbone, and training from scratch, take one phase.",
    grade=Grade.C,
    sources=("seed-complete-guide", "seed-explainer"),
    seeds=("R-029", "R-035"),
    fires=(freeze(500, depth=12, strategy="feature-extraction").decides("0: feature-extraction: one phase"),),
    silent=(freeze(5000, depth=12),),
)
def one(case: FreezeCase) -> Finding[list[Opening]] | None:
    name = (
        {
            Strategy.FEATURE_EXTRACTION: "head",
            Strategy.PARAMETER_EFFICIENT: "adapter",
            Strategy.FROM_SCRATCH: "everything",
        }.get(case.strategy)
        if case.strategy
        else None
    )
    if name is None:
        return None
    return Finding([Opening(name, case.open_blocks + case.new_blocks, 1.0)], f"{case.strategy}: one phase")


@PHASES.rule(
    "phases-pretrained-head",
    "Where there is no new head to train first, as in generators and embedders, all opened blocks start together.",
    grade=Grade.B,
    sources=("transformers",),
    seeds=("C-14",),
    fires=(
        job(task="summarization", source=T5).decides("0: no head-only epochs for this family"),
        job(task="tabular-classification").decides("0: no head-only epochs for this family"),
    ),
    silent=(freeze(5000, depth=12),),
)
def pretrained_head(case: FreezeCase) -> Finding[list[Opening]] | None:
    if case.trains_new_head and case.head_share > 0:
        return None
    return Finding(
        [Opening("opened blocks", case.open_blocks + case.new_blocks, 1.0)], "no head-only epochs for this family"
    )


@PHASES.rule(
    "phases-of-tokens",
    "Encoders that label tokens or point at answers open all blocks at once, as every recipe of theirs does.",
    grade=Grade.B,
    sources=("transformers", "splinter"),
    fires=(
        job(800, task="token-classification").decides("0: token-classification: one phase"),
        job(102, task="question-answering").decides("0: question-answering: one phase"),
    ),
    silent=(job(5000, task="text-classification", classes=2), freeze(100, depth=50), freeze(500, parameters=TINY_BERT)),
    dissent=("Two guides train any new head first.",),
)
def of_tokens(case: FreezeCase) -> Finding[list[Opening]] | None:
    target = case.case.job.target
    if case.family is not Family.TEXT_ENCODER or target is None or target.id not in TOKEN_TASKS:
        return None
    return Finding(
        [Opening("head and opened blocks", case.open_blocks + case.new_blocks, 1.0)], f"{target.id}: one phase"
    )


@PHASES.rule(
    "phases-of-given-length",
    "Epochs or steps that the caller gives are those of the whole run: all opened blocks start together, unless a "
    "probe before tuning is asked for.",
    grade=Grade.C,
    sources=("seed-calculator", "transformers"),
    seeds=("C-08",),
    fires=(
        job(fixed={"epochs": 50, "strategy": "full-fine-tuning"}).decides("0: the length is given: one phase"),
        freeze(100, model="resnet50", strategy="partial-fine-tuning", total_steps=99).decides(
            "0: the length is given: one phase"
        ),
    ),
    silent=(job(5000), job(fixed={"epochs": 4, "method": "probe-then-fine-tune"}), job(500_000)),
    dissent=("Two guides train the head first; a run of a given length would grow by it.",),
)
def given_length(case: FreezeCase) -> Finding[list[Opening]] | None:
    fixed = case.case.job.fixed
    given = known(fixed.epochs) is not None or known(fixed.total_steps) is not None
    if not given or case.method is Method.PROBE_THEN_FINE_TUNE:
        return None
    return Finding(
        [Opening("opened blocks", case.open_blocks + case.new_blocks, 1.0)], "the length is given: one phase"
    )


@PHASES.rule(
    "phases-gradual",
    "With few labels blocks are opened gradually: head, then the upper half of the opened blocks, then all of them.",
    grade=Grade.C,
    sources=("howard-ruder-2018", "seed-calculator", "seed-complete-guide"),
    seeds=("R-054", "R-061", "R-062", "R-063", "C-08"),
    fires=(
        freeze(100, depth=50, similarity=8).decides("0: tiny data: three phases, the head for 0.0909 of the epochs"),
        freeze(100, depth=12).decides("0: tiny data: three phases, the head for 0.0909 of the epochs"),
    ),
    silent=(freeze(5000, depth=50), freeze(500, depth=12, strategy="feature-extraction"), freeze(500, parameters=BARE)),
)
def gradual(case: FreezeCase) -> Finding[list[Opening]] | None:
    if not case.few or len(case.open_blocks) < 2:
        return None
    upper = case.open_blocks[len(case.open_blocks) // 2 :]
    rest = 1 - case.head_share
    return Finding(
        [
            Opening("head", case.new_blocks, case.head_share),
            Opening("head and upper opened blocks", upper + case.new_blocks, rest / 3),
            Opening("head and all opened blocks", case.open_blocks + case.new_blocks, rest * 2 / 3),
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
    fires=(freeze(5000, depth=50).decides("0: two phases, the head for 0.0909 of the epochs"),),
    silent=(freeze(100, depth=50), freeze(500, depth=12, strategy="feature-extraction")),
    dissent=("The calculator calls opening everything at once with discriminative rates similar and simpler.",),
)
def head_first(case: FreezeCase) -> Finding[list[Opening]]:
    return Finding(
        [
            Opening("head", case.new_blocks, case.head_share),
            Opening("head and opened blocks", case.open_blocks + case.new_blocks, 1 - case.head_share),
        ],
        f"two phases, the head for {case.head_share:.3g} of the epochs",
        (case.length,) if case.length else (),
    )


def plan_phases(case: FreezeCase, adapter: FreezeAdapter | None, trace: Trace) -> list[UnfreezePhase]:
    """The phases, each with the numbers of the blocks that train in it, and how many parameters these are."""
    openings = trace.ask(PHASES, case, "/freeze_plan/phases").value
    patience = int(case.know.number("early-stopping-patience"))
    stop = f"stop when the validation metric has not improved for {patience} evaluations, and keep the best weights"
    return [
        UnfreezePhase(
            index=index,
            name=opening.name,
            train_blocks=sorted(opening.blocks),
            trainable=trainable(case.planned, opening.blocks, adapter),
            epoch_share=steady(opening.share),
            patience=patience,
            stop=stop,
        )
        for index, opening in enumerate(openings)
    ]
