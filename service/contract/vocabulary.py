"""`GET /tasks` and `GET /domains`: what the words for tasks, domains and pretraining data mean."""

from service.contract.base import Response
from service.contract.explain import Ruleset
from service.contract.words import Corpus, Distinction, Domain, Grade, Modality, Task


class TaskView(Response, frozen=True):
    """A target task with its usual head and metric.

    `label` is what an annotator gives, `label_unit` what labels are counted in; `examples_mean` is what the `examples`
    of a request count.
    """

    id: Task
    modalities: list[Modality]
    head: str
    metric: str
    label: str
    label_unit: str
    examples_mean: str
    grade: Grade
    sources: list[str]


class TaskList(Response, frozen=True):
    """All tasks."""

    ruleset: Ruleset
    tasks: list[TaskView]


class CorpusView(Response, frozen=True):
    """A family of pretraining data. `home` is the domain that it is made of; `terms` what restricts its use."""

    id: Corpus
    modalities: list[Modality]
    home: Domain
    meaning: str
    terms: str | None
    grade: Grade
    sources: list[str]


class DomainSimilarity(Response, frozen=True):
    """How alike a domain is to one family of pretraining data, from 0 to 10."""

    corpus: Corpus
    similarity: float
    reason: str
    grade: Grade
    sources: list[str]


class DomainView(Response, frozen=True):
    """Where data come from, with its similarity to each family of pretraining data of its modality, nearest first.

    `distinction` is what usually tells its classes apart.
    """

    id: Domain
    modality: Modality
    meaning: str
    distinction: Distinction
    grade: Grade
    sources: list[str]
    similarities: list[DomainSimilarity]


class DomainList(Response, frozen=True):
    """All domains, and the families of pretraining data that they are compared with. Other pairs are 0."""

    ruleset: Ruleset
    domains: list[DomainView]
    corpora: list[CorpusView]
