# pyright: basic, reportMissingImports=false
"""The self-check against torch: what is commonly believed to freeze a model, and what does."""

from collections.abc import Callable
from typing import Any

import tests.real.operators  # noqa: F401

# isort: split

import pytest
import timm
import torch

from tests.real.applied import planned

pytestmark = pytest.mark.filterwarnings("ignore")

HEAD_ONLY = {"model": "resnet18", "strategy": "feature-extraction"}


@pytest.fixture(scope="module")
def check_plan() -> Callable[..., None]:
    answer, _ = planned("pytorch", **HEAD_ONLY)
    names: dict[str, Any] = {}
    exec(answer.freeze_plan.self_check_code, names)  # noqa: S102
    return names["check_plan"]


@pytest.fixture
def model() -> torch.nn.Module:
    return timm.create_model("resnet18", num_classes=10)


def freeze(model: torch.nn.Module) -> None:
    """As it should be done."""
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    model.eval()


def adam(model: torch.nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam([p for p in model.parameters() if p.requires_grad] or [torch.zeros(1)])


def test_a_frozen_model_passes(check_plan: Callable[..., None], model: torch.nn.Module) -> None:
    freeze(model)
    check_plan(model, adam(model))


def test_the_flag_of_a_module_freezes_nothing(check_plan: Callable[..., None], model: torch.nn.Module) -> None:
    """The founding guide's own lines: every parameter frozen, then `model.fc.requires_grad = True`."""
    for param in model.parameters():
        param.requires_grad = False
    model.fc.requires_grad = True
    optimizer = torch.optim.Adam(
        [
            {"params": model.layer1.parameters(), "lr": 0.00001},
            {"params": model.layer2.parameters(), "lr": 0.0001},
            {"params": model.fc.parameters(), "lr": 0.001},
        ]
    )
    with pytest.raises(AssertionError) as raised:
        check_plan(model, optimizer)
    said = str(raised.value)
    assert "Expected 5130 to be trainable, found 0. Wrong are ['fc.weight', 'fc.bias']" in said
    assert "requires_grad was set as an attribute of modules ['fc']. On a module that does nothing" in said
    assert "The optimizer holds 29 parameters" in said


def test_a_whole_model_in_the_optimizer(check_plan: Callable[..., None], model: torch.nn.Module) -> None:
    freeze(model)
    with pytest.raises(AssertionError, match=r"lacks \[\], and \['conv1.weight', .* are frozen"):
        check_plan(model, torch.optim.Adam(model.parameters()))


def test_moving_statistics(check_plan: Callable[..., None], model: torch.nn.Module) -> None:
    freeze(model)
    model.train()
    with pytest.raises(AssertionError, match=r"update their statistics: \['bn1', .*again after every model.train"):
        check_plan(model, adam(model))


def test_a_pattern_that_matches_nothing(check_plan: Callable[..., None]) -> None:
    other = timm.create_model("efficientnet_b0", num_classes=10)
    with pytest.raises(AssertionError, match=r"parameters are not in exactly one block(.|\n)*No parameter matches"):
        check_plan(other, adam(other))
