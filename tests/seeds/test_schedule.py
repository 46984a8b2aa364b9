"""How long to train, how to warm up and what to regularise: R-069, R-076, R-078, R-082, R-086, R-088, C-15, C-16."""

import pytest

from tests.ask import scheduled
from tests.seeds.ask import BERT, GENERATION, LLAMA, RESNET, TEXT, VIT, recommend, regulariser, trained

FULL, PARTIAL, HEAD = "full-fine-tuning", "partial-fine-tuning", "feature-extraction"
FAMILIES = ["cnn", "vision-transformer", "text-encoder", "encoder-decoder", "decoder-lm", "speech-seq2seq"]


@pytest.mark.parametrize("strategy", [FULL, PARTIAL])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("steps", [200, 1000, 5000, 8000])
def test_r069_warm_up_takes_5_to_10_percent(steps: int, family: str, strategy: str) -> None:
    asked = scheduled(family=family, strategy=strategy, total_steps=steps)
    assert 0.05 * steps <= asked.warmup_steps <= 0.1 * steps
    assert asked.rates.warmup_steps == asked.warmup_steps


@pytest.mark.parametrize("steps", [1000, 2500, 20_000])
def test_c15_the_default_is_6_percent(steps: int) -> None:
    assert scheduled(family="text-encoder", total_steps=steps).warmup_steps == 0.06 * steps


@pytest.mark.parametrize("steps", [*range(1, 130, 7), 166, 167, 999, 8333, 8334, 9999, 10_000, 10_001, 50_000])
def test_c15_warm_up_keeps_its_limits(steps: int) -> None:
    warmup = scheduled(family="vision-transformer", total_steps=steps).warmup_steps
    assert warmup <= 0.1 * steps, "never above a tenth"
    assert warmup >= min(10, int(0.1 * steps)), "at least ten steps where a tenth allows"
    assert warmup <= 500 or steps > 10_000, "500 steps are enough for a short run"


@pytest.mark.parametrize(("steps", "warmup"), [(10_000, 500), (10_001, 600)])
def test_c15_long_runs_may_warm_up_longer(steps: int, warmup: int) -> None:
    assert scheduled(family="vision-transformer", total_steps=steps).warmup_steps == warmup


@pytest.mark.parametrize(("examples", "per_epoch"), [(640, 20), (1600, 50), (3200, 100)])
def test_c15_warm_up_ends_within_the_first_epoch(examples: int, per_epoch: int) -> None:
    asked = scheduled(family="vision-transformer", examples=examples, batch_size=32, epochs=60)
    assert asked.total_steps == 60 * per_epoch
    assert asked.warmup_steps == per_epoch, "6 % would be three epochs and more"


@pytest.mark.parametrize("family", FAMILIES)
def test_c15_a_head_alone_needs_no_warm_up(family: str) -> None:
    if family == "speech-seq2seq":
        family = "speech-encoder"
    assert scheduled(family=family, strategy=HEAD, total_steps=5000).warmup_steps == 0


@pytest.mark.parametrize("examples", [40, 100, 300, 1000, 3000])
@pytest.mark.parametrize("strategy", [FULL, PARTIAL])
def test_c16_text_encoders_take_500_steps_however_small_the_set(examples: int, strategy: str) -> None:
    asked = scheduled(model=BERT, strategy=strategy, examples=examples, batch_size=32)
    assert asked.total_steps >= 500
    assert asked.epochs is not None
    assert asked.epochs >= 3


@pytest.mark.parametrize("model", [BERT, "roberta-base", "microsoft/deberta-v3-base"])
@pytest.mark.parametrize("examples", [10_000, 50_000, 200_000])
def test_r086_c16_text_encoders_take_3_to_5_epochs(examples: int, model: str) -> None:
    epochs = scheduled(model=model, strategy=FULL, examples=examples, batch_size=32).epochs
    assert epochs is not None
    assert 3 <= epochs <= 5


@pytest.mark.parametrize("model", [RESNET, VIT, "convnext_tiny"])
@pytest.mark.parametrize("strategy", [FULL, PARTIAL])
@pytest.mark.parametrize("examples", [5000, 50_000])
def test_r088_c16_vision_takes_10_to_30_epochs(examples: int, strategy: str, model: str) -> None:
    epochs = scheduled(model=model, strategy=strategy, examples=examples, batch_size=32).epochs
    assert epochs is not None
    assert 10 <= epochs <= 30


@pytest.mark.parametrize("model", [RESNET, VIT, BERT])
@pytest.mark.parametrize("examples", [5000, 20_000])
def test_r082_c16_a_head_alone_takes_5_to_20_epochs_of_adamw(examples: int, model: str) -> None:
    asked = scheduled(model=model, strategy=HEAD, examples=examples)
    assert asked.epochs is not None
    assert 5 <= asked.epochs <= 20
    assert asked.optimizer == "adamw"


@pytest.mark.parametrize(("examples", "batch"), [(5000, 32), (10_001, 16), (333, 64)])
def test_c16_plans_count_steps(examples: int, batch: int) -> None:
    asked = scheduled(model=VIT, strategy=FULL, examples=examples, batch_size=batch, epochs=7)
    per_epoch = -(-examples // batch)
    assert asked.steps_per_epoch == per_epoch
    assert asked.total_steps == 7 * per_epoch
    assert asked.points[-1].step == asked.total_steps


@pytest.mark.parametrize("model", [RESNET, VIT, BERT])
@pytest.mark.parametrize("examples", [500, 5000, 50_000])
def test_r084_r089_c16_runs_stop_early_with_a_patience_of_3_to_5(examples: int, model: str) -> None:
    answer = recommend(examples, task=TEXT if model == BERT else "image-classification", model=model)
    assert 3 <= regulariser(answer, "early-stopping-patience") <= 5


@pytest.mark.parametrize(("model", "task", "decay"), [(BERT, TEXT, 0.01), (VIT, "image-classification", 0.05)])
def test_r078_weight_decay_is_that_of_the_family(model: str, task: str, decay: float) -> None:
    answer = recommend(50_000, task=task, model=model, similarity=5)
    assert regulariser(answer, "weight-decay") == decay
    assert {group.weight_decay for group in trained(answer.lr_schedule).groups} == {decay}
    reason = next(one.reason for one in answer.regularisation if one.name == "weight-decay")
    assert "0 on norms and biases" in reason


def test_r078_few_labels_take_more_dropout_on_the_head() -> None:
    few, many = recommend(500, model=VIT), recommend(50_000, model=VIT)
    assert regulariser(few, "head-dropout") > regulariser(many, "head-dropout") > 0


def test_r078_a_pretrained_head_gets_no_dropout_of_its_own() -> None:
    answer = recommend(5000, task=GENERATION, model=LLAMA)
    assert "head-dropout" not in [one.name for one in answer.regularisation]


@pytest.mark.parametrize("examples", [300, 1000, 2499])
def test_c16_small_sets_are_run_with_3_to_5_seeds(examples: int) -> None:
    assert 3 <= regulariser(recommend(examples, model=RESNET), "runs-with-different-seeds") <= 5


def test_c16_larger_sets_are_not() -> None:
    names = [one.name for one in recommend(2500, model=RESNET).regularisation]
    assert "runs-with-different-seeds" not in names


@pytest.mark.parametrize("model", [RESNET, VIT, BERT])
def test_r076_r083_c10_the_backbone_starts_ten_times_below_the_head_phase(model: str) -> None:
    task = TEXT if model == BERT else "image-classification"
    head, opened = recommend(20_000, task=task, model=model, similarity=5, fixed={"optimizer": "adamw"}).phases
    assert head.head_rate / opened.backbone_rate >= 10
    assert opened.head_rate == pytest.approx(head.head_rate / 10)


@pytest.mark.parametrize("examples", [20_000, 200_000])
@pytest.mark.parametrize("similarity", [2, 5, 8])
def test_r012_fine_tuning_is_shorter_than_training_from_scratch(examples: int, similarity: float) -> None:
    asked = {"model": RESNET, "examples": examples, "batch_size": 64, "similarity": similarity}
    tuned, fresh = scheduled(strategy=FULL, **asked), scheduled(strategy="from-scratch", **asked)
    assert fresh.total_steps >= 5 * tuned.total_steps
