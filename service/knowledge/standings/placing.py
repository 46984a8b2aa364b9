"""Where models stand on a task or a target, from published results: arithmetic alone, for any models and results.

A result is a standing: a z-score among the models compared with it. Comparisons hold different models, so each is
placed: moved, and where it holds enough models stretched, onto what is known of its models otherwise. A model's quality
is then

    (prior weight * prior + sum of weight * placed standing) / (prior weight + sum of weights)

A result weighs more on the target's own domain, nothing on a far one, less on a set of another size, and less where the
backbone was frozen and would not be, or the other way round; and a benchmark's results share their weight, so that many
columns of one table do not drown the other benchmarks. Whoever judges this leaves out of the results what the judged
case must not know.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import fsum, log, sqrt

from msgspec import Struct

from service.contract.words import Corpus, Domain
from service.knowledge.rows import Prior

Factors = Mapping[tuple[Domain | None, int], float]
"""How much a result weighs, by its domain and its number of examples."""

ROUNDS = 100
SETTLED = 1e-6


class Entrant(Struct, frozen=True):
    """What is known of a model before its results: `top1` is its accuracy on ImageNet in percent."""

    id: str
    corpus: Corpus | None = None
    params: int | None = None
    year: int | None = None
    top1: float | None = None


class Result(Struct, frozen=True):
    """One comparison: the standing of each model on one dataset, more is better.

    `anchors`: it holds the figures that the prior is made of, and is not counted again. `examples`: how many were
    trained on; 0: not known.
    """

    benchmark: str
    dataset: str
    frozen: bool
    domain: Domain | None
    standings: Mapping[str, float]
    anchors: bool = False
    examples: int = 0


class Target(Struct, frozen=True):
    """What models are ranked for. Without a domain it is the task in general, with 0 examples a set of any size."""

    frozen: bool
    prior: Prior
    domain: Domain | None = None
    examples: int = 0


class Weights(Struct, frozen=True):
    """The rule's numbers; each is a row of `constants.toml`."""

    prior: float
    same_domain: float
    other_use: float
    far_similarity: float
    size: float
    similarity: float
    stretch_least: float
    stretch_most: float
    stretch_few: float
    stretch_models: float


class Placed(Struct, frozen=True):
    """One result of one model on the common scale. `weight` is before the target is known."""

    benchmark: str
    dataset: str
    domain: Domain | None
    standing: float
    weight: float
    examples: int = 0


class Similarities:
    """Similarities by domain and corpus."""

    def __init__(self, similarities: Mapping[tuple[Domain, Corpus], float]) -> None:
        self._by_domain: dict[Domain, dict[Corpus, float]] = defaultdict(dict)
        for (domain, corpus), similarity in similarities.items():
            self._by_domain[domain][corpus] = similarity

    def corpus(self, domain: Domain, corpus: Corpus) -> float | None:
        """How alike a domain is to a corpus, 0 to 10."""
        return self._by_domain.get(domain, {}).get(corpus)

    def shared(self, one: Domain, other: Domain) -> float:
        """How alike two domains are: as the best corpus that serves both of them, 0 where none does."""
        here, there = self._by_domain.get(one, {}), self._by_domain.get(other, {})
        return max((min(here[corpus], there[corpus]) for corpus in here if corpus in there), default=0.0)


def rank(
    entrants: Sequence[Entrant],
    results: Collection[Result],
    target: Target,
    alike: Similarities,
    weights: Weights,
) -> dict[str, float]:
    """The quality of each model for the target, higher is better. The results are all that may be known."""
    known = before_results(entrants, target.prior, weights)
    placed = place(results, known, target, weights)
    near = likeness(entrants, target.domain, alike)
    factors = factors_of([(one.domain, one.examples) for one in results], target, alike, weights)
    return {
        one.id: quality(
            known.get(one.id, 0.0) + weights.similarity * near[one.id], placed.get(one.id, ()), factors, weights
        )
        for one in entrants
    }


def before_results(entrants: Iterable[Entrant], prior: Prior, weights: Weights) -> dict[str, float]:
    """What each model is worth before its results, as a z-score; none where the facts for it are not known."""
    match prior:
        case Prior.TOP1:
            rated = {one.id: (one.top1, log(one.params)) for one in entrants if one.top1 and one.params}
            accuracy = z_scores({name: top1 for name, (top1, _) in rated.items()})
            size = z_scores({name: size for name, (_, size) in rated.items()})
            return {name: accuracy[name] + weights.size * size[name] for name in rated}
        case Prior.YEAR:
            return z_scores({one.id: float(one.year) for one in entrants if one.year})
        case Prior.NONE:
            return {one.id: 0.0 for one in entrants}


def likeness(entrants: Iterable[Entrant], domain: Domain | None, alike: Similarities) -> dict[str, float]:
    """How many notches nearer to the domain each model's pretraining data are than the mean model's."""
    rows = {one.id: alike.corpus(domain, one.corpus) if domain and one.corpus else None for one in entrants}
    known = [similarity for similarity in rows.values() if similarity is not None]
    mean = sum(known) / len(known) if known else 0.0
    return {name: 0.0 if similarity is None else similarity - mean for name, similarity in rows.items()}


def place(
    results: Collection[Result], known: Mapping[str, float], target: Target, weights: Weights
) -> dict[str, list[Placed]]:
    """Every result on the common scale, by model.

    With ImageNet as the prior, comparisons are placed on it. Otherwise they are moved onto each other until they rest,
    and only the largest linked set of models is kept: the others share no scale with it.
    """
    others = [one for one in results if not one.anchors]
    scale, may_stretch = known, target.prior is Prior.TOP1
    shares = _shares(others, target, weights)
    if not may_stretch:
        scale = _settled(others, shares, known, weights)
    placed: dict[str, list[Placed]] = defaultdict(list)
    for one, share in zip(others, shares, strict=True):
        for name, standing in _moved(one, scale, weights if may_stretch else None).items():
            placed[name].append(Placed(one.benchmark, one.dataset, one.domain, standing, share[name], one.examples))
    return dict(placed)


def quality(prior: float, placed: Iterable[Placed], factors: Factors, weights: Weights) -> float:
    """The weighted mean of the prior and the placed results."""
    total, weight = weights.prior * prior, weights.prior
    for one in placed:
        share = one.weight * factors.get((one.domain, one.examples), 1.0)
        total += share * one.standing
        weight += share
    return total / weight


def factors_of(
    places: Collection[tuple[Domain | None, int]], target: Target, alike: Similarities, weights: Weights
) -> Factors:
    """How much a result weighs for the target, by its domain and its number of examples.

    On a set of another size it counts as the smaller of the two is to the mean of both: which model wins turns on how
    much it is taught. Where the number is not known, it counts as those of known numbers do on average.
    """
    ratios = {count: _ratio(count, target.examples) for _, count in places if count and target.examples}
    usual = fsum(ratios.values()) / len(ratios) if ratios else 1.0
    return {
        (domain, count): _of_domain(domain, target.domain, alike, weights) * ratios.get(count, usual)
        for domain, count in places
    }


def _ratio(one: int, other: int) -> float:
    return 2 * min(one, other) / (one + other)


def _of_domain(domain: Domain | None, target: Domain | None, alike: Similarities, weights: Weights) -> float:
    if domain is None or target is None:
        return 1.0
    if domain is target:
        return weights.same_domain
    return 0.0 if alike.shared(domain, target) < weights.far_similarity else 1.0


def z_scores(values: Mapping[str, float]) -> dict[str, float]:
    """Distances from the mean in standard deviations; all 0 where the values do not differ."""
    if not values:
        return {}
    mean = sum(values.values()) / len(values)
    spread = spread_of(list(values.values())) or 1.0
    return {name: (value - mean) / spread for name, value in values.items()}


def linked_set(results: Iterable[Result]) -> frozenset[str]:
    """Of the sets of models that chains of comparisons link, the one with the most results; of equal ones the first."""
    groups: list[tuple[set[str], int]] = []
    for one in results:
        names = set(one.standings)
        met = [group for group in groups if group[0] & names]
        joined = (names.union(*(group for group, _ in met)), len(names) + sum(count for _, count in met))
        groups = [*(group for group in groups if group not in met), joined]
    return frozenset(max(groups, key=lambda group: group[1], default=(set[str](), 0))[0])


def _shares(results: Sequence[Result], target: Target, weights: Weights) -> list[dict[str, float]]:
    """What each result weighs. A benchmark with n results of a model weighs as the root of n beside other benchmarks;
    all results of a model together weigh as many as they are.
    """
    count: dict[str, Counter[tuple[str, bool]]] = {}
    for one in results:
        for name in one.standings:
            count.setdefault(name, Counter())[one.benchmark, one.frozen] += 1
    scale = {name: held.total() / sum(map(sqrt, held.values())) for name, held in count.items()}
    return [
        {
            name: (1.0 if one.frozen == target.frozen else weights.other_use)
            * scale[name]
            / sqrt(count[name][one.benchmark, one.frozen])
            for name in one.standings
        }
        for one in results
    ]


def _moved(one: Result, scale: Mapping[str, float], stretching: Weights | None) -> dict[str, float]:
    """The standings of a comparison, moved onto the scale by the models that it holds; nothing where it holds none."""
    held = [name for name in one.standings if name in scale]
    if not held:
        return {}
    here, there = [one.standings[name] for name in held], [scale[name] for name in held]
    factor = 1.0 if stretching is None else _stretch(here, there, stretching)
    middle, home = sum(here) / len(here), sum(there) / len(there)
    return {name: home + factor * (one.standings[name] - middle) for name in held}


def _stretch(here: Sequence[float], there: Sequence[float], weights: Weights) -> float:
    """How much wider the models lie on the scale than in the comparison, where they are enough to tell."""
    if len(here) < weights.stretch_models:
        return weights.stretch_few
    return min(weights.stretch_most, max(weights.stretch_least, spread_of(there) / (spread_of(here) or 1.0)))


def _settled(
    results: Sequence[Result], shares: Sequence[Mapping[str, float]], known: Mapping[str, float], weights: Weights
) -> dict[str, float]:
    """The qualities of the linked models, once comparisons that are moved onto them no longer move."""
    scale = {name: known.get(name, 0.0) for name in sorted(linked_set(results))}
    for _ in range(ROUNDS):
        total = {name: weights.prior * known.get(name, 0.0) for name in scale}
        weight = dict.fromkeys(scale, weights.prior)
        for one, share in zip(results, shares, strict=True):
            for name, standing in _moved(one, scale, None).items():
                total[name] += share[name] * standing
                weight[name] += share[name]
        new = {name: total[name] / weight[name] for name in scale}
        change = max((abs(new[name] - scale[name]) for name in scale), default=0.0)
        scale = new
        if change < SETTLED:
            break
    return scale


def spread_of(values: Sequence[float]) -> float:
    """The standard deviation of values that are the whole."""
    mean = sum(values) / len(values)
    return sqrt(sum((value - mean) ** 2 for value in values) / len(values))
