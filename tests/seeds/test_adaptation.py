"""Domain shift, the ladder and other risks: R-020, R-087, R-095 to R-104, R-134, C-21."""

import pytest

from service.contract.recommend import AdaptationStep, Recommendation
from service.contract.words import Likelihood
from tests.seeds.ask import BERT, BIG_GPU, GENERATION, LLAMA, RESNET, TEXT, codes, message, missing, recommend, risk

LADDER = [
    "better-baseline",
    "collect-target-labels",
    "deployment-augmentation",
    "self-supervised-pretraining",
    "domain-adversarial",
]


def rungs(answer: Recommendation) -> dict[str, AdaptationStep]:
    """The rungs by their ids, in order."""
    return {step.id: step for step in answer.adaptation}


def advised(answer: Recommendation) -> set[str]:
    """The rungs that are worth climbing here."""
    return {step.id for step in answer.adaptation if step.advised}


@pytest.mark.parametrize("similarity", [1, 5, 9])
@pytest.mark.parametrize("examples", [50, 5000])
def test_c21_the_ladder_has_one_order(examples: int, similarity: float) -> None:
    steps = recommend(examples, model=RESNET, similarity=similarity).adaptation
    assert [step.id for step in steps if step.id in LADDER] == LADDER
    assert [step.order for step in steps] == list(range(1, len(steps) + 1))
    assert steps[-1].id == "domain-adversarial", "last of all"


def test_c21_every_rung_says_when_to_leave_it() -> None:
    for step in recommend(5000, model=RESNET, similarity=3).adaptation:
        assert step.when
        assert step.stop.startswith("Leave when")


@pytest.mark.parametrize(
    ("claim", "rung", "words"),
    [
        ("C-21", "better-baseline", ["head rate about ten times the backbone's", "augmentation"]),
        ("R-099", "collect-target-labels", ["100 to 500"]),
        ("R-095", "deployment-augmentation", ["sketch filter", "style transfer"]),
        ("R-100", "deployment-augmentation", ["blur", "noise", "crop"]),
        ("R-097", "self-supervised-pretraining", ["unlabelled target data", "then fine-tune"]),
        ("R-098", "multi-task-training", ["related tasks", "share the backbone"]),
        ("R-096", "domain-adversarial", ["fails to tell source from target"]),
    ],
)
def test_the_rungs_say_what_the_guides_say(claim: str, rung: str, words: list[str]) -> None:
    assert missing(rungs(recommend(model=RESNET))[rung].action, words) == [], claim


def test_c21_adversarial_alignment_asks_for_shared_classes_and_no_labels() -> None:
    when = rungs(recommend(model=RESNET))["domain-adversarial"].when
    assert missing(when, ["labels are impossible", "same classes", "similar proportions"]) == []


@pytest.mark.parametrize("examples", [50, 300, 900])
@pytest.mark.parametrize("similarity", [1, 3, 5])
def test_r099_r104_few_labels_of_another_domain_call_for_more(examples: int, similarity: float) -> None:
    assert "collect-target-labels" in advised(recommend(examples, model=RESNET, similarity=similarity))
    assert "collect-target-labels" not in advised(recommend(50_000, model=RESNET, similarity=similarity))


def test_r099_r104_the_notice_names_the_number() -> None:
    words = message(recommend(60, model=RESNET, similarity=3), "collect-labels-first")
    assert missing(words, ["hundred to five hundred", "more than any method"]) == []


@pytest.mark.parametrize("similarity", [1, 3, 5])
def test_r020_r095_r100_another_domain_starts_at_the_foot(similarity: float) -> None:
    answer = recommend(5000, model=RESNET, similarity=similarity)
    assert {"better-baseline", "deployment-augmentation"} <= advised(answer)


def test_r020_a_similar_domain_needs_no_ladder() -> None:
    assert advised(recommend(5000, model=RESNET, similarity=9)) == set()


@pytest.mark.parametrize(("task", "model"), [("image-classification", RESNET), (TEXT, BERT)])
def test_r097_r112_unlabelled_target_data_are_worth_pretraining_on(task: str, model: str) -> None:
    with_it = recommend(500, task=task, model=model, similarity=3, unlabelled=100_000)
    without = recommend(500, task=task, model=model, similarity=3)
    assert "self-supervised-pretraining" in advised(with_it)
    assert "pretrain-on-unlabelled" in codes(with_it)
    assert "self-supervised-pretraining" not in advised(without)
    assert "pretrain-on-unlabelled" not in codes(without)


@pytest.mark.parametrize(
    ("examples", "unlabelled", "expected"),
    [(50, 50_000, True), (50, None, False), (5000, 500_000, False), (500, 50_000, False)],
)
def test_r101_c21_adversarial_alignment_only_without_labels(
    examples: int, unlabelled: int | None, *, expected: bool
) -> None:
    answer = recommend(examples, model=RESNET, similarity=3, unlabelled=unlabelled)
    assert ("domain-adversarial" in advised(answer)) is expected


def test_r101_c21_adversarial_alignment_needs_classes() -> None:
    answer = recommend(50, task="translation", similarity=3, unlabelled=50_000)
    assert "domain-adversarial" not in advised(answer)


def test_r098_related_tasks_help_where_labels_are_few() -> None:
    assert "multi-task-training" in advised(recommend(300, model=RESNET, similarity=2))
    assert "multi-task-training" not in advised(recommend(50_000, model=RESNET, similarity=2))


@pytest.mark.parametrize("domain", ["legal-text", "clinical-text"])
def test_r087_generators_continue_pretraining_on_domain_text(domain: str) -> None:
    answer = recommend(5000, task=GENERATION, model=LLAMA, domain=domain, compute=BIG_GPU)
    assert "before instruction tuning" in message(answer, "continue-pretraining")


def test_r087_not_where_the_text_is_familiar() -> None:
    answer = recommend(5000, task=GENERATION, model=LLAMA, domain="news", compute=BIG_GPU)
    assert "continue-pretraining" not in codes(answer)


@pytest.mark.parametrize(
    ("similarity", "likelihood"), [(2, Likelihood.LIKELY), (5, Likelihood.POSSIBLE), (9, Likelihood.UNLIKELY)]
)
def test_r102_calibration_suffers_under_shift(similarity: float, likelihood: Likelihood) -> None:
    answer = recommend(5000, model=RESNET, similarity=similarity)
    found = risk(answer, "miscalibration")
    assert found.likelihood is likelihood
    assert missing(" ".join(found.symptoms), ["accuracy holds", "threshold"]) == []
    assert "calibration" in [item.id for item in answer.checklist]


@pytest.mark.parametrize(
    ("similarity", "likelihood"), [(1, Likelihood.LIKELY), (3, Likelihood.LIKELY), (9, Likelihood.UNLIKELY)]
)
def test_r013_r020_r103_shrinking_overlap_is_the_main_failure(similarity: float, likelihood: Likelihood) -> None:
    found = risk(recommend(5000, model=RESNET, similarity=similarity), "domain-shift")
    assert found.likelihood is likelihood
    assert missing(" ".join(found.fixes), ["100 to 500", "augment"]) == []


def test_r080_rare_classes_are_a_risk() -> None:
    assert risk(recommend(1500, classes=100), "class-imbalance").likelihood is Likelihood.LIKELY
    assert risk(recommend(5000, classes=2), "class-imbalance").likelihood is Likelihood.UNLIKELY
    assert any("stratify" in fix.lower() for fix in risk(recommend(5000), "class-imbalance").fixes)


def test_r134_tuned_generators_may_learn_harm() -> None:
    generator = recommend(5000, task=GENERATION, model=LLAMA, compute=BIG_GPU)
    assert risk(generator, "unsafe-behaviour").likelihood is Likelihood.POSSIBLE
    assert risk(recommend(5000, model=RESNET), "unsafe-behaviour").likelihood is Likelihood.UNLIKELY
