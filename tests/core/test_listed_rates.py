"""A listed model gets the very rates of the same model by its name; where nothing tells its family, a range."""

from itertools import pairwise
from typing import Any

import pytest

from tests.ask import ask, recommended

WIDTH, CLASSES = 768, 21_841
BLOCK = {
    "norm1": [WIDTH],
    "attn.qkv": [3 * WIDTH, WIDTH],
    "attn.proj": [WIDTH, WIDTH],
    "norm2": [WIDTH],
    "mlp.fc1": [4 * WIDTH, WIDTH],
    "mlp.fc2": [WIDTH, 4 * WIDTH],
}


def parameters() -> list[dict[str, Any]]:
    """ViT-B/16 as timm builds it."""
    layers = {"patch_embed.proj": [WIDTH, 3, 16, 16]}
    layers |= {f"blocks.{number}.{name}": shape for number in range(12) for name, shape in BLOCK.items()}
    layers |= {"norm": [WIDTH], "head": [CLASSES, WIDTH]}
    tokens = [{"name": "cls_token", "shape": [1, 1, WIDTH]}, {"name": "pos_embed", "shape": [1, 197, WIDTH]}]
    pairs = (((f"{name}.weight", shape), (f"{name}.bias", shape[:1])) for name, shape in layers.items())
    return tokens + [{"name": name, "shape": shape} for pair in pairs for name, shape in pair]


def test_named_and_listed_models_train_at_the_same_rates() -> None:
    job: dict[str, Any] = {
        "target": {"task": "image-classification"},
        "dataset": {"examples": 500_000, "classes": CLASSES},
        "similarity": 6,
        "fixed": {"strategy": "full-fine-tuning"},
    }
    listed = {"parameters": parameters(), "objective": "supervised", "corpus": "imagenet"}
    answers = [recommended(**job, source=source) for source in ({"model": "vit_base_patch16_224"}, listed)]
    schedules = [answer.lr_schedule for answer in answers]
    assert schedules[0] is not None
    assert schedules[1] is not None
    assert schedules[0].rates == schedules[1].rates


RECURRENT = [
    {"name": "emb.weight", "shape": [20_000, 128]},
    {"name": "lstm.weight_ih_l0", "shape": [1024, 128]},
    {"name": "lstm.weight_hh_l0", "shape": [1024, 256]},
    {"name": "lstm.bias_ih_l0", "shape": [1024]},
    {"name": "lstm.bias_hh_l0", "shape": [1024]},
    {"name": "fc.weight", "shape": [4, 256]},
    {"name": "fc.bias", "shape": [4]},
]


@pytest.mark.parametrize("route", ["/recommend", "/freeze-plan", "/lr-schedule"])
@pytest.mark.parametrize("strategy", ["full-fine-tuning", "feature-extraction", "from-scratch"])
@pytest.mark.parametrize("source", [{"parameters": RECURRENT}, {"depth": 7, "family": "unknown"}])
def test_a_model_of_no_known_family_gets_a_first_experiment_of_three_rates(
    route: str, strategy: str, source: dict[str, Any]
) -> None:
    """No rate is published for such a model: the answer holds no more than one digit of one, and says what to try."""
    answer: Any = ask(
        route,
        {
            "target": {"task": "text-classification"},
            "dataset": {"examples": 5000, "classes": 4},
            "source": source,
            "fixed": {"strategy": strategy, "batch_size": 48},
        },
    )
    schedule = answer.lr_schedule
    assert len(schedule.sweep) == 3
    assert all(below < above / 3 for below, above in pairwise(schedule.sweep))
    assert (schedule.rates.backbone_top or schedule.rates.head) == schedule.sweep[1]
    assert all(float(f"{group.peak_rate:.0e}") == group.peak_rate for group in schedule.groups)
    assert "rate-unknown" in {notice.code for notice in answer.notices}
