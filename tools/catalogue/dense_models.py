# pyright: basic, reportMissingImports=false
"""Detectors and segmenters as they are trained: the real architecture, its blocks, and what a step hands to it."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch
import torchvision
from torch import Tensor, nn

from service.contract.words import Task
from service.knowledge.blocks import Block, built_blocks
from service.knowledge.index import Knowledge
from service.knowledge.rows.tables import Tables
from tools.catalogue import hub_readers, hub_senses, hub_sizes
from tools.catalogue.hub_ports import PORTS, Port, built, segformer

EVERY = PORTS | hub_sizes.PORTS | hub_senses.PORTS | hub_readers.PORTS
DETR = PORTS["conditional-detr-r50"]

CURATED: dict[str, str | Port] = {
    "nvidia/segformer-b0": segformer([2, 2, 2, 2], [32, 64, 160, 256], 256),
    "nvidia/segformer-b2": segformer([3, 4, 6, 3], [64, 128, 320, 512], 768),
    "PekingU/rtdetr_r50vd": PORTS["rtdetr-v2-r50"]._replace(model="RTDetrForObjectDetection", config="RTDetrConfig"),
    "facebook/detr-resnet-50": DETR._replace(model="DetrForObjectDetection", config="DetrConfig"),
    "facebook/mask2former-swin-tiny-ade-semantic": PORTS["mask2former-swin-small"]._replace(
        backbone={"depths": [2, 2, 6, 2]}
    ),
    "deeplabv3_resnet50": "torchvision/deeplabv3_resnet50",
    "fasterrcnn_resnet50_fpn_v2": "torchvision/fasterrcnn_resnet50_fpn_v2",
    "maskrcnn_resnet50_fpn_v2": "torchvision/maskrcnn_resnet50_fpn_v2",
    "yolov8s": "ultralytics/yolov8s",
    "yolo11s": "ultralytics/yolo11s",
}
"""Curated models, whose blocks stand in a table of their own, by how they are built."""

SIDES: dict[str, tuple[int, int]] = {
    "ultralytics/": (640, 640),
    "transformers/rtdetr": (640, 640),
    "transformers/dfine": (640, 640),
    "transformers/rf-detr": (560, 560),
    "transformers/segformer": (512, 512),
    "transformers/mask": (512, 512),
    "transformers/sam": (1024, 1024),
    "torchvision/deeplabv3": (520, 520),
    "torchvision/fcn": (520, 520),
    "torchvision/lraspp": (520, 520),
    "torchvision/ssd300": (300, 300),
    "torchvision/ssdlite320": (320, 320),
    "torchvision/fasterrcnn_mobilenet_v3_large_320_fpn": (320, 533),
}
"""Height and width of the images that they are trained on, by the longest start of a name that fits."""

SAMPLED = 128
"""Regions with an object that torchvision's detectors train on at the most: a quarter of the 512 of an image."""

USUAL = (800, 1333)
"""Those of a detector that enlarges the shorter side to 800 pixels."""


class Step(NamedTuple):
    """A model and its forward pass in training, on so many `images` whose longer side is `px`.

    `reads`: the pass is that of an encoder alone, and gives what a decoder attends to.
    """

    id: str
    blocks: tuple[Block, ...]
    model: nn.Module
    px: int
    images: int
    run: Callable[[], Any]
    reads: bool = False


def dense(tables: Tables, know: Knowledge, asked: set[str], left_out: dict[str, str]) -> Iterator[Step]:
    """Every detector and segmenter that can be built; why where one is left out."""
    found: dict[str, tuple[str | Port, tuple[Block, ...]]]
    found = {row.id: (row.id, built_blocks(row)) for row in tables.builds}
    for name, told in CURATED.items():
        row = know.models[name]
        found[know.models.build_of(row)] = (told, know.blocks[name])
    for name, (told, blocks) in found.items():
        if asked and name not in asked:
            continue
        try:
            if (one := _dense(name, told, blocks)) is not None:
                yield one
        except Exception as error:
            left_out[name] = f"{type(error).__name__}: {error}"[:200]


def _dense(id: str, told: str | Port, blocks: tuple[Block, ...]) -> Step | None:
    library, _, word = told.partition("/") if isinstance(told, str) else ("transformers", "", "")
    height, width = _sides(told if isinstance(told, str) else f"transformers/{told.config.lower()}")
    if library == "torchvision" and word in torchvision.models.list_models(module=torchvision.models.segmentation):
        auxiliary = not word.startswith("lraspp")
        with torch.device("meta"):
            model = torchvision.models.get_model(word, weights=None, weights_backbone=None, aux_loss=auxiliary)
        images = torch.empty(2, 3, height, width, device="meta")
        return Step(id, blocks, model, width, 2, lambda: model(images))
    if library == "torchvision" and word in torchvision.models.list_models(module=torchvision.models.detection):
        return _sampling(id, word, blocks, height, width)
    if library == "ultralytics" and find_spec("ultralytics"):
        return _yolo(id, word, blocks, height, width)
    port = told if isinstance(told, Port) else EVERY.get(word)
    if library != "transformers" or port is None:
        return None
    if port.model == "VisionEncoderDecoderModel":
        return _page_reader(id, port, blocks)
    if str(port.family) not in ("detector", "segmenter"):
        return None
    promptable = tuple(port.tasks) == (Task.MASK_GENERATION,)
    model = built(port, "meta" if promptable else "cpu")
    if promptable:
        pictures = torch.empty(1, 3, height, width, device="meta")
        return Step(id, blocks, model, width, 1, lambda: model(pixel_values=pictures))
    images = torch.zeros(1, 3, height, width)
    return Step(id, blocks, model, width, 1, lambda: model(pixel_values=images))


def _page_reader(id: str, port: Port, blocks: tuple[Block, ...]) -> Step:
    """The encoder of pages, as large as it was made for, of a model that writes."""
    model = built(port, "cpu").to("meta")  # DonutSwin reads numbers as it is built
    px = model.config.encoder.image_size
    height, width = px if isinstance(px, list | tuple) else (px, px)
    page = torch.empty(1, 3, height, width, device="meta")
    return Step(id, blocks, model, max(height, width), 1, lambda: model.encoder(page).last_hidden_state, reads=True)


def _sides(name: str) -> tuple[int, int]:
    fitting = [start for start in SIDES if name.startswith(start)]
    return SIDES[max(fitting, key=len)] if fitting else USUAL


def _sampling(id: str, word: str, blocks: tuple[Block, ...], height: int, width: int) -> Step:
    """One of torchvision's detectors, which samples boxes as it trains."""
    model = torchvision.models.get_model(word, weights=None, weights_backbone=None)
    boxes, mask = torch.tensor([[10.0, 10.0, 110.0, 160.0]]), torch.ones(1, height, width, dtype=torch.uint8)
    told = {
        "boxes": boxes,
        "labels": torch.ones(1, dtype=torch.int64),
        "masks": mask,
        "keypoints": torch.ones(1, 17, 3),
    }
    target = {name: one.repeat(SAMPLED, *[1] * (one.dim() - 1)) for name, one in told.items()}
    return Step(id, blocks, model, width, 1, lambda: model([torch.zeros(3, height, width)], [target]))


def _yolo(id: str, word: str, blocks: tuple[Block, ...], height: int, width: int) -> Step:
    from ultralytics.nn.tasks import DetectionModel, SegmentationModel  # noqa: PLC0415 -- it may not be installed

    made, classes = SegmentationModel if "seg" in word else DetectionModel, 1 if "pose" in word else 80
    model = made(f"{word}.yaml", ch=3, nc=classes, verbose=False)
    images = torch.zeros(1, 3, height, width)
    return Step(id, blocks, model, width, 1, lambda: model(images))


class Pooled(torch.autograd.Function):
    """What pooling of regions keeps: the regions, whatever it computes."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, regions: Tensor, side: int) -> Tensor:
        """Zeros of the right shape."""
        ctx.save_for_backward(regions)
        return maps.new_zeros((len(regions), maps.shape[1], side, side))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> None:
        """Never run."""
        raise NotImplementedError


def pooled(maps: Tensor, regions: Tensor, output_size: Any, *_: object, **__: object) -> Tensor:
    """In the place of torchvision's compiled pooling of regions."""
    side = output_size if isinstance(output_size, int) else output_size[0]
    return Pooled.apply(maps, regions, side)


def without_compiled_operators() -> None:
    """Lets torchvision's detectors run where its compiled operators are not there: all proposals are kept."""
    torchvision.ops.poolers.roi_align = pooled
    torchvision.ops.roi_align = pooled
    torchvision.models.detection.roi_heads.roi_align = pooled
    everything: Callable[..., Tensor] = lambda boxes, *_, **__: torch.arange(len(boxes))  # noqa: E731
    for module in (torchvision.ops, torchvision.ops.boxes):
        module.nms = module.batched_nms = everything
