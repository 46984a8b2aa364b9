"""The words for tasks, domains and pretraining data, with what they mean in numbers."""

from service.contract.vocabulary import CorpusView, DomainList, DomainSimilarity, DomainView, TaskList, TaskView
from service.knowledge.index import Knowledge
from service.knowledge.rows import DomainRow


def task_list(know: Knowledge) -> TaskList:
    """All tasks, in the order of the table."""
    return TaskList(ruleset=know.ruleset, tasks=[TaskView.from_row(row) for row in know.tables.tasks])


def domain_list(know: Knowledge) -> DomainList:
    """All domains with their similarities, and all families of pretraining data, in the order of the tables."""
    return DomainList(
        ruleset=know.ruleset,
        domains=[_domain(row, know) for row in know.tables.domains],
        corpora=[CorpusView.from_row(row, terms=row.terms or None) for row in know.tables.corpora],
    )


def _domain(row: DomainRow, know: Knowledge) -> DomainView:
    alike = [pair for pair in know.tables.similarities if pair.domain == row.id]
    nearest = sorted(alike, key=lambda pair: (-pair.similarity, pair.corpus))
    return DomainView.from_row(row, similarities=[DomainSimilarity.from_row(pair) for pair in nearest])
