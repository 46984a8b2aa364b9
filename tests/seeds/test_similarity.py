"""How alike source and target are: R-013, R-016, R-021, R-047 to R-053, R-081, R-103, C-12, C-13, C-19."""

from typing import Any

import pytest

from service.contract.words import Likelihood, Strategy, Task
from service.core import engine
from service.knowledge.loader import load
from tests.seeds.ask import BERT, RESNET, TEXT, codes, first, option, recommend, risk, similarity, whole_matrix

IMAGE = "image-classification"
HIGH, MEDIUM = 7, 4
"""7 is high and 5 medium; 3 is the anchor of what is low."""


@pytest.mark.parametrize(
    ("task", "model", "domain", "anchor"),
    [
        (TEXT, BERT, "encyclopedic-text", 10),
        (IMAGE, RESNET, "pets-and-animals", 8),
        (TEXT, BERT, "news", 8),
        (IMAGE, RESNET, "satellite-rgb", 5),
        (TEXT, BERT, "legal-text", 5),
        (IMAGE, RESNET, "radiology", 3),
        (IMAGE, RESNET, "dermoscopy", 3),
        (TEXT, BERT, "source-code", 3),
        (IMAGE, RESNET, "satellite-multispectral", 1),
        (TEXT, BERT, "non-english-text", 1),
    ],
)
def test_c19_the_anchors_of_the_scale(task: str, model: str, domain: str, anchor: float) -> None:
    assert similarity(recommend(task=task, model=model, domain=domain)) == anchor


@pytest.mark.parametrize(
    ("task", "model", "domain"),
    [(IMAGE, RESNET, "wildlife"), (TEXT, BERT, "news"), (IMAGE, RESNET, "natural-images")],
)
@pytest.mark.parametrize("examples", [300, 500])
def test_r016_r047_r051_similar_domains_work_with_frozen_features(
    examples: int, task: str, model: str, domain: str
) -> None:
    answer = recommend(examples, task=task, model=model, domain=domain)
    assert similarity(answer) >= HIGH
    assert answer.verdict.strategy is Strategy.FEATURE_EXTRACTION


@pytest.mark.parametrize(("task", "model", "domain"), [(IMAGE, RESNET, "satellite-rgb"), (TEXT, BERT, "legal-text")])
def test_r048_moderately_different_domains_tune_the_upper_layers(task: str, model: str, domain: str) -> None:
    answer = recommend(5000, task=task, model=model, domain=domain)
    assert MEDIUM <= similarity(answer) < HIGH
    assert answer.verdict.strategy is Strategy.PARTIAL


@pytest.mark.parametrize(("task", "model", "domain"), [(IMAGE, RESNET, "radiology"), (TEXT, BERT, "source-code")])
def test_r049_very_different_domains_tune_extensively_or_start_closer(task: str, model: str, domain: str) -> None:
    answer = recommend(20_000, task=task, model=model, domain=domain)
    assert similarity(answer) < MEDIUM
    assert answer.verdict.strategy is Strategy.FULL
    assert "use-closer-checkpoint" in codes(answer)


@pytest.mark.parametrize("domain", ["microscopy", "satellite-multispectral", "depth-and-thermal", "radiology"])
def test_r053_what_looks_nothing_like_photographs(domain: str) -> None:
    answer = recommend(5000, model=RESNET, domain=domain)
    assert similarity(answer) < MEDIUM
    assert "use-closer-checkpoint" in codes(answer)


@pytest.mark.parametrize("domain", ["radiology", "dermoscopy", "histopathology", "retinal-images"])
@pytest.mark.parametrize("examples", [300, 2000, 50_000])
def test_r050_c12_medical_images_are_unlike_and_still_start_from_imagenet(examples: int, domain: str) -> None:
    answer = recommend(examples, model=RESNET, domain=domain)
    assert 0 < similarity(answer) < MEDIUM
    assert Strategy.FROM_SCRATCH not in first(answer, 2)
    assert option(answer, Strategy.FROM_SCRATCH).rank > option(answer, answer.verdict.strategy).rank


@pytest.mark.parametrize(
    ("domain", "closer", "general"),
    [
        ("biomedical-text", "dmis-lab/biobert-base-cased-v1.2", BERT),
        ("clinical-text", "dmis-lab/biobert-base-cased-v1.2", BERT),
        ("source-code", "microsoft/codebert-base", "roberta-base"),
        ("non-english-text", "xlm-roberta-base", "roberta-base"),
    ],
)
def test_r049_r053_c12_checkpoints_of_the_domain_rank_above_general_ones(
    domain: str, closer: str, general: str
) -> None:
    answers = {
        name: next(one for one in recommend(task=TEXT, domain=domain, model=name).models if one.model == name)
        for name in (closer, general)
    }
    assert answers[closer].rank < answers[general].rank
    assert (answers[closer].similarity or 0) > (answers[general].similarity or 0)


@pytest.mark.parametrize("model", ["facebook/wav2vec2-base", "MIT/ast-finetuned-audioset-10-10-0.4593"])
def test_r053_sound_events_want_a_model_of_sound_events(model: str) -> None:
    answer = recommend(task="audio-classification", domain="environmental-sound", model=model)
    assert (similarity(answer) >= HIGH) is (model.startswith("MIT/"))


def test_r052_c13_language_is_judged_by_the_corpus_not_by_the_earlier_task() -> None:
    """From sorting documents to judging sentiment: distant tasks, one language and register."""
    assert similarity(recommend(task=TEXT, domain="reviews", model=BERT)) >= MEDIUM
    earlier_task: dict[str, Any] = {"source": {"task": TEXT, "domain": "news"}}
    related = recommend(task=TEXT, domain="news", **earlier_task)
    distant = recommend(task=TEXT, domain="reviews", **earlier_task)
    assert MEDIUM <= similarity(distant) < similarity(related)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (TEXT, IMAGE),
        (IMAGE, TEXT),
        ("text-generation", "object-detection"),
        ("image-segmentation", "token-classification"),
        (IMAGE, "automatic-speech-recognition"),
    ],
)
def test_r021_r081_nothing_is_carried_over_between_modalities(source: str, target: str) -> None:
    answer = recommend(task=target, source={"task": source})
    assert "cross-modal-source" in codes(answer)
    model = next(model for model in whole_matrix().models if model.id == answer.verdict.model)
    assert set(model.modalities) & set(load().tasks[Task(target)].modalities)


def test_r081_within_a_modality_there_is_no_such_warning() -> None:
    assert "cross-modal-source" not in codes(recommend(source={"task": "object-detection"}))


def test_r021_r081_models_that_read_something_else_cannot_serve() -> None:
    whole = whole_matrix()
    reads = {model.id: set(model.modalities) for model in whole.models}
    pictures = {"image-classification", "object-detection", "image-segmentation"}
    scored = {cell.model for cell in whole.cells if cell.task in pictures and cell.score is not None}
    assert scored
    assert all("image" in reads[model] for model in scored)
    text_on_pictures = [cell for cell in whole.cells if cell.model == BERT and cell.task in pictures]
    assert len(text_on_pictures) == 3
    assert {cell.score for cell in text_on_pictures} == {None}


def test_c19_a_given_similarity_is_honoured_and_a_strange_one_said() -> None:
    answer = recommend(model=RESNET, domain="radiology", similarity=9)
    assert similarity(answer) == 9
    assert "similarity-differs" in codes(answer)
    assert "similarity-differs" not in codes(recommend(model=RESNET, domain="radiology", similarity=3))


def test_c19_a_guess_is_said_to_be_one() -> None:
    assert "similarity-assumed" in codes(recommend(model=RESNET))
    assert "similarity-assumed" not in codes(recommend(model=RESNET, similarity=5))
    assert "similarity-assumed" not in codes(recommend(model=RESNET, domain="food"))


def test_c19_both_sides_of_an_edge_are_shown() -> None:
    edges = {
        one.edge: one for one in recommend(5000, model=RESNET, similarity=6.5).boundaries if one.input == "/similarity"
    }
    assert edges[7].near
    assert edges[7].distance == pytest.approx(0.5)
    assert not edges[4].near


@pytest.mark.parametrize("domain", ["retail-products", "clinical-text", "non-english-text"])
def test_r013_r103_known_shifts_are_risks(domain: str) -> None:
    """Studio to warehouse, reviews to clinical forms, English to translated German."""
    task, model = (IMAGE, RESNET) if domain == "retail-products" else (TEXT, BERT)
    found = risk(recommend(task=task, domain=domain, model=model), "domain-shift")
    assert found.likelihood in {Likelihood.POSSIBLE, Likelihood.LIKELY}


def test_r103_no_shift_no_risk() -> None:
    assert risk(recommend(model=RESNET, domain="natural-images"), "domain-shift").likelihood is Likelihood.UNLIKELY


def test_r053_the_guide_names_what_such_images_need() -> None:
    text = engine.topic_view("similarity-scale", load())
    assert text is not None
    assert any("16-bit" in line and "first layer" in line for line in text.text)
