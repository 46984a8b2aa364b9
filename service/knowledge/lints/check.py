"""What a schema cannot say: rows that point at each other, cover each other and do not overlap. One function a law."""

from collections.abc import Callable, Iterator

from service.knowledge.lints.catalogue import (
    builds_add_up,
    checkpoints_are_whole,
    checkpoints_can_be_counted,
    checkpoints_cite_sources,
    computed_models_can_be_trained,
    names_are_unique,
    totals_agree,
)
from service.knowledge.lints.coverage import (
    bands_meet,
    orders_are_complete,
    preferences_are_complete,
    shapes_are_covered,
    similarities_are_complete,
    vocabularies_are_covered,
)
from service.knowledge.lints.facts import (
    claims_are_graded,
    facts_have_sources,
    models_are_reachable,
    numbers_have_units,
    sources_are_complete,
)
from service.knowledge.lints.numbers import (
    blocks_add_up,
    experiments_are_comparisons,
    freezing_is_monotone,
    rates_are_ordered,
    rates_cover_policies,
    rates_do_not_overlap,
    rates_have_lengths,
)
from service.knowledge.lints.references import (
    cells_resolve,
    closed_words,
    ids_are_unique,
    judgement_is_graded_d,
    sources_are_used,
    sources_resolve,
    spellings_are_unique,
    topics_resolve,
)
from service.knowledge.lints.results import (
    judged_cells_are_graded_d,
    results_are_used,
    results_are_whole,
    results_resolve,
)
from service.knowledge.rows import Tables

Lint = Callable[[Tables], Iterator[str]]


def check(tables: Tables) -> list[str]:
    """Every finding of every lint, as sentences."""
    return [f"{lint.__name__}: {finding}" for lint in LINTS for finding in lint(tables)]


LINTS: tuple[Lint, ...] = (
    ids_are_unique,
    sources_are_complete,
    sources_resolve,
    sources_are_used,
    claims_are_graded,
    judgement_is_graded_d,
    numbers_have_units,
    topics_resolve,
    vocabularies_are_covered,
    shapes_are_covered,
    bands_meet,
    preferences_are_complete,
    orders_are_complete,
    experiments_are_comparisons,
    freezing_is_monotone,
    rates_are_ordered,
    rates_do_not_overlap,
    rates_cover_policies,
    rates_have_lengths,
    similarities_are_complete,
    cells_resolve,
    judged_cells_are_graded_d,
    results_are_whole,
    results_resolve,
    results_are_used,
    facts_have_sources,
    models_are_reachable,
    blocks_add_up,
    spellings_are_unique,
    closed_words,
    checkpoints_are_whole,
    checkpoints_can_be_counted,
    checkpoints_cite_sources,
    totals_agree,
    builds_add_up,
    names_are_unique,
    computed_models_can_be_trained,
)
