"""Notices about rates, batch sizes and choices without use, for `/lr-schedule` and `/recommend` alike."""

from service.contract.words import CurveShape, Grade, NormKind, Policy
from service.core.advisories.notices.notice import SCHEDULE_NOTICES, Remark
from service.core.resources.adapter_size import adapter_alpha
from service.core.rules.example_requests import FULL, MINILM, RESNET, VIT, job, schedule
from service.core.rules.resolved_inputs import known
from service.core.schedule.batch_scaling import batch_factor
from service.core.schedule.peak_rates import harmful_from, published_top
from service.core.schedule.plan import SchedulePlan


@SCHEDULE_NOTICES.rule(
    "notice-rate-destroys-features",
    "A rate ten times above the published range destroys pretrained features: 1e-3 under AdamW on a "
    "transformer backbone is a bug.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "judgement"),
    seeds=("R-070", "R-106", "C-09", "R-139"),
    fires=(
        job(50_000, source=VIT, fixed=FULL | {"peak_rate": 1e-3, "optimizer": "adamw"}).decides(
            "rate-destroys-features: 10 times the top of the published range"
        ),
        schedule(family="text-encoder", peak_rate=1e-3, total_steps=1000).decides(
            "rate-destroys-features: 20 times the top of the published range"
        ),
    ),
    silent=(job(50_000, source=VIT, fixed=FULL | {"peak_rate": 3e-5}),),
)
def rate_destroys(planned: SchedulePlan) -> Remark | None:
    ratio = rate_ratio(planned)
    if ratio is None or not is_harmful(planned):
        return None
    formula = f"{ratio:.3g} times the top of the published range"
    if known(planned.case.fixed.peak_rate) is not None:
        return Remark("rate-destroys-features", "/fixed/peak_rate", formula)
    pointer = planned.case.batch_pointer if planned.case.known_place is None else "/schedule/known_rate/rate"
    return Remark("rate-destroys-features", pointer, formula)


@SCHEDULE_NOTICES.rule(
    "notice-rate-outside-range",
    "A fixed rate outside the published range is kept, and said.",
    seeds=("C-09",),
    fires=(
        job(50_000, source=VIT, fixed=FULL | {"peak_rate": 2e-4}).decides(
            "rate-outside-range: published: 4.98599e-06 to 9.97198e-05"
        ),
        job(50_000, source=VIT, fixed=FULL | {"peak_rate": 1e-7}).decides(
            "rate-outside-range: published: 4.98599e-06 to 9.97198e-05"
        ),
    ),
    silent=(
        job(50_000, source=VIT, fixed=FULL | {"peak_rate": 3e-5}),
        job(50_000, source=VIT),
        job(500, similarity=8, fixed={"peak_rate": 1e-3, "strategy": "feature-extraction"}),
        schedule(family="text-encoder", peak_rate=1e-3, total_steps=1000),
    ),
)
def rate_outside(planned: SchedulePlan) -> Remark | None:
    ratio, rates = rate_ratio(planned), planned.case.rates
    if ratio is None or known(planned.case.fixed.peak_rate) is None:
        return None
    low, high = rates.backbone_low or rates.head_low, rates.backbone_high or rates.head_high
    if low / high <= ratio <= 1 or is_harmful(planned):
        return None
    return Remark("rate-outside-range", "/fixed/peak_rate", f"published: {low:g} to {high:g}")


@SCHEDULE_NOTICES.rule(
    "notice-rate-unknown",
    "A model of no known family has a range for a rate, and a first experiment: three rates.",
    seeds=("R-075",),
    fires=(schedule(family="unknown", total_steps=1000).decides("rate-unknown: between 1e-05 and 0.001"),),
    silent=(
        schedule(family="cnn", total_steps=1000),
        schedule(family="unknown", total_steps=1000, peak_rate=2e-4),
        schedule(family="unknown", total_steps=1000, known_rate={"rate": 2e-4}),
    ),
)
def rate_unknown(planned: SchedulePlan) -> Remark | None:
    case, schedule = planned.case, planned.schedule
    if not case.unknown or schedule is None or known(case.fixed.peak_rate) is not None or case.known_place is not None:
        return None
    return Remark("rate-unknown", "/lr_schedule/sweep", f"between {schedule.sweep[0]:g} and {schedule.sweep[-1]:g}")


@SCHEDULE_NOTICES.rule(
    "notice-rates-differ",
    "Where the rate lies outside the range of the other policy for this size and batch, the answer says so.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("C-09",),
    fires=(
        schedule(family="cnn", optimizer="sgd", total_steps=1000).decides(
            "rates-differ: 0.0016 is not within 0.000125 to 0.00125"
        ),
        schedule(family="cnn", optimizer="sgd", total_steps=1000, policy="guides").decides(
            "rates-differ: 0.00038 is not within 0.0005 to 0.01"
        ),
        schedule(family="cnn", total_steps=100, unit_features=True, strategy="feature-extraction").decides(
            "rates-differ: 0.035 is not within 0.0001 to 0.01"
        ),
    ),
    silent=(
        schedule(family="text-encoder", total_steps=1000),
        schedule(family="cnn", optimizer="sgd", total_steps=1000, peak_rate=1e-2),
        job(task="automatic-speech-recognition", compute={"kind": "cpu"}),
        job(500_000),
        job(500, policy="guides"),
    ),
)
def rates_differ(planned: SchedulePlan) -> Remark | None:
    case, plan = planned.case, planned.schedule
    if plan is None or known(case.fixed.peak_rate) is not None or case.known_place is not None:
        return None
    guides = case.policy is Policy.EVIDENCE
    other = Policy.GUIDES if guides else Policy.EVIDENCE
    row = planned.case.know.rate(case.family, case.strategy, plan.optimizer, case.params, other, case.place)
    if row is None or row is planned.case.rates:
        return None
    factor = batch_factor(plan.optimizer, plan.batch_scaling.batch_size, row.reference_batch)
    low, high = factor * (row.backbone_low or row.head_low), factor * (row.backbone_high or row.head_high)
    rate = plan.rates.backbone_top or plan.rates.head
    if low <= rate <= high:
        return None
    whose = "The guides" if guides else "Published recipes and sweeps"
    told = f"{whose} put it between {low:.3g} and {high:.3g}: {row.claim}"
    return Remark(
        "rates-differ", "/lr_schedule/rates", f"{rate:.3g} is not within {low:.3g} to {high:.3g}", (row,), told
    )


@SCHEDULE_NOTICES.rule(
    "notice-batch-scaling-extrapolated",
    "A rate is known for its own batch size; more than a factor of eight away from it, it must be swept.",
    sources=("judgement", "malladi-2022"),
    seeds=("C-17",),
    fires=(
        job(50_000, fixed={"batch_size": 4096}).decides("batch-scaling-extrapolated: 128 times the reference"),
        schedule(family="cnn", batch_size=8192, total_steps=1000).decides(
            "batch-scaling-extrapolated: 256 times the reference"
        ),
    ),
    silent=(job(50_000, fixed={"batch_size": 64}), job(50_000, fixed={"batch_size": 4096, "peak_rate": 3e-5})),
)
def batch_extrapolated(planned: SchedulePlan) -> Remark | None:
    if planned.schedule is None:
        return None
    scaling = planned.schedule.batch_scaling
    ratio = scaling.batch_size / scaling.reference_batch
    trust = planned.case.know.number("batch-scaling-trust")
    if 1 / trust <= ratio <= trust or planned.case.given_batch is None:
        return None
    return Remark("batch-scaling-extrapolated", planned.case.batch_pointer, f"{ratio:.3g} times the reference")


@SCHEDULE_NOTICES.rule(
    "notice-batch-larger-than-data",
    "A batch larger than the dataset holds the dataset: the rate is scaled to that.",
    seeds=("C-17",),
    fires=(job(100, fixed={"batch_size": 256}).decides("batch-larger-than-data: 256 > 100"),),
    silent=(
        job(5000, fixed={"batch_size": 256}),
        job(4, task="text-classification", classes=2, source=MINILM),
        schedule(family="cnn", batch_size=256, total_steps=1000),
    ),
)
def batch_larger(planned: SchedulePlan) -> Remark | None:
    case = planned.case
    if (
        planned.schedule is None
        or case.given_batch is None
        or case.examples is None
        or case.batch_size <= case.examples
    ):
        return None
    return Remark("batch-larger-than-data", planned.case.batch_pointer, f"{case.batch_size} > {case.examples}")


@SCHEDULE_NOTICES.rule(
    "notice-less-than-a-step",
    "Epochs that come to less than one optimizer step are answered with one step, and said.",
    fires=(
        schedule(family="cnn", examples=3200, batch_size=32, epochs=1e-300).decides(
            "less-than-a-step: 1 step = 0.01 epochs"
        ),
    ),
    silent=(schedule(family="cnn", examples=3200, batch_size=32, epochs=0.01),),
)
def less_than_a_step(planned: SchedulePlan) -> Remark | None:
    case = planned.case
    if planned.schedule is None or not case.less_than_a_step:
        return None
    return Remark("less-than-a-step", "/fixed/epochs", f"1 step = {case.epochs:g} epochs")


@SCHEDULE_NOTICES.rule(
    "notice-small-batch-norm",
    "Below 16 examples per device, batch-norm statistics are noise: freeze them everywhere.",
    grade=Grade.B,
    sources=("keras-transfer-guide", "judgement"),
    seeds=("C-17",),
    fires=(
        job(source=RESNET, fixed={"batch_size": 8}).decides("small-batch-norm: 8 examples per device < 16"),
        schedule(model="resnet50", batch_size=8, total_steps=1000).decides(
            "small-batch-norm: 8 examples per device < 16"
        ),
        schedule(
            model="resnet50", per_device_batch_size=4, compute={"device": "t4", "count": 8}, total_steps=1000
        ).decides("small-batch-norm: 4 examples per device < 16"),
    ),
    silent=(job(source=RESNET), job(source=VIT, fixed={"batch_size": 8}), job(task="object-detection")),
)
def small_batch_norm(planned: SchedulePlan) -> Remark | None:
    if planned.schedule is None or planned.case.norm is not NormKind.BATCH:
        return None
    per_device, least = planned.case.per_device, planned.case.know.number("batch-norm-least")
    if per_device >= least:
        return None
    return Remark("small-batch-norm", planned.case.batch_pointer, f"{per_device:.3g} examples per device < {least:g}")


@SCHEDULE_NOTICES.rule(
    "notice-warmup-too-long",
    "A warm-up of more than a fifth of the run leaves too little of it; one as long as the run never reaches the peak.",
    sources=("judgement", "seed-calculator"),
    seeds=("C-15",),
    fires=(
        schedule(family="text-encoder", total_steps=100, warmup_steps=90).decides("warmup-too-long: 90 of 100 steps"),
        schedule(family="text-encoder", total_steps=100, warmup_steps=200).decides(
            "warmup-exceeds-run: 200 of 100 steps"
        ),
    ),
    silent=(schedule(family="text-encoder", total_steps=100, warmup_steps=10), job()),
)
def warmup_too_long(planned: SchedulePlan) -> Remark | None:
    plan, wished = planned.schedule, known(planned.case.wishes.warmup_steps)
    if plan is None or wished is None or wished <= planned.case.know.number("warmup-long-share") * plan.total_steps:
        return None
    code = "warmup-exceeds-run" if wished >= plan.total_steps else "warmup-too-long"
    return Remark(code, "/schedule/warmup_steps", f"{wished} of {plan.total_steps} steps")


@SCHEDULE_NOTICES.rule(
    "notice-plateau-not-foretold",
    "A schedule that follows the metric cannot be foretold: the answer holds its warm-up and its peak.",
    grade=Grade.B,
    sources=("pytorch",),
    fires=(
        schedule(family="cnn", total_steps=100, shape="reduce-on-plateau").decides(
            "plateau-not-foretold: the metric decides"
        ),
    ),
    silent=(schedule(family="cnn", total_steps=100, shape="cosine"),),
)
def plateau(planned: SchedulePlan) -> Remark | None:
    if planned.schedule is None or planned.schedule.shape is not CurveShape.REDUCE_ON_PLATEAU:
        return None
    return Remark("plateau-not-foretold", "/schedule/shape", "the metric decides")


@SCHEDULE_NOTICES.rule(
    "notice-rank-and-rate-clash",
    "A high rank with alpha twice the rank and a rate made for low ranks train an adapter too fast.",
    seeds=("R-092",),
    fires=(
        schedule(
            family="decoder-lm",
            strategy="parameter-efficient",
            total_steps=100,
            peak_rate=2e-4,
            adapter={"rank": 256, "alpha": 512},
        ).decides("rank-and-rate-clash: 0.0002 > 6.25e-05 at alpha 512"),
    ),
    silent=(
        schedule(
            family="decoder-lm",
            strategy="parameter-efficient",
            total_steps=100,
            peak_rate=2e-4,
            adapter={"rank": 256, "alpha": 16},
        ),
        job(50_000, fixed={"batch_size": 4096}),
    ),
)
def rank_and_rate(planned: SchedulePlan) -> Remark | None:
    adapter, plan, rates = known(planned.case.wishes.adapter), planned.schedule, planned.case.rates
    if adapter is None or plan is None:
        return None
    alpha, _ = adapter_alpha(planned.case.know, planned.case.family, adapter)
    most = rates.backbone_high * min(1.0, planned.case.know.number("lora-alpha-free") / alpha)
    if plan.rates.backbone_top <= most:
        return None
    return Remark(
        "rank-and-rate-clash",
        "/schedule/adapter/rank",
        f"{plan.rates.backbone_top:.3g} > {most:.3g} at alpha {alpha:g}",
    )


def is_harmful(planned: SchedulePlan) -> bool:
    """Whether the planned peak rate destroys what was learned."""
    plan = planned.schedule
    return plan is not None and (plan.rates.backbone_top or plan.rates.head) >= harmful_from(planned.case)


def rate_ratio(planned: SchedulePlan) -> float | None:
    """The planned peak rate against the top of the published range; None where nothing is trained.

    A fixed rate is held against the range as it is published.
    """
    plan = planned.schedule
    return None if plan is None else (plan.rates.backbone_top or plan.rates.head) / published_top(planned.case)
