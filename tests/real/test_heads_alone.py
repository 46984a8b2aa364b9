# pyright: basic, reportMissingImports=false
"""What `/resources` tells of a head that trains alone, against what autograd keeps of real modules: maps, or tokens."""

import tests.real.operators  # noqa: F401

# isort: split

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
import transformers
from torch import nn

from service.contract.resources import ResourcesAnswer
from service.core.engine import freeze_plan, resources
from service.knowledge.build import read_tables
from service.knowledge.loader import load
from tests.ask import job
from tests.real.kept_models import build, inputs
from tools.catalogue.dense_models import dense, without_compiled_operators

DENSE = {
    "maskrcnn_resnet50_fpn": "instance-segmentation",
    "retinanet_resnet50_fpn_v2": "object-detection",
    "facebook/detr-resnet-50": "object-detection",
    "hustvl/yolos-base": "object-detection",
    "PekingU/rtdetr_r50vd": "object-detection",
    "nvidia/segformer-b0": "image-segmentation",
    "deeplabv3_resnet50": "image-segmentation",
}
WAVE = {
    "hidden_size": 192,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "intermediate_size": 400,
    "vocab_size": 40,
}


def told(source: dict[str, Any], task: str, batch: int, **data: Any) -> tuple[ResourcesAnswer, list[str]]:
    """What the service tells of the run, and the patterns of what trains."""
    body = {
        "source": source,
        "dataset": {"examples": 5000, **data},
        "fixed": {"strategy": "feature-extraction", "per_device_batch_size": batch, "precision": "fp32"},
        "target": {"task": task},
        "compute": {"memory_gib": 500, "count": 1},
    }
    blocks = freeze_plan(job(body), load(), True).freeze_plan.blocks
    return resources(job(body), load(), True), [one.pattern or "" for one in blocks if one.state != "frozen"]


def assert_keeps(model: nn.Module, run: Callable[[], Any], answer: ResourcesAnswer, trained: list[str]) -> None:
    """Within 2 %, or the megabyte to which terms are rounded."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(any(re.match(pattern, name) for pattern in trained))
    storages: dict[int, Any] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storages[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    model.train()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        run()
    own = {tensor.untyped_storage()._cdata for tensor in (*model.parameters(), *model.buffers())}
    measured = sum(storage.nbytes() for place, storage in storages.items() if place not in own)
    expected = next(term.expected_gib for term in answer.resources.terms if term.part == "activations") * 2**30
    assert expected == pytest.approx(measured, rel=0.02, abs=0.001 * 2**30)


@pytest.mark.parametrize("name", DENSE)
def test_a_head_on_maps_keeps_them(name: str) -> None:
    without_compiled_operators()
    know = load()
    row = know.find_model(name)
    assert row is not None
    (step,) = dense(read_tables(), know, {know.models.build_of(row)}, {})
    answer, trained = told({"model": name}, DENSE[name], step.images, classes=5, image_size=step.px)
    assert_keeps(step.model, step.run, answer, trained)


@pytest.mark.parametrize(("name", "batch", "length"), [("bert", 16, 120), ("electra", 24, 200), ("vit", 64, 0)])
def test_a_head_on_tokens_keeps_all_of_them(name: str, batch: int, length: int) -> None:
    model, task = build(name)
    listed = [{"name": n, "shape": list(p.shape)} for n, p in model.named_parameters()]
    size = {"image_size": 160} if name == "vit" else {"sequence_length": length}
    answer, trained = told({"parameters": listed}, task, batch, classes=3, **size)
    assert_keeps(model, partial(model, **inputs(name, batch, length)), answer, trained)


def test_a_head_on_sound_keeps_every_frame() -> None:
    model = transformers.Wav2Vec2ForCTC(transformers.Wav2Vec2Config(**WAVE, final_dropout=0.0, layerdrop=0.0))
    model.freeze_feature_encoder()  # else it asks for gradients of the sound itself
    listed = [{"name": n, "shape": list(p.shape)} for n, p in model.named_parameters()]
    waves = torch.randn(8, 96_080)  # 300 frames of 320 samples
    answer, trained = told({"parameters": listed}, "automatic-speech-recognition", 8, sequence_length=300)
    assert_keeps(model, partial(model, waves), answer, trained)
