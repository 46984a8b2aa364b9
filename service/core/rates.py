"""Peak learning rates: of trunk and head, per block, and for this batch size."""

import math

from msgspec import UNSET, Struct

from service.contract.schedule import AdapterOptions, SweepRange
from service.contract.words import Family, Grade, Level, Method, Optimizer, Policy, Strategy
from service.core.curves import steady
from service.core.examples import job, schedule
from service.core.rule import Decided, Topic
from service.knowledge.index import Knowledge
from service.knowledge.model import DecayRow, RateRow


class Known(Struct, frozen=True):
    """A rate that worked elsewhere, with the row of the table for that place."""

    rate: float
    row: RateRow
    optimizer: Optimizer
    batch_size: int | None


class RateCase(Struct, frozen=True):
    """What rates are decided by. `fixed` is the peak rate that the caller has chosen."""

    know: Knowledge
    family: Family
    strategy: Strategy
    optimizer: Optimizer
    level: Level
    row: RateRow
    batch_size: int
    fixed: float | None
    depth: int
    adapter: AdapterOptions | None = None
    known: Known | None = None
    layer_decay: float | None = None
    params: int | None = None
    policy: Policy = Policy.EVIDENCE
    method: Method | None = None

    @property
    def on_pairs(self) -> bool:
        """Whether the published rates of contrastive few-shot tuning hold."""
        return self.method is Method.CONTRASTIVE_FEW_SHOT and self.optimizer in (Optimizer.ADAMW, Optimizer.ADAM)

    @property
    def trains_trunk(self) -> bool:
        """Whether the trunk, or an adapter in it, has a rate of its own."""
        return self.row.trunk > 0


class Peak(Struct, frozen=True):
    """Peak rates of the top of the trunk (0: not trained) and of the head, at the batch size asked for."""

    trunk: float
    head: float


class Scaling(Struct, frozen=True):
    """How a reference rate is carried to another batch size."""

    rule: str
    factor: float


SCALING: Topic[RateCase, Decided[Scaling]] = Topic("batch-scaling")
PEAK: Topic[tuple[RateCase, float], Decided[Peak]] = Topic("peak-rate")
DECAY: Topic[RateCase, Decided[float]] = Topic("layer-decay")
SWEEP_RANGE: Topic[RateCase, Decided[SweepRange]] = Topic("sweep-range")
WEIGHT_DECAY: Topic[RateCase, Decided[float]] = Topic("weight-decay")


@SCALING.rule(
    "batch-none-for-given-rate",
    "A peak rate that the caller gives belongs to the caller's batch size and is not scaled.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(fixed={"peak_rate": 2e-5}),),
    silent=(job(),),
)
def none_for_given_rate(case: RateCase) -> Decided[Scaling] | None:
    return None if case.fixed is None else Decided(Scaling("none", 1.0), "the rate was given for this batch")


@SCALING.rule(
    "batch-none-for-pairs",
    "The rate of contrastive few-shot tuning is the same at every batch size.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(16, task="text-classification", classes=2),),
    silent=(job(16, task="text-classification", classes=2, policy="guides"),),
)
def none_for_pairs(case: RateCase) -> Decided[Scaling] | None:
    return Decided(Scaling("none", 1.0), "one rate for every batch of pairs") if case.on_pairs else None


def batch_factor(optimizer: Optimizer, batch_size: int, reference: int) -> float:
    """How much a rate grows from one batch size to another: in proportion under SGD, with the root under Adam's kin."""
    ratio = batch_size / reference
    return ratio if optimizer is Optimizer.SGD else math.sqrt(ratio)


@SCALING.rule(
    "batch-linear-for-sgd-within-range",
    "Under SGD the rate grows in proportion to the batch size, up to the top of the published range.",
    grade=Grade.D,
    sources=("judgement", "goyal-2017"),
    seeds=("C-17",),
    fires=(schedule(family="cnn", optimizer="sgd", batch_size=512, total_steps=1000),),
    silent=(
        schedule(family="cnn", optimizer="sgd", batch_size=128, total_steps=1000),
        schedule(family="cnn", optimizer="sgd", batch_size=2048, total_steps=1000, policy="guides"),
    ),
    dissent=("Goyal and colleagues keep the proportion up to batches of 8192, in training from scratch.",),
)
def linear_within_range(case: RateCase) -> Decided[Scaling] | None:
    row = case.row
    if case.optimizer is not Optimizer.SGD or case.policy is not Policy.EVIDENCE or not case.trains_trunk:
        return None
    factor, most = batch_factor(case.optimizer, case.batch_size, row.reference_batch), row.trunk_high / row.trunk
    if factor <= most:
        return None
    formula = f"min({case.batch_size} / {row.reference_batch}, {row.trunk_high:.4g} / {row.trunk:.4g}) = {most:.4g}"
    return Decided(Scaling("linear", most), formula, (row,))


@SCALING.rule(
    "batch-linear-for-sgd",
    "Under SGD the rate grows in proportion to the batch size.",
    grade=Grade.B,
    sources=("timm", "goyal-2017"),
    seeds=("C-17",),
    fires=(schedule(family="cnn", strategy="full-fine-tuning", optimizer="sgd", total_steps=1000),),
    silent=(schedule(family="cnn", strategy="full-fine-tuning", optimizer="adamw", total_steps=1000),),
)
def linear_for_sgd(case: RateCase) -> Decided[Scaling] | None:
    if case.optimizer is not Optimizer.SGD:
        return None
    factor = batch_factor(case.optimizer, case.batch_size, case.row.reference_batch)
    return Decided(
        Scaling("linear", factor), f"{case.batch_size} / {case.row.reference_batch} = {factor:.4g}", (case.row,)
    )


@SCALING.rule(
    "batch-square-root-for-adam",
    "Under Adam and its kin the rate grows with the square root of the batch size.",
    grade=Grade.B,
    sources=("timm", "malladi-2022"),
    seeds=("C-17", "R-079"),
    fires=(schedule(family="cnn", strategy="full-fine-tuning", total_steps=1000), job()),
    silent=(schedule(family="cnn", strategy="full-fine-tuning", optimizer="sgd", total_steps=1000),),
)
def square_root_for_adam(case: RateCase) -> Decided[Scaling]:
    factor = batch_factor(case.optimizer, case.batch_size, case.row.reference_batch)
    formula = f"sqrt({case.batch_size} / {case.row.reference_batch}) = {factor:.4g}"
    return Decided(Scaling("square-root", factor), formula, (case.row,))


@PEAK.rule(
    "rate-given",
    "A peak rate that the caller gives is kept for the trained part; the head keeps its ratio to it.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(fixed={"peak_rate": 2e-5}),),
    silent=(job(),),
)
def given(case: tuple[RateCase, float]) -> Decided[Peak] | None:
    rates = case[0]
    if rates.fixed is None:
        return None
    if not rates.trains_trunk:
        return Decided(Peak(0.0, rates.fixed), f"head {rates.fixed:g}, given in the request")
    ratio = rates.row.head / rates.row.trunk
    head = steady(rates.fixed * ratio)
    return Decided(
        Peak(rates.fixed, head), f"trunk {rates.fixed:g} given; head x {ratio:.3g} = {head:.3g}", (rates.row,)
    )


@PEAK.rule(
    "rate-of-pairs",
    "Contrastive few-shot tuning takes 2e-5 for the encoder, and 1e-2 for a head that is fitted by gradients.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(16, task="text-classification", classes=2),),
    silent=(job(16, task="text-classification", classes=2, fixed={"peak_rate": 1e-5}),),
)
def of_pairs(case: tuple[RateCase, float]) -> Decided[Peak] | None:
    if not case[0].on_pairs:
        return None
    body, head = (case[0].know.constants[name] for name in ("pairs-body-rate", "pairs-head-rate"))
    return Decided(Peak(body.value, head.value), f"trunk {body.value:g}; head {head.value:g}", (body, head))


@PEAK.rule(
    "rate-transferred",
    "A rate that worked elsewhere is carried over by the ratio of the published rates, and by the batch sizes.",
    grade=Grade.D,
    sources=("judgement", "timm", "malladi-2022"),
    seeds=("C-09", "C-17"),
    fires=(schedule(family="text-encoder", total_steps=100, known_rate={"rate": 1e-5, "model": "roberta-large"}),),
    silent=(schedule(family="text-encoder", total_steps=100),),
)
def transferred(case: tuple[RateCase, float]) -> Decided[Peak] | None:
    here, there = case[0], case[0].known
    if there is None:
        return None
    away = there.row.trunk or there.row.head
    place = (here.row.trunk or here.row.head) / away
    back = batch_factor(there.optimizer, there.batch_size or here.batch_size, there.row.reference_batch)
    forth = batch_factor(here.optimizer, here.batch_size, here.row.reference_batch)
    peak = steady(there.rate / back * place * forth)
    formula = f"{there.rate:g} / {back:.4g} (batch there) x {place:.4g} (published rates) x {forth:.4g} (batch here)"
    if not here.trains_trunk:
        return Decided(Peak(0.0, peak), formula, (there.row, here.row))
    head = steady(peak * here.row.head / here.row.trunk)
    return Decided(Peak(peak, head), formula, (there.row, here.row))


@PEAK.rule(
    "rate-of-high-rank",
    "Above an alpha of 64, which is rank 32 with alpha twice the rank, an adapter takes 64 / alpha of the rate; with a "
    "small fixed alpha the rank does not matter.",
    grade=Grade.D,
    sources=("judgement", "lora-without-regret"),
    seeds=("R-092",),
    fires=(schedule(family="decoder-lm", strategy="parameter-efficient", total_steps=100, adapter={"rank": 128}),),
    silent=(
        schedule(family="decoder-lm", strategy="parameter-efficient", total_steps=100, adapter={"rank": 16}),
        schedule(
            family="decoder-lm", strategy="parameter-efficient", total_steps=100, adapter={"rank": 128, "alpha": 16}
        ),
    ),
    dissent=("The rate of an adapter is reported to be independent of its rank when alpha is fixed.",),
)
def of_high_rank(case: tuple[RateCase, float]) -> Decided[Peak] | None:
    rates, factor = case
    free = rates.know.constants["lora-alpha-free"]
    if rates.adapter is None or rates.strategy is not Strategy.PARAMETER_EFFICIENT:
        return None
    alpha = adapter_alpha(rates.know, rates.adapter)
    if alpha <= free.value:
        return None
    peak = Peak(steady(rates.row.trunk * factor * free.value / alpha), steady(rates.row.head * factor))
    formula = f"{size_words(rates)}{rates.row.trunk:.4g} x {factor:.4g} x {free.value:g} / {alpha:g} = {peak.trunk:.4g}"
    return Decided(peak, formula, (rates.row, free))


def adapter_alpha(know: Knowledge, adapter: AdapterOptions) -> float:
    """The given alpha, else the usual multiple of the rank."""
    return know.number("lora-alpha-per-rank") * adapter.rank if adapter.alpha is UNSET else adapter.alpha


@PEAK.rule(
    "rate-from-table",
    "Peak rates are read for family, strategy and optimizer, and scaled to size and batch.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("R-004", "R-030", "R-064", "R-065", "R-066", "R-067", "R-070", "R-073", "R-074", "R-075", "C-09"),
    fires=(job(),),
    silent=(job(fixed={"peak_rate": 2e-5}),),
)
def from_table(case: tuple[RateCase, float]) -> Decided[Peak]:
    rates, factor = case
    row = rates.row
    peak = Peak(steady(row.trunk * factor), steady(row.head * factor))
    formula = (
        f"{size_words(rates)}trunk {row.trunk:.4g} x {factor:.4g} = {peak.trunk:.4g}; "
        f"head {row.head:.4g} x {factor:.4g} = {peak.head:.4g}"
    )
    return Decided(peak, formula, (row,))


def size_words(case: RateCase) -> str:
    """How size scaled the trunk's rate, for a formula; nothing where it did not."""
    row, factor = case.row, case.know.size_factor(case.row, case.params)
    if factor == 1 or case.params is None:
        return ""
    published = row.trunk / factor
    power = f"({row.reference_params:.3g} / {case.params:.3g} parameters) ^ {row.size_exponent:g}"
    bounded = power if factor not in size_bounds(case.know) else f"{power}, bounded"
    return f"trunk {published:.3g} x {factor:.3g} [{bounded}] = {row.trunk:.4g}; "


def size_bounds(know: Knowledge) -> tuple[float, float]:
    """The least and the most by which size changes a rate."""
    most = know.number("rate-size-most")
    return 1 / most, most


@SWEEP_RANGE.rule(
    "sweep-range-published",
    "Where a sweep was published for the family and method, the answer holds the rates at which it lost less than "
    "one point.",
    grade=Grade.A,
    sources=("vit-peft", "juodelyte-2024"),
    seeds=("R-073", "C-09"),
    fires=(schedule(family="vision-transformer", strategy="parameter-efficient", total_steps=1000),),
    silent=(schedule(family="text-encoder", total_steps=1000),),
)
def sweep_published(case: RateCase) -> Decided[SweepRange] | None:
    row = case.row
    if not row.point_cells:
        return None
    found = SweepRange(
        row.point_low,
        row.point_high,
        row.tried_low,
        row.tried_high,
        row.point_batch,
        row.point_cells,
        list(row.sources),
    )
    formula = f"{row.point_cells} cells, rates {row.tried_low:g} to {row.tried_high:g} at batch {row.point_batch}"
    return Decided(found, formula, (row,))


@DECAY.rule(
    "decay-given",
    "A factor between neighbouring blocks that the caller gives is kept.",
    grade=Grade.D,
    sources=("judgement", "howard-ruder-2018"),
    seeds=("C-10",),
    fires=(schedule(model="bert-base-uncased", total_steps=100, layer_decay=0.9),),
    silent=(schedule(model="bert-base-uncased", total_steps=100),),
)
def decay_given(case: RateCase) -> Decided[float] | None:
    return None if case.layer_decay is None else Decided(case.layer_decay, "given in the request")


@DECAY.rule(
    "decay-none",
    "Heads, adapters, encoders tuned on pairs of texts and training from scratch take one rate for all their blocks.",
    grade=Grade.C,
    sources=("seed-complete-guide", "lora-2021"),
    seeds=("R-071",),
    fires=(schedule(family="cnn", strategy="from-scratch", total_steps=1000),),
    silent=(schedule(family="cnn", strategy="full-fine-tuning", total_steps=1000),),
)
def no_decay(case: RateCase) -> Decided[float] | None:
    pairs = case.method is Method.CONTRASTIVE_FEW_SHOT
    if case.strategy in (Strategy.PARTIAL, Strategy.FULL) and not pairs:
        return None
    return Decided(1.0, f"{case.method if pairs else case.strategy}: 1")


@DECAY.rule(
    "decay-by-similarity",
    "Neighbouring blocks differ by 0.7 to 0.9 in a trunk of twelve, less the more alike the data; other "
    "depths keep the ratio end to end.",
    grade=Grade.B,
    sources=("timm", "autogluon", "howard-ruder-2018"),
    seeds=("R-055", "R-068", "R-074", "R-077", "C-10", "C-14"),
    fires=(schedule(family="vision-transformer", strategy="full-fine-tuning", total_steps=1000),),
    silent=(schedule(family="cnn", strategy="feature-extraction", total_steps=1000),),
    dissent=("ULMFiT divides by 2.6 from group to group; fastai spans a factor of 100 over the whole model.",),
)
def decay_by_similarity(case: RateCase) -> Decided[float]:
    row: DecayRow = case.know.layer_decay[case.level]
    reference = case.know.number("decay-reference-depth")
    decay = steady(row.decay ** (reference / max(1, case.depth)))
    return Decided(decay, f"{row.decay:g} ^ ({reference:g} / {case.depth} blocks) = {decay:.4g}", (row,))


@WEIGHT_DECAY.rule(
    "weight-decay-coupled",
    "SGD and Adam add weight decay to the gradient, where it acts otherwise: 1e-4 under SGD, none under Adam.",
    grade=Grade.B,
    sources=("torchvision", "pytorch"),
    seeds=("R-078",),
    fires=(schedule(family="cnn", optimizer="sgd", total_steps=100),),
    silent=(schedule(family="cnn", total_steps=100),),
)
def weight_decay_coupled(case: RateCase) -> Decided[float] | None:
    if case.optimizer not in (Optimizer.SGD, Optimizer.ADAM):
        return None
    row = case.know.constants[f"weight-decay-{case.optimizer}"]
    return Decided(row.value, f"{case.optimizer}: {row.value:g}", (row,))


@WEIGHT_DECAY.rule(
    "weight-decay-by-family",
    "Decoupled weight decay is set by the family: 0.05 in vision transformers, 0.01 in text and speech, 1e-4 in "
    "batch-norm networks; norms and biases get none.",
    grade=Grade.B,
    sources=("timm", "transformers", "seed-explainer"),
    seeds=("R-078",),
    fires=(job(),),
    silent=(job(40, classes=10, source={"model": "openai/clip-vit-base-patch32"}),),
)
def weight_decay_by_family(case: RateCase) -> Decided[float]:
    row = case.know.weight_decay[case.family]
    return Decided(row.weight_decay, f"{case.family}: {row.weight_decay:g}", (row,))
