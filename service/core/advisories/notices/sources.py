"""Notices about where the model comes from, and how much its data are like the target's."""

from msgspec import UNSET

from service.contract.words import Framework, Grade, InputOrigin
from service.core.advisories.notices.notice import JOB_NOTICES, NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.job.similarity import matches_source
from service.core.rules.example_requests import RESNET, freeze, job
from service.core.rules.resolved_inputs import known
from service.knowledge.catalogue.models import IN_FEWER_BITS


@JOB_NOTICES.rule(
    "notice-similarity-assumed",
    "An assumed similarity is said, because the advice turns on it.",
    seeds=("C-19",),
    fires=(job().decides("similarity-assumed: 5"), freeze(500, depth=12).decides("similarity-assumed: 5")),
    silent=(job(similarity=5),),
)
def similarity_assumed(outcome: Outcome) -> Remark | None:
    if outcome.inputs.origin("/similarity") is not InputOrigin.ASSUMED:
        return None
    return Remark("similarity-assumed", "/similarity", f"{outcome.case.similarity:g}")


@JOB_NOTICES.rule(
    "notice-similarity-scale",
    "A similarity that looks like a share of 1 is taken as it is, and said.",
    fires=(
        job(similarity=0.9).decides("similarity-scale: 0.9 of 10"),
        freeze(500, depth=12, similarity=0.5).decides("similarity-scale: 0.5 of 10"),
    ),
    silent=(job(similarity=1), job(similarity=0), job(similarity=7.5), job()),
)
def similarity_scale(outcome: Outcome) -> Remark | None:
    given = known(outcome.request.similarity)
    if given is None or given > outcome.know.number("similarity-share") or given == int(given):
        return None
    return Remark("similarity-scale", "/similarity", f"{given:g} of 10")


@NOTICES.rule(
    "notice-closer-model",
    "Where a described source is less like the target than the data of the best model, that model is named.",
    seeds=("R-016", "R-108"),
    fires=(
        job(
            800,
            task="token-classification",
            domain="non-english-text",
            source={"task": "token-classification", "domain": "news"},
        ).decides("closer-model: xlm-roberta-large: 9; described: 7"),
    ),
    silent=(
        job(800, task="token-classification", domain="non-english-text"),
        job(domain="dermoscopy", source={"domain": "natural-images"}),
        job(domain="food", similarity=2),
        job(source={"domain": "news"}),
    ),
)
def closer_model(outcome: Outcome) -> Remark | None:
    case, source = outcome.case, outcome.request.source
    row, domain = case.model.row, case.job.domain
    if source.domain is UNSET or row is None or domain is None:
        return None
    near = outcome.know.similarities.get((domain.id, row.corpus))
    if near is None or near.similarity <= case.similarity:
        return None
    formula = f"{row.id}: {near.similarity:g}; described: {case.similarity:g}"
    return Remark("closer-model", "/source/domain", formula, told=f"{row.id} is {near.similarity:g} of 10 alike.")


@NOTICES.rule(
    "notice-similarity-differs",
    "A given similarity that is far from the table's for these domains is honoured, and said.",
    seeds=("C-19",),
    fires=(job(domain="radiology", similarity=9, source=RESNET).decides("similarity-differs: given 9, table 3"),),
    silent=(job(domain="radiology", similarity=3, source=RESNET), job(similarity=9)),
)
def similarity_differs(outcome: Outcome) -> Remark | None:
    case, domain = outcome.case, outcome.case.job.domain
    if outcome.request.similarity is UNSET or domain is None:
        return None
    corpus = case.model.corpus
    if corpus is None:
        return None
    row = outcome.know.similarities.get((domain.id, corpus))
    expected = row.similarity if row else 0.0
    if abs(expected - case.similarity) < outcome.know.number("similarity-gap"):
        return None
    return Remark("similarity-differs", "/similarity", f"given {case.similarity:g}, table {expected:g}")


@NOTICES.rule(
    "notice-cross-modal",
    "Transfer from another modality is limited; start from a checkpoint of the target's own.",
    grade=Grade.C,
    sources=("seed-complete-guide",),
    seeds=("R-021", "R-081"),
    fires=(
        job(source={"task": "text-classification"}).decides(
            "cross-modal-source: text-classification to image-classification"
        ),
        job(source={"domain": "news"}).decides("cross-modal-source: news to image-classification"),
    ),
    silent=(job(source={"task": "object-detection"}), job(source={"domain": "food"})),
)
def cross_modal(outcome: Outcome) -> Remark | None:
    source, wanted = outcome.request.source, set(outcome.case.job.task.modalities)
    if source.task is not UNSET and not wanted & set(outcome.know.tasks[source.task].modalities):
        return Remark("cross-modal-source", "/source/task", f"{source.task} to {outcome.case.job.task.id}")
    if source.domain is not UNSET and outcome.know.domains[source.domain].modality not in wanted:
        return Remark("cross-modal-source", "/source/domain", f"{source.domain} to {outcome.case.job.task.id}")
    return None


@NOTICES.rule(
    "notice-source-not-in-catalogue",
    "Where no model of the catalogue was pretrained on the described source, the plan borrows the blocks of "
    "the best one.",
    fires=(
        job(domain="dermoscopy", source={"domain": "retinal-images"}).decides(
            "source-not-in-catalogue: stand-in: eva02_base_patch14_448"
        ),
    ),
    silent=(job(domain="dermoscopy", source={"domain": "natural-images"}), job()),
)
def source_not_in_catalogue(outcome: Outcome) -> Remark | None:
    source, wanted = outcome.request.source, outcome.case.job.task.modalities
    if source.domain is UNSET or matches_source(outcome.know, source.domain, outcome.case.model.corpus):
        return None
    if outcome.know.domains[source.domain].modality not in wanted:
        return None
    return Remark("source-not-in-catalogue", "/source/domain", f"stand-in: {outcome.case.model.name}")


@NOTICES.rule(
    "notice-patterns-are-pytorch",
    "Names of parameters and checkpoints are those of the PyTorch libraries, whatever the framework.",
    fires=(job(constraints={"framework": "keras"}).decides("patterns-are-pytorch: keras"),),
    silent=(job(constraints={"framework": "pytorch"}), job()),
)
def patterns_are_pytorch(outcome: Outcome) -> Remark | None:
    framework = outcome.request.constraints.framework
    if framework not in (Framework.KERAS, Framework.JAX):
        return None
    return Remark("patterns-are-pytorch", "/constraints/framework", f"{framework}")


@JOB_NOTICES.rule(
    "notice-copy-in-fewer-bits",
    "A copy in other bits is planned for as the weights that it was made from, and that is said.",
    fires=(
        job(task="text-generation", source={"model": "mlx-community/Qwen3-4B-Instruct-2507-4bit"}).decides(
            "copy-in-fewer-bits: a copy of Qwen/Qwen3-4B-Instruct-2507"
        ),
        freeze(500, model="unsloth/Qwen3-4B-bnb-4bit").decides("copy-in-fewer-bits: a copy of unsloth/Qwen3-4B"),
    ),
    silent=(job(task="text-generation", source={"model": "Qwen/Qwen3-4B-Instruct-2507"}), freeze(500, depth=12)),
)
def copy_in_fewer_bits(outcome: Outcome) -> Remark | None:
    row = outcome.know.find_model(outcome.request.source.model)
    if row is None or not IN_FEWER_BITS.search(known(outcome.request.source.model) or ""):
        return None
    return Remark("copy-in-fewer-bits", "/source/model", f"a copy of {row.id}", told=f"It is a copy of {row.id}.")
