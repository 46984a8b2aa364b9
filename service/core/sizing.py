"""How long a run is: epochs, optimizer steps, warm-up steps, batch size."""

import math

from msgspec import Struct

from service.contract.words import Family, Grade, Method, Shape, Strategy, WarmupKind
from service.core.examples import job, schedule
from service.core.rule import Decided, Topic
from service.knowledge.index import Knowledge
from service.knowledge.model import LengthRow


class RunCase(Struct, frozen=True):
    """What the length of a run is decided by. `examples` None: only the total number of steps is known."""

    know: Knowledge
    family: Family
    strategy: Strategy
    length: LengthRow
    examples: int | None
    batch_size: int
    epochs: float | None
    total_steps: int | None

    accumulation: int = 1
    method: Method | None = None
    classes: int | None = None

    @property
    def per_class(self) -> int:
        """Labels of each class, were all classes alike."""
        return math.ceil((self.examples or 0) / (self.classes or 1))

    @property
    def pairs(self) -> int | None:
        """Pairs of texts in one pass, the rarer kind drawn as often as the other; None where none are formed."""
        if self.method is not Method.CONTRASTIVE_FEW_SHOT or not self.examples or not self.classes:
            return None
        k, m = self.classes, self.per_class
        return 2 * max(k * m * (m + 1) // 2, k * (k - 1) // 2 * m * m)

    @property
    def steps_per_epoch(self) -> int | None:
        """Optimizer steps in one pass over the data, the last incomplete batch and accumulation included."""
        if self.examples is None:
            return None
        batches = math.ceil((self.pairs or self.examples) / (self.batch_size // self.accumulation))
        return math.ceil(batches / self.accumulation)


class WarmupCase(Struct, frozen=True):
    """What the warm-up is decided by."""

    know: Knowledge
    strategy: Strategy
    total_steps: int
    steps_per_epoch: int | None
    shape: Shape | None = None
    given_steps: int | None = None
    given_kind: WarmupKind | None = None


EPOCHS: Topic[RunCase, Decided[float | None]] = Topic("run-length")
STEPS: Topic[RunCase, Decided[int]] = Topic("total-steps")
WARMUP: Topic[WarmupCase, Decided[int]] = Topic("warm-up")
RUNS: Topic[RunCase, Decided[int]] = Topic("runs")


@EPOCHS.rule(
    "epochs-given",
    "A number of epochs or of steps that the caller gives is kept.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(fixed={"epochs": 4}), schedule(family="text-encoder", total_steps=1000)),
    silent=(job(),),
)
def epochs_given(case: RunCase) -> Decided[float | None] | None:
    if case.epochs is None and case.total_steps is None:
        return None
    return Decided(case.epochs, "given in the request")


@EPOCHS.rule(
    "epochs-of-pairs",
    "Contrastive few-shot tuning passes once over the pairs of texts.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(16, task="text-classification", classes=2),),
    silent=(job(16, task="text-classification", classes=2, policy="guides"),),
)
def epochs_of_pairs(case: RunCase) -> Decided[float | None] | None:
    if case.pairs is None:
        return None
    row = case.know.constants["pairs-epochs"]
    return Decided(row.value, f"{row.value:g} pass over {case.pairs} pairs", (row,))


@EPOCHS.rule(
    "epochs-minimum-steps",
    "Small sets are measured in steps, not epochs: at least as many as the family needs to settle.",
    grade=Grade.A,
    sources=("mosbach-2021", "bit-2020"),
    seeds=("C-16",),
    fires=(job(100),),
    silent=(job(50_000),),
)
def minimum_steps(case: RunCase) -> Decided[float | None] | None:
    per_epoch = case.steps_per_epoch
    if per_epoch is None or per_epoch * case.length.epochs >= case.length.min_steps:
        return None
    epochs = math.ceil(case.length.min_steps / per_epoch)
    return Decided(
        float(epochs), f"ceil({case.length.min_steps} steps / {per_epoch} a pass) = {epochs}", (case.length,)
    )


@EPOCHS.rule(
    "epochs-short-on-many",
    "Very large sets need a short schedule: fine-tuning settles after about ten million examples seen.",
    grade=Grade.B,
    sources=("bit-2020",),
    seeds=("R-012", "R-019"),
    fires=(job(5_000_000),),
    silent=(job(50_000), job(5_000_000, fixed={"strategy": "from-scratch"})),
)
def short_on_many(case: RunCase) -> Decided[float | None] | None:
    row = case.know.constants["examples-seen"]
    if case.examples is None or case.strategy is Strategy.FROM_SCRATCH:
        return None
    if case.examples * case.length.epochs <= row.value:
        return None
    epochs = float(max(1, math.floor(row.value / case.examples)))
    return Decided(epochs, f"max(1, floor({row.value:g} examples / {case.examples})) = {epochs:g}", (row, case.length))


@EPOCHS.rule(
    "epochs-usual",
    "Otherwise the family's usual number of epochs, with early stopping.",
    grade=Grade.C,
    sources=("seed-explainer", "seed-complete-guide", "transformers"),
    seeds=("R-082", "R-086", "R-088", "C-16"),
    fires=(job(50_000),),
    silent=(job(100), job(fixed={"epochs": 4})),
)
def usual_epochs(case: RunCase) -> Decided[float | None]:
    return Decided(case.length.epochs, f"{case.family}, {case.strategy}: {case.length.epochs:g}", (case.length,))


@STEPS.rule(
    "steps-given",
    "A total number of steps that the caller gives is kept.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(schedule(family="text-encoder", total_steps=1000),),
    silent=(job(),),
)
def steps_given(case: RunCase) -> Decided[int] | None:
    return None if case.total_steps is None else Decided(case.total_steps, "given in the request")


@STEPS.rule(
    "steps-over-pairs",
    "Two labelled texts make a pair, of one class or of two; the rarer kind is drawn as often as the other.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(16, task="text-classification", classes=2),),
    silent=(job(16, task="text-classification", classes=2, policy="guides"),),
)
def steps_over_pairs(case: RunCase) -> Decided[int] | None:
    if case.pairs is None:
        return None
    k, m, epochs = case.classes, case.per_class, case.epochs or 1.0
    steps = max(1, math.ceil((case.steps_per_epoch or 1) * epochs))
    alike, unlike = f"{k} x {m} x {m + 1} / 2", f"{k} x {(k or 1) - 1} / 2 x {m}^2"
    formula = f"2 x max({alike}, {unlike}) = {case.pairs} pairs; ceil({case.pairs} / {case.batch_size}) x {epochs:g}"
    return Decided(steps, f"{formula} = {steps}")


@STEPS.rule(
    "steps-from-epochs",
    "Total steps are the passes over the data times the batches in each, the last incomplete batch included.",
    grade=Grade.B,
    sources=("transformers",),
    seeds=("C-16",),
    fires=(job(),),
    silent=(schedule(family="text-encoder", total_steps=1000),),
)
def steps_from_epochs(case: RunCase) -> Decided[int]:
    per_epoch, epochs = case.steps_per_epoch or 1, case.epochs or 1.0
    steps = max(1, math.ceil(per_epoch * epochs))
    return Decided(steps, f"ceil({case.examples} / {case.batch_size}) x {epochs:g} = {steps}")


@WARMUP.rule(
    "warmup-given",
    "A number of warm-up steps that the caller gives is kept, and so is the wish for none.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(
        schedule(family="cnn", total_steps=1000, warmup_steps=7),
        schedule(family="cnn", total_steps=1000, warmup_kind="none"),
    ),
    silent=(schedule(family="cnn", total_steps=1000),),
)
def warmup_given(case: WarmupCase) -> Decided[int] | None:
    if case.given_kind is WarmupKind.NONE:
        return Decided(0, "no warm-up was asked for")
    return None if case.given_steps is None else Decided(case.given_steps, "given in the request")


@WARMUP.rule(
    "warmup-of-the-shape",
    "One-cycle, slanted-triangular and tri-stage schedules rise for a share of the run that belongs to their shape.",
    grade=Grade.A,
    sources=("howard-ruder-2018", "pytorch", "wav2vec2-recipes"),
    seeds=("C-15",),
    fires=(schedule(family="cnn", total_steps=1000, shape="one-cycle"),),
    silent=(schedule(family="cnn", total_steps=1000, shape="cosine"),),
)
def warmup_of_shape(case: WarmupCase) -> Decided[int] | None:
    row = case.know.shapes.get(case.shape) if case.shape else None
    if row is None or not row.warmup_share:
        return None
    steps = math.floor(row.warmup_share * case.total_steps)
    return Decided(steps, f"floor({row.warmup_share:g} x {case.total_steps}) = {steps}", (row,))


@WARMUP.rule(
    "warmup-none-for-heads",
    "A head alone needs no warm-up: nothing pretrained can be destroyed.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("C-15",),
    fires=(schedule(family="cnn", strategy="feature-extraction", total_steps=1000),),
    silent=(schedule(family="cnn", strategy="full-fine-tuning", total_steps=1000),),
    dissent=("The calculator always warms up.",),
)
def no_warmup_for_heads(case: WarmupCase) -> Decided[int] | None:
    if case.strategy is not Strategy.FEATURE_EXTRACTION or case.given_kind is not None:
        return None
    return Decided(0, "head only: 0")


@WARMUP.rule(
    "warmup-share",
    "Warm up for 6 % of the steps: at most one epoch and, in short runs, 500 steps; at least 10 steps; never "
    "above 10 %.",
    grade=Grade.C,
    sources=("seed-calculator", "autogluon", "bit-2020"),
    seeds=("R-004", "R-069", "C-15"),
    fires=(schedule(family="cnn", strategy="full-fine-tuning", total_steps=1000), job()),
    silent=(schedule(family="cnn", strategy="feature-extraction", total_steps=1000),),
    dissent=("The Hugging Face trainer warms up for 0 steps by default, one-cycle schedules for 30 %.",),
)
def warmup_share(case: WarmupCase) -> Decided[int]:
    number, total = case.know.number, case.total_steps
    share, least, most = number("warmup-share"), int(number("warmup-least-steps")), number("warmup-most-share")
    wanted = max(round(share * total), least)
    caps = [math.floor(most * total)]
    if case.steps_per_epoch and case.strategy is not Strategy.FROM_SCRATCH:
        caps.append(case.steps_per_epoch)
    if total <= number("warmup-long-run"):
        caps.append(int(number("warmup-most-steps")))
    steps = min([wanted, *caps])
    names = ("warmup-share", "warmup-long-run", "warmup-most-steps", "warmup-least-steps", "warmup-most-share")
    formula = f"min(max({share:g} x {total}, {least}), {', '.join(map(str, caps))}) = {steps}"
    return Decided(steps, formula, tuple(case.know.constants[name] for name in names))


@RUNS.rule(
    "runs-on-few",
    "Below 2,500 examples runs with different seeds disagree, so several are needed.",
    grade=Grade.A,
    sources=("mosbach-2021", "model-recycling"),
    fires=(schedule(family="text-encoder", examples=500),),
    silent=(schedule(family="text-encoder", examples=50_000),),
)
def runs_on_few(case: RunCase) -> Decided[int] | None:
    limit, runs = case.know.constants["seeds-few-examples"], case.know.constants["seeds-few"]
    if case.examples is None or case.examples >= limit.value:
        return None
    return Decided(int(runs.value), f"{case.examples} < {limit.value:g}", (limit, runs))


@RUNS.rule(
    "runs-once",
    "With more data, or where their number is not known, one run is planned.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(schedule(family="text-encoder", examples=50_000),),
    silent=(schedule(family="text-encoder", examples=500),),
)
def runs_once(case: RunCase) -> Decided[int]:
    return Decided(1, "one run")
