"""Lints of numbers: ranges in order, sums that add up, shares that fall and rise as they must."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, product

from service.contract.words import (
    BlockKind,
    DatasetBand,
    Policy,
    SimilarityLevel,
)
from service.knowledge.lints.references import repeated
from service.knowledge.rows import RateRow, Tables


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
    if set(shares) != {(band, level) for band in DatasetBand for level in SimilarityLevel}:
        yield "some band and level have no share"
        return
    bands, levels = tuple(DatasetBand), tuple(SimilarityLevel)
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
        if not (
            row.backbone_low <= row.backbone <= row.backbone_high and 0 < row.head_low <= row.head <= row.head_high
        ):
            yield f"{row.id}: low, rate and high are out of order"
        if row.backbone > row.head:
            yield f"{row.id}: the backbone is faster than the head"
        if (row.reference_params == 0) != (row.size_exponent == 0) or row.size_exponent < 0:
            yield f"{row.id}: a rate that falls with size needs a size, and an exponent above 0"
        if row.harmful and row.harmful <= max(row.backbone_high or row.head_high, row.point_high):
            yield f"{row.id}: harmful within its own range"
        if not row.tried_low <= row.point_low <= row.point_high <= row.tried_high:
            yield f"{row.id}: a range lies outside what the sweep tried"
        if (row.point_cells == 0) != (row.point_low == 0) or (row.point_cells == 0) != (row.point_batch == 0):
            yield f"{row.id}: a sweep needs its range, its batch and its cells"


def rates_do_not_overlap(tables: Tables) -> Iterator[str]:
    def keys(row: RateRow) -> Iterator[tuple[object, ...]]:
        for family in row.families:
            for strategy in row.strategies:
                for optimizer in row.optimizers:
                    where = (
                        row.max_params,
                        row.objectives,
                        row.levels,
                        row.distinctions,
                        row.models,
                        row.unit_features,
                    )
                    yield from ((family, strategy, optimizer, *where, policy) for policy in row.policies)

    yield from repeated("rates", (key for row in tables.rates for key in keys(row)))


def rates_cover_policies(tables: Tables) -> Iterator[str]:
    have: dict[tuple[object, ...], set[Policy]] = {}
    for row in tables.rates:
        if row.narrowness:
            continue
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


def blocks_add_up(tables: Tables) -> Iterator[str]:
    totals: Counter[str] = Counter()
    last: dict[str, BlockKind] = {}
    for row in sorted(tables.blocks, key=lambda row: row.order):
        totals[row.model] += row.params * row.count
        if last.get(row.model) is BlockKind.HEAD:
            yield f"{row.model}: a block follows the head"
        last[row.model] = row.kind
    models = {row.id: row for row in tables.models}
    builds = {row.id: row for row in tables.builds}
    for model, row in models.items():
        if row.build and (row.build not in builds or builds[row.build].params != row.params):
            yield f"{model}: its build {row.build} has other parameters, or is not known"
        if (model in totals) is bool(row.build):
            yield f"{model} has no blocks, or has them twice"
    for model, total in totals.items():
        if model not in models:
            yield f"unknown model {model}"
        elif total != models[model].params:
            yield f"{model}: blocks hold {total} parameters, the model {models[model].params}"
    yield from (f"{model} does not end with a head" for model, kind in last.items() if kind is not BlockKind.HEAD)
