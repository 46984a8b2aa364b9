"""The production checklist: R-080, R-084, R-085, R-102, R-109, R-113, R-127 to R-134."""

import pytest

from service.contract.recommend import ChecklistItem
from tests.seeds.ask import BERT, BIG_GPU, GENERATION, LLAMA, RESNET, TEXT, missing, recommend

JOBS = {
    "picture": lambda: recommend(5000, model=RESNET).checklist,
    "text": lambda: recommend(300, task=TEXT, model=BERT).checklist,
    "generator": lambda: recommend(5000, task=GENERATION, model=LLAMA, compute=BIG_GPU).checklist,
}


def told(item: ChecklistItem) -> str:
    """All that an item says."""
    return f"{item.item} {item.why} {item.pass_criterion}"


@pytest.mark.parametrize("kind", JOBS)
@pytest.mark.parametrize(
    ("claim", "id", "words"),
    [
        ("R-127", "source-record", ["checkpoint", "version", "licence", "intended use"]),
        ("R-080", "split", ["train, validation and test", "stratified", "rare classes"]),
        ("R-128", "frozen-baseline", ["frozen features", "before any fine-tuning"]),
        ("R-109", "simple-baselines", ["from scratch", "negative transfer"]),
        ("R-113", "simple-baselines", ["linear", "only with the pretrained start"]),
        ("R-084", "early-stop", ["validation metric", "not on training loss"]),
        ("R-129", "train-validation-gap", ["gap between training and validation", "overfitting"]),
        ("R-130", "weights-version", ["version tuned weights apart from the base"]),
        ("R-085", "held-out-test", ["held-out", "deployment"]),
        ("R-131", "out-of-distribution", ["production logs", "test split"]),
        ("R-132", "latency-and-memory", ["latency and memory", "small student distilled from a large teacher"]),
        ("R-133", "rollback", ["previous checkpoint", "key slice"]),
        ("C-20", "freeze-self-check", ["optimizer holds exactly the trainable parameters"]),
    ],
)
def test_each_item_is_asked_for(claim: str, id: str, words: list[str], kind: str) -> None:
    items = {item.id: item for item in JOBS[kind]()}
    assert id in items, claim
    assert missing(told(items[id]), words) == [], claim


def test_r134_language_models_are_evaluated_for_safety() -> None:
    items = {item.id: item for item in JOBS["generator"]()}
    assert missing(told(items["safety-evaluation"]), ["safety", "harm"]) == []
    assert "safety-evaluation" not in [item.id for item in JOBS["picture"]()]


@pytest.mark.parametrize("kind", ["picture", "text"])
def test_r102_classifiers_are_calibrated(kind: str) -> None:
    items = {item.id: item for item in JOBS[kind]()}
    assert missing(told(items["calibration"]), ["accuracy may hold", "thresholds"]) == []


@pytest.mark.parametrize("kind", JOBS)
def test_r128_the_baseline_comes_before_training_and_training_before_release(kind: str) -> None:
    order = [item.id for item in JOBS[kind]()]
    places = [
        order.index(name) for name in ("source-record", "frozen-baseline", "early-stop", "held-out-test", "rollback")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("kind", JOBS)
def test_every_item_can_be_decided(kind: str) -> None:
    for item in JOBS[kind]():
        assert item.item
        assert item.why
        assert item.pass_criterion
