"""Notices about the advice itself: what to do before, beside or instead of it."""

from service.contract.words import Band, BlockKind, Family, Grade, Level, Norm, State, Strategy
from service.core.examples import job
from service.core.memory import GIB
from service.core.notices import NOTICES, Warned
from service.core.outcome import Outcome
from service.core.rule import Example
from service.core.strategy_rules import measured_scores

CLIP = {"model": "openai/clip-vit-base-patch32"}
LLAMA = {"model": "meta-llama/Llama-3.1-8B"}
VIT = {"model": "vit_base_patch16_224"}


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
