"""Lints of coverage: every word of a vocabulary has its row, every pair its cell."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from service.contract.job import JobShapeOptions
from service.contract.words import (
    STRATEGY_OF,
    Corpus,
    CurveShape,
    DatasetBand,
    Domain,
    Family,
    SimilarityLevel,
    Strategy,
    Task,
)
from service.knowledge.rows import TRACKS, Tables


def vocabularies_are_covered(tables: Tables) -> Iterator[str]:
    for name, words, rows in (
        ("tasks", Task, tables.tasks),
        ("domains", Domain, tables.domains),
        ("corpora", Corpus, tables.corpora),
        ("strategies", Strategy, tables.strategies),
        ("bands", DatasetBand, tables.bands),
        ("families", Family, tables.families),
    ):
        have = Counter(row.id for row in rows)
        yield from (f"{name}: {word} has {have[word]} rows instead of 1" for word in words if have[word] != 1)


def families_are_covered(tables: Tables) -> Iterator[str]:
    """Without them every job of that family would end in an error."""
    sized = Counter(row.family for row in tables.footprints)
    yield from (f"footprints: {word} has {sized[word]} rows instead of 1" for word in Family if sized[word] != 1)
    for name, rows in (("rates", tables.rates), ("lengths", tables.lengths), ("weight_decay", tables.weight_decay)):
        have = {family for row in rows for family in row.families}
        yield from (f"{name}: {word} has no row" for word in Family if word not in have)


def shapes_are_covered(tables: Tables) -> Iterator[str]:
    have = Counter(row.shape for row in tables.shapes)
    yield from (f"{shape} has {have[shape]} rows instead of 1" for shape in CurveShape if have[shape] != 1)
    options = set(JobShapeOptions.__struct_fields__)
    yield from (f"{row.shape}: unknown option" for row in tables.shapes if not set(row.options) <= options)


def bands_meet(tables: Tables) -> Iterator[str]:
    for lower, upper in pairwise(tables.bands):
        if lower.examples_to != upper.examples_from:
            yield f"{lower.id} ends at {lower.examples_to} but {upper.id} starts at {upper.examples_from}"
    for row in tables.bands:
        if not row.examples_from <= row.typical_examples < (row.examples_to or row.typical_examples + 1):
            yield f"{row.id}: the typical number lies outside"


def preferences_are_complete(tables: Tables) -> Iterator[str]:
    have = Counter((row.track, band, level) for row in tables.preferences for band in row.bands for level in row.levels)
    wanted = [(track, band, level) for track in TRACKS for band in DatasetBand for level in SimilarityLevel]
    yield from (f"{key} has {have[key]} rows instead of 1" for key in wanted if have[key] != 1)
    yield from (f"{row.claim}: not all strategies" for row in tables.preferences if set(row.order) != set(Strategy))


def orders_are_complete(tables: Tables) -> Iterator[str]:
    for row in tables.orders:
        if sorted(STRATEGY_OF[method] for method in row.order) != sorted(Strategy):
            yield f"{row.id}: not one method for each strategy"


def similarities_are_complete(tables: Tables) -> Iterator[str]:
    have = {(row.domain, row.corpus) for row in tables.similarities}
    for domain in tables.domains:
        for corpus in tables.corpora:
            if (domain.modality in corpus.modalities) != ((domain.id, corpus.id) in have):
                yield f"{domain.id} and {corpus.id}: a row exactly where they share a modality"
