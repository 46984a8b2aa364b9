"""Which strategy for how many labels and how similar data: R-001, R-014 to R-045, C-01, C-03 to C-06."""

import pytest

from service.contract.words import Strategy
from tests.ask import recommended
from tests.seeds.ask import (
    BERT,
    BIG_GPU,
    CLIP,
    GENERATION,
    LLAMA,
    RESNET,
    TEXT,
    VIT,
    codes,
    first,
    message,
    missing,
    option,
    recommend,
)

HEAD, PARTIAL, FULL = Strategy.FEATURE_EXTRACTION, Strategy.PARTIAL, Strategy.FULL
SCRATCH, ADAPTER, ZERO_SHOT = Strategy.FROM_SCRATCH, Strategy.PARAMETER_EFFICIENT, Strategy.ZERO_SHOT
STARTS = [("image-classification", RESNET), ("image-classification", VIT), (TEXT, BERT), (TEXT, None)]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("source", {"task": TEXT}),
        ("target", {"task": "object-detection", "domain": "satellite-rgb"}),
        ("dataset", {"examples": 100_000}),
        ("compute", {"kind": "cpu"}),
    ],
)
def test_r001_each_of_the_four_inputs_moves_the_recommendation(part: str, value: dict[str, object]) -> None:
    usual: dict[str, object] = {
        "source": {"task": "image-classification"},
        "target": {"task": "image-classification", "domain": "satellite-rgb"},
        "dataset": {"examples": 5000},
        "compute": BIG_GPU,
    }
    before, after = recommended(**usual), recommended(**(usual | {part: value}))
    assert (after.verdict, after.freeze_plan, after.notices) != (before.verdict, before.freeze_plan, before.notices)
    assert after.resolved[f"/{part}/{next(iter(value))}"].origin == "given"


@pytest.mark.parametrize(("task", "model"), STARTS)
@pytest.mark.parametrize("similarity", [7, 8, 9.5])
@pytest.mark.parametrize("examples", [250, 500, 700])
def test_r032_r029_hundreds_of_very_similar_examples_train_the_head_alone(
    examples: int, similarity: float, task: str, model: str | None
) -> None:
    assert recommend(examples, task=task, model=model, similarity=similarity).verdict.strategy is HEAD


@pytest.mark.parametrize(("task", "model"), STARTS)
@pytest.mark.parametrize("similarity", [4, 5, 6.5])
@pytest.mark.parametrize("examples", [1300, 5000, 7000])
def test_r033_thousands_of_moderately_similar_examples_train_the_upper_layers(
    examples: int, similarity: float, task: str, model: str | None
) -> None:
    assert recommend(examples, task=task, model=model, similarity=similarity).verdict.strategy is PARTIAL


@pytest.mark.parametrize(("task", "model"), STARTS)
@pytest.mark.parametrize("similarity", [2.5, 3, 5])
@pytest.mark.parametrize("examples", [20_000, 50_000, 500_000])
def test_r034_many_different_examples_train_the_whole_network(
    examples: int, similarity: float, task: str, model: str | None
) -> None:
    assert recommend(examples, task=task, model=model, similarity=similarity).verdict.strategy is FULL


@pytest.mark.parametrize("examples", [12_000, 15_000, 30_000, 50_000])
@pytest.mark.parametrize("similarity", [2, 5, 8])
def test_r041_c01_where_partial_and_full_overlap_both_are_offered(examples: int, similarity: float) -> None:
    assert set(first(recommend(examples, model=RESNET, similarity=similarity), 2)) == {PARTIAL, FULL}


@pytest.mark.parametrize("examples", [2000, 5000, 8000])
def test_r040_hundreds_of_similar_examples_per_class_keep_the_probe_in_play(examples: int) -> None:
    answer = recommend(examples, model=RESNET, classes=10, similarity=8)
    assert HEAD in first(answer, 2), f"{examples // 10} per class are enough for a good probe"


def test_r038_r039_the_order_climbs_with_the_data() -> None:
    climbed = [recommend(count, model=RESNET, similarity=8).verdict.strategy for count in (500, 5000, 300_000)]
    assert climbed == [HEAD, PARTIAL, FULL]


@pytest.mark.parametrize(
    ("examples", "similarity", "edge", "below", "above"),
    [(900, 8, 1000, HEAD, PARTIAL), (1100, 8, 1000, HEAD, PARTIAL), (9000, 5, 10_000, PARTIAL, FULL)],
)
def test_c01_no_edge_is_a_hard_cut(
    examples: int, similarity: float, edge: int, below: Strategy, above: Strategy
) -> None:
    answer = recommend(examples, model=RESNET, similarity=similarity)
    boundary = next(one for one in answer.boundaries if one.input == "/dataset/examples" and one.edge == edge)
    assert boundary.near
    assert boundary.distance == pytest.approx(abs(examples - edge) / edge)
    assert (boundary.below.strategy, boundary.above.strategy) == (below, above)
    assert {below, above} <= set(first(answer, 3)), "both neighbours rank high"


def test_c01_far_from_an_edge_nothing_is_near() -> None:
    boundaries = recommend(3000, model=RESNET, similarity=5.5).boundaries
    assert [one.edge for one in boundaries if one.near and one.input == "/dataset/examples"] == []


def test_c01_thin_classes_count_one_band_lower() -> None:
    assert recommend(1500, classes=5).resolved["/dataset/size_class"].value == "medium"
    assert recommend(1500, classes=100).resolved["/dataset/size_class"].value == "small", "15 per class"


@pytest.mark.parametrize(("examples", "classes"), [(40, 10), (900, 100), (5000, 1000)])
def test_c03_below_ten_per_class_use_few_shot_whatever_the_total(examples: int, classes: int) -> None:
    assert recommend(examples, model=CLIP, classes=classes).verdict.strategy is ZERO_SHOT
    assert recommend(examples, model=RESNET, classes=classes, similarity=8).verdict.strategy is HEAD


@pytest.mark.parametrize("similarity", [2, 5, 9])
@pytest.mark.parametrize("examples", [1000, 5000, 50_000, 100_000])
def test_r042_c04_language_models_keep_a_track_of_their_own(examples: int, similarity: float) -> None:
    answer = recommend(examples, task=GENERATION, model=LLAMA, similarity=similarity, compute=BIG_GPU)
    assert answer.verdict.strategy is ADAPTER
    assert recommend(examples, model=VIT, similarity=similarity).verdict.strategy is not ADAPTER


def test_r042_full_tuning_of_a_large_model_needs_the_budget() -> None:
    small = recommend(50_000, task=GENERATION, model=LLAMA, compute={"memory_gib": 24})
    large = recommend(50_000, task=GENERATION, model=LLAMA, compute={"count": 8, "memory_gib": 80})
    assert not option(small, FULL).feasible
    assert option(large, FULL).feasible


@pytest.mark.parametrize("model", ["mistralai/Mistral-7B-v0.1", "Qwen/Qwen2.5-7B", LLAMA])
def test_r027_a_large_model_with_few_pairs_is_prompted(model: str) -> None:
    answer = recommend(50, task=GENERATION, model=model, compute=BIG_GPU)
    assert answer.verdict.strategy is ZERO_SHOT
    assert missing(message(answer, "prompt-or-retrieve"), ["prompt", "retrieval"]) == []
    assert answer.lr_schedule is None


@pytest.mark.parametrize("examples", [100, 500, 5000])
def test_r028_sentence_embeddings_serve_as_they_come(examples: int) -> None:
    answer = recommend(examples, task="sentence-similarity")
    assert answer.verdict.strategy is ZERO_SHOT
    assert "retrieval" in message(answer, "use-as-it-comes")


@pytest.mark.parametrize("task", ["image-classification", "object-detection", TEXT, "token-classification"])
@pytest.mark.parametrize("similarity", [0, 1, 3, 5, 8, 10])
@pytest.mark.parametrize("examples", [100, 5000, 50_000, 999_999])
def test_r019_r023_r026_never_from_scratch_below_a_million(examples: int, similarity: float, task: str) -> None:
    answer = recommend(examples, task=task, similarity=similarity)
    assert answer.verdict.strategy is not SCRATCH
    assert answer.verdict.model is not None, "reuse before retraining"


@pytest.mark.parametrize("task", ["image-classification", TEXT])
@pytest.mark.parametrize("similarity", [4, 6, 8, 10])
def test_c05_a_million_similar_labels_still_start_from_pretrained_weights(similarity: float, task: str) -> None:
    assert recommend(5_000_000, task=task, similarity=similarity).verdict.strategy is FULL


@pytest.mark.parametrize(("task", "model"), STARTS)
@pytest.mark.parametrize("similarity", [0, 1])
def test_r023_r025_scratch_competes_where_data_are_massive_and_very_different(
    similarity: float, task: str, model: str | None
) -> None:
    answer = recommend(5_000_000, task=task, model=model, similarity=similarity)
    assert set(first(answer, 2)) == {SCRATCH, FULL}


@pytest.mark.parametrize("similarity", [0, 2, 5, 9])
@pytest.mark.parametrize("examples", [100, 1000, 10_000, 100_000])
def test_r014_r022_r024_fine_tuning_ranks_above_scratch(examples: int, similarity: float) -> None:
    answer = recommend(examples, model=RESNET, similarity=similarity)
    assert option(answer, FULL).rank < option(answer, SCRATCH).rank


@pytest.mark.parametrize("examples", [100, 500, 5000])
def test_r015_r018_r050_a_very_different_target_still_starts_pretrained(examples: int) -> None:
    answer = recommend(examples, model=RESNET, domain="radiology")
    assert [one.strategy for one in answer.strategies if one.feasible][-1] is SCRATCH
    assert "use-closer-checkpoint" in codes(answer)


def test_r017_r036_without_a_gpu_features_are_extracted() -> None:
    answer = recommend(5000, model=RESNET, similarity=6, compute={"kind": "cpu"})
    assert answer.verdict.strategy is HEAD
    assert recommend(5000, model=RESNET, similarity=6, compute=BIG_GPU).verdict.strategy is not HEAD


@pytest.mark.parametrize(
    ("examples", "similarity", "allowed"),
    [
        (300, 9, {HEAD}),
        (5000, 5, {PARTIAL, FULL, ADAPTER}),
        (700, 2, {PARTIAL, FULL, ADAPTER}),
        (50_000, 9, {PARTIAL, FULL}),
        (5_000_000, 0, {SCRATCH}),
    ],
    ids=["small-similar", "medium", "different", "large", "very-large-very-different"],
)
def test_r031_the_decision_in_three_sentences(examples: int, similarity: float, allowed: set[Strategy]) -> None:
    assert recommend(examples, model=VIT, similarity=similarity).verdict.strategy in allowed


def test_r035_r045_the_tree_asks_for_a_probe_first() -> None:
    answer = recommend(5000, model=RESNET)
    assert any("linear probe first" in step.answer for step in answer.decision_path)
    assert answer.phases[0].backbone_rate == 0
    assert answer.phases[0].train_blocks == [answer.freeze_plan.blocks[-1].index], "the last layer alone"


@pytest.mark.parametrize("examples", [30, 100, 180])
@pytest.mark.parametrize("similarity", [0, 2, 3.5])
def test_c06_tiny_and_unlike_is_the_hard_cell(examples: int, similarity: float) -> None:
    answer = recommend(examples, model=RESNET, similarity=similarity)
    assert answer.verdict.strategy in {HEAD, ADAPTER, ZERO_SHOT}, "full tuning is not safe"
    assert {"collect-labels-first", "use-closer-checkpoint"} <= set(codes(answer))


def test_c06_tiny_and_alike_is_not() -> None:
    answer = recommend(150, model=RESNET, similarity=9, classes=2)
    assert {"collect-labels-first", "use-closer-checkpoint"} & set(codes(answer)) == set()


@pytest.mark.parametrize(("task", "model"), [("image-classification", VIT), (TEXT, BERT)])
def test_r044_where_the_source_ability_must_stay_the_backbone_is_not_changed(task: str, model: str) -> None:
    answer = recommend(50_000, task=task, model=model, similarity=5, constraints={"keep_source_ability": True})
    assert answer.verdict.strategy in {ADAPTER, HEAD}
    assert recommend(50_000, task=task, model=model, similarity=5).verdict.strategy is FULL
