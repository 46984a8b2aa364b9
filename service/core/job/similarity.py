"""How alike the pretraining data and the target data are, from 0 to 10."""

from msgspec import Struct

from service.contract.words import Corpus, Domain, Grade, SimilarityLevel
from service.core.rules.example_requests import RESNET, freeze, job
from service.core.rules.resolved_inputs import Inputs, resolved_pointer
from service.core.rules.rule import Finding, Topic, Trace
from service.knowledge.index import Knowledge


class Pair(Struct, frozen=True):
    """What similarity is decided by. Whatever is not known is None.

    `other_task`: the source was trained for another task than the target.
    """

    know: Knowledge
    given: float | None
    corpus: Corpus | None
    source_domain: Domain | None
    target_domain: Domain | None
    other_task: bool


SIMILARITY: Topic[Pair, Finding[float]] = Topic("similarity")


@SIMILARITY.rule(
    "similarity-given",
    "A similarity that the caller gives is taken as it is.",
    sources=("judgement", "seed-calculator"),
    seeds=("R-003", "C-19"),
    fires=(
        job(similarity=8).decides("8.0: given in the request"),
        freeze(depth=50, similarity=8).decides("8.0: given in the request"),
    ),
    silent=(job(domain="pets-and-animals"),),
)
def given(pair: Pair) -> Finding[float] | None:
    return None if pair.given is None else Finding(pair.given, "given in the request")


@SIMILARITY.rule(
    "similarity-of-domains",
    "Where no catalogue model was pretrained on the described source, the source and target domains are compared: they "
    "are as alike as the best pretraining corpus that serves both of them.",
    seeds=("C-13", "R-001", "R-098"),
    fires=(
        job(source={"task": "image-classification", "domain": "retinal-images"}, domain="dermoscopy").decides(
            "3.5: min(3.5, 3.5) over web-image-text, less 0 for another task"
        ),
        job(source={"task": "object-detection", "domain": "retinal-images"}, domain="dermoscopy").decides(
            "2.5: min(3.5, 3.5) over web-image-text, less 1 for another task"
        ),
    ),
    silent=(job(domain="radiology"), job(source={"domain": "retinal-images"})),
)
def of_domains(pair: Pair) -> Finding[float] | None:
    source, target = pair.source_domain, pair.target_domain
    if source is None or target is None:
        return None
    notch = pair.know.constants["similarity-other-task"]
    less, rows = (notch.value, (notch,)) if pair.other_task else (0.0, ())
    if source == target:
        row = pair.know.constants["similarity-same-domain"]
        return Finding(row.value - less, f"source and target domain are the same, less {less:g}", (row, *rows))
    shared = [
        (min(one.similarity, other.similarity), one, other)
        for corpus in pair.know.corpora
        if (one := pair.know.similarities.get((source, corpus)))
        and (other := pair.know.similarities.get((target, corpus)))
    ]
    if not shared:
        return Finding(0.0, f"no corpus serves both {source} and {target}")
    value, one, other = max(shared, key=lambda entry: (entry[0], entry[1].corpus))
    told = f"min({one.similarity:g}, {other.similarity:g}) over {one.corpus}, less {less:g} for another task"
    return Finding(max(0.0, value - less), told, (one, other, *rows))


@SIMILARITY.rule(
    "similarity-of-corpus",
    "The similarity of the target domain to the model's pretraining corpus is read from the table.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer"),
    seeds=("R-047", "R-048", "R-049", "R-053", "C-12", "C-19"),
    fires=(
        job(domain="pets-and-animals").decides("9.0: pets-and-animals to curated-images: 9"),
        job(domain="radiology", source=RESNET).decides("3.0: radiology to imagenet: 3"),
    ),
    silent=(job(), job(similarity=3)),
)
def of_corpus(pair: Pair) -> Finding[float] | None:
    if pair.corpus is None or pair.target_domain is None:
        return None
    row = pair.know.similarities.get((pair.target_domain, pair.corpus))
    if row is None:
        return Finding(0.0, f"{pair.corpus} and {pair.target_domain} have no modality in common")
    return Finding(row.similarity, f"{pair.target_domain} to {pair.corpus}: {row.similarity:g}", (row,))


@SIMILARITY.rule(
    "similarity-assumed",
    "Where neither a similarity nor a target domain is given, a medium similarity of 5 is assumed, and said.",
    sources=("judgement", "seed-calculator"),
    seeds=("R-003", "C-19"),
    fires=(
        job().decides("5.0: neither similarity nor target domain was given"),
        freeze(depth=50).decides("5.0: neither similarity nor target domain was given"),
    ),
    silent=(job(domain="news", task="text-classification"),),
)
def assumed(pair: Pair) -> Finding[float]:
    row = pair.know.constants["similarity-assumed"]
    return Finding(row.value, "neither similarity nor target domain was given", (row,))


def level_of(know: Knowledge, similarity: float) -> SimilarityLevel:
    """The word for a similarity: high from 7, medium from 4."""
    if similarity >= know.number("similarity-high"):
        return SimilarityLevel.HIGH
    return SimilarityLevel.MEDIUM if similarity >= know.number("similarity-medium") else SimilarityLevel.LOW


def is_very_different(know: Knowledge, similarity: float) -> bool:
    """Whether pretraining helps so little that training from scratch is a rival."""
    return similarity <= know.number("similarity-very-different")


def matches_source(know: Knowledge, domain: Domain, corpus: Corpus | None) -> bool:
    """Whether a model that learned from this corpus learned from data like those of a source of this domain."""
    row = know.similarities.get((domain, corpus)) if corpus else None
    return row is not None and row.similarity >= know.number("similarity-same-source")


def is_near(know: Knowledge, similarity: float) -> bool:
    """Whether the target's domain is so like the pretraining data that frozen features serve it."""
    return similarity >= know.number("probe-similarity")


def _levels(know: Knowledge) -> str:
    high, medium = know.number("similarity-high"), know.number("similarity-medium")
    return f"high from {high:g}, medium from {medium:g}, low below"


def resolve_similarity(pair: Pair, inputs: Inputs, trace: Trace) -> tuple[float, SimilarityLevel]:
    """The similarity and its level, noted with origin and reason."""
    rule, finding = SIMILARITY.first(pair)
    if pair.given is not None:
        inputs.given("/similarity", finding.value)
    elif rule.id == "similarity-assumed":
        inputs.assumed("/similarity", finding.value, finding.formula)
    else:
        inputs.derived("/similarity", finding.value, finding.formula)
    level = level_of(pair.know, finding.value)
    inputs.derived("/similarity_level", level, _levels(pair.know))
    trace.decided(resolved_pointer("/similarity"), rule, finding)
    return finding.value, level
