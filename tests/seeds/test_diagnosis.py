"""Negative transfer and what measurements say: R-045, R-105 to R-113, R-128, C-05, C-07, C-11."""

import pytest

from service.contract.words import Likelihood, Strategy
from tests.seeds.ask import BERT, RESNET, TEXT, codes, message, missing, option, page, recommend, risk

DESTROYED, NEGATIVE, CONTROL = "tuning-destroyed-features", "negative-transfer-measured", "run-scratch-control"


@pytest.mark.parametrize("similarity", [2, 5, 8])
@pytest.mark.parametrize("scratch", [None, 0.3])
def test_r112_c07_a_probe_above_full_tuning_means_that_tuning_did_the_harm(
    scratch: float | None, similarity: float
) -> None:
    scores = {"linear_probe": 0.75, "full_fine_tuning": 0.40} | ({"from_scratch": scratch} if scratch else {})
    answer = recommend(50_000, model=RESNET, similarity=similarity, measurements=scores)
    assert missing(message(answer, DESTROYED), ["freeze more", "rate by 3 to 10", "head first"]) == []
    assert NEGATIVE not in codes(answer)
    assert answer.verdict.strategy is Strategy.FEATURE_EXTRACTION


@pytest.mark.parametrize(("probe", "full"), [(0.5, 0.6), (0.69, 0.69), (0.2, 0.1)])
def test_r105_r108_r110_c07_scratch_above_both_means_wrong_features(probe: float, full: float) -> None:
    scores = {"linear_probe": probe, "full_fine_tuning": full, "from_scratch": 0.7}
    answer = recommend(50_000, model=RESNET, similarity=3, measurements=scores)
    assert missing(message(answer, NEGATIVE), ["another source", "open the early blocks"]) == []
    assert risk(answer, "negative-transfer").likelihood is Likelihood.OBSERVED
    assert answer.risks[0].id == "negative-transfer", "the most likely risk comes first"


@pytest.mark.parametrize("scratch", [None, 0.2, 0.59])
def test_c07_a_probe_below_full_tuning_is_no_negative_transfer(scratch: float | None) -> None:
    scores = {"linear_probe": 0.5, "full_fine_tuning": 0.6} | ({"from_scratch": scratch} if scratch else {})
    answer = recommend(50_000, model=RESNET, similarity=8, measurements=scores)
    assert {DESTROYED, NEGATIVE} & set(codes(answer)) == set()
    assert risk(answer, "negative-transfer").likelihood is not Likelihood.OBSERVED
    assert answer.verdict.strategy is Strategy.FULL


def test_c07_a_probe_above_scratch_saves_the_features_though_tuning_lost() -> None:
    scores = {"linear_probe": 0.8, "from_scratch": 0.7, "full_fine_tuning": 0.6}
    answer = recommend(50_000, model=RESNET, measurements=scores)
    assert DESTROYED in codes(answer)
    assert NEGATIVE not in codes(answer)


def test_r009_r112_c07_without_a_diagnosis_unlike_data_freeze_less() -> None:
    alike, unlike = recommend(5000, model=RESNET, similarity=9), recommend(5000, model=RESNET, similarity=1)
    assert alike.freeze_plan.shares.blocks_frozen > unlike.freeze_plan.shares.blocks_frozen


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ({"linear_probe": 0.9, "full_fine_tuning": 0.8}, Strategy.FEATURE_EXTRACTION),
        ({"linear_probe": 0.8, "full_fine_tuning": 0.9}, Strategy.FULL),
        ({"linear_probe": 0.8, "full_fine_tuning": 0.9, "from_scratch": 0.7}, Strategy.FULL),
    ],
)
def test_r045_r109_a_measurement_outweighs_every_prior(scores: dict[str, float], best: Strategy) -> None:
    assert recommend(5000, model=RESNET, similarity=6, measurements=scores).verdict.strategy is best


def test_r128_one_score_alone_says_nothing() -> None:
    assert "no-tuned-score" in codes(recommend(5000, model=RESNET, measurements={"linear_probe": 0.8}))


@pytest.mark.parametrize(
    ("similarity", "likelihood"),
    [
        (9, Likelihood.UNLIKELY),
        (6, Likelihood.UNLIKELY),
        (3, Likelihood.POSSIBLE),
        (1, Likelihood.LIKELY),
    ],
)
def test_r106_r107_c11_negative_transfer_is_rare_unless_domains_are_very_different(
    similarity: float, likelihood: Likelihood
) -> None:
    assert risk(recommend(5000, model=RESNET, similarity=similarity), "negative-transfer").likelihood is likelihood


def test_r070_r106_c11_a_rate_too_high_is_the_common_cause() -> None:
    fixed = {"strategy": "full-fine-tuning", "optimizer": "adamw"}
    high = recommend(20_000, task=TEXT, model=BERT, similarity=8, fixed=fixed | {"peak_rate": 5e-3})
    sound = recommend(20_000, task=TEXT, model=BERT, similarity=8, fixed=fixed | {"peak_rate": 3e-5})
    assert risk(high, "learning-rate-too-high").likelihood is Likelihood.LIKELY
    assert risk(sound, "learning-rate-too-high").likelihood is Likelihood.UNLIKELY


def test_r110_r112_r108_symptoms_and_fixes_stand_beside_the_risk() -> None:
    found = risk(recommend(5000, model=RESNET, similarity=1), "negative-transfer")
    symptoms, fixes = " ".join(found.symptoms), " ".join(found.fixes)
    assert missing(symptoms, ["linear model", "smaller network trained from scratch", "diverges"]) == []
    assert missing(fixes, ["another backbone", "smaller", "source closer", "several", "freeze more"]) == []
    assert missing(fixes, ["divide the rate", "unlabelled target data", "scratch"]) == []


@pytest.mark.parametrize("domain", ["wildlife", "pets-and-animals", "fine-grained-objects"])
def test_r111_animals_invite_reading_the_background(domain: str) -> None:
    found = risk(recommend(5000, model=RESNET, domain=domain), "shortcut-cues")
    assert found.likelihood is Likelihood.POSSIBLE
    assert risk(recommend(5000, model=RESNET, domain="food"), "shortcut-cues").likelihood is Likelihood.UNLIKELY
    assert missing(page("negative-transfer-symptoms"), ["grass", "carpet", "bird"]) == []


@pytest.mark.parametrize("similarity", [0, 2, 3])
@pytest.mark.parametrize("examples", [20_000, 200_000])
def test_r109_c05_c11_unlike_data_get_a_control_run_from_scratch(examples: int, similarity: float) -> None:
    assert CONTROL in codes(recommend(examples, model=RESNET, similarity=similarity))
    assert CONTROL not in codes(recommend(5000, model=RESNET, similarity=9))


@pytest.mark.parametrize("examples", [300, 5000, 50_000])
def test_r109_r113_c11_cheap_baselines_are_always_asked_for(examples: int) -> None:
    items = {item.id: item for item in recommend(examples, model=RESNET).checklist}
    criterion = items["simple-baselines"].pass_criterion
    assert missing(criterion, ["linear", "from scratch if similarity is low", "10 000 examples or more"]) == []
    assert "frozen-baseline" in items


@pytest.mark.parametrize("examples", [300, 800])
def test_r014_r062_few_labels_and_an_open_backbone_overfit(examples: int) -> None:
    whole = recommend(examples, model=RESNET, fixed={"strategy": "full-fine-tuning"})
    assert risk(whole, "overfitting").likelihood is Likelihood.LIKELY
    assert "fixed-strategy-second-best" in codes(whole)
    assert risk(recommend(500_000, model=RESNET), "overfitting").likelihood is Likelihood.UNLIKELY


def test_r044_changing_the_backbone_forgets() -> None:
    whole = recommend(50_000, model=RESNET, similarity=5)
    head = recommend(300, model=RESNET, similarity=9)
    assert risk(whole, "catastrophic-forgetting").likelihood is Likelihood.POSSIBLE
    assert risk(head, "catastrophic-forgetting").likelihood is Likelihood.UNLIKELY


@pytest.mark.parametrize("similarity", [0, 5, 9])
@pytest.mark.parametrize("examples", [500, 50_000])
def test_r024_fine_tuning_rarely_does_worse_than_scratch(examples: int, similarity: float) -> None:
    answer = recommend(examples, model=RESNET, similarity=similarity)
    better = [Strategy.PARTIAL, Strategy.FULL]
    assert all(option(answer, one).score > option(answer, Strategy.FROM_SCRATCH).score for one in better)
