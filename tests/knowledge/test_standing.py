"""The arithmetic of standings, on examples small enough to compute by hand."""

from collections.abc import Mapping

import msgspec
import pytest

from service.contract.words import Corpus, Domain
from service.knowledge.loader import load
from service.knowledge.rows import Prior
from service.knowledge.standings.agreement import agreements, tau_b
from service.knowledge.standings.placing import (
    Entrant,
    Placed,
    Result,
    Similarities,
    Target,
    Weights,
    before_results,
    factors_of,
    likeness,
    linked_set,
    place,
    quality,
    rank,
    z_scores,
)
from service.knowledge.standings.results import results_of, weights_of

FOOD, PETS, CELLS = Domain.FOOD, Domain.PETS_AND_ANIMALS, Domain.MICROSCOPY
ALIKE = Similarities(
    {
        (FOOD, Corpus.IMAGENET): 7.0,
        (FOOD, Corpus.WEB_IMAGE_TEXT): 8.0,
        (PETS, Corpus.IMAGENET): 9.0,
        (PETS, Corpus.WEB_IMAGE_TEXT): 8.0,
        (CELLS, Corpus.IMAGENET): 2.0,
        (CELLS, Corpus.WEB_IMAGE_TEXT): 3.0,
    }
)
WEIGHTS = Weights(
    prior=1.0,
    same_domain=4.0,
    other_use=0.5,
    far_similarity=4.5,
    size=0.25,
    similarity=0.4,
    stretch_least=0.25,
    stretch_most=2.0,
    stretch_few=0.5,
    stretch_models=3.0,
)
TUNED = Target(frozen=False, prior=Prior.NONE)


def compared(
    dataset: str,
    standings: Mapping[str, float],
    domain: Domain | None = None,
    benchmark: str = "b",
    *,
    frozen: bool = False,
) -> Result:
    return Result(benchmark, dataset, frozen, domain, standings)


def test_z_scores() -> None:
    assert z_scores({"a": 1.0, "b": 3.0}) == {"a": -1.0, "b": 1.0}
    assert z_scores({"a": 5.0, "b": 5.0}) == {"a": 0.0, "b": 0.0}
    assert z_scores({}) == {}


def test_quality_is_a_weighted_mean_with_the_prior() -> None:
    """(1 x 0.5 + 4 x 2 + 1 x -1 + 0 x 9) / (1 + 4 + 1 + 0) = 1.25."""
    results = [Placed("b", "x", PETS, 2.0, 1.0), Placed("b", "y", FOOD, -1.0, 1.0), Placed("b", "z", CELLS, 9.0, 1.0)]
    places = [(PETS, 0), (FOOD, 0), (CELLS, 0), (None, 0)]
    factors = factors_of(places, msgspec.structs.replace(TUNED, domain=PETS), ALIKE, WEIGHTS)
    assert factors == dict(zip(places, (4.0, 1.0, 0.0, 1.0), strict=True))
    assert quality(0.5, results, factors, WEIGHTS) == pytest.approx(1.25)
    assert quality(0.5, [], factors, WEIGHTS) == 0.5
    assert quality(0.5, results, {}, WEIGHTS) == pytest.approx((0.5 + 2 - 1 + 9) / 4)


def test_domains_are_alike_as_the_best_corpus_that_serves_both() -> None:
    assert ALIKE.shared(PETS, FOOD) == 8.0
    assert ALIKE.shared(PETS, CELLS) == 3.0
    assert ALIKE.shared(PETS, Domain.NEWS) == 0.0


def test_radiology_is_far_from_pets() -> None:
    """No pretraining data serve both, so that results on one say nothing of the other."""
    rows = load().tables.similarities
    alike = Similarities({(row.domain, row.corpus): row.similarity for row in rows})
    target = msgspec.structs.replace(TUNED, domain=PETS)
    factors = factors_of([(Domain.RADIOLOGY, 0), (Domain.FOOD, 0)], target, alike, WEIGHTS)
    assert factors == {(Domain.RADIOLOGY, 0): 0.0, (Domain.FOOD, 0): 1.0}


def test_a_result_on_a_set_of_another_size_counts_as_the_smaller_is_to_the_mean() -> None:
    """2,000 of 5,000, 8,000 of 12,000; where the number is not known, the mean of these."""
    places = [(PETS, 2_000), (FOOD, 16_000), (FOOD, 0)]
    target = msgspec.structs.replace(TUNED, domain=PETS, examples=8_000)
    assert factors_of(places, target, ALIKE, WEIGHTS) == pytest.approx(
        dict(zip(places, (4 * 2 / 5, 2 / 3, 8 / 15), strict=True))
    )


def test_before_results() -> None:
    """z(70, 80) = -1, 1; the sizes e and e cubed have logarithms 1 and 3, so z -1, 1, of which a quarter counts."""
    small = Entrant("a", params=10, year=2018, top1=70.0)
    large = Entrant("b", params=1000, year=2020, top1=80.0)
    unknown = Entrant("c", params=10)
    assert before_results([small, large, unknown], Prior.TOP1, WEIGHTS) == pytest.approx({"a": -1.25, "b": 1.25})
    assert before_results([small, large, unknown], Prior.YEAR, WEIGHTS) == {"a": -1.0, "b": 1.0}
    assert before_results([small, unknown], Prior.NONE, WEIGHTS) == {"a": 0.0, "c": 0.0}


def test_likeness_is_beside_the_mean_model() -> None:
    models = [Entrant("a", Corpus.IMAGENET), Entrant("b", Corpus.WEB_IMAGE_TEXT), Entrant("c")]
    assert likeness(models, FOOD, ALIKE) == {"a": -0.5, "b": 0.5, "c": 0.0}
    assert likeness(models, None, ALIKE) == {"a": 0.0, "b": 0.0, "c": 0.0}


def test_a_comparison_is_moved_and_stretched_onto_the_prior() -> None:
    """Standings 0, 1, 2 of models worth 1, 1.5, 2: the mean moves from 1 to 1.5, and the spread halves."""
    known = {"a": 1.0, "b": 1.5, "c": 2.0}
    target = Target(frozen=False, prior=Prior.TOP1)
    placed = place([compared("x", {"a": 0.0, "b": 2.0, "c": 1.0, "unknown": 5.0})], known, target, WEIGHTS)
    assert {name: rows[0].standing for name, rows in placed.items()} == pytest.approx({"a": 1.0, "b": 2.0, "c": 1.5})


def test_two_models_do_not_tell_how_wide_a_comparison_is() -> None:
    target = Target(frozen=False, prior=Prior.TOP1)
    placed = place([compared("x", {"a": 3.0, "b": 1.0})], {"a": 0.0, "b": 1.0}, target, WEIGHTS)
    assert [placed["a"][0].standing, placed["b"][0].standing] == [1.0, 0.0]


def test_the_priors_own_figures_are_not_counted_again() -> None:
    own = Result("imagenet-1k", "imagenet-1k", False, None, {"a": 1.0, "b": -1.0}, anchors=True)
    assert place([own], {"a": 1.0, "b": -1.0}, Target(frozen=False, prior=Prior.TOP1), WEIGHTS) == {}


def test_comparisons_that_share_a_model_are_put_on_one_scale() -> None:
    """b beats a, and c beats b, in two comparisons that never held a and c together."""
    results = [compared("x", {"a": -1.0, "b": 1.0}), compared("y", {"b": -1.0, "c": 1.0}), compared("z", {"d": 9.0})]
    ranked = rank([Entrant(name) for name in "abc"], results, TUNED, ALIKE, WEIGHTS)
    assert sorted(ranked, key=lambda name: ranked[name]) == ["a", "b", "c"]
    assert ranked["a"] == pytest.approx(-ranked["c"])
    assert linked_set(results) == {"a", "b", "c"}


def test_a_benchmarks_columns_share_their_weight_with_other_benchmarks() -> None:
    """Four columns of one and one of another: 4 : 1 by count, 2 : 1 by weight, 5 in all."""
    results = [compared(f"x{i}", {"a": 1.0}) for i in range(4)] + [compared("y", {"a": -1.0}, benchmark="other")]
    rows = place(results, {"a": 0.0}, TUNED, WEIGHTS)["a"]
    assert sum(row.weight for row in rows) == pytest.approx(5.0)
    by_benchmark = [sum(row.weight for row in rows if row.benchmark == name) for name in ("b", "other")]
    assert by_benchmark == pytest.approx([10 / 3, 5 / 3])


def test_the_other_use_counts_half() -> None:
    rows = place([compared("x", {"a": 1.0}, frozen=True)], {"a": 0.0}, TUNED, WEIGHTS)["a"]
    assert rows[0].weight == 0.5


def test_what_is_left_out_cannot_speak() -> None:
    """The judge of a dataset gives only the other datasets' results, and models that no catalogue holds."""
    models = [
        Entrant("a", top1=70.0, params=10),
        Entrant("b", top1=71.0, params=10),
        Entrant("c", top1=72.0, params=10),
    ]
    results = [
        compared("judged", {"a": 1.0, "b": 0.0, "c": -1.0}, PETS),
        compared("food", {"a": 1.0, "b": -1.0, "c": 0.0}, FOOD),
    ]
    target = Target(frozen=False, prior=Prior.TOP1, domain=PETS)
    every = rank(models, results, target, ALIKE, WEIGHTS)
    fair = rank(models, [one for one in results if one.dataset != "judged"], target, ALIKE, WEIGHTS)
    none = rank(models, [], target, ALIKE, WEIGHTS)
    assert max(every, key=lambda name: every[name]) == "a"
    assert fair["a"] < every["a"]
    assert sorted(none, key=lambda name: none[name]) == ["a", "b", "c"]


def test_kendalls_tau() -> None:
    assert tau_b({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "c": 2}) == pytest.approx(1 / 3)
    assert tau_b({"a": 1, "b": 2}, {"a": 5, "b": 5}) is None
    assert tau_b({"a": 1, "b": 2, "c": 2}, {"a": 1, "b": 2, "c": 3}) == pytest.approx(2 / 6**0.5)


def test_benchmarks_agree_over_the_models_that_they_share() -> None:
    results = [
        compared("x", {"a": 0.0, "b": 1.0, "c": 2.0, "d": 9.0}),
        compared("y", {"a": 0.0, "b": 2.0, "c": 1.0}, benchmark="other"),
        compared("z", {"a": 0.0, "b": 2.0}, benchmark="small"),
    ]
    assert agreements(results, 3) == {("b, tuned", "other, tuned"): (pytest.approx(1 / 3), frozenset("abc"))}


def test_a_row_counts_in_the_direction_of_its_metric() -> None:
    know = load()
    errors = next(row for row in know.tables.results if not row.higher_is_better)
    (result,) = results_of([errors])
    lowest = errors.models[errors.scores.index(min(errors.scores))]
    assert result.standings[lowest] == max(result.standings.values())


def test_the_rules_numbers_are_rows() -> None:
    weights = weights_of(load().number)
    assert (weights.prior, weights.same_domain, weights.other_use, weights.size) == (1.0, 4.0, 0.5, 0.25)
