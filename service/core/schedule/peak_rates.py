"""Peak learning rates: of backbone and head, per block, and for this batch size."""

from msgspec import UNSET, Struct

from service.contract.job import JobAdapter
from service.contract.schedule import ScheduleSweepRange
from service.contract.words import Grade, Optimizer, Strategy
from service.core.rules.example_requests import job, schedule
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic
from service.core.schedule.batch_scaling import batch_factor
from service.core.schedule.case import ScheduleCase
from service.core.schedule.curves import steady
from service.knowledge.index import Knowledge


class Peak(Struct, frozen=True):
    """Peak rates of the top of the backbone (0: not trained) and of the head, at the batch size asked for."""

    backbone: float
    head: float


PEAK: Topic[ScheduleCase, Finding[Peak]] = Topic("peak-rate")
SWEEP_RANGE: Topic[ScheduleCase, Finding[ScheduleSweepRange]] = Topic("sweep-range")


@PEAK.rule(
    "rate-given",
    "A peak rate that the caller gives is kept for the trained part; the head keeps its ratio to it.",
    fires=(job(fixed={"peak_rate": 2e-5}),),
    silent=(job(),),
)
def given(case: ScheduleCase) -> Finding[Peak] | None:
    fixed, row = known(case.fixed.peak_rate), case.rates
    if fixed is None:
        return None
    if not case.trains_backbone:
        return Finding(Peak(0.0, fixed), f"head {fixed:g}, given in the request")
    ratio = row.head / row.backbone
    head = steady(fixed * ratio)
    return Finding(Peak(fixed, head), f"backbone {fixed:g} given; head x {ratio:.3g} = {head:.3g}", (row,))


@PEAK.rule(
    "rate-of-pairs",
    "Contrastive few-shot tuning takes 2e-5 for the encoder, and 1e-2 for a head that is fitted by gradients.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(16, task="text-classification", classes=2),),
    silent=(job(16, task="text-classification", classes=2, fixed={"peak_rate": 1e-5}),),
)
def of_pairs(case: ScheduleCase) -> Finding[Peak] | None:
    if not case.on_pairs:
        return None
    body, head = (case.know.constants[name] for name in ("pairs-body-rate", "pairs-head-rate"))
    return Finding(Peak(body.value, head.value), f"backbone {body.value:g}; head {head.value:g}", (body, head))


@PEAK.rule(
    "rate-transferred",
    "A rate that worked elsewhere is carried over by the ratio of the published rates, and by the batch sizes.",
    grade=Grade.D,
    sources=("judgement", "timm", "malladi-2022"),
    seeds=("C-09", "C-17"),
    fires=(schedule(family="text-encoder", total_steps=100, known_rate={"rate": 1e-5, "model": "roberta-large"}),),
    silent=(schedule(family="text-encoder", total_steps=100),),
)
def transferred(case: ScheduleCase) -> Finding[Peak] | None:
    there, row = case.known_place, case.rates
    if there is None:
        return None
    away = there.row.backbone or there.row.head
    place = (row.backbone or row.head) / away
    back = batch_factor(there.optimizer, there.batch_size or case.seen_batch, there.row.reference_batch)
    forth = batch_factor(case.optimizer, case.seen_batch, row.reference_batch)
    peak = steady(there.rate / back * place * forth)
    formula = f"{there.rate:g} / {back:.4g} (batch there) x {place:.4g} (published rates) x {forth:.4g} (batch here)"
    if not case.trains_backbone:
        return Finding(Peak(0.0, peak), formula, (there.row, row))
    head = steady(peak * row.head / row.backbone)
    return Finding(Peak(peak, head), formula, (there.row, row))


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
def of_high_rank(case: ScheduleCase) -> Finding[Peak] | None:
    free, adapter, row = case.know.constants["lora-alpha-free"], known(case.wishes.adapter), case.rates
    if adapter is None or case.strategy is not Strategy.PARAMETER_EFFICIENT:
        return None
    alpha = adapter_alpha(case.know, adapter)
    if alpha <= free.value:
        return None
    peak = Peak(steady(row.backbone * case.factor * free.value / alpha), steady(row.head * case.factor))
    scaled = f"{row.backbone:.4g} x {case.factor:.4g} x {free.value:g} / {alpha:g} = {peak.backbone:.4g}"
    return Finding(peak, f"{size_words(case)}{scaled}", (row, free))


def published_top(case: ScheduleCase) -> float:
    """The top of the published range, as it is published; under SGD ranges grow with the batch."""
    top = case.rates.backbone_high or case.rates.head_high
    return top * case.seen_batch / case.rates.reference_batch if case.optimizer is Optimizer.SGD else top


def adapter_alpha(know: Knowledge, adapter: JobAdapter) -> float:
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
def from_table(case: ScheduleCase) -> Finding[Peak]:
    row, factor = case.rates, case.factor
    peak = Peak(steady(row.backbone * factor), steady(row.head * factor))
    formula = (
        f"{size_words(case)}backbone {row.backbone:.4g} x {factor:.4g} = {peak.backbone:.4g}; "
        f"head {row.head:.4g} x {factor:.4g} = {peak.head:.4g}"
    )
    return Finding(peak, formula, (row,))


def size_words(case: ScheduleCase) -> str:
    """How size scaled the backbone's rate, for a formula; nothing where it did not."""
    row, factor = case.rates, case.know.size_factor(case.rates, case.params)
    if factor == 1 or case.params is None:
        return ""
    published = row.backbone / factor
    power = f"({row.reference_params:.3g} / {case.params:.3g} parameters) ^ {row.size_exponent:g}"
    bounded = power if factor not in size_bounds(case.know) else f"{power}, bounded"
    return f"backbone {published:.3g} x {factor:.3g} [{bounded}] = {row.backbone:.4g}; "


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
def sweep_published(case: ScheduleCase) -> Finding[ScheduleSweepRange] | None:
    row = case.rates
    if not row.point_cells or (row.point_objectives and case.objective not in row.point_objectives):
        return None
    found = ScheduleSweepRange(
        row.point_low,
        row.point_high,
        row.tried_low,
        row.tried_high,
        row.point_batch,
        row.point_cells,
        list(row.sources),
    )
    formula = f"{row.point_cells} cells, rates {row.tried_low:g} to {row.tried_high:g} at batch {row.point_batch}"
    return Finding(found, formula, (row,))
