"""Under the policy `evidence` the strategies stand as the publications found them: their cells, written out."""

from typing import Any

import pytest

from benchmarks.advice.settings import cell, place_strategies
from service.contract.words import Corpus, Distinction, Domain, Family, Method, Objective, Policy, Strategy, Task
from service.knowledge.loader import load
from tests.ask import recommended

KNOW = load()
FULL, HEAD, ADAPTER = Strategy.FULL, Strategy.FEATURE_EXTRACTION, Strategy.PARAMETER_EFFICIENT
CNN = (Family.CNN, Objective.SUPERVISED, Corpus.IMAGENET)
CLIP = (Family.VISION_TRANSFORMER, Objective.CONTRASTIVE_IMAGE_TEXT, Corpus.WEB_IMAGE_TEXT)
DINO = (Family.VISION_TRANSFORMER, Objective.SELF_DISTILLATION, Corpus.IMAGENET)
VIT = (Family.VISION_TRANSFORMER, Objective.SUPERVISED, Corpus.IMAGENET)
SAM = (Family.SEGMENTER, Objective.MASKED_RECONSTRUCTION, Corpus.IMAGENET)
Model = tuple[Family, Objective, Corpus]

# Doerrich et al. 2024 (MedMNIST+, 224 pixels): accuracy of full tuning and of a probe of ResNet-18, DINO, CLIP, SAM.
Pair = tuple[float, float]
Cell = tuple[str, Domain, int, int, Pair, Pair, Pair, Pair]
MEDMNIST: list[Cell] = [
    ("breast", Domain.RADIOLOGY, 546, 2, (87.18, 73.08), (84.4, 88.68), (80.13, 83.55), (81.62, 73.08)),
    ("retina", Domain.RETINAL_IMAGES, 1080, 5, (61.5, 49.5), (54.25, 62.58), (50.33, 61.25), (51.33, 43.5)),
    ("pneumonia", Domain.RADIOLOGY, 4708, 2, (91.13, 83.17), (84.08, 91.56), (83.81, 84.99), (83.81, 62.5)),
    ("derma", Domain.DERMOSCOPY, 7007, 7, (82.33, 71.19), (81.31, 84.42), (75.31, 81.93), (77.42, 66.88)),
    ("blood", Domain.MICROSCOPY, 11959, 8, (98.94, 91.1), (97.98, 98.7), (96.82, 96.13), (98.55, 51.7)),
    ("organc", Domain.RADIOLOGY, 12975, 11, (93.2, 82.21), (93.68, 92.46), (92.39, 84.12), (92.71, 58.6)),
    ("organs", Domain.RADIOLOGY, 13932, 11, (81.24, 70.12), (81.72, 79.27), (78.69, 74.77), (81, 49.05)),
    ("organa", Domain.RADIOLOGY, 34561, 11, (96.01, 90.2), (96.13, 94.96), (95.25, 90.96), (95.6, 71.18)),
    ("chest", Domain.RADIOLOGY, 78468, 14, (94.79, 94.74), (94.78, 94.76), (94.74, 94.75), (94.77, 94.74)),
    ("path", Domain.HISTOPATHOLOGY, 89996, 9, (93.82, 88.94), (94.33, 96.14), (92.51, 91.82), (96.07, 75.75)),
    ("oct", Domain.RETINAL_IMAGES, 97477, 4, (85.1, 72), (85.07, 73.73), (86.8, 81.13), (87.3, 40.8)),
    ("tissue", Domain.MICROSCOPY, 165466, 8, (69.35, 56.46), (70.38, 64.04), (66.25, 61.5), (71.47, 46.66)),
]
MEDMNIST_MISSED = {("blood", "dino"), ("path", "dino"), ("chest", "clip")}
"""Where the rules lose: by 0.72, 1.81 and 0.01 points."""

# Salman et al. 2020, ResNet-18: top-1 of the tuned network and of frozen features; sizes from Kornblith et al. 2019.
TRANSFER: list[tuple[str, Domain, int, int, float, float]] = [
    ("SUN397", Domain.NATURAL_IMAGES, 19_850, 397, 59.6, 51.8),
    ("Aircraft", Domain.FINE_GRAINED_OBJECTS, 6667, 100, 80.9, 41.9),
    ("Caltech-101", Domain.NATURAL_IMAGES, 3060, 102, 92.1, 89.5),
    ("CIFAR-10", Domain.NATURAL_IMAGES, 50_000, 10, 97.1, 91.6),
    ("DTD", Domain.TEXTURES_AND_DEFECTS, 3760, 47, 72.3, 67.1),
    ("Flowers", Domain.FINE_GRAINED_OBJECTS, 2040, 102, 96.2, 91.4),
    ("Food", Domain.FOOD, 75_750, 101, 84.1, 60.3),
    ("Pets", Domain.PETS_AND_ANIMALS, 3680, 37, 92.0, 89.8),
    ("Cars", Domain.FINE_GRAINED_OBJECTS, 8144, 196, 88.2, 45.7),
]

# He et al. 2022, MAE on ImageNet: full tuning, probe. Xin et al. 2024, VTAB-1k on a ViT-B: LoRA, full tuning, probe.
MAE = [(86_000_000, 83.6, 68.0), (304_000_000, 85.9, 75.8), (632_000_000, 86.9, 76.6)]
VTAB: list[tuple[str, Domain, int, Distinction, float, float, float]] = [
    ("Caltech101", Domain.NATURAL_IMAGES, 102, Distinction.COARSE, 91.4, 87.7, 85.0),
    ("Pets", Domain.PETS_AND_ANIMALS, 37, Distinction.COARSE, 90.4, 86.9, 86.3),
    ("Camelyon", Domain.HISTOPATHOLOGY, 2, Distinction.COARSE, 84.9, 79.7, 78.5),
    ("Clevr count", Domain.NATURAL_IMAGES, 8, Distinction.GEOMETRIC, 82.9, 56.3, 34.3),
    ("KITTI distance", Domain.NATURAL_IMAGES, 4, Distinction.GEOMETRIC, 78.5, 65.5, 55.4),
    ("SUN397", Domain.NATURAL_IMAGES, 397, Distinction.COARSE, 54.0, 38.8, 51.0),
]

# Kumar et al. 2022: probe then tuning, probe, full tuning; means under shift, and on the target's own distribution.
ROBUST, IN_DISTRIBUTION = (74.4, 71.6, 66.8), (86.5, 83.5, 85.8)

# Tunstall et al. 2022: contrastive tuning of a sentence encoder, and plain tuning; labels per class, classes.
SETFIT = [
    (8, 5, 43.6, 33.5),
    (8, 2, 88.5, 58.8),
    (8, 6, 48.8, 28.7),
    (64, 5, 51.9, 45.9),
    (64, 2, 90.4, 88.9),
    (64, 6, 76.2, 65.0),
]


def order(
    model: Model,
    examples: int,
    classes: int | None,
    domain: Domain,
    distinction: Distinction | None = None,
    *,
    plain: bool = True,
    adapters: bool = True,
) -> tuple[Strategy, ...]:
    """How the strategies stand for one cell."""
    family, objective, corpus = model
    setting = cell(
        KNOW,
        family=family,
        objective=objective,
        corpus=corpus,
        params=25_000_000 if family is Family.CNN else 86_000_000,
        examples=examples,
        classes=classes,
        domain=domain,
        distinction=distinction,
        plain=plain,
        adapters=adapters,
    )
    return place_strategies(setting).order


def tunes(model: Model, examples: int, classes: int | None, domain: Domain) -> bool:
    """Whether full tuning stands before the probe."""
    placed = order(model, examples, classes, domain)
    return placed.index(FULL) < placed.index(HEAD)


@pytest.mark.parametrize("row", MEDMNIST, ids=lambda row: row[0])
def test_medmnist_cells(row: Cell) -> None:
    dataset, domain, examples, classes, *scores = row
    for name, model, (full, probe) in zip(
        ("resnet", "dino", "clip", "sam"), (CNN, DINO, CLIP, SAM), scores, strict=True
    ):
        right = tunes(model, examples, classes, domain) == (full > probe)
        assert right == ((dataset, name) not in MEDMNIST_MISSED), name


@pytest.mark.parametrize(("domain", "examples", "classes", "full", "frozen"), [row[1:] for row in TRANSFER])
def test_natural_images_are_tuned_whole(
    domain: Domain, examples: int, classes: int, full: float, frozen: float
) -> None:
    assert full > frozen
    assert tunes(CNN, examples, classes, domain)


@pytest.mark.parametrize(("params", "full", "probe"), MAE)
def test_reconstruction_is_tuned(params: int, full: float, probe: float) -> None:
    assert full > probe
    model = (Family.VISION_TRANSFORMER, Objective.MASKED_RECONSTRUCTION, Corpus.IMAGENET)
    for examples in (500, 5000, 1_281_167):
        assert order(model, examples, 10, Domain.NATURAL_IMAGES)[0] is FULL


@pytest.mark.parametrize(("domain", "classes", "distinction", "lora", "full", "probe"), [row[1:] for row in VTAB])
def test_a_thousand_labels_on_a_strong_transformer_are_adapted(
    domain: Domain, classes: int, distinction: Distinction, lora: float, full: float, probe: float
) -> None:
    assert lora > max(full, probe)
    placed = order(VIT, 1000, classes, domain, distinction)
    assert placed[0] is ADAPTER
    assert (placed.index(FULL) < placed.index(HEAD)) == (full > probe) or classes == 102, (
        "Caltech101: lost by 2.7 points"
    )


@pytest.mark.parametrize(("plain", "adapters"), [(False, True), (True, False)])
def test_without_a_plain_transformer_or_targets_nothing_is_adapted(plain: bool, adapters: bool) -> None:
    assert order(VIT, 1000, 10, Domain.NATURAL_IMAGES, plain=plain, adapters=adapters)[0] is FULL


def test_fine_labels_are_adapted_below_five_thousand_and_tuned_from_there() -> None:
    """Xin et al. 2024: flowers 98.9 against 98.8 at 1,020 labels, birds 85.6 against 87.3 at 5,994."""
    assert order(VIT, 1020, 102, Domain.FINE_GRAINED_OBJECTS)[0] is ADAPTER
    assert order(VIT, 5994, 200, Domain.FINE_GRAINED_OBJECTS)[0] is FULL


def test_thin_classes_in_a_near_domain_are_probed() -> None:
    """ViT_PEFT: ImageNet with 16 labels per class, probe 76.1 against 74.6."""
    assert order(CNN, 1600, 100, Domain.NATURAL_IMAGES)[0] is HEAD
    assert order(CNN, 2000, 100, Domain.NATURAL_IMAGES)[0] is FULL, "20 per class"
    assert order(CNN, 1600, 100, Domain.SATELLITE_RGB)[0] is FULL, "not near"
    assert order(CNN, 1600, 100, Domain.NATURAL_IMAGES, Distinction.FINE)[0] is FULL


@pytest.mark.parametrize("scores", [ROBUST, IN_DISTRIBUTION])
def test_robustness_is_met_by_probe_then_tuning(scores: tuple[float, float, float]) -> None:
    assert scores[0] == max(scores)
    answer = recommended(
        target={"task": "image-classification", "domain": "natural-images"},
        dataset={"examples": 50_000, "classes": 10},
        source={"model": "resnet50"},
        constraints={"robust_to_shift": True},
    )
    assert (answer.verdict.strategy, answer.verdict.method) == (FULL, Method.PROBE_THEN_FINE_TUNE)
    assert answer.verdict.runner_up is HEAD
    assert answer.phases[0].name == "head"
    assert answer.phases[0].backbone_rate == 0


@pytest.mark.parametrize("policy", Policy)
def test_a_wish_for_robustness_is_honoured_under_both_policies(policy: Policy) -> None:
    answer = recommended(
        target={"task": "image-classification"},
        dataset={"examples": 50_000},
        source={"model": "resnet50"},
        constraints={"robust_to_shift": True},
        policy=policy,
    )
    assert next(one.method for one in answer.strategies if one.strategy is FULL) is Method.PROBE_THEN_FINE_TUNE


@pytest.mark.parametrize(("per_class", "classes", "contrastive", "plain"), SETFIT)
def test_few_texts_are_learned_from_pairs(per_class: int, classes: int, contrastive: float, plain: float) -> None:
    assert contrastive > plain
    answer = recommended(
        target={"task": "text-classification"}, dataset={"examples": per_class * classes, "classes": classes}
    )
    assert answer.verdict.method is Method.CONTRASTIVE_FEW_SHOT
    more = recommended(target={"task": "text-classification"}, dataset={"examples": 100 * classes, "classes": classes})
    assert more.verdict.method in (Method.PARTIAL, Method.FULL)
    assert (
        recommended(
            target={"task": "text-classification"}, dataset={"examples": 600 * classes, "classes": classes}
        ).verdict.method
        is Method.FULL
    )


def test_near_the_edges_of_few_texts_both_sides_are_shown() -> None:
    for count, edge in ((790, 800), (810, 800)):
        answer = recommended(
            target={"task": "text-classification"},
            dataset={"examples": count, "classes": 8},
            source={"model": "bert-base-uncased"},
        )
        shown = next(one for one in answer.boundaries if one.edge == edge)
        assert shown.near
        assert (shown.below.strategy, shown.above.strategy) == (FULL, Strategy.PARTIAL)
        assert shown.below.method is not shown.above.method, "by 0.1 only strategies were compared"
        assert shown.changes


@pytest.mark.parametrize(
    ("task", "model", "method"),
    [
        ("image-classification", "openai/clip-vit-base-patch32", Method.ZERO_SHOT),
        ("image-classification", "resnet50", Method.CLASS_MEANS),
        ("text-classification", "sentence-transformers/all-mpnet-base-v2", Method.CONTRASTIVE_FEW_SHOT),
    ],
)
def test_below_four_per_class_little_is_trained(task: str, model: str, method: Method) -> None:
    answer = recommended(target={"task": task}, dataset={"examples": 39, "classes": 10}, source={"model": model})
    assert answer.verdict.method is method


# Own runs, three seeds an arm, mean accuracy: emoji by group (EfficientNet-Lite0, nine classes).
EMOJI = [
    (18, {"class-means": 45.0, "nearest-neighbours": 43.1, "full-fine-tuning": 42.9, "linear-probe": 42.1}),
    (45, {"class-means": 47.8, "full-fine-tuning": 47.3, "linear-probe": 47.1, "nearest-neighbours": 45.7}),
]


@pytest.mark.parametrize(("examples", "scores"), EMOJI)
def test_a_handful_of_pictures_is_compared_with_class_means(examples: int, scores: dict[str, float]) -> None:
    answer = recommended(
        target={"task": "image-classification", "domain": "sketches-and-art"},
        dataset={"examples": examples, "classes": 9},
        source={"model": "tf_efficientnet_lite0"},
    )
    assert answer.verdict.method == max(scores, key=lambda arm: scores[arm])
    assert answer.verdict.runner_up is FULL
    head = next(one for one in answer.strategies if one.strategy is HEAD)
    assert head.also == [Method.NEAREST_NEIGHBOURS, Method.LINEAR_PROBE]


@pytest.mark.parametrize(("domain", "tuned"), [("radiology", True), ("sketches-and-art", True), ("food", False)])
def test_pictures_unlike_the_pretraining_are_tuned_below_two_hundred(domain: str, tuned: bool) -> None:
    body: dict[str, Any] = {
        "target": {"task": "image-classification", "domain": domain},
        "source": {"model": "resnet50"},
    }
    counted = recommended(dataset={"examples": 90, "classes": 9}, **body)
    assert (counted.verdict.strategy is FULL) is tuned
    assert recommended(dataset={"examples": 90}, **body).verdict.method is Method.LINEAR_PROBE, "no classes given"


@pytest.mark.parametrize(("domain", "method"), [("news", Method.CONTRASTIVE_FEW_SHOT), ("clinical-text", Method.FULL)])
@pytest.mark.parametrize("per_class", [2, 8, 64])
def test_texts_unlike_the_pretraining_are_tuned_plainly(domain: str, method: Method, per_class: int) -> None:
    answer = recommended(
        target={"task": "text-classification", "domain": domain},
        dataset={"examples": 4 * per_class, "classes": 4},
        source={"model": "bert-base-uncased"},
    )
    assert answer.verdict.method is method
    others = next(one for one in answer.strategies if one.strategy is FULL).also
    assert ({Method.FULL, Method.CONTRASTIVE_FEW_SHOT} - {method}) == set(others)


# Own runs, tweet sentiment (all-MiniLM-L6-v2): a logistic regression on the features, plain tuning.
@pytest.mark.parametrize(("examples", "fitted", "tuned"), [(16, 56.3, 54.4), (50, 58.6, 56.4)])
def test_some_texts_of_uncounted_classes_are_probed(examples: int, fitted: float, tuned: float) -> None:
    assert fitted > tuned
    answer = recommended(target={"task": "text-classification"}, dataset={"examples": examples})
    assert answer.verdict.method is Method.LINEAR_PROBE
    assert answer.verdict.model
    assert answer.verdict.model.startswith(("sentence-transformers/", "BAAI/bge"))
    plain = recommended(
        target={"task": "text-classification"}, dataset={"examples": 500}, source={"model": "bert-base-uncased"}
    )
    assert plain.verdict.strategy is Strategy.PARTIAL, (
        "a head on features that were not trained to be compared reads 57.8 of 91.8"
    )


def test_large_models_are_adapted() -> None:
    answer = recommended(
        target={"task": "text-generation"},
        dataset={"examples": 20_000},
        source={"model": "meta-llama/Llama-3.2-3B"},
        compute={"kind": "datacenter-gpu"},
    )
    assert (answer.verdict.strategy, answer.verdict.method) == (ADAPTER, Method.ADAPTERS)


def test_measurements_and_wishes_outrank_the_comparisons() -> None:
    body = {"target": {"task": "image-classification"}, "dataset": {"examples": 5000}, "source": {"model": "resnet50"}}
    assert recommended(**body).verdict.strategy is FULL
    measured = recommended(**body, measurements={"linear_probe": 0.75, "full_fine_tuning": 0.40})
    assert measured.verdict.strategy is HEAD
    assert recommended(**body, compute={"kind": "cpu"}).verdict.strategy is HEAD
    assert recommended(**body, constraints={"keep_source_ability": True}).verdict.strategy is HEAD


@pytest.mark.parametrize(
    "task",
    [
        Task.IMAGE_FEATURE_EXTRACTION,
        Task.ZERO_SHOT_IMAGE_CLASSIFICATION,
        Task.AUDIO_CLASSIFICATION,
        Task.SUMMARIZATION,
        Task.TEXT_GENERATION,
        Task.SENTENCE_SIMILARITY,
    ],
)
def test_where_nothing_was_compared_the_guides_stand(task: Task) -> None:
    body: dict[str, Any] = {"target": {"task": task}, "dataset": {"examples": 500}}
    model = recommended(**body).verdict.model
    evidence, guides = (recommended(**body, source={"model": model}, policy=policy) for policy in Policy)
    assert evidence.strategies == guides.strategies
    assert not {"guides-differ", "evidence-differs"} & {notice.code for notice in evidence.notices + guides.notices}


def test_the_notice_names_the_guides_answer_and_the_trace_their_rows() -> None:
    answer = recommended(
        target={"task": "image-classification", "domain": "pets-and-animals"},
        dataset={"examples": 3680, "classes": 37},
        source={"model": "resnet50"},
    )
    index, notice = next((i, one) for i, one in enumerate(answer.notices) if one.code == "guides-differ")
    assert "partial-fine-tuning: Thousands of labels in a familiar domain" in notice.message
    entry = next(one for one in answer.trace if one.pointer == f"/notices/{index}")
    assert [sentence for sentence in entry.dissent if "seed-calculator" in sentence]


def test_distinction_is_given_derived_or_assumed() -> None:
    body = {"task": "image-classification"}
    asked = [{**body, "distinction": "geometric"}, {**body, "domain": "fine-grained-objects"}, body]
    found = [recommended(target=one, dataset={"examples": 900}).resolved["/target/distinction"] for one in asked]
    assert [(one.value, one.origin) for one in found] == [
        ("geometric", "given"),
        ("fine", "derived"),
        ("coarse", "assumed"),
    ]


@pytest.mark.parametrize(
    ("examples", "strategies"),
    [(200, {"full-fine-tuning", "partial-fine-tuning"}), (200_000, {"feature-extraction"})],
)
def test_a_processor_tunes_what_a_night_suffices_for(examples: int, strategies: set[str]) -> None:
    """On 200 mails a sentence encoder of 22 million parameters was tuned in half a minute of one core, and gained."""
    answer = recommended(
        target={"task": "text-classification"},
        dataset={"examples": examples, "classes": 2},
        source={"family": "text-encoder", "objective": "contrastive-text", "params": 22_000_000, "depth": 6},
        compute={"kind": "cpu"},
    )
    assert answer.verdict.strategy in strategies


@pytest.mark.parametrize("strategy", ["full-fine-tuning", "feature-extraction"])
@pytest.mark.parametrize("examples", [20, 33, 60, 90])
def test_few_pictures_are_not_passed_over_by_the_hundred(examples: int, strategy: str) -> None:
    """Published runs of a thousand images and less took a hundred passes at most."""
    answer = recommended(
        target={"task": "image-classification"},
        dataset={"examples": examples, "classes": 2},
        source={"model": "resnet50"},
        fixed={"strategy": strategy},
    )
    assert all(phase.epochs <= 100 for phase in answer.phases)
