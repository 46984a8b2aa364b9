"""The words for tasks, domains and pretraining data, with what they mean in numbers."""

from service.contract.vocabulary import CorpusView, DomainList, DomainSimilarity, DomainView, TaskList, TaskView
from service.knowledge.index import Knowledge
from service.knowledge.rows import CorpusRow, DomainRow, SimilarityRow, TaskRow


def task_list(know: Knowledge) -> TaskList:
    """All tasks, in the order of the table."""
    return TaskList(ruleset=know.ruleset, tasks=[_task(row) for row in know.tables.tasks])


def domain_list(know: Knowledge) -> DomainList:
    """All domains with their similarities, and all families of pretraining data, in the order of the tables."""
    return DomainList(
        ruleset=know.ruleset,
        domains=[_domain(row, know) for row in know.tables.domains],
        corpora=[_corpus(row) for row in know.tables.corpora],
    )


def _task(row: TaskRow) -> TaskView:
    return TaskView(
        id=row.id,
        modalities=list(row.modalities),
        head=row.head,
        metric=row.metric,
        label=row.label,
        label_unit=row.label_unit,
        examples_mean=row.examples_mean,
        grade=row.grade,
        sources=list(row.sources),
    )


def _domain(row: DomainRow, know: Knowledge) -> DomainView:
    alike = [pair for pair in know.tables.similarities if pair.domain == row.id]
    return DomainView(
        id=row.id,
        modality=row.modality,
        meaning=row.meaning,
        distinction=row.distinction,
        grade=row.grade,
        sources=list(row.sources),
        similarities=[_similarity(pair) for pair in sorted(alike, key=lambda pair: (-pair.similarity, pair.corpus))],
    )


def _similarity(row: SimilarityRow) -> DomainSimilarity:
    return DomainSimilarity(row.corpus, row.similarity, row.reason, row.grade, list(row.sources))


def _corpus(row: CorpusRow) -> CorpusView:
    return CorpusView(
        id=row.id,
        modalities=list(row.modalities),
        home=row.home,
        meaning=row.meaning,
        terms=row.terms or None,
        grade=row.grade,
        sources=list(row.sources),
    )
