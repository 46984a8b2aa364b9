"""A backbone that must find boxes or masks is sized as what it is put into."""

from typing import Any

import pytest

from tests.ask import recommended

DATA: dict[str, Any] = {"dataset": {"examples": 5000, "classes": 5}, "compute": {"device": "RTX 3090"}}


@pytest.mark.parametrize(
    "source", [{"model": "resnet50"}, {"model": "vit_base_patch16_224"}, {"family": "cnn"}], ids=str
)
@pytest.mark.parametrize(("task", "px"), [("object-detection", 640), ("image-segmentation", 512)])
def test_a_backbone_is_sized_at_the_images_of_the_task(source: dict[str, Any], task: str, px: int) -> None:
    """A Mask R-CNN on a ResNet-50 of 44 million parameters takes some 4 GiB an image at 1333 px: 1 GiB at 640."""
    told = recommended(target={"task": task}, source=source, **DATA)
    batch = told.setup.per_device_batch
    assert batch is not None
    assert told.resources.image_size == px
    assert told.resources.time is None
    assert "backbone-sized-whole" in {notice.code for notice in told.notices}
    kept = next(term for term in told.resources.terms if term.part == "activations")
    assert kept.high_gib / batch >= 0.5


def test_the_size_that_is_given_holds() -> None:
    told = recommended(
        target={"task": "object-detection"}, source={"model": "resnet50"}, dataset={"examples": 500, "image_size": 320}
    )
    assert told.resources.image_size == 320


@pytest.mark.parametrize(
    ("task", "model", "px"),
    [
        ("object-detection", "fasterrcnn_resnet50_fpn", 1333),
        ("object-detection", "retinanet_resnet50_fpn", 1333),
        ("object-detection", "ssd300_vgg16", 300),
        ("object-detection", "ssdlite320_mobilenet_v3_large", 320),
        ("object-detection", "yolo12s", 640),
        ("instance-segmentation", "maskrcnn_resnet50_fpn", 1333),
        ("keypoint-detection", "keypointrcnn_resnet50_fpn", 1333),
        ("keypoint-detection", "yolo11n-pose", 640),
        ("image-segmentation", "lraspp_mobilenet_v3_large", 520),
    ],
)
def test_what_is_built_whole_is_no_backbone(task: str, model: str, px: int) -> None:
    """It has its neck and its head, and is counted at the longer side of the images that its library makes for it."""
    told = recommended(target={"task": task}, source={"model": model}, **DATA)
    assert told.resources.image_size == px
    assert told.resources.time is not None
    assert "backbone-sized-whole" not in {notice.code for notice in told.notices}
