"""What a job is about: tasks, domains, pretraining data, and how alike these are."""

from typing import Annotated

from msgspec import Meta

from service.contract.words import Corpus, Distinction, Domain, Metric, Modality, Task
from service.knowledge.rows.claim import Claim, Text

TRACKS = ("features", "generation")


class TaskRow(Claim, frozen=True, kw_only=True):
    """A target task. `track` is `features` or `generation`.

    `label` is what an annotator gives, `label_unit` what labels are counted in, `examples_mean` what a request counts.
    """

    id: Task
    like: Task | None = None
    """The task whose models can do this one too, by their build: with another head, or taught by other examples."""
    modalities: tuple[Modality, ...]
    track: str
    has_classes: bool
    head: Text
    metric: Text
    measured_in: Metric | None = None
    """What scores are taken to be when nothing else is said; None where usual metrics differ in what is better."""
    label: Text
    label_unit: Text
    examples_mean: Text


class MetricRow(Claim, frozen=True, kw_only=True):
    """A metric, and which scores are better in it."""

    id: Metric
    lower_is_better: bool


class DomainRow(Claim, frozen=True, kw_only=True):
    """Where data come from. `distinction` is what usually tells its classes apart."""

    id: Domain
    modality: Modality
    meaning: Text
    distinction: Distinction = Distinction.COARSE
    other_channels: bool = False
    """Whether its input has other channels than the checkpoints here were trained on."""
    shifts_in_deployment: bool = False
    """Whether data in use are known to differ much from data in training."""
    invites_shortcuts: bool = False
    """Whether background and label often go together."""


class CorpusRow(Claim, frozen=True, kw_only=True):
    """A family of pretraining data. `home` is the domain it is made of; `terms` what restricts its use, if anything."""

    id: Corpus
    modalities: tuple[Modality, ...]
    home: Domain
    meaning: Text
    terms: str = ""


class SimilarityRow(Claim, frozen=True, kw_only=True):
    """How alike one domain is to one corpus, 0 to 10."""

    domain: Domain
    corpus: Corpus
    similarity: Annotated[float, Meta(ge=0, le=10)]
    reason: Text
