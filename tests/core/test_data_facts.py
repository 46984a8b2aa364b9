"""Several labels per example, a rarest class, channels and bit depth: what each of them changes."""

from typing import Any

import pytest

from service.contract.recommend import Recommendation
from service.contract.words import Strategy
from service.core.rules.refusal import Refusal
from tests.ask import recommended

TEXT = {"task": "text-classification"}
IMAGES = {"task": "image-classification"}


def codes(answer: Recommendation) -> set[str]:
    return {notice.code for notice in answer.notices}


def imbalance(answer: Recommendation) -> str:
    return next(str(risk.likelihood) for risk in answer.risks if risk.id == "class-imbalance")


def test_several_labels_take_no_pairs_and_a_binary_loss() -> None:
    one = recommended(target=TEXT, dataset={"examples": 480, "classes": 8})
    several = recommended(target=TEXT, dataset={"examples": 480, "classes": 8, "labels_per_example": "several"})
    assert one.verdict.method == "contrastive-few-shot"
    assert several.verdict.method != "contrastive-few-shot"
    assert (one.setup.loss, several.setup.loss) == ("pair-similarity", "binary-cross-entropy")
    assert "judge-each-class" in codes(several) - codes(one)


@pytest.mark.parametrize(
    ("rarest", "labels", "loss", "likelihood"),
    [
        (1000, "one", "cross-entropy", "unlikely"),
        (300, "one", "weighted-cross-entropy", "likely"),
        (300, "several", "weighted-binary-cross-entropy", "likely"),
        (90, "one", "weighted-cross-entropy", "likely"),
    ],
)
def test_a_rare_class_is_weighed(rarest: int, labels: str, loss: str, likelihood: str) -> None:
    """6,000 examples of 6 classes: 1,000 each on average."""
    dataset = {"examples": 6000, "classes": 6, "rarest_class": rarest, "labels_per_example": labels}
    answer = recommended(target=IMAGES, dataset=dataset)
    assert answer.setup.loss == loss
    assert imbalance(answer) == likelihood


def test_a_class_of_a_few_examples_is_named() -> None:
    answers = [recommended(target=IMAGES, dataset={"examples": 6000, "rarest_class": count}) for count in (5, 50)]
    assert ["rarest-class-thin" in codes(answer) for answer in answers] == [True, False]
    assert [imbalance(answer) for answer in answers] == ["likely", "possible"]


@pytest.mark.parametrize(("channels", "rebuilt"), [(1, False), (3, False), (4, True), (12, True)])
def test_other_channels_need_a_new_stem(channels: int, rebuilt: bool) -> None:
    answer = recommended(target=IMAGES, dataset={"examples": 5000, "channels": channels})
    frozen = next(one for one in answer.strategies if one.strategy is Strategy.FEATURE_EXTRACTION)
    assert frozen.feasible is not rebuilt
    assert ("adapt-the-stem" in codes(answer)) is rebuilt
    assert ("repeat-the-channel" in codes(answer)) is (channels == 1)


def test_given_channels_count_more_than_what_is_usual_in_the_domain() -> None:
    target = {**IMAGES, "domain": "satellite-multispectral"}
    rest = {"target": target, "source": {"model": "resnet50"}}
    assert "adapt-the-stem" in codes(recommended(**rest, dataset={"examples": 5000}))
    assert "adapt-the-stem" not in codes(recommended(**rest, dataset={"examples": 5000, "channels": 3}))


@pytest.mark.parametrize(("channels", "model"), [(9, "satlas"), (13, "sentinel2_all_moco")])
def test_a_model_of_the_very_bands_comes_first_and_keeps_its_stem(channels: int, model: str) -> None:
    target = {"task": "image-segmentation", "domain": "satellite-multispectral"}
    answer = recommended(target=target, dataset={"examples": 800, "channels": channels})
    assert model in str(answer.verdict.model)
    assert "adapt-the-stem" not in codes(answer)


@pytest.mark.parametrize(("bits", "told"), [(8, False), (16, True)])
def test_a_depth_beyond_eight_bits_is_mapped(bits: int, told: bool) -> None:
    dataset: dict[str, Any] = {"examples": 5000, "bit_depth": bits}
    assert ("scale-bit-depth" in codes(recommended(target=IMAGES, dataset=dataset))) is told


def test_counts_of_the_classes_tell_their_number_and_the_rarest() -> None:
    counted = recommended(target=IMAGES, dataset={"examples": 6000, "class_counts": [4000, 1910, 90]})
    said = recommended(target=IMAGES, dataset={"examples": 6000, "classes": 3, "rarest_class": 90})
    assert (counted.verdict, counted.setup, counted.freeze_plan) == (said.verdict, said.setup, said.freeze_plan)
    assert [counted.resolved[f"/dataset/{name}"].value for name in ("classes", "rarest_class")] == [3, 90]
    assert "answer-to-imbalance" in codes(counted)


def test_counts_of_the_classes_tell_the_examples_where_each_has_one_label() -> None:
    """HAM10000: 10,015 pictures of skin in seven classes."""
    counts = [6705, 1113, 1099, 514, 327, 142, 115]
    alone = recommended(target=IMAGES, dataset={"class_counts": counts})
    beside = recommended(target=IMAGES, dataset={"class_counts": counts, "examples": 10015, "classes": 7})
    assert alone.resolved["/dataset/examples"].value == 10015
    assert (alone.verdict, alone.lr_schedule, alone.setup) == (beside.verdict, beside.lr_schedule, beside.setup)


@pytest.mark.parametrize(
    ("task", "dataset", "pointer"),
    [
        ("image-classification", {"class_counts": [90, 10], "classes": 3}, "/dataset/classes"),
        ("image-classification", {"class_counts": [90, 10], "rarest_class": 9}, "/dataset/rarest_class"),
        ("image-classification", {"class_counts": [90, 10], "size": "small"}, "/dataset/size"),
        ("image-classification", {"class_counts": [10**10, 1]}, "/dataset/class_counts"),
        ("object-detection", {"class_counts": [90, 10]}, "/dataset/examples"),
        ("image-classification", {"class_counts": [9, 9], "labels_per_example": "several"}, "/dataset/examples"),
    ],
)
def test_counts_that_do_not_tell_the_examples_are_refused(task: str, dataset: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Refusal) as refused:
        recommended(target={"task": task}, dataset=dataset)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


def test_less_than_a_step_is_one_step_and_said() -> None:
    """5,000 pictures in batches of 50 are 100 steps a pass: one step is a hundredth of it."""
    fixed = {"epochs": 1e-300, "batch_size": 50, "strategy": "feature-extraction"}
    answer = recommended(target=IMAGES, dataset={"examples": 5000}, fixed=fixed)
    assert (answer.summary.steps, answer.summary.epochs) == (1, 0.01)
    assert "less-than-a-step" in codes(answer)


def test_a_thin_rarest_class_moves_the_size_down() -> None:
    sizes = [
        recommended(target=IMAGES, dataset={"examples": 5000, "classes": 5, "rarest_class": count}).resolved
        for count in (12, 200)
    ]
    assert [one["/dataset/size_class"].value for one in sizes] == ["small", "medium"]


def test_a_detector_counts_boxes() -> None:
    """Few-shot detection: up to ten boxes per class the last layers alone are trained."""
    body: dict[str, Any] = {
        "target": {"task": "object-detection", "domain": "natural-images"},
        "source": {"model": "fasterrcnn_resnet50_fpn_v2"},
    }
    few = recommended(dataset={"examples": 30, "class_counts": [10, 8, 9]}, **body)
    many = recommended(dataset={"examples": 30, "class_counts": [400, 300, 90]}, **body)
    assert [one.verdict.strategy for one in (few, many)] == [Strategy.FEATURE_EXTRACTION, Strategy.FULL]


@pytest.mark.parametrize(("examples", "alpha"), [(500, 0.0), (50_000, 0.1)])
def test_pictures_are_mixed_where_there_are_many(examples: int, alpha: float) -> None:
    """BiT-HyperRule: no mixup below 20,000 examples, 0.1 from there."""
    answer = recommended(target=IMAGES, dataset={"examples": examples}, source={"model": "resnet50"})
    assert next(one.value for one in answer.regularisation if one.name == "mixup-alpha") == alpha
