"""What a schema cannot say: rows that point at each other, cover each other and do not overlap. One function a law."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise, product

import msgspec

from service.contract.schedule import ShapeOptions
from service.contract.words import (
    STRATEGY_OF,
    Band,
    BlockKind,
    Corpus,
    Domain,
    Family,
    Level,
    Policy,
    Shape,
    Strategy,
    Task,
)
from service.knowledge.lints_of_facts import (
    claims_are_graded,
    facts_have_sources,
    models_are_reachable,
    numbers_have_units,
    sources_are_complete,
)
from service.knowledge.lints_of_results import (
    judged_cells_are_graded_d,
    results_are_used,
    results_are_whole,
    results_resolve,
)
from service.knowledge.model import Claim, RateRow, Tables

Lint = Callable[[Tables], Iterator[str]]

TRACKS = ("features", "generation")


def check(tables: Tables) -> list[str]:
    """Every finding of every lint, as sentences."""
    return [f"{lint.__name__}: {finding}" for lint in LINTS for finding in lint(tables)]


def ids_are_unique(tables: Tables) -> Iterator[str]:
    for name in (
        "sources",
        "constants",
        "rates",
        "devices",
        "models",
        "topics",
        "risks",
        "adaptation",
        "checklist",
        "orders",
        "experiments",
    ):
        yield from _repeated(name, (row.id for row in getattr(tables, name)))
    yield from _repeated("notices", (row.code for row in tables.notices))
    yield from _repeated("cells", ((row.model, row.task) for row in tables.cells))
    yield from _repeated("similarities", ((row.domain, row.corpus) for row in tables.similarities))


def sources_resolve(tables: Tables) -> Iterator[str]:
    known = {row.id for row in tables.sources}
    for field in msgspec.structs.fields(Tables):
        for row in getattr(tables, field.name):
            cited = getattr(row, "sources", ())
            if isinstance(row, Claim) and not cited:
                yield f"{field.name}: a claim has no source: {row}"
            yield from (f"{field.name}: unknown source {source}" for source in cited if source not in known)


def sources_are_used(tables: Tables) -> Iterator[str]:
    used = {
        source
        for field in msgspec.structs.fields(Tables)
        for row in getattr(tables, field.name)
        for source in getattr(row, "sources", ())
    }
    yield from (f"{row.id} is cited by no row" for row in tables.sources if row.id not in used | RULE_ONLY_SOURCES)


def judgement_is_graded_d(tables: Tables) -> Iterator[str]:
    for field in msgspec.structs.fields(Tables):
        for row in getattr(tables, field.name):
            if isinstance(row, Claim) and set(row.sources) == {"judgement"} and row.grade != "D":
                yield f"{field.name}: rests on judgement alone but is graded {row.grade}: {row}"


def topics_resolve(tables: Tables) -> Iterator[str]:
    known = {row.id for row in tables.topics}
    for table in (tables.strategies, tables.risks, tables.adaptation, tables.notices):
        yield from (f"unknown topic {row.topic}" for row in table if row.topic not in known)
    yield from (
        f"{row.id} sees unknown topic {other}" for row in tables.topics for other in row.see if other not in known
    )


def vocabularies_are_covered(tables: Tables) -> Iterator[str]:
    for name, words, rows in (
        ("tasks", Task, tables.tasks),
        ("domains", Domain, tables.domains),
        ("corpora", Corpus, tables.corpora),
        ("strategies", Strategy, tables.strategies),
        ("bands", Band, tables.bands),
    ):
        have = Counter(row.id for row in rows)
        yield from (f"{name}: {word} has {have[word]} rows instead of 1" for word in words if have[word] != 1)


def shapes_are_covered(tables: Tables) -> Iterator[str]:
    have = Counter(row.shape for row in tables.shapes)
    yield from (f"{shape} has {have[shape]} rows instead of 1" for shape in Shape if have[shape] != 1)
    options = set(ShapeOptions.__struct_fields__)
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
    wanted = [(track, band, level) for track in TRACKS for band in Band for level in Level]
    yield from (f"{key} has {have[key]} rows instead of 1" for key in wanted if have[key] != 1)
    yield from (f"{row.claim}: not all strategies" for row in tables.preferences if set(row.order) != set(Strategy))


def orders_are_complete(tables: Tables) -> Iterator[str]:
    for row in tables.orders:
        if sorted(STRATEGY_OF[method] for method in row.order) != sorted(Strategy):
            yield f"{row.id}: not one method for each strategy"


def experiments_are_comparisons(tables: Tables) -> Iterator[str]:
    tasks = {row.id: row for row in tables.tasks}
    domains = {row.id: row for row in tables.domains}
    for row in tables.experiments:
        if (row.winner, row.winner_method) == (row.runner_up, row.runner_up_method):
            yield f"{row.id}: it compares a way with itself"
        if row.modality not in tasks[row.task].modalities or domains[row.domain].modality is not row.modality:
            yield f"{row.id}: task, domain and modality do not fit together"
        if row.unit not in ("points", "ratio"):
            yield f"{row.id}: a lead is in points or a ratio"
        if not 1 <= row.agreeing_runs <= row.runs and row.runs > 1:
            yield f"{row.id}: more runs agree than there are, or none does"


def freezing_is_monotone(tables: Tables) -> Iterator[str]:
    shares = {(row.band, row.level): row.frozen_share for row in tables.freeze_shares}
    if set(shares) != {(band, level) for band in Band for level in Level}:
        yield "some band and level have no share"
        return
    bands, levels = tuple(Band), tuple(Level)
    for level in levels:
        for lower, upper in pairwise(bands):
            if shares[upper, level] > shares[lower, level]:
                yield f"{upper} freezes more than {lower} at {level} similarity"
    for band in bands:
        for lower, upper in pairwise(levels):
            if shares[band, upper] < shares[band, lower]:
                yield f"{band}: {upper} similarity freezes less than {lower}"


def rates_are_ordered(tables: Tables) -> Iterator[str]:
    for row in tables.rates:
        if not (row.trunk_low <= row.trunk <= row.trunk_high and 0 < row.head_low <= row.head <= row.head_high):
            yield f"{row.id}: low, rate and high are out of order"
        if row.trunk > row.head:
            yield f"{row.id}: the trunk is faster than the head"
        if (row.reference_params == 0) != (row.size_exponent == 0) or row.size_exponent < 0:
            yield f"{row.id}: a rate that falls with size needs a size, and an exponent above 0"
        if not row.tried_low <= row.point_low <= row.point_high <= row.tried_high:
            yield f"{row.id}: a range lies outside what the sweep tried"
        if (row.point_cells == 0) != (row.point_low == 0) or (row.point_cells == 0) != (row.point_batch == 0):
            yield f"{row.id}: a sweep needs its range, its batch and its cells"


def rates_do_not_overlap(tables: Tables) -> Iterator[str]:
    def keys(row: RateRow) -> Iterator[tuple[object, ...]]:
        for family in row.families:
            for strategy in row.strategies:
                for optimizer in row.optimizers:
                    yield from ((family, strategy, optimizer, row.max_params, policy) for policy in row.policies)

    yield from _repeated("rates", (key for row in tables.rates for key in keys(row)))


def rates_cover_policies(tables: Tables) -> Iterator[str]:
    have: dict[tuple[object, ...], set[Policy]] = {}
    for row in tables.rates:
        for key in product(row.families, row.strategies, row.optimizers):
            have.setdefault(key, set()).update(row.policies)
    yield from (f"{key} has no rate under some policy" for key, policies in have.items() if policies != set(Policy))


def rates_have_lengths(tables: Tables) -> Iterator[str]:
    lengths = {(family, strategy) for row in tables.lengths for family in row.families for strategy in row.strategies}
    rates = {(family, strategy) for row in tables.rates for family in row.families for strategy in row.strategies}
    yield from (f"{family} with {strategy} has a length but no rate" for family, strategy in lengths - rates)
    decays = {family for row in tables.weight_decay for family in row.families}
    for row in tables.rates:
        for family in row.families:
            if family not in decays:
                yield f"{family} has a rate but no weight decay"
            for strategy in row.strategies:
                if (family, strategy) not in lengths:
                    yield f"{family} with {strategy} has a rate but no length"


def similarities_are_complete(tables: Tables) -> Iterator[str]:
    have = {(row.domain, row.corpus) for row in tables.similarities}
    for domain in tables.domains:
        for corpus in tables.corpora:
            if (domain.modality in corpus.modalities) != ((domain.id, corpus.id) in have):
                yield f"{domain.id} and {corpus.id}: a row exactly where they share a modality"


def cells_resolve(tables: Tables) -> Iterator[str]:
    models = {row.id: row for row in tables.models}
    tasks = {row.id: row for row in tables.tasks}
    for row in tables.cells:
        if row.model not in models:
            yield f"unknown model {row.model}"
        elif not set(models[row.model].modalities) & set(tasks[row.task].modalities):
            yield f"{row.model} cannot read what {row.task} needs"


def blocks_add_up(tables: Tables) -> Iterator[str]:
    totals: Counter[str] = Counter()
    last: dict[str, BlockKind] = {}
    for row in sorted(tables.blocks, key=lambda row: row.order):
        totals[row.model] += row.params * row.count
        if last.get(row.model) is BlockKind.HEAD:
            yield f"{row.model}: a block follows the head"
        last[row.model] = row.kind
    models = {row.id: row for row in tables.models}
    yield from (f"{model} has no blocks" for model in models if model not in totals)
    for model, total in totals.items():
        if model not in models:
            yield f"unknown model {model}"
        elif total != models[model].params:
            yield f"{model}: blocks hold {total} parameters, the model {models[model].params}"
    yield from (f"{model} does not end with a head" for model, kind in last.items() if kind is not BlockKind.HEAD)


def spellings_are_unique(tables: Tables) -> Iterator[str]:
    names = (
        {row.id.lower(), row.checkpoint.lower(), *(alias.lower() for alias in row.aliases)} for row in tables.models
    )
    yield from _repeated("models", (name for group in names for name in group))


def closed_words(tables: Tables) -> Iterator[str]:
    for row in tables.models:
        if row.head_kind not in ("linear", "dense-linear", "tied", "lm", "task"):
            yield f"{row.id}: unknown head kind {row.head_kind}"
        if row.commercial_use not in ("yes", "no", "unclear"):
            yield f"{row.id}: commercial use is yes, no or unclear"
        if not set(row.frameworks) <= {"pytorch", "keras", "jax"}:
            yield f"{row.id}: unknown framework"
    yield from (f"{row.id}: unknown track" for row in tables.tasks if row.track not in TRACKS)
    families = set(Family)
    yield from (f"{row.id}: unknown family" for row in tables.models if row.family not in families)


def _repeated(name: str, keys: Iterator[object]) -> Iterator[str]:
    yield from (f"{name}: {key} stands {count} times" for key, count in Counter(keys).items() if count > 1)


RULE_ONLY_SOURCES = frozenset({"pytorch", "mteb", "goyal-2017", "malladi-2022", "distil-whisper"})
"""Sources that only rules cite, not rows; a test holds them against the rules."""

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
)
