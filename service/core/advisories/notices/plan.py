"""Notices about the advice itself: what to do before, beside or instead of it."""

from service.contract.words import (
    Family,
    Grade,
    Objective,
    SimilarityLevel,
    Strategy,
    Task,
)
from service.core.advisories.notices.notice import NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.catalogue.models import recalled
from service.core.resources.fitting import fits
from service.core.rules.example_requests import CLIP, LLAMA, PROBED, RESNET, SCRATCH, VIT, job
from service.core.rules.resolved_inputs import known

PROMPTED = (Objective.NEXT_TOKEN, Objective.MULTITASK_TEXT)
SEARCHED = "A search over texts gains facts by retrieval."


@NOTICES.rule(
    "notice-prompt-or-retrieve",
    "Where a generator has too few pairs to learn from, prompting and retrieval come before tuning.",
    grade=Grade.C,
    sources=("seed-explainer",),
    seeds=("R-027", "R-028"),
    fires=(
        job(50, task="text-generation", source=LLAMA, compute={"kind": "datacenter-gpu"}).decides(
            "prompt-or-retrieve: zero-shot comes first"
        ),
    ),
    silent=(job(5000, task="text-generation", source=LLAMA, compute={"kind": "datacenter-gpu"}),),
)
def prompt_or_retrieve(outcome: Outcome) -> Remark | None:
    if not outcome.advises_zero_shot or not _is_prompted(outcome):
        return None
    return Remark("prompt-or-retrieve", "/verdict/strategy", "zero-shot comes first")


@NOTICES.rule(
    "notice-use-as-it-comes",
    "Embedders, forecasters and image-text models are used as they come until a measurement says that tuning gains.",
    grade=Grade.C,
    sources=("seed-explainer",),
    seeds=("R-028", "R-126"),
    fires=(job(500, task="sentence-similarity").decides("use-as-it-comes: zero-shot comes first"),),
    silent=(job(), job(50, task="text-generation", source=LLAMA, compute={"kind": "datacenter-gpu"})),
)
def use_as_it_comes(outcome: Outcome) -> Remark | None:
    if not outcome.advises_zero_shot or _is_prompted(outcome):
        return None
    told = SEARCHED if outcome.case.job.task.id is Task.SENTENCE_SIMILARITY else ""
    return Remark("use-as-it-comes", "/verdict/strategy", "zero-shot comes first", told=told)


@NOTICES.rule(
    "notice-closer-checkpoint",
    "Where the start is unlike the target, a checkpoint pretrained on closer data comes before any tuning of this one.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer", "seed-complete-guide"),
    seeds=("R-049", "R-053", "R-108", "R-112", "C-06"),
    fires=(job(similarity=2).decides("use-closer-checkpoint: similarity 2 is low"),),
    silent=(job(similarity=8), job(5_000_000, similarity=1)),
)
def closer_checkpoint(outcome: Outcome) -> Remark | None:
    if not outcome.case.unlike or outcome.strategy is Strategy.FROM_SCRATCH:
        return None
    pointer = "/source/model" if outcome.case.model.row else "/source"
    return Remark("use-closer-checkpoint", pointer, f"similarity {outcome.case.similarity:g} is low")


@NOTICES.rule(
    "notice-quantise-base",
    "Where a base that stays untouched does not fit in the precision of the run, it is held in 4 bits.",
    grade=Grade.B,
    sources=("qlora-2023", "llama-factory"),
    seeds=("R-092",),
    fires=(
        job(task="text-generation", source=LLAMA).decides(
            "quantise-the-base: (41943040 trained x 18 + 1050677248 frozen x 2 + 6979584000 in 4 bits x ",
            "0.52) bytes / 2^30 = 6.04 GiB",
        ),
    ),
    silent=(job(task="text-generation", source=LLAMA, compute={"kind": "datacenter-gpu"}),),
)
def quantise_base(outcome: Outcome) -> Remark | None:
    if outcome.setup.quantised_bits is None:
        return None
    return Remark("quantise-the-base", "/compute/memory_gib", outcome.need.formula)


@NOTICES.rule(
    "notice-licence-unclear",
    "A licence that does not settle commercial use, or that nobody has read, must be read before shipping.",
    sources=("judgement", "seed-explainer"),
    seeds=("R-127",),
    fires=(
        job(source=CLIP, constraints={"commercial_use": True}).decides(
            "licence-unclear: openai/clip-vit-base-patch32: MIT"
        ),
        job(
            task="text-generation", source={"model": "mistralai/Mistral-7B-v0.3"}, constraints={"commercial_use": True}
        ).decides("licence-unclear: mistralai/Mistral-7B-v0.3: Apache-2.0"),
    ),
    silent=(job(source=RESNET, constraints={"commercial_use": True}),),
)
def licence_unclear(outcome: Outcome) -> Remark | None:
    row = outcome.case.model.row
    if row is None or not outcome.request.constraints.commercial_use:
        return None
    told = recalled(row)
    if not told and not outcome.case.model.restricted:
        return None
    return Remark("licence-unclear", "/constraints/commercial_use", f"{row.id}: {row.licence}", told=told)


@NOTICES.rule(
    "notice-control-run",
    "With ten thousand labels or more, or with unlike data that are not tiny, a run from scratch is worth its cost "
    "as a control.",
    grade=Grade.C,
    sources=("seed-complete-guide", "seed-explainer"),
    seeds=("C-05", "C-11", "R-109", "R-113"),
    fires=(
        job(50_000).decides("run-scratch-control: similarity 5, 50000 examples"),
        job(3000, similarity=2).decides("run-scratch-control: similarity 2, 3000 examples"),
    ),
    silent=(
        job(5000, similarity=8),
        job(50_000, task="text-generation"),
        job(5_000_000, similarity=1),
        job(100, similarity=2),
        job(1_000_000, task="tabular-classification"),
    ),
)
def control_run(outcome: Outcome) -> Remark | None:
    case, data = outcome.case, outcome.case.job.data
    worth = data.many or (case.unlike and not data.tiny)
    rival = outcome.strategy not in (Strategy.FROM_SCRATCH, Strategy.ZERO_SHOT)
    if case.job.task.track != "features" or not rival or not case.gets_new_head or not worth:
        return None
    formula = f"similarity {case.similarity:g}, {data.examples} examples"
    return Remark("run-scratch-control", "/verdict/strategy", formula)


@NOTICES.rule(
    "notice-pretrained-control",
    "Where training from scratch is advised, a pretrained start is run beside it: even then it often helps.",
    grade=Grade.C,
    sources=("seed-calculator",),
    seeds=("R-023", "C-05"),
    fires=(job(5_000_000, similarity=1).decides("run-pretrained-control: similarity 1"),),
    silent=(job(5_000_000, similarity=8),),
)
def pretrained_control(outcome: Outcome) -> Remark | None:
    if outcome.strategy is not Strategy.FROM_SCRATCH:
        return None
    return Remark("run-pretrained-control", "/verdict/strategy", f"similarity {outcome.case.similarity:g}")


@NOTICES.rule(
    "notice-scratch-on-few",
    "Training from scratch on fewer than ten thousand labels usually memorises noise.",
    grade=Grade.C,
    sources=("seed-explainer", "he-2019"),
    seeds=("R-014", "R-024"),
    fires=(job(100, fixed=SCRATCH).decides("scratch-on-few-labels: 100 labels"),),
    silent=(job(50_000, fixed=SCRATCH), job()),
)
def scratch_on_few(outcome: Outcome) -> Remark | None:
    if outcome.strategy is not Strategy.FROM_SCRATCH or outcome.case.job.data.many:
        return None
    return Remark("scratch-on-few-labels", "/verdict/strategy", f"{outcome.case.job.data.examples} labels")


@NOTICES.rule(
    "notice-adapt-the-stem",
    "Input with other channels than the checkpoint's needs a new first layer, which trains while the backbone is kept.",
    grade=Grade.C,
    sources=("seed-explainer", "judgement"),
    seeds=("R-053", "C-05", "C-12"),
    fires=(
        job(domain="satellite-multispectral", source=RESNET).decides(
            "adapt-the-stem: the input has other channels than the model"
        ),
    ),
    silent=(job(domain="satellite-rgb"), job(domain="satellite-multispectral", task="image-segmentation"), job()),
)
def adapt_the_stem(outcome: Outcome) -> Remark | None:
    if not outcome.case.needs_new_stem:
        return None
    return Remark("adapt-the-stem", "/freeze_plan/embeddings", "the input has other channels than the model")


@NOTICES.rule(
    "notice-nothing-fits",
    "Where no strategy fits the memory and the hours, the one that needs least is planned, with a warning.",
    grade=Grade.B,
    sources=("hf-memory-anatomy",),
    seeds=("R-125",),
    fires=(
        job(source=RESNET, compute={"memory_gib": 0.01}).decides(
            "nothing-fits: needs 1.36 GiB at the least, of the 0.01 GiB of a device 0.009 may be used"
        ),
        job(50_000, source=VIT, compute={"device": "t4", "hours": 0.02}).decides(
            "nothing-fits: one pass over the data takes 0.0222 h, there are 0.02"
        ),
    ),
    silent=(job(source=RESNET),),
)
def nothing_fits(outcome: Outcome) -> Remark | None:
    if any(option.feasible for option in outcome.options):
        return None
    late = known(outcome.request.compute.hours) is not None and fits(outcome.need, outcome.case.job.machine)
    pointer = "/compute/hours" if late else "/compute/memory_gib"
    return Remark("nothing-fits", pointer, outcome.option(outcome.strategy).why_not[-1])


@NOTICES.rule(
    "notice-phases-restart",
    "Each phase starts its own optimizer and schedule: a scheduler made earlier ignores parameter groups that "
    "join later.",
    grade=Grade.B,
    sources=("pytorch", "keras-transfer-guide"),
    seeds=("C-08",),
    fires=(job(5000, similarity=8, source=RESNET).decides("phases-restart-schedule: 2 phases"),),
    silent=(job(500, similarity=8, fixed=PROBED),),
)
def phases_restart(outcome: Outcome) -> Remark | None:
    plan = outcome.freeze_plan
    if len(plan.phases) < 2:
        return None
    return Remark("phases-restart-schedule", "/phases", f"{len(plan.phases)} phases")


@NOTICES.rule(
    "notice-continued-pretraining",
    "A language model meets an unfamiliar domain best by continued pretraining on its text before instruction tuning.",
    grade=Grade.C,
    sources=("seed-explainer", "gururangan-2020"),
    seeds=("R-087",),
    fires=(job(task="text-generation", similarity=2).decides("continue-pretraining: similarity 2"),),
    silent=(
        job(task="text-generation", similarity=8),
        job(task="sentence-similarity", similarity=2, source={"model": "Qwen/Qwen3-Embedding-0.6B"}),
        job(task="text-generation"),
        job(task="summarization", similarity=3),
    ),
)
def continued_pretraining(outcome: Outcome) -> Remark | None:
    model = outcome.case.model
    writes = model.family is Family.DECODER_LM and outcome.case.job.task.track == "generation"
    if not writes or outcome.case.alike or outcome.used_as_it_is:
        return None
    if outcome.case.level is SimilarityLevel.MEDIUM and outcome.case.job.domain is None:
        return None
    return Remark("continue-pretraining", "/adaptation", f"similarity {outcome.case.similarity:g}")


def _is_prompted(outcome: Outcome) -> bool:
    """Whether the model is used by prompting: it writes text, and learned to do so from what stands before it."""
    model = outcome.case.model
    return model.family in (Family.DECODER_LM, Family.ENCODER_DECODER) and model.objective in PROMPTED
