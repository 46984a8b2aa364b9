"""What a schema cannot say: rows that point at each other, cover each other and do not overlap. One function a law."""

from collections.abc import Callable, Iterator

from service.knowledge.lints import catalogue, coverage, facts, numbers, references, results
from service.knowledge.rows import Tables

Lint = Callable[[Tables], Iterator[str]]


def check(tables: Tables) -> list[str]:
    """Every finding of every lint, as sentences."""
    return [f"{lint.__name__}: {finding}" for lint in LINTS for finding in lint(tables)]


LINTS: tuple[Lint, ...] = (
    references.ids_are_unique,
    facts.sources_are_complete,
    references.sources_resolve,
    references.sources_are_used,
    facts.claims_are_graded,
    references.judgement_is_graded_d,
    facts.numbers_have_units,
    references.topics_resolve,
    coverage.vocabularies_are_covered,
    coverage.families_are_covered,
    coverage.shapes_are_covered,
    coverage.bands_meet,
    coverage.preferences_are_complete,
    coverage.orders_are_complete,
    numbers.experiments_are_comparisons,
    numbers.freezing_is_monotone,
    numbers.rates_are_ordered,
    numbers.rates_do_not_overlap,
    numbers.rates_cover_policies,
    numbers.rates_have_lengths,
    coverage.similarities_are_complete,
    references.cells_resolve,
    results.judged_cells_are_graded_d,
    results.results_are_whole,
    results.results_resolve,
    results.results_are_used,
    facts.facts_have_sources,
    facts.models_are_reachable,
    numbers.blocks_add_up,
    references.spellings_are_unique,
    references.closed_words,
    catalogue.checkpoints_are_whole,
    catalogue.checkpoints_can_be_counted,
    catalogue.checkpoints_cite_sources,
    catalogue.totals_agree,
    catalogue.builds_add_up,
    catalogue.names_are_unique,
    catalogue.computed_models_can_be_trained,
)
