"""The matrix and the ranking of models: R-002, R-026, R-114 to R-126, C-22."""

import pytest

from service.contract.words import Family, Strategy, Task
from tests.seeds.ask import BERT, BIG_GPU, CLIP, GENERATION, LLAMA, RESNET, TEXT, VIT, option, recommend, whole_matrix

WHOLE = whole_matrix()
SCORES = {(cell.model, str(cell.task)): cell.score for cell in WHOLE.cells if cell.score is not None}
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
    """With nothing else known, the first model of the ranking is one that the matrix rates highest."""
    answer = recommend(50_000, task=task, compute={"count": 8, "memory_gib": 80})
    assert answer.models[0].matrix_score == max(one.matrix_score for one in answer.models)
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
    assert recommend(500_000).models[0].matrix_score == 5
    leaders = {one.model for one in recommend(500_000, compute=BIG_GPU).models if one.matrix_score == 5}
    assert VIT in leaders


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
    """Held in four bits, a parameter takes half a byte; what does not fit even so cannot come first."""
    sizes: list[int] = []
    for memory in (1, 2, 4, 640):
        model = recommend(5000, task=GENERATION, compute={"memory_gib": memory}).models[0]
        assert model.params / 2 <= memory * 2**30
        sizes.append(model.params)
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
    assert model in best("sentence-similarity")
    assert score(model, "sentence-similarity") > score(BERT, "sentence-similarity")


def test_r127_licences_are_told_and_respected() -> None:
    assert all(model.licence for model in WHOLE.models)
    answer = recommend(5000, task=DETECTION, constraints={"commercial_use": True})
    assert all(one.commercial_use is not False for one in answer.models)
    assert all(one.checkpoint and one.licence for one in answer.models)
