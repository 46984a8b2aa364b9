"""The matrix and the ranking of models: R-002, R-026, R-114 to R-126, C-22."""

from typing import Any

import pytest

from service.contract.words import Family, Strategy, Task
from service.knowledge.loader import load
from tests.seeds.ask import BERT, BIG_GPU, CLIP, GENERATION, LLAMA, RESNET, TEXT, VIT, option, recommend, whole_matrix

WHOLE = whole_matrix()
SCORES = {(cell.model, str(cell.task)): cell.score for cell in load().merits.cells.values()}
"""What the ranking starts from; the matrix itself holds back what only was judged."""
CELLS = {(cell.model, str(cell.task)): cell for cell in WHOLE.cells}
FEW = {"max_params": 110_000_000}
AST = "MIT/ast-finetuned-audioset-10-10-0.4593"
MEASURED: dict[str, Any] = {"policy": "evidence"}
SMALL = {"max_params": 20_000_000}
FAMILY = {model.id: model.family for model in WHOLE.models}
PARAMS = {model.id: model.params for model in WHOLE.models}
IMAGE, DETECTION, TOKENS = "image-classification", "object-detection", "token-classification"
READING = [TEXT, TOKENS, "question-answering"]
WRITING = ["summarization", "translation", GENERATION]
CLIPS = [
    CLIP,
    "openai/clip-vit-large-patch14",
    "vit_base_patch16_siglip_224",
    "vit_so400m_patch14_siglip_378",
]
EMBEDDERS = [
    "BAAI/bge-base-en-v1.5",
    "sentence-transformers/all-mpnet-base-v2",
    "sentence-transformers/all-MiniLM-L6-v2",
]


def score(model: str, task: str) -> int:
    """The score of a pair that must have one."""
    return SCORES[model, task]


def best(task: str) -> dict[str, int]:
    """The models that no other beats at the task."""
    scores = {model: value for (model, other), value in SCORES.items() if other == task}
    return {model: value for model, value in scores.items() if value == max(scores.values())}


def test_r002_at_least_ten_models_on_eight_tasks_from_one_to_five() -> None:
    assert len(WHOLE.models) >= 10
    assert len(WHOLE.tasks) >= 8
    assert len(WHOLE.cells) == len(WHOLE.models) * len(WHOLE.tasks)
    assert set(SCORES.values()) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("task", [task.value for task in Task])
def test_r002_r016_a_higher_score_is_a_better_expectation(task: str) -> None:
    """With nothing else known, the first model of the ranking is one that is rated highest."""
    answer = recommend(50_000, task=task, compute={"count": 8, "memory_gib": 80}, **MEASURED)
    assert answer.models[0].model in best(task)


@pytest.mark.parametrize("task", [IMAGE, DETECTION, "image-segmentation", "image-feature-extraction"])
def test_r114_resnet_is_a_dependable_baseline(task: str) -> None:
    assert score(RESNET, task) >= 3


def test_r115_c22_efficientnet_gives_most_accuracy_for_few_parameters() -> None:
    small = recommend(50_000, constraints={"max_params": 6_000_000})
    assert small.models[0].model == "efficientnet_b0"
    rival = "resnet101"
    assert score("tf_efficientnetv2_s", IMAGE) >= score(rival, IMAGE)
    assert PARAMS["tf_efficientnetv2_s"] < PARAMS[rival] / 2


@pytest.mark.parametrize("task", [IMAGE, DETECTION, "image-segmentation"])
def test_r116_convnext_matches_the_vision_transformer(task: str) -> None:
    assert score("convnext_base", task) >= score(VIT, task)
    assert score("convnext_base", task) > score(RESNET, task)


def test_r117_vision_transformers_lead_with_much_data() -> None:
    assert score("vit_large_patch16_224", IMAGE) == 5
    assert score(VIT, IMAGE) > score(RESNET, IMAGE)
    assert recommend(500_000).models[0].model in best(IMAGE)
    leaders = {one.model for one in recommend(500_000, compute=BIG_GPU).models if one.matrix_score == 5}
    assert "vit_large_patch16_224" in leaders


def test_r117_the_base_vision_transformer_was_judged_higher_than_it_was_measured() -> None:
    cell = CELLS[VIT, IMAGE]
    assert (cell.score, cell.judged) == (4, False)
    assert "Judged without them: 5." in cell.reason


def test_r115_efficientnet_b4_was_judged_higher_than_it_was_measured() -> None:
    """Tuned on twelve medical sets it is behind ResNet-18; where those are far or much larger, it keeps its place."""
    cell = CELLS["efficientnet_b4", IMAGE]
    assert "Judged without them: 4." in cell.reason
    photographs = {
        one.model: one.score for one in recommend(5000, domain="natural-images", constraints=SMALL, **MEASURED).models
    }
    tissue = {
        one.model: one.score for one in recommend(90_000, domain="histopathology", constraints=SMALL, **MEASURED).models
    }
    assert photographs["efficientnet_b4"] > photographs["resnet18"]
    assert tissue["efficientnet_b4"] < tissue["resnet18"]


def test_c22_architecture_and_pretraining_are_told_apart() -> None:
    """One architecture, three starts: supervised, self-distilled, reconstructed."""
    starts = [VIT, "vit_base_patch14_dinov2", "vit_base_patch16_224.mae"]
    scores = [score(start, "image-feature-extraction") for start in starts]
    assert len(set(scores)) == 3
    assert max(scores) == scores[1], "DINOv2 serves frozen"
    assert min(scores) == scores[2], "reconstruction does not"


@pytest.mark.parametrize("model", CLIPS)
def test_r118_image_text_models_classify_without_training(model: str) -> None:
    assert score(model, "zero-shot-image-classification") >= 4
    others = {name for name, task in SCORES if task == "zero-shot-image-classification"} - set(CLIPS)
    assert others == set()


def test_r118_with_few_labels_an_image_text_model_gains() -> None:
    assert option(recommend(40, model=CLIP, classes=10), Strategy.ZERO_SHOT).rank == 1
    few = next(one.score for one in recommend(100, model=CLIP).models if one.model == CLIP)
    many = next(one.score for one in recommend(50_000, model=CLIP).models if one.model == CLIP)
    assert few > many


@pytest.mark.parametrize("task", READING)
@pytest.mark.parametrize("model", [BERT, "bert-large-uncased", "roberta-base", "roberta-large"])
def test_r119_encoders_classify_and_extract_and_do_not_generate(model: str, task: str) -> None:
    assert score(model, task) >= 3
    assert score(model, task) > score("gpt2", task)
    assert not [other for other in WRITING if (model, other) in SCORES]


@pytest.mark.parametrize("model", ["t5-base", "google/flan-t5-base"])
def test_r120_t5_serves_every_text_to_text_task(model: str) -> None:
    assert [task for task in [TEXT, TOKENS, "question-answering", *WRITING] if (model, task) not in SCORES] == []
    for task in ("summarization", "translation"):
        assert score(model, task) >= 4
        assert score(model, task) > score("gpt2", task)


def test_r121_decoders_lead_at_generation() -> None:
    assert {FAMILY[model] for model in best(GENERATION)} == {Family.DECODER_LM}
    assert LLAMA in best(GENERATION)
    answer = recommend(5000, task=GENERATION, compute=BIG_GPU)
    assert FAMILY[answer.models[0].model] is Family.DECODER_LM


@pytest.mark.parametrize("task", READING)
def test_r122_deberta_is_often_best(task: str) -> None:
    assert {"microsoft/deberta-v3-base", "microsoft/deberta-v3-large"} <= set(best(task))
    base = [name for name, family in FAMILY.items() if family is Family.TEXT_ENCODER and PARAMS[name] < 200_000_000]
    rivals = {name: SCORES[name, task] for name in base if (name, task) in SCORES}
    assert max(rivals.values()) == rivals["microsoft/deberta-v3-base"]


@pytest.mark.parametrize("task", READING)
def test_r123_bert_base_suffices_on_a_consumer_gpu(task: str) -> None:
    base = recommend(20_000, task=task, model=BERT, compute={"kind": "consumer-gpu"})
    assert option(base, Strategy.FULL).feasible
    assert base.resources.fits
    assert PARAMS[BERT] == pytest.approx(110e6, rel=0.01)
    assert PARAMS["bert-large-uncased"] == pytest.approx(340e6, rel=0.02)
    assert score("bert-large-uncased", task) >= score(BERT, task)


def test_r123_the_large_size_costs_more() -> None:
    def memory(model: str) -> float:
        fixed = {"strategy": "full-fine-tuning"}
        return recommend(20_000, task=TEXT, model=model, fixed=fixed).resources.static_memory_gib or 0

    assert memory("bert-large-uncased") == pytest.approx(memory(BERT) * 335 / 109.5, rel=0.01)


def test_r124_detection_starts_from_a_detector() -> None:
    detectors = {"yolov8s", "yolo11s", "facebook/detr-resnet-50"}
    assert detectors <= set(best(DETECTION))
    assert {FAMILY[model] for model in best(DETECTION)} == {Family.DETECTOR}
    assert FAMILY[recommend(2000, task=DETECTION).models[0].model] is Family.DETECTOR


def test_r017_r125_the_size_follows_the_compute() -> None:
    """Held in four bits, a parameter takes half a byte; no plan starts from what does not fit even so."""
    sizes: list[int] = []
    for memory in (2, 4, 8, 640):
        answer = recommend(5000, task=GENERATION, compute={"memory_gib": memory})
        params = next(one.params for one in answer.models if one.model == answer.verdict.model)
        assert params / 2 <= memory * 2**30
        sizes.append(params)
    assert sizes == sorted(sizes)
    assert sizes[0] < 1e9
    assert sizes[-1] > 7e9


@pytest.mark.parametrize("task", [IMAGE, TEXT, "automatic-speech-recognition"])
def test_r125_without_a_gpu_large_models_lose(task: str) -> None:
    def scores(kind: str) -> dict[str, float]:
        return {one.model: one.score for one in recommend(5000, task=task, compute={"kind": kind}).models}

    without, with_gpu = scores("cpu"), scores("multi-gpu")
    for model in set(without) & set(with_gpu):
        assert without[model] <= with_gpu[model]
        if PARAMS[model] > 200_000_000:
            assert without[model] < with_gpu[model]


@pytest.mark.parametrize("model", EMBEDDERS)
def test_r126_r028_embedding_models_lead_at_similarity(model: str) -> None:
    """As the guides say; measured, the youngest lead, and the answer says both."""
    cell = CELLS[model, "sentence-similarity"]
    assert cell.score is not None
    assert cell.score == 5 or "Judged without them: 5." in cell.reason
    assert cell.benchmarks == ["mteb"]
    ranked = [one.model for one in recommend(5000, task="sentence-similarity", constraints=FEW, **MEASURED).models]
    assert BERT not in ranked or ranked.index(model) < ranked.index(BERT)


def test_r126_minilm_is_measured_below_the_other_embedders() -> None:
    assert score("sentence-transformers/all-MiniLM-L6-v2", "sentence-similarity") == 3
    assert "Qwen/Qwen3-Embedding-0.6B" in best("sentence-similarity")


def test_r127_licences_are_told_and_respected() -> None:
    assert all(model.licence for model in WHOLE.models)
    answer = recommend(5000, task=DETECTION, constraints={"commercial_use": True})
    assert all(one.commercial_use is not False for one in answer.models)
    assert all(one.checkpoint and one.licence for one in answer.models)


def order(domain: str, examples: int = 2000) -> list[str]:
    """Sound encoders for one domain, best first."""
    answer = recommend(examples, task="audio-classification", domain=domain, compute=BIG_GPU, **MEASURED)
    return [one.model for one in answer.models]


@pytest.mark.parametrize("examples", [100, 2000, 500_000])
@pytest.mark.parametrize("domain", ["environmental-sound", "music", "bioacoustics"])
def test_r016_r053_an_encoder_of_sounds_is_first_for_sounds(domain: str, examples: int) -> None:
    assert order(domain, examples)[0] == AST


@pytest.mark.parametrize("domain", ["multilingual-speech", "accented-speech", "english-speech", "speaker-traits"])
def test_r016_r053_an_encoder_of_sounds_is_behind_those_of_speech(domain: str) -> None:
    """Behind every encoder of speech, but for those whose frozen features were measured to be weak."""
    speech = [name for name in order(domain) if FAMILY[name] in (Family.SPEECH_ENCODER, Family.SPEECH_SEQ2SEQ)]
    assert len(speech) >= 7
    assert AST not in order(domain)[:7]


def test_for_language_identification_the_encoder_of_sounds_comes_last() -> None:
    """Only the captioned-sound encoder, and one whose frozen features hold nothing, are as low."""
    shown = order("multilingual-speech")
    low = {AST, "laion/clap-htsat-unfused", "facebook/wav2vec2-xls-r-300m"}
    assert not low & set(shown[:9])
    assert set(shown[9:]) <= low


def test_a_ranking_says_what_it_rests_on() -> None:
    first = recommend(2000, task="audio-classification", domain="environmental-sound", **MEASURED).models[0]
    assert (first.judged, first.grade, first.benchmarks) == (False, "A", ["maeb"])
    assert first.results > first.results_on_domain >= 6
    assert "of this domain" in first.reason
    assert "far domains do not count" in first.reason
    judged = recommend(2000, task="summarization", **MEASURED).models[0]
    assert (judged.judged, judged.grade, judged.results) == (True, "D", 0)
    assert "(judged)" in judged.reason


def test_the_guides_policy_ranks_by_judgement() -> None:
    """What the guides hold of EfficientNet-B4 stands there, what was measured of it here."""
    guides = recommend(5000, domain="histopathology", constraints=SMALL, policy="guides").models
    assert {(one.judged, one.grade) for one in guides} == {(True, "D")}
    scores = {one.model: one.score for one in guides}
    assert scores["efficientnet_b4"] > scores["resnet18"]


@pytest.mark.parametrize(
    ("domain", "model"),
    [
        ("radiology", "microsoft/rad-dino"),
        ("histopathology", "owkin/phikon"),
        ("satellite-rgb", "vit_large_patch16_dinov3.sat493m"),
    ],
)
def test_r016_images_of_one_kind_go_to_the_model_pretrained_on_them(domain: str, model: str) -> None:
    assert {recommend(5000, domain=domain, policy=policy).models[0].model for policy in ("evidence", "guides")} == {
        model
    }
