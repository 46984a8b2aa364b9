"""Peak learning rates: of backbone and head, per block, and for this batch size."""

import math

from msgspec import Struct

from service.contract.schedule import ScheduleSweepRange
from service.contract.words import Grade, Optimizer, Strategy, Task
from service.core.resources.adapter_size import adapter_alpha
from service.core.rules.example_requests import CLIP, FULL, VIT, job, schedule
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic
from service.core.schedule.batch_scaling import batch_factor
from service.core.schedule.case import ScheduleCase
from service.knowledge.index import Knowledge


class Peak(Struct, frozen=True):
    """Peak rates of the top of the backbone (0: not trained) and of the head, at the batch size asked for."""

    backbone: float
    head: float


HEADS = (Strategy.FEATURE_EXTRACTION, Strategy.FROM_SCRATCH)
"""Strategies under which no pretrained feature can be destroyed."""

PEAK: Topic[ScheduleCase, Finding[Peak]] = Topic("peak-rate")
SWEEP_RANGE: Topic[ScheduleCase, Finding[ScheduleSweepRange]] = Topic("sweep-range")


@PEAK.rule(
    "rate-given",
    "A peak rate that the caller gives is kept for the trained part; the head keeps its ratio to it.",
    fires=(
        job(fixed={"peak_rate": 2e-5}).decides("0.0: backbone 2e-05 given; head x 1.41 = 2.8e-05"),
        job(task="text-generation", fixed={"peak_rate": 2.24e-5}).decides(
            "0.0: backbone 2.24e-05 given; head x 1 = 2.24e-05"
        ),
    ),
    silent=(job(),),
)
def given(case: ScheduleCase) -> Finding[Peak] | None:
    fixed, row = known(case.fixed.peak_rate), case.rates
    if fixed is None:
        return None
    if not case.trains_backbone:
        return Finding(Peak(0.0, fixed), f"head {fixed:g}, given in the request")
    ratio = row.head / row.backbone
    head = max(fixed, stated(fixed * ratio))
    return Finding(Peak(fixed, head), f"backbone {fixed:g} given; head x {ratio:.3g} = {head:.3g}", (row,))


@PEAK.rule(
    "rate-of-pairs",
    "Contrastive few-shot tuning takes 2e-5 for the encoder, and 1e-2 for a head that is fitted by gradients.",
    grade=Grade.B,
    sources=("setfit",),
    fires=(job(16, task="text-classification", classes=2).decides("0.0: backbone 2e-05; head 0.01"),),
    silent=(job(16, task="text-classification", classes=2, fixed={"peak_rate": 1e-5}),),
)
def of_pairs(case: ScheduleCase) -> Finding[Peak] | None:
    if not case.on_pairs:
        return None
    body, head = (case.know.constants[name] for name in ("pairs-body-rate", "pairs-head-rate"))
    return Finding(Peak(body.value, head.value), f"backbone {body.value:g}; head {head.value:g}", (body, head))


@PEAK.rule(
    "rate-of-preferences",
    "Learning from preferred answers takes 1e-6 for the whole model and ten times that for adapters: the loss pushes "
    "two likelihoods apart, and what teaches answers breaks a model that knows them.",
    grade=Grade.B,
    sources=("trl", "lora-without-regret"),
    fires=(
        job(5000, task="preference-tuning", fixed={"strategy": "parameter-efficient"}).decides(
            "0.0: 1e-05 for all that trains"
        ),
    ),
    silent=(job(5000, task="reward-modelling"), job(5000, task="preference-tuning", fixed={"peak_rate": 5e-6})),
)
def of_preferences(case: ScheduleCase) -> Finding[Peak] | None:
    return _stated(case, "preference") if case.task is Task.PREFERENCE_TUNING else None


@PEAK.rule(
    "rate-of-seeing-writers",
    "A model that sees and writes takes 1e-5 whole and 1e-4 for adapters: above that the loss of a language model that "
    "sees was seen to jump.",
    grade=Grade.B,
    sources=("ms-swift", "llava-lora"),
    fires=(
        job(5000, task="image-text-to-text", fixed={"strategy": "parameter-efficient"}).decides(
            "0.0: 0.0001 for all that trains"
        ),
        job(
            800, task="image-to-text", source={"model": "naver-clova-ix/donut-base"}, compute={"memory_gib": 24}
        ).decides("0.0: 0.0001 for all that trains"),
    ),
    silent=(job(5000, task="text-generation"), job(5000, task="image-text-to-text", fixed={"peak_rate": 5e-5})),
)
def of_seeing_writers(case: ScheduleCase) -> Finding[Peak] | None:
    return _stated(case, "seeing") if case.task in (Task.IMAGE_TEXT_TO_TEXT, Task.IMAGE_TO_TEXT) else None


def _stated(case: ScheduleCase, kind: str) -> Finding[Peak] | None:
    """The rate that a trainer states for a task whose head is kept: of the whole model, or of its adapters."""
    if case.strategy is Strategy.FROM_SCRATCH or not case.trains_backbone:
        return None
    light = case.strategy is Strategy.PARAMETER_EFFICIENT
    rate = case.know.constants[f"{kind}-adapter-rate" if light else f"{kind}-rate"]
    return Finding(Peak(rate.value, rate.value), f"{rate.value:g} for all that trains", (rate,))


@PEAK.rule(
    "rate-transferred",
    "A rate that worked elsewhere is carried over by the ratio of the published rates, and by the batch sizes.",
    sources=("judgement", "timm", "malladi-2022"),
    seeds=("C-09", "C-17"),
    fires=(
        schedule(family="text-encoder", total_steps=100, known_rate={"rate": 1e-5, "model": "roberta-large"}).decides(
            "0.0: 1e-05 / 1 (batch there) x 2.268 (published rates) x 1 (batch here)"
        ),
        schedule(
            family="text-encoder",
            total_steps=100,
            known_rate={"rate": 1e-5, "model": "roberta-large", "batch_size": 128},
        ).decides("0.0: 1e-05 / 2 (batch there) x 2.268 (published rates) x 1 (batch here)"),
    ),
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
    change = place * forth / back
    peak = there.rate if math.isclose(change, 1) else stated(there.rate * change)
    formula = f"{there.rate:g} / {back:.4g} (batch there) x {place:.4g} (published rates) x {forth:.4g} (batch here)"
    if not case.trains_backbone:
        return Finding(Peak(0.0, peak), formula, (there.row, row))
    head = stated(peak * row.head / row.backbone)
    return Finding(Peak(peak, max(peak, head)), formula, (there.row, row))


@PEAK.rule(
    "rate-of-adapter",
    "A described adapter has the rate of its family, a little more at high ranks of language models; above an alpha of "
    "64 it takes 64 / alpha of that.",
    grade=Grade.C,
    sources=("lora-without-regret", "tinker-cookbook", "vit-peft"),
    seeds=("R-092",),
    fires=(
        schedule(family="decoder-lm", strategy="parameter-efficient", total_steps=100, adapter={"rank": 128}).decides(
            "0.0: 0.00022 x 0.7071 x 1.23 [rank] x 1 [alpha 32], at most 0.0005 x 1 = 0.00019"
        ),
        schedule(family="text-encoder", strategy="parameter-efficient", total_steps=100, adapter={"rank": 64}).decides(
            "0.0: 0.0003 x 1 x 1 [rank] x 1 [alpha 64], at most 0.001 x 1 = 0.0003"
        ),
    ),
    silent=(schedule(family="decoder-lm", strategy="parameter-efficient", total_steps=100),),
    dissent=("The rate of an adapter is reported to be independent of its rank when alpha is fixed.",),
)
def of_adapter(case: ScheduleCase) -> Finding[Peak] | None:
    adapter, row, free = known(case.wishes.adapter), case.rates, case.know.constants["lora-alpha-free"]
    if adapter is None or case.strategy is not Strategy.PARAMETER_EFFICIENT:
        return None
    (alpha, _), usual = adapter_alpha(case.know, case.family, adapter), case.know.number("lora-rank")
    by_rank, by_alpha = (adapter.rank / usual) ** row.rank_exponent, min(1.0, free.value / alpha)
    most = max(row.backbone_high, row.backbone * case.factor)
    rate = stated(min(most, row.backbone * case.factor * by_rank) * by_alpha)
    peak = Peak(rate, max(rate, stated(row.head * case.factor)))
    parts = f"{row.backbone:.4g} x {case.factor:.4g} x {by_rank:.3g} [rank] x {by_alpha:.3g} [alpha {alpha:g}]"
    return Finding(
        peak, f"{size_words(case)}{parts}, at most {most:.4g} x {by_alpha:.3g} = {peak.backbone:g}", (row, free)
    )


def stated(rate: float) -> float:
    """A derived rate as it is told: no published rate is known to more than two digits."""
    return float(f"{rate:.2g}")


def told_below(rate: float) -> float:
    """The largest rate of two digits that is not above this one."""
    step = 10.0 ** (math.floor(math.log10(rate)) - 1)
    return stated(math.floor(rate / step + 1e-9) * step)


def published_top(case: ScheduleCase) -> float:
    """The top of the published range, as it is published; under SGD ranges grow with the batch."""
    top = case.rates.backbone_high or case.rates.head_high
    return top * case.seen_batch / case.rates.reference_batch if case.optimizer is Optimizer.SGD else top


def harmful_from(case: ScheduleCase) -> float:
    """The rate from which pretrained features are destroyed: as it was measured, else far above the published range.

    There is none where no pretrained feature moves.
    """
    if case.strategy in HEADS:
        return math.inf
    top = published_top(case)
    if not case.rates.harmful:
        return top * case.know.number("rate-danger-ratio")
    return case.rates.harmful * top / (case.rates.backbone_high or case.rates.head_high)


@PEAK.rule(
    "rate-from-table",
    "Peak rates are read for family, strategy and optimizer, and scaled to size and batch.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("R-004", "R-030", "R-064", "R-065", "R-066", "R-067", "R-070", "R-073", "R-074", "R-075", "C-09"),
    fires=(
        job().decides(
            "0.0: backbone 0.00071 x 0.999 [(8.6e+07 / 8.63e+07 parameters) ^ 0.3] = 0.0007091; backbone ",
            "0.0007091 x 1 = 0.00071; head 0.001 x 1 = 0.001, to two digits",
        ),
        job(task="text-generation").decides(
            "0.0: backbone 0.00022 x 1.01 [(8e+09 / 7.62e+09 parameters) ^ 0.15] = 0.0002216; backbone ",
            "0.0002216 x 0.7071 = 0.00016; head 0.0002216 x 0.7071 = 0.00016, to two digits",
        ),
        job(source=VIT, policy="guides", fixed=FULL).decides(
            "0.0: backbone 3e-05 x 1 = 3e-05; head 0.0001 x 1 = 0.0001, to two digits"
        ),
    ),
    silent=(job(fixed={"peak_rate": 2e-5}),),
)
def from_table(case: ScheduleCase) -> Finding[Peak]:
    row, factor = case.rates, case.factor
    peak = Peak(stated(row.backbone * factor), stated(row.head * factor))
    formula = (
        f"{size_words(case)}backbone {row.backbone:.4g} x {factor:.4g} = {peak.backbone:g}; "
        f"head {row.head:.4g} x {factor:.4g} = {peak.head:g}, to two digits"
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
    fires=(
        schedule(family="vision-transformer", strategy="parameter-efficient", total_steps=1000).decides(
            "0.001: 55 cells, rates 0.0005 to 0.01 at batch 64"
        ),
        job(50_000, source=CLIP, fixed={"strategy": "full-fine-tuning"}).decides(
            "4e-06: 36 cells, rates 1e-06 to 8e-05 at batch 512"
        ),
    ),
    silent=(schedule(family="text-encoder", total_steps=1000), job(900)),
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
