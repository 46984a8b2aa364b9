"""Learning rates: R-004, R-030, R-064 to R-078, C-09, C-10, C-17. Reference batch: 32 under AdamW, 256 under SGD.

The guides' own ranges are asked for with the policy `guides`; what measured evidence makes of them is tested elsewhere.
"""

from itertools import pairwise
from typing import Any

import pytest

from service.contract.schedule import LrSchedule
from service.contract.words import BlockKind, BlockState, Likelihood, Severity
from tests.ask import scheduled
from tests.seeds.ask import BERT, CLIP, GENERATION, LLAMA, RESNET, TEXT, VIT, codes, freeze, recommend, risk, trained

FULL, PARTIAL = "full-fine-tuning", "partial-fine-tuning"
HEAD, SCRATCH = "feature-extraction", "from-scratch"
VISION = [RESNET, "efficientnet_b0", "convnext_tiny", VIT, "swin_tiny_patch4_window7_224", CLIP]
TEXT_BASE = [BERT, "roberta-base", "distilbert-base-uncased", "microsoft/deberta-v3-base"]
TEXT_LARGE = ["bert-large-uncased", "roberta-large", "microsoft/deberta-v3-large"]


def plan(
    model: str, strategy: str = FULL, *, optimizer: str = "adamw", batch: int = 32, level: float = 5
) -> LrSchedule:
    """The guides' schedule for twenty thousand examples."""
    fixed = {"strategy": strategy, "optimizer": optimizer, "batch_size": batch}
    return scheduled(model=model, examples=20_000, similarity=level, policy="guides", **fixed)


@pytest.mark.parametrize("strategy", [FULL, PARTIAL])
@pytest.mark.parametrize("model", TEXT_BASE)
def test_r065_text_encoders_take_2e5_to_5e5(model: str, strategy: str) -> None:
    assert 2e-5 <= plan(model, strategy).rates.backbone_top <= 5e-5


@pytest.mark.parametrize("model", TEXT_LARGE)
def test_r065_c09_large_text_encoders_take_1e5_to_3e5(model: str) -> None:
    assert 1e-5 <= plan(model).rates.backbone_top <= 3e-5


@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
@pytest.mark.parametrize("strategy", [FULL, PARTIAL])
@pytest.mark.parametrize("model", VISION)
def test_r066_r067_vision_backbone_and_head(model: str, strategy: str, optimizer: str) -> None:
    rates = plan(model, strategy, optimizer=optimizer).rates
    assert 1e-5 <= rates.backbone_top <= 3e-5
    assert 1e-4 <= rates.head <= 3e-4


@pytest.mark.parametrize("model", [*VISION, *TEXT_BASE, *TEXT_LARGE])
def test_r030_r077_the_head_is_faster_than_the_backbone(model: str) -> None:
    rates = plan(model).rates
    assert rates.backbone_top < rates.head <= 50 * rates.backbone_top


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("model", ["resnet18", RESNET, "resnet101", "convnext_tiny", VIT])
def test_r071_vision_from_scratch_takes_1e3_to_1e2(model: str, optimizer: str) -> None:
    assert 1e-3 <= plan(model, SCRATCH, optimizer=optimizer).rates.head <= 1e-2


@pytest.mark.parametrize("model", [*VISION, *TEXT_BASE])
def test_r064_fine_tuning_is_10_to_100_times_below_scratch(model: str) -> None:
    ratio = plan(model, SCRATCH).rates.head / plan(model).rates.backbone_top
    assert 10 <= ratio <= 100


@pytest.mark.parametrize("batch", [32, 64])
def test_r072_c09_the_guides_1e4_to_1e3_fits_sgd_on_convolutions(batch: int) -> None:
    assert 1e-4 <= plan(RESNET, optimizer="sgd", batch=batch).rates.backbone_top <= 1e-3


def test_r072_c09_sgd_at_its_reference_batch_takes_1e3_to_1e2() -> None:
    assert 1e-3 <= plan(RESNET, optimizer="sgd", batch=256).rates.backbone_top <= 1e-2


@pytest.mark.parametrize("model", [*VISION, *TEXT_BASE, *TEXT_LARGE, "t5-base", "gpt2"])
def test_r073_a_last_layer_alone_takes_1e3_to_1e2(model: str) -> None:
    rates = plan(model, HEAD).rates
    assert 1e-3 <= rates.head <= 1e-2
    assert rates.backbone_top == 0


@pytest.mark.parametrize(("model", "low", "high"), [(LLAMA, 1e-4, 3e-4), ("gpt2", 1e-4, 3e-4)])
def test_c09_adapters_on_language_models_take_1e4_to_3e4(model: str, low: float, high: float) -> None:
    adapters = scheduled(model=model, strategy="parameter-efficient", examples=20_000, batch_size=32, policy="guides")
    assert low <= next(group.peak_rate for group in adapters.groups if group.name == "adapters") <= high


def test_c09_the_optimizer_is_always_named_and_decides() -> None:
    adamw, sgd = plan(RESNET, optimizer="adamw"), plan(RESNET, optimizer="sgd")
    assert (adamw.optimizer, sgd.optimizer) == ("adamw", "sgd")
    assert adamw.batch_scaling.reference_batch == 32
    assert sgd.batch_scaling.reference_batch == 256
    assert sgd.rates.backbone_top >= 10 * adamw.rates.backbone_top


@pytest.mark.parametrize(
    ("model", "task"),
    [
        (VIT, "image-classification"),
        ("swin_base_patch4_window7_224", "image-classification"),
        (BERT, TEXT),
        ("roberta-base", "token-classification"),
        ("gpt2", GENERATION),
    ],
)
def test_r070_r139_c09_1e3_under_adamw_on_a_transformer_backbone_is_flagged(model: str, task: str) -> None:
    fixed = {"strategy": FULL, "optimizer": "adamw", "peak_rate": 1e-3}
    answer = recommend(50_000, task=task, model=model, fixed=fixed)
    notice = next(one for one in answer.notices if one.code == "rate-destroys-features")
    assert notice.severity is Severity.CRITICAL
    assert risk(answer, "learning-rate-too-high").likelihood is Likelihood.LIKELY
    assert trained(answer.lr_schedule).rates.backbone_top == 1e-3, "flagged, not overruled"


def test_c09_1e3_on_a_head_alone_or_under_sgd_is_not_flagged() -> None:
    head = recommend(500, model=VIT, fixed={"strategy": HEAD, "optimizer": "adamw", "peak_rate": 1e-3})
    sgd = recommend(50_000, model=RESNET, fixed={"strategy": FULL, "optimizer": "sgd", "peak_rate": 1e-3})
    for answer in (head, sgd):
        assert {"rate-destroys-features", "rate-outside-range"} & set(codes(answer)) == set()


def test_r075_c09_1e4_is_a_safe_start_on_convolutions_and_high_for_text_encoders() -> None:
    fixed = {"strategy": FULL, "optimizer": "adamw", "peak_rate": 1e-4, "batch_size": 32}
    assert "rate-outside-range" not in codes(recommend(50_000, model=RESNET, fixed=fixed))
    assert "rate-outside-range" in codes(recommend(50_000, task=TEXT, model=BERT, fixed=fixed))


@pytest.mark.parametrize(("similarity", "low", "high"), [(8, 0.65, 0.75), (5, 0.75, 0.85), (2, 0.85, 1.0)])
@pytest.mark.parametrize("subject", [{"family": "vision-transformer"}, {"family": "cnn"}, {"model": VIT}])
def test_c10_the_decay_follows_similarity(subject: dict[str, Any], similarity: float, low: float, high: float) -> None:
    asked = scheduled(strategy=FULL, similarity=similarity, total_steps=1000, **subject)
    assert low <= asked.layer_decay <= high


@pytest.mark.parametrize("strategy", [HEAD, SCRATCH])
def test_c10_without_layers_to_tell_apart_nothing_decays(strategy: str) -> None:
    assert scheduled(family="cnn", strategy=strategy, total_steps=1000).layer_decay == 1


@pytest.mark.parametrize("similarity", [2, 5, 8])
@pytest.mark.parametrize("model", [RESNET, VIT, BERT])
def test_r068_r074_r077_rates_rise_from_stem_to_head(model: str, similarity: float) -> None:
    asked = plan(model, level=similarity)
    rates = [group.peak_rate for group in asked.groups]
    assert rates == sorted(rates)
    low = [group.peak_rate for group in asked.groups if group.state is BlockState.LOW_RATE]
    assert len(low) > 1
    for earlier, later in pairwise(low):
        assert earlier / later == pytest.approx(asked.layer_decay), "one decay per block"


def test_r074_c10_end_to_end_a_similar_backbone_spans_about_a_hundred() -> None:
    """A decay of 0.75 to 0.65 over twelve blocks makes 32 to 176 times."""
    blocks = freeze(50_000, model=VIT, similarity=8, strategy=FULL).blocks
    rates = [
        group.peak_rate
        for group, block in zip(plan(VIT, level=8).groups, blocks, strict=True)
        if block.kind is not BlockKind.HEAD
    ]
    assert 32 <= rates[-1] / rates[0] <= 176


@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
@pytest.mark.parametrize(("batch", "factor"), [(8, 0.5), (32, 1), (128, 2), (288, 3)])
def test_c17_the_adam_family_scales_with_the_square_root(optimizer: str, batch: int, factor: float) -> None:
    reference = plan(VIT, optimizer=optimizer, batch=32).rates
    asked = plan(VIT, optimizer=optimizer, batch=batch).rates
    assert asked.backbone_top == pytest.approx(factor * reference.backbone_top)
    assert asked.head == pytest.approx(factor * reference.head)


@pytest.mark.parametrize(("batch", "factor"), [(64, 0.25), (256, 1), (512, 2), (1024, 4)])
def test_c17_sgd_scales_in_proportion(batch: int, factor: float) -> None:
    reference = plan(RESNET, optimizer="sgd", batch=256).rates
    assert plan(RESNET, optimizer="sgd", batch=batch).rates.backbone_top == pytest.approx(
        factor * reference.backbone_top
    )


@pytest.mark.parametrize(("batch", "warned"), [(4, True), (15, True), (16, False), (64, False)])
def test_c17_batch_norm_wants_sixteen_per_device(batch: int, *, warned: bool) -> None:
    fixed = {"batch_size": batch}
    assert ("small-batch-norm" in codes(recommend(5000, model=RESNET, fixed=fixed))) is warned
    assert "small-batch-norm" not in codes(recommend(5000, model=VIT, fixed=fixed)), "no batch statistics"


@pytest.mark.parametrize("model", [RESNET, VIT, BERT])
@pytest.mark.parametrize("strategy", [FULL, PARTIAL, HEAD])
def test_r004_four_numbers_are_told(model: str, strategy: str) -> None:
    rates = plan(model, strategy).rates
    assert rates.frozen == 0
    assert (rates.backbone_top > 0) is (strategy != HEAD)
    assert rates.head > 0
    assert rates.warmup_steps >= 0
