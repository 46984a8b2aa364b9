"""What the caller should know beside the plan, each with a stable code."""

from msgspec import UNSET, Struct

from service.contract.explain import Notice
from service.contract.words import Band, BlockKind, Family, Grade, Level, Norm, Optimizer, Origin, State, Strategy
from service.core.examples import job
from service.core.inputs import Inputs
from service.core.memory import GIB
from service.core.outcome import Outcome
from service.core.rule import Example, Topic
from service.core.strategy_rules import measured_scores
from service.core.trace import Trace
from service.knowledge.index import Knowledge

CLIP = {"model": "openai/clip-vit-base-patch32"}
LLAMA = {"model": "meta-llama/Llama-3.1-8B"}
VIT = {"model": "vit_base_patch16_224"}


class Warned(Struct, frozen=True):
    """A notice by its code, the input or value it speaks of, and the numbers behind it."""

    code: str
    pointer: str
    formula: str


NOTICES: Topic[Outcome, Warned] = Topic("notices")


@NOTICES.rule(
    "notice-prompt-or-retrieve",
    "Where a generator has too few pairs to learn from, prompting and retrieval come before tuning.",
    grade=Grade.C,
    sources=("seed-explainer",),
    seeds=("R-027", "R-028"),
    fires=(job(50, task="text-generation", source=LLAMA, compute={"kind": "datacenter-gpu"}),),
    silent=(job(5000, task="text-generation", source=LLAMA, compute={"kind": "datacenter-gpu"}),),
)
def prompt_or_retrieve(outcome: Outcome) -> Warned | None:
    prompted = outcome.case.model.family in (Family.DECODER_LM, Family.ENCODER_DECODER)
    if outcome.strategy is not Strategy.ZERO_SHOT or not prompted:
        return None
    return Warned("prompt-or-retrieve", "/verdict/strategy", "zero-shot comes first")


@NOTICES.rule(
    "notice-use-as-it-comes",
    "Embedders, forecasters and image-text models are used as they come until a measurement says that tuning gains.",
    grade=Grade.C,
    sources=("seed-explainer",),
    seeds=("R-028", "R-126"),
    fires=(job(task="sentence-similarity"),),
    silent=(job(), job(50, task="text-generation", source=LLAMA, compute={"kind": "datacenter-gpu"})),
)
def use_as_it_comes(outcome: Outcome) -> Warned | None:
    prompted = outcome.case.model.family in (Family.DECODER_LM, Family.ENCODER_DECODER)
    if outcome.strategy is not Strategy.ZERO_SHOT or prompted:
        return None
    return Warned("use-as-it-comes", "/verdict/strategy", "zero-shot comes first")


@NOTICES.rule(
    "notice-collect-labels",
    "Where labels are so few that no strategy is safe, a hundred to five hundred more are worth more than any method.",
    grade=Grade.C,
    sources=("seed-explainer", "judgement"),
    seeds=("R-099", "R-104", "C-06", "C-21"),
    fires=(job(100, similarity=2), job(100, classes=10)),
    silent=(job(5000), job(150, similarity=9, classes=2)),
)
def collect_labels(outcome: Outcome) -> Warned | None:
    data, know = outcome.case.job.data, outcome.know
    thin = data.per_class is not None and data.per_class < know.number("per-class-thin")
    hard = data.examples < know.bands[data.band].examples_to and outcome.case.level is not Level.HIGH
    if data.band is not Band.TINY or not (thin or hard):
        return None
    low, high = know.number("target-labels-low"), know.number("target-labels-high")
    return Warned("collect-labels-first", "/dataset/examples", f"{data.examples} labels; {low:g} to {high:g} more")


@NOTICES.rule(
    "notice-closer-checkpoint",
    "Where the start is unlike the target, a checkpoint pretrained on closer data comes before any tuning of this one.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer", "seed-complete-guide"),
    seeds=("R-049", "R-053", "R-108", "R-112", "C-06"),
    fires=(job(similarity=2),),
    silent=(job(similarity=8),),
)
def closer_checkpoint(outcome: Outcome) -> Warned | None:
    if outcome.case.level is not Level.LOW:
        return None
    return Warned("use-closer-checkpoint", "/source/model", f"similarity {outcome.case.similarity:g} is low")


@NOTICES.rule(
    "notice-similarity-assumed",
    "An assumed similarity is said, because the advice turns on it.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("C-19",),
    fires=(job(),),
    silent=(job(similarity=5),),
)
def similarity_assumed(outcome: Outcome) -> Warned | None:
    known = outcome.request.similarity is not UNSET or outcome.case.job.domain is not None
    cross = outcome.request.source.task is not UNSET and outcome.case.similarity == 0
    return None if known or cross else Warned("similarity-assumed", "/similarity", f"{outcome.case.similarity:g}")


@NOTICES.rule(
    "notice-similarity-differs",
    "A given similarity that is far from the table's for these domains is honoured, and said.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("C-19",),
    fires=(job(domain="radiology", similarity=9, source={"model": "resnet50"}),),
    silent=(job(domain="radiology", similarity=3, source={"model": "resnet50"}),),
)
def similarity_differs(outcome: Outcome) -> Warned | None:
    case, domain = outcome.case, outcome.case.job.domain
    if outcome.request.similarity is UNSET or domain is None:
        return None
    row = outcome.know.similarities.get((domain.id, case.model.corpus))
    expected = row.similarity if row else 0.0
    if abs(expected - case.similarity) < outcome.know.number("similarity-medium"):
        return None
    return Warned("similarity-differs", "/similarity", f"given {case.similarity:g}, table {expected:g}")


@NOTICES.rule(
    "notice-cross-modal",
    "Transfer from another modality is limited; start from a checkpoint of the target's own.",
    grade=Grade.C,
    sources=("seed-complete-guide",),
    seeds=("R-021", "R-081"),
    fires=(job(source={"task": "text-classification"}),),
    silent=(job(source={"task": "object-detection"}),),
)
def cross_modal(outcome: Outcome) -> Warned | None:
    source = outcome.request.source.task
    if source is UNSET:
        return None
    other = set(outcome.know.tasks[source].modalities)
    if other & set(outcome.case.job.task.modalities):
        return None
    return Warned("cross-modal-source", "/source/task", f"{source} to {outcome.case.job.task.id}")


@NOTICES.rule(
    "notice-fixed-strategy-second-best",
    "A fixed strategy is honoured; where another ranks higher, that is said.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(100, similarity=8, fixed={"strategy": "full-fine-tuning"}),),
    silent=(job(100, similarity=8),),
)
def fixed_second_best(outcome: Outcome) -> Warned | None:
    option = outcome.option(outcome.strategy)
    if outcome.request.fixed.strategy is UNSET or option.rank == 1:
        return None
    return Warned(
        "fixed-strategy-second-best", "/fixed/strategy", f"rank {option.rank}; first is {outcome.options[0].strategy}"
    )


@NOTICES.rule(
    "notice-fixed-strategy-memory",
    "A fixed strategy that exceeds the memory is planned as asked, with a warning.",
    grade=Grade.B,
    sources=("hf-memory-anatomy",),
    seeds=("R-125",),
    fires=(job(task="text-generation", source=LLAMA, fixed={"strategy": "full-fine-tuning"}),),
    silent=(job(fixed={"strategy": "full-fine-tuning"}),),
)
def fixed_memory(outcome: Outcome) -> Warned | None:
    option = outcome.option(outcome.strategy)
    if outcome.request.fixed.strategy is UNSET or option.feasible:
        return None
    return Warned("fixed-strategy-exceeds-memory", "/fixed/strategy", option.why_not[-1])


@NOTICES.rule(
    "notice-fixed-strategy-forgets",
    "Training the whole trunk and keeping the source ability pull in opposite directions.",
    grade=Grade.C,
    sources=("seed-explainer", "peft-bench"),
    seeds=("R-044", "R-093"),
    fires=(job(constraints={"keep_source_ability": True}, fixed={"strategy": "full-fine-tuning"}),),
    silent=(job(constraints={"keep_source_ability": True}),),
)
def fixed_forgets(outcome: Outcome) -> Warned | None:
    trains = outcome.strategy in (Strategy.FULL, Strategy.PARTIAL)
    if not outcome.request.constraints.keep_source_ability or not trains:
        return None
    return Warned("strategy-forgets", "/constraints/keep_source_ability", f"{outcome.strategy} changes the trunk")


@NOTICES.rule(
    "notice-fixed-choice-unused",
    "Optimizer, batch, epochs and rate have no use where nothing is trained.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(40, classes=10, source=CLIP, fixed={"epochs": 3}),),
    silent=(job(fixed={"epochs": 3}),),
)
def fixed_unused(outcome: Outcome) -> Warned | None:
    fixed = outcome.request.fixed
    idle = [name for name in ("optimizer", "batch_size", "epochs", "peak_rate") if getattr(fixed, name) is not UNSET]
    if outcome.schedule is not None or not idle:
        return None
    return Warned("fixed-choice-unused", f"/fixed/{idle[0]}", "nothing is trained")


@NOTICES.rule(
    "notice-rate-destroys-features",
    "A rate ten times above the published range destroys pretrained features: 1e-3 under AdamW on a "
    "transformer trunk is a bug.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "judgement"),
    seeds=("R-070", "R-106", "C-09", "R-139"),
    fires=(job(50_000, source=VIT, fixed={"peak_rate": 1e-3, "optimizer": "adamw"}),),
    silent=(job(50_000, source=VIT, fixed={"peak_rate": 3e-5}),),
)
def rate_destroys(outcome: Outcome) -> Warned | None:
    ratio = _rate_ratio(outcome)
    if ratio is None or ratio < outcome.know.number("rate-danger-ratio"):
        return None
    return Warned("rate-destroys-features", "/fixed/peak_rate", f"{ratio:.3g} times the top of the published range")


@NOTICES.rule(
    "notice-rate-outside-range",
    "A fixed rate outside the published range is kept, and said.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("C-09",),
    fires=(
        job(50_000, source=VIT, fixed={"peak_rate": 2e-4}),
        job(50_000, source=VIT, fixed={"peak_rate": 1e-7}),
    ),
    silent=(job(50_000, source=VIT, fixed={"peak_rate": 3e-5}),),
)
def rate_outside(outcome: Outcome) -> Warned | None:
    ratio = _rate_ratio(outcome)
    if ratio is None or outcome.rates is None:
        return None
    low = outcome.rates.trunk_low or outcome.rates.head_low
    high = outcome.rates.trunk_high or outcome.rates.head_high
    if low / high <= ratio <= 1 or ratio >= outcome.know.number("rate-danger-ratio"):
        return None
    return Warned("rate-outside-range", "/fixed/peak_rate", f"published: {low:g} to {high:g}")


@NOTICES.rule(
    "notice-batch-scaling-extrapolated",
    "Scaling a rate over more than a factor of eight in batch size is extrapolation.",
    grade=Grade.D,
    sources=("judgement", "malladi-2022"),
    seeds=("C-17",),
    fires=(job(50_000, fixed={"batch_size": 4096}),),
    silent=(job(50_000, fixed={"batch_size": 64}),),
)
def batch_extrapolated(outcome: Outcome) -> Warned | None:
    plan = outcome.schedule
    if plan is None:
        return None
    scaling = plan.batch_scaling
    ratio = scaling.batch_size / scaling.reference_batch
    trust = outcome.know.number("batch-scaling-trust")
    if 1 / trust <= ratio <= trust:
        return None
    return Warned("batch-scaling-extrapolated", "/fixed/batch_size", f"{ratio:.3g} times the reference batch")


@NOTICES.rule(
    "notice-small-batch-norm",
    "Below 16 examples per device, batch-norm statistics are noise: freeze them everywhere.",
    grade=Grade.B,
    sources=("keras-transfer-guide", "judgement"),
    seeds=("C-17",),
    fires=(job(source={"model": "resnet50"}, fixed={"batch_size": 8}),),
    silent=(job(source={"model": "resnet50"}), job(source=VIT, fixed={"batch_size": 8})),
)
def small_batch_norm(outcome: Outcome) -> Warned | None:
    plan, job_ = outcome.schedule, outcome.case.job
    if plan is None or outcome.case.model.norm is not Norm.BATCH:
        return None
    per_device = plan.batch_scaling.batch_size / job_.machine.count
    least = outcome.know.number("batch-norm-least")
    if per_device >= least:
        return None
    return Warned("small-batch-norm", "/freeze_plan/norm", f"{per_device:.3g} examples per device < {least:g}")


@NOTICES.rule(
    "notice-hours-unused",
    "Hours are noted but not planned with: no throughput is calibrated for the device.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(compute={"kind": "consumer-gpu", "hours": 4}),),
    silent=(job(compute={"kind": "consumer-gpu"}),),
)
def hours_unused(outcome: Outcome) -> Warned | None:
    hours = outcome.request.compute.hours
    return None if hours is UNSET else Warned("hours-not-used", "/compute/hours", f"{hours:g} hours")


@NOTICES.rule(
    "notice-classes-unused",
    "A number of classes says nothing about a task without classes.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(task="summarization", classes=5),),
    silent=(job(classes=5),),
)
def classes_unused(outcome: Outcome) -> Warned | None:
    if outcome.case.job.data.classes is None or outcome.case.job.task.has_classes:
        return None
    return Warned("classes-not-used", "/dataset/classes", f"{outcome.case.job.task.id} has no classes")


@NOTICES.rule(
    "notice-quantise-base",
    "Where a half-precision base does not fit beside its adapter, it is held in 4 bits.",
    grade=Grade.B,
    sources=("qlora-2023", "llama-factory"),
    seeds=("R-092",),
    fires=(job(task="text-generation", source=LLAMA),),
    silent=(job(task="text-generation", source=LLAMA, compute={"kind": "datacenter-gpu"}),),
)
def quantise_base(outcome: Outcome) -> Warned | None:
    needed = outcome.case.model.params * outcome.know.number("bytes-per-frozen-parameter") / GIB
    total = outcome.case.job.machine.total_gib
    if outcome.strategy is not Strategy.PARAMETER_EFFICIENT or needed <= total:
        return None
    return Warned("quantise-the-base", "/compute/memory_gib", f"{needed:.1f} GiB in 16 bits, {total:g} GiB are there")


@NOTICES.rule(
    "notice-licence-unclear",
    "A licence that does not settle commercial use must be read before shipping.",
    grade=Grade.D,
    sources=("judgement", "seed-explainer"),
    seeds=("R-127",),
    fires=(job(source=CLIP, constraints={"commercial_use": True}),),
    silent=(job(source={"model": "resnet50"}, constraints={"commercial_use": True}),),
)
def licence_unclear(outcome: Outcome) -> Warned | None:
    model = outcome.case.model
    if not outcome.request.constraints.commercial_use or (model.commercial_use == "yes" and not model.restriction):
        return None
    return Warned("licence-unclear", "/constraints/commercial_use", f"{model.id}: {model.licence}")


@NOTICES.rule(
    "notice-control-run",
    "Where data are unlike the pretraining data and not few, a run from scratch is worth its cost as a control.",
    grade=Grade.C,
    sources=("seed-complete-guide", "seed-explainer"),
    seeds=("C-05", "C-11", "R-109", "R-113"),
    fires=(job(50_000, similarity=2),),
    silent=(job(50_000, similarity=8),),
)
def control_run(outcome: Outcome) -> Warned | None:
    enough = outcome.case.job.data.band in (Band.LARGE, Band.HUGE, Band.MASSIVE)
    trains = outcome.strategy is not Strategy.FROM_SCRATCH
    if outcome.case.level is not Level.LOW or not enough or not trains:
        return None
    return Warned(
        "run-scratch-control",
        "/verdict/strategy",
        f"similarity {outcome.case.similarity:g}, {outcome.case.job.data.examples} examples",
    )


@NOTICES.rule(
    "notice-unlabelled-data",
    "Unlabelled target data ten times the labelled are worth a round of self-supervised or continued pretraining.",
    grade=Grade.A,
    sources=("gururangan-2020", "seed-complete-guide", "seed-explainer"),
    seeds=("R-087", "R-097", "R-112"),
    fires=(
        Example(
            "/recommend",
            {"target": {"task": "text-classification"}, "dataset": {"examples": 2000, "unlabelled": 50_000}},
        ),
    ),
    silent=(job(),),
)
def unlabelled_data(outcome: Outcome) -> Warned | None:
    data = outcome.case.job.data
    if data.unlabelled < 10 * data.examples or outcome.case.level is Level.HIGH:
        return None
    return Warned(
        "pretrain-on-unlabelled", "/dataset/unlabelled", f"{data.unlabelled} unlabelled, {data.examples} labelled"
    )


@NOTICES.rule(
    "notice-negative-transfer",
    "Where training from scratch scores at least as well as tuning and as a probe, the pretrained features "
    "are wrong: take another source.",
    grade=Grade.C,
    sources=("seed-explainer", "seed-complete-guide", "seed-calculator"),
    seeds=("R-105", "R-107", "R-108", "R-110", "C-07"),
    fires=(job(measurements={"from_scratch": 0.8, "full_fine_tuning": 0.7}),),
    silent=(job(measurements={"from_scratch": 0.6, "full_fine_tuning": 0.7}),),
)
def negative_transfer(outcome: Outcome) -> Warned | None:
    scores = measured_scores(outcome.case)
    scratch = scores.pop(Strategy.FROM_SCRATCH, None)
    scores.pop(Strategy.ZERO_SHOT, None)
    if scratch is None or not scores or scratch < max(scores.values()):
        return None
    return Warned(
        "negative-transfer-measured", "/measurements/from_scratch", f"scratch {scratch:g} >= {max(scores.values()):g}"
    )


@NOTICES.rule(
    "notice-tuning-destroyed-features",
    "Where a probe beats full fine-tuning the features are good and the tuning destroyed them: freeze more, "
    "lower the rate, head first.",
    grade=Grade.A,
    sources=("kumar-2022", "seed-explainer"),
    seeds=("R-112", "R-045", "C-07"),
    fires=(job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.40}),),
    silent=(job(measurements={"linear_probe": 0.40, "full_fine_tuning": 0.75}),),
)
def tuning_destroyed(outcome: Outcome) -> Warned | None:
    scores = measured_scores(outcome.case)
    probe, full = scores.get(Strategy.FEATURE_EXTRACTION), scores.get(Strategy.FULL)
    if probe is None or full is None or probe <= full:
        return None
    return Warned("tuning-destroyed-features", "/measurements/full_fine_tuning", f"probe {probe:g} > full {full:g}")


@NOTICES.rule(
    "notice-one-measurement",
    "One score alone cannot be compared with anything.",
    grade=Grade.D,
    sources=("judgement",),
    seeds=("R-128",),
    fires=(job(measurements={"linear_probe": 0.75}),),
    silent=(job(), job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8})),
)
def one_measurement(outcome: Outcome) -> Warned | None:
    scores = measured_scores(outcome.case)
    return Warned("one-measurement", "/measurements", "1 score") if len(scores) == 1 else None


@NOTICES.rule(
    "notice-head-unknown",
    "Without the number of classes the size of the new head is not known, and neither is the exact trainable count.",
    grade=Grade.D,
    sources=("judgement",),
    fires=(job(source={"model": "resnet50"}),),
    silent=(job(source={"model": "resnet50"}, classes=10),),
)
def head_unknown(outcome: Outcome) -> Warned | None:
    plan = outcome.freeze_plan
    unknown = [block for block in plan.blocks if block.kind is BlockKind.HEAD and block.params is None]
    if not unknown or plan.blocks[-1].state is State.FROZEN:
        return None
    return Warned("head-size-unknown", "/freeze_plan/counts/head", "give /dataset/classes")


@NOTICES.rule(
    "notice-phases-restart",
    "Each phase starts its own optimizer and schedule: a scheduler made earlier ignores parameter groups that "
    "join later.",
    grade=Grade.B,
    sources=("pytorch", "keras-transfer-guide"),
    seeds=("C-08",),
    fires=(job(5000, similarity=8, source={"model": "resnet50"}),),
    silent=(job(500, similarity=8, fixed={"strategy": "feature-extraction"}),),
)
def phases_restart(outcome: Outcome) -> Warned | None:
    plan = outcome.freeze_plan
    if len(plan.phases) < 2:
        return None
    return Warned("phases-restart-schedule", "/phases", f"{len(plan.phases)} phases")


@NOTICES.rule(
    "notice-continued-pretraining",
    "A language model meets an unfamiliar domain best by continued pretraining on its text before instruction tuning.",
    grade=Grade.C,
    sources=("seed-explainer", "gururangan-2020"),
    seeds=("R-087",),
    fires=(job(task="text-generation", similarity=2),),
    silent=(job(task="text-generation", similarity=8),),
)
def continued_pretraining(outcome: Outcome) -> Warned | None:
    if outcome.case.model.family is not Family.DECODER_LM or outcome.case.level is Level.HIGH:
        return None
    if outcome.case.level is Level.MEDIUM and outcome.case.job.domain is None:
        return None
    return Warned("continue-pretraining", "/adaptation", f"similarity {outcome.case.similarity:g}")


def notify(outcome: Outcome, trace: Trace) -> list[Notice]:
    """All notices that apply, in the order of the rules."""
    notices: list[Notice] = []
    for rule, finding in NOTICES.all(outcome):
        trace.add(f"/notices/{len(notices)}", rule, finding.formula)
        notices.append(make_notice(outcome.know, finding.code, finding.pointer))
    return notices


def assumed_similarity_notice(know: Knowledge, inputs: Inputs) -> list[Notice]:
    """The notice of `/freeze-plan` and `/lr-schedule` for a similarity that nobody gave."""
    resolved = inputs.resolved.get("/similarity")
    if resolved is None or resolved.origin is not Origin.ASSUMED:
        return []
    return [make_notice(know, "similarity-assumed", "/similarity")]


def make_notice(know: Knowledge, code: str, pointer: str) -> Notice:
    """A notice with the words of its row."""
    row = know.notices[code]
    return Notice(code=row.code, severity=row.severity, message=row.message, pointer=pointer, topic=row.topic)


def _rate_ratio(outcome: Outcome) -> float | None:
    """A fixed rate against the top of the published range, at the caller's own batch; None where none was fixed."""
    fixed, rates, plan = outcome.request.fixed.peak_rate, outcome.rates, outcome.schedule
    if fixed is UNSET or rates is None or plan is None:
        return None
    share = plan.batch_scaling.batch_size / rates.reference_batch
    factor = share if plan.optimizer is Optimizer.SGD else share**0.5
    return fixed / ((rates.trunk_high or rates.head_high) * factor)
