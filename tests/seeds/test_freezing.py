"""How much to freeze, and what to open when: R-003, R-009, R-029, R-043, R-054 to R-063, C-02, C-06, C-08, C-18."""

from itertools import pairwise

import pytest

from service.contract.freeze import FreezePlan
from service.contract.words import BlockKind, BlockState
from tests.seeds.ask import BERT, RESNET, TEXT, VIT, backbone_states, freeze, head_states, recommend, trained

LEVELS = (1, 5, 9)


def share(examples: int, similarity: float, depth: int = 50) -> float:
    """The share of the backbone's blocks that are frozen."""
    return freeze(examples, depth=depth, similarity=similarity).shares.blocks_frozen


def assert_layers_frozen(plan: FreezePlan, low: float, high: float) -> None:
    """Holds whether the head is counted among the fifty layers or not."""
    frozen = sum(block.state is BlockState.FROZEN for block in plan.blocks)
    assert low <= plan.shares.blocks_frozen <= high
    assert low <= frozen / len(plan.blocks) <= high


@pytest.mark.parametrize("similarity", [7, 8, 9, 10])
@pytest.mark.parametrize("examples", [1, 20, 100, 199])
def test_r057_tiny_and_similar_freezes_80_to_90_percent(examples: int, similarity: float) -> None:
    assert_layers_frozen(freeze(examples, depth=50, similarity=similarity), 0.8, 0.9)


@pytest.mark.parametrize("similarity", [0, 3.9, 4, 5, 6.9, 7, 10])
@pytest.mark.parametrize("examples", [1000, 3000, 9999])
def test_r058_r060_medium_freezes_50_to_70_percent(examples: int, similarity: float) -> None:
    assert_layers_frozen(freeze(examples, depth=50, similarity=similarity), 0.5, 0.7)


@pytest.mark.parametrize("similarity", [0, 1, 2, 3, 3.9])
@pytest.mark.parametrize("examples", [10_000, 50_000, 100_000, 2_000_000])
def test_r059_large_and_unlike_freezes_0_to_30_percent(examples: int, similarity: float) -> None:
    assert_layers_frozen(freeze(examples, depth=50, similarity=similarity), 0.0, 0.3)


@pytest.mark.parametrize("examples", [50, 150])
def test_c06_the_80_to_90_percent_need_the_similarity(examples: int) -> None:
    assert share(examples, 1) < 0.8 <= share(examples, 9)


@pytest.mark.parametrize("examples", [100, 500, 5000, 50_000])
def test_r009_r056_more_similarity_freezes_more(examples: int) -> None:
    unlike, half, alike = (share(examples, similarity) for similarity in LEVELS)
    assert unlike < half < alike


@pytest.mark.parametrize("similarity", LEVELS)
def test_r056_more_data_freeze_less(similarity: float) -> None:
    tiny, medium, large, massive = (share(count, similarity) for count in (100, 5000, 50_000, 5_000_000))
    assert tiny > medium > large > massive


@pytest.mark.parametrize("model", [RESNET, VIT, BERT])
def test_r034_r055_r060_large_data_open_everything_with_lower_early_rates(model: str) -> None:
    task = TEXT if model == BERT else "image-classification"
    answer = recommend(50_000, task=task, model=model, similarity=5)
    assert BlockState.FROZEN not in backbone_states(answer.freeze_plan)
    rates = [group.peak_rate for group in trained(answer.lr_schedule).groups]
    assert rates == sorted(rates), "rates rise from stem to head"
    assert 0 < rates[0] <= rates[-2] / 2 <= rates[-1] / 2, "R-068: early layers at least two times below late ones"


@pytest.mark.parametrize("depth", [12, 50, 101])
def test_r003_layers_are_frozen_low_or_full_from_stem_to_head(depth: int) -> None:
    plan = freeze(5000, depth=depth, similarity=5)
    order = [BlockState.FROZEN, BlockState.LOW_RATE, BlockState.FULL_RATE]
    places = [order.index(block.state) for block in plan.blocks]
    assert places == sorted(places)
    assert set(places) == {0, 1, 2}


@pytest.mark.parametrize(("value", "word"), [(7, "high"), (5, "medium")])
def test_r003_c19_seven_is_high_and_five_is_medium(value: float, word: str) -> None:
    answer = recommend(5000, model=RESNET, similarity=value)
    assert any(f": {word}" in step.answer for step in answer.decision_path)


def test_r003_nothing_said_is_taken_as_five() -> None:
    similarity = recommend(5000, model=RESNET).resolved["/similarity"]
    assert (similarity.value, similarity.origin) == (5, "assumed")


@pytest.mark.parametrize("model", [RESNET, VIT, BERT])
def test_r029_feature_extraction_trains_the_head_alone(model: str) -> None:
    plan = freeze(500, model=model, strategy="feature-extraction")
    assert set(backbone_states(plan)) == {BlockState.FROZEN}
    assert set(head_states(plan)) == {BlockState.FULL_RATE}
    assert plan.shares.blocks_frozen == 1


@pytest.mark.parametrize("similarity", LEVELS)
@pytest.mark.parametrize("model", [RESNET, VIT, BERT])
def test_r043_partial_tuning_opens_the_top_over_a_frozen_base(model: str, similarity: float) -> None:
    states = backbone_states(freeze(5000, model=model, similarity=similarity, strategy="partial-fine-tuning"))
    opened = next(index for index, state in enumerate(states) if state is not BlockState.FROZEN)
    assert 0 < opened < len(states)
    assert BlockState.FROZEN not in states[opened:]


@pytest.mark.parametrize("model", [VIT, BERT])
@pytest.mark.parametrize("examples", [300, 900])
def test_r033_c02_hundreds_of_examples_open_two_to_four_of_twelve_blocks(examples: int, model: str) -> None:
    plan = freeze(examples, model=model, similarity=5)
    opened = [block for block in plan.blocks if block.kind is BlockKind.BLOCK and block.state is not BlockState.FROZEN]
    assert 2 <= len(opened) <= 4


def test_c02_shares_are_told_in_blocks_and_in_parameters() -> None:
    """With all of ResNet-50 frozen below its last stage, 14.96 of 23.51 million parameters train."""
    plan = freeze(500, model=RESNET, similarity=8)
    opened = [block for block in plan.blocks if block.kind is BlockKind.BLOCK and block.state is not BlockState.FROZEN]
    assert [block.name for block in opened] == ["layer4.0", "layer4.1", "layer4.2"]
    assert plan.counts.backbone == pytest.approx(23.51e6, rel=1e-3)
    assert sum(block.params or 0 for block in opened) == pytest.approx(14.96e6, rel=1e-3)
    assert plan.shares.params_frozen == pytest.approx(0.36, abs=0.005)
    assert plan.shares.blocks_frozen > 0.8


def test_r046_r088_the_new_head_reads_2048_features() -> None:
    plan = recommend(5000, model=RESNET, classes=10).freeze_plan
    assert plan.counts.head == 2048 * 10 + 10


@pytest.mark.parametrize("examples", [100, 500])
@pytest.mark.parametrize("similarity", LEVELS)
def test_r054_r061_r062_few_labels_open_gradually_from_the_top(examples: int, similarity: float) -> None:
    plan = freeze(examples, depth=50, similarity=similarity)
    trained_blocks = [phase.train_blocks for phase in plan.phases]
    assert len(trained_blocks) >= 3
    assert trained_blocks[0] == [plan.blocks[-1].index], "the head first"
    for earlier, later in pairwise(trained_blocks):
        assert set(earlier) < set(later), "each phase opens more"
        assert later == list(range(min(later), len(plan.blocks))), "from the top down"


@pytest.mark.parametrize("model", [RESNET, VIT, BERT])
@pytest.mark.parametrize("examples", [5000, 50_000])
def test_r035_r063_r082_c08_head_first_then_everything_opened(examples: int, model: str) -> None:
    answer = recommend(examples, task=TEXT if model == BERT else "image-classification", model=model, similarity=5)
    head, opened = answer.phases
    assert head.train_blocks == [answer.freeze_plan.blocks[-1].index]
    assert head.backbone_rate == 0
    assert 1 <= head.epochs <= 5, "C-08: one to five epochs"
    assert set(opened.train_blocks) > set(head.train_blocks)
    assert opened.backbone_rate <= head.head_rate / 10, "R-076, R-083: ten times lower"
    assert opened.epochs > head.epochs


@pytest.mark.parametrize("examples", [100, 5000, 50_000])
def test_r061_r083_r084_r089_every_phase_ends_by_validation(examples: int) -> None:
    for phase in recommend(examples, model=RESNET).phases:
        assert "validation" in phase.stop
        assert "not improved" in phase.stop


@pytest.mark.parametrize("model", [RESNET, VIT, BERT])
def test_c18_a_frozen_layer_has_no_rate_and_takes_no_gradient(model: str) -> None:
    answer = recommend(5000, task=TEXT if model == BERT else "image-classification", model=model, similarity=8)
    plan = trained(answer.lr_schedule)
    frozen = {block.pattern for block in answer.freeze_plan.blocks if block.state is BlockState.FROZEN}
    assert frozen
    groups = [group for group in plan.groups if group.pattern in frozen]
    assert len(groups) == len(frozen)
    assert {(group.state, group.peak_rate, group.weight_decay) for group in groups} == {(BlockState.FROZEN, 0.0, 0.0)}
    assert plan.rates.frozen == 0
    assert {point.frozen for point in plan.points} == {0.0}
    assert any("a rate of 0 is not freezing" in line for line in answer.freeze_plan.self_check)


def test_c18_batch_statistics_of_frozen_blocks_are_frozen_too() -> None:
    plan = freeze(5000, model=RESNET, similarity=8)
    assert plan.norm.frozen_statistics
    assert any("evaluation mode" in line for line in plan.self_check)
    assert not freeze(5000, model=VIT, similarity=8).norm.frozen_statistics


def test_c18_freezing_saves_memory() -> None:
    whole = recommend(5000, model=RESNET, fixed={"strategy": "full-fine-tuning"}).resources.static_memory_gib
    head = recommend(5000, model=RESNET, fixed={"strategy": "feature-extraction"}).resources.static_memory_gib
    assert whole is not None
    assert head is not None
    assert head < whole / 4


def test_r091_an_adapter_trains_on_a_frozen_backbone() -> None:
    plan = freeze(5000, model=VIT, strategy="parameter-efficient")
    assert set(backbone_states(plan)) == {BlockState.FROZEN}
    assert plan.adapter is not None
    assert plan.adapter.targets
