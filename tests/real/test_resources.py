# pyright: basic, reportMissingImports=false
"""The activations that `/resources` tells, against what autograd keeps of real modules, in 32 bits on a CPU."""

import tests.real.operators  # noqa: F401

# isort: split

import re

import pytest
import timm
import torch

from service.contract.resources import ResourcesAnswer
from service.core.engine import freeze_plan, resources
from service.knowledge.loader import load
from tests.ask import job, merged

RUNS = [
    ("resnet18", 160, 3),
    ("resnet50", 224, 1),
    ("mobilenetv3_large_100", 192, 2),
    ("convnext_tiny", 160, 2),
    ("vit_tiny_patch16_224", 224, 3),
    ("vit_small_patch16_224", 224, 1),
]
"""Models with other image sizes and batches than those that the counts were made at."""


def kept(model: torch.nn.Module, px: int, batch: int) -> int:
    """Bytes that autograd keeps of one forward pass, parameters and buffers left out."""
    own = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    held: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            held[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = model.train()(torch.randn(batch, 3, px, px))
    assert out.requires_grad
    return sum(held.values())


def answered(name: str, px: int, batch: int, strategy: str) -> ResourcesAnswer:
    """What the service tells of the run."""
    body = {
        "source": {"model": name},
        "dataset": {"examples": 5000, "classes": 10, "image_size": px},
        "fixed": {"strategy": strategy, "per_device_batch_size": batch, "precision": "fp32"},
        "target": {"task": "image-classification"},
        "compute": {"memory_gib": 200, "count": 1},
    }
    return resources(job(merged(body)), load(), True)


def gib(answer: ResourcesAnswer, part: str) -> float:
    """The expected size of a term."""
    return next(term.expected_gib for term in answer.resources.terms if term.part == part)


@pytest.mark.parametrize(("name", "px", "batch"), RUNS)
def test_activations_are_what_autograd_keeps(name: str, px: int, batch: int) -> None:
    measured = kept(timm.create_model(name, num_classes=10), px, batch)
    told = gib(answered(name, px, batch, "full-fine-tuning"), "activations") * 2**30
    assert told == pytest.approx(measured, rel=0.02, abs=0.001 * 2**30)


@pytest.mark.parametrize("name", ["resnet50", "vit_small_patch16_224"])
def test_frozen_blocks_keep_nothing(name: str) -> None:
    """What the lowest opened block reads is kept by it, and counted with the block below: 7 % here on the ResNet."""
    body = {
        "source": {"model": name},
        "dataset": {"examples": 5000, "classes": 10},
        "fixed": {"strategy": "partial-fine-tuning", "per_device_batch_size": 2, "precision": "fp32"},
    }
    blocks = freeze_plan(job(merged(body)), load(), True).freeze_plan.blocks
    model = timm.create_model(name, num_classes=10)
    for parameter_name, parameter in model.named_parameters():
        frozen = any(block.state == "frozen" and re.match(block.pattern or "", parameter_name) for block in blocks)
        parameter.requires_grad_(not frozen)
    told = gib(resources(job(merged(body)), load(), True), "activations") * 2**30
    assert told == pytest.approx(kept(model, 224, 2), rel=0.08, abs=0.001 * 2**30)


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224"])
def test_parameters_gradients_and_state_are_the_optimizers_own(name: str) -> None:
    model = timm.create_model(name, num_classes=10)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.randn(2, 3, 224, 224)).sum().backward()
    optimizer.step()
    weights = sum(parameter.nbytes for parameter in model.parameters())
    state = sum(t.nbytes for one in optimizer.state.values() for t in one.values() if t.numel() > 1)
    told = answered(name, 224, 2, "full-fine-tuning")
    whole = sum(gib(told, part) for part in ("weights", "gradients", "optimizer-state", "head")) * 2**30
    assert whole == pytest.approx(weights + weights + state, rel=0.02)
